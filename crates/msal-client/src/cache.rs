//! The token cache of an application: in memory for reading, in a store for keeping.
//!
//! The lock guards memory only. Saving is optimistic: a snapshot is offered to the store, and if somebody else saved
//! meanwhile, their cache is loaded, the changes made here are applied to it, and it is offered again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use msal_core::{Dialect, TokenCache};

use crate::{CacheStore, Partition, StoreError, Stored, Version};

/// How often a save is tried again when others keep saving in between. Each round is one load and one save, and in
/// each of them somebody made progress, so that many losses in a row mean a store that never agrees with itself.
const ROUNDS: usize = 100;

/// A token cache in memory that several tasks read and change, and the store it is kept in.
///
/// Applications have one of their own; use it directly to work on a cache without an application, as a bulk writer
/// does. Many changes may be made before one save.
#[derive(Debug)]
pub struct SharedTokenCache {
    home: Option<Home>,
    dialect: Dialect,
    state: Mutex<State>,
}

/// Where the cache is kept.
#[derive(Debug)]
struct Home {
    store: Arc<dyn CacheStore>,
    partition: Partition,
}

impl Home {
    async fn load(&self) -> Result<Option<Stored>, StoreError> {
        self.store.load(&self.partition).await
    }
}

#[derive(Debug, Default)]
struct State {
    /// Shared with whoever is saving it: it is copied when it changes meanwhile.
    cache: Arc<TokenCache>,
    /// The store's version that `cache` is based on.
    version: Option<Version>,
    is_loaded: bool,
    /// Counts changes, so that a save knows whether its snapshot is still all there is.
    generation: u64,
    /// Counts the times that `cache` was brought up to date with the store, so that a load knows whether it is still news.
    epoch: u64,
}

impl SharedTokenCache {
    /// The cache in one partition of `store`; new entries are spelled as `dialect` does. Nothing is loaded yet.
    pub fn new(store: Arc<dyn CacheStore>, partition: Partition, dialect: Dialect) -> Self {
        Self::at(Some(Home { store, partition }), dialect)
    }

    /// A cache that is kept nowhere: it is gone when it is dropped, and saving it costs nothing.
    pub fn in_memory(dialect: Dialect) -> Self {
        Self::at(None, dialect)
    }

    fn at(home: Option<Home>, dialect: Dialect) -> Self {
        let state = State {
            cache: Arc::new(TokenCache::new(dialect)),
            ..State::default()
        };
        Self {
            home,
            dialect,
            state: Mutex::new(state),
        }
    }

    /// How new entries are spelled.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Reads from memory. Whoever needs the store's contents calls [`SharedTokenCache::ensure_loaded`] first.
    pub fn read<R>(&self, read: impl FnOnce(&TokenCache) -> R) -> R {
        read(&self.lock().cache)
    }

    /// Loads the cache once. A store without anything in it is an empty cache.
    ///
    /// # Errors
    /// [`StoreError`], and nothing is loaded.
    pub async fn ensure_loaded(&self) -> Result<(), StoreError> {
        let is_loaded = self.lock().is_loaded;
        match is_loaded {
            true => Ok(()),
            false => self.reload().await,
        }
    }

    /// Takes in what others saved since; changes made here and not yet saved stay on top of it.
    ///
    /// # Errors
    /// [`StoreError`]; the cache in memory is as it was.
    pub async fn reload(&self) -> Result<(), StoreError> {
        let Some(home) = &self.home else {
            return Ok(());
        };
        for _ in 0..ROUNDS {
            let (epoch, ours) = self.standing();
            if ours.is_some() && ours == home.store.version(&home.partition).await? {
                break;
            }
            if self.take_in(home.load().await?, epoch)? {
                break;
            }
        }
        // Whoever lost every round was overtaken by saves and loads of this very cache, which is up to date then.
        Ok(())
    }

