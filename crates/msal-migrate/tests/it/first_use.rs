//! Users whose tokens are redeemed when they come back, beside a batch or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use msal::{
    Blob, BoxFuture, CacheStore, Clock, HttpClient, HttpError, MemoryStore, Partition, Runtime,
    SharedTokenCache, StoreError, Stored, Version,
};
use msal_core::{Dialect, HomeAccountId, UnixTime};
use msal_emulator::{Fault, sample};
use msal_migrate::{
    AuthorityOverride, Class, Destination, FirstUse, JournalReader, Locator, MigrationError,
    Migrator, Place, PlanOptions, Record, RotationPolicy, Settings, SkipReason,
};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use crate::world::{HOST, InProcess, World};

pub(crate) fn record(index: u64, upn: &str, token: &str) -> Record {
    let locator = Locator::new(&"the shop".into(), Place::Element(index));
    let mut record = Record::new(token, locator);
    record.client_id = Some(sample::DESKTOP.to_owned());
    record.authority = Some(format!("{HOST}/contoso.example"));
    record.user.username = Some(upn.to_owned());
    record
}

pub(crate) async fn migrator(world: &World) -> Migrator {
    migrator_over(world, world.runtime.clone()).await
}

pub(crate) async fn migrator_over(world: &World, runtime: Runtime) -> Migrator {
    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(HOST).unwrap());
    let opened = Migrator::open(world.journal(), Destination::new(), runtime).await;
    opened
        .unwrap()
        .plan(plan)
        .credentials(world.credentials.clone())
        .settings(world.settings)
        // The clock jumps from one look at what others do to the next.
        .patience(Duration::MAX)
}

/// The cache of a user, with nothing loaded yet.
fn partition(world: &World, user: &str) -> Arc<SharedTokenCache> {
    let store = Arc::clone(&world.store);
    let partition = Partition::hashed(user);
    Arc::new(SharedTokenCache::new(store, partition, Dialect::default()))
}

fn usernames(cache: &SharedTokenCache) -> Vec<String> {
    cache.read(|cache| {
        let accounts = cache.accounts();
        accounts.into_iter().map(|it| it.username).collect()
    })
}

fn seen(world: &World) -> u64 {
    world.http.emulator.redemptions().seen()
}

/// The emulator, which answers a token request only when it is let.
#[derive(Clone, Debug)]
struct Gate {
    http: InProcess,
    open: Arc<Semaphore>,
    asked: Arc<Notify>,
    answered: Arc<AtomicUsize>,
}

impl Gate {
    fn new(world: &World) -> Self {
        Self {
            http: world.http.clone(),
            open: Arc::new(Semaphore::new(0)),
            asked: Arc::default(),
            answered: Arc::default(),
        }
    }
}

impl HttpClient for Gate {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            if request.uri().path().ends_with("/token") {
                self.asked.notify_one();
                self.open.acquire().await.unwrap().forget();
                self.answered.fetch_add(1, Ordering::SeqCst);
            }
            self.http.send(request).await
        })
    }
}

#[tokio::test]
async fn a_user_who_comes_back_is_migrated_once_and_for_all() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let migrator = migrator(&world).await;
    let cache = partition(&world, "alice");
    let used = migrator
        .redeem_on_first_use(&cache, [record(0, sample::ALICE, &token)])
        .await
        .unwrap();
    assert!(matches!(used, FirstUse::Migrated { .. }), "{used:?}");
    assert_eq!(world.outcomes(), [(Class::Migrated, String::new())]);
    let stored = partition(&world, "alice");
    stored.ensure_loaded().await.unwrap();
    assert_eq!(usernames(&stored), [sample::ALICE]);

    // Neither the same process asks again nor another one, and both know whether the user's cache has the account.
    for _ in 0..2 {
        let other = migrator_over(&world, world.runtime.clone()).await;
        for migrator in [&migrator, &other] {
            for (name, expected) in [("alice", true), ("alice elsewhere", false)] {
                let cache = partition(&world, name);
                let records = [record(0, sample::ALICE, &token)];
                let used = migrator.redeem_on_first_use(&cache, records).await.unwrap();
                let FirstUse::AlreadyMigrated { is_in_cache, .. } = used else {
                    panic!("{used:?}");
                };
                assert_eq!(is_in_cache, expected);
            }
        }
    }
    assert_eq!(seen(&world), 1);
}

