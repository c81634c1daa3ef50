//! Why a sign-in at a browser came to nothing.

use msal_core::{AuthFlowError, AuthResponseError, InvalidSession, Refusal, ServiceError};
use thiserror::Error;

use super::remedy::Remedy;

/// Why a sign-in at a browser came to nothing. Nothing of it is in the cache.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignInError {
    /// The answer is not one to this sign-in, or it says no.
    #[error(transparent)]
    Flow(#[from] AuthFlowError),
    /// What the browser brought is no answer at all.
    #[error("what the browser brought is no answer to a sign-in: {0}")]
    Response(AuthResponseError),
    /// What was in the session is no sign-in.
    #[error(transparent)]
    Session(#[from] InvalidSession),
}

impl SignInError {
    /// What the server, or the user by way of it, said.
    pub fn service_error(&self) -> Option<&ServiceError> {
        match self {
            Self::Flow(AuthFlowError::Refused(error)) => Some(error),
            _ => None,
        }
    }

    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::Flow(AuthFlowError::Refused(error)) => match error.refusal() {
                Refusal::Transient => Remedy::Wait(error.retry_after),
                // RFC 6749 §4.1.2.1: the user, or who decides for them, said no. Users change their minds.
                _ if error.error == "access_denied" => Remedy::SignIn,
                _ => Remedy::Correct,
            },
            Self::Flow(AuthFlowError::Application | AuthFlowError::RedirectUri) => Remedy::Correct,
            Self::Flow(_) | Self::Response(_) | Self::Session(_) => Remedy::SignIn,
        }
    }
}
