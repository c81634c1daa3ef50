//! Why a sign-in cannot begin, or its answer cannot be used.

use thiserror::Error;

use crate::ServiceError;

/// Why a sign-in cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthorizationRequestError {
    /// An extra parameter has the name of one that the flow sends itself.
    #[error(
        "the parameter `{name}` is the flow's own: there is an option for it, or none is allowed"
    )]
    #[non_exhaustive]
    Parameter {
        /// The parameter.
        name: String,
    },
    /// The redirect URI may not be used.
    #[error("the redirect URI cannot be used: {reason}")]
    #[non_exhaustive]
    RedirectUri {
        /// Why.
        reason: &'static str,
    },
}

/// Why what the browser brought is no answer to a sign-in at all. It shows nothing of what was brought.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthResponseError {
    /// A parameter occurs twice (RFC 6749 §3.1), so that two readers would see two answers.
    #[error("`{parameter}` occurs twice")]
    #[non_exhaustive]
    Duplicate {
        /// The parameter.
        parameter: &'static str,
    },
    /// It is not UTF-8 when decoded.
    #[error("it is not UTF-8")]
    Encoding,
    /// It holds a code and an error at once.
    #[error("it holds a code and an error at once")]
    ErrorBesideCode,
    /// It holds tokens, which nobody asked the authorization endpoint for.
    #[error("it holds `{parameter}`, which was not asked for")]
    #[non_exhaustive]
    Foreign {
        /// The parameter.
        parameter: &'static str,
    },
    /// A parameter that every answer has is not there.
    #[error("it has no `{parameter}`")]
    #[non_exhaustive]
    Missing {
        /// The parameter.
        parameter: &'static str,
    },
    /// It is longer than any answer.
    #[error("it is too long")]
    TooLong,
    /// It is not a URL.
    #[error("it is not a URL: give all of the address that the browser shows")]
    Url,
}

/// Why an answer is not the answer to this sign-in, or what it says instead of a code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthFlowError {
    /// The flow was begun by another application, or for another authority.
    #[error("the sign-in was begun by another application or for another authority")]
    Application,
    /// The flow is too old, or was begun in the future.
    #[error("the sign-in took too long")]
    Expired,
    /// Another issuer answered than was asked, or it does not say which one it is (RFC 9207 §2.4).
    #[error("the answer comes from another issuer than the one that was asked")]
    Issuer,
    /// It was brought to another place than was named (RFC 9700 §4.4.2.2).
    #[error("the answer was brought to another redirect URI")]
    RedirectUri,
    /// The server, or the user, said no.
    #[error("the sign-in was refused: {0}")]
    Refused(Box<ServiceError>),
    /// It is the answer to another sign-in (RFC 9700 §4.7), which may be an attacker's.
    #[error("the answer belongs to another sign-in: its `state` is not the one that was sent")]
    State,
}
