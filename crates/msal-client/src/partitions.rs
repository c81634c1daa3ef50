//! The token caches of an application, one for each partition that somebody works in.

use std::sync::{Arc, Mutex, PoisonError};

use msal_core::Dialect;

use crate::cache::SharedTokenCache;
use crate::sign_outs::SignOuts;
use crate::store::{CacheStore, Partition};
use crate::weak_map::WeakMap;

/// The caches in memory. While somebody works in a partition, all others who come for it get the same cache.
#[derive(Debug)]
pub(crate) struct Partitions {
    store: Option<Arc<dyn CacheStore>>,
    dialect: Dialect,
    sign_outs: Arc<SignOuts>,
    live: Mutex<Live>,
}

#[derive(Debug, Default)]
struct Live {
    caches: WeakMap<Partition, SharedTokenCache>,
    /// Without a store there is nothing to load a cache from a second time, so none is let go of.
    kept: Vec<Arc<SharedTokenCache>>,
}

impl Partitions {
    /// Partitions of the store of `first`, which is the cache of its own partition; in memory where it has no store.
    pub(crate) fn beside(first: &Arc<SharedTokenCache>, sign_outs: &Arc<SignOuts>) -> Self {
        let partitions = Self {
            store: first.store().cloned(),
            dialect: first.dialect(),
            sign_outs: Arc::clone(sign_outs),
            live: Mutex::default(),
        };
        let mut live = Live::default();
        partitions.put_in(&mut live, first);
        Self {
            live: Mutex::new(live),
            ..partitions
        }
    }

    /// The cache of a partition. Nothing is loaded yet.
    pub(crate) fn cache(&self, partition: Partition) -> Arc<SharedTokenCache> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = live.caches.get(&partition) {
            return cache;
        }
        let store = self.store.as_ref().map(Arc::clone);
        let cache = Arc::new(SharedTokenCache::at(store, partition, self.dialect));
        self.put_in(&mut live, &cache);
        cache
    }

    fn put_in(&self, live: &mut Live, cache: &Arc<SharedTokenCache>) {
        cache.listen(&self.sign_outs);
        live.caches.insert(cache.partition().clone(), cache);
        if self.store.is_none() {
            live.kept.push(Arc::clone(cache));
        }
    }
}
