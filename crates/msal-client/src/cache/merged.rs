//! The changes of a cache on top of what others have saved.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use msal_core::{Dialect, TokenCache};

use crate::store::{Blob, Merge, StoreError};

/// What others saved, with the changes made here on top of it.
pub(super) struct Merged {
    pub(super) cache: Arc<TokenCache>,
    /// Whether there were any that they had not saved as well.
    pub(super) is_written: bool,
}

/// Puts the changes of `ours` on top of what is stored, and leaves the outcome of the last time in `slot`.
pub(super) fn merge_into(
    slot: Arc<Mutex<Option<Merged>>>,
    ours: Arc<TokenCache>,
    dialect: Dialect,
) -> Arc<Merge> {
    Arc::new(move |stored| {
        let theirs = match stored {
            Some(stored) => parse(stored.blob, &ours)?,
            None => TokenCache::new(dialect),
        };
        let cache = Arc::new(ours.rebase_onto(theirs));
        let is_written = cache.is_changed();
        let blob: Arc<dyn Blob> = Arc::<TokenCache>::clone(&cache);
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Merged { cache, is_written });
        Ok(is_written.then_some(blob))
    })
}

pub(super) fn parse(blob: Bytes, known: &TokenCache) -> Result<TokenCache, StoreError> {
    known
        .parse_again(blob)
        .map_err(|error| StoreError::corrupt("the stored cache", error.to_string()))
}

impl Blob for TokenCache {
    fn for_each_piece(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.serialize_in_pieces(each)
    }

    fn whole(&self) -> Bytes {
        self.serialize()
    }

    fn is_json_object(&self) -> bool {
        true
    }
}
