//! What an observer hears: whose token it was, and how it ended, once.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response};
use msal::{BoxFuture, HttpClient, HttpError};
use msal_emulator::{Fault, Rotation, Settings as EmulatorSettings, sample};
use msal_migrate::{
    Class, Conclusion, Counts, Fingerprint, JournalReader, Migration, ObservedToken, Observer,
    Retry, RetryClass, RotationPolicy, State, Summary,
};
use serde_json::Value;
use tokio::sync::Notify;

use crate::world::{HOST, InProcess, World};

const GRAPH: &str = "https://graph.microsoft.com";

/// Writes down what it hears.
#[derive(Default)]
struct Minutes {
    earlier: Counts,
    redeemed: Vec<Fingerprint>,
    concluded: Vec<Heard>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Heard {
    fingerprint: Fingerprint,
    place: String,
    username: Option<String>,
    client_id: String,
    authority: String,
    earlier: Option<State>,
    state: State,
    error: String,
}

impl Observer for Minutes {
    fn planned(&mut self, _: &Summary, earlier: Counts, _: u64) {
        self.earlier = earlier;
    }

    fn redeemed(&mut self, token: &ObservedToken<'_>) {
        self.redeemed.push(token.fingerprint);
    }

    fn concluded(&mut self, token: &ObservedToken<'_>, conclusion: &Conclusion<'_>) {
        let is_migrated = conclusion.state == State::Concluded(Class::Migrated);
        assert_eq!(conclusion.home_account_id.is_some(), is_migrated);
        let debug = format!("{token:?} {conclusion:?}");
        assert!(!debug.contains("@contoso.example"), "{debug}");
        self.concluded.push(Heard {
            fingerprint: token.fingerprint,
            place: token.locator.place().to_string(),
            username: token.user.username.clone(),
            client_id: token.client_id.to_owned(),
            authority: token.authority.to_string(),
            earlier: token.earlier,
            state: conclusion.state,
            error: conclusion.reason.error.to_string(),
        });
    }
}

impl Minutes {
    /// How each token ended that was heard of, in the order of rows. None was heard of twice.
    fn ends(&self) -> Vec<(&str, State)> {
        for tokens in [
            self.redeemed.clone(),
            self.concluded.iter().map(|it| it.fingerprint).collect(),
        ] {
            let mut distinct = tokens.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), tokens.len(), "heard twice: {tokens:?}");
        }
        let ends = self.concluded.iter();
        let mut ends: Vec<_> = ends.map(|it| (it.place.as_str(), it.state)).collect();
        ends.sort_unstable_by_key(|(place, _)| *place);
        ends
    }
}

async fn watched(migration: Migration) -> Minutes {
    let mut minutes = Minutes::default();
    let never = Box::pin(std::future::pending());
    migration.run(&mut minutes, never).await.unwrap();
    minutes
}

const MIGRATED: State = State::Concluded(Class::Migrated);
const QUARANTINED: State = State::Concluded(Class::Quarantined);

#[tokio::test]
async fn an_observer_hears_whose_token_it_was_and_how_it_ended() {
    let world = World::new();
    let mut entries = world.users(2);
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    entries.push(world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &bobs));
    entries.push(world.entry(sample::ALICE, sample::WEB, GRAPH, "no token"));
    let minutes = watched(world.migration(&entries)).await;
    let needs_user = State::Concluded(Class::NeedsUser);
    let ends = [
        ("#/0", MIGRATED),
        ("#/1", MIGRATED),
        ("#/2", QUARANTINED),
        ("#/3", needs_user),
    ];
    assert_eq!(minutes.ends(), ends);
    assert_eq!(minutes.redeemed.len(), 2);
    let heard = minutes.concluded.iter().find(|it| it.place == "#/3");
    let heard = heard.unwrap();
    assert_eq!(heard.username.as_deref(), Some(sample::ALICE));
    assert_eq!(heard.client_id, sample::WEB);
    assert_eq!(heard.authority, format!("{HOST}/contoso.example"));
    assert_eq!(
        (heard.error.as_str(), heard.earlier),
        ("invalid_grant", None)
    );

    // The next run has nothing to add to what it counts beforehand.
    let minutes = watched(world.migration(&entries)).await;
    let earlier = minutes.earlier;
    assert_eq!(
        (earlier.migrated, earlier.needs_user, earlier.quarantined),
        (2, 1, 1)
    );
    assert_eq!((minutes.redeemed.len(), minutes.concluded.len()), (0, 0));
}

