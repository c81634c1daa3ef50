//! Answers that are sealed and stored, by a process that is killed before it can write down that they are; and those that
//! cannot be sealed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use msal::{
    Blob, BoxFuture, CacheStore, HttpClient, HttpError, MemoryStore, Partition, Runtime,
    SharedTokenCache, StoreError, Stored, Version,
};
use msal_core::Dialect;
use msal_emulator::{Rotation, Settings as EmulatorSettings, sample};
use msal_migrate::{Caches, Class, FirstUse, MigrationError, NoObserver, RotationPolicy};
use serde_json::{Value, json};

use crate::first_use::{migrator, migrator_over, record};
use crate::world::{InProcess, World};

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

/// The emulator, and a journal that cannot be written from the first answer on.
#[derive(Debug)]
struct WithoutKey(InProcess, PathBuf);

impl HttpClient for WithoutKey {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        if request.method() == http::Method::POST {
            let _away = std::fs::rename(&self.1, self.1.with_extension("away"));
        }
        self.0.send(request)
    }
}

fn without_key(world: &World) -> Runtime {
    let key = world.folder.path().join("journal.key");
    world.runtime_over(WithoutKey(world.http.clone(), key))
}

/// The only successors there are.
fn of_single_use() -> World {
    let mut world = World::with(EmulatorSettings::default().rotation(Rotation::SingleUse));
    world.settings.rotation = RotationPolicy::SingleUse;
    world
}

#[tokio::test]
async fn a_call_stores_an_answer_that_could_not_be_sealed() {
    let world = of_single_use();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let migrator = migrator_over(&world, without_key(&world)).await;
    let cache = world.cache(Dialect::default());
    let records = [record(0, sample::ALICE, &token)];
    let used = migrator.redeem_on_first_use(&cache, records).await;
    let error = used.unwrap_err();
    assert!(matches!(*error, MigrationError::Journal(_)), "{error}");
    assert_eq!(secrets(&world, &Partition::default()).await.len(), 1);
}

#[tokio::test]
async fn a_batch_stores_answers_that_could_not_be_sealed() {
    let world = of_single_use();
    let _shared = migrator(&world).await;
    let entries = world.users(3);
    let migration = world.migration_over(&entries, without_key(&world));
    let never = Box::pin(std::future::pending());
    let error = migration.run(&mut NoObserver, never).await.unwrap_err();
    assert!(matches!(error, MigrationError::Journal(_)), "{error}");
    let redeemed = world.http.emulator.redemptions().succeeded();
    let stored = secrets(&world, &Partition::default()).await;
    assert!(redeemed > 0);
    assert_eq!(stored.len() as u64, redeemed);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_call_sends_nothing_whose_answer_finds_no_room() {
    let world = of_single_use();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
        .arg(world.folder.path())
        .output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        // Who is not root cannot mount a small disk.
        return;
    }
    let _unmounted_at_the_end = Unmount(world.folder.path().to_owned());
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let migrator = migrator(&world).await;
    let cache = world.cache(Dialect::default());
    // The last page of the journal has room for an intent.
    std::fs::write(world.folder.path().join("full"), [0; 65_536]).unwrap_err();
    let used = migrator.redeem_on_first_use(&cache, [record(0, sample::ALICE, &token)]);
    let error = used.await.unwrap_err();
    assert!(matches!(*error, MigrationError::Journal(_)), "{error}");
    assert_eq!(world.http.emulator.redemptions().seen(), 0);

    std::fs::remove_file(world.folder.path().join("full")).unwrap();
    let used = migrator.redeem_on_first_use(&cache, [record(0, sample::ALICE, &token)]);
    assert!(matches!(used.await, Ok(FirstUse::Migrated { .. })));
}

#[cfg(target_os = "linux")]
struct Unmount(PathBuf);

#[cfg(target_os = "linux")]
impl Drop for Unmount {
    fn drop(&mut self) {
        let lazily = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .output();
        drop(lazily);
    }
}
