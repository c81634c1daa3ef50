//! A serialized cache on its way into or out of a store.

use std::io;

use bytes::Bytes;
use msal_core::TokenCache;

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
