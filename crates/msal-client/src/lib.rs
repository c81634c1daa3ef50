//! MSAL for Rust: sign users in with Microsoft Entra ID, and keep them signed in.
//!
//! Applications come in two kinds, [`PublicClientApplication`] and [`ConfidentialClientApplication`]. A call is a value
//! with options that is awaited. What the library needs from the world it takes from the ports of a [`Runtime`]; where
//! the token cache lives is up to a [`CacheStore`]. What the standards say is in the crate `msal-core`, whose types are
//! re-exported here.

mod application;
mod cache;
mod error;
pub mod fakes;
mod flow;
mod http;
mod metadata;
mod result;
mod runtime;
mod single_flight;
mod store;

pub use application::{
    ConfidentialClientApplication, ConfidentialClientApplicationBuilder, PublicClientApplication,
    PublicClientApplicationBuilder,
};
pub use cache::SharedTokenCache;
pub use error::{ConfigError, Error, InteractionRequired, ProtocolError, StoreFailure};
pub use flow::{AcquireTokenByRefreshToken, AcquireTokenSilent};
pub use http::{HttpError, HttpErrorKind};
#[cfg(feature = "reqwest")]
pub use http::{HttpVersion, ReqwestClient, ReqwestClientBuilder};
pub use metadata::MetadataCache;
pub use msal_core::{
    AccessToken, Account, Authority, AuthorityError, AuthorityKind, ClientSecret, HomeAccountId,
    IdTokenClaims, RefreshToken, Scope, ScopeError, ScopeSet, ServiceError, Tenant, UnixTime,
};
pub use result::{AuthenticationResult, TokenSource};
pub use runtime::{
    Clock, HttpClient, RandomError, Runtime, SecureRandom, SystemClock, SystemRandom,
};
#[cfg(feature = "conformance")]
pub use store::conformance;
pub use store::{
    BoxFuture, CacheStore, FileStore, InvalidPartition, MemoryStore, Partition, StoreError, Stored,
    Version,
};