#[tokio::test]
async fn a_thousand_requests_of_one_user_make_one_redemption() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let gate = Gate::new(&world);
    // Of two processes, as far as the journal knows.
    let runtime = world.runtime_over(gate.clone());
    let migrators = [
        migrator_over(&world, runtime.clone()).await,
        migrator_over(&world, runtime).await,
    ];
    let cache = partition(&world, "alice");
    let mut calls = JoinSet::new();
    for number in 0..1000 {
        let (migrator, cache) = (migrators[number % 2].clone(), Arc::clone(&cache));
        let record = record(0, sample::ALICE, &token);
        calls.spawn(async move { migrator.redeem_on_first_use(&cache, [record]).await });
    }
    gate.asked.notified().await;
    gate.open.add_permits(1000);
    while let Some(used) = calls.join_next().await {
        let used = used.unwrap().unwrap();
        assert!(used.is_signed_in(), "{used:?}");
    }
    assert_eq!((seen(&world), gate.answered.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn a_call_that_is_dropped_loses_nothing() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let gate = Gate::new(&world);
    let migrator = migrator_over(&world, world.runtime_over(gate.clone())).await;
    let cache = partition(&world, "alice");
    let records = || [record(0, sample::ALICE, &token)];
    tokio::select! {
        biased;
        used = migrator.redeem_on_first_use(&cache, records()) => panic!("{used:?}"),
        () = gate.asked.notified() => {}
    }
    gate.open.add_permits(1);
    let used = migrator.redeem_on_first_use(&cache, records()).await;
    assert!(used.unwrap().is_signed_in());
    assert_eq!(seen(&world), 1);
    assert_eq!(usernames(&cache), [sample::ALICE]);
}

#[tokio::test]
async fn a_refusal_is_remembered_until_something_else_is_asked() {
    let world = World::new();
    for _ in 0..2 {
        let migrator = migrator(&world).await;
        for _ in 0..2 {
            let cache = partition(&world, "carol");
            let records = [record(0, "carol@contoso.example", "0.NONE")];
            let used = migrator.redeem_on_first_use(&cache, records).await.unwrap();
            let FirstUse::NeedsUser(reason) = used else {
                panic!("{used:?}");
            };
            assert_eq!(reason.error, "invalid_grant");
        }
    }
    assert_eq!(seen(&world), 1);
    let mut other = record(0, "carol@contoso.example", "0.NONE");
    other.authority = Some(format!("{HOST}/fabrikam.example"));
    let cache = partition(&world, "carol");
    let migrator = migrator(&world).await;
    let used = migrator.redeem_on_first_use(&cache, [other]).await;
    assert!(matches!(used.unwrap(), FirstUse::NeedsUser(_)));
    assert_eq!(seen(&world), 2, "another authority was asked");
}

#[tokio::test]
async fn the_token_of_another_user_is_held_back_and_nobody_gets_it() {
    let world = World::new();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let migrator = migrator(&world).await;
    for _ in 0..2 {
        let cache = partition(&world, "alice");
        let records = [record(0, sample::ALICE, &bobs)];
        let used = migrator.redeem_on_first_use(&cache, records).await.unwrap();
        let FirstUse::HeldBack(reason) = used else {
            panic!("{used:?}");
        };
        assert_eq!(reason.error, "user_mismatch");
        assert_eq!(usernames(&cache), [""; 0]);
    }
    assert_eq!(seen(&world), 1);
    let state = Class::Quarantined;
    assert_eq!(world.outcomes(), [(state, "user_mismatch".to_owned())]);
}

#[tokio::test]
async fn the_account_of_another_user_is_not_found_for_whoever_shows_their_token() {
    let world = World::new();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let migrator = migrator(&world).await;
    // One cache for all users, as a program for one machine has it.
    let cache = partition(&world, "all");
    let used = migrator.redeem_on_first_use(&cache, [record(0, sample::BOB, &bobs)]);
    let FirstUse::Migrated {
        home_account_id, ..
    } = used.await.unwrap()
    else {
        panic!("it is Bob's own");
    };
    let used = migrator.redeem_on_first_use(&cache, [record(1, sample::ALICE, &bobs)]);
    let FirstUse::HeldBack(reason) = used.await.unwrap() else {
        panic!("Alice has Bob's account");
    };
    assert_eq!(reason.error, "user_mismatch");
    let mut of_alice = record(1, "", &bobs);
    of_alice.user.home_account_id = Some(HomeAccountId::new("alice.contoso"));
    let used = migrator.redeem_on_first_use(&cache, [of_alice]).await;
    assert!(matches!(used.unwrap(), FirstUse::HeldBack(_)));
    let mut of_bob = record(1, "robert@contoso.example", &bobs);
    of_bob.user.home_account_id = Some(home_account_id);
    let used = migrator.redeem_on_first_use(&cache, [of_bob]).await;
    assert!(used.unwrap().is_signed_in(), "renamed since");
    assert_eq!(seen(&world), 1);
}

/// What the cache has of the only user in it: the object identifier, the tenant and the subject of the ID token.
async fn identifiers(world: &World, user: &str) -> [String; 3] {
    let stored = world.store.load(&Partition::hashed(user)).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(stored.unwrap().blob.as_ref()).unwrap();
    let (_, token) = json["IdToken"].as_object().unwrap().iter().next().unwrap();
    let claims = token["secret"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    ["oid", "tid", "sub"].map(|name| claims[name].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn an_identifier_tells_that_an_account_is_another_users() {
    let world = World::new();
    let migrator = migrator(&world).await;
    // One cache for all users; the rows of the old table name nobody.
    let cache = partition(&world, "all");
    let nobodys = |token: &str| {
        let mut record = record(0, "", token);
        record.user.username = None;
        record
    };
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let used = migrator.redeem_on_first_use(&cache, [nobodys(&bobs)]).await;
    assert!(used.unwrap().is_signed_in());
    let [_, tid, sub] = identifiers(&world, "all").await;
    let alice = || Some("a11ce000-0000-4000-8000-000000000001".to_owned());
    for tid in [None, Some(tid)] {
        for name in [None, Some(sample::ALICE), Some(sample::BOB)] {
            let mut record = nobodys(&bobs);
            (record.user.oid, record.user.tid) = (alice(), tid.clone());
            record.user.username = name.map(str::to_owned);
            let used = migrator.redeem_on_first_use(&cache, [record]).await;
            match used.unwrap() {
                FirstUse::HeldBack(reason) => assert_eq!(reason.error, "user_mismatch"),
                // Two tenants may have an object of their own for one user, whom the name tells.
                used => assert!(
                    tid.is_none() && name == Some(sample::BOB),
                    "{tid:?} {name:?} {used:?}"
                ),
            }
        }
    }
    let mut of_alice = nobodys(&bobs);
    of_alice.user.home_account_id = Some(HomeAccountId::new("the subject of Alice"));
    let used = migrator.redeem_on_first_use(&cache, [of_alice]).await;
    assert!(matches!(used.unwrap(), FirstUse::HeldBack(_)));
    let mut of_bob = nobodys(&bobs);
    of_bob.user.home_account_id = Some(HomeAccountId::new(&sub));
    let used = migrator.redeem_on_first_use(&cache, [of_bob]).await;
    assert!(used.unwrap().is_signed_in());
    assert_eq!(seen(&world), 1);
}

#[tokio::test]
async fn a_user_who_was_renamed_is_known_by_an_identifier_whenever_they_come() {
    let world = World::new();
    let gate = Gate::new(&world);
    gate.open.add_permits(100);
    let migrator = migrator_over(&world, world.runtime_over(gate.clone())).await;
    let visit = async |record: Record| {
        let cache = partition(&world, "bob");
        let used = migrator.redeem_on_first_use(&cache, [record]).await;
        used.unwrap()
    };
    let token = world.token(sample::BOB, sample::DESKTOP);
    assert!(visit(record(0, sample::BOB, &token)).await.is_signed_in());
    let [oid, tid, sub] = identifiers(&world, "bob").await;
    let renamed = |token: &str| record(0, "robert@contoso.example", token);
    let by_oid = |token: &str| {
        let mut record = renamed(token);
        record.user.oid = Some(oid.to_ascii_uppercase());
        record
    };
    let by_both = |token: &str| {
        let mut record = by_oid(token);
        record.user.tid = Some(tid.clone());
        record
    };
    let by_sub = |token: &str| {
        let mut record = renamed(token);
        record.user.sub = Some(sub.clone());
        record
    };
    let by_sub_for_home = |token: &str| {
        let mut record = renamed(token);
        record.user.home_account_id = Some(HomeAccountId::new(&sub));
        record
    };
    let of_bob: [&dyn Fn(&str) -> Record; 4] = [&by_oid, &by_both, &by_sub, &by_sub_for_home];
    for (index, of_bob) in of_bob.into_iter().enumerate() {
        let token = world.token(sample::BOB, sample::DESKTOP);
        let (first, joined) = tokio::join!(visit(of_bob(&token)), visit(of_bob(&token)));
        assert!(
            matches!(first, FirstUse::Migrated { .. }),
            "{index} {first:?}"
        );
        for used in [joined, visit(of_bob(&token)).await] {
            assert!(used.is_signed_in(), "{index} {used:?}");
        }
    }
    let used = visit(renamed(&token)).await;
    assert!(matches!(used, FirstUse::HeldBack(_)), "{used:?}");
}

#[tokio::test]
async fn rules_are_those_of_a_batch() {
    let world = World::new();
    let migrator = migrator(&world).await;
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let mut elsewhere = record(0, sample::ALICE, &token);
    elsewhere.authority = Some("https://login.evil.example/common".to_owned());
    let mut nobodys = record(0, sample::ALICE, &token);
    nobodys.client_id = None;
    for (record, reason) in [
        (elsewhere, SkipReason::UnknownAuthority),
        (nobodys, SkipReason::NoClientId),
        (record(0, sample::ALICE, " "), SkipReason::NoRefreshToken),
    ] {
        let cache = partition(&world, "alice");
        let used = migrator.redeem_on_first_use(&cache, [record]).await;
        assert_eq!(used.unwrap(), FirstUse::Nothing(Some(reason)));
    }
    let cache = partition(&world, "alice");
    let used = migrator.redeem_on_first_use(&cache, []).await.unwrap();
    assert_eq!(used, FirstUse::Nothing(None));
    assert_eq!(seen(&world), 0);

    // Copies count once, and of several tokens the next is tried where the first is refused.
    let records = [
        record(0, sample::ALICE, "0.NONE"),
        record(1, sample::ALICE, &token),
        record(2, sample::ALICE, &token),
    ];
    let used = migrator.redeem_on_first_use(&cache, records).await.unwrap();
    assert!(matches!(used, FirstUse::Migrated { .. }), "{used:?}");
    assert_eq!(seen(&world), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_and_those_who_come_back_send_each_token_once() {
    let world = World::new();
    let users = 300;
    let entries = world.users(users);
    let name = |entry: &serde_json::Value, member: &str| entry[member].as_str().unwrap().to_owned();
    let mut visits = JoinSet::new();
    let migrators = [migrator(&world).await, migrator(&world).await];
    for (index, entry) in entries.iter().enumerate().rev() {
        let upn = name(entry, "userId");
        let record = record(0, &upn, &name(entry, "refreshToken"));
        let cache = partition(&world, &upn);
        let migrator = migrators[index % 2].clone();
        visits.spawn(async move { migrator.redeem_on_first_use(&cache, [record]).await });
    }
    // What a user's call is still storing when the batch ends is not in its report.
    let _report = world.run(&entries).await.unwrap();
    let mut now = 0;
    while let Some(used) = visits.join_next().await {
        match used.unwrap().unwrap() {
            FirstUse::Migrated { .. } => now += 1,
            FirstUse::AlreadyMigrated { is_in_cache, .. } => assert!(!is_in_cache),
            FirstUse::Later { reason, .. } => assert_eq!(reason.error, "batch_is_running"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen(&world), users as u64, "each once");
    let again = world.run(&entries).await.unwrap();
    assert_eq!((again.migrated, seen(&world)), (users as u64, users as u64));
    let accounts = world.cache(Dialect::default());
    accounts.ensure_loaded().await.unwrap();
    assert_eq!(usernames(&accounts).len() + now, users);
}

#[tokio::test]
async fn a_batch_gives_a_journal_up_that_it_had_for_itself() {
    let world = World::new();
    let entries = world.users(2);
    let gate = Gate::new(&world);
    let migration = world.migration_over(&entries, world.runtime_over(gate.clone()));
    let batch = tokio::spawn(async move {
        let never = Box::pin(std::future::pending());
        migration.run(&mut msal_migrate::NoObserver, never).await
    });
    gate.asked.notified().await;
    // Both tokens are on their way. Whoever comes now shares the journal, and waits for the answer to the same token.
    let world_of_others = world.runtime_over(world.http.clone());
    let migrator = migrator_over(&world, world_of_others)
        .await
        .patience(Duration::ZERO);
    let upn = entries[0]["userId"].as_str().unwrap();
    let token = entries[0]["refreshToken"].as_str().unwrap();
    let cache = partition(&world, upn);
    let used = migrator
        .redeem_on_first_use(&cache, [record(0, upn, token)])
        .await
        .unwrap();
    let FirstUse::Later { reason, .. } = used else {
        panic!("{used:?}");
    };
    assert_eq!(reason.error, "sent_by_another");
    gate.open.add_permits(2);
    assert_eq!(batch.await.unwrap().unwrap().migrated, 2);
    let used = migrator
        .redeem_on_first_use(&cache, [record(0, upn, token)])
        .await
        .unwrap();
    assert!(matches!(used, FirstUse::AlreadyMigrated { .. }), "{used:?}");
    assert_eq!(seen(&world), 2);
}

#[tokio::test]
async fn a_second_batch_is_still_refused() {
    let world = World::new();
    let _shared = migrator(&world).await;
    let entries = world.users(1);
    let gate = Gate::new(&world);
    let migration = world.migration_over(&entries, world.runtime_over(gate.clone()));
    let batch = tokio::spawn(async move {
        let never = Box::pin(std::future::pending());
        migration.run(&mut msal_migrate::NoObserver, never).await
    });
    gate.asked.notified().await;
    let error = world.run(&entries).await.unwrap_err();
    assert!(error.to_string().contains("is in use"), "{error}");
    gate.open.add_permits(1);
    assert_eq!(batch.await.unwrap().unwrap().migrated, 1);
}

#[tokio::test]
async fn answers_are_erased_when_the_last_closes_and_sealed_anew_afterwards() {
    let world = World::new();
    let key = world.folder.path().join("journal.key");
    let answer_key = || std::fs::read(&key).unwrap()[62..].to_vec();
    let (one, other) = (migrator(&world).await, migrator(&world).await);
    let alices = world.token(sample::ALICE, sample::DESKTOP);
    let cache = partition(&world, "alice");
    let records = [record(0, sample::ALICE, &alices)];
    one.redeem_on_first_use(&cache, records).await.unwrap();
    one.close().await.unwrap();
    assert_eq!(answer_key(), [0; 36]);

    // The other one had the key in memory. What it seals from now on can be opened by whoever comes later.
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let cache = partition(&world, "alice");
    let records = [record(0, sample::ALICE, &bobs)];
    let used = other.redeem_on_first_use(&cache, records).await.unwrap();
    assert!(matches!(used, FirstUse::HeldBack(_)), "{used:?}");
    assert_ne!(answer_key(), [0; 36]);
    other.close().await.unwrap();
    assert_ne!(answer_key(), [0; 36], "an answer is held back");
    let settings = Settings {
        allow_user_mismatch: true,
        ..world.settings
    };
    let world = World { settings, ..world };
    let report = world.run(&[]).await.unwrap();
    assert_eq!(report.migrated, 1, "the answer could be opened");
    assert_eq!(seen(&world), 2);
}

#[tokio::test]
async fn a_token_that_may_be_spent_is_not_sent_again() {
    let mut world = World::new();
    world.settings.rotation = RotationPolicy::SingleUse;
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let gate = Gate::new(&world);
    let runtime = world.runtime_over(gate.clone());
    let cache = partition(&world, "alice");
    // A process that ends with its request on its way.
    let process = tokio::task::spawn_blocking({
        let (migrator, cache) = (migrator_over(&world, runtime).await, Arc::clone(&cache));
        let record = record(0, sample::ALICE, &token);
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    used = migrator.redeem_on_first_use(&cache, [record]) => panic!("{used:?}"),
                    () = gate.asked.notified() => {}
                }
            });
        }
    });
    process.await.unwrap();
    let records = [record(0, sample::ALICE, &token)];
    let migrator = migrator(&world).await;
    let used = migrator.redeem_on_first_use(&cache, records).await.unwrap();
    assert!(matches!(used, FirstUse::HeldBack(_)), "{used:?}");
    assert_eq!(seen(&world), 0);
    let counts = JournalReader::open(world.journal()).unwrap().counts();
    assert_eq!((counts.in_doubt, counts.total()), (1, 1));
}

#[tokio::test]
async fn a_token_that_is_spent_by_use_goes_out_for_one_client() {
    let mut world = World::new();
    world.settings.rotation = RotationPolicy::SingleUse;
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let (one, other) = (migrator(&world).await, migrator(&world).await);
    let cache = partition(&world, "alice");
    let of_client = |client_id: &str| {
        let mut record = record(0, sample::ALICE, &token);
        record.client_id = Some(client_id.to_owned());
        [record]
    };
    // Asks before anything is spent, so that it has to hear of it.
    let nobodys = record(1, "carol@contoso.example", "0.NONE");
    let used = other.redeem_on_first_use(&cache, [nobodys]).await.unwrap();
    assert!(matches!(used, FirstUse::NeedsUser(_)), "{used:?}");
    let used = one.redeem_on_first_use(&cache, of_client(sample::DESKTOP));
    assert!(used.await.unwrap().is_signed_in());
    let used = other.redeem_on_first_use(&cache, of_client(sample::WEB));
    let FirstUse::Refused(reason) = used.await.unwrap() else {
        panic!("it was sent for another client");
    };
    assert_eq!(reason.error, "sent_for_other_client");
    assert_eq!(seen(&world), 2);
}

#[tokio::test]
async fn an_answer_that_was_left_behind_is_published_to_its_user_and_nobody_else() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let store = Arc::new(FullStore::default());
    let full = SharedTokenCache::new(store, Partition::default(), Dialect::default());
    let migrator = migrator(&world).await;
    let records = [record(0, sample::ALICE, &token)];
    let error = migrator.redeem_on_first_use(&Arc::new(full), records).await;
    assert!(matches!(*error.unwrap_err(), MigrationError::Store(_)));
    let counts = JournalReader::open(world.journal()).unwrap().counts();
    assert_eq!((counts.unpublished, counts.total()), (1, 1));

    let migrator = migrator_over(&world, world.runtime.clone()).await;
    let bobs = partition(&world, "bob");
    for _ in 0..2 {
        let records = [record(0, sample::BOB, &token)];
        let used = migrator.redeem_on_first_use(&bobs, records).await.unwrap();
        assert!(matches!(used, FirstUse::HeldBack(_)), "{used:?}");
        assert_eq!(usernames(&bobs), [""; 0]);
    }
    // Whoever shows the token of another takes nothing from them.
    let counts = JournalReader::open(world.journal()).unwrap().counts();
    assert_eq!((counts.unpublished, counts.total()), (1, 1));
    let alices = partition(&world, "alice");
    let records = [record(0, sample::ALICE, &token)];
    let used = migrator.redeem_on_first_use(&alices, records).await;
    let used = used.unwrap();
    assert!(matches!(used, FirstUse::Migrated { .. }), "{used:?}");
    assert_eq!(seen(&world), 1);
}

#[tokio::test]
async fn what_could_not_be_stored_is_stored_the_next_time() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let store = Arc::new(FullStore::default());
    let full = SharedTokenCache::new(store, Partition::default(), Dialect::default());
    let migrator = migrator(&world).await;
    let records = [record(0, sample::ALICE, &token)];
    let error = migrator.redeem_on_first_use(&Arc::new(full), records).await;
    assert!(matches!(*error.unwrap_err(), MigrationError::Store(_)));

    let migrator = migrator_over(&world, world.runtime.clone()).await;
    let cache = partition(&world, "alice");
    let records = [record(0, sample::ALICE, &token)];
    let used = migrator.redeem_on_first_use(&cache, records).await.unwrap();
    assert!(matches!(used, FirstUse::Migrated { .. }), "{used:?}");
    assert_eq!(
        (usernames(&cache), seen(&world)),
        (vec![sample::ALICE.to_owned()], 1)
    );
}

#[tokio::test]
async fn a_token_that_is_being_stored_is_nobody_elses() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let store = SlowStore::default();
    let migrator = migrator(&world).await;
    let slow = Arc::new(SharedTokenCache::new(
        Arc::new(store.clone()),
        Partition::default(),
        Dialect::default(),
    ));
    let call = tokio::spawn({
        let (migrator, record) = (migrator.clone(), record(0, sample::ALICE, &token));
        async move { migrator.redeem_on_first_use(&slow, [record]).await }
    });
    store.asked.notified().await;

    // The answer is sealed and not yet stored: whoever comes now must not store it a second time.
    let other = migrator_over(&world, world.runtime.clone()).await;
    let other = other.patience(Duration::ZERO);
    let elsewhere = partition(&world, "alice elsewhere");
    let records = [record(0, sample::ALICE, &token)];
    let used = other.redeem_on_first_use(&elsewhere, records).await;
    let FirstUse::Later { reason, .. } = used.unwrap() else {
        panic!("it was taken out of the hands of another");
    };
    assert_eq!(reason.error, "sent_by_another");
    let report = world.run(&[]).await.unwrap();
    assert_eq!((report.migrated, report.target_writes), (0, 0));

    store.open.add_permits(1);
    assert!(call.await.unwrap().unwrap().is_signed_in());
    assert_eq!(usernames(&elsewhere), [""; 0]);
    assert_eq!(seen(&world), 1);
}

#[tokio::test]
async fn a_cache_that_another_process_has_filled_is_looked_at_again() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let (one, other) = (migrator(&world).await, migrator(&world).await);
    // An application asks for the account first, so that its cache is loaded, with nobody in it.
    let (here, there) = (partition(&world, "alice"), partition(&world, "alice"));
    there.ensure_loaded().await.unwrap();
    let records = || [record(0, sample::ALICE, &token)];
    let used = one.redeem_on_first_use(&here, records()).await.unwrap();
    assert!(matches!(used, FirstUse::Migrated { .. }), "{used:?}");
    let used = other.redeem_on_first_use(&there, records()).await.unwrap();
    assert!(used.is_signed_in(), "{used:?}");
    assert_eq!(usernames(&there), [sample::ALICE]);
}

