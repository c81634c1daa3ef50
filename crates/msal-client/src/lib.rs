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
//! The dependencies of such a program:
//!
//! ```toml
//! [dependencies]
//! msal-client = "0.1" # the crate; its library is called `msal`
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! Applications come in two kinds, [`PublicClientApplication`] and [`ConfidentialClientApplication`]; a program that has
//! both holds them as [`ClientApplication`]s. A call is a value with options that is awaited; making one, or an
//! application, asks nobody yet. What the library needs from the world it takes from the ports of a [`Runtime`], and where
//! the token cache lives is up to a [`CacheStore`]. What the standards say is in the crate `msal-core`, whose types are
//! re-exported here, as are the crates `http`, `bytes` and `serde_json`: a program needs no other dependency to name
//! what a signature says.
//!
//! # The runtime
//!
//! A call is awaited in a tokio runtime with I/O and time, of one thread or many: `#[tokio::main]` makes one. Without one it
//! answers [`ConfigError::NoRuntime`]. Only the HTTP client and the file store need it: with a client and a store of
//! another kind, any executor will do. To run a call as a task,
//! `tokio::spawn(app.acquire_token_silent("User.Read", &account).into_future())`: a call owns what it needs. Programs without
//! a runtime wait for it: see the module `blocking`.
//!
//! # When a call fails
//!
//! [`Error`] has one variant for each thing that fails, and [`Error::remedy`] says what to do: let the user sign in, wait,
//! correct the program or its settings, or report it. What each variant means is in the [guide](crate#the-guide). A token
//! that is only due for renewal is returned whatever keeps the server from giving a new one. What cannot be saved, of a
//! sign-in or a renewal, is not lost: [`Error::Store`] holds the result, and the next save writes it.
//!
//! # The token cache
//!
//! It is the one that all MSALs share, written as MSAL Python writes it, and read whoever wrote it. Without a store it
//! lives as long as the application. [`FileStore`] keeps it in a file that survives crashes and that MSAL Python
//! programs can use at the same time. For a store of your own, implement [`CacheStore`], and let the suite of the feature
//! `conformance` tell you whether it keeps its promises.
//!
//! # Many users
//!
//! A web application has one application for all of its users, and a [`Partition`] of its store for each of them:
//! [`Application::for_partition`] is cheap enough to be called for every request. What is shared are the requests in
//! flight, so that equal calls at the same time are one request, and all that the [`Runtime`] knows: where the endpoints
//! of authorities are, which of them want no more requests for a while ([`Error::retry_after`]), and who was signed out. After
//! [`remove_account`](Application::remove_account) nobody in the process hands out that user's token, whichever
//! application holds it in memory.
//!
//! # Signing users in
//!
//! A program on the user's machine calls `acquire_token_interactive`, which opens the system's browser and listens on the
//! machine for what it brings; over ssh, in a container and in WSL it can have the address shown instead.
//!
//! A web application sends the user to the sign-in page with
//! [`initiate_auth_code_flow`](Application::initiate_auth_code_flow), keeps the [`AuthCodeFlow`] in the user's session, and
//! gives it with what came back to [`acquire_token_by_auth_code_flow`](Application::acquire_token_by_auth_code_flow). A flow
//! is used once, expires, and takes no answer but its own (RFC 9700): of one that is refused nothing is cached.
//!
//! # Services
//!
//! A [`ConfidentialClientApplication`] gets tokens for itself with
//! [`acquire_token_for_client`](Application::acquire_token_for_client), in as many tenants as it serves, and for the next API
//! on behalf of the user who called it with [`acquire_token_on_behalf_of`](Application::acquire_token_on_behalf_of). The
//! tokens of a tenant, an assertion or a session are found by that alone: one cache may hold them all.
//!
//! # When a request fails
//!
//! A token request that did not reach the server is sent once more at once. One that the server answers with an error of its
//! own (5xx), without `Retry-After`, is sent once more a second later, unless it holds what may be used once: a code, a
//! password, and at hosts other than Microsoft's a refresh token or an assertion. There is no third time. `Retry-After` is
//! honoured by all calls.
//!
//! # Whom tokens are sent to
//!
//! To Microsoft's own hosts, to a host that Microsoft vouches for, and to the one named with
//! [`known_authority`](ApplicationBuilder::known_authority): ADFS, another OpenID provider, an emulator. A
//! discovery document that names an endpoint elsewhere is refused. Redirects are not followed.
//!
//! # Logging
//!
//! With [`tracing`], under the target `msal`: a span for each call and for each request it makes, and events for what happens
//! meanwhile. There are no tokens, secrets, claims, bodies, headers or queries in them, nor user names, account ids or
//! partitions. Of what a server says there are numbers, and codes that look like codes.
//!
//! | span | level | fields |
//! |---|---|---|
//! | `acquire_token_silent` | DEBUG | `client_id`, `authority`, `scopes`, `source`, `shared`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | `acquire_token_by_refresh_token` | DEBUG | `client_id`, `authority`, `source`, `shared`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | `acquire_token_by_auth_code_flow` | DEBUG | `client_id`, `authority`, `source`, `shared`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | `acquire_token_by_device_flow` | DEBUG | `client_id`, `authority`, `source`, `shared`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | `acquire_token_by_username_password` | DEBUG | `client_id`, `authority`, `source`, `shared`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | `acquire_token_for_client` | DEBUG | `client_id`, `authority`, `scopes`, `source`, `shared`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | `acquire_token_on_behalf_of` | DEBUG | `client_id`, `authority`, `source`, `shared`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | `initiate_long_running_on_behalf_of` | DEBUG | `client_id`, `authority`, `source`, `shared`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | `acquire_token_in_long_running_on_behalf_of` | DEBUG | `client_id`, `authority`, `source`, `shared`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | `acquire_token_interactive` | DEBUG | `client_id`, `authority`, `source`, `shared`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | `initiate_auth_code_flow` | DEBUG | `client_id`, `authority`, `outcome`, `error` |
//! | `initiate_device_flow` | DEBUG | `client_id`, `authority`, `outcome`, `error` |
//! | `accounts` | DEBUG | `client_id`, `authority`, `outcome`, `error` |
//! | `account` | DEBUG | `client_id`, `authority`, `outcome`, `error` |
//! | `remove_account` | DEBUG | `client_id`, `authority`, `outcome`, `error` |
//! | `remove_tokens_for_client` | DEBUG | `client_id`, `authority`, `outcome`, `error` |
//! | `stop_long_running_on_behalf_of` | DEBUG | `client_id`, `authority`, `outcome`, `error` |
//! | `save` | DEBUG | `client_id`, `authority`, `outcome`, `error` |
//! | `token_request` | DEBUG | `client_id`, `authority`, `attempt`, `correlation_id`, `status`, `outcome`, `error`, `aadsts` |
//! | `discovery` | DEBUG | `authority`, `status`, `outcome`, `error` |
//! | `instance_discovery` | DEBUG | `authority`, `status`, `outcome`, `error` |
//! | `device_authorization` | DEBUG | `authority`, `status`, `outcome`, `error` |
//! | `user_realm` | DEBUG | `authority`, `status`, `outcome`, `error` |
//!
//! | event | level | fields |
//! |---|---|---|
//! | a token was not renewed; the cached one is still valid | WARN | `client_id`, `authority`, `outcome`, `error`, `aadsts`, `correlation_id` |
//! | the server asks to be left alone | WARN | `client_id`, `authority`, `status`, `wait` |
//! | the token cache could not be saved; what has changed is in memory | WARN | `error` |
//! | this machine's clock is not the server's | WARN | `skew` |
//! | other users could read or write the token cache; the new file is private | WARN | `file` |
//! | another program ruined the token cache; what was loaded before is restored | WARN | `file`, `fault` |
//! | renewing a token | INFO | `client_id`, `authority`, `scopes`, `reason` |
//! | tokens were dropped: their user was signed out meanwhile | INFO | `client_id`, `authority` |
//! | call ended | DEBUG |  |
//! | request ended | DEBUG |  |
//! | sending a token request once more | DEBUG | `client_id`, `authority`, `status` |
//! | nothing was sent: the server is to be left alone | DEBUG | `client_id`, `authority`, `wait` |
//! | waiting for an equal request that is in flight | DEBUG |  |
//! | the token cache was loaded | DEBUG | `found` |
//! | the token cache was saved | DEBUG | `merged` |
//! | another writer was faster: merging and saving again | DEBUG | `round` |
//! | trying again to save what could not be saved | DEBUG |  |
//! | somebody was signed out elsewhere: asking the store again | DEBUG |  |
//! | answered from the cache | TRACE |  |
//!
//! | field | what it says |
//! |---|---|
//! | `aadsts` | Entra's numbers, as in `AADSTS700082` |
//! | `attempt` | which of the account's refresh tokens it is, from 1 |
//! | `correlation_id` | what the request was sent with |
//! | `error` | the server's `error`, or what kind of failure it was where no server has said so |
//! | `file` | where to look |
//! | `found`, `merged` | whether there was a cache in the store; whether others had saved meanwhile |
//! | `outcome` | `ok`, or the variant of [`Error`]: `config`, `credential`, `http`, `interaction_required`, `protocol`, `service`, `sign_in`, `store`. A span without it was dropped before its end |
//! | `reason` | why the cached token was not good enough: `expired`, `forced`, `no_access_token`, `refresh_in` |
//! | `shared` | the request of an equal call brought the answer |
//! | `source` | `cache` or `identity_provider` |
//! | `status` | of the HTTP answer |
//! | `wait` | in seconds |
//!
//! How long a span took is measured by the subscriber: the [`Clock`] of a runtime, which may jump, is not asked for it. A program
//! that logs at INFO hears of renewals, and each event says whose it was; at DEBUG each event is in the spans of its call and
//! request, whatever thread it comes from. Where nobody listens, a span costs a comparison.
//!
//! # Tests of one's own
//!
//! [`fakes`] has a clock that jumps, and the crate `msal-emulator` plays Microsoft in the same process, as an HTTP client in
//! one line: ninety days of an application's life take a millisecond.
//!
//! # The guide
//!
#![cfg_attr(
    doc,
    doc = "* [What to do when there is no token](guide::errors): every error, and what it asks for."
)]
#![cfg_attr(
    doc,
    doc = "* [A web application](guide::web_applications): a whole program."
)]
#![cfg_attr(doc, doc = "* [The examples](guide): programs of one page.")]
//!
//! # What is not here yet
//!
//! Sign-in with a password that a federated domain checks. Brokers. For moving many refresh tokens at once, with a journal
//! that survives crashes, see the crate `msal-migrate` and the command `msal migrate`.
//!
//! # Features and what they cost
//!
//! * `https-client`, on by default: `HttpsClient`, hyper over rustls. Its cryptography, aws-lc-rs, wants a C compiler.
//!   Without the feature an application needs a [`Runtime`] with a client of your own.
//! * `interactive`, on by default: `acquire_token_interactive`, with the system's browser and the receiver on this machine.
//! * `certificate`, on by default: `Certificate`, and a port for keys in a vault.
//! * `blocking`: the module of that name, for programs without a runtime.
//! * `conformance`: the suite every [`CacheStore`] must pass.
//! * `serde`: accounts, authorities, scopes, tenants and times go through JSON and the like. Secrets do not.
//!
//! With its dependencies, on Linux, and the processor time of a clean debug build on a cloud machine of two cores, which
//! others used as well:
//!
//! | | packages | to build |
//! |---|--:|--:|
//! | as it comes: certificates, the browser, the HTTP client | 181 | not measured |
//! | the feature `https-client` alone | 124 | 127 s |
//! | `default-features = false` | 81 | 62 s |
//!
//! ```toml
//! [dependencies]
//! # With an HTTP client of one's own:
//! msal-client = { version = "0.1", default-features = false }
//! ```

