//! Throttling, outages and patience.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use msal::{BoxFuture, Clock, HttpClient, HttpError, UnixTime};
use msal_emulator::{Endpoint, Fault, Version, sample};
use msal_migrate::{
    Completion, Conclusion, Counts, JournalReader, ObservedToken, Observer, Retry, RetryClass,
    RotationPolicy, Settings, Summary,
};
use tokio::sync::{Barrier, Notify};

use crate::world::{InProcess, World};

/// Tells the time, and never lets it pass.
#[derive(Debug)]
struct Standing(UnixTime);

impl Clock for Standing {
    fn now(&self) -> UnixTime {
        self.0
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }
}

/// A host that cannot be reached.
#[derive(Debug)]
struct Nobody;

impl HttpClient for Nobody {
    fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(std::future::ready(Err(HttpError::unreachable())))
    }
}

/// Answers when so many wait for it, and counts how many do at most.
#[derive(Debug)]
struct Crowded {
    inner: InProcess,
    company: Barrier,
    waiting: AtomicUsize,
    most: AtomicUsize,
}

impl HttpClient for Crowded {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            if request.method() == Method::POST {
                let waiting = self.waiting.fetch_add(1, Ordering::SeqCst) + 1;
                self.most.fetch_max(waiting, Ordering::SeqCst);
                self.company.wait().await;
                self.waiting.fetch_sub(1, Ordering::SeqCst);
            }
            self.inner.send(request).await
        })
    }
}

/// How many requests are in flight at most with these settings, which are to allow `width`.
async fn most_in_flight(settings: Settings, width: usize) -> usize {
    let mut world = World::new();
    world.settings = settings;
    let http = Arc::new(Crowded {
        inner: world.http.clone(),
        company: Barrier::new(width),
        waiting: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    });
    world.runtime = world.runtime_over(Arc::clone(&http));
    let users = world.users(60);
    let report = tokio::time::timeout(Duration::from_secs(60), world.run(&users)).await;
    // Where too few are in flight, nobody ever has company.
    assert!(matches!(report, Ok(Ok(report)) if report.migrated == 60));
    http.most.load(Ordering::SeqCst)
}

/// Says when a lane waits, and remembers the authorities that could not be used.
#[derive(Default)]
struct Watching {
    waits: Arc<Notify>,
    refused: Vec<String>,
}

impl Observer for Watching {
    fn waiting(&mut self, _: Duration) {
        self.waits.notify_one();
    }

    fn refused_authority(&mut self, authority: &str, _: &msal::Error) {
        self.refused.push(authority.to_owned());
    }
}

fn elapsed(world: &World) -> u64 {
    UnixTime::from_secs(1_800_000_000)
        .until(world.runtime.clock().now())
        .as_secs()
}

#[tokio::test]
async fn where_tokens_are_spent_by_use_few_are_in_flight_unless_it_is_chosen_otherwise() {
    let single_use = Settings {
        rotation: RotationPolicy::SingleUse,
        ..Settings::default()
    };
    assert_eq!(most_in_flight(single_use, 4).await, 4);
    assert!(most_in_flight(Settings::default(), 20).await >= 20);
    let wide = Settings {
        concurrency: Some(6),
        ..single_use
    };
    assert_eq!(most_in_flight(wide, 6).await, 6);
    let none = Settings {
        concurrency: Some(0),
        ..single_use
    };
    assert_eq!(most_in_flight(none, 1).await, 1, "none would never end");
}

#[tokio::test]
async fn no_more_are_sent_in_a_second_than_is_asked_for() {
    let mut world = World::new();
    world.settings.rate = NonZeroU32::new(1);
    let report = world.run(&world.users(60)).await.unwrap();
    assert_eq!(report.migrated, 60);
    let took = elapsed(&world);
    assert!((59..=60).contains(&took), "{took} s");
}

#[tokio::test]
async fn a_limit_leaves_the_others_to_later_runs() {
    let mut world = World::new();
    world.settings.limit = Some(4);
    let users = world.users(10);
    for (migrated, left) in [(4, 6), (8, 2), (10, 0)] {
        let report = world.run(&users).await.unwrap();
        assert_eq!((report.migrated, report.retryable), (migrated, left));
        assert_eq!(world.http.emulator.redemptions().seen(), migrated);
    }
}

