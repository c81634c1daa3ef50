//! After a sign-out nobody in the process hands out a token of that user, whoever holds the cache in memory.

use msal::{Dialect, Error, FileStore, Partition, SharedTokenCache, TokenSource};
use msal_emulator::sample::{ALICE, BOB, DESKTOP};
use msal_emulator::{Fault, Settings};

use crate::world::{DAY, GRAPH, World};

fn is_refused<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::InteractionRequired(_)))
}

#[tokio::test]
async fn an_application_that_has_the_token_in_memory_refuses_it() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    world.sign_in(&here, DESKTOP, BOB).await;
    let held = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(held.unwrap().token_source, TokenSource::Cache);
    world.ask(here.remove_account(&alice)).await.unwrap();
    let before = world.http.sent().len();
    for app in [&here, &there] {
        let refused = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
        assert!(is_refused(&refused), "{refused:?}");
    }
    assert_eq!(world.http.sent().len(), before);
}

#[tokio::test]
async fn an_application_with_the_same_file_refuses_it() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let app = || {
        let store = FileStore::new(folder.path().join("cache.json"));
        world.builder(DESKTOP).store(store).build().unwrap()
    };
    let (here, there) = (app(), app());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    let held = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(held.unwrap().token_source, TokenSource::Cache);
    world.ask(here.remove_account(&alice)).await.unwrap();
    let refused = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert!(is_refused(&refused), "{refused:?}");
}

#[tokio::test]
async fn a_sign_out_that_is_saved_later_is_heard_of_then() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    let held = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert!(held.is_ok());
    world.store.fail_saves(true);
    let error = world.ask(here.remove_account(&alice)).await.unwrap_err();
    assert!(matches!(error, Error::Store(_)));
    world.store.fail_saves(false);
    // It is Bob's sign-in that saves Alice's sign-out.
    world.sign_in(&here, DESKTOP, BOB).await;
    let refused = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert!(is_refused(&refused), "{refused:?}");
}

#[tokio::test]
async fn a_store_that_is_down_after_a_sign_out_is_no_permission() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    let held = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert!(held.is_ok());
    world.ask(here.remove_account(&alice)).await.unwrap();
    world.store.fail_loads(true);
    let error = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert!(matches!(error, Err(Error::Store(_))), "{error:?}");
    world.store.fail_loads(false);
    let refused = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert!(is_refused(&refused), "{refused:?}");
}

#[tokio::test]
async fn a_renewal_in_flight_brings_no_token_to_anybody_who_waits_for_it() {
    for elsewhere in [false, true] {
        let world = World::new();
        let app = world.desktop();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        world.advance(DAY);
        world.http.hold("refresh_token");
        let call = || tokio::spawn(app.acquire_token_silent([GRAPH], &alice).into_future());
        let calls = [call(), call(), call()];
        world.http.until_sent(2).await;
        let who = if elsewhere {
            world.desktop()
        } else {
            app.clone()
        };
        world.ask(who.remove_account(&alice)).await.unwrap();
        world.http.release();
        for call in calls {
            let refused = call.await.unwrap();
            assert!(is_refused(&refused), "elsewhere: {elsewhere}, {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_sign_out_while_a_renewal_is_being_saved_is_heard_of_in_time() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    world.advance(DAY);
    let departure = {
        let alice = alice.clone();
        async move { there.remove_account(&alice).await.unwrap() }
    };
    world.store.before_save(departure);
    let refused = world.ask(here.acquire_token_silent([GRAPH], &alice)).await;
    assert!(is_refused(&refused), "{refused:?}");
    assert_eq!(world.redemptions(), 2, "the server had issued it");
}

#[tokio::test]
async fn a_renewal_that_cannot_be_saved_brings_no_token_of_a_user_who_is_gone() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.advance(DAY);
    world.http.hold("refresh_token");
    let call = tokio::spawn(app.acquire_token_silent([GRAPH], &alice).into_future());
    world.http.until_sent(2).await;
    world.store.fail_saves(true);
    let unsaved = world.ask(app.remove_account(&alice)).await;
    assert!(matches!(unsaved, Err(Error::Store(_))));
    world.http.release();
    let refused = call.await.unwrap();
    assert!(is_refused(&refused), "{refused:?}");
}

#[tokio::test]
async fn an_error_of_the_store_brings_no_token_of_a_user_who_left_during_the_save() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    world.advance(DAY);
    let departure = {
        let (alice, store) = (alice.clone(), world.store.clone());
        async move {
            there.remove_account(&alice).await.unwrap();
            store.fail_saves(true);
        }
    };
    world.store.before_save(departure);
    let refused = world.ask(here.acquire_token_silent([GRAPH], &alice)).await;
    assert!(is_refused(&refused), "{refused:?}");
}

#[tokio::test]
async fn a_token_that_was_kept_in_case_renewing_fails_is_not_handed_out_after_a_sign_out() {
    for elsewhere in [false, true] {
        let world = World::with(Settings::default().refresh_in(DAY / 48));
        let app = world.desktop();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        // Due for renewal and still valid.
        world.advance(std::time::Duration::from_secs(3000));
        world.emulator.add_fault(Fault::unavailable(None));
        world.http.hold("refresh_token");
        let call = tokio::spawn(app.acquire_token_silent([GRAPH], &alice).into_future());
        world.http.until_sent(2).await;
        let who = if elsewhere {
            world.desktop()
        } else {
            app.clone()
        };
        world.ask(who.remove_account(&alice)).await.unwrap();
        world.http.release();
        let refused = call.await.unwrap();
        assert!(refused.is_err(), "elsewhere: {elsewhere}, {refused:?}");
    }
}

#[tokio::test]
async fn hits_before_and_long_after_a_sign_out_ask_no_store() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let bob = world.sign_in(&app, DESKTOP, BOB).await.account.unwrap();
    world.ask(app.remove_account(&alice)).await.unwrap();
    let hit = || world.ask(app.acquire_token_silent([GRAPH], &bob));
    assert!(hit().await.is_ok());
    world.store.fail_loads(true);
    assert!(hit().await.is_ok(), "the store is not asked a second time");
}

#[tokio::test]
async fn a_sign_out_of_a_user_whom_another_program_has_removed_is_heard_of() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    let held = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert!(held.is_ok());
    world.store.put("{}").await;
    world.ask(here.remove_account(&alice)).await.unwrap();
    let refused = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert!(is_refused(&refused), "{refused:?}");
}

#[tokio::test]
async fn a_cache_that_was_loaded_before_an_application_worked_with_it_is_brought_up_to_date() {
    let world = World::new();
    let here = world.desktop();
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    let store = std::sync::Arc::new(world.store.clone());
    let cache = SharedTokenCache::new(store, Partition::default(), Dialect::Python);
    cache.ensure_loaded().await.unwrap();
    world.ask(here.remove_account(&alice)).await.unwrap();
    let there = world.on_cache(DESKTOP, &std::sync::Arc::new(cache));
    let refused = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert!(is_refused(&refused), "{refused:?}");
}
