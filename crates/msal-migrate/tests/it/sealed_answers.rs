//! Answers that are sealed and stored, by a process that is killed before it can write down that they are; and those that
//! cannot be sealed.

use std::collections::HashSet;
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
use tokio::sync::Barrier;

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

async fn change(world: &World, partition: &Partition, change: impl FnOnce(&mut Value)) {
    let (mut json, version) = stored(world, partition).await;
    change(&mut json);
    let blob: Arc<dyn Blob> = Arc::new(Bytes::from(json.to_string()));
    let saved = world.store.save(partition, blob, Some(version));
    saved.await.unwrap();
}

/// What an application does that shares the store: the stored token is spent, and its successor takes its place.
async fn renew(world: &World, partition: &Partition) {
    let renewed = |json: &mut Value| {
        let tokens = json["RefreshToken"].as_object_mut().unwrap();
        for token in tokens.values_mut() {
            let time = token["last_modification_time"].as_str().unwrap();
            let later = time.parse::<u64>().unwrap() + 60;
            token["last_modification_time"] = json!(later.to_string());
            token["secret"] = json!("0.RENEWED");
        }
    };
    change(world, partition, renewed).await;
}

/// Puts `secret` in the place of every refresh token, stored at `time`, if that is known.
fn put(json: &mut Value, secret: &str, time: Option<u64>) {
    let tokens = json["RefreshToken"].as_object_mut().unwrap();
    for token in tokens.values_mut() {
        token["secret"] = json!(secret);
        let token = token.as_object_mut().unwrap();
        match time {
            Some(time) => token.insert("last_modification_time".into(), json!(time.to_string())),
            None => token.remove("last_modification_time"),
        };
    }
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
        matches!(
            result,
            Err(MigrationError::Store(_) | MigrationError::UserCaches { .. })
        ),
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

/// How an answer is published that a process has sealed which is gone.
#[derive(Clone, Copy, Debug)]
enum Way {
    Batch,
    BatchOfUsers,
    Call,
}

const WAYS: [Way; 3] = [Way::Batch, Way::BatchOfUsers, Way::Call];

/// Has a process seal an answer and end, changes what is stored, with the token that was redeemed, and has the answer
/// published. What is stored then: the refresh tokens.
async fn published_over(
    way: Way,
    dialect: Dialect,
    change: impl FnOnce(&mut Value, &str),
) -> (String, Vec<String>) {
    let world = of_single_use();
    let entries = world.users(1);
    let alices = world.token(sample::ALICE, sample::DESKTOP);
    let records = || [record(0, sample::ALICE, &alices)];
    let one = |store: Arc<dyn CacheStore>| {
        Arc::new(SharedTokenCache::new(store, Partition::default(), dialect))
    };
    let batch = async |caches: Caches| {
        let never = Box::pin(std::future::pending());
        let migration = world.migration_to(caches, &entries);
        migration.run(&mut NoObserver, never).await
    };
    let dying = LastBreath::of(&world);
    let store = || -> Arc<dyn CacheStore> { Arc::<MemoryStore>::clone(&world.store) };
    match way {
        Way::Batch => {
            assert_killed(batch(one(Arc::<LastBreath>::clone(&dying)).into()).await);
        }
        Way::BatchOfUsers => {
            let caches = Caches::per_user(Arc::<LastBreath>::clone(&dying), dialect);
            assert_killed(batch(caches).await);
        }
        Way::Call => {
            let cache = one(Arc::<LastBreath>::clone(&dying));
            let killed = migrator(&world).await;
            let used = killed.redeem_on_first_use(&cache, records()).await;
            used.unwrap_err();
        }
    }
    let partition = dying.saved.lock().unwrap().take().unwrap();
    let old = match way {
        Way::Call => alices.clone(),
        _ => entries[0]["refreshToken"].as_str().unwrap().to_owned(),
    };
    self::change(&world, &partition, |json| change(json, &old)).await;
    match way {
        Way::Batch => assert_eq!(batch(one(store()).into()).await.unwrap().migrated, 1),
        Way::BatchOfUsers => {
            let caches = Caches::per_user(store(), dialect);
            assert_eq!(batch(caches).await.unwrap().migrated, 1);
        }
        Way::Call => {
            let migrator = migrator(&world).await;
            let used = migrator.redeem_on_first_use(&one(store()), records()).await;
            assert!(matches!(used, Ok(FirstUse::Migrated { .. })), "{used:?}");
        }
    }
    assert_eq!(world.http.emulator.redemptions().seen(), 1);
    (old, secrets(&world, &partition).await)
}

/// When the answers are sealed.
const SEALED: u64 = 1_800_000_000;

#[tokio::test]
async fn a_token_that_is_spent_is_not_taken_for_one_that_came_later() {
    for way in WAYS {
        for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
            for time in [None, Some(SEALED - 9), Some(SEALED), Some(SEALED + 60)] {
                let (old, stored) =
                    published_over(way, dialect, |json, old| put(json, old, time)).await;
                let [stored] = &stored[..] else {
                    panic!("{way:?} {dialect:?} {time:?}: {} tokens", stored.len());
                };
                assert!(*stored != old, "{way:?} {dialect:?} {time:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_without_a_time_came_later_where_an_access_token_says_so() {
    for way in WAYS {
        for (cached_at, is_left_alone) in [
            (None, false),
            (Some(SEALED - 9), false),
            (Some(SEALED + 60), true),
        ] {
            let (old, stored) = published_over(way, Dialect::Node, |json, _| {
                put(json, "0.OTHER", None);
                let tokens = json["AccessToken"].as_object_mut().unwrap();
                assert!(!tokens.is_empty());
                match cached_at {
                    Some(at) => tokens.values_mut().for_each(|token| {
                        token["cached_at"] = json!(at.to_string());
                    }),
                    None => tokens.clear(),
                }
            })
            .await;
            let [stored] = &stored[..] else {
                panic!("{way:?} {cached_at:?}: {} tokens", stored.len());
            };
            assert!(*stored != old);
            assert_eq!(stored == "0.OTHER", is_left_alone, "{way:?} {cached_at:?}");
        }
    }
}

/// A store that another program shares, which puts the token back that it had in memory.
#[derive(Debug)]
struct PutsBack(Arc<MemoryStore>, String);

impl CacheStore for PutsBack {
    fn load<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        self.0.load(partition)
    }

    fn save<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Blob>,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(async move {
            let version = self.0.save(partition, blob, expected).await?;
            let stored = self.0.load(partition).await?.unwrap();
            let mut json = serde_json::from_slice(&stored.blob).unwrap();
            put(&mut json, &self.1, None);
            let blob: Arc<dyn Blob> = Arc::new(Bytes::from(json.to_string()));
            self.0.save(partition, blob, Some(stored.version)).await?;
            Ok(version)
        })
    }

    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.remove(partition)
    }
}

#[tokio::test]
async fn a_spent_token_that_is_put_back_is_not_read_back_for_its_successor() {
    for is_per_user in [false, true] {
        let world = of_single_use();
        let entries = world.users(1);
        let old = entries[0]["refreshToken"].as_str().unwrap().to_owned();
        let store: Arc<dyn CacheStore> = Arc::new(PutsBack(Arc::clone(&world.store), old));
        let caches = match is_per_user {
            true => Caches::per_user(store, Dialect::Node),
            false => {
                let partition = Partition::default();
                Arc::new(SharedTokenCache::new(store, partition, Dialect::Node)).into()
            }
        };
        let never = Box::pin(std::future::pending());
        let migration = world.migration_to(caches, &entries);
        let result = migration.run(&mut NoObserver, never).await;
        assert!(
            matches!(result, Err(MigrationError::NotReadBack { .. })),
            "{is_per_user} {result:?}"
        );
        assert_eq!(world.outcomes(), [], "it stays sealed");
    }
}

/// A store in which the cache of the user who is written first cannot be written.
#[derive(Debug)]
struct OneIsDamaged {
    store: Arc<MemoryStore>,
    damaged: Mutex<Option<Partition>>,
    saved: Mutex<HashSet<Partition>>,
}

impl CacheStore for OneIsDamaged {
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
            let mut damaged = self.damaged.lock().unwrap().clone();
            let damaged = damaged.get_or_insert_with(|| partition.clone()).clone();
            *self.damaged.lock().unwrap() = Some(damaged.clone());
            if *partition == damaged {
                return Err(StoreError::corrupt("the first", "it was damaged"));
            }
            let version = self.store.save(partition, blob, expected).await?;
            self.saved.lock().unwrap().insert(partition.clone());
            Ok(version)
        })
    }

    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.remove(partition)
    }
}