#[tokio::test]
async fn a_429_stops_the_lane_and_every_token_arrives_later() {
    let mut world = World::new();
    world.settings.concurrency = Some(4);
    world.http.emulator.add_fault(Fault::throttle(60).nth(10));
    let report = world.run(&world.users(30)).await.unwrap();
    assert_eq!(
        (report.migrated, report.completion()),
        (30, Completion::Complete)
    );
    assert!(elapsed(&world) >= 60, "the server's wish was granted");
    assert_eq!(
        world.http.emulator.redemptions().seen(),
        31,
        "one answer told it all"
    );
    // What anybody is told who asks for it meanwhile, or later.
    let journal = JournalReader::open(world.journal()).unwrap();
    let run = journal.latest_run().unwrap();
    assert_eq!((run.tokens, run.done, run.earlier), (30, 30, 0));
    let pause = run.pause.unwrap();
    assert_eq!((run.pauses, pause.is_asked), (1, true));
    let lasts = run.began.until(pause.until).as_secs();
    assert!((60..=67).contains(&lasts), "{lasts} s");
}

/// Looks into the journal whenever a token has its outcome.
struct Looking<'a>(&'a World, Vec<(u64, u64)>);

impl Observer for Looking<'_> {
    fn concluded(&mut self, _: &ObservedToken<'_>, _: &Conclusion<'_>) {
        let path = self.0.journal();
        let running = msal_migrate::running(&path).expect("a journal");
        let running = running.expect("this run");
        assert_eq!(running.pid, Some(std::process::id()));
        let journal = JournalReader::open(path).expect("a journal");
        let run = journal.latest_run().expect("this run");
        assert_eq!(run.tokens, 30);
        self.1.push((run.done, journal.counts().total()));
    }
}

#[tokio::test]
async fn how_far_a_run_is_can_be_read_while_it_goes_on() {
    let mut world = World::new();
    world.settings.concurrency = Some(1);
    world
        .http
        .emulator
        .add_fault(Fault::unavailable(None).nth(10));
    let users = world.users(30);
    let mut looking = Looking(&world, Vec::new());
    let never = Box::pin(std::future::pending());
    let migration = world.migration(&users);
    migration.run(&mut looking, never).await.unwrap();
    let seen = looking.1;
    assert_eq!(seen.len(), 30);
    assert!(seen.is_sorted(), "{seen:?}");
    assert!(seen.iter().all(|(done, known)| done <= known), "{seen:?}");
    assert_eq!(msal_migrate::running(&world.journal()).unwrap(), None);
    let journal = JournalReader::open(world.journal()).unwrap();
    let run = journal.latest_run().unwrap();
    assert_eq!((run.tokens, run.done, run.pauses), (30, 30, 1));
    assert!(run.pause.is_some_and(|pause| !pause.is_asked));
    // The next one has nothing to do, and says so.
    world.run(&users).await.unwrap();
    let journal = JournalReader::open(world.journal()).unwrap();
    let run = journal.latest_run().unwrap();
    assert_eq!((run.done, run.earlier, run.rate(run.latest)), (30, 30, 0.0));
}

#[tokio::test]
async fn another_lane_goes_on_while_one_waits() {
    let world = World::new();
    world
        .http
        .emulator
        .add_fault(Fault::throttle(3600).client(sample::DESKTOP));
    let mut entries = world.users(10);
    for number in 1..=10 {
        let upn = format!("user{number}@contoso.example");
        let token = world.token(&upn, sample::WEB);
        entries.push(world.entry(&upn, sample::WEB, "https://graph.microsoft.com", &token));
    }
    let report = world.run(&entries).await.unwrap();
    assert_eq!((report.migrated, report.retryable), (10, 10));
    assert_eq!(report.completion(), Completion::RetryLeft);

    world.http.emulator.clear_faults();
    assert_eq!(world.run(&entries).await.unwrap().migrated, 20);
}

#[tokio::test]
async fn an_outage_ends_in_a_later_run_and_loses_nobody() {
    let mut world = World::new();
    world.settings.patience = Duration::from_secs(300);
    world.http.emulator.add_fault(Fault::unavailable(None));
    let entries = world.users(10);
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.retryable, report.completion()),
        (10, Completion::RetryLeft)
    );
    assert!(
        elapsed(&world) <= 400,
        "it gave up after its patience, not after hours"
    );

    world.http.emulator.clear_faults();
    assert_eq!(
        world.run(&entries).await.unwrap().completion(),
        Completion::Complete
    );
}

#[tokio::test]
async fn a_page_of_html_is_tried_again() {
    let world = World::new();
    world.http.emulator.add_fault(
        Fault::respond(200, [("content-type", "text/html")], "<html>portal</html>").first(3),
    );
    let report = world.run(&world.users(5)).await.unwrap();
    assert_eq!(report.migrated, 5);
}

