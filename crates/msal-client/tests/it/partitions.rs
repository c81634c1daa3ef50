//! One application and many users: a partition for each of them.

use std::sync::Arc;

use msal::{
    Account, Application, Dialect, Error, Partition, Public, SharedTokenCache, TokenSource,
};
use msal_emulator::sample::{ALICE, BOB, CONTOSO, DESKTOP};
use msal_emulator::{Rotation, Settings};
use tokio::task::JoinSet;

use crate::world::{DAY, GRAPH, MANAGEMENT, World, authority};

fn partition(name: &str) -> Partition {
    Partition::new(name).unwrap()
}

/// Signs a user in to a partition.
async fn sign_in(world: &World, app: &Application<Public>, user: &str, upn: &str) -> Account {
    let app = app.for_partition(partition(user));
    world.sign_in(&app, DESKTOP, upn).await.account.unwrap()
}

#[tokio::test]
async fn partitions_of_one_application_do_not_see_each_other() {
    let world = World::new();
    for app in [world.desktop(), world.in_memory(DESKTOP)] {
        let alice = sign_in(&world, &app, "alice", ALICE).await;
        let bob = sign_in(&world, &app, "bob", BOB).await;
        for (user, own, other) in [("alice", &alice, &bob), ("bob", &bob, &alice)] {
            let app = app.for_partition(partition(user));
            assert_eq!(
                world.ask(app.accounts()).await.unwrap(),
                std::slice::from_ref(own)
            );
            let hit = world.ask(app.acquire_token_silent([GRAPH], own)).await;
            assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
            let refused = world.ask(app.acquire_token_silent([GRAPH], other)).await;
            assert!(matches!(refused, Err(Error::InteractionRequired(_))));
        }
        assert_eq!(world.ask(app.accounts()).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_partition_is_in_memory_while_somebody_works_in_it_and_no_longer() {
    let world = World::new();
    let app = world.desktop();
    let alice = sign_in(&world, &app, "alice", ALICE).await;
    let here = app.for_partition(partition("alice"));
    let hit = || {
        let app = app.for_partition(partition("alice"));
        let alice = alice.clone();
        async move { app.acquire_token_silent([GRAPH], &alice).await }
    };
    assert!(world.ask(here.accounts()).await.is_ok());
    let loads = world.store.loads();
    for _ in 0..3 {
        assert!(world.ask(hit()).await.is_ok());
    }
    assert_eq!(world.store.loads(), loads, "it is the same cache");
    drop(here);
    assert!(world.ask(hit()).await.is_ok());
    assert_eq!(world.store.loads(), loads + 1, "nobody held it any more");
}

#[tokio::test]
async fn many_who_come_at_once_for_a_partition_load_it_once() {
    let world = World::new();
    let app = world.desktop();
    let alice = sign_in(&world, &app, "alice", ALICE).await;
    for fails in [false, true] {
        let before = world.store.loads();
        world.store.fail_loads(fails);
        // The store takes its time, and all of them are there before it answers.
        world.store.before_load(async {
            for _ in 0..1000 {
                tokio::task::yield_now().await;
            }
        });
        let mut calls = JoinSet::new();
        for _ in 0..20 {
            let app = app.for_partition(partition("alice"));
            calls.spawn(app.acquire_token_silent([GRAPH], &alice).into_future());
        }
        for answer in calls.join_all().await {
            match fails {
                false => assert_eq!(answer.unwrap().token_source, TokenSource::Cache),
                true => assert!(matches!(answer, Err(Error::Store(_)))),
            }
        }
        assert_eq!(world.store.loads(), before + 1, "fails: {fails}");
    }
}

#[tokio::test]
async fn without_a_store_partitions_live_as_long_as_the_application() {
    let world = World::new();
    let app = world.in_memory(DESKTOP);
    let alice = sign_in(&world, &app, "alice", ALICE).await;
    let again = app.for_partition(partition("alice"));
    let hit = world.ask(again.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
}

#[tokio::test]
async fn an_application_on_a_given_cache_has_partitions_of_its_store() {
    let world = World::new();
    let store = Arc::new(world.store.clone());
    let given = Arc::new(SharedTokenCache::new(
        store,
        partition("home"),
        Dialect::Node,
    ));
    let app = world.on_cache(DESKTOP, &given);
    let alice = sign_in(&world, &app, "alice", ALICE).await;
    let other = world.desktop().for_partition(partition("alice"));
    assert_eq!(world.ask(other.accounts()).await.unwrap(), [alice]);
    // Its own partition is the given cache, also by name.
    let bob = sign_in(&world, &app, "home", BOB).await;
    assert!(
        given
            .read(
                |cache| cache.account(&bob.home_account_id, std::slice::from_ref(&bob.environment))
            )
            .is_some()
    );

    let given = Arc::new(SharedTokenCache::in_memory(Dialect::Node));
    let app = world.on_cache(DESKTOP, &given);
    sign_in(&world, &app, "alice", ALICE).await;
    assert_eq!(world.ask(app.accounts()).await.unwrap(), []);
}

#[tokio::test]
async fn equal_calls_of_one_user_are_one_request_and_other_users_do_not_wait() {
    let world = World::new();
    let app = world.desktop();
    let alice = sign_in(&world, &app, "alice", ALICE).await;
    // The same user in two partitions has two caches, and two refresh tokens.
    let twin = sign_in(&world, &app, "twin", ALICE).await;
    world.advance(DAY);
    let before = world.redemptions();
    world.http.hold("refresh_token");
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        for (user, account) in [("alice", &alice), ("twin", &twin)] {
            let app = app.for_partition(partition(user));
            calls.spawn(app.acquire_token_silent([GRAPH], account).into_future());
        }
    }
    // Every application is gone that the calls were made with, but the calls are not.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.redemptions(), before + 2);
    world.http.release();
    assert!(calls.join_all().await.iter().all(Result::is_ok));
    assert_eq!(world.redemptions(), before + 2);
}

#[tokio::test]
async fn where_tokens_rotate_renewals_of_one_account_take_turns_across_handles() {
    let world = World::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    let elsewhere = format!("https://idp.example/{CONTOSO}");
    let elsewhere = msal::Authority::parse(&elsewhere).unwrap();
    let app = world.builder(DESKTOP).known_authority(elsewhere).build();
    let app = app.unwrap();
    let alice = sign_in(&world, &app, "alice", ALICE).await;
    world.advance(DAY);
    let mut calls = JoinSet::new();
    for scope in [GRAPH, MANAGEMENT] {
        let app = app.for_partition(partition("alice"));
        calls.spawn(app.acquire_token_silent([scope], &alice).into_future());
    }
    assert!(calls.join_all().await.iter().all(Result::is_ok));
    world.advance(DAY);
    let app = app.for_partition(partition("alice"));
    let later = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert!(later.is_ok(), "the family of tokens was not revoked");
}

#[tokio::test]
async fn a_sign_out_in_one_partition_is_heard_of_by_other_applications_that_hold_it() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = sign_in(&world, &here, "alice", ALICE).await;
    let held = there.for_partition(partition("alice"));
    assert!(
        world
            .ask(held.acquire_token_silent([GRAPH], &alice))
            .await
            .is_ok()
    );
    let leaving = here.for_partition(partition("alice"));
    world.ask(leaving.remove_account(&alice)).await.unwrap();
    for app in [&held, &leaving, &here.for_partition(partition("alice"))] {
        let refused = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
        assert!(matches!(refused, Err(Error::InteractionRequired(_))));
    }
}

#[tokio::test]
async fn handles_share_what_is_known_of_the_authority() {
    let world = World::new();
    let app = world.builder(DESKTOP).authority(authority(CONTOSO)).build();
    let app = app.unwrap();
    sign_in(&world, &app, "alice", ALICE).await;
    sign_in(&world, &app, "bob", BOB).await;
    assert_eq!(world.http.sent().len(), 3, "one document and two tokens");
}
