//! The port: what a home for token caches must do.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::blob::Blob;
use super::error::StoreError;
use super::events;
use super::partition::Partition;
use super::version::Version;
use crate::ports::BoxFuture;

/// A home for serialized token caches: one blob per partition, replaced as a whole.
///
/// A store for a map or a database takes about 25 lines: see the example `web_app`.
///
/// # Duties of an implementer
///
/// The conformance suite (feature `conformance`) tests all of these but the last four, which it cannot see from outside.
///
/// * What `save` reported as saved is what the next `load` returns, through this handle and through every other
///   handle on the same storage.
/// * `save` replaces the whole blob or nothing. A reader sees an old blob or a new one, never a mixture, whoever else
///   is writing and whatever becomes of the writer.
/// * `save` with `expected: None` means "must not exist yet"; with a version it means "must be exactly that one". In
///   every other case it answers [`StoreError::Conflict`] and leaves the stored blob untouched. The comparison and the
///   replacement are one step: of several saves with the same expectation, one wins.
/// * Two different blobs of a partition never have the same version, not even if one was removed before the other was
///   saved. Saving a blob equal to the stored one may keep its version.
/// * The version that `save` returned is the one that `load` and `version` answer until the blob is replaced or removed,
///   through whatever handle. Both ask the storage; a handle that remembers a version misses what others did.
/// * A future that is dropped before it is done leaves the old blob or the new one; it may still finish its work in
///   the background.
/// * Partitions do not see each other.
/// * An empty or damaged blob is [`StoreError::Corrupt`], never "nothing there": a caller that takes ruins for an
///   empty cache saves that emptiness next, and every user is signed out.
/// * A version made by [`Version::of_content`] is made of the bytes that are stored, each time anew. That is how
///   [`save_and_read_back`](crate::SharedTokenCache::save_and_read_back) proves them; with versions of another kind, it
///   loads the blob and compares.
/// * A successful `save` has reached whatever the store calls durable.
/// * Blobs hold refresh tokens. They never enter a log, an error or a `Debug` output, and buffers that the store owns
///   are zeroized.
pub trait CacheStore: fmt::Debug + Send + Sync {
    /// Loads the blob of `partition`, or `None` when there is none.
    ///
    /// Loading changes nothing in the storage, not even to repair it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there is something that cannot be a blob, and otherwise whatever kept the store
    /// from reading.
    fn load<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>>;

    /// Replaces the blob of `partition` by `blob` if its version is still `expected`, and returns the new version.
    ///
    /// A store that wants the bytes in memory calls [`Blob::whole`]; one that writes piece by piece needs no memory for them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the stored version is another one: load, merge, save again. After any other error
    /// but [`StoreError::NotDurable`] the old blob is still there.
    fn save<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Blob>,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>>;

    /// Saves `blob` as [`save`](Self::save) does or, where another blob is stored than the `expected` one, what `merge`
    /// makes of that. Returns the version of what is stored then, or `None` when nothing is.
    ///
    /// Nobody gives up while others make progress. A store that can keep others away calls `merge` while it does so, and
    /// every writer's turn comes after one wait, as with [`FileStore`](crate::FileStore). Any other inherits this loop of
    /// `save` and `load`: whoever loses a round loses it to somebody who has saved.
    ///
    /// # Errors
    /// As [`save`](Self::save) and [`load`](Self::load), and what `merge` answers. [`StoreError::Conflict`] only when the
    /// store goes on refusing the version that it answers itself.
    fn save_merging<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Blob>,
        expected: Option<Version>,
        merge: Arc<Merge>,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        Box::pin(save_in_rounds(self, partition, blob, expected, merge))
    }

    /// The version of the blob of `partition`, or `None` when there is none. A store that can tell it for less than
    /// reading the blob says so by implementing this.
    ///
    /// # Errors
    /// As [`CacheStore::load`].
    fn version<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        Box::pin(async move { Ok(self.load(partition).await?.map(|stored| stored.version)) })
    }

    /// Proves that a save of `partition` would get through, as far as that can be known before: whoever is about to do what
    /// cannot be done twice asks first. Afterwards the storage is as it was. A store that has nothing to try does nothing.
    ///
    /// # Errors
    /// What a save would fail with.
    fn rehearse<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        let _nothing_to_try = partition;
        Box::pin(std::future::ready(Ok(())))
    }

    /// Removes the blob of `partition`, whatever its version. Removing what is not there succeeds.
    ///
    /// # Errors
    /// Whatever kept the store from removing.
    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// A store that is shared is a store.
impl<S: CacheStore + ?Sized> CacheStore for Arc<S> {
    fn load<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        S::load(self, partition)
    }

    fn save<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Blob>,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        S::save(self, partition, blob, expected)
    }

    fn save_merging<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Blob>,
        expected: Option<Version>,
        merge: Arc<Merge>,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        S::save_merging(self, partition, blob, expected, merge)
    }

    fn version<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        S::version(self, partition)
    }

    fn rehearse<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        S::rehearse(self, partition)
    }

    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        S::remove(self, partition)
    }
}

