//! Building applications. Nothing here asks the network or touches the store.

use std::marker::PhantomData;
use std::sync::Arc;

use msal_core::{Authority, Dialect, TrustedAuthority};

use super::{
    AnyKind, Application, ClientApplication, Confidential, ConfidentialClientApplication, Public,
    PublicClientApplication,
};
use crate::cache::SharedTokenCache;
use crate::client::{ChosenAuthority, Client, Program};
use crate::credential::ClientCredential;
use crate::error::ConfigError;
use crate::handle::Handle;
use crate::runtime::Runtime;
use crate::store::{CacheStore, Partition};

/// Builds an [`Application`].
///
/// | setting | unless set | reason |
/// |---|---|---|
/// | [`authority`](Self::authority) | `https://login.microsoftonline.com/common` | accepts work, school and personal accounts of every tenant |
/// | [`known_authority`](Self::known_authority) | only hosts that Microsoft vouches for | refresh tokens and secrets are sent there |
/// | [`app_name`](Self::app_name), [`app_version`](Self::app_version) | not told | they are for the authority's logs |
/// | [`client_capabilities`](Self::client_capabilities) | none | who says `CP1` must answer claims challenges |
/// | [`store`](Self::store) | memory only | whether tokens may be written to a disk is for you to decide |
/// | [`partition`](Self::partition) | [`Partition::default`] | one user at a time, as on a desktop |
/// | [`cache`](Self::cache) | a cache of its own | applications share tokens only where they are told to |
/// | [`runtime`](Self::runtime) | [`Runtime::default`], with the feature `https-client` | the system's clock, random bytes, proxies and certificates |
///
/// New cache entries are spelled as MSAL Python does, and read by every MSAL; a [`SharedTokenCache`] of one's own can
/// spell them in another way.
#[derive(Debug)]
pub struct ApplicationBuilder<Kind> {
    client_id: String,
    credential: ClientCredential,
    needs_credential: bool,
    authority: ChosenAuthority,
    capabilities: Vec<String>,
    program: Program,
    store: Option<Arc<dyn CacheStore>>,
    partition: Option<Partition>,
    cache: Option<Arc<SharedTokenCache>>,
    runtime: Option<Runtime>,
    kind: PhantomData<fn() -> Kind>,
}

impl PublicClientApplication {
    /// Starts building an application with this client id.
    pub fn builder(client_id: impl Into<String>) -> ApplicationBuilder<Public> {
        ApplicationBuilder::new(client_id, ClientCredential::none())
    }
}

impl ConfidentialClientApplication {
    /// Starts building an application with this client id, which proves itself with `credential` (RFC 6749 §2.3). A text is a
    /// client secret.
    pub fn builder(
        client_id: impl Into<String>,
        credential: impl Into<ClientCredential>,
    ) -> ApplicationBuilder<Confidential> {
        ApplicationBuilder::new(client_id, credential.into()).needs_credential()
    }
}

impl ClientApplication {
    /// Starts building an application with this client id, of the kind that `credential` makes it.
    pub fn builder(
        client_id: impl Into<String>,
        credential: impl Into<ClientCredential>,
    ) -> ApplicationBuilder<AnyKind> {
        ApplicationBuilder::new(client_id, credential.into())
    }
}

impl<Kind> ApplicationBuilder<Kind> {
    fn new(client_id: impl Into<String>, credential: ClientCredential) -> Self {
        Self {
            client_id: client_id.into(),
            credential,
            needs_credential: false,
            authority: ChosenAuthority::Unnamed(Authority::common()),
            capabilities: Vec::new(),
            program: Program::default(),
            store: None,
            partition: None,
            cache: None,
            runtime: None,
            kind: PhantomData,
        }
    }

    fn needs_credential(mut self) -> Self {
        self.needs_credential = true;
        self
    }

    /// Chooses the authority. Its host is trusted with tokens if it is Microsoft's, or if Microsoft vouches for it.
    ///
    /// An application has one authority. Of several calls of this method, of
    /// [`known_authority`](Self::known_authority) and of [`trusted_authority`](Self::trusted_authority), the last one
    /// counts alone: what was said about another authority before does not make this one trusted.
    #[must_use]
    pub fn authority(mut self, authority: Authority) -> Self {
        self.authority = ChosenAuthority::Unnamed(authority);
        self
    }

