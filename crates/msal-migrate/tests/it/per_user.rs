//! A cache for each user, as web applications have it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use msal::{FileStore, SharedTokenCache};
use msal_core::{Dialect, HomeAccountId};
use msal_emulator::{Rotation, Settings as EmulatorSettings, sample};
use msal_migrate::{
    AuthorityOverride, Caches, Completion, Destination, JournalReader, Migration, NoObserver,
    PlanOptions, Report, RotationPolicy, SourceOptions, Verification, Verifier, journal_files,
    open,
};
use serde_json::Value;

use crate::recovery::Falling;
use crate::world::{HOST, World};

fn folder(world: &World) -> PathBuf {
    world.folder.path().join("caches")
}

fn caches(world: &World) -> Caches {
    let store = FileStore::directory(folder(world));
    Caches::per_user(Arc::new(store), Dialect::Python)
}

fn migration(world: &World, entries: &[Value]) -> Migration {
    migration_as(Dialect::Python, world, entries)
}

fn migration_as(dialect: Dialect, world: &World, entries: &[Value]) -> Migration {
    let source = open(&world.source(entries), &SourceOptions::default()).unwrap();
    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(HOST).unwrap());
    let store = FileStore::directory(folder(world));
    Migration::new(
        source,
        Caches::per_user(Arc::new(store), dialect),
        world.journal(),
        Destination::new(),
        world.runtime.clone(),
    )
    .plan(plan)
    .credentials(world.credentials.clone())
    .settings(world.settings)
}

async fn run(world: &World, entries: &[Value]) -> Report {
    let never = Box::pin(std::future::pending());
    let migration = migration(world, entries);
    migration.run(&mut NoObserver, never).await.unwrap()
}

fn files(world: &World) -> Vec<(String, Value)> {
    let Ok(folder) = fs::read_dir(folder(world)) else {
        return Vec::new();
    };
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<_> = names
        .filter(|name| name.ends_with(".json"))
        .map(|name| {
            let content = fs::read(self::folder(world).join(&name)).unwrap();
            (name, serde_json::from_slice(&content).unwrap())
        })
        .collect();
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    files
}

fn tokens(cache: &Value) -> usize {
    cache["RefreshToken"].as_object().unwrap().len()
}

async fn verify(world: &World) -> Verification {
    let journal = JournalReader::open(world.journal()).unwrap();
    let mut whole = Verification::default();
    for id in journal.accounts().unwrap() {
        let cache = caches(world).of_user(&HomeAccountId::new(&id));
        let verifier = Verifier::offline(cache, &world.runtime).own([id].into());
        whole += verifier.run(&mut |_asked| {}).await.unwrap();
    }
    whole
}