#[tokio::test]
async fn a_token_that_is_sent_many_times_is_heard_of_once() {
    let world = World::new();
    world
        .http
        .emulator
        .add_fault(Fault::unavailable(None).first(3));
    world.http.emulator.add_fault(Fault::throttle(60).nth(5));
    let minutes = watched(world.migration(&world.users(4))).await;
    assert_eq!(minutes.ends().len(), 4);
    assert!(minutes.ends().iter().all(|(_, state)| *state == MIGRATED));
    assert!(world.http.emulator.redemptions().seen() > 4);

    // Given up for this run, and tried again by the next.
    let world = World::new();
    world.http.emulator.add_fault(Fault::unavailable(None));
    let entries = world.users(2);
    let retryable = State::Concluded(Class::Retryable);
    let minutes = watched(world.migration(&entries)).await;
    assert_eq!(minutes.ends(), [("#/0", retryable), ("#/1", retryable)]);
    world.http.emulator.clear_faults();
    let minutes = watched(world.migration(&entries)).await;
    assert_eq!(minutes.ends(), [("#/0", MIGRATED), ("#/1", MIGRATED)]);
    assert!(
        minutes
            .concluded
            .iter()
            .all(|it| it.earlier == Some(retryable))
    );
}

/// Hands out one answer at the token endpoint, and then none, as for a process that is killed.
#[derive(Debug)]
struct Once {
    inner: InProcess,
    left: std::sync::atomic::AtomicBool,
}

impl HttpClient for Once {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let is_post = request.method() == Method::POST;
        let is_up = !is_post || self.left.swap(false, std::sync::atomic::Ordering::SeqCst);
        match is_up {
            true => self.inner.send(request),
            false => Box::pin(std::future::pending()),
        }
    }
}

/// A world whose first run was killed when the answer to the first of `count` tokens was sealed.
async fn killed(mut world: World, count: usize) -> (World, Vec<Value>) {
    let whole = world.runtime.clone();
    world.settings.concurrency = Some(1);
    world.runtime = world.runtime_over(Once {
        inner: world.http.clone(),
        left: true.into(),
    });
    let entries = world.users(count);
    let mut minutes = Minutes::default();
    let never = Box::pin(std::future::pending());
    let run = world.migration(&entries).run(&mut minutes, never);
    let sealed = async {
        let journal = || JournalReader::open(world.journal());
        while !journal().is_ok_and(|journal| journal.counts().unpublished == 1) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        result = run => panic!("the run should have been stuck: {result:?}"),
        () = sealed => {}
    }
    world.runtime = whole;
    (world, entries)
}

#[tokio::test]
async fn what_an_earlier_run_sealed_is_heard_of_once() {
    let (world, entries) = killed(World::new(), 3).await;
    let minutes = watched(world.migration(&entries)).await;
    assert_eq!(
        minutes.ends(),
        [("#/0", MIGRATED), ("#/1", MIGRATED), ("#/2", MIGRATED)]
    );
    assert_eq!(minutes.redeemed.len(), 3);

    // A page was sealed: the recovery leaves its token to be sent again, and the run that follows sends it.
    let world = World::new();
    let page = Fault::respond(200, [("content-type", "text/html")], "<html>portal</html>");
    world.http.emulator.add_fault(page.first(1));
    let (world, entries) = killed(world, 3).await;
    let minutes = watched(world.migration(&entries)).await;
    assert_eq!(
        minutes.ends(),
        [("#/0", MIGRATED), ("#/1", MIGRATED), ("#/2", MIGRATED)]
    );
    assert_eq!(minutes.redeemed.len(), 3);
}

