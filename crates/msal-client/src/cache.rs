//! The token cache of an application: in memory for reading, in a store for keeping.
//!
//! The lock guards memory only, and nobody holds it while the store works, which may be far away. A snapshot is offered to
//! the store, and if somebody else saved meanwhile, the changes made here are applied to what they saved, where the store
//! can do that without letting others in between.

mod leftover;
mod merged;
mod state;
mod storage;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use msal_core::{Dialect, TokenCache, UnixTime};

use self::leftover::Leftover;
use self::merged::{Merged, merge_into, parse};
use self::state::{Snapshot, State};
use self::storage::{Known, StorePartition};
use crate::observe;
use crate::sign_outs::{SignOutCount, SignOuts};
use crate::store::{CacheStore, Partition, StoreError, Stored, Version};

/// A token cache in memory that several tasks read and change, and the store it is kept in.
///
/// Applications have one of their own; use it directly to work on a cache without an application, as a bulk writer
/// does. Many changes may be made before one save.
#[derive(Debug)]
pub struct SharedTokenCache {
    storage: Option<StorePartition>,
    partition: Partition,
    dialect: Dialect,
    rehearses: bool,
    state: Mutex<State>,
    leftover: Leftover,
    /// The sign-outs of the partition, wherever in the process they were saved. Until an application works with the cache
    /// nobody counts them.
    sign_outs: OnceLock<SignOutCount>,
    /// Their count when the cache was last brought up to date; zero when it never was.
    heard: AtomicU64,
}

impl SharedTokenCache {
    /// The cache in one partition of `store`; new entries are spelled as `dialect` does. Nothing is loaded yet.
    pub fn new(store: Arc<dyn CacheStore>, partition: Partition, dialect: Dialect) -> Self {
        Self::at(Some(store), partition, dialect)
    }

    /// A cache that is kept nowhere: it is gone when it is dropped, and saving it costs nothing.
    pub fn in_memory(dialect: Dialect) -> Self {
        Self::at(None, Partition::default(), dialect)
    }

    /// Has every redemption try first whether its tokens could be saved, so that no refresh token is sent whose successor
    /// would be lost. It costs what [`rehearse_save`](Self::rehearse_save) does, each time.
    #[must_use]
    pub fn rehearsing(self) -> Self {
        Self {
            rehearses: true,
            ..self
        }
    }

    /// In one partition of the store, or of memory.
    pub(crate) fn at(
        store: Option<Arc<dyn CacheStore>>,
        partition: Partition,
        dialect: Dialect,
    ) -> Self {
        let state = State {
            cache: Arc::new(TokenCache::new(dialect)),
            ..State::default()
        };
        Self {
            storage: store.map(|store| StorePartition {
                store,
                partition: partition.clone(),
            }),
            partition,
            dialect,
            rehearses: false,
            state: Mutex::new(state),
            leftover: Leftover::default(),
            sign_outs: OnceLock::new(),
            heard: AtomicU64::new(0),
        }
    }

    /// Has the cache ask its store again after each sign-out that `sign_outs` counts, before it answers anything else, and
    /// tell them of its own. The first who says so counts.
    pub(crate) fn listen(&self, sign_outs: &Arc<SignOuts>) {
        let of_partition = || SignOutCount::of(&self.partition, sign_outs);
        self.sign_outs.get_or_init(of_partition);
    }

    pub(crate) fn store(&self) -> Option<&Arc<dyn CacheStore>> {
        self.storage.as_ref().map(|storage| &storage.store)
    }

    pub(crate) fn partition(&self) -> &Partition {
        &self.partition
    }

    /// How new entries are spelled.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Reads from memory, while nobody else can read or change it: `read` must be short. Call
    /// [`SharedTokenCache::ensure_loaded`] first to see what the store holds.
    pub fn read<R>(&self, read: impl FnOnce(&TokenCache) -> R) -> R {
        read(&self.lock().cache)
    }

    /// Loads the cache once, and once more after each sign-out that an application has saved through another one. A store
    /// without anything in it is an empty cache.
    ///
    /// # Errors
    /// [`StoreError`], and nothing is loaded.
    pub async fn ensure_loaded(&self) -> Result<(), StoreError> {
        match self.is_up_to_date() {
            true => Ok(()),
            false => self.reload().await,
        }
    }

    /// Whether the store has been loaded, and nobody signed out since.
    pub(crate) fn is_up_to_date(&self) -> bool {
        match self.sign_outs.get() {
            Some(count) => count.now() == self.heard.load(Ordering::Acquire),
            None => self.lock().is_loaded,
        }
    }