#[tokio::test]
async fn each_user_has_a_file_that_is_theirs_alone_and_closed_to_others() {
    let world = World::new();
    let mut entries = world.users(600);
    // Of one user there are tokens of two clients.
    let web = world.token("user1@contoso.example", sample::WEB);
    let graph = "https://graph.microsoft.com";
    entries.push(world.entry("user1@contoso.example", sample::WEB, graph, &web));
    let report = run(&world, &entries).await;
    assert_eq!(
        (report.migrated, report.completion()),
        (601, Completion::Complete)
    );

    let files = files(&world);
    assert_eq!(files.len(), 600);
    for (name, cache) in &files {
        let accounts: Vec<_> = cache["Account"].as_object().unwrap().values().collect();
        let ids = accounts
            .iter()
            .map(|account| account["home_account_id"].as_str().unwrap());
        assert!(ids.eq([name.strip_suffix(".json").unwrap()]), "{name}");
        let mode = fs::metadata(folder(&world).join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let mode = fs::metadata(folder(&world)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let twice = files.iter().filter(|(_, cache)| tokens(cache) == 2).count();
    assert_eq!(twice, 1);
    // Each file was written once or, for the user with two tokens, twice at most.
    assert!(
        (600..=601).contains(&report.target_writes),
        "{}",
        report.target_writes
    );
    let verification = verify(&world).await;
    assert_eq!((verification.cached, verification.asked), (601, 601));
    assert!(verification.is_sound());

    let again = run(&world, &entries).await;
    assert_eq!((again.migrated, again.target_writes), (601, 0));
    assert_eq!(world.http.emulator.redemptions().seen(), 601);
}

#[tokio::test]
async fn what_is_in_a_users_file_already_stays_there() {
    let world = World::new();
    let entries = world.users(1);
    run(&world, &entries).await;
    for file in journal_files(&world.journal()) {
        fs::remove_file(file).unwrap();
    }
    let web = world.token("user1@contoso.example", sample::WEB);
    let graph = "https://graph.microsoft.com";
    let entry = world.entry("user1@contoso.example", sample::WEB, graph, &web);
    let report = run(&world, &[entry]).await;
    assert_eq!(report.migrated, 1);
    let [(_, cache)] = files(&world).try_into().unwrap();
    assert_eq!(tokens(&cache), 2);
}

#[tokio::test]
async fn a_run_that_is_killed_goes_on_where_it_was() {
    let mut world = World::new();
    let whole = world.runtime.clone();
    let entries = world.users(700);
    world.settings.concurrency = Some(8);
    world.runtime = world.runtime_over(Falling::after(500, &world));
    let never = Box::pin(std::future::pending());
    let mut observer = NoObserver;
    let stuck = migration(&world, &entries).run(&mut observer, never);
    let is_half_done = async {
        let counts = || JournalReader::open(world.journal()).map(|journal| journal.counts());
        while !counts().is_ok_and(|it| it.migrated > 0 && it.migrated + it.unpublished == 499) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        result = stuck => panic!("the run should have been stuck: {result:?}"),
        () = is_half_done => {}
    }
    let before = files(&world).len();
    assert!((1..=499).contains(&before), "{before}");
    world.runtime = whole;
    let report = run(&world, &entries).await;
    assert_eq!((report.migrated, files(&world).len()), (700, 700));
    assert_eq!(verify(&world).await.cached, 700);
    assert!(world.http.emulator.redemptions().seen() <= 700 + 8);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_costs_no_token() {
    let world = World::new();
    fs::write(folder(&world), "a file").unwrap();
    let never = Box::pin(std::future::pending());
    let migration = migration(&world, &world.users(1));
    migration.run(&mut NoObserver, never).await.unwrap_err();
    assert_eq!(world.http.emulator.redemptions().seen(), 0);
}

/// The files of so many users, as a run in a world of its own leaves them: users have the same ids in all.
async fn files_of(dialect: Dialect, users: usize) -> Vec<(String, Value)> {
    let world = World::new();
    let never = Box::pin(std::future::pending());
    let migration = migration_as(dialect, &world, &world.users(users));
    migration.run(&mut NoObserver, never).await.unwrap();
    files(&world)
}

fn put(world: &World, name: &str, content: &[u8]) {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(folder(world)).unwrap();
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(folder(world).join(name)).unwrap();
    file.write_all(content).unwrap();
}

/// When the tokens are redeemed.
const NOW: u64 = 1_800_000_000;

#[tokio::test]
async fn a_users_file_gets_the_successor_whatever_its_entry_says_of_time() {
    for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
        let [(name, known)] = files_of(dialect, 1).await.try_into().unwrap();
        for is_the_redeemed in [true, false] {
            for time in [None, Some(NOW - 9), Some(NOW), Some(NOW + 600)] {
                let mut world =
                    World::with(EmulatorSettings::default().rotation(Rotation::SingleUse));
                world.settings.rotation = RotationPolicy::SingleUse;
                let entries = world.users(1);
                let old = &entries[0]["refreshToken"];
                let mut known = known.clone();
                for token in known["RefreshToken"].as_object_mut().unwrap().values_mut() {
                    let token = token.as_object_mut().unwrap();
                    let secret = match is_the_redeemed {
                        true => old.clone(),
                        false => "0.OTHER".into(),
                    };
                    token.insert("secret".into(), secret);
                    match time {
                        Some(time) => {
                            token.insert("last_modification_time".into(), time.to_string().into())
                        }
                        None => token.remove("last_modification_time"),
                    };
                }
                put(&world, &name, known.to_string().as_bytes());
                let never = Box::pin(std::future::pending());
                let migration = migration_as(dialect, &world, &entries);
                let report = migration.run(&mut NoObserver, never).await;
                let case = format!("{dialect:?} {is_the_redeemed} {time:?}");
                let report = report.unwrap_or_else(|error| panic!("{case}: {error}"));
                assert_eq!(report.migrated, 1, "{case}");
                let [(_, cache)] = files(&world).try_into().unwrap();
                let tokens = cache["RefreshToken"].as_object().unwrap();
                let secrets: Vec<_> = tokens.values().map(|token| &token["secret"]).collect();
                assert_eq!(secrets.len(), 1, "{case}");
                assert!(secrets[0] != old && secrets[0] != "0.OTHER", "{case}");
            }
        }
    }
}

/// An error and what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let causes = causes.map(|cause| format!(": {cause}"));
    error.to_string() + &causes.collect::<String>()
}

#[tokio::test]
async fn one_users_file_that_cannot_be_used_stops_nobody_else() {
    let names: Vec<_> = files_of(Dialect::Python, 3)
        .await
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    for is_folder in [false, true] {
        let world = World::new();
        let entries = world.users(3);
        put(&world, &names[1], b"no cache");
        let damaged = folder(&world).join(&names[1]);
        if is_folder {
            fs::remove_file(&damaged).unwrap();
            fs::create_dir(&damaged).unwrap();
        }
        for again in [false, true] {
            let never = Box::pin(std::future::pending());
            let migration = migration(&world, &entries);
            let error = migration.run(&mut NoObserver, never).await.unwrap_err();
            let said = chain(&error);
            assert!(said.contains(&names[1]), "{said}");
            assert!(!error.is_transient() && error.hint().is_some(), "{said}");
            let counts = JournalReader::open(world.journal()).unwrap().counts();
            let standing = (counts.migrated, counts.unpublished);
            assert_eq!(standing, (2, 1), "{is_folder} {again}");
            for other in [&names[0], &names[2]] {
                assert!(folder(&world).join(other).is_file(), "{is_folder} {again}");
            }
            assert_eq!(world.http.emulator.redemptions().seen(), 3);
        }
        match is_folder {
            true => fs::remove_dir(&damaged).unwrap(),
            false => fs::remove_file(&damaged).unwrap(),
        }
        assert_eq!(run(&world, &entries).await.migrated, 3);
        assert_eq!((files(&world).len(), verify(&world).await.cached), (3, 3));
        assert_eq!(world.http.emulator.redemptions().seen(), 3);
    }
}

#[tokio::test]
async fn a_run_goes_on_with_the_others_beyond_the_batch_of_a_damaged_file() {
    let names: Vec<_> = files_of(Dialect::Python, 3)
        .await
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let mut world = World::new();
    // Fewer than a batch are in flight, so that there are several.
    world.settings.concurrency = Some(64);
    let entries = world.users(700);
    for name in &names {
        put(&world, name, b"no cache");
    }
    let never = Box::pin(std::future::pending());
    let migration = migration(&world, &entries);
    let error = migration.run(&mut NoObserver, never).await.unwrap_err();
    assert!(chain(&error).contains("3 users"), "{}", chain(&error));
    let counts = JournalReader::open(world.journal()).unwrap().counts();
    assert_eq!((counts.migrated, counts.unpublished), (697, 3));
}

#[tokio::test]
async fn one_cache_for_all_is_what_it_was() {
    let world = World::new();
    let cache: Arc<SharedTokenCache> = world.cache(Dialect::Python);
    let caches = Caches::from(Arc::clone(&cache));
    let anybody = caches.of_user(&HomeAccountId::new("anybody"));
    assert!(Arc::ptr_eq(&anybody, &cache));
}
