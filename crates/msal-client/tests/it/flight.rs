//! One request in flight for each key: equal calls share it, others do not wait for it.

use std::time::Duration;

use msal::{AuthenticationResult, Authority, Error, PublicClientApplication, TokenSource};
use msal_emulator::sample::{ALICE, BOB, CONTOSO, DESKTOP};
use msal_emulator::{Fault, Rotation, Settings};
use tokio::task::{JoinHandle, JoinSet};

use crate::world::{DAY, GRAPH, MANAGEMENT, VAULT, World, authority};

/// Lets every task that can go on do so, until all of them wait for something.
async fn settle() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

fn start(
    app: &PublicClientApplication,
    account: &msal::Account,
    scope: &'static str,
) -> JoinHandle<Result<AuthenticationResult, Error>> {
    tokio::spawn(app.acquire_token_silent([scope], account).into_future())
}

#[tokio::test]
async fn fifty_equal_calls_are_one_request() {
    let world = World::new();
    let app = world.desktop();
    let account = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.advance(DAY);
    world.http.hold("refresh_token");
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        calls.spawn(app.acquire_token_silent([GRAPH], &account).into_future());
    }
    settle().await;
    assert_eq!(
        world.redemptions(),
        2,
        "one to sign in and one for them all"
    );
    world.http.release();
    let results = calls.join_all().await;
    let first = results[0].as_ref().unwrap().access_token.clone();
    for result in &results {
        let result = result.as_ref().unwrap();
        assert_eq!(result.access_token, first);
        assert_eq!(result.token_source, TokenSource::IdentityProvider);
    }
    assert_eq!(world.redemptions(), 2);
}

#[tokio::test]
async fn fifty_equal_calls_share_a_failure_and_the_next_one_tries_again() {
    let world = World::new();
    let app = world.desktop();
    let account = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.advance(DAY);
    world.emulator.add_fault(Fault::throttle(5).first(1));
    world.http.hold("refresh_token");
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        calls.spawn(app.acquire_token_silent([GRAPH], &account).into_future());
    }
    settle().await;
    world.http.release();
    for result in calls.join_all().await {
        assert!(result.unwrap_err().is_transient());
    }
    assert_eq!(world.redemptions(), 2);
    world.advance(Duration::from_secs(5));
    assert!(
        world
            .ask(app.acquire_token_silent([GRAPH], &account))
            .await
            .is_ok()
    );
    assert_eq!(world.redemptions(), 3);
}

