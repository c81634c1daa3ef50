//! Token requests: what every grant sends, and how a client says who it is (RFC 6749 §2.3, §3.2 and §4).

mod authentication;
mod client_assertion;
mod context;
mod form;
mod headers;
mod refresh_token;

pub use authentication::ClientAuthentication;
pub use client_assertion::{
    AssertionClaims, AssertionHeader, KeyType, SignatureAlgorithm, Thumbprint, UnsignedAssertion,
};
pub use context::RequestContext;
pub use refresh_token::RefreshTokenGrant;
