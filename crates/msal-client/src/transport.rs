//! What can go wrong between this machine and a server, and the client.

#[cfg(feature = "https-client")]
mod https_client;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

#[cfg(feature = "https-client")]
pub use self::https_client::{HttpSettings, HttpVersion, HttpsClient};

/// Why there is no response. It names no header and no body.
#[derive(Clone, Debug)]
pub struct HttpError {
    kind: HttpErrorKind,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What kept a response from arriving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// The server's certificate is not one to trust. The request was not sent.
    Certificate,
    /// There is no tokio runtime, which the client needs. The request was not sent.
    NoRuntime,
    /// The request cannot be sent as it is. It was not sent.
    Request,
    /// The response was larger than allowed, or broke off. The server may have acted on the request.
    Response,
    /// No answer in time. The server may have acted on the request.
    Timeout,
    /// No connection. The request was not sent.
    Unreachable,
}

impl HttpError {
    /// An error of this kind.
    pub fn new(kind: HttpErrorKind, source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            kind,
            source: Some(Arc::new(source)),
        }
    }

    /// An error of this kind that says nothing more.
    pub fn bare(kind: HttpErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// Nobody answers.
    pub fn unreachable() -> Self {
        Self::bare(HttpErrorKind::Unreachable)
    }

    /// What kept the response from arriving.
    pub fn kind(&self) -> HttpErrorKind {
        self.kind
    }

    /// Whether the server may have acted on the request: a refresh token that was sent may have been redeemed.
    pub fn may_have_been_sent(&self) -> bool {
        matches!(self.kind, HttpErrorKind::Response | HttpErrorKind::Timeout)
    }

    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        !matches!(
            self.kind,
            HttpErrorKind::Certificate | HttpErrorKind::NoRuntime | HttpErrorKind::Request
        )
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.kind {
            HttpErrorKind::Certificate => "the server's certificate is not trusted",
            HttpErrorKind::NoRuntime => {
                "there is no tokio runtime here, which the http client needs"
            }
            HttpErrorKind::Request => "the request cannot be sent",
            HttpErrorKind::Response => "the server's response broke off or was too large",
            HttpErrorKind::Timeout => "the server did not answer in time",
            HttpErrorKind::Unreachable => "the server cannot be reached",
        })
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}
