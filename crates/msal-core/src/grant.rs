//! Token requests: what every grant sends, and how a client says who it is (RFC 6749 §2.3, §3.2 and §4).

mod authentication;
mod authorization_code;
mod client_assertion;
mod client_credentials;
mod context;
mod device_code;
mod extra_parameters;
mod form;
mod headers;
mod on_behalf_of;
mod password;
mod refresh_token;
mod repetition;

pub use authentication::ClientAuthentication;
pub use authorization_code::AuthorizationCodeGrant;
pub use client_assertion::{
    AssertionClaims, AssertionHeader, KeyType, SignatureAlgorithm, Thumbprint, UnsignedAssertion,
};
pub use client_credentials::ClientCredentialsGrant;
pub use context::RequestContext;
pub use device_code::{DeviceAuthorizationRequest, DeviceCodeGrant};
pub use extra_parameters::{ExtraParameterError, ExtraParameters};
pub use on_behalf_of::OnBehalfOfGrant;
pub use password::PasswordGrant;
pub use refresh_token::RefreshTokenGrant;
pub use repetition::{Attempt, pause_before_repeating};