mod application;
mod at_tenant;
#[cfg(feature = "blocking")]
pub mod blocking;
mod browser;
mod cache;
mod call_key;
mod client;
mod clock_watch;
mod credential;
mod detached;
mod error;
pub mod fakes;
mod flow;
#[cfg(doc)]
pub mod guide;
mod handle;
mod http_fn;
#[cfg(feature = "interactive")]
mod interactive;
mod keyed_lock;
mod met_claims;
mod metadata;
mod observe;
mod partitions;
mod ports;
mod result;
mod runtime;
mod shared;
mod sign_outs;
mod single_flight;
mod store;
mod throttling;
mod transport;
mod weak_map;

pub use application::{
    AnyKind, Application, ApplicationBuilder, ClientApplication, Confidential,
    ConfidentialClientApplication, Public, PublicClientApplication,
};
pub use browser::{Browser, NoBrowser};
pub use cache::SharedTokenCache;
pub use credential::{AssertionContext, ClientCredential};
#[cfg(feature = "certificate")]
pub use credential::{AssertionSigner, Certificate, CertificateChain};
pub use error::{
    CertificateError, ConfigError, CredentialError, Error, Failure, InteractionRequired,
    ProtocolError, Remedy, SignInError, StoreFailure,
};
#[cfg(feature = "interactive")]
pub use flow::AcquireTokenInteractive;
pub use flow::{
    AcquireTokenByAuthCodeFlow, AcquireTokenByDeviceFlow, AcquireTokenByRefreshToken,
    AcquireTokenByUsernamePassword, AcquireTokenForClient, AcquireTokenOnBehalfOf,
    AcquireTokenSilent, DeviceFlow, InitiateAuthCodeFlow, InitiateDeviceFlow,
};
pub use http_fn::{HttpFn, http_fn};
#[cfg(feature = "interactive")]
pub use interactive::SystemBrowser;
pub use msal_core::{
    AccessToken, Account, AssertionFault, AuthCodeFlow, AuthFlowError, AuthResponse,
    AuthResponseError, Authority, AuthorityError, AuthorityKind, AuthorizationCodeGrant,
    AuthorizationRequest, AuthorizationRequestError, AuthorizedCode, BearerChallenge,
    ClientAssertion, ClientAuthentication, ClientInfo, ClientSecret, ClockSkew, Cloud,
    DeviceAuthorizationError, Dialect, DiscoveryError, ExtraParameterError, ExtraParameters,
    HomeAccountId, IdTokenClaims, IdTokenError, IntoScopes, InvalidClaims, InvalidSession, KeyType,
    Malformation, MalformedResponse, Misplaced, Passphrase, Password, Prompt, ProviderMetadata,
    RawIdToken, RedirectUri, RefreshToken, Refusal, RequestContext, ResponseMode, Scope,
    ScopeError, ScopeSet, ServiceError, SessionSecret, SignatureAlgorithm, Tenant, Text,
    TimeOutOfRange, TokenResponse, TrustedAuthority, UnixTime, UserAssertion,
};
// Crates whose types stand in signatures: a program names them in the version that is used here.
pub use ::{bytes, http, serde_json};
pub use transport::{HttpError, HttpErrorKind};
#[cfg(feature = "https-client")]
pub use transport::{HttpSettings, HttpVersion, HttpsClient};
// For programs that work on a token cache without an application.
pub use msal_core::{
    CacheContents, CacheFormatError, Cached, CachedAccessToken, ForClientHit, ForClientRequest,
    Oddity, OddityKind, OnBehalfKey, OnBehalfRequest, OnBehalfTokens, Party, RefreshCandidate,
    RefreshReason, Renewal, SectionContents, Silent, SilentRequest, TakenOver, TenantContents,
    TokenCache, TokenEvent,
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
