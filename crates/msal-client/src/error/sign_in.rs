//! Why a sign-in at a browser came to nothing.

use std::io;

use msal_core::{AuthFlowError, AuthResponseError, InvalidSession, Refusal, ServiceError};
use thiserror::Error;

use super::remedy::Remedy;
use crate::browser::NoBrowser;

/// Why a sign-in at a browser came to nothing. Nothing of it is in the cache.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignInError {
    /// No browser was opened.
    #[error(transparent)]
    Browser(#[from] NoBrowser),
    /// The answer is not one to this sign-in, or it says no.
    #[error(transparent)]
    Flow(#[from] AuthFlowError),
    /// The receiver cannot listen where it should.
    #[error("{}", cannot_listen(*port, *kind))]
    #[non_exhaustive]
    Port {
        /// The port that was asked for; `None` where any would do.
        port: Option<u16>,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// What the browser brought is no answer at all.
    #[error("what the browser brought is no answer to a sign-in: {0}")]
    Response(AuthResponseError),
    /// What was in the session is no sign-in.
    #[error(transparent)]
    Session(#[from] InvalidSession),
    /// The user did not come back in time.
    #[error("the user did not come back from the browser in time")]
    TimedOut,
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
            Self::Browser(_) | Self::Port { .. } => Remedy::Correct,
            Self::Flow(_) | Self::Response(_) | Self::Session(_) | Self::TimedOut => Remedy::SignIn,
        }
    }
}

fn cannot_listen(port: Option<u16>, kind: io::ErrorKind) -> String {
    match (port, kind) {
        (Some(port), io::ErrorKind::AddrInUse) => format!(
            "port {port} of this machine is in use: stop the other program, or choose another port"
        ),
        (Some(port), kind) => format!("cannot listen at port {port} of this machine: {kind}"),
        (None, kind) => format!("cannot listen on this machine for the browser: {kind}"),
    }
}
