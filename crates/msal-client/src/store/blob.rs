//! A serialized cache on its way into a store.

use std::io;

use bytes::Bytes;

/// A serialized token cache that a store is to keep. Secret.
///
/// It need not be in memory as a whole: it may be made while it is written. [`Bytes`] are a blob, so that
/// `Arc::new(bytes)` can be saved; a store that wants bytes calls [`whole`](Self::whole).
pub trait Blob: Send + Sync {
    /// Hands out the blob from its start to its end, in pieces that are only good until `each` returns. Every call hands
    /// out the same bytes.
    ///
    /// # Errors
    /// The first one that `each` answers, or what kept the blob from being made.
    fn for_each_piece(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()>;

    /// All pieces in one, in memory that is overwritten when its last holder lets go.
    fn whole(&self) -> Bytes;

    /// Whether the blob is known to be one whole JSON object because it was made as one, of nothing but what was read as
    /// JSON. A store that refuses everything else reads the blob for that unless this is true, and what a
    /// [`Merge`](super::Merge) made it of.
    fn is_json_object(&self) -> bool {
        false
    }
}

impl Blob for Bytes {
    fn for_each_piece(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.chunks(PIECE).try_for_each(each)
    }

    fn whole(&self) -> Bytes {
        self.clone()
    }
}

/// How much is read, written or hashed at a time. Given all of a large file at once, Linux copies it into pages so
/// large that it has to clear memory for them first, which takes ten times as long.
pub(crate) const PIECE: usize = 256 * 1024;
