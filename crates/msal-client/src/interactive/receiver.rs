//! The loopback receiver (RFC 8252 §7.3): listens on this machine until one answer to one sign-in has come.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::task::{Context, Poll};
use std::time::Duration;

use http::StatusCode;
use msal_core::{AuthResponse, ResponseMode};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::connection::{Answered, receive, refuse, show};
use super::page::Page;
use super::request::Place;
use crate::error::SignInError;

/// Listens on this machine. Dropping it closes the port at once.
#[derive(Debug)]
pub(crate) struct Receiver {
    /// RFC 8252 §7.3: on both loopback addresses, as `localhost` may mean either, and on no other.
    listeners: Vec<TcpListener>,
    place: Place,
    connections: Connections,
}

impl Receiver {
    /// Listens at `port`, or at one that is free.
    pub(crate) async fn listen(port: Option<u16>, mode: ResponseMode) -> Result<Self, SignInError> {
        let mut tries = match port {
            Some(_) => 1,
            None => PORTS_TO_TRY,
        };
        loop {
            tries -= 1;
            match listen(port.unwrap_or_default()).await {
                Ok((listeners, port)) => {
                    return Ok(Self {
                        listeners,
                        place: Place { port, mode },
                        connections: Connections::default(),
                    });
                }
                // A port that is free for one family of addresses may be taken for the other.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
                Err(error) => {
                    return Err(SignInError::Port {
                        port,
                        kind: error.kind(),
                    });
                }
            }
        }
    }

    /// Where the browser is to bring the answer. Microsoft lets a registered `http://localhost` have any port.
    pub(crate) fn redirect_uri(&self) -> String {
        format!("http://localhost:{}", self.place.port)
    }

    /// Waits for the answer that `is_ours` knows, and listens no longer after it. Whatever else comes is refused, and keeps
    /// nobody waiting.
    pub(crate) async fn answer(mut self, is_ours: impl Fn(&AuthResponse) -> bool) -> AuthResponse {
        loop {
            match poll_fn(|context| self.poll_event(context)).await {
                Event::Connected(stream) => self.connections.add(receive(stream, self.place)),
                Event::Answered(answered) if is_ours(&answered.0) => {
                    // Before anything else: the port is free, and nobody can bring a second answer.
                    drop(self);
                    let (response, mut stream) = *answered;
                    let page = match response.is_refusal() {
                        true => Page::REFUSED,
                        false => Page::RECEIVED,
                    };
                    show(&mut stream, page).await;
                    return response;
                }
                Event::Answered(of_another_sign_in) => self.connections.add(async {
                    refuse(of_another_sign_in.1, StatusCode::BAD_REQUEST).await;
                    None
                }),
                // Too many files are open, for example: it passes.
                Event::Trouble => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        while let Poll::Ready(Some(done)) = self.connections.tasks.poll_join_next(context) {
            if let Ok(Some(answered)) = done {
                return Poll::Ready(Event::Answered(Box::new(answered)));
            }
        }
        for listener in &self.listeners {
            match listener.poll_accept(context) {
                Poll::Ready(Ok((stream, _from))) => return Poll::Ready(Event::Connected(stream)),
                Poll::Ready(Err(_)) => return Poll::Ready(Event::Trouble),
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }
}

enum Event {
    Answered(Box<Answered>),
    Connected(TcpStream),
    Trouble,
}

/// The connections that are open, each on a task of its own, which ends with this.
#[derive(Debug, Default)]
struct Connections {
    tasks: JoinSet<Option<Answered>>,
    oldest_first: VecDeque<AbortHandle>,
}

impl Connections {
    /// Serves one more. Where there are too many, the oldest has been silent the longest and goes.
    fn add(&mut self, serve: impl Future<Output = Option<Answered>> + Send + 'static) {
        self.oldest_first.retain(|task| !task.is_finished());
        if self.oldest_first.len() >= MOST_CONNECTIONS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            oldest.abort();
        }
        self.oldest_first.push_back(self.tasks.spawn(serve));
    }
}

/// Listeners for both families of addresses at one port. A machine may be without IPv6; a port that somebody else has
/// there is not ours to use, because the browser may go to them.
async fn listen(port: u16) -> io::Result<(Vec<TcpListener>, u16)> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = first.local_addr()?.port();
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(second) => Ok((vec![first, second], port)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(error),
        Err(_no_such_address) => Ok((vec![first], port)),
    }
}

const PORTS_TO_TRY: usize = 16;
const MOST_CONNECTIONS: usize = 16;
const PAUSE: Duration = Duration::from_millis(50);