    /// Loads what the store holds although it is what was saved last: what is in memory afterwards was read from the
    /// store, but for changes not yet saved. For whoever works on the cache alone, because a cache that has been saved
    /// is let go before, so that it is not in memory twice: meanwhile there is nothing in it.
    ///
    /// # Errors
    /// [`StoreError`]; only what was not saved is in memory then, and the rest is loaded when it is next asked for.
    pub async fn read_back(&self) -> Result<(), StoreError> {
        let Some(home) = &self.home else {
            return Ok(());
        };
        drop(self.let_go());
        for _ in 0..ROUNDS {
            let (epoch, _) = self.standing();
            if self.take_in(home.load().await?, epoch)? {
                return Ok(());
            }
        }
        Err(StoreError::Conflict)
    }

    /// Forgets a cache that has been saved.
    fn let_go(&self) -> Option<Arc<TokenCache>> {
        let mut state = self.lock();
        if state.cache.is_changed() {
            return None;
        }
        state.is_loaded = false;
        state.version = None;
        let empty = Arc::new(TokenCache::new(self.dialect));
        Some(std::mem::replace(&mut state.cache, empty))
    }

    fn standing(&self) -> (u64, Option<Version>) {
        let state = self.lock();
        (state.epoch, state.version.clone())
    }

    /// Puts what was loaded under the changes made here, unless the cache was brought up to date since `epoch`: then
    /// the load may be the older of the two, and answers false.
    fn take_in(&self, stored: Option<Stored>, epoch: u64) -> Result<bool, StoreError> {
        let (theirs, version) = match stored {
            Some(stored) => (self.parse(stored.blob)?, Some(stored.version)),
            None => (TokenCache::new(self.dialect), None),
        };
        let mut state = self.lock();
        if state.epoch != epoch {
            return Ok(false);
        }
        let ours = std::mem::take(&mut state.cache);
        state.cache = Arc::new(ours.rebase_onto(theirs));
        state.version = version;
        state.is_loaded = true;
        state.epoch += 1;
        Ok(true)
    }

    /// Changes the cache in memory.
    pub fn change(&self, change: impl FnOnce(&mut TokenCache)) {
        let mut state = self.lock();
        change(Arc::make_mut(&mut state.cache));
        state.generation += 1;
    }

    /// Changes the cache and saves it. When saving fails the change stays in memory, and the next save that succeeds
    /// writes it as well.
    ///
    /// # Errors
    /// As [`SharedTokenCache::save`]; [`StoreError`] also when the cache cannot be loaded, and nothing is changed then.
    pub async fn update(&self, change: impl FnOnce(&mut TokenCache)) -> Result<(), StoreError> {
        self.ensure_loaded().await?;
        self.change(change);
        self.save().await
    }

    /// Saves what was changed: one write, however many changes there were, and none when there were none.
    ///
    /// # Errors
    /// [`StoreError`]; what was changed stays in memory and is saved the next time.
    pub async fn save(&self) -> Result<(), StoreError> {
        let Some(home) = &self.home else {
            Arc::make_mut(&mut self.lock().cache).forget_sign_outs();
            return Ok(());
        };
        for _ in 0..ROUNDS {
            let Some((cache, expected, generation)) = self.snapshot() else {
                return Ok(());
            };
            let saved = home.store.save_pieces(&home.partition, cache, expected);
            match saved.await {
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

    fn snapshot(&self) -> Option<(Arc<TokenCache>, Option<Version>, u64)> {
        let state = self.lock();
        let version = state.version.clone();
        let is_due = state.cache.is_changed();
        is_due.then(|| (Arc::clone(&state.cache), version, state.generation))
    }

    fn saved(&self, version: Version, generation: u64) {
        let mut state = self.lock();
        state.version = Some(version);
        state.epoch += 1;
        // What was added after the snapshot is not in the store yet.
        if state.generation == generation {
            Arc::make_mut(&mut state.cache).mark_saved();
        }
    }

    fn parse(&self, blob: Bytes) -> Result<TokenCache, StoreError> {
        TokenCache::parse(blob, self.dialect)
            .map_err(|error| StoreError::corrupt("the stored cache", error.to_string()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
