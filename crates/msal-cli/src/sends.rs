//! What must not be broken off: between the request that spends a code or a refresh token and the saving of what it brings,
//! the only copy of the user's tokens is on its way.

use std::sync::Arc;

use msal::bytes::Bytes;
use msal::http::{Request, Response};
use msal::{BoxFuture, HttpClient, HttpError, HttpsClient};
use tokio::sync::watch;

use crate::output::Printer;

/// The token requests of a command, which makes one at a time.
#[derive(Clone, Debug)]
pub(crate) struct Sends(Arc<watch::Sender<Stage>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing is lost by stopping.
    Free,
    /// Something was sent that may be worth nothing any more.
    Spent,
    /// Tokens came, and may not be saved yet.
    Answered,
}

impl Sends {
    /// What `client` sends from now on goes through the client that this answers with.
    pub(crate) fn of(client: HttpsClient) -> (Self, impl HttpClient + 'static) {
        let sends = Self(Arc::new(watch::Sender::new(Stage::Free)));
        let watched = Watched {
            client,
            sends: sends.clone(),
        };
        (sends, watched)
    }

    /// Does `work` to its end, unless `stop` completes before: then it is dropped as soon as nothing is lost by that.
    pub(crate) async fn unless<T>(
        &self,
        stop: impl Future<Output = ()>,
        work: impl Future<Output = T>,
        printer: &Printer,
    ) -> Option<T> {
        let stopped = async {
            stop.await;
            if *self.0.borrow() != Stage::Free {
                printer.say("stopping: what is in flight is finished");
            }
            // It cannot fail, as the sender is here.
            let mut stage = self.0.subscribe();
            drop(stage.wait_for(|it| *it == Stage::Free).await);
        };
        tokio::select! {
            biased;
            () = stopped => None,
            result = work => Some(result),
        }
    }

    /// Says that what came was saved, or was not and never will be.
    pub(crate) fn saved(&self) {
        self.0.send_replace(Stage::Free);
    }
}

#[derive(Debug)]
struct Watched {
    client: HttpsClient,
    sends: Sends,
}

impl HttpClient for Watched {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let Some(grant) = grant_type(request.body()) else {
            return self.client.send(request);
        };
        let is_spending = SPENDING.contains(&grant);
        Box::pin(async move {
            let stage = &self.sends.0;
            if is_spending {
                stage.send_replace(Stage::Spent);
            }
            let answer = self.client.send(request).await;
            let has_tokens = matches!(&answer, Ok(answer) if answer.status().is_success());
            stage.send_replace(match has_tokens {
                true => Stage::Answered,
                false => Stage::Free,
            });
            answer
        })
    }
}

/// The grant that a form asks a token endpoint with (RFC 6749 §4), as it stands in it.
fn grant_type(form: &[u8]) -> Option<&[u8]> {
    let mut pairs = form.split(|byte| *byte == b'&');
    pairs.find_map(|pair| pair.strip_prefix(b"grant_type="))
}

/// Grants that a server may take once only.
const SPENDING: [&[u8]; 3] = [
    b"authorization_code",
    b"refresh_token",
    b"urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code",
];