    /// Takes in what others saved since; changes made here and not yet saved stay on top of it.
    ///
    /// # Errors
    /// [`StoreError`]; the cache in memory is as it was.
    pub async fn reload(&self) -> Result<(), StoreError> {
        // Read before the store is: a sign-out that comes after that is for the next time.
        let count = self.sign_outs.get().map(SignOutCount::now);
        let heard = self.heard.load(Ordering::Acquire);
        if heard != 0 && count.is_some_and(|count| count != heard) {
            observe::sign_out_heard();
        }
        self.catch_up().await?;
        self.heard
            .fetch_max(count.unwrap_or_default(), Ordering::Release);
        Ok(())
    }

    async fn catch_up(&self) -> Result<(), StoreError> {
        let Some(storage) = &self.storage else {
            return Ok(());
        };
        for _ in 0..ROUNDS {
            let (epoch, ours) = self.standing();
            if ours.is_some() && ours == storage.version().await? {
                break;
            }
            if self.take_in(storage.load().await?, epoch)? {
                break;
            }
        }
        // A round is lost only to a save or a load of this same cache, so that it is up to date by now.
        Ok(())
    }

    fn standing(&self) -> (u64, Option<Version>) {
        let state = self.lock();
        (state.epoch, state.version.clone())
    }

    /// Puts what was loaded under the changes made here, unless the cache was brought up to date since `epoch`: what was
    /// loaded may be older than that, and the answer is false.
    fn take_in(&self, stored: Option<Stored>, epoch: u64) -> Result<bool, StoreError> {
        let known = Arc::clone(&self.lock().cache);
        let (theirs, version) = match stored {
            Some(stored) => (parse(stored.blob, &known)?, Some(stored.version)),
            None => (TokenCache::new(self.dialect), None),
        };
        let found = version.is_some();
        let mut state = self.lock();
        if state.epoch != epoch {
            return Ok(false);
        }
        let ours = std::mem::take(&mut state.cache);
        state.cache = Arc::new(ours.rebase_onto(theirs));
        state.version = version;
        (state.is_loaded, state.is_written) = (true, false);
        state.epoch += 1;
        drop(state);
        observe::loaded(found);
        Ok(true)
    }

    /// Changes the cache in memory, while nobody else can read or change it: `change` must be short.
    pub fn change(&self, change: impl FnOnce(&mut TokenCache)) {
        let mut state = self.lock();
        change(Arc::make_mut(&mut state.cache));
        state.generation += 1;
    }

    /// Changes the cache and saves it. When that fails the change stays in memory, and the next save that succeeds writes it
    /// as well.
    ///
    /// # Errors
    /// As [`SharedTokenCache::save`]; [`StoreError`] also when the cache cannot be loaded: nothing is saved then.
    pub async fn update(&self, change: impl FnOnce(&mut TokenCache)) -> Result<(), StoreError> {
        let loaded = self.ensure_loaded().await;
        // Whatever came of that: the change may be an answer that nobody gives twice. It goes on top of what is loaded later.
        self.change(change);
        match loaded {
            Ok(()) => self.save().await,
            Err(error) => {
                self.note_save(Err(&error));
                Err(error)
            }
        }
    }

    /// What comes before a redemption: see [`rehearsing`](Self::rehearsing).
    pub(crate) async fn prepare_to_save(&self) -> Result<(), StoreError> {
        match self.rehearses {
            true => self.rehearse_save().await,
            false => Ok(()),
        }
    }

    /// Proves that [`save`](Self::save) would get through, as far as that can be known before, and leaves the store as it
    /// was.
    ///
    /// # Errors
    /// As [`SharedTokenCache::save`].
    pub async fn rehearse_save(&self) -> Result<(), StoreError> {
        match &self.storage {
            Some(storage) => storage.store.rehearse(&storage.partition).await,
            None => Ok(()),
        }
    }

    /// Saves what was changed: one write, however many changes there were, and none when there were none.
    ///
    /// # Errors
    /// [`StoreError`]; what was changed stays in memory and is saved the next time.
    pub async fn save(&self) -> Result<(), StoreError> {
        let Some(storage) = &self.storage else {
            let mut state = self.lock();
            let _told = self.sign_out_of(&state.cache);
            // They are kept for what other writers have of these users, and there are none.
            Arc::make_mut(&mut state.cache).forget_sign_outs();
            return Ok(());
        };
        self.save_in(storage).await.map(drop)
    }

    /// Whether the last save failed, so that something is in memory alone.
    pub(crate) fn has_leftover(&self) -> bool {
        self.leftover.is_there()
    }