#[tokio::test]
async fn the_target_is_written_a_few_times_however_many_tokens_there_are() {
    let world = World::with(
        msal_emulator::Settings::default().signatures(msal_emulator::Signatures::Cheap),
    );
    let report = world.run(&world.users(2500)).await.unwrap();
    assert_eq!(report.migrated, 2500);
    assert!(report.target_writes <= 3, "{}", report.target_writes);
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_lane_that_waits() {
    let mut world = World::new();
    let standing = Standing(world.runtime.clock().now());
    world.runtime = world.runtime.clone().with_clock(standing);
    world.http.emulator.add_fault(Fault::throttle(3600));
    let mut watching = Watching::default();
    let waits = Arc::clone(&watching.waits);
    let stop = Box::pin(async move { waits.notified().await });
    let migration = world.migration(&world.users(3));
    let run = migration.run(&mut watching, stop);
    let report = tokio::time::timeout(Duration::from_secs(30), run).await;
    let report = report
        .expect("it waits for a lane that nobody needs")
        .unwrap();
    assert_eq!(
        (report.migrated, report.completion()),
        (0, Completion::RetryLeft)
    );
}

#[tokio::test]
async fn a_host_that_never_answered_is_not_waited_for_as_long_as_one_that_has() {
    let mut world = World::new();
    let entries = world.users(3);
    let nobody = world.runtime_over(Nobody);
    let reachable = std::mem::replace(&mut world.runtime, nobody);
    let mut watching = Watching::default();
    let never = Box::pin(std::future::pending());
    let report = world.migration(&entries).run(&mut watching, never).await;
    assert_eq!(report.unwrap().completion(), Completion::RetryLeft);
    assert_eq!(
        watching.refused,
        [format!("{}/contoso.example", crate::world::HOST)]
    );
    assert!(
        elapsed(&world) <= 60,
        "it gave up after seconds, not after {}",
        elapsed(&world)
    );

    world.runtime = reachable;
    assert_eq!(world.run(&entries).await.unwrap().migrated, 3);
}

#[tokio::test]
async fn an_authority_that_is_busy_is_asked_again() {
    let world = World::new();
    let documents = [Endpoint::OpenIdConfiguration(Version::V2)];
    let fault = Fault::throttle(90).endpoints(documents).first(2);
    world.http.emulator.add_fault(fault);
    let report = world.run(&world.users(3)).await.unwrap();
    assert_eq!(
        (report.migrated, report.completion()),
        (3, Completion::Complete)
    );
    assert!(elapsed(&world) >= 180, "it waited {}", elapsed(&world));
}

#[tokio::test]
async fn an_authority_that_stays_busy_is_left_to_a_later_run() {
    let world = World::new();
    let documents = [Endpoint::OpenIdConfiguration(Version::V2)];
    let fault = Fault::unavailable(None).endpoints(documents);
    world.http.emulator.add_fault(fault);
    let entries = world.users(3);
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.retryable, report.completion()),
        (3, Completion::RetryLeft)
    );
    world.http.emulator.clear_faults();
    assert_eq!(world.run(&entries).await.unwrap().migrated, 3);
}

/// Hears how many tokens are tried again.
#[derive(Default)]
struct Again(u64, u64);

impl Observer for Again {
    fn planned(&mut self, _: &Summary, earlier: Counts, again: u64) {
        *self = Self(earlier.settled(), again);
    }
}

#[tokio::test]
async fn what_is_tried_again_is_not_done_before_it_is() {
    let world = World::new();
    let mut entries = world.users(3);
    let dead = ["user4@contoso.example", "user5@contoso.example"];
    entries.extend(dead.map(|upn| {
        world.entry(
            upn,
            sample::DESKTOP,
            "https://graph.microsoft.com",
            &format!("1.dead-{upn}"),
        )
    }));
    world.run(&entries).await.unwrap();
    for (retry, again) in [
        (Retry::default(), 0),
        (Retry::default().class(RetryClass::NeedsUser), 2),
        (Retry::default().row("#/3"), 1),
    ] {
        let mut heard = Again::default();
        let never = Box::pin(std::future::pending());
        let migration = world.migration(&entries).retry(retry);
        migration.run(&mut heard, never).await.unwrap();
        assert_eq!((heard.0, heard.1), (5, again));
        let journal = JournalReader::open(world.journal()).unwrap();
        let run = journal.latest_run().unwrap();
        assert_eq!((run.tokens, run.earlier, run.done), (5, 5 - again, 5));
    }
}
