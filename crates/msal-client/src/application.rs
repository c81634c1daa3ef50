//! Applications: where every call begins. The steps of each call are in its file under `flow/`.

mod builder;
#[cfg(feature = "interactive")]
mod interactive;
mod service;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use msal_core::{Account, AuthCodeFlow, AuthResponse, IntoScopes, Password, RefreshToken};

pub use builder::ApplicationBuilder;

use crate::cache::SharedTokenCache;
use crate::error::Error;
use crate::flow::{
    AcquireTokenByAuthCodeFlow, AcquireTokenByDeviceFlow, AcquireTokenByRefreshToken,
    AcquireTokenByUsernamePassword, AcquireTokenSilent, DeviceFlow, InitiateAuthCodeFlow,
    InitiateDeviceFlow, accounts,
};
use crate::handle::Handle;
use crate::store::Partition;

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
/// Cheap to clone: clones share the cache and the requests in flight. For another user's cache, see
/// [`for_partition`](Self::for_partition). Making one asks neither
/// the network nor the store.
pub struct Application<Kind> {
    handle: Handle,
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
/// A web application keeps one partition of the store for each user: see [`for_partition`](Application::for_partition).
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
/// # let secret = "from a vault";
/// let service = ClientApplication::builder(
///     "55556666-ffff-7777-aaaa-8888bbbb9999",
///     ClientCredential::secret(secret),
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
    fn new(handle: Handle) -> Self {
        Self {
            handle,
            kind: PhantomData,
        }
    }

    /// The same application on another partition of its store: a service has one application, and a partition for each of
    /// its users.
    ///
    /// Asks nobody and costs a look into a table, so that a service calls it for each request. All partitions share the
    /// client's secret, the runtime with all it has learned, and the requests in flight. A partition is in memory while
    /// somebody holds an application for it, and whoever comes for it meanwhile works on the same cache; after that it is
    /// loaded again. Without a store the caches of all partitions stay in memory as long as the application does. A
    /// store that has a single partition, as the file of [`FileStore::new`](crate::FileStore::new), refuses all others;
    /// [`FileStore::directory`](crate::FileStore::directory) has a file for each.
    ///
    /// # Examples
    /// ```
    /// use msal::{ConfidentialClientApplication, MemoryStore, Partition};
    ///
    /// # let (client_id, secret) = ("11112222-bbbb-3333-cccc-4444dddd5555", "from a vault");
    /// let app = ConfidentialClientApplication::builder(client_id, secret)
    ///     .store(MemoryStore::new())
    ///     .build()?;
    /// // For each request:
    /// let user = app.for_partition(Partition::new("user-4711")?);
    /// # let _calls = user.accounts();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_partition(&self, partition: Partition) -> Self {
        Self::new(self.handle.in_partition(partition))
    }

    /// The cache of the partition that this application works in: for what puts tokens there by itself, as a migration does.
    pub fn token_cache(&self) -> &Arc<SharedTokenCache> {
        &self.handle.cache
    }

    /// A token for `account` from the cache, renewed with its refresh token when the cached one has expired.
    ///
    /// The future is made by awaiting what this returns; until then it takes options. What can go wrong stands there as well:
    /// [`AcquireTokenSilent`]. The account is one of [`accounts`](Self::accounts), or of an earlier result.
    ///
    /// # Examples
    /// ```
    /// # async fn example(app: msal::PublicClientApplication) -> Result<(), msal::Error> {
    /// if let Some(alice) = app.account("alice@contoso.example").await? {
    ///     let token = app.acquire_token_silent("User.Read", &alice).await?;
    ///     let several = app.acquire_token_silent(["User.Read", "Mail.Read"], &alice).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn acquire_token_silent(
        &self,
        scopes: impl IntoScopes,
        account: &Account,
    ) -> AcquireTokenSilent {
        AcquireTokenSilent::new(self.handle.clone(), scopes, account)
    }

    /// Redeems a refresh token that another library obtained for this client, and caches what it brings.
    ///
    /// The token keeps working if nothing comes back in its place: it is cached itself then. For many tokens use
    /// the crate `msal-migrate`, which survives crashes and throttling. What can go wrong stands at
    /// [`AcquireTokenByRefreshToken`].
    pub fn acquire_token_by_refresh_token(
        &self,
        refresh_token: impl Into<RefreshToken>,
        scopes: impl IntoScopes,
    ) -> AcquireTokenByRefreshToken {
        AcquireTokenByRefreshToken::new(self.handle.clone(), refresh_token.into(), scopes)
    }

    /// Begins a sign-in at a browser that the program does not drive itself, as that of a web application's user. The user is
    /// sent to the flow's [`auth_uri`](AuthCodeFlow::auth_uri), and comes back to `redirect_uri`, which must be registered
    /// for the application in the same spelling.
    ///
    /// # Examples
    /// ```
    /// # use msal::{AuthCodeFlow, AuthResponse, Error, PublicClientApplication, ResponseMode};
    /// # async fn first_request(app: PublicClientApplication) -> Result<(), Error> {
    /// let flow = app
    ///     .initiate_auth_code_flow("User.Read", "https://app.example/callback")
    ///     .response_mode(ResponseMode::FormPost)
    ///     .await?;
    /// let (_redirect_to, _into_the_session) = (flow.auth_uri(), flow.to_session());
    /// # Ok(()) }
    /// # async fn second_request(app: PublicClientApplication, session: String, body: &[u8]) -> Result<(), Error> {
    /// // When the user comes back, with what was taken out of the session:
    /// let flow = AuthCodeFlow::from_session(session)?;
    /// let response = AuthResponse::from_form(body)?;
    /// let _result = app.acquire_token_by_auth_code_flow(flow, response).await?;
    /// # Ok(()) }
    /// ```
    pub fn initiate_auth_code_flow(
        &self,
        scopes: impl IntoScopes,
        redirect_uri: impl Into<String>,
    ) -> InitiateAuthCodeFlow {
        InitiateAuthCodeFlow::new(self.handle.clone(), scopes, redirect_uri.into())
    }

    /// Ends the sign-in that `flow` began: `response` is what the browser brought back. The user's tokens are cached, for
    /// [`acquire_token_silent`](Self::acquire_token_silent) to find.
    pub fn acquire_token_by_auth_code_flow(
        &self,
        flow: AuthCodeFlow,
        response: AuthResponse,
    ) -> AcquireTokenByAuthCodeFlow {
        AcquireTokenByAuthCodeFlow::new(self.handle.clone(), flow, response)
    }

    /// Signs a user in with a name and a password that the program knows, without a browser, and caches the tokens.
    ///
    /// # Security
    /// RFC 9700 §2.4: this grant "MUST NOT be used". The program sees the password, and a user who needs more than a
    /// password cannot sign in. It is here for programs that have nobody to show a page to; personal accounts cannot use it.
    pub fn acquire_token_by_username_password(
        &self,
        username: impl Into<String>,
        password: impl Into<Password>,
        scopes: impl IntoScopes,
    ) -> AcquireTokenByUsernamePassword {
        let (username, password) = (username.into(), password.into());
        AcquireTokenByUsernamePassword::new(self.handle.clone(), username, password, scopes)
    }

    /// The accounts in the cache, of any application that shares it. Asks the store, never the network.
    ///
    /// # Errors
    /// [`Error::Store`] when the cache cannot be loaded.
    pub fn accounts(&self) -> impl Future<Output = Result<Vec<Account>, Error>> + Send + use<Kind> {
        let handle = self.handle.clone();
        async move { accounts::accounts(&handle).await }
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
        let (handle, name_or_id) = (self.handle.clone(), name_or_id.to_owned());
        async move { accounts::account(&handle, &name_or_id).await }
    }

    /// Saves what could not be saved when it came: the tokens of an [`Error::Store`] stay in memory, and any later call tries
    /// again, at most twice a minute where it has nothing to save itself. A program that is about to end does not wait for
    /// one. Costs nothing when everything is saved.
    ///
    /// # Errors
    /// [`Error::Store`] when it still cannot be saved.
    pub fn save(&self) -> impl Future<Output = Result<(), Error>> + Send + use<Kind> {
        let handle = self.handle.clone();
        async move { accounts::save(&handle).await }
    }

    /// Signs an account out of this application: removes its tokens from the cache, those that other SDKs wrote
    /// included. The user stays signed in at the authority and in the browser.
    ///
    /// After that no application whose runtime is a clone of this one's hands out a token of that partition that this one
    /// has removed, even if it was built separately, holds the cache in memory, or waits for an answer of the server. If
    /// saving fails, that begins when a later call has saved it.
    ///
    /// # Errors
    /// [`Error::Store`] when the cache cannot be saved.
    pub fn remove_account(
        &self,
        account: &Account,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<Kind> {
        let (handle, account) = (self.handle.clone(), account.clone());
        async move { accounts::remove_account(&handle, &account).await }
    }
}

