//! What the standards say, as pure functions and types.
//!
//! This crate turns values into values. It builds an [`http::Request`], reads an [`http::Response`], and answers "what
//! now?" as an enum. It has no `async`, no clock, no randomness, no files and no sockets; time comes in as
//! [`UnixTime`]. The crate `msal-client` performs what this one decides, and hands on the types that its users need: depend
//! on this one, `msal-core = "0.1"`, to talk to the identity platform in a way of your own. It needs no runtime. With its
//! dependencies it is 59 packages. The feature `serde` gives the names of things, and no secret, to serde.
//!
//! - A [`TrustedAuthority`] is one that tokens may be sent to: no file makes one.
//! - A [`ProviderMetadata`] says where the endpoints of an [`Authority`] are, and which ID tokens are its own.
//! - A [`RefreshTokenGrant`] makes the request to a token endpoint, and a [`TokenOutcome`] reads the answer.
//! - An [`AuthCodeFlow`] is what a sign-in at a browser remembers, and an [`AuthorizationCodeGrant`] redeems its code.
//! - A [`TokenCache`] takes the answer in. Its [`silent`](TokenCache::silent) decides whether the network must be asked.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod account;
mod authority;
mod authorization;
mod cache;
mod case;
mod claims;
mod client_info;
mod clock_skew;
mod cloud;
mod device_polling;
mod discovery;
mod expected_user;
mod ext_cache_key;
mod grant;
mod home_account_id;
mod id_token;
mod json;
mod response;
mod retry_after;
mod scope;
mod secret;
mod secret_buffer;
#[cfg(feature = "serde")]
mod serialized;
mod telemetry;
mod text;
mod time;
mod trusted_authority;
mod user_assertion;
mod username;
mod uuid;
mod www_authenticate;

pub use account::Account;
pub use authority::{Authority, AuthorityError, AuthorityKind, Tenant};
pub use authorization::{
    AuthCodeFlow, AuthFlowError, AuthResponse, AuthResponseError, AuthorizationRequest,
    AuthorizationRequestError, AuthorizedCode, InvalidSession, Prompt, RedirectUri, ResponseMode,
};
pub use cache::{
    CacheContents, CacheFormatError, Cached, CachedAccessToken, Dialect, ForClientHit,
    ForClientRequest, Oddity, OddityKind, OnBehalfRequest, OnBehalfTokens, Party, RefreshCandidate,
    RefreshReason, Renewal, SectionContents, Silent, SilentRequest, TakenOver, TenantContents,
    TokenCache, TokenEvent,
};
pub use claims::{ForwardedClaims, InvalidClaims, merged_claims};
pub use client_info::ClientInfo;
pub use clock_skew::ClockSkew;
pub use cloud::{Cloud, same_cloud, same_environment};
pub use device_polling::DevicePolling;
pub use discovery::{DiscoveryError, InstanceMetadata, ProviderMetadata, UserRealm};
pub use expected_user::ExpectedUser;
pub use grant::{
    AssertionClaims, AssertionHeader, Attempt, AuthorizationCodeGrant, ClientAuthentication,
    ClientCredentialsGrant, DeviceAuthorizationRequest, DeviceCodeGrant, ExtraParameterError,
    ExtraParameters, KeyType, OnBehalfOfGrant, PasswordGrant, RefreshTokenGrant, RequestContext,
    SignatureAlgorithm, Thumbprint, UnsignedAssertion, pause_before_repeating,
};
pub use home_account_id::HomeAccountId;
pub use id_token::{IdTokenClaims, IdTokenError};
pub use response::{
    AssertionFault, DeviceAuthorization, DeviceAuthorizationError, Malformation, MalformedResponse,
    Misplaced, Refusal, ServiceError, TokenOutcome, TokenResponse,
};
pub use retry_after::retry_after;
pub use scope::{IntoScopes, Scope, ScopeError, ScopeSet};
pub use secret::{
    AccessToken, AuthorizationCode, ClientAssertion, ClientSecret, CodeVerifier, DeviceCode,
    Passphrase, Password, RawIdToken, RefreshToken, SessionSecret, UserAssertion,
};
pub use secret_buffer::SecretBuffer;
pub use telemetry::{ApiId, Telemetry};
pub use text::Text;
pub use time::{TimeOutOfRange, UnixTime};
pub use trusted_authority::TrustedAuthority;
pub use user_assertion::OnBehalfKey;
pub use username::comparable_username;
pub use uuid::random_uuid;
pub use www_authenticate::BearerChallenge;
