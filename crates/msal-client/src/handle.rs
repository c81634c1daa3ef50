//! An application at work in one partition of its store: what every flow is given.

use std::sync::Arc;

use msal_core::{Account, TokenEvent};

use crate::cache::SharedTokenCache;
use crate::client::Client;
use crate::error::{Error, StoreFailure};
use crate::result::AuthenticationResult;
use crate::store::{Partition, StoreError};

/// The state behind an application that a program holds: all that its partitions share, and the cache of one of them.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    pub(crate) client: Arc<Client>,
    pub(crate) cache: Arc<SharedTokenCache>,
}

impl Handle {
    /// The same application in another partition.
    pub(crate) fn in_partition(&self, partition: Partition) -> Self {
        Self {
            client: Arc::clone(&self.client),
            cache: self.client.partitions.cache(partition),
        }
    }

    /// Loads the cache where that is due: see [`SharedTokenCache::ensure_loaded`]. Of many who come at once for a partition
    /// that nobody has in memory, one asks the store.
    pub(crate) async fn ensure_loaded(&self) -> Result<(), Error> {
        // Somebody may have signed out after the load began that this one waited for.
        while !self.cache.is_up_to_date() {
            let load = async { Ok(self.cache.ensure_loaded().await?) };
            let partition = self.cache.partition().clone();
            // In a box of its own, which a hit does not need.
            let (loaded, _is_shared) = Box::pin(self.client.loads.run(partition, load)).await;
            loaded?;
        }
        Ok(())
    }

    /// The result of tokens that were issued, whether or not they could be saved. `asked_for` is whose
    /// they should be; what the cache says of that user comes first, as it may know more.
    pub(crate) fn result(
        &self,
        saved: Result<(), StoreError>,
        event: &TokenEvent<'_>,
        asked_for: Option<&Account>,
    ) -> Result<AuthenticationResult, Error> {
        let environments = &self.client.environments;
        let cached = |id| self.cache.read(|cache| cache.account(&id, environments));
        let account = event.home_account_id().and_then(cached);
        let account = account.or_else(|| asked_for.cloned());
        let result =
            AuthenticationResult::issued(event.response, event.requested, account, event.now);
        match saved {
            Ok(()) => Ok(result),
            // The server may have revoked the refresh token that was redeemed: the tokens must not be lost.
            Err(error) => Err(StoreFailure::with_result(error, result).into()),
        }
    }
}
