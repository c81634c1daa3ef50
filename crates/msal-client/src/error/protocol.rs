//! What is wrong with an answer.

use std::time::Duration;

use msal_core::{
    DeviceAuthorizationError, DiscoveryError, IdTokenError, MalformedResponse, RefreshToken,
};
use thiserror::Error;

/// What is wrong with an answer.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The access token has characters that no header can carry (RFC 6750 §2.1).
    #[error("the access token cannot be sent: it has characters that no header can carry")]
    AccessToken,
    /// A device flow cannot begin with what the server answered.
    #[error(transparent)]
    DeviceAuthorization(DeviceAuthorizationError),
    /// The authority's metadata may not be used.
    #[error(transparent)]
    Discovery(DiscoveryError),
    /// The tokens belong to another user than the one that was asked for. They were not cached.
    #[error("the answer is for another account than the one that was asked for")]
    #[non_exhaustive]
    Identity {
        /// The refresh token in the answer: it works, and it is that other user's.
        refresh_token: Option<RefreshToken>,
    },
    /// The ID token was issued by somebody else.
    #[error("the answer cannot be used")]
    #[non_exhaustive]
    IdToken {
        /// What is wrong with it.
        source: IdTokenError,
        /// The refresh token in the answer.
        refresh_token: Option<RefreshToken>,
    },
    /// The token response cannot be read or contradicts itself.
    #[error(transparent)]
    Response(#[from] MalformedResponse),
}

impl ProtocolError {
    /// An authority's metadata may be out of reach for a while; a wrong answer stays wrong.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Discovery(error) if error.is_transient())
    }

    /// Whether the program named an authority that cannot be asked. Any other wrong answer is the server's.
    pub(super) fn is_correctable(&self) -> bool {
        use DiscoveryError::{Status, UnknownInstance, Url};
        matches!(
            self,
            Self::Discovery(Status { .. } | UnknownInstance | Url { .. })
        )
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Discovery(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Refresh tokens that came with an answer that cannot be used. A server that rotates has revoked the one that
    /// was redeemed, so these may be the only ones that work.
    pub fn refresh_tokens(&self) -> Vec<RefreshToken> {
        match self {
            Self::AccessToken | Self::DeviceAuthorization(_) | Self::Discovery(_) => Vec::new(),
            Self::Identity { refresh_token } | Self::IdToken { refresh_token, .. } => {
                refresh_token.iter().cloned().collect()
            }
            Self::Response(response) => response.refresh_tokens.clone(),
        }
    }
}
