//! The token cache of an application: in memory for reading, in a store for keeping.
//!
//! The lock guards memory only. Saving is optimistic: a snapshot is offered to the store, and if somebody else saved
//! meanwhile, their cache is loaded, the changes made here are applied to it, and it is offered again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use msal_core::{Comparison, Dialect, TokenCache};

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
        self.save_in(home).await.map(drop)
    }

    /// Saves what was changed, and proves that it can be read: what the store holds afterwards is read, piece by piece, and
    /// compared with what it should say. What somebody else saved meanwhile is taken in as by
    /// [`SharedTokenCache::reload`].
    ///
    /// # Errors
    /// As [`SharedTokenCache::save`]; [`StoreError::Corrupt`] when the store holds something else than it was given.
    pub async fn save_and_read_back(&self) -> Result<(), StoreError> {
        let Some(home) = &self.home else {
            return self.save().await;
        };
        let (saved, version) = self.save_in(home).await?;
        let comparison = Arc::new(Mutex::new(Comparison::new(saved)));
        let reader = Arc::clone(&comparison);
        let each = Box::new(move |piece: &[u8]| locked(&reader).add(piece));
        let stored = home.store.load_pieces(&home.partition, each).await?;
        match stored == version {
            true if stored.is_none() || locked(&comparison).is_same() => Ok(()),
            true => Err(StoreError::corrupt(
                "the stored cache",
                "it does not read as it was written",
            )),
            false => self.reload().await,
        }
    }

    /// Answers what is in the store now, for all that is known, and its version.
    async fn save_in(&self, home: &Home) -> Result<(Arc<TokenCache>, Option<Version>), StoreError> {
        for _ in 0..ROUNDS {
            let (cache, expected, generation) = self.snapshot();
            if !cache.is_changed() {
                return Ok((cache, expected));
            }
            let pieces = Arc::<TokenCache>::clone(&cache);
            let saved = home.store.save_pieces(&home.partition, pieces, expected);
            match saved.await {
                Ok(version) => {
                    let saved = self.saved(cache, &version, generation);
                    return Ok((saved, Some(version)));
                }
                Err(StoreError::Conflict) => self.reload().await?,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    fn snapshot(&self) -> (Arc<TokenCache>, Option<Version>, u64) {
        let state = self.lock();
        let version = state.version.clone();
        (Arc::clone(&state.cache), version, state.generation)
    }

    /// Takes note that `snapshot` was saved, and gives it back.
    fn saved(
        &self,
        snapshot: Arc<TokenCache>,
        version: &Version,
        generation: u64,
    ) -> Arc<TokenCache> {
        let mut state = self.lock();
        state.version = Some(version.clone());
        state.epoch += 1;
        // What was added after the snapshot is not in the store yet.
        if state.generation != generation {
            return snapshot;
        }
        // Nobody else may hold a cache that is changed, or all of it is copied.
        drop(snapshot);
        Arc::make_mut(&mut state.cache).mark_saved();
        Arc::clone(&state.cache)
    }

    fn parse(&self, blob: Bytes) -> Result<TokenCache, StoreError> {
        TokenCache::parse(blob, self.dialect)
            .map_err(|error| StoreError::corrupt("the stored cache", error.to_string()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
