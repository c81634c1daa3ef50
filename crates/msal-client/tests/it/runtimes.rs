//! Calls inside a tokio runtime, on other tasks of it, and without one.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use msal::blocking::Wait as _;
use msal::{ConfigError, Error, FileStore, PublicClientApplication, TokenSource};
use msal_emulator::sample::{ALICE, BOB, DESKTOP};
use tokio::task::JoinSet;

use crate::world::{GRAPH, World};

/// Polls once, as an executor that is not tokio's would.
fn poll_without_runtime<T>(call: impl IntoFuture<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(call.into_future()).poll(&mut context) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("it waits for something that never comes"),
    }
}

fn is_without_runtime<T>(outcome: Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Config(ConfigError::NoRuntime)))
}

#[test]
fn without_a_runtime_every_call_is_a_typed_error() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new();
    let on_file = world
        .builder(DESKTOP)
        .store(FileStore::new(folder.path().join("cache.json")))
        .build()
        .unwrap();
    let account = msal::Account::new("u.t".into(), "login.microsoftonline.com");
    assert!(is_without_runtime(poll_without_runtime(on_file.accounts())));
    assert!(is_without_runtime(poll_without_runtime(
        on_file.account(ALICE)
    )));
    assert!(is_without_runtime(poll_without_runtime(
        on_file.remove_account(&account)
    )));
    assert!(is_without_runtime(poll_without_runtime(
        on_file.acquire_token_silent(GRAPH, &account)
    )));
    assert!(is_without_runtime(poll_without_runtime(
        on_file.acquire_token_by_refresh_token("0.AXYA", GRAPH)
    )));
    assert_eq!(world.http.sent().len(), 0);

    // In memory it is the HTTP client that needs one.
    let in_memory = PublicClientApplication::builder(DESKTOP).build().unwrap();
    assert!(is_without_runtime(poll_without_runtime(
        in_memory.acquire_token_by_refresh_token("0.AXYA", GRAPH)
    )));
}

#[test]
fn a_program_without_a_runtime_waits_for_its_calls() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new();
    let app = world
        .builder(DESKTOP)
        .store(FileStore::new(folder.path().join("cache.json")))
        .build()
        .unwrap();
    thread::scope(|scope| {
        for upn in [ALICE, BOB] {
            let token = world.adal_sign_in(upn, DESKTOP);
            let call = app.acquire_token_by_refresh_token(token, GRAPH);
            scope.spawn(|| call.wait().unwrap());
        }
    });
    let accounts = app.accounts().wait().unwrap();
    assert_eq!(accounts.len(), 2);
    for account in &accounts {
        let result = app.acquire_token_silent(GRAPH, account).wait().unwrap();
        assert_eq!(result.token_source, TokenSource::Cache);
    }
    let alice = app.account(ALICE).wait().unwrap().unwrap();
    app.remove_account(&alice).wait().unwrap();
    assert_eq!(app.account(ALICE).wait().unwrap(), None);
}

#[tokio::test]
async fn waiting_on_a_runtimes_thread_is_a_typed_error() {
    let app = World::new().desktop();
    let outcome = app.accounts().wait();
    assert!(matches!(
        outcome,
        Err(Error::Config(ConfigError::InsideRuntime))
    ));
}

#[tokio::test]
async fn every_call_can_be_spawned() {
    let world = World::new();
    let app = world.desktop();
    let account = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();

    let mut calls = JoinSet::new();
    for _ in 0..3 {
        calls.spawn(app.acquire_token_silent(GRAPH, &account).into_future());
    }
    while let Some(outcome) = calls.join_next().await {
        outcome.unwrap().unwrap();
    }
    let listed = tokio::spawn(app.accounts()).await.unwrap().unwrap();
    assert_eq!(listed, std::slice::from_ref(&account));
    assert_eq!(
        tokio::spawn(app.account(ALICE)).await.unwrap().unwrap(),
        Some(account.clone())
    );
    tokio::spawn(app.remove_account(&account))
        .await
        .unwrap()
        .unwrap();
    drop((app, account));
}
