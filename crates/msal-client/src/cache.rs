//! The token cache of an application: in memory for reading, in a store for keeping.
//!
//! The lock guards memory only. Saving is optimistic: a snapshot is offered to the store, and if somebody else saved
//! meanwhile, their cache is loaded, the changes made here are applied to it, and it is offered again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use msal_core::{Dialect, TokenCache};

use crate::{CacheStore, Partition, StoreError, Version};

/// How often a save is tried again when others keep saving in between. Each round is one load and one save, and in
/// each of them somebody made progress, so that many losses in a row mean a store that never agrees with itself.
const ROUNDS: usize = 100;

/// A cache that several tasks read and change.
#[derive(Debug)]
pub(crate) struct SharedCache {
    store: Arc<dyn CacheStore>,
    partition: Partition,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    cache: TokenCache,
    /// The store's version that `cache` is based on.
    version: Option<Version>,
    is_loaded: bool,
    /// Counts changes, so that a save knows whether its snapshot is still all there is.
    generation: u64,
}

impl SharedCache {
    pub(crate) fn new(store: Arc<dyn CacheStore>, partition: Partition) -> Self {
        Self {
            store,
            partition,
            state: Mutex::default(),
        }
    }

    /// Reads from memory. Whoever needs the store's contents calls [`SharedCache::ensure_loaded`] first.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&TokenCache) -> R) -> R {
        read(&self.lock().cache)
    }

    /// Loads the cache once. A store without anything in it is an empty cache.
    pub(crate) async fn ensure_loaded(&self) -> Result<(), StoreError> {
        let is_loaded = self.lock().is_loaded;
        match is_loaded {
            true => Ok(()),
            false => self.reload().await,
        }
    }

    /// Takes in what others saved since; changes made here and not yet saved stay on top of it.
    pub(crate) async fn reload(&self) -> Result<(), StoreError> {
        let stored = self.store.load(&self.partition).await?;
        if stored.is_some()
            && self.lock().version == stored.as_ref().map(|stored| stored.version.clone())
        {
            return Ok(());
        }
        let (theirs, version) = match stored {
            Some(stored) => (parse(stored.blob)?, Some(stored.version)),
            None => (TokenCache::default(), None),
        };
        let mut state = self.lock();
        let ours = std::mem::take(&mut state.cache);
        state.cache = ours.rebase_onto(theirs);
        state.version = version;
        state.is_loaded = true;
        Ok(())
    }

    /// Changes the cache and saves it. When saving fails the change stays in memory, and the next save that succeeds
    /// writes it as well.
    pub(crate) async fn update(
        &self,
        change: impl FnOnce(&mut TokenCache),
    ) -> Result<(), StoreError> {
        self.ensure_loaded().await?;
        {
            let mut state = self.lock();
            change(&mut state.cache);
            state.generation += 1;
        }
        self.save().await
    }

    async fn save(&self) -> Result<(), StoreError> {
        for _ in 0..ROUNDS {
            let Some((blob, expected, generation)) = self.snapshot() else {
                return Ok(());
            };
            match self.store.save(&self.partition, blob, expected).await {
                Ok(version) => {
                    self.saved(version, generation);
                    return Ok(());
                }
                Err(StoreError::Conflict) => self.reload().await?,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    fn snapshot(&self) -> Option<(Bytes, Option<Version>, u64)> {
        let state = self.lock();
        let is_due = state.cache.is_changed();
        is_due.then(|| {
            (
                state.cache.serialize(),
                state.version.clone(),
                state.generation,
            )
        })
    }

    fn saved(&self, version: Version, generation: u64) {
        let mut state = self.lock();
        state.version = Some(version);
        // What was added after the snapshot is not in the store yet.
        if state.generation == generation {
            state.cache.mark_saved();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(blob: Bytes) -> Result<TokenCache, StoreError> {
    TokenCache::parse(blob, Dialect::Python)
        .map_err(|error| StoreError::corrupt("the stored cache", error.to_string()))
}