#[tokio::test]
async fn a_call_with_another_cache_is_not_told_that_it_was_filled() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let gate = Gate::new(&world);
    let migrator = migrator_over(&world, world.runtime_over(gate.clone())).await;
    let (alices, bobs) = (partition(&world, "alice"), partition(&world, "bob"));
    let records = || [record(0, sample::ALICE, &token)];
    let of_alice = migrator.redeem_on_first_use(&alices, records());
    let of_bob = migrator.redeem_on_first_use(&bobs, records());
    let opened = async {
        gate.asked.notified().await;
        gate.open.add_permits(1);
    };
    let (of_alice, of_bob, ()) = tokio::join!(of_alice, of_bob, opened);
    assert!(of_alice.unwrap().is_signed_in());
    let of_bob = of_bob.unwrap();
    assert!(!of_bob.is_signed_in(), "{of_bob:?}");
    assert_eq!((usernames(&bobs), seen(&world)), (vec![], 1));
}

#[tokio::test]
async fn a_call_with_another_cache_is_not_told_that_a_store_was_full() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let gate = Gate::new(&world);
    let migrator = migrator_over(&world, world.runtime_over(gate.clone())).await;
    let store = Arc::new(FullStore::default());
    let full = SharedTokenCache::new(store, Partition::default(), Dialect::default());
    let (full, healthy) = (Arc::new(full), partition(&world, "alice"));
    let records = || [record(0, sample::ALICE, &token)];
    let first = migrator.redeem_on_first_use(&full, records());
    let joined = migrator.redeem_on_first_use(&healthy, records());
    let opened = async {
        gate.asked.notified().await;
        gate.open.add_permits(1);
    };
    let (first, joined, ()) = tokio::join!(first, joined, opened);
    assert!(matches!(*first.unwrap_err(), MigrationError::Store(_)));
    let joined = joined.unwrap();
    assert!(matches!(joined, FirstUse::Migrated { .. }), "{joined:?}");
    assert_eq!(usernames(&healthy), [sample::ALICE]);
    assert_eq!(seen(&world), 1);
}