/// What only a public client can do.
impl Application<Public> {
    /// Begins a sign-in on another device, for programs without a browser (RFC 8628): asks the authority for a code, which
    /// the user then enters at the authority's page. Prefer a browser on this machine where there is one: see the
    /// security note at [`DeviceFlow`].
    pub fn initiate_device_flow(&self, scopes: impl IntoScopes) -> InitiateDeviceFlow {
        InitiateDeviceFlow::new(self.handle.clone(), scopes)
    }

    /// Waits until the user has entered the code of `flow` and signed in, and caches the tokens.
    ///
    /// # Examples
    /// ```
    /// # async fn sign_in(app: msal::PublicClientApplication) -> Result<(), msal::Error> {
    /// let flow = app.initiate_device_flow("User.Read").await?;
    /// println!("{}", flow.message());
    /// let result = app.acquire_token_by_device_flow(flow).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn acquire_token_by_device_flow(&self, flow: DeviceFlow) -> AcquireTokenByDeviceFlow {
        AcquireTokenByDeviceFlow::new(self.handle.clone(), flow)
    }
}

impl From<PublicClientApplication> for ClientApplication {
    fn from(application: PublicClientApplication) -> Self {
        Self::new(application.handle)
    }
}

impl From<ConfidentialClientApplication> for ClientApplication {
    fn from(application: ConfidentialClientApplication) -> Self {
        Self::new(application.handle)
    }
}

impl<Kind> Clone for Application<Kind> {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<Kind> fmt::Debug for Application<Kind> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Application")
            .field("client", &self.handle.client)
            .field("cache", &self.handle.cache)
            .finish()
    }
}
