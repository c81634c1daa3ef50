//! Runs that are interrupted, and the runs after them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use msal::{BoxFuture, HttpClient, HttpError, HttpErrorKind};
use msal_emulator::{Fault, Rotation, Settings as EmulatorSettings};
use msal_migrate::{Completion, JournalReader, NoObserver, RotationPolicy, State, TokenReport};

use crate::world::{InProcess, World};

/// Answers a number of requests and then never again, as for a process that is killed.
#[derive(Debug)]
pub(crate) struct Falling {
    inner: InProcess,
    left: AtomicUsize,
}

impl Falling {
    /// Answers so many requests, the first of which is discovery's.
    pub(crate) fn after(requests: usize, world: &World) -> Self {
        Self {
            inner: world.http.clone(),
            left: AtomicUsize::new(requests),
        }
    }
}

impl HttpClient for Falling {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let is_up = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok();
        match is_up {
            true => self.inner.send(request),
            false => Box::pin(std::future::pending()),
        }
    }
}

/// Loses the answer of every request after the server has acted on it.
#[derive(Debug)]
struct Deaf(InProcess);

impl HttpClient for Deaf {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            self.0.send(request).await?;
            Err(HttpError::bare(HttpErrorKind::Timeout))
        })
    }
}

/// Runs until `sealed` answers are on the disk, then drops everything, as a kill would.
pub(crate) async fn run_and_kill(world: &World, entries: &[serde_json::Value], sealed: u64) {
    let mut observer = NoObserver;
    let never = Box::pin(std::future::pending());
    let run = world.migration(entries).run(&mut observer, never);
    let all_sealed = async {
        let is_there = || {
            JournalReader::open(world.journal()).is_ok_and(|it| it.counts().unpublished == sealed)
        };
        while !is_there() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        result = run => panic!("the run should have been stuck: {result:?}"),
        () = all_sealed => {}
    }
}

#[tokio::test]
async fn what_was_sealed_before_a_kill_is_published_without_asking_again() {
    let mut world = World::with(EmulatorSettings::default().rotation(Rotation::SingleUse));
    let whole = world.runtime.clone();
    let entries = world.users(20);
    world.settings.concurrency = Some(4);
    // One request goes to discovery.
    world.runtime = world.runtime_over(Falling {
        inner: world.http.clone(),
        left: AtomicUsize::new(11),
    });
    run_and_kill(&world, &entries, 10).await;
    assert!(world.target().await.is_null(), "nothing was published yet");
    let redeemed = world.http.emulator.redemptions().succeeded();
    assert_eq!(redeemed, 10);

    world.runtime = whole;
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.migrated, report.completion()),
        (20, Completion::Complete)
    );
    assert_eq!(
        world.http.emulator.redemptions().seen(),
        20,
        "each token was sent once"
    );
}

#[tokio::test]
async fn what_was_sealed_is_published_even_if_the_source_is_gone() {
    let mut world = World::new();
    let whole = world.runtime.clone();
    world.settings.concurrency = Some(2);
    world.runtime = world.runtime_over(Falling {
        inner: world.http.clone(),
        left: AtomicUsize::new(6),
    });
    run_and_kill(&world, &world.users(20), 5).await;
    world.runtime = whole;
    let report = world.run(&[]).await.unwrap();
    assert_eq!(report.migrated, 5);
    assert_eq!(
        world.target().await["RefreshToken"]
            .as_object()
            .unwrap()
            .len(),
        5
    );
}

/// An answer that only seems to bring a token: it stands where no token stands.
#[tokio::test]
async fn a_sealed_answer_without_a_token_is_published_with_the_one_that_was_redeemed() {
    let mut world = World::new();
    let whole = world.runtime.clone();
    world.settings.concurrency = Some(1);
    let nested = serde_json::json!({ "refresh_token": "0.NESTED" });
    let fault = Fault::tamper()
        .drop_member("refresh_token")
        .set_member("note", nested);
    world.http.emulator.add_fault(fault);
    world.runtime = world.runtime_over(Falling {
        inner: world.http.clone(),
        left: AtomicUsize::new(4),
    });
    let entries = world.users(10);
    run_and_kill(&world, &entries, 3).await;
    world.runtime = whole;
    assert_eq!(world.run(&[]).await.unwrap().migrated, 3);
    let target = world.target().await;
    let published = target["RefreshToken"].as_object().unwrap();
    let mut secrets: Vec<_> = published.values().map(|token| &token["secret"]).collect();
    let mut redeemed: Vec<_> = entries[..3]
        .iter()
        .map(|entry| &entry["refreshToken"])
        .collect();
    secrets.sort_by_key(|secret| secret.as_str());
    redeemed.sort_by_key(|secret| secret.as_str());
    assert_eq!(secrets, redeemed);
}