#[tokio::test]
async fn a_call_waits_some_seconds_for_another_and_not_as_long_as_a_batch() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let store = SlowStore::default();
    let slow = SharedTokenCache::new(
        Arc::new(store.clone()),
        Partition::default(),
        Dialect::default(),
    );
    let migrator = migrator(&world).await;
    let call = tokio::spawn({
        let record = record(0, sample::ALICE, &token);
        async move {
            migrator
                .redeem_on_first_use(&Arc::new(slow), [record])
                .await
        }
    });
    store.asked.notified().await;
    let clock = Arc::new(CountingClock::default());
    let runtime = world.runtime_over(world.http.clone());
    let runtime = runtime.with_clock(Arc::clone(&clock));
    let other = Migrator::open(world.journal(), Destination::new(), runtime).await;
    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(HOST).unwrap());
    let other = other.unwrap().plan(plan).settings(world.settings);
    let cache = partition(&world, "alice");
    let used = other.redeem_on_first_use(&cache, [record(0, sample::ALICE, &token)]);
    let FirstUse::Later { reason, .. } = used.await.unwrap() else {
        panic!("it was taken out of the hands of another");
    };
    assert_eq!(reason.error, "sent_by_another");
    let waited = Duration::from_millis(clock.0.load(Ordering::SeqCst) as u64);
    let some_seconds = Duration::from_secs(1)..Duration::from_secs(15);
    assert!(some_seconds.contains(&waited), "{waited:?}");
    store.open.add_permits(1);
    assert!(call.await.unwrap().unwrap().is_signed_in());
}

