//! Building applications. Nothing here asks the network or touches the store.

use std::sync::{Arc, Mutex};

use msal_core::{Authority, ClientCredential, ClientSecret, Dialect, Telemetry};

use super::{Application, ConfidentialClientApplication, PublicClientApplication, environments};
use crate::cache::SharedTokenCache;
use crate::error::ConfigError;
use crate::metadata::MetadataCache;
use crate::single_flight::SingleFlight;
use crate::turns::Turns;
use crate::{CacheStore, Partition, Runtime};

/// What both builders collect.
#[derive(Debug)]
struct Settings {
    client_id: String,
    authority: Authority,
    is_known_authority: bool,
    store: Option<Arc<dyn CacheStore>>,
    partition: Partition,
    cache: Option<Arc<SharedTokenCache>>,
    runtime: Option<Runtime>,
}

impl Settings {
    fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            authority: Authority::common(),
            is_known_authority: false,
            store: None,
            partition: Partition::default(),
            cache: None,
            runtime: None,
        }
    }

    fn build(self, credential: ClientCredential) -> Result<Application, ConfigError> {
        if self.client_id.is_empty() {
            return Err(ConfigError::ClientId);
        }
        let (store, partition) = (self.store, self.partition);
        let own_cache = || {
            Arc::new(match store {
                Some(store) => SharedTokenCache::new(store, partition, Dialect::Python),
                None => SharedTokenCache::in_memory(Dialect::Python),
            })
        };
        Ok(Application {
            client_id: self.client_id,
            credential,
            environments: environments(&self.authority),
            authority: self.authority,
            is_known_authority: self.is_known_authority,
            runtime: self.runtime.map_or_else(default_runtime, Ok)?,
            cache: self.cache.unwrap_or_else(own_cache),
            metadata: MetadataCache::default(),
            renewals: SingleFlight::default(),
            turns: Turns::default(),
            telemetry: Mutex::new(Telemetry::default()),
        })
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

macro_rules! settings {
    () => {
        /// Chooses the authority. The default is Entra ID in the public cloud for any account.
        #[must_use]
        pub fn authority(mut self, authority: Authority) -> Self {
            self.settings.authority = authority;
            self
        }

        /// Chooses the authority, and says that its host may be trusted with tokens although Microsoft does not know
        /// it: an emulator, a private cloud, ADFS, another OpenID provider.
        #[must_use]
        pub fn known_authority(mut self, authority: Authority) -> Self {
            self.settings.authority = authority;
            self.settings.is_known_authority = true;
            self
        }

        /// Keeps the token cache in `store`. The default keeps it in memory only.
        #[must_use]
        pub fn store(mut self, store: impl CacheStore + 'static) -> Self {
            self.settings.store = Some(Arc::new(store));
            self
        }

        /// Keeps the token cache in one partition of the store: a web application has one for each user.
        #[must_use]
        pub fn partition(mut self, partition: Partition) -> Self {
            self.settings.partition = partition;
            self
        }

        /// Works on a cache that other applications of this process work on as well, instead of one of its own: for
        /// many tenants or clients whose tokens are kept together.
        #[must_use]
        pub fn cache(mut self, cache: Arc<SharedTokenCache>) -> Self {
            self.settings.cache = Some(cache);
            self
        }

        /// Works with other ports than the default ones.
        #[must_use]
        pub fn runtime(mut self, runtime: Runtime) -> Self {
            self.settings.runtime = Some(runtime);
            self
        }
    };
}

/// Builds a [`PublicClientApplication`].
#[derive(Debug)]
pub struct PublicClientApplicationBuilder {
    settings: Settings,
}

impl PublicClientApplicationBuilder {
    pub(super) fn new(client_id: impl Into<String>) -> Self {
        Self {
            settings: Settings::new(client_id),
        }
    }

    settings!();

    /// The application.
    ///
    /// # Errors
    /// [`ConfigError`] when the client id is empty, or when there is no HTTP client.
    pub fn build(self) -> Result<PublicClientApplication, ConfigError> {
        let application = self.settings.build(ClientCredential::None)?;
        Ok(PublicClientApplication::new(application))
    }
}

/// Builds a [`ConfidentialClientApplication`].
#[derive(Debug)]
pub struct ConfidentialClientApplicationBuilder {
    settings: Settings,
    credential: ClientCredential,
}

impl ConfidentialClientApplicationBuilder {
    pub(super) fn new(client_id: impl Into<String>, secret: ClientSecret) -> Self {
        Self {
            settings: Settings::new(client_id),
            credential: ClientCredential::Secret(secret),
        }
    }

    settings!();

    /// The application.
    ///
    /// # Errors
    /// [`ConfigError`] when the client id is empty, or when there is no HTTP client.
    pub fn build(self) -> Result<ConfidentialClientApplication, ConfigError> {
        let application = self.settings.build(self.credential)?;
        Ok(ConfidentialClientApplication::new(application))
    }
}