    /// Tries to save what the last save could not: for calls that have no change of their own. They succeed whatever comes
    /// of it, as the failure was reported when it happened. A store that is down is not asked by each of them.
    pub(crate) async fn save_leftover(&self, now: UnixTime) {
        if self.has_leftover() && self.leftover.is_due(now) {
            observe::saving_leftover();
            // Its error is that of the save before.
            let _still_failing = self.save().await;
        }
    }

    /// Saves what was changed, and proves that the store holds it: the bytes are read again and must be those that were
    /// written. What somebody else saved meanwhile is taken in as by [`SharedTokenCache::reload`].
    ///
    /// A store whose versions are [of the content](Version::of_content) is only asked for the version; from any other the
    /// blob is loaded.
    ///
    /// # Errors
    /// As [`SharedTokenCache::save`]; [`StoreError::Corrupt`] when the store holds something else than it was given.
    pub async fn save_and_read_back(&self) -> Result<(), StoreError> {
        let Some(storage) = &self.storage else {
            return self.save().await;
        };
        let known = self.save_in(storage).await?;
        match storage.holds(known).await? {
            true => Ok(()),
            // Somebody else saved since.
            false => self.reload().await,
        }
    }

    /// Saves what was changed, and answers what the store should hold then.
    async fn save_in(&self, storage: &StorePartition) -> Result<Known, StoreError> {
        let saved = self.offer(storage).await;
        self.note_save(saved.as_ref().map(drop));
        saved
    }

    fn note_save(&self, saved: Result<(), &StoreError>) {
        self.leftover.note(saved.is_ok());
        if let Err(error) = saved {
            observe::unsaved(error);
        }
    }

    async fn offer(&self, storage: &StorePartition) -> Result<Known, StoreError> {
        let snapshot = self.snapshot();
        if !snapshot.cache.is_changed() {
            return Ok(Known {
                version: snapshot.version,
                written: snapshot.is_written.then_some(snapshot.cache),
            });
        }
        // Told of in the end whatever becomes of the save: it may have reached the store and failed after that.
        let _told = self.sign_out_of(&snapshot.cache);
        let slot = Arc::new(Mutex::new(None));
        let merge = merge_into(Arc::clone(&slot), Arc::clone(&snapshot.cache), self.dialect);
        let (cache, expected) = (Arc::clone(&snapshot.cache), snapshot.version.clone());
        let version = storage.save(cache, expected, merge).await?;
        let merged = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        observe::saved(merged.is_some());
        let written = match merged {
            Some(merged) => self.saved_merged(merged, version.as_ref(), &snapshot),
            None => Some(self.saved(snapshot, version.as_ref())),
        };
        Ok(Known { version, written })
    }

    /// Tells all others when it is dropped, if there is a sign-out to be saved in `cache`.
    fn sign_out_of(&self, cache: &TokenCache) -> Option<SignOut<'_>> {
        cache.has_sign_outs().then(|| SignOut(self))
    }

    /// Tells all others who have the partition in memory that a user was signed out.
    pub(crate) fn tell_of_sign_out(&self) {
        if let Some(count) = self.sign_outs.get() {
            count.raise();
        }
    }

    fn snapshot(&self) -> Snapshot {
        let state = self.lock();
        Snapshot {
            cache: Arc::clone(&state.cache),
            version: state.version.clone(),
            is_written: state.is_written,
            generation: state.generation,
            epoch: state.epoch,
        }
    }

    /// Takes note that `snapshot` was saved, and gives it back.
    fn saved(&self, snapshot: Snapshot, version: Option<&Version>) -> Arc<TokenCache> {
        let mut state = self.lock();
        state.version = version.cloned();
        state.is_written = true;
        state.epoch += 1;
        // What changed after the snapshot was taken is not in the store yet, so that the cache still counts as changed.
        if state.generation != snapshot.generation {
            return snapshot.cache;
        }
        // A cache that somebody else holds is copied when it changes, all of it.
        drop(snapshot);
        Arc::make_mut(&mut state.cache).mark_saved();
        Arc::clone(&state.cache)
    }

    /// Takes note that what others saved is stored with the changes of `snapshot` on top of it, and gives back what was
    /// written, if anything was left to write.
    fn saved_merged(
        &self,
        merged: Merged,
        version: Option<&Version>,
        snapshot: &Snapshot,
    ) -> Option<Arc<TokenCache>> {
        let Merged {
            mut cache,
            is_written,
        } = merged;
        Arc::make_mut(&mut cache).mark_saved();
        let mut state = self.lock();
        // Where the cache was brought up to date meanwhile, that may be with something newer. The changes made here still
        // count as such, and the next save finds that they are stored.
        if state.epoch == snapshot.epoch {
            state.cache = match state.generation == snapshot.generation {
                true => Arc::clone(&cache),
                false => Arc::new(state.cache.rebase_onto(TokenCache::clone(&cache))),
            };
            state.version = version.cloned();
            (state.is_loaded, state.is_written) = (true, is_written);
            state.epoch += 1;
        }
        is_written.then_some(cache)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sign-out that is being saved.
struct SignOut<'a>(&'a SharedTokenCache);

