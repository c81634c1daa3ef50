//! Where a token cache lives between runs: the [`CacheStore`] port and the stores that need nothing but a computer.
//!
//! A store knows nothing of tokens. It keeps one opaque blob per [`Partition`] and replaces it by compare-and-swap
//! on a [`Version`], so that several processes can share a cache without losing each other's work: whoever finds
//! that the blob has moved on loads it again, merges, and saves again.
//!
//! Left out on purpose: the cache schema and the merge (the core's), encryption and other homes (other crates).

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod file;
mod memory;
mod partition;

use std::{fmt, io, pin::Pin, sync::Arc};

use bytes::Bytes;
use msal_core::TokenCache;

pub use self::{
    error::StoreError,
    file::FileStore,
    memory::MemoryStore,
    partition::{InvalidPartition, Partition},
};

/// A boxed future, as the object-safe ports return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A home for serialized token caches.
///
/// # Duties of an implementer
///
/// The conformance suite (feature `conformance`) checks all of these but the last two.
///
/// * What `save` reported as saved is what the next `load` returns, through this handle and through every other
///   handle on the same storage.
/// * `save` replaces the whole blob or nothing. A reader sees an old blob or a new one, never a mixture, whoever else
///   is writing and whatever becomes of the writer.
/// * `save` with `expected: None` means "must not exist yet"; with a version it means "must be exactly that one". In
///   every other case it answers [`StoreError::Conflict`] and leaves the stored blob untouched. The comparison and the
///   replacement are one step: of several saves with the same expectation, one wins.
/// * Two different blobs never have the same version. Saving a blob equal to the stored one may keep its version.
/// * A future that is dropped before it is done leaves the old blob or the new one; it may still finish its work in
///   the background.
/// * Partitions do not see each other.
/// * An empty or damaged blob is [`StoreError::Corrupt`], never "nothing there": a caller that takes ruins for an
///   empty cache saves that emptiness next, and every user is signed out.
/// * A successful `save` has reached whatever the store calls durable.
/// * Blobs hold refresh tokens. They never enter a log, an error or a `Debug` output, and buffers that the store owns
///   are zeroized.
pub trait CacheStore: fmt::Debug + Send + Sync {
    /// Loads the blob of `partition`, or `None` when there is none.
    ///
    /// Loading changes nothing in the storage, not even to repair it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] when there is something that cannot be a blob, and otherwise whatever kept the store
    /// from reading.
    fn load<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>>;

    /// Replaces the blob of `partition` by `blob` if its version is still `expected`, and returns the new version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when the stored version is another one: load, merge, save again. After any other error
    /// but [`StoreError::NotDurable`] the old blob is still there.
    fn save<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Bytes,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>>;

    /// As [`CacheStore::save`], for a blob that need not be in memory whole. A store that can write piece by piece says
    /// so by implementing this.
    ///
    /// # Errors
    ///
    /// As [`CacheStore::save`].
    fn save_pieces<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Pieces>,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        self.save(partition, blob.whole(), expected)
    }

    /// Hands the blob of `partition` to `each`, from its start to its end, in pieces that are only good until it returns,
    /// and answers its version, or `None` when there is none. A store that can read piece by piece says so by
    /// implementing this; it need not notice that a blob is damaged.
    ///
    /// # Errors
    ///
    /// As [`CacheStore::load`]; some pieces may have been handed out by then.
    fn load_pieces<'a>(
        &'a self,
        partition: &'a Partition,
        mut each: Each,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        Box::pin(async move {
            let stored = self.load(partition).await?;
            Ok(stored.map(|stored| {
                each(&stored.blob);
                stored.version
            }))
        })
    }

    /// The version of the blob of `partition`, or `None` when there is none. A store that can tell it for less than
    /// reading the blob says so by implementing this.
    ///
    /// # Errors
    ///
    /// As [`CacheStore::load`].
    fn version<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        self.load_pieces(partition, Box::new(|_| ()))
    }

    /// Removes the blob of `partition`, whatever its version. Removing what is not there succeeds.
    ///
    /// # Errors
    ///
    /// Whatever kept the store from removing.
    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// What takes a blob in while it is read. The pieces are secret.
pub type Each = Box<dyn FnMut(&[u8]) + Send>;

/// A blob that is made while it is written.
pub trait Pieces: Send + Sync {
    /// Hands out the blob from its start to its end, in pieces that are only good until `each` returns. Secret.
    ///
    /// # Errors
    ///
    /// The first one that `each` answers.
    fn for_each(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()>;

    /// The blob in memory, which is overwritten when the last holder lets go.
    fn whole(&self) -> Bytes;

    /// Whether it is certain to be a JSON object: a store need not look then.
    fn is_document(&self) -> bool {
        false
    }
}

impl Pieces for Bytes {
    fn for_each(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.chunks(PIECE).try_for_each(each)
    }

    fn whole(&self) -> Bytes {
        self.clone()
    }
}

impl Pieces for TokenCache {
    fn for_each(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.serialize_in_pieces(each)
    }

    fn whole(&self) -> Bytes {
        self.serialize()
    }

    fn is_document(&self) -> bool {
        true
    }
}

/// How much is read, written or hashed at a time. Given all of a large file at once, Linux copies it into pages so
/// large that it has to clear memory for them first, which takes ten times as long.
pub(crate) const PIECE: usize = 256 * 1024;

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
        blob: Bytes,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        S::save(self, partition, blob, expected)
    }

    fn save_pieces<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Pieces>,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        S::save_pieces(self, partition, blob, expected)
    }

    fn load_pieces<'a>(
        &'a self,
        partition: &'a Partition,
        each: Each,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        S::load_pieces(self, partition, each)
    }

    fn version<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        S::version(self, partition)
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field(
                "blob",
                &format_args!("[{} bytes redacted]", self.blob.len()),
            )
            .field("version", &self.version)
            .finish()
    }
}

/// Which state of a blob this is. Only equality means anything, and only between versions of one store.
#[derive(Clone, PartialEq, Eq)]
pub struct Version(Arc<[u8]>);

impl Version {
    /// Wraps whatever tells two states apart in the store at hand: a counter, an ETag, a digest. Not a secret.
    pub fn new(bytes: impl AsRef<[u8]>) -> Self {
        Self(bytes.as_ref().into())
    }

    /// The bytes it was made of.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Version(")?;
        // Enough to tell two of them apart in a log.
        for byte in self.0.iter().take(8) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
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
