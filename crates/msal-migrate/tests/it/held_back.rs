//! Answers that are held back, and what asking again makes of them: the newest token of a user is never lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use msal::{BoxFuture, HttpClient, HttpError};
use msal_emulator::{Fault, Rotation, Settings as EmulatorSettings, sample};
use msal_migrate::{NoObserver, Retry, RetryClass, RotationPolicy};
use serde_json::Value;
use tokio::sync::Notify;

use crate::world::{InProcess, World};

const GRAPH: &str = "https://graph.microsoft.com";

/// A server that revokes all tokens of a sign-in when a spent one is presented again.
fn strict() -> World {
    let settings = EmulatorSettings::default().rotation(Rotation::SingleUseWithReuseDetection);
    let mut world = World::with(settings);
    world.settings.rotation = RotationPolicy::SingleUse;
    world
}

/// A world in which the answer to the only token is held back, and what was migrated.
async fn with_an_answer_held_back() -> (World, Vec<Value>) {
    let world = strict();
    let fault = Fault::tamper().set_member("id_token", "a.b");
    world.http.emulator.add_fault(fault.nth(1));
    let entries = world.users(1);
    assert_eq!(world.run(&entries).await.unwrap().quarantined, 1);
    (world, entries)
}

fn again(class: RetryClass) -> Retry {
    Retry::default().class(class)
}

/// Takes requests and answers none, as for a process that is killed meanwhile.
#[derive(Debug)]
struct Silent {
    inner: InProcess,
    taken: Arc<Notify>,
}

impl HttpClient for Silent {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        if request.method() != http::Method::POST {
            return self.inner.send(request);
        }
        self.taken.notify_one();
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_retry_that_ends_in_doubt_keeps_the_sealed_successor_for_the_next_one() {
    let (world, entries) = with_an_answer_held_back().await;
    // The server did nothing, but who retries cannot know that.
    world
        .http
        .emulator
        .add_fault(Fault::unavailable(None).first(1));
    let report = world
        .run_again(&entries, again(RetryClass::Quarantined))
        .await;
    assert_eq!((report.quarantined, report.in_doubt), (0, 1));

    // Nothing is sent, and the key of the sealed answer stays.
    assert_eq!(world.run(&entries).await.unwrap().in_doubt, 1);
    let report = world.run_again(&entries, again(RetryClass::InDoubt)).await;
    assert_eq!((report.migrated, report.needs_user), (1, 0));
}

#[tokio::test]
async fn a_retry_that_is_killed_keeps_the_sealed_successor_for_the_next_one() {
    let (mut world, entries) = with_an_answer_held_back().await;
    let whole = world.runtime.clone();
    let taken = Arc::new(Notify::new());
    world.runtime.http = Arc::new(Silent {
        inner: world.http.clone(),
        taken: Arc::clone(&taken),
    });
    let mut observer = NoObserver::default();
    let never = Box::pin(std::future::pending());
    let retry = world
        .migration(&entries)
        .retry(again(RetryClass::Quarantined));
    tokio::select! {
        result = retry.run(&mut observer, never) => panic!("nothing was answered: {result:?}"),
        () = taken.notified() => {}
    }
    world.runtime = whole;
    assert_eq!(world.run(&entries).await.unwrap().in_doubt, 1);
    let report = world.run_again(&entries, again(RetryClass::InDoubt)).await;
    assert_eq!((report.migrated, report.needs_user), (1, 0));
}

#[tokio::test]
async fn a_sealed_successor_that_is_refused_once_it_was_in_doubt_is_held_back_again() {
    let (mut world, entries) = with_an_answer_held_back().await;
    world
        .http
        .emulator
        .add_fault(Fault::unavailable(None).nth(1));
    world.http.emulator.add_fault(Fault::aadsts(50_076).nth(2));
    let report = world
        .run_again(&entries, again(RetryClass::Quarantined))
        .await;
    assert_eq!(report.in_doubt, 1);
    let report = world.run_again(&entries, again(RetryClass::InDoubt)).await;
    assert_eq!((report.quarantined, report.needs_user), (1, 0));

    world.settings.allow_user_mismatch = true;
    let report = world
        .run_again(&entries, again(RetryClass::Quarantined))
        .await;
    assert_eq!(report.migrated, 1);
}

/// Counts what is sent to the token endpoint.
#[derive(Debug)]
struct Counting {
    inner: InProcess,
    sent: AtomicUsize,
}

impl HttpClient for Counting {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        if request.method() == http::Method::POST {
            self.sent.fetch_add(1, Ordering::SeqCst);
        }
        self.inner.send(request)
    }
}

#[tokio::test]
async fn what_is_released_is_published_and_not_sent_again_at_the_same_time() {
    let mut world = strict();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let entries = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &bobs)];
    let http = Arc::new(Counting {
        inner: world.http.clone(),
        sent: AtomicUsize::new(0),
    });
    world.runtime.http = Arc::<Counting>::clone(&http);
    assert_eq!(world.run(&entries).await.unwrap().quarantined, 1);

    let never = Box::pin(std::future::pending());
    let migration = world.migration(&entries).release("#/0");
    let migration = migration.retry(again(RetryClass::Quarantined));
    let report = migration.run(&mut NoObserver::default(), never).await;
    assert_eq!(report.unwrap().migrated, 1);
    assert_eq!(
        http.sent.load(Ordering::SeqCst),
        1,
        "the sealed answer was enough"
    );
}
