//! The Microsoft identity platform in a box: an emulator of Entra ID, v1 and v2.0, for tests and for trying
//! things out.
//!
//! [`Emulator::handle`] takes a request and the time and answers with a response. It has no clock, no sockets and
//! no randomness, so a test runs in-process, ninety days pass in no time, and the same requests get the same
//! bytes. [`Server`] puts it behind HTTPS for clients that need a URL: ADAL Python, MSAL Python and others
//! sign in unmodified.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use http::Request;
//! use msal_emulator::{Directory, Emulator, Fault, sample};
//!
//! let emulator = Emulator::new(Directory::sample());
//! let now = SystemTime::now();
//! let refresh_token = emulator.issue_refresh_token(sample::ALICE, sample::DESKTOP, now)?;
//! let redeem = |when| {
//!     let form = format!(
//!         "grant_type=refresh_token&client_id={}&refresh_token={refresh_token}&scope=User.Read",
//!         sample::DESKTOP
//!     );
//!     let request = Request::post("https://localhost/common/oauth2/v2.0/token").body(form.into());
//!     request.map(|request| emulator.handle(request, when))
//! };
//!
//! assert_eq!(redeem(now)?.status(), 200);
//!
//! // What does my code do when Entra throttles it, and when the token was not used for ninety days?
//! emulator.add_fault(Fault::throttle(30).first(1));
//! assert_eq!(redeem(now)?.status(), 429);
//! assert_eq!(redeem(now + Duration::from_secs(91 * 24 * 3600))?.status(), 400);
//!
//! assert_eq!(emulator.redemptions().succeeded(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Testing one's own sign-in code
//!
//! The code under test opens the authorization URL and redeems the code; the test plays the person. A program
//! that names its user by `login_hint` gets the code without a page ([`SignIn`] says who is asked).
//!
//! ```
//! use std::time::SystemTime;
//!
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use msal_emulator::{Directory, Emulator, Fault, sample};
//!
//! /// The code under test: all it needs is something that answers requests.
//! fn sign_in(send: impl Fn(Request<Bytes>) -> Response<Bytes>) -> Result<String, String> {
//!     let authority = "https://localhost/contoso.example/oauth2/v2.0";
//!     let query = format!(
//!         "client_id={}&response_type=code&redirect_uri=http://localhost&scope=openid&state=xyz&login_hint={}",
//!         sample::DESKTOP,
//!         sample::ALICE
//!     );
//!     let request = Request::get(format!("{authority}/authorize?{query}")).body(Bytes::new());
//!     let response = send(request.map_err(|error| error.to_string())?);
//!     let location = response.headers()["location"].to_str().unwrap_or_default().to_owned();
//!     let parameter = |name: &str| {
//!         let mut pairs = location.split(['?', '&']).filter_map(|pair| pair.split_once('='));
//!         pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
//!     };
//!     if parameter("state") != Some("xyz") {
//!         return Err("the answer is not to my question".to_owned());
//!     }
//!     let code = parameter("code").ok_or_else(|| parameter("error").unwrap_or_default().to_owned())?;
//!     let form = format!(
//!         "client_id={}&grant_type=authorization_code&redirect_uri=http://localhost&code={code}",
//!         sample::DESKTOP
//!     );
//!     let request = Request::post(format!("{authority}/token")).body(Bytes::from(form));
//!     let response = send(request.map_err(|error| error.to_string())?);
//!     match response.status().as_u16() {
//!         200 => Ok("signed in".to_owned()),
//!         429 => Err("come back later".to_owned()),
//!         status => Err(format!("refused with {status}")),
//!     }
//! }
//!
//! let emulator = Emulator::new(Directory::sample());
//! let send = |request| emulator.handle(request, SystemTime::now());
//! assert_eq!(sign_in(send), Ok("signed in".to_owned()));
//!
//! emulator.add_fault(Fault::throttle(30).grant("authorization_code"));
//! assert_eq!(sign_in(send), Err("come back later".to_owned()));
//!
//! emulator.set_enabled(sample::ALICE, false);
//! assert_eq!(sign_in(send), Err("invalid_grant".to_owned()));
//! ```
//!
//! Behind HTTPS, with a certificate authority of its own:
//!
//! ```no_run
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! use msal_emulator::{Directory, Emulator, Server};
//!
//! let server = Server::builder(Emulator::new(Directory::sample())).port(8443).ca_out("ca.pem").start().await?;
//! println!("authority {}/contoso.example, trust ca.pem", server.url());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Dependencies
//!
//! ```toml
//! [dev-dependencies]
//! # In the process of a test: 73 packages with their dependencies, and no runtime.
//! msal-emulator = { version = "0.1", default-features = false }
//! ```
//!
//! The feature `server`, on by default, has [`Server`], which needs a tokio runtime with I/O and time; 105 packages then.
//! The cryptography, aws-lc-rs, wants a C compiler.
//!
//! # What it speaks
//!
//! | | v1 | v2.0 |
//! | --- | --- | --- |
//! | tokens | `/{tenant}/oauth2/token` | `/{tenant}/oauth2/v2.0/token` |
//! | sign-in | `/{tenant}/oauth2/authorize` | `/{tenant}/oauth2/v2.0/authorize` |
//! | device codes | `/{tenant}/oauth2/devicecode` | `/{tenant}/oauth2/v2.0/devicecode` |
//! | sign-out | `/{tenant}/oauth2/logout` | `/{tenant}/oauth2/v2.0/logout` |
//! | discovery | `/{tenant}/.well-known/openid-configuration` | `/{tenant}/v2.0/.well-known/openid-configuration` |
//! | keys | `/common/discovery/keys` | `/{tenant}/discovery/v2.0/keys` |
//! | user info | `/{tenant}/openid/userinfo` | `/oidc/userinfo` |
//! | instance discovery | `/common/discovery/instance` | the same |
//! | user realm | `/common/userrealm/{upn}` | the same |
//!
//! `{tenant}` is a GUID, a domain, `common`, `organizations` or `consumers`. The hosts of Microsoft's clouds,
//! their regions and `{tenant}.ciamlogin.com` get the issuers they have; `/{tenant}/{policy}/…` has the shape of
//! Azure AD B2C, where the [policies](Tenant::b2c_policies) of the tenant are, and `/adfs/…` that of AD FS.
//!
//! The grants are `authorization_code` (with PKCE), `refresh_token`, `device_code` under both its names,
//! `password`, `client_credentials` (with `fmi_path`), `urn:ietf:params:oauth:grant-type:jwt-bearer` on behalf of a
//! user, SAML bearer assertions, and `user_fic`. Clients prove themselves by a secret, by an assertion that a
//! [`Certificate`] of theirs verifies, or by a token of the emulator that they trust.
//!
//! The authorization endpoint issues codes. To applications that are enabled for it, it also issues id_tokens
//! ([`App::id_tokens`]) and access tokens ([`App::access_tokens`]), alone or together. People get pages for
//! sign-in, account choice, password, second factor, consent, device codes and sign-out, which need no script; in
//! tenants with [`Tenant::self_service_sign_up`], `prompt=create` lets them make an account. A sign-out is told to
//! the applications that have an [`App::front_channel_logout`].
//!
//! Tenants may be federated: the user realm names AD FS, and WS-Trust 1.3 and 2005 issue SAML assertions.
//! `/v1.0/me` takes tokens of Microsoft Graph and challenges with claims when sessions were revoked; the managed
//! identity endpoints of virtual machines, App Service, Azure Machine Learning, Azure Arc, Service Fabric and
//! Cloud Shell issue tokens without a secret. A [`Policy`] makes a tenant ask for more: a second factor, a recent
//! sign-in, a device that is known.
//!
//! Refresh tokens are Entra's: valid at v1 and v2.0, bound to a user and a client and to neither resource nor
//! tenant, good for 90 days from their issue (24 hours from the sign-in for single-page applications), and not
//! spent when redeemed. [`Rotation`] makes them stricter. Errors are whole envelopes with their AADSTS code;
//! [`catalogue`] lists them, with how certain each is and where the evidence is. [`Fault`] makes requests go wrong on
//! demand, and [`Emulator::administer`] lets other programs do all that over HTTP.
//!
//! # The sample directory
//!
//! [`Directory::sample`] holds, with the names as constants in [`sample`]:
//!
//! | tenant | GUID | users |
//! | --- | --- | --- |
//! | `contoso.example` | `c0ffee00-0001-4000-8000-000000000000` | `alice@`, `bob@`, `mia@`, `dan@` (disabled), `user1@` to `user1000000@`; `carol@fabrikam.example` is a guest |
//! | `fabrikam.example` | `c0ffee00-0002-4000-8000-000000000000` | `carol@`, `user1@` to `user1000000@` |
//!
//! Everybody's password is `Sample-Passw0rd`, and every authenticator shows `123456`.
//!
//! | client | id | |
//! | --- | --- | --- |
//! | Sample desktop | `00c0ffee-0000-4000-8000-000000000001` | public, redirect `http://localhost` on any port |
//! | Sample web | `00c0ffee-0000-4000-8000-000000000002` | confidential, secret `sample-secret`, redirect `https://localhost/callback` |
//! | Sample family mail | `00c0ffee-0000-4000-8000-000000000003` | public, in the family of client ids |
//! | Sample family files | `00c0ffee-0000-4000-8000-000000000004` | public, in the family of client ids |
//! | Sample page | `00c0ffee-0000-4000-8000-000000000005` | single-page application, redirect `http://localhost:3000/` |
//!
//! Azure CLI and Azure PowerShell are in every directory, without a registration.
//!
//! Machines have an identity of their own in Contoso, and the one with client id
//! `00c0ffee-0000-4000-8000-000000000006`.
//!
//! | resource | |
//! | --- | --- |
//! | `https://graph.microsoft.com` | in every directory |
//! | `https://graph.windows.net` | in every directory |
//! | `https://management.core.windows.net/`, `https://management.azure.com/` | in every directory; in Contoso, Mia needs a second factor (AADSTS50076) |
//! | `https://vault.azure.net` | in every directory; in Contoso, Bob is blocked (AADSTS53003) |
//! | `https://storage.azure.com` | in every directory |
//! | `https://outlook.office.com`, `https://outlook.office365.com` | in every directory, with the permissions of mail programs: `IMAP.AccessAsUser.All`, `POP.AccessAsUser.All`, `SMTP.Send`, `EWS.AccessAsUser.All`, `Mail.…` |
//! | `https://contoso.sharepoint.com`, `https://contoso-my.sharepoint.com`, `https://contoso-admin.sharepoint.com` | so for each tenant, by the first label of its domain, of its `.onmicrosoft.com` domain if it has one |
//! | `api://orders` | permissions `Orders.Read` and `Orders.Write`, access tokens of version 2.0 |
//! | `https://reports.contoso.example/api` | in Fabrikam, nobody has consented (AADSTS65001) |
//!
//! Those of Microsoft have their names in the clouds of the governments and of China, too, such as
//! `https://graph.microsoft.us`, and under a name of its own the emulator is Microsoft Graph itself. Which cloud a
//! request was sent to does not limit the names that it can use. What a directory declares comes first.
//!
//! [`Config::from_toml`] reads a directory of one's own from a file.
//!
//! # What it is not
//!
//! It protects nothing. The built-in signing key is public knowledge and the seed of refresh tokens is a small
//! number, so that a start takes no time and answers can be repeated. [`Emulator::with_key`] takes another key.
//! The server listens on the loopback interface only.
//!
//! One client has a limit of its own: MSAL Python leaves the port out when it asks for the user realm, so
//! its `acquire_token_by_username_password` needs the server on port 443. Everything else it does works on any.

