//! A version says which blob is stored.

use super::handle::{Handle, load, remove, save, version};

/// Blobs that differ have different versions, if they differ in one byte only and if one was removed before the other
/// came.
pub async fn different_blobs_have_different_versions<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("versions");
    let blobs = [
        "{\"n\":1}",
        "{\"n\":2}",
        "{\"n\":12}",
        "{\"n\":21}",
        "{}",
        "{ }",
    ];
    let mut seen = Vec::new();
    let mut current = None;
    for blob in blobs {
        current = save(&store, blob, current.take()).await.ok();
        seen.push((blob, current.clone()));
    }
    for blob in blobs {
        remove(&store).await;
        seen.push((blob, save(&store, blob, None).await.ok()));
    }
    for (blob, version) in &seen {
        assert!(version.is_some(), "saving with the right version succeeds");
        let is_shared = |(other, others): &(&str, _)| other != blob && others == version;
        assert!(!seen.iter().any(is_shared), "two blobs share a version");
    }
}

/// Every handle answers the version of the blob that is stored, whoever saved or removed it.
pub async fn a_version_is_that_of_the_stored_blob<F: Fn(&str) -> Handle>(open: &F) {
    let handles = [open("stored-version"), open("stored-version")];
    let mut current = None;
    for (n, writer) in [0, 1, 1, 0].into_iter().enumerate() {
        let saved = save(&handles[writer], &format!("{{\"n\":{n}}}"), current.take()).await;
        current = Some(saved.expect("saving with the right version succeeds"));
        for handle in &handles {
            assert_eq!(
                version(handle).await,
                current,
                "save and version disagree about the version"
            );
            assert_eq!(
                load(handle).await.map(|stored| stored.version),
                current,
                "save and load disagree about the version"
            );
        }
    }
    remove(&handles[1]).await;
    for handle in &handles {
        assert_eq!(version(handle).await, None, "a removed blob has a version");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::future::ready;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::BoxFuture;
    use crate::store::{Blob, CacheStore, MemoryStore, Partition, StoreError, Stored, Version};

    /// What a store does wrong about versions.
    #[derive(Clone, Copy, Debug)]
    enum Fault {
        /// The version is the length of the blob.
        Length,
        /// The version is that of the last save through the same handle.
        Remembered,
    }

    #[derive(Debug)]
    struct Faulty {
        fault: Fault,
        blobs: Arc<MemoryStore>,
        last: Mutex<Option<Version>>,
    }

    impl CacheStore for Faulty {
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
            Box::pin(async move {
                if let Fault::Length = self.fault {
                    return Ok(Version::new(blob.whole().len().to_be_bytes()));
                }
                let saved = self.blobs.save(partition, blob, expected).await?;
                *self.last.lock().unwrap() = Some(saved.clone());
                Ok(saved)
            })
        }

        fn version<'a>(
            &'a self,
            _: &'a Partition,
        ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
            Box::pin(ready(Ok(self.last.lock().unwrap().clone())))
        }

        fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
            self.blobs.remove(partition)
        }
    }

    fn open(fault: Fault) -> impl Fn(&str) -> Handle {
        let stores = Mutex::new(HashMap::<String, Arc<MemoryStore>>::new());
        move |name| {
            let blobs = Arc::clone(stores.lock().unwrap().entry(name.to_owned()).or_default());
            Arc::new(Faulty {
                fault,
                blobs,
                last: Mutex::default(),
            })
        }
    }

    #[tokio::test]
    #[should_panic(expected = "two blobs share a version")]
    async fn a_version_that_is_a_length_is_noticed() {
        different_blobs_have_different_versions(&open(Fault::Length)).await;
    }

    #[tokio::test]
    #[should_panic(expected = "save and version disagree")]
    async fn a_version_that_is_remembered_is_noticed() {
        a_version_is_that_of_the_stored_blob(&open(Fault::Remembered)).await;
    }
}
