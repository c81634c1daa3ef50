//! Applications: where every call begins. The steps of each call are in its file under `flow/`.

mod builder;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use msal_core::{Account, IntoScopes, RefreshToken};

pub use builder::ApplicationBuilder;

use crate::client::Client;
use crate::error::Error;
use crate::flow::{AcquireTokenByRefreshToken, AcquireTokenSilent, accounts};

/// An application that is registered with an authority, and the token cache it works on.
///
/// What kind of client it is decides which calls it has (RFC 6749 §2.1):
///
/// | `Kind` | name | what it is |
/// |---|---|---|
/// | [`Public`] | [`PublicClientApplication`] | a program on a user's machine, which can keep no secret |
/// | [`Confidential`] | [`ConfidentialClientApplication`] | a web application or a service, which proves who it is |
/// | [`AnyKind`] | [`ClientApplication`] | either of them, in one type |
///
/// Cheap to clone: clones share the cache, the authority's metadata and the requests in flight. Making one asks neither
/// the network nor the store.
pub struct Application<Kind> {
    client: Arc<Client>,
    kind: PhantomData<fn() -> Kind>,
}

/// A client that can keep no secret: a desktop program, a command line tool, an app on a phone.
///
/// What it can do, and what it costs to make and to clone one, stands at [`Application`].
///
/// # Examples
/// ```
/// use msal::{FileStore, PublicClientApplication};
///
/// let app = PublicClientApplication::builder("11112222-bbbb-3333-cccc-4444dddd5555")
///     .store(FileStore::new("token_cache.json"))
///     .build()?;
/// # Ok::<(), msal::ConfigError>(())
/// ```
pub type PublicClientApplication = Application<Public>;

/// A client that can keep a secret: a web application, a service, a daemon.
///
/// A web application keeps one [partition](ApplicationBuilder::partition) of the store for each user.
///
/// # Examples
/// ```
/// use msal::{Authority, ClientSecret, ConfidentialClientApplication};
///
/// # let secret = ClientSecret::from("from a vault");
/// let app = ConfidentialClientApplication::builder("11112222-bbbb-3333-cccc-4444dddd5555", secret)
///     .authority(Authority::parse("https://login.microsoftonline.com/contoso.example")?)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type ConfidentialClientApplication = Application<Confidential>;

/// A client of either kind, with the calls that both have: for programs that keep both in one place, or that learn from
/// their settings which kind they have.
///
/// # Examples
/// ```
/// use msal::{ClientApplication, ClientCredential, PublicClientApplication};
///
/// let desktop = PublicClientApplication::builder("11112222-bbbb-3333-cccc-4444dddd5555").build()?;
/// # let secret = "from a vault".into();
/// let service = ClientApplication::builder(
///     "55556666-ffff-7777-aaaa-8888bbbb9999",
///     ClientCredential::Secret(secret),
/// )
/// .build()?;
/// let both: [ClientApplication; 2] = [desktop.into(), service];
/// # Ok::<(), msal::ConfigError>(())
/// ```
pub type ClientApplication = Application<AnyKind>;

/// The kind of clients that can keep no secret (RFC 6749 §2.1).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Public {}

/// The kind of clients that can keep a secret (RFC 6749 §2.1).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Confidential {}

/// Either kind of client.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum AnyKind {}

/// What every kind of client can do.
impl<Kind> Application<Kind> {
    fn new(client: Arc<Client>) -> Self {
        Self {
            client,
            kind: PhantomData,
        }
    }

    /// A token for `account` from the cache, renewed with its refresh token when the cached one has expired.
    ///
    /// The future is made by awaiting what this returns; until then it takes options.
    pub fn acquire_token_silent(
        &self,
        scopes: impl IntoScopes,
        account: &Account,
    ) -> AcquireTokenSilent {
        AcquireTokenSilent::new(Arc::clone(&self.client), scopes, account)
    }

    /// Redeems a refresh token that another library obtained for this client, and caches what it brings.
    ///
    /// The token keeps working if nothing comes back in its place: it is cached itself then. For many tokens use
    /// the crate `msal-migrate`, which survives crashes and throttling.
    pub fn acquire_token_by_refresh_token(
        &self,
        refresh_token: impl Into<RefreshToken>,
        scopes: impl IntoScopes,
    ) -> AcquireTokenByRefreshToken {
        AcquireTokenByRefreshToken::new(Arc::clone(&self.client), refresh_token.into(), scopes)
    }

    /// The accounts in the cache, of any application that shares it. Asks the store, never the network.
    ///
    /// # Errors
    /// [`Error::Store`] when the cache cannot be loaded.
    pub fn accounts(&self) -> impl Future<Output = Result<Vec<Account>, Error>> + Send + use<Kind> {
        let client = Arc::clone(&self.client);
        async move { accounts::accounts(&client).await }
    }

    /// The account of the cache that has this user name or [`HomeAccountId`](msal_core::HomeAccountId), as
    /// [`accounts`](Self::accounts) lists it; `None` when there is none. User names are compared as the directory
    /// compares them: without case, whatever way a letter is composed in.
    ///
    /// # Errors
    /// [`ConfigError::AmbiguousUsername`](crate::ConfigError::AmbiguousUsername) when several accounts have that name, as
    /// a personal and a work account can: none of them is chosen. [`Error::Store`] when the cache cannot be loaded.
    pub fn account(
        &self,
        name_or_id: &str,
    ) -> impl Future<Output = Result<Option<Account>, Error>> + Send + use<Kind> {
        let (client, name_or_id) = (Arc::clone(&self.client), name_or_id.to_owned());
        async move { accounts::account(&client, &name_or_id).await }
    }

    /// Saves what could not be saved when it came: the tokens of an [`Error::Store`] stay in memory, and any later call tries
    /// again, at most twice a minute where it has nothing to save itself. A program that is about to end does not wait for
    /// one. Costs nothing when everything is saved.
    ///
    /// # Errors
    /// [`Error::Store`] when it still cannot be saved.
    pub fn save(&self) -> impl Future<Output = Result<(), Error>> + Send + use<Kind> {
        let client = Arc::clone(&self.client);
        async move { accounts::save(&client).await }
    }

    /// Signs an account out of this application: removes its tokens from the cache, those that other SDKs wrote
    /// included. The user stays signed in at the authority and in the browser.
    ///
    /// # Errors
    /// [`Error::Store`] when the cache cannot be saved.
    pub fn remove_account(
        &self,
        account: &Account,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<Kind> {
        let (client, account) = (Arc::clone(&self.client), account.clone());
        async move { accounts::remove_account(&client, &account).await }
    }
}

impl From<PublicClientApplication> for ClientApplication {
    fn from(application: PublicClientApplication) -> Self {
        Self::new(application.client)
    }
}

impl From<ConfidentialClientApplication> for ClientApplication {
    fn from(application: ConfidentialClientApplication) -> Self {
        Self::new(application.client)
    }
}

impl<Kind> Clone for Application<Kind> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.client))
    }
}

impl<Kind> fmt::Debug for Application<Kind> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Application")
            .field(&self.client)
            .finish()
    }
}
