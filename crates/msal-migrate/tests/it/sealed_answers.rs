//! An answer that was sealed and stored, by a process that was killed before it could write down that it is.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use msal::{
    Blob, BoxFuture, CacheStore, MemoryStore, Partition, SharedTokenCache, StoreError, Stored,
    Version,
};
use msal_core::Dialect;
use msal_emulator::sample;
use msal_migrate::{Caches, Class, FirstUse, MigrationError, NoObserver};
use serde_json::{Value, json};

use crate::first_use::{migrator, record};
use crate::world::World;

/// A store that saves, after which its process ends.
#[derive(Debug)]
struct LastBreath {
    store: Arc<MemoryStore>,
    saved: Mutex<Option<Partition>>,
}

impl LastBreath {
    fn of(world: &World) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(&world.store),
            saved: Mutex::default(),
        })
    }
}

impl CacheStore for LastBreath {
    fn load<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        self.store.load(partition)
    }

    fn save<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Blob>,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(async move {
            self.store.save(partition, blob, expected).await?;
            *self.saved.lock().unwrap() = Some(partition.clone());
            Err(StoreError::other("killed"))
        })
    }

    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.remove(partition)
    }
}

async fn stored(world: &World, partition: &Partition) -> (Value, Version) {
    let stored = world.store.load(partition).await.unwrap().unwrap();
    (
        serde_json::from_slice(&stored.blob).unwrap(),
        stored.version,
    )
}

/// What an application does that shares the store: the stored token is spent, and its successor takes its place.
async fn renew(world: &World, partition: &Partition) {
    let (mut json, version) = stored(world, partition).await;
    let tokens = json["RefreshToken"].as_object_mut().unwrap();
    for token in tokens.values_mut() {
        let time = token["last_modification_time"].as_str().unwrap();
        let later = time.parse::<u64>().unwrap() + 60;
        token["last_modification_time"] = json!(later.to_string());
        token["secret"] = json!("0.RENEWED");
    }
    let blob: Arc<dyn Blob> = Arc::new(Bytes::from(json.to_string()));
    let saved = world.store.save(partition, blob, Some(version));
    saved.await.unwrap();
}

async fn secrets(world: &World, partition: &Partition) -> Vec<String> {
    let (json, _) = stored(world, partition).await;
    let tokens = json["RefreshToken"].as_object().unwrap();
    let secret = |token: &Value| token["secret"].as_str().unwrap().to_owned();
    tokens.values().map(secret).collect()
}

fn dying(world: &World) -> Arc<SharedTokenCache> {
    let cache = SharedTokenCache::new(
        LastBreath::of(world),
        Partition::default(),
        Dialect::default(),
    );
    Arc::new(cache)
}

fn assert_killed<T: std::fmt::Debug>(result: Result<T, MigrationError>) {
    assert!(
        matches!(result, Err(MigrationError::Store(_))),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_batch_leaves_the_token_alone_that_came_after_a_sealed_answer() {
    let world = World::new();
    let entries = world.users(1);
    let never = Box::pin(std::future::pending());
    let killed = world.migration_to(dying(&world), &entries);
    assert_killed(killed.run(&mut NoObserver, never).await);
    let partition = Partition::default();
    renew(&world, &partition).await;

    let report = world.run(&entries).await.unwrap();
    assert_eq!(report.migrated, 1);
    assert_eq!(secrets(&world, &partition).await, ["0.RENEWED"]);
    let redemptions = world.http.emulator.redemptions();
    assert_eq!(redemptions.seen(), 1);
}

#[tokio::test]
async fn a_batch_with_a_cache_for_each_user_leaves_it_alone_as_well() {
    let world = World::new();
    let entries = world.users(1);
    let run = async |store: Arc<dyn CacheStore>| {
        let caches = Caches::per_user(store, Dialect::default());
        let never = Box::pin(std::future::pending());
        let migration = world.migration_to(caches, &entries);
        migration.run(&mut NoObserver, never).await
    };
    let dying = LastBreath::of(&world);
    assert_killed(run(Arc::<LastBreath>::clone(&dying)).await);
    let partition = dying.saved.lock().unwrap().take().unwrap();
    renew(&world, &partition).await;

    let report = run(Arc::<MemoryStore>::clone(&world.store)).await;
    assert_eq!(report.unwrap().migrated, 1);
    assert_eq!(secrets(&world, &partition).await, ["0.RENEWED"]);
}

#[tokio::test]
async fn a_call_leaves_the_token_alone_that_came_after_a_sealed_answer() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let records = || [record(0, sample::ALICE, &token)];
    let killed = migrator(&world).await;
    let used = killed.redeem_on_first_use(&dying(&world), records()).await;
    assert!(
        matches!(*used.unwrap_err(), MigrationError::Store(_)),
        "it was killed"
    );
    drop(killed);
    let partition = Partition::default();
    renew(&world, &partition).await;

    let (migrator, cache) = (migrator(&world).await, world.cache(Dialect::default()));
    let used = migrator.redeem_on_first_use(&cache, records()).await;
    assert!(matches!(used, Ok(FirstUse::Migrated { .. })), "{used:?}");
    assert_eq!(secrets(&world, &partition).await, ["0.RENEWED"]);
    assert_eq!(world.outcomes(), [(Class::Migrated, String::new())]);
}
