//! Clients that can keep no secret: programs on a user's machine (RFC 6749 §2.1).

use std::sync::Arc;

use msal_core::{Account, RefreshToken};

use super::PublicClientApplicationBuilder;
use crate::Error;
use crate::client::Client;
use crate::flow::{AcquireTokenByRefreshToken, AcquireTokenSilent, accounts};

/// A client that can keep no secret: a desktop program, a command line tool, an app on a phone.
///
/// Cheap to clone; clones share one cache. Making one asks neither the network nor the store.
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
#[derive(Clone, Debug)]
pub struct PublicClientApplication(Arc<Client>);

impl PublicClientApplication {
    /// Starts building an application with this client id.
    pub fn builder(client_id: impl Into<String>) -> PublicClientApplicationBuilder {
        PublicClientApplicationBuilder::new(client_id)
    }

    pub(super) fn new(client: Client) -> Self {
        Self(Arc::new(client))
    }

    shared_methods!();
}