impl Drop for SignOut<'_> {
    fn drop(&mut self) {
        self.0.tell_of_sign_out();
    }
}

/// How often a load is tried again when this same cache is saved or loaded in between.
const ROUNDS: usize = 100;

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use bytes::Bytes;
    use msal_core::{Account, HomeAccountId};

    use super::*;
    use crate::{Blob, BoxFuture, ContentDigest};

    /// A store whose versions are of the content; it may keep something else than it is given.
    #[derive(Debug, Default)]
    struct ByContent {
        blob: Mutex<Option<Bytes>>,
        keeps_instead: Option<Bytes>,
        loads: AtomicUsize,
    }

    impl ByContent {
        fn version(blob: &dyn Blob) -> Version {
            let mut digest = ContentDigest::default();
            let each = &mut |piece: &[u8]| {
                digest.add(piece);
                Ok(())
            };
            blob.for_each_piece(each).unwrap();
            Version::of_content(&digest)
        }
    }

    impl CacheStore for ByContent {
        fn load<'a>(
            &'a self,
            _: &'a Partition,
        ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
            self.loads.fetch_add(1, Ordering::SeqCst);
            let blob = self.blob.lock().unwrap().clone();
            let stored = blob.map(|blob| Stored::new(blob.clone(), Self::version(&blob)));
            Box::pin(ready(Ok(stored)))
        }

        fn save<'a>(
            &'a self,
            _: &'a Partition,
            blob: Arc<dyn Blob>,
            _: Option<Version>,
        ) -> BoxFuture<'a, Result<Version, StoreError>> {
            let kept = self.keeps_instead.clone().unwrap_or_else(|| blob.whole());
            *self.blob.lock().unwrap() = Some(kept);
            Box::pin(ready(Ok(Self::version(&*blob))))
        }

        fn version<'a>(
            &'a self,
            _: &'a Partition,
        ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
            let blob = self.blob.lock().unwrap().clone();
            Box::pin(ready(Ok(blob.map(|blob| Self::version(&blob)))))
        }

        fn remove<'a>(&'a self, _: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
            *self.blob.lock().unwrap() = None;
            Box::pin(ready(Ok(())))
        }
    }

    /// A cache in `store` with one token, and a sign-out that is not saved yet.
    fn changed(store: &Arc<ByContent>) -> SharedTokenCache {
        let entry = |user| {
            format!(
                r#"{{"secret":"R","environment":"e","client_id":"c","home_account_id":"{user}"}}"#
            )
        };
        let document = format!(
            r#"{{"RefreshToken":{{"1":{},"2":{}}}}}"#,
            entry("a"),
            entry("b")
        );
        let ours = TokenCache::parse(Bytes::from(document), Dialect::Python).unwrap();
        let store: Arc<dyn CacheStore> = Arc::<ByContent>::clone(store);
        let cache = SharedTokenCache::new(store, Partition::default(), Dialect::Python);
        cache.change(|cache| *cache = ours);
        let account = Account::new(HomeAccountId::new("b"), "e");
        cache.change(|cache| assert!(cache.remove_account("c", &account)));
        cache
    }

    /// The clients that hold a refresh token of the user who was not signed out.
    fn clients_of_the_user(cache: &SharedTokenCache) -> Vec<String> {
        let account = Account::new(HomeAccountId::new("a"), "e");
        cache.read(|cache| cache.clients_of(&account))
    }

    #[tokio::test]
    async fn bytes_that_their_version_proves_are_not_loaded() {
        let store = Arc::new(ByContent::default());
        let cache = changed(&store);
        cache.save_and_read_back().await.unwrap();
        assert_eq!(clients_of_the_user(&cache), ["c"]);
        assert!(store.blob.lock().unwrap().is_some());
        assert_eq!(store.loads.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn bytes_that_their_version_does_not_prove_are_loaded() {
        let store = Arc::new(ByContent {
            keeps_instead: Some(Bytes::from_static(b"{}")),
            ..ByContent::default()
        });
        let cache = changed(&store);
        cache.save_and_read_back().await.unwrap();
        assert_eq!(store.loads.load(Ordering::SeqCst), 1);
        assert_eq!(clients_of_the_user(&cache), [""; 0]);
    }
}