#![cfg_attr(
    not(feature = "server"),
    expect(rustdoc::broken_intra_doc_links, reason = "the server is a feature")
)]

// The modules from the ground up. Each knows only those above it.
//
//   protocol    what requests and answers are made of
//   directory   tenants, users, applications, APIs
//   settings    how tokens are made, who is asked
//   refusal     AADSTS errors and their envelopes
//   issuer      signed tokens, sealed texts, identifiers
//   memory      what is kept from one request to the next
//   access      realm, resource and policies of a request
//   federation  AD FS: SAML assertions, WS-Trust
//   token       the token endpoint: client, grant, answer
//   sign_in     the authorization endpoint and its pages
//   discovery   public documents
//   azure       managed identities, APIs that take tokens
//   fault       faults on demand
//   emulator    one request in, one response out
//   config      the configuration file
//   admin       the admin API
//   server      HTTPS
mod access;
mod admin;
mod azure;
mod config;
mod directory;
mod discovery;
mod emulator;
mod fault;
mod federation;
mod issuer;
mod memory;
mod protocol;
mod refusal;
mod settings;
mod sign_in;
mod token;

#[cfg(feature = "server")]
mod server;

pub use config::{Config, ConfigError};
pub use directory::{
    App, AppOverview, Certificate, Directory, DirectoryBuilder, DirectoryError, ManagedIdentity,
    NotACertificate, Policy, RedirectKind, Requirement, Resource, Secret, Tenant, TenantOverview,
    User, UserPattern, sample,
};
pub use emulator::{Emulator, UnknownParty};
pub use fault::{Delivery, Fault, RetryAfter};
pub use issuer::{KeyError, SigningKey};
pub use memory::{AuditRecord, Redemption, Redemptions};
pub use protocol::{Endpoint, ManagedIdentitySource, RefreshTokenId, Version};
pub use refusal::{CatalogueRow, Source, catalogue};
#[cfg(feature = "server")]
pub use server::{Server, ServerBuilder, ServerError};
pub use settings::{Rotation, Settings, SignIn, Signatures};