#[tokio::test]
async fn what_a_busy_server_asks_of_one_call_holds_for_those_that_follow() {
    let world = World::new();
    let gate = Gate::new(&world);
    gate.open.add_permits(100);
    let sent = || gate.answered.load(Ordering::SeqCst);
    let migrator = migrator_over(&world, world.runtime_over(gate.clone())).await;
    let throttle = Fault::throttle(300).client(sample::DESKTOP).first(1);
    world.http.emulator.add_fault(throttle);
    let alices = world.token(sample::ALICE, sample::DESKTOP);
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let visit = async |upn: &str, record: Record| {
        let cache = partition(&world, upn);
        let used = migrator.redeem_on_first_use(&cache, [record]).await;
        used.unwrap()
    };
    let used = visit(sample::ALICE, record(0, sample::ALICE, &alices)).await;
    let FirstUse::Later {
        reason: busy, wait, ..
    } = used
    else {
        panic!("{used:?}");
    };
    assert_eq!((wait, sent()), (Some(Duration::from_secs(300)), 1));

    world.http.later(Duration::from_secs(100));
    for (upn, token) in [(sample::ALICE, &alices), (sample::BOB, &bobs)] {
        let used = visit(upn, record(0, upn, token)).await;
        let FirstUse::Later {
            reason,
            wait: Some(wait),
            ..
        } = used
        else {
            panic!("{used:?}");
        };
        // What is left of it, and up to a tenth of the whole more, so that not all come back at once.
        let left = Duration::from_secs(200)..=Duration::from_secs(230);
        assert!(left.contains(&wait), "{wait:?}");
        assert_eq!(reason, busy);
    }
    assert_eq!(sent(), 1, "nobody else asked");
    // Who was not sent is not in the journal.
    assert_eq!(world.outcomes().len(), 1);

    // It is one lane that waits.
    let mut elsewhere = record(0, sample::BOB, "0.NONE");
    elsewhere.authority = Some(format!("{HOST}/fabrikam.example"));
    visit(sample::BOB, elsewhere).await;
    let mut of_web = record(0, sample::BOB, "0.NONE");
    of_web.client_id = Some(sample::WEB.to_owned());
    visit(sample::BOB, of_web).await;
    assert_eq!(sent(), 3);

    world.http.later(Duration::from_secs(231));
    for (upn, token) in [(sample::BOB, &bobs), (sample::ALICE, &alices)] {
        let used = visit(upn, record(0, upn, token)).await;
        assert!(matches!(used, FirstUse::Migrated { .. }), "{used:?}");
    }
    assert_eq!(sent(), 5);
}

