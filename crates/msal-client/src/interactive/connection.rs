//! One connection to the receiver: what it brings, within limits, and the page that it gets.

use std::io;
use std::time::Duration;

use http::StatusCode;
use msal_core::{AuthResponse, SecretBuffer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::page::Page;
use super::request::{Head, LONGEST_BODY, LONGEST_HEAD, Place, Refused, answer, head};

/// An answer to some sign-in, and the connection that waits for a page.
pub(super) type Answered = (AuthResponse, TcpStream);

/// Reads what comes. Whoever brings no answer is told so here; whoever says nothing is let go of.
pub(super) async fn receive(mut stream: TcpStream, place: Place) -> Option<Answered> {
    match timeout(WHOLE_LIMIT, read(&mut stream, place)).await {
        Ok(Ok(response)) => Some((response, stream)),
        Ok(Err(Trouble::Refused(Refused(status)))) => {
            refuse(stream, status).await;
            None
        }
        Ok(Err(Trouble::Gone)) | Err(_) => None,
    }
}

/// Tells whoever brought no answer to this sign-in.
pub(super) async fn refuse(mut stream: TcpStream, status: StatusCode) {
    show(&mut stream, Page::not_an_answer(status)).await;
    // What is unread when a socket is closed makes the page be lost on its way.
    let mut rest = [0; 1024];
    let drain = async {
        let mut left = LONGEST_BODY;
        while let Ok(read @ 1..) = stream.read(&mut rest).await {
            left = left.saturating_sub(read);
            if left == 0 {
                break;
            }
        }
    };
    let _whatever_it_was = timeout(PAGE_LIMIT, drain).await;
}

/// Shows a page, as the last thing on this connection. A browser that does not take it goes without.
pub(super) async fn show(stream: &mut TcpStream, page: Page) {
    let response = page.response();
    let write = async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await
    };
    let _written_or_not = timeout(PAGE_LIMIT, write).await;
}

enum Trouble {
    /// Nobody is there any more, or says anything.
    Gone,
    Refused(Refused),
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

async fn read(stream: &mut TcpStream, place: Place) -> Result<AuthResponse, Trouble> {
    let mut received = SecretBuffer::with_capacity(LONGEST_HEAD);
    let end = loop {
        if let Some(end) = memchr::memmem::find(&received, HEAD_END) {
            break end;
        }
        if received.len() > LONGEST_HEAD {
            return Err(Refused(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).into());
        }
        read_more(stream, &mut received).await?;
    };
    if end > LONGEST_HEAD {
        return Err(Refused(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).into());
    }
    let (bytes, body) = (received.get(..end), end + HEAD_END.len());
    let length = match head(bytes.unwrap_or_default(), place)? {
        Head::Query(query) => return Ok(answer(AuthResponse::from_query(query))?),
        Head::Form(length) => length,
    };
    while received.len() < body + length {
        read_more(stream, &mut received).await?;
    }
    let form = received.get(body..body + length).unwrap_or_default();
    Ok(answer(AuthResponse::from_form(form))?)
}

async fn read_more(stream: &mut TcpStream, received: &mut SecretBuffer) -> Result<(), Trouble> {
    received.make_room(CHUNK);
    let read = timeout(READ_LIMIT, stream.read_buf(&mut **received)).await;
    match read.unwrap_or_else(|_elapsed| Err(io::ErrorKind::TimedOut.into())) {
        Ok(1..) => Ok(()),
        Ok(0) | Err(_) => Err(Trouble::Gone),
    }
}

const HEAD_END: &[u8] = b"\r\n\r\n";
const CHUNK: usize = 4096;
/// How long a browser may be silent in the middle of a request, and how long a request may take.
const READ_LIMIT: Duration = Duration::from_secs(5);
const WHOLE_LIMIT: Duration = Duration::from_secs(30);
const PAGE_LIMIT: Duration = Duration::from_secs(2);
