//! 429: nobody asks again before the wait is over that the server has asked for.

use std::time::Duration;

use msal::{Error, TokenSource};
use msal_emulator::sample::{ALICE, BOB, DESKTOP, FAMILY_MAIL};
use msal_emulator::{Fault, RetryAfter};

use crate::world::{DAY, GRAPH, MANAGEMENT, World};

fn seconds(wait: u64) -> Option<Duration> {
    Some(Duration::from_secs(wait))
}

#[tokio::test]
async fn a_throttled_call_is_not_repeated_by_any_application_before_its_time() {
    for fault in [Fault::throttle(30), Fault::unavailable(Some(30))] {
        let world = World::new();
        let (here, there) = (world.desktop(), world.desktop());
        let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
        world.advance(DAY);
        world.emulator.add_fault(fault.first(1));
        let first = world.ask(here.acquire_token_silent([GRAPH], &alice)).await;
        let first = first.unwrap_err();
        assert_eq!(first.retry_after(), seconds(30));
        let sent = world.http.sent().len();
        world.advance(Duration::from_secs(10));
        for app in [&here, &there] {
            let error = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
            let error = error.unwrap_err();
            assert!(error.is_transient());
            assert_eq!(error.retry_after(), seconds(20));
            let status = |error: &Error| error.service_error().map(|error| error.status);
            assert_eq!(status(&error), status(&first));
        }
        let token = world.adal_sign_in(BOB, DESKTOP);
        let error = there.acquire_token_by_refresh_token(token, [GRAPH]).await;
        assert_eq!(error.unwrap_err().retry_after(), seconds(20));
        assert_eq!(world.http.sent().len(), sent, "nothing was sent");
        world.advance(Duration::from_secs(20));
        let renewed = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
        assert_eq!(renewed.unwrap().token_source, TokenSource::IdentityProvider);
    }
}

#[tokio::test]
async fn other_scopes_and_other_clients_are_not_throttled() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.advance(DAY);
    world.emulator.add_fault(Fault::throttle(30).first(1));
    let error = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(error.unwrap_err().retry_after(), seconds(30));
    let other_scope = world
        .ask(app.acquire_token_silent([MANAGEMENT], &alice))
        .await;
    assert!(other_scope.is_ok());
    let other_client = world.public(FAMILY_MAIL);
    world.sign_in(&other_client, FAMILY_MAIL, BOB).await;
}

#[tokio::test]
async fn a_cached_token_is_handed_out_all_the_same() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.emulator.add_fault(Fault::throttle(30).first(1));
    let forced = app
        .acquire_token_silent([GRAPH], &alice)
        .force_refresh(true);
    assert!(world.ask(forced).await.is_err());
    let hit = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
}

#[tokio::test]
async fn an_answer_without_a_wait_is_not_remembered() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.advance(DAY);
    for fault in [
        Fault::failure(429, None, "").first(1),
        // One that is asked once more at once.
        Fault::unavailable(None).first(2),
        // RFC 6749 §5.2: a refusal, and not of the kind that time heals.
        Fault::failure(
            400,
            Some(RetryAfter::Seconds(30)),
            "{\"error\":\"invalid_scope\"}",
        )
        .first(1),
    ] {
        world.emulator.add_fault(fault);
        let error = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
        assert!(error.is_err());
    }
    assert!(
        world
            .ask(app.acquire_token_silent([GRAPH], &alice))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_tenant_that_is_throttled_at_a_shared_endpoint_does_not_throttle_others() {
    let world = World::new();
    let app = world
        .builder(DESKTOP)
        .authority(crate::world::authority("common"));
    let app = app.build().unwrap();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let carol = world
        .sign_in(&app, DESKTOP, msal_emulator::sample::CAROL)
        .await;
    let carol = carol.account.unwrap();
    world.advance(DAY);
    world.emulator.add_fault(Fault::throttle(30).first(1));
    let error = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(error.unwrap_err().retry_after(), seconds(30));
    assert!(
        world
            .ask(app.acquire_token_silent([GRAPH], &carol))
            .await
            .is_ok()
    );
}
