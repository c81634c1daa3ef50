//! An application at work in one partition of its store: what every flow is given.

use std::ops::Deref;
use std::sync::Arc;

use msal_core::{Account, TokenEvent};

use crate::cache::SharedTokenCache;
use crate::client::Client;
use crate::error::{Error, StoreFailure};
use crate::ports::BoxFuture;
use crate::result::AuthenticationResult;
use crate::store::{Partition, StoreError};

/// The state behind an application that a program holds. Each call has a clone, which counts one reference.
#[derive(Clone, Debug)]
pub(crate) struct Handle(Arc<AtWork>);

/// All that the partitions of an application share, and the cache of one of them.
#[derive(Debug)]
pub(crate) struct AtWork {
    pub(crate) client: Arc<Client>,
    pub(crate) cache: Arc<SharedTokenCache>,
}

impl Deref for Handle {
    type Target = AtWork;

    fn deref(&self) -> &AtWork {
        &self.0
    }
}

impl Handle {
    pub(crate) fn new(client: Arc<Client>, cache: Arc<SharedTokenCache>) -> Self {
        Self(Arc::new(AtWork { client, cache }))
    }

    /// The same application in another partition.
    pub(crate) fn in_partition(&self, partition: Partition) -> Self {
        let cache = self.client.partitions.cache(partition);
        Self::new(Arc::clone(&self.client), cache)
    }

    /// Loads the cache where that is due: see [`SharedTokenCache::ensure_loaded`]. Of many who come at once for a partition
    /// that nobody has in memory, one asks the store.
    pub(crate) async fn ensure_loaded(&self) -> Result<(), Error> {
        // Somebody may have signed out after the load began that this one waited for.
        while !self.cache.is_up_to_date() {
            self.load().await?;
        }
        Ok(())
    }

    /// By itself and in a box of its own, which a hit does not need.
    #[inline(never)]
    fn load(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            let load = async { Ok(self.cache.ensure_loaded().await?) };
            let partition = self.cache.partition().clone();
            let (loaded, _is_shared) = self.client.loads.run(partition, load).await;
            loaded
        })
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
