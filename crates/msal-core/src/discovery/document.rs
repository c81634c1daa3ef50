//! A metadata document: the request for it, and an answer that brings none.

use bytes::Bytes;
use http::header::ACCEPT;
use http::{Request, Response};

use super::error::DiscoveryError;
use crate::ServiceError;

/// OpenID Connect Discovery §4.1: a GET of the document's URL.
pub(super) fn get(url: &str) -> Result<Request<Bytes>, DiscoveryError> {
    Request::get(url)
        .header(ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|_unspecific| DiscoveryError::Url {
            url: url.to_owned(),
        })
}

/// OpenID Connect Discovery §4.2: a document comes with a 200, and an error with the status that HTTP has for it.
pub(super) fn check_status(response: &Response<Bytes>) -> Result<(), DiscoveryError> {
    match response.status().is_success() {
        true => Ok(()),
        false => Err(status_error(response)),
    }
}

/// The error for a response that brings no document: Entra describes it as its token endpoint does.
pub(super) fn status_error(response: &Response<Bytes>) -> DiscoveryError {
    let refused = ServiceError::read(response);
    DiscoveryError::Status {
        status: refused.status,
        error: refused.error,
        codes: refused.codes,
        retry_after: refused.retry_after,
    }
}
