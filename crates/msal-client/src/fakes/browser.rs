//! A browser for tests, with its user.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::browser::{Browser, NoBrowser};
use crate::ports::BoxFuture;

/// A browser whose user is a closure: it is given the address that was opened and says where the sign-in page sent the
/// browser in the end, which is the redirect URI with the answer as its query. The answer is brought there as a browser
/// does, as a form where one was asked for.
///
/// Needs a tokio runtime with I/O.
#[derive(Clone)]
pub struct FakeBrowser {
    user: Arc<dyn Fn(&str) -> String + Send + Sync>,
    pages: Arc<watch::Sender<Vec<String>>>,
}

impl FakeBrowser {
    /// A browser with this user. Its clones have the same user and see the same pages.
    pub fn new(user: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self {
            user: Arc::new(user),
            pages: Arc::default(),
        }
    }

    /// What it was shown at the end of each sign-in, with the head of the response, as soon as there are so many; nothing for
    /// one in which nobody listened.
    pub async fn pages(&self, count: usize) -> Vec<String> {
        let mut pages = self.pages.subscribe();
        let seen = pages.wait_for(|pages| pages.len() >= count).await;
        // The sender is here as long as this is.
        seen.map(|pages| pages.clone()).unwrap_or_default()
    }

    async fn visit(self, address: String) {
        let page = self.bring_answer(&address).await.unwrap_or_default();
        self.pages.send_modify(|pages| pages.push(page));
    }

    async fn bring_answer(&self, address: &str) -> Option<String> {
        let end: Uri = (self.user)(address).parse().ok()?;
        let (port, answer) = (end.port_u16()?, end.query().unwrap_or_default());
        let request = match address.contains("response_mode=form_post") {
            true => format!(
                "POST / HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: null\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{answer}",
                answer.len()
            ),
            false => format!("GET /?{answer} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"),
        };
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut page = String::new();
        stream.read_to_string(&mut page).await.ok()?;
        Some(page)
    }
}

impl Browser for FakeBrowser {
    fn open<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<(), NoBrowser>> {
        // As a browser does, it goes on when whoever opened it waits no longer.
        tokio::spawn(self.clone().visit(address.to_owned()));
        Box::pin(std::future::ready(Ok(())))
    }
}

impl fmt::Debug for FakeBrowser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FakeBrowser")
    }
}