#[tokio::test]
async fn a_wait_keeps_nobody_from_what_needs_no_request() {
    let world = World::new();
    let migrator = migrator(&world).await;
    let cache = partition(&world, "alice");
    let alices = world.token(sample::ALICE, sample::DESKTOP);
    let visit = async |upn: &str, token: &str| {
        let used = migrator.redeem_on_first_use(&cache, [record(0, upn, token)]);
        used.await.unwrap()
    };
    assert!(visit(sample::ALICE, &alices).await.is_signed_in());
    let used = visit("carol@contoso.example", "0.NONE").await;
    assert!(matches!(used, FirstUse::NeedsUser(_)), "{used:?}");
    world.http.emulator.add_fault(Fault::throttle(300));
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let used = visit(sample::BOB, &bobs).await;
    assert!(matches!(used, FirstUse::Later { .. }), "{used:?}");
    assert!(visit(sample::ALICE, &alices).await.is_signed_in());
    let used = visit("carol@contoso.example", "0.NONE").await;
    assert!(matches!(used, FirstUse::NeedsUser(_)), "{used:?}");
}

/// Counts the milliseconds that it was asked to sleep.
#[derive(Debug, Default)]
struct CountingClock(AtomicUsize);

impl Clock for CountingClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(1_800_000_000)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let milliseconds = duration.as_millis() as usize;
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

/// A store that begins to save and goes on when it is let.
#[derive(Clone, Debug)]
struct SlowStore {
    store: Arc<MemoryStore>,
    asked: Arc<Notify>,
    open: Arc<Semaphore>,
}

impl Default for SlowStore {
    fn default() -> Self {
        Self {
            store: Arc::default(),
            asked: Arc::default(),
            open: Arc::new(Semaphore::new(0)),
        }
    }
}

impl CacheStore for SlowStore {
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
            self.asked.notify_one();
            self.open.acquire().await.unwrap().forget();
            self.store.save(partition, blob, expected).await
        })
    }

    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store.remove(partition)
    }
}

/// A store that lets a save be rehearsed and then has no room.
#[derive(Debug, Default)]
struct FullStore(MemoryStore);

impl CacheStore for FullStore {
    fn load<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        self.0.load(partition)
    }

    fn save<'a>(
        &'a self,
        _: &'a Partition,
        _: Arc<dyn Blob>,
        _: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(std::future::ready(Err(StoreError::other("no room"))))
    }

    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.remove(partition)
    }
}
