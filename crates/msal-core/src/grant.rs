//! Token requests: what every grant sends, and how a client says who it is (RFC 6749 §2.3, §3.2 and §4).

mod authentication;
mod authorization_code;
mod client_assertion;
mod context;
mod device_code;
mod form;
mod headers;
mod password;
mod refresh_token;

pub use authentication::ClientAuthentication;
pub use authorization_code::AuthorizationCodeGrant;
pub use client_assertion::{
    AssertionClaims, AssertionHeader, KeyType, SignatureAlgorithm, Thumbprint, UnsignedAssertion,
};
pub use context::RequestContext;
pub use device_code::{DeviceAuthorizationRequest, DeviceCodeGrant};
pub use password::PasswordGrant;
pub use refresh_token::RefreshTokenGrant;
