//! A store that forgets everything when it is dropped.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::ports::BoxFuture;
use crate::store::blob::Blob;
use crate::store::error::StoreError;
use crate::store::partition::Partition;
use crate::store::port::{CacheStore, Stored};
use crate::store::version::Version;

/// Keeps blobs in memory, for tests and for programs that want compare-and-swap between tasks but no file.
///
/// It holds what [`Blob::whole`] gives it, which is overwritten in memory when the last holder lets go.
#[derive(Default)]
pub struct MemoryStore {
    contents: Mutex<Contents>,
}

#[derive(Default)]
struct Contents {
    blobs: HashMap<Partition, Stored>,
    /// Never goes back, not even when a blob is removed: a version of the removed blob must not fit a later one.
    saves: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        // A panic elsewhere cannot leave the map half-changed: every change is one insertion or removal.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(
        &self,
        partition: &Partition,
        blob: Bytes,
        expected: Option<&Version>,
    ) -> Result<Version, StoreError> {
        let mut contents = self.contents();
        if contents.blobs.get(partition).map(|stored| &stored.version) != expected {
            return Err(StoreError::Conflict);
        }
        contents.saves += 1;
        let version = Version::new(contents.saves.to_be_bytes());
        contents
            .blobs
            .insert(partition.clone(), Stored::new(blob, version.clone()));
        Ok(version)
    }
}

impl CacheStore for MemoryStore {
    fn load<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(ready(Ok(self.contents().blobs.get(partition).cloned())))
    }

    fn save<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Blob>,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(async move { self.replace(partition, blob.whole(), expected.as_ref()) })
    }

    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.contents().blobs.remove(partition);
            Ok(())
        })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MemoryStore")
            .field("partitions", &self.contents().blobs.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_store_in_memory_conforms() {
        let stores = Mutex::new(HashMap::<String, Arc<MemoryStore>>::new());
        conformance::run(|name| {
            stores
                .lock()
                .unwrap()
                .entry(name.to_owned())
                .or_default()
                .clone() as Arc<dyn CacheStore>
        })
        .await;
    }

    #[tokio::test]
    async fn a_version_from_before_a_removal_does_not_fit_what_comes_after() {
        let store = MemoryStore::new();
        let partition = Partition::default();
        let save = |text: &'static str, expected| {
            store.save(&partition, Arc::new(Bytes::from(text)), expected)
        };
        let first = save("{}", None).await.unwrap();
        store.remove(&partition).await.unwrap();
        let second = save("{}", None).await.unwrap();
        assert_ne!(first, second);
        let late = save("{\"a\":1}", Some(first)).await;
        assert!(matches!(late, Err(StoreError::Conflict)));
    }
}
