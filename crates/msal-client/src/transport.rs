//! What can go wrong between this machine and a server, and the client.

#[cfg(feature = "https-client")]
mod https_client;
mod kind;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

#[cfg(feature = "https-client")]
pub use self::https_client::{HttpSettings, HttpVersion, HttpsClient};
pub use self::kind::HttpErrorKind;

/// Why there is no response. It names no header and no body.
#[derive(Clone, Debug)]
pub struct HttpError {
    kind: HttpErrorKind,
    source: Option<Arc<dyn Error + Send + Sync>>,
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
        self.kind.may_have_been_sent()
    }

    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        self.kind.is_transient()
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(formatter)
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}
