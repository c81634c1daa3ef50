//! Notices where the clock is far from those of the servers that are asked.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{Request, Response};
use msal_core::ClockSkew;

use crate::observe;
use crate::ports::{BoxFuture, Clock, HttpClient};
use crate::transport::HttpError;

/// An HTTP client whose answers are compared with the clock.
#[derive(Clone, Debug)]
pub(crate) struct ClockWatch {
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) clock: Arc<dyn Clock>,
    /// What was noticed first, which is logged once.
    pub(crate) skew: Arc<OnceLock<ClockSkew>>,
}

impl HttpClient for ClockWatch {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async {
            let answer = self.http.send(request).await;
            if let Ok(answer) = &answer
                && self.skew.get().is_none()
                && let Some(skew) = ClockSkew::of(answer.headers(), self.clock.now())
                && self.skew.set(skew).is_ok()
            {
                observe::clock_skew(skew);
            }
            answer
        })
    }
}
