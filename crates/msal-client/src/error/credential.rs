//! Why a client could not prove who it is.

use std::error::Error;
use std::io;
use std::sync::Arc;

use msal_core::UnixTime;

/// Why a client could not prove who it is. Nothing was sent.
///
/// Never holds a byte of a key, of a secret or of an assertion; what a callback or a signer says for itself is the
/// [`source`](Error::source).
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The certificate has expired. Make a new one, register it with the application, and use it.
    #[error(
        "the certificate expired at {since}: make a new one, register it with the application and use it"
    )]
    #[non_exhaustive]
    Expired {
        /// Since when.
        since: UnixTime,
    },
    /// The file with the assertion cannot be read.
    #[error("cannot read the assertion in `{place}`")]
    #[non_exhaustive]
    File {
        /// The file.
        place: String,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// What a callback or a file gave is no assertion, and was not sent: it may be a secret that the server must not see.
    #[error("{place} gave no assertion: it must be a signed JWT and nothing else")]
    #[non_exhaustive]
    NotAnAssertion {
        /// Who gave it.
        place: String,
    },
    /// The callback or the signer refuses, and will refuse again until somebody changes something.
    #[error("the client's assertion cannot be made")]
    Other(#[source] Arc<dyn Error + Send + Sync>),
    /// The callback or the signer is out of reach for the moment.
    #[error("the client's assertion cannot be made for the moment")]
    Unavailable(#[source] Arc<dyn Error + Send + Sync>),
}

impl CredentialError {
    /// [`CredentialError::Other`], from any error or text. Neither may hold a secret.
    pub fn other(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other(source.into().into())
    }

    /// [`CredentialError::Unavailable`], from any error or text. Neither may hold a secret.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into().into())
    }

    /// Whether the message needs no more advice.
    pub(super) fn says_what_to_do(&self) -> bool {
        matches!(self, Self::Expired { .. } | Self::NotAnAssertion { .. })
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