/// The emulator, which answers so many at once, and a journal that cannot be written from then on.
#[derive(Debug)]
struct Together {
    http: InProcess,
    asked: Barrier,
    key: PathBuf,
}

/// As many as a run sends before it has an answer.
const TOGETHER: usize = 32;

impl HttpClient for Together {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            if request.method() == http::Method::POST && self.asked.wait().await.is_leader() {
                std::fs::rename(&self.key, self.key.with_extension("away")).unwrap();
            }
            self.http.send(request).await
        })
    }
}

#[tokio::test]
async fn answers_that_could_not_be_sealed_are_stored_but_for_the_user_whose_cache_is_damaged() {
    let world = World::new();
    let _shared = migrator(&world).await;
    let entries = world.users(TOGETHER + 8);
    let store = Arc::new(OneIsDamaged {
        store: Arc::clone(&world.store),
        damaged: Mutex::default(),
        saved: Mutex::default(),
    });
    let caches = Caches::per_user(Arc::<OneIsDamaged>::clone(&store), Dialect::default());
    let never = Box::pin(std::future::pending());
    let together = world.runtime_over(Together {
        http: world.http.clone(),
        asked: Barrier::new(TOGETHER),
        key: world.folder.path().join("journal.key"),
    });
    let migration = world.migration_by(caches, &entries, together);
    migration.run(&mut NoObserver, never).await.unwrap_err();
    let redeemed = world.http.emulator.redemptions().succeeded();
    assert_eq!(redeemed, TOGETHER as u64);
    assert_eq!(store.saved.lock().unwrap().len(), TOGETHER - 1);
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