    /// Chooses the authority, and says that its host may be trusted with tokens although Microsoft does not know
    /// it: an emulator, a private cloud, ADFS, another OpenID provider.
    ///
    /// # Security
    /// That is the operator's to say, in the program or in its settings. For an authority that a token cache or another
    /// file names, see [`TrustedAuthority::admit`].
    #[must_use]
    pub fn known_authority(self, authority: Authority) -> Self {
        self.trusted_authority(TrustedAuthority::named_by_operator(authority))
    }

    /// Chooses an authority that was found to be trusted elsewhere: for programs that read authorities from files.
    #[must_use]
    pub fn trusted_authority(mut self, authority: TrustedAuthority) -> Self {
        self.authority = ChosenAuthority::Trusted(authority);
        self
    }

    /// Tells the authority what this client can handle. `CP1`: it answers the claims challenges of APIs, so that they may
    /// revoke its tokens at any moment, which then live for a day instead of an hour. See
    /// [`BearerChallenge`](crate::BearerChallenge).
    ///
    /// Of several calls the last one counts.
    #[must_use]
    pub fn client_capabilities<C: Into<String>>(
        mut self,
        capabilities: impl IntoIterator<Item = C>,
    ) -> Self {
        self.capabilities = capabilities.into_iter().map(Into::into).collect();
        self
    }

    /// Tells the authority the program's name, for its logs. A name that no header can carry is left out.
    #[must_use]
    pub fn app_name(mut self, name: impl Into<String>) -> Self {
        self.program.name = Some(name.into());
        self
    }

    /// Tells the authority the program's version, as [`app_name`](Self::app_name) its name.
    #[must_use]
    pub fn app_version(mut self, version: impl Into<String>) -> Self {
        self.program.version = Some(version.into());
        self
    }

    /// Keeps the token cache in `store`.
    #[must_use]
    pub fn store(mut self, store: impl CacheStore + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Keeps the token cache in one partition of the store. For one application and many users, see
    /// [`Application::for_partition`].
    #[must_use]
    pub fn partition(mut self, partition: Partition) -> Self {
        self.partition = Some(partition);
        self
    }

    /// Works on a cache that other applications of this process work on as well, instead of one of its own: for
    /// many tenants or clients whose tokens are kept together. It has a store and a partition already, or none, so
    /// that [`store`](Self::store) and [`partition`](Self::partition) may not be given beside it.
    ///
    /// It hears of sign-outs in applications that share the runtime of the first one that works on it.
    #[must_use]
    pub fn cache(mut self, cache: Arc<SharedTokenCache>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Works with other ports than the default ones.
    #[must_use]
    pub fn runtime(mut self, runtime: Runtime) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// A given cache has a store already, and a partition of it.
    fn check_cache(&self) -> Result<(), ConfigError> {
        let beside = match (&self.store, &self.partition) {
            _ if self.cache.is_none() => return Ok(()),
            (Some(_), _) => "store",
            (None, Some(_)) => "partition",
            (None, None) => return Ok(()),
        };
        Err(ConfigError::Contradiction {
            settings: ["cache", beside],
            reason: "a cache has a store and a partition of its own",
        })
    }

    /// The application.
    ///
    /// # Errors
    /// [`ConfigError::ClientId`] and [`ConfigError::ClientSecret`] when one of them is empty;
    /// [`ConfigError::ClientCredential`] when a confidential client has none;
    /// [`ConfigError::Contradiction`] when a cache is given beside a store or a partition; [`ConfigError::NoHttpClient`]
    /// when there is no HTTP client.
    pub fn build(self) -> Result<Application<Kind>, ConfigError> {
        if self.client_id.is_empty() {
            return Err(ConfigError::ClientId);
        }
        if self.needs_credential && self.credential.is_none() {
            return Err(ConfigError::ClientCredential);
        }
        self.credential.check()?;
        self.check_cache()?;
        let (store, partition) = (self.store, self.partition.unwrap_or_default());
        let own_cache = || {
            let cache = SharedTokenCache::at(store, partition, Dialect::Python);
            Arc::new(cache)
        };
        let cache = self.cache.unwrap_or_else(own_cache);
        let client = Client::new(
            self.client_id,
            self.credential,
            self.authority,
            self.capabilities,
            self.program,
            &cache,
            self.runtime.map_or_else(default_runtime, Ok)?,
        );
        Ok(Application::new(Handle::new(Arc::new(client), cache)))
    }
}

#[cfg(feature = "https-client")]
fn default_runtime() -> Result<Runtime, ConfigError> {
    Ok(Runtime::default())
}

#[cfg(not(feature = "https-client"))]
fn default_runtime() -> Result<Runtime, ConfigError> {
    Err(ConfigError::NoHttpClient)
}