#[tokio::test]
async fn what_a_sealed_page_leaves_in_doubt_is_heard_of_unless_the_token_is_sent_again() {
    for is_asked_again in [false, true] {
        let settings = EmulatorSettings::default().rotation(Rotation::SingleUseWithReuseDetection);
        let world = World::with(settings);
        let page = Fault::respond(200, [("content-type", "text/html")], "<html>portal</html>");
        world.http.emulator.add_fault(page.first(1));
        // A run with one token would come to its end; of the second it is open whether it was sent.
        let (mut world, entries) = killed(world, 2).await;
        world.settings.rotation = RotationPolicy::SingleUse;
        let retry = match is_asked_again {
            true => Retry::default().class(RetryClass::InDoubt),
            false => Retry::default(),
        };
        let minutes = watched(world.migration(&entries).retry(retry)).await;
        let end = match is_asked_again {
            true => MIGRATED,
            false => State::InDoubt,
        };
        let heard = minutes.concluded.iter();
        let heard: Vec<_> = heard.filter(|heard| heard.place == "#/0").collect();
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].state, end);
        assert_eq!(heard[0].earlier, Some(State::Unpublished));
    }
}

#[tokio::test]
async fn what_is_held_back_again_is_no_news_and_what_comes_of_a_retry_is() {
    let world = World::new();
    let fault = Fault::tamper().set_member("id_token", "a.b");
    world.http.emulator.add_fault(fault.nth(1));
    let entries = world.users(2);
    assert_eq!(watched(world.migration(&entries)).await.ends().len(), 2);
    assert_eq!(watched(world.migration(&entries)).await.ends(), []);
    let retry = Retry::default().class(RetryClass::Quarantined);
    let minutes = watched(world.migration(&entries).retry(retry)).await;
    let ends: Vec<_> = minutes.ends().into_iter().map(|(_, state)| state).collect();
    assert_eq!(ends, [MIGRATED]);
    assert_eq!(minutes.concluded[0].earlier, Some(QUARANTINED));
}

#[tokio::test]
async fn a_token_of_two_clients_is_heard_of_once_for_each() {
    let settings = EmulatorSettings::default().rotation(Rotation::SingleUse);
    let mut world = World::with(settings);
    world.settings.rotation = RotationPolicy::SingleUse;
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let entries = [sample::DESKTOP, sample::WEB]
        .map(|client| world.entry(sample::ALICE, client, GRAPH, &token));
    let minutes = watched(world.migration(&entries)).await;
    let failed = State::Concluded(Class::Failed);
    assert_eq!(minutes.ends(), [("#/0", MIGRATED), ("#/1", failed)]);
    let clients: Vec<_> = minutes.concluded.iter().map(|it| &*it.client_id).collect();
    assert!(clients.contains(&sample::DESKTOP) && clients.contains(&sample::WEB));
}

/// Stops the run when the first token is redeemed.
#[derive(Default)]
struct Impatient {
    minutes: Minutes,
    stop: Arc<Notify>,
}

impl Observer for Impatient {
    fn redeemed(&mut self, token: &ObservedToken<'_>) {
        self.stop.notify_one();
        self.minutes.redeemed(token);
    }

    fn concluded(&mut self, token: &ObservedToken<'_>, conclusion: &Conclusion<'_>) {
        self.minutes.concluded(token, conclusion);
    }
}

#[tokio::test]
async fn a_run_that_is_stopped_tells_what_came_home_and_nothing_of_the_rest() {
    let mut world = World::new();
    world.settings.concurrency = Some(2);
    let entries = world.users(20);
    let mut observer = Impatient::default();
    let stop = Arc::clone(&observer.stop);
    let stop = Box::pin(async move { stop.notified().await });
    let report = world.migration(&entries).run(&mut observer, stop).await;
    let report = report.unwrap();
    let ends = observer.minutes.ends();
    assert!(report.migrated < 20);
    assert_eq!(ends.len() as u64, report.migrated);
    let rest = watched(world.migration(&entries)).await;
    assert_eq!(rest.ends().len() as u64, 20 - report.migrated);
}
