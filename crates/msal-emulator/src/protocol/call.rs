//! One request on its way through the emulator.

use bytes::Bytes;
use http::{Method, Request};

use super::guid::Guid;
use super::moment::Moment;
use super::request::{Parameters, base_url, cookie, header_text, host_of, is_get};
use super::route::Target;

/// A request, and what every answer to it needs: the time, the base of URLs, the identifiers.
#[derive(Debug)]
pub(crate) struct Call<'r> {
    pub(crate) request: &'r Request<Bytes>,
    pub(crate) target: Target<'r>,
    pub(crate) parameters: Parameters<'r>,
    pub(crate) now: Moment,
    pub(crate) base: String,
    pub(crate) trace_id: Guid,
    /// What the client sent as `client-request-id`, or a new one.
    pub(crate) correlation_id: Guid,
}

impl<'r> Call<'r> {
    /// Reads a request that arrives at `now`; `new_id` makes identifiers.
    pub(crate) fn read(
        request: &'r Request<Bytes>,
        now: Moment,
        new_id: impl Fn() -> Guid,
    ) -> Self {
        let target = Target::read(request.uri().path());
        // RFC 6749 §3.1: the authorization endpoint takes GET, with a query, and POST, with a form.
        let parameters = if is_get(request.method()) {
            Parameters::of_query(request)
        } else {
            Parameters::of_body(request)
        };
        // Libraries send the correlation id as a header, in the form, or in the query of a POST.
        let sent_id = || {
            let in_query = || {
                Parameters::of_query(request)
                    .value(CLIENT_REQUEST_ID)?
                    .parse()
                    .ok()
            };
            let header = header_text(request.headers(), CLIENT_REQUEST_ID);
            let sent = header.or_else(|| parameters.value(CLIENT_REQUEST_ID));
            sent.and_then(|id| id.parse().ok()).or_else(in_query)
        };
        Self {
            target,
            now,
            base: base_url(request),
            trace_id: new_id(),
            correlation_id: sent_id().unwrap_or_else(&new_id),
            parameters,
            request,
        }
    }

    /// The value of a parameter; an empty one counts as missing.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.value(name)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header_text(self.request.headers(), name)
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        cookie(self.request.headers(), name)
    }

    /// The host that the client used, without its port.
    pub(crate) fn host(&self) -> &str {
        host_of(self.base.trim_start_matches("https://"))
    }

    /// Whether a person looks at the answer: browsers ask for pages, programs do not.
    pub(crate) fn is_browser(&self) -> bool {
        self.header("accept")
            .is_some_and(|accept| accept.contains("text/html"))
    }

    pub(crate) fn method(&self) -> &Method {
        self.request.method()
    }
}

pub(crate) const CLIENT_REQUEST_ID: &str = "client-request-id";
