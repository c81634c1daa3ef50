//! MSAL for Rust: sign users in with Microsoft Entra ID, and keep them signed in.
//!
//! A refresh token that another library obtained becomes an account, and from then on there is a token for it whenever
//! one is needed:
//!
//! ```
//! # use std::{sync::Arc, time::SystemTime};
//! # use msal_emulator::{Directory, Emulator, sample};
//! # // Microsoft's part is played by the emulator, so that the example runs.
//! # let emulator = Arc::new(Emulator::new(Directory::sample()));
//! # let old_token = emulator.issue_refresh_token(sample::ALICE, sample::DESKTOP, SystemTime::now())?;
//! # let runtime = msal::Runtime::with_http(msal::http_fn(emulator.responder(SystemTime::now)));
//! # let folder = tempfile::tempdir()?;
//! # let (client_id, path) = (sample::DESKTOP, folder.path().join("token_cache.json"));
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! use msal::{FileStore, PublicClientApplication, RefreshToken};
//!
//! let app = PublicClientApplication::builder(client_id)
//!     .store(FileStore::new(path)) // a file that MSAL Python can share
//! #   .runtime(runtime)
//!     .build()?;
//! let scopes = ["https://graph.microsoft.com/User.Read"];
//!
//! // Once, for each token that ADAL or another library left behind:
//! app.acquire_token_by_refresh_token(RefreshToken::new(old_token), scopes).await?;
//!
//! // Whenever a token is needed: from the cache, or renewed.
//! for account in app.accounts().await? {
//!     let token = app.acquire_token_silent(scopes, &account).await?;
//!     println!("{account}: a token until {}", token.expires_on);
//!     let _header = token.authorization_header()?; // for the request to the API
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Applications come in two kinds, [`PublicClientApplication`] and [`ConfidentialClientApplication`]; a program that has
//! both holds them as [`ClientApplication`]s. A call is a value
//! with options that is awaited; making one, or an application, asks nobody yet. What the library needs from the world
//! it takes from the ports of a [`Runtime`], and where the token cache lives is up to a [`CacheStore`]. What the
//! standards say is in the crate `msal-core`, whose types are re-exported here.
//!
//! A call needs a tokio runtime with I/O and time, unless store and HTTP client are of another kind. To run one as a task,
//! `tokio::spawn(app.acquire_token_silent("User.Read", &account).into_future())`: a call owns what it needs. Programs without
//! a runtime wait for it: see the module `blocking`.
//!
//! # When a call fails
//!
//! [`Error`] has one variant for each thing to do about it: let the user sign in ([`Error::InteractionRequired`], with
//! [`Error::claims`] to pass on), try again later ([`Error::is_transient`], after [`Error::retry_after`]), or fix the
//! program, its registration or its store. A token that is only due for renewal is returned whatever keeps it from being
//! renewed. A sign-in that cannot be saved is not lost: [`Error::Store`] holds its result, and the next save writes it.
//!
//! # The token cache
//!
//! It is the one that all MSALs share, written as MSAL Python writes it, and read whoever wrote it. Without a store it
//! lives as long as the application. [`FileStore`] keeps it in a file that survives crashes and that MSAL Python
//! programs can use at the same time. For a
//! store of your own, implement [`CacheStore`], and let the suite of the feature `conformance` tell you whether it
//! keeps its promises.
//!
//! # Many users
//!
//! A web application has one application for all of its users, and a [`Partition`] of its store for each of them:
//! [`Application::for_partition`] is cheap enough to be called for every request. What is shared are the requests in
//! flight, so that equal calls at the same time are one request, and all that the [`Runtime`] knows: where the endpoints
//! of authorities are, which of them want no more requests for a while ([`Error::retry_after`]), and who was signed out. After
//! [`remove_account`](Application::remove_account) nobody in the process hands out that user's token, whichever
//! application holds it in memory. The example `web_service` is a whole program.
//!
//! # Whom tokens are sent to
//!
//! To Microsoft's own hosts, to a host that Microsoft vouches for, and to the one named with
//! [`known_authority`](ApplicationBuilder::known_authority): ADFS, another OpenID provider, an emulator. A
//! discovery document that names an endpoint elsewhere is refused. Redirects are not followed.
//!
//! # What is not here yet
//!
//! Signing users in: the authorization code flow with a browser, the device code flow, user name and password. Tokens
//! for the application itself or on behalf of a user. Claims challenges,
//! and brokers. For moving many refresh tokens at once, with a journal that survives crashes, see the crate
//! `msal-migrate` and the command `msal migrate`.
//!
//! # Features
//!
//! * `https-client`, on by default: `HttpsClient`, which sends requests. Without it an application needs a [`Runtime`]
//!   with a client of your own.
//! * `certificate`, on by default: `Certificate`, and a port for keys in a vault.
//! * `blocking`: the module of that name, for programs without a runtime.
//! * `conformance`: the suite every [`CacheStore`] must pass.

mod application;
#[cfg(feature = "blocking")]
pub mod blocking;
mod cache;
mod client;
mod credential;
mod error;
pub mod fakes;
mod flow;
mod handle;
mod http;
mod http_fn;
mod keyed_lock;
mod metadata;
mod partitions;
mod ports;
mod result;
mod runtime;
mod shared;
mod sign_outs;
mod single_flight;
mod store;
mod throttling;
mod weak_map;

pub use application::{
    AnyKind, Application, ApplicationBuilder, ClientApplication, Confidential,
    ConfidentialClientApplication, Public, PublicClientApplication,
};
pub use cache::SharedTokenCache;
pub use credential::{AssertionContext, ClientCredential};
#[cfg(feature = "certificate")]
pub use credential::{AssertionSigner, Certificate, CertificateChain};
pub use error::{
    CertificateError, ConfigError, CredentialError, Error, Failure, InteractionRequired,
    ProtocolError, Remedy, StoreFailure,
};
pub use flow::{AcquireTokenByRefreshToken, AcquireTokenSilent};
pub use http::{HttpError, HttpErrorKind};
#[cfg(feature = "https-client")]
pub use http::{HttpSettings, HttpVersion, HttpsClient};
pub use http_fn::{HttpFn, http_fn};
pub use msal_core::{
    AccessToken, Account, Authority, AuthorityError, AuthorityKind, ClientAssertion,
    ClientAuthentication, ClientInfo, ClientSecret, Cloud, Dialect, DiscoveryError, HomeAccountId,
    IdTokenClaims, IdTokenError, IntoScopes, Malformation, MalformedResponse, Passphrase,
    ProviderMetadata, RawIdToken, RefreshToken, Refusal, Scope, ScopeError, ScopeSet, ServiceError,
    SignatureAlgorithm, Tenant, Text, TimeOutOfRange, TokenResponse, TrustedAuthority, UnixTime,
};
// For programs that work on a token cache without an application.
pub use msal_core::{
    CacheFormatError, CachedAccessToken, RefreshCandidate, RefreshReason, Renewal, Silent,
    SilentRequest, TokenCache, TokenEvent,
};
pub use ports::{BoxFuture, Clock, HttpClient, RandomError, SecureRandom};
pub use result::{AuthenticationResult, TokenSource};
pub use runtime::{Runtime, SystemClock, SystemRandom};
#[cfg(feature = "conformance")]
pub use store::conformance;
pub use store::{
    Blob, CacheStore, ContentDigest, FileStore, InvalidPartition, MemoryStore, Merge, Partition,
    StoreError, Stored, Version,
};

/// The README's examples, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
