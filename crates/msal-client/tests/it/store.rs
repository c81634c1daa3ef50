//! A store in memory that counts, fails when told to, and lets others come in between.

use std::fmt;
use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use msal::{Blob, BoxFuture, CacheStore, MemoryStore, Partition, StoreError, Stored, Version};
use serde_json::Value;

/// One storage with any number of handles: what several applications or processes share.
#[derive(Clone, Default)]
pub(crate) struct TestStore(Arc<Shared>);

#[derive(Default)]
struct Shared {
    blobs: MemoryStore,
    loads: AtomicUsize,
    saves: AtomicUsize,
    fails_to_load: Mutex<bool>,
    fails_to_save: Mutex<bool>,
    loses_content: Mutex<bool>,
    /// What others do just before the next save arrives.
    before_save: Mutex<Option<BoxFuture<'static, ()>>>,
    /// What others do when the next load arrives.
    before_load: Mutex<Option<BoxFuture<'static, ()>>>,
    /// What others do after the next load has read and before its caller learns what.
    after_load: Mutex<Option<BoxFuture<'static, ()>>>,
}

impl TestStore {
    /// How often a blob was asked for.
    pub(crate) fn loads(&self) -> usize {
        self.0.loads.load(Ordering::SeqCst)
    }

    /// How often a blob was saved or should have been.
    pub(crate) fn saves(&self) -> usize {
        self.0.saves.load(Ordering::SeqCst)
    }

    /// Lets loads fail or succeed.
    pub(crate) fn fail_loads(&self, fails: bool) {
        *self.0.fails_to_load.lock().unwrap() = fails;
    }

    /// Lets saves fail or succeed.
    pub(crate) fn fail_saves(&self, fails: bool) {
        *self.0.fails_to_save.lock().unwrap() = fails;
    }

    /// Lets loads answer an empty cache under the version of what was saved.
    pub(crate) fn lose_content(&self, loses: bool) {
        *self.0.loses_content.lock().unwrap() = loses;
    }

    /// Runs `others` when the next save arrives, before it is looked at.
    pub(crate) fn before_save(&self, others: impl Future<Output = ()> + Send + 'static) {
        *self.0.before_save.lock().unwrap() = Some(Box::pin(others));
    }

    /// Runs `others` when the next load arrives, before anything is read.
    pub(crate) fn before_load(&self, others: impl Future<Output = ()> + Send + 'static) {
        *self.0.before_load.lock().unwrap() = Some(Box::pin(others));
    }

    /// Runs `others` between the next load's reading and its return.
    pub(crate) fn after_load(&self, others: impl Future<Output = ()> + Send + 'static) {
        *self.0.after_load.lock().unwrap() = Some(Box::pin(others));
    }

    /// The bytes that are stored.
    pub(crate) async fn bytes(&self) -> Option<Bytes> {
        let stored = self.0.blobs.load(&Partition::default()).await.unwrap();
        stored.map(|stored| stored.blob)
    }

    /// The cache that is stored; null when there is none.
    pub(crate) async fn json(&self) -> Value {
        let bytes = self.bytes().await;
        bytes.map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap())
    }

    /// Replaces what is stored, as a program does that asks nobody.
    pub(crate) async fn put(&self, blob: impl Into<Bytes>) {
        let partition = Partition::default();
        self.0.blobs.remove(&partition).await.unwrap();
        self.0
            .blobs
            .save(&partition, Arc::new(blob.into()), None)
            .await
            .unwrap();
    }
}

impl CacheStore for TestStore {
    fn load<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(async move {
            self.0.loads.fetch_add(1, Ordering::SeqCst);
            let others = self.0.before_load.lock().unwrap().take();
            if let Some(others) = others {
                others.await;
            }
            if *self.0.fails_to_load.lock().unwrap() {
                return Err(StoreError::other("told not to load"));
            }
            let mut stored = self.0.blobs.load(partition).await;
            if let (Ok(Some(stored)), true) = (&mut stored, *self.0.loses_content.lock().unwrap()) {
                stored.blob = Bytes::from_static(b"{}");
            }
            let others = self.0.after_load.lock().unwrap().take();
            if let Some(others) = others {
                others.await;
            }
            stored
        })
    }

    fn save<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Blob>,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(async move {
            self.0.saves.fetch_add(1, Ordering::SeqCst);
            let others = self.0.before_save.lock().unwrap().take();
            if let Some(others) = others {
                others.await;
            }
            if *self.0.fails_to_save.lock().unwrap() {
                return Err(StoreError::other("told not to save"));
            }
            self.0.blobs.save(partition, blob, expected).await
        })
    }

    fn version<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        if *self.0.fails_to_load.lock().unwrap() {
            return Box::pin(ready(Err(StoreError::other("told not to load"))));
        }
        self.0.blobs.version(partition)
    }

    fn rehearse<'a>(&'a self, _: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(ready(match *self.0.fails_to_save.lock().unwrap() {
            true => Err(StoreError::other("out of order")),
            false => Ok(()),
        }))
    }

    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.blobs.remove(partition)
    }
}

impl fmt::Debug for TestStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TestStore")
    }
}