/// Makes the blob to be saved from the one that is stored; `None` when nothing is left to be saved.
///
/// It must be short, as other writers wait meanwhile, and it may be called several times for one save. What it cannot read
/// it answers with [`StoreError::Corrupt`] and never takes for nothing: it may be the first to see ruins.
pub type Merge = dyn Fn(Option<Stored>) -> Result<Option<Arc<dyn Blob>>, StoreError> + Send + Sync;

/// Saves, and after each conflict merges and saves again.
async fn save_in_rounds<S: CacheStore + ?Sized>(
    store: &S,
    partition: &Partition,
    mut blob: Arc<dyn Blob>,
    mut expected: Option<Version>,
    merge: Arc<Merge>,
) -> Result<Option<Version>, StoreError> {
    let (mut refusals, mut round) = (0, 0);
    loop {
        match store.save(partition, blob, expected.clone()).await {
            Err(StoreError::Conflict) => {}
            saved => return saved.map(Some),
        }
        round += 1;
        events::round_lost(round);
        let stored = store.load(partition).await?;
        let version = stored.as_ref().map(|stored| stored.version.clone());
        // A round is lost to somebody who has changed what is stored. Where nobody has, the store contradicts itself.
        refusals = if version == expected { refusals + 1 } else { 0 };
        if refusals == MOST_REFUSALS {
            return Err(StoreError::Conflict);
        }
        match merge(stored)? {
            Some(merged) => (blob, expected) = (merged, version),
            None => return Ok(version),
        }
    }
}

/// A blob as a store holds it, with the version to name when replacing it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Stored {
    /// The serialized cache. Secret.
    pub blob: Bytes,
    /// What [`CacheStore::save`] must be told to replace exactly this blob.
    pub version: Version,
}

impl Stored {
    /// Pairs a blob with its version.
    pub fn new(blob: Bytes, version: Version) -> Self {
        Self { blob, version }
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Stored")
            .field(
                "blob",
                &format_args!("[{} bytes redacted]", self.blob.len()),
            )
            .field("version", &self.version)
            .finish()
    }
}

/// How often in a row a store may refuse the version that it answers itself: another writer may have put back what was
/// there before.
const MOST_REFUSALS: usize = 10;

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::store::MemoryStore;

    /// Refuses so many saves; others are at work meanwhile, or nobody is.
    #[derive(Debug)]
    struct Refusing {
        blobs: MemoryStore,
        refusals: AtomicU64,
        is_busy: bool,
    }

    impl CacheStore for Refusing {
        fn load<'a>(
            &'a self,
            partition: &'a Partition,
        ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
            self.blobs.load(partition)
        }

        fn save<'a>(
            &'a self,
            partition: &'a Partition,
            blob: Arc<dyn Blob>,
            expected: Option<Version>,
        ) -> BoxFuture<'a, Result<Version, StoreError>> {
            let left = self.refusals.load(Ordering::SeqCst);
            if left == 0 {
                return self.blobs.save(partition, blob, expected);
            }
            self.refusals.store(left - 1, Ordering::SeqCst);
            Box::pin(async move {
                if self.is_busy {
                    let theirs = Arc::new(Bytes::from(format!("theirs {left}")));
                    let stored = self.blobs.version(partition).await?;
                    self.blobs.save(partition, theirs, stored).await?;
                }
                Err(StoreError::Conflict)
            })
        }

        fn remove<'a>(&'a self, _: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
            Box::pin(ready(Ok(())))
        }
    }

    async fn save(refusals: u64, is_busy: bool) -> Result<Bytes, StoreError> {
        let store = Refusing {
            blobs: MemoryStore::new(),
            refusals: AtomicU64::new(refusals),
            is_busy,
        };
        let merge: Arc<Merge> = Arc::new(|stored: Option<Stored>| {
            let theirs = stored.map_or_else(Bytes::new, |stored| stored.blob);
            let blob: Arc<dyn Blob> = Arc::new(Bytes::from([&theirs[..], b" and ours"].concat()));
            Ok(Some(blob))
        });
        let (partition, blob) = (Partition::default(), Arc::new(Bytes::from_static(b"ours")));
        let saved = store.save_merging(&partition, blob, None, merge).await?;
        let stored = store.load(&partition).await?.unwrap();
        assert_eq!(saved, Some(stored.version));
        Ok(stored.blob)
    }

    #[tokio::test]
    async fn nobody_gives_up_while_others_make_progress() {
        assert_eq!(save(0, true).await.unwrap(), "ours");
        assert_eq!(save(1_000, true).await.unwrap(), "theirs 1 and ours");
    }

    #[tokio::test]
    async fn a_store_that_contradicts_itself_is_given_up() {
        assert_eq!(save(3, false).await.unwrap(), " and ours");
        let refused = save(u64::MAX, false).await;
        assert!(matches!(refused, Err(StoreError::Conflict)));
    }

    #[test]
    fn debug_of_a_stored_blob_shows_no_content() {
        let stored = Stored::new(
            Bytes::from_static(b"{\"secret\":\"0.AXoA\"}"),
            Version::new([0xab; 32]),
        );
        assert_eq!(
            format!("{stored:?}"),
            "Stored { blob: [19 bytes redacted], version: Version(abababababababab) }"
        );
    }
}
