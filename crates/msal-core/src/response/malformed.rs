//! An answer that may not be trusted.

use http::StatusCode;
use thiserror::Error;

use crate::{IdTokenError, RefreshToken};

/// An answer that may not be trusted, with what could be saved from it.
#[derive(Clone, Debug, Error)]
#[error("the token endpoint's answer (HTTP {}) cannot be used: {reason}", status.as_u16())]
#[non_exhaustive]
pub struct MalformedResponse {
    /// The HTTP status.
    pub status: StatusCode,
    /// What is wrong with it.
    pub reason: Malformation,
    /// The refresh tokens found in the body. A server that rotates has revoked the old one, so these may be the only
    /// ones that work: keep them somewhere safe, and do not present them as a sign-in.
    pub refresh_tokens: Vec<RefreshToken>,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformation {
    /// `client_info` is neither absent nor decodable.
    #[error("`client_info` cannot be decoded")]
    ClientInfo,
    /// A member of the response occurs twice.
    #[error("`{member}` occurs twice")]
    #[non_exhaustive]
    Duplicate {
        /// The member.
        member: &'static str,
    },
    /// It holds an error and tokens.
    #[error("it holds tokens and an error at once")]
    ErrorBesideTokens,
    /// The ID token breaks a rule.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// A required member is absent or has the wrong type.
    #[error("`{member}` is missing or not a string")]
    #[non_exhaustive]
    Member {
        /// The member.
        member: &'static str,
    },
    /// The body is not a JSON object.
    #[error("it is not a JSON object")]
    NotJson,
}
