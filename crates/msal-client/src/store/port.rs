//! The port: what a home for token caches must do.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::blob::Blob;
use super::error::StoreError;
use super::partition::Partition;
use super::version::Version;
use crate::ports::BoxFuture;

/// A home for serialized token caches: one blob per partition, replaced as a whole.
///
/// A store for a map or a database takes about 25 lines: see the example `custom_store`.
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

#[cfg(test)]
mod tests {
    use super::*;

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
