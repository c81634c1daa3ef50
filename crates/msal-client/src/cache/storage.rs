//! The part of a store that a cache is kept in, and the proof of what it holds.

use std::io;
use std::sync::Arc;

use msal_core::TokenCache;

use crate::ports::BoxFuture;
use crate::store::{Blob, CacheStore, Merge, Partition, StoreError, Stored, Version};

/// The part of a store that the cache is kept in.
#[derive(Debug)]
pub(super) struct StorePartition {
    pub(super) store: Arc<dyn CacheStore>,
    pub(super) partition: Partition,
}

impl StorePartition {
    pub(super) fn load(&self) -> BoxFuture<'_, Result<Option<Stored>, StoreError>> {
        self.store.load(&self.partition)
    }

    pub(super) fn version(&self) -> BoxFuture<'_, Result<Option<Version>, StoreError>> {
        self.store.version(&self.partition)
    }

    pub(super) fn save(
        &self,
        cache: Arc<TokenCache>,
        expected: Option<Version>,
        merge: Arc<Merge>,
    ) -> BoxFuture<'_, Result<Option<Version>, StoreError>> {
        self.store
            .save_merging(&self.partition, cache, expected, merge)
    }

    /// Whether the store still holds what is `known`; an error when it holds something else under the same version.
    pub(super) async fn holds(&self, known: Known) -> Result<bool, StoreError> {
        let Known { version, written } = known;
        let is_of_content = version.as_ref().is_some_and(Version::is_of_content);
        // A version of the stored content proves the bytes. The cache is let go of at once then: as long as it is held,
        // the next change copies all of it.
        let Some(written) = written.filter(|_| !is_of_content) else {
            return Ok(self.version().await? == version);
        };
        match self.load().await? {
            Some(stored) if Some(&stored.version) != version.as_ref() => Ok(false),
            Some(stored) if is_same(&stored.blob, &*written) => Ok(true),
            Some(_) => Err(StoreError::corrupt(
                "the stored cache",
                "it does not read as it was written",
            )),
            None => Ok(false),
        }
    }
}

/// What the store should hold after a save.
pub(super) struct Known {
    pub(super) version: Option<Version>,
    /// The cache that the blob was written from; `None` when the blob was loaded: another program may have written the
    /// same cache with other bytes.
    pub(super) written: Option<Arc<TokenCache>>,
}

/// Whether `stored` is what `written` hands out, byte for byte.
fn is_same(stored: &[u8], written: &dyn Blob) -> bool {
    let mut rest = stored;
    let compared = written.for_each_piece(&mut |piece| {
        rest = rest.strip_prefix(piece).ok_or(io::ErrorKind::InvalidData)?;
        Ok(())
    });
    compared.is_ok() && rest.is_empty()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_byte_that_differs_is_noticed_wherever_it_is() {
        let written = Bytes::from(vec![b'x'; 2 * crate::store::PIECE + 5]);
        assert!(is_same(&written, &written));
        for at in [
            0,
            crate::store::PIECE - 1,
            crate::store::PIECE,
            written.len() - 1,
        ] {
            let mut stored = written.to_vec();
            stored[at] ^= 1;
            assert!(!is_same(&stored, &written), "{at}");
            assert!(!is_same(&written[..at], &written), "cut off at {at}");
        }
        assert!(!is_same(&[&written[..], b" "].concat(), &written));
    }
}