#[tokio::test]
async fn a_lost_answer_is_harmless_where_tokens_stay_valid() {
    let mut world = World::new();
    let whole = world.runtime.clone();
    world.runtime = world.runtime_over(Deaf(world.http.clone()));
    let entries = world.users(3);
    // Discovery is deaf as well: the lane never opens.
    assert_eq!(
        world.run(&entries).await.unwrap().completion(),
        Completion::RetryLeft
    );
    world.runtime = whole;
    assert_eq!(
        world.run(&entries).await.unwrap().completion(),
        Completion::Complete
    );
}

#[tokio::test]
async fn a_token_that_may_have_been_spent_is_reported_and_not_sent_again() {
    #[derive(Debug)]
    struct DeafAtTheTokenEndpoint(InProcess);
    impl HttpClient for DeafAtTheTokenEndpoint {
        fn send(
            &self,
            request: Request<Bytes>,
        ) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
            match request.method() == http::Method::POST {
                true => Box::pin(async move {
                    self.0.send(request).await?;
                    Err(HttpError::bare(HttpErrorKind::Timeout))
                }),
                false => self.0.send(request),
            }
        }
    }
    let mut world = World::with(EmulatorSettings::default().rotation(Rotation::SingleUse));
    let whole = world.runtime.clone();
    world.settings.rotation = RotationPolicy::SingleUse;
    world.runtime = world.runtime_over(DeafAtTheTokenEndpoint(world.http.clone()));
    let entries = world.users(3);
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.in_doubt, report.completion()),
        (3, Completion::Failed)
    );
    world.runtime = whole;
    let report = world.run(&entries).await.unwrap();
    assert_eq!(report.in_doubt, 3);
    assert_eq!(
        world.http.emulator.redemptions().seen(),
        3,
        "none was sent twice"
    );
}

#[tokio::test]
async fn stopping_brings_home_what_is_in_flight() {
    let mut world = World::new();
    world.settings.concurrency = Some(1);
    let entries = world.users(50);
    let stop = Box::pin(async {
        for _ in 0..40 {
            tokio::task::yield_now().await;
        }
    });
    let report = world
        .migration(&entries)
        .run(&mut NoObserver, stop)
        .await
        .unwrap();
    assert_eq!(report.completion(), Completion::RetryLeft);
    let seen = world.http.emulator.redemptions().seen();
    assert_eq!(report.migrated, seen, "every answer is in the target");
    assert!(seen < 50);
    assert_eq!(
        world.run(&entries).await.unwrap().completion(),
        Completion::Complete
    );
    assert_eq!(world.http.emulator.redemptions().seen(), 50);
}

#[tokio::test]
async fn a_journal_of_another_target_is_refused() {
    let world = World::new();
    let entries = world.users(1);
    world.run(&entries).await.unwrap();
    let source = msal_migrate::open(&world.source(&entries), &Default::default()).unwrap();
    let identity = msal_migrate::Destination::new().with("target", "elsewhere");
    let migration = msal_migrate::Migration::new(
        source,
        world.cache(msal_core::Dialect::default()),
        world.journal(),
        identity,
        world.runtime.clone(),
    );
    let never = Box::pin(std::future::pending());
    let error = migration.run(&mut NoObserver, never).await.unwrap_err();
    assert!(
        matches!(error, msal_migrate::MigrationError::Journal(_)),
        "{error}"
    );
}

/// A server that revokes all tokens of a sign-in when a spent one is presented again, and a fault after it has acted.
fn strict() -> World {
    let settings = EmulatorSettings::default().rotation(Rotation::SingleUseWithReuseDetection);
    let mut world = World::with(settings);
    world.settings.rotation = RotationPolicy::SingleUse;
    world
}

