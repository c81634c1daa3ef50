//! The emulator as the HTTP client, with what a network can do to a request.

use bytes::Bytes;
use http::{Request, Response};
use msal::fakes::JumpingClock;
use msal::{BoxFuture, HttpClient, HttpError, HttpErrorKind};
use msal_emulator::Emulator;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

use crate::leaks::Leaks;

/// A request that was sent, and the answer that came.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) url: String,
    pub(crate) headers: http::HeaderMap,
    /// The fields of a form, decoded.
    pub(crate) form: BTreeMap<String, String>,
    pub(crate) status: u16,
    /// The answer, if it was JSON.
    pub(crate) answer: Value,
}

/// Sends every request to the emulator, at the time the clock shows.
pub(crate) struct EmulatedHttp {
    emulator: Arc<Emulator>,
    clock: Arc<JumpingClock>,
    leaks: Arc<Leaks>,
    sent: Mutex<Vec<Sent>>,
    outage: Mutex<Option<HttpErrorKind>>,
    /// Answers to requests whose form has this text are kept back.
    held: watch::Sender<Option<String>>,
    arrived: watch::Sender<usize>,
}

impl EmulatedHttp {
    pub(crate) fn new(
        emulator: Arc<Emulator>,
        clock: Arc<JumpingClock>,
        leaks: Arc<Leaks>,
    ) -> Self {
        Self {
            emulator,
            clock,
            leaks,
            sent: Mutex::default(),
            outage: Mutex::default(),
            held: watch::Sender::new(None),
            arrived: watch::Sender::new(0),
        }
    }

    /// Lets every request fail like this, or none.
    pub(crate) fn fail(&self, outage: Option<HttpErrorKind>) {
        *self.outage.lock().unwrap() = outage;
    }

    /// Keeps back the answers to requests that have `text` in their body. The server has answered by then.
    pub(crate) fn hold(&self, text: &str) {
        self.held.send_replace(Some(text.to_owned()));
    }

    /// Lets all answers go.
    pub(crate) fn release(&self) {
        self.held.send_replace(None);
    }

    /// Waits until so many requests have been sent.
    pub(crate) async fn until_sent(&self, count: usize) {
        let mut arrived = self.arrived.subscribe();
        arrived.wait_for(|sent| *sent >= count).await.unwrap();
    }

    /// What was sent so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// What was sent so far to token endpoints, whatever host they are on.
    pub(crate) fn token_requests(&self) -> Vec<Sent> {
        let mut sent = self.sent();
        sent.retain(|sent| sent.form.contains_key("grant_type"));
        sent
    }

    fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut sent = Sent {
            url: request.uri().to_string(),
            headers: request.headers().clone(),
            form: url::form_urlencoded::parse(request.body())
                .into_owned()
                .collect(),
            status: 0,
            answer: Value::Null,
        };
        self.leaks.add_members(&serde_json::json!(sent.form));
        let outage = *self.outage.lock().unwrap();
        let answer = match outage {
            Some(kind) => Err(HttpError::bare(kind)),
            None => Ok(self.emulator.handle(request, self.clock.system_time())),
        };
        if let Ok(response) = &answer {
            sent.status = response.status().as_u16();
            sent.answer = serde_json::from_slice(response.body()).unwrap_or_default();
            self.leaks.add_members(&sent.answer);
        }
        self.sent.lock().unwrap().push(sent);
        self.arrived.send_modify(|arrived| *arrived += 1);
        answer
    }
}

impl HttpClient for EmulatedHttp {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            let body = String::from_utf8_lossy(request.body()).into_owned();
            let answer = self.answer(request);
            let mut held = self.held.subscribe();
            let is_released = |held: &Option<String>| {
                held.as_ref()
                    .is_none_or(|text| !body.contains(text.as_str()))
            };
            held.wait_for(is_released).await.unwrap();
            answer
        })
    }
}

impl fmt::Debug for EmulatedHttp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EmulatedHttp")
    }
}