#[tokio::test]
async fn other_scopes_and_other_users_do_not_wait() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let bob = world.sign_in(&app, DESKTOP, BOB).await.account.unwrap();
    world.advance(DAY);
    world.http.hold("management");
    let held = start(&app, &alice, MANAGEMENT);
    world.http.until_sent(3).await;
    for (account, scope) in [(&alice, GRAPH), (&bob, GRAPH), (&alice, VAULT)] {
        let result = world.ask(app.acquire_token_silent([scope], account)).await;
        assert_eq!(result.unwrap().token_source, TokenSource::IdentityProvider);
    }
    assert!(!held.is_finished());
    world.http.release();
    assert!(held.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_waiter_takes_over_from_a_leader_who_gave_up() {
    let world = World::new();
    let app = world.desktop();
    let account = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.advance(DAY);
    world.http.hold("refresh_token");
    let leader = start(&app, &account, GRAPH);
    world.http.until_sent(2).await;
    let followers: Vec<_> = (0..10).map(|_| start(&app, &account, GRAPH)).collect();
    settle().await;
    assert_eq!(world.redemptions(), 2);
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    world.http.until_sent(3).await;
    world.http.release();
    for follower in followers {
        assert!(follower.await.unwrap().is_ok());
    }
    assert_eq!(
        world.redemptions(),
        3,
        "one for the leader and one for the rest"
    );
}

#[tokio::test]
async fn hits_do_not_wait_for_a_renewal() {
    let world = World::new();
    let app = world.desktop();
    let account = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.http.hold("management");
    let held = start(&app, &account, MANAGEMENT);
    world.http.until_sent(2).await;
    let hit = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
    let forced = app
        .acquire_token_silent([GRAPH], &account)
        .force_refresh(true);
    assert!(world.ask(forced).await.is_ok());
    world.http.release();
    assert!(held.await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_threads_and_many_users_get_along() {
    let world = World::new();
    let app = world.desktop();
    let mut accounts = Vec::new();
    for number in 1..=20 {
        let upn = format!("user{number}@contoso.example");
        accounts.push(world.sign_in(&app, DESKTOP, &upn).await.account.unwrap());
    }
    world.advance(DAY);
    let mut calls = JoinSet::new();
    for _ in 0..10 {
        for account in &accounts {
            let call = app.acquire_token_silent([GRAPH], account).into_future();
            let account = account.clone();
            calls.spawn(async move { (account, call.await) });
        }
    }
    for (account, result) in calls.join_all().await {
        assert_eq!(result.unwrap().account, Some(account));
    }
    assert_eq!(
        world.redemptions(),
        40,
        "one to sign in and one to renew, each"
    );
}

#[tokio::test]
async fn an_authority_is_looked_up_once_for_all() {
    let world = World::new();
    let app = world.builder(DESKTOP).authority(authority(CONTOSO));
    let app = app.build().unwrap();
    world.http.hold("");
    let mut calls = JoinSet::new();
    for number in 1..=20 {
        let token = world.adal_sign_in(&format!("user{number}@contoso.example"), DESKTOP);
        calls.spawn(
            app.acquire_token_by_refresh_token(token, [GRAPH])
                .into_future(),
        );
    }
    settle().await;
    assert_eq!(world.http.sent().len(), 1);
    world.http.release();
    assert!(calls.join_all().await.iter().all(Result::is_ok));
    assert_eq!(world.http.sent().len(), 1 + 20);
}

#[tokio::test]
async fn where_a_second_use_would_be_taken_for_theft_renewals_of_one_account_take_turns() {
    let world = World::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    let elsewhere = Authority::parse(&format!("https://idp.example/{CONTOSO}")).unwrap();
    let app = world.builder(DESKTOP).known_authority(elsewhere).build();
    let app = app.unwrap();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.advance(DAY);
    let before = world.redemptions();
    world.http.hold("refresh_token");
    let calls = [GRAPH, MANAGEMENT, VAULT].map(|scope| start(&app, &alice, scope));
    settle().await;
    assert_eq!(
        world.redemptions(),
        before + 1,
        "the others wait for the first"
    );
    world.http.release();
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!(world.redemptions(), before + 3);
    // The family of tokens was not revoked.
    world.advance(DAY);
    let later = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(later.unwrap().token_source, TokenSource::IdentityProvider);
}

#[tokio::test]
async fn where_a_token_is_spent_by_its_use_a_renewal_outlives_its_caller() {
    let world = World::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    let elsewhere = Authority::parse(&format!("https://idp.example/{CONTOSO}")).unwrap();
    let app = world.builder(DESKTOP).known_authority(elsewhere).build();
    let app = app.unwrap();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    for followers in [0, 3] {
        world.advance(DAY);
        let (sent, redeemed) = (world.http.sent().len(), world.redemptions());
        world.http.hold("refresh_token");
        let leader = start(&app, &alice, GRAPH);
        world.http.until_sent(sent + 1).await;
        let followers: Vec<_> = (0..followers).map(|_| start(&app, &alice, GRAPH)).collect();
        settle().await;
        leader.abort();
        assert!(leader.await.unwrap_err().is_cancelled());
        settle().await;
        world.http.release();
        for follower in followers {
            let hit = follower.await.unwrap().unwrap();
            assert_eq!(hit.token_source, TokenSource::Cache);
        }
        let later = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
        assert_eq!(later.unwrap().token_source, TokenSource::Cache);
        assert_eq!(world.redemptions(), redeemed + 1);
    }
    // The successor is stored, and the family of tokens was not revoked.
    world.advance(DAY);
    let elsewhere = Authority::parse(&format!("https://idp.example/{CONTOSO}")).unwrap();
    let other = world.builder(DESKTOP).known_authority(elsewhere).build();
    let renewed = world
        .ask(other.unwrap().acquire_token_silent([GRAPH], &alice))
        .await;
    assert_eq!(renewed.unwrap().token_source, TokenSource::IdentityProvider);
}