/// The kinds of answers that do not say that the server has acted, each after it has.
fn faults_after_the_server_has_acted() -> Vec<(&'static str, Fault)> {
    let failure = |status| Fault::failure(status, None, "");
    let html = [("content-type", "text/html")];
    vec![
        ("http_500", failure(500)),
        ("http_502", Fault::respond(502, html, "<html>bad gateway")),
        ("http_503", Fault::unavailable(None)),
        ("http_503", Fault::unavailable(Some(30))),
        ("http_504", failure(504)),
        ("http_429", Fault::throttle(30)),
        ("http_429", failure(429)),
        ("unreadable_response", Fault::not_json()),
        ("unreadable_response", Fault::respond(200, html, "")),
        ("http_403", Fault::respond(403, html, "<html>blocked")),
        ("temporarily_unavailable", Fault::aadsts(90033)),
        ("invalid_grant", Fault::aadsts(50196)),
    ]
}

#[tokio::test]
async fn a_token_on_which_the_server_may_have_acted_is_sent_once_and_named() {
    for (name, fault) in faults_after_the_server_has_acted() {
        let world = strict();
        world.http.emulator.add_fault(fault.after_effect().nth(2));
        let entries = world.users(5);
        for _ in 0..3 {
            let report = world.run(&entries).await.unwrap();
            assert_eq!((report.migrated, report.in_doubt), (4, 1), "{name}");
            assert_eq!(report.completion(), Completion::Failed, "{name}");
        }
        let redemptions = world.http.emulator.redemptions();
        assert!(redemptions.rows().iter().all(|row| row.seen == 1), "{name}");
        assert_eq!(redemptions.seen(), 5, "{name}");
        let mut doubts = Vec::new();
        let journal = JournalReader::open(world.journal()).unwrap();
        let visit = &mut |token: TokenReport| {
            if token.state == State::InDoubt {
                doubts.push(token.reason.error.into_owned());
            }
        };
        journal.tokens(visit).unwrap();
        assert_eq!(doubts, [name]);
    }
}

#[tokio::test]
async fn what_stays_valid_is_sent_again_after_the_same_faults() {
    for (name, fault) in faults_after_the_server_has_acted() {
        let world = World::new();
        world.http.emulator.add_fault(fault.after_effect().nth(2));
        let entries = world.users(5);
        let mut report = world.run(&entries).await.unwrap();
        // A page is nobody's word: what it stands for may have to be corrected before the next run.
        if report.failed == 1 {
            report = world.run(&entries).await.unwrap();
        }
        assert_eq!((report.migrated, report.in_doubt), (5, 0), "{name}");
    }
}

#[tokio::test]
async fn an_outage_leaves_most_tokens_unsent_where_each_would_be_in_doubt() {
    for fault in [
        Fault::unavailable(None),
        Fault::respond(403, [("a", "b")], "<html>"),
    ] {
        let mut world = strict();
        world.settings.concurrency = Some(4);
        world.http.emulator.add_fault(fault);
        let entries = world.users(40);
        let report = world.run(&entries).await.unwrap();
        assert!((1..=10).contains(&report.in_doubt), "{}", report.in_doubt);
        assert_eq!(report.in_doubt + report.retryable, 40);
        assert_eq!(world.http.emulator.redemptions().seen(), report.in_doubt);

        world.http.emulator.clear_faults();
        let doubts = report.in_doubt;
        let report = world.run(&entries).await.unwrap();
        assert_eq!((report.migrated, report.in_doubt), (40 - doubts, doubts));
    }
}

/// The token endpoint cannot be reached, so that nothing is sent.
#[tokio::test]
async fn a_token_that_was_not_received_is_in_doubt_at_no_time() {
    #[derive(Debug)]
    struct Severed(InProcess, HttpErrorKind);
    impl HttpClient for Severed {
        fn send(
            &self,
            request: Request<Bytes>,
        ) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
            match request.method() == http::Method::POST {
                true => Box::pin(std::future::ready(Err(HttpError::bare(self.1)))),
                false => self.0.send(request),
            }
        }
    }
    for kind in [HttpErrorKind::Unreachable, HttpErrorKind::Certificate] {
        let mut world = strict();
        let whole = world.runtime.clone();
        world.runtime = world.runtime_over(Severed(world.http.clone(), kind));
        let entries = world.users(5);
        let ended = world.run(&entries).await;
        assert_eq!(ended.is_err(), kind == HttpErrorKind::Certificate);
        let counts = JournalReader::open(world.journal()).unwrap().counts();
        assert_eq!(counts.in_doubt, 0, "{kind:?}");

        world.runtime = whole;
        assert_eq!(world.run(&entries).await.unwrap().migrated, 5, "{kind:?}");
    }
}
