//! Answers that are held back, and what asking again makes of them: the newest token of a user is never lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use msal::{BoxFuture, HttpClient, HttpError};
use msal_emulator::{Fault, Rotation, Settings as EmulatorSettings, sample};
use msal_migrate::{
    Class, Completion, JournalReader, MigrationError, NoObserver, Retry, RetryClass,
    RotationPolicy, State, TokenReport, UserHints,
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::world::{HOST, InProcess, World};

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
    let report = world.run(&entries).await;
    assert!(report.is_ok_and(|report| report.quarantined == 1));
    (world, entries)
}

/// Where each token stands, and whether a newer one is sealed.
fn sealed(world: &World) -> Vec<(State, bool)> {
    let mut found = Vec::new();
    let mut each = |token: TokenReport| found.push((token.state, token.has_sealed_token));
    let journal = JournalReader::open(world.journal());
    let read = journal.and_then(|journal| journal.tokens(&mut each));
    assert!(read.is_ok(), "{read:?}");
    found
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
    assert_eq!(sealed(&world), [(State::InDoubt, true)]);

    // Nothing is sent, and the key of the sealed answer stays.
    assert_eq!(world.run(&entries).await.unwrap().in_doubt, 1);
    let report = world.run_again(&entries, again(RetryClass::InDoubt)).await;
    assert_eq!((report.migrated, report.needs_user), (1, 0));
    let migrated = State::Concluded(Class::Migrated);
    assert_eq!(sealed(&world), [(migrated, false)]);
}

#[tokio::test]
async fn a_report_says_for_which_tokens_a_newer_one_is_sealed() {
    let (world, _) = with_an_answer_held_back().await;
    let held_back = State::Concluded(Class::Quarantined);
    assert_eq!(sealed(&world), [(held_back, true)]);

    let world = strict();
    let fault = Fault::unavailable(None).first(1);
    world.http.emulator.add_fault(fault);
    let report = world.run(&world.users(1)).await;
    assert!(report.is_ok_and(|report| report.in_doubt == 1));
    assert_eq!(sealed(&world), [(State::InDoubt, false)]);
}

#[tokio::test]
async fn a_retry_that_is_killed_keeps_the_sealed_successor_for_the_next_one() {
    let (mut world, entries) = with_an_answer_held_back().await;
    let whole = world.runtime.clone();
    let taken = Arc::new(Notify::new());
    world.runtime = world.runtime_over(Silent {
        inner: world.http.clone(),
        taken: Arc::clone(&taken),
    });
    let mut observer = NoObserver;
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
    world.runtime = world.runtime_over(Arc::clone(&http));
    assert_eq!(world.run(&entries).await.unwrap().quarantined, 1);

    let never = Box::pin(std::future::pending());
    let migration = world.migration(&entries).release("#/0");
    let migration = migration.retry(again(RetryClass::Quarantined));
    let report = migration.run(&mut NoObserver, never).await;
    assert_eq!(report.unwrap().migrated, 1);
    assert_eq!(
        http.sent.load(Ordering::SeqCst),
        1,
        "the sealed answer was enough"
    );
}

#[tokio::test]
async fn tokens_of_another_user_are_held_back_until_the_operator_decides() {
    let mut world = World::new();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let entries = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &bobs)];
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.quarantined, report.completion()),
        (1, Completion::Failed)
    );
    assert_eq!(
        world.outcomes(),
        [(Class::Quarantined, "user_mismatch".to_owned())]
    );
    assert!(world.target().await.is_null(), "nothing was published");

    let report = world.run(&entries).await.unwrap();
    assert_eq!(report.quarantined, 1, "it stays held back");

    world.settings.allow_user_mismatch = true;
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.migrated, report.completion()),
        (1, Completion::Complete)
    );
    assert_eq!(
        world.http.emulator.redemptions().seen(),
        1,
        "the sealed answer was enough"
    );
}

#[tokio::test]
async fn answers_that_may_not_be_trusted_are_held_back_with_their_token() {
    for (member, value, reason) in [
        ("id_token", json!("a.b"), "malformed_response"),
        ("client_info", json!("%%%"), "malformed_response"),
        ("access_token", json!(5), "malformed_response"),
        ("error", json!("oops"), "malformed_response"),
    ] {
        let world = World::new();
        world
            .http
            .emulator
            .add_fault(Fault::tamper().set_member(member, value));
        let report = world.run(&world.users(1)).await.unwrap();
        assert_eq!(report.quarantined, 1, "{member}");
        assert_eq!(
            world.outcomes(),
            [(Class::Quarantined, reason.to_owned())],
            "{member}"
        );
        assert!(world.target().await.is_null());
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_about_the_user_is_held_back() {
    let world = World::new();
    world.http.emulator.add_fault(
        Fault::tamper()
            .drop_member("client_info")
            .drop_member("id_token"),
    );
    let report = world.run(&world.users(1)).await.unwrap();
    assert_eq!(report.quarantined, 1);
    assert_eq!(
        world.outcomes(),
        [(Class::Quarantined, "no_identity".to_owned())]
    );
}

#[tokio::test]
async fn what_is_held_back_is_asked_again_with_the_newest_token() {
    let mut world = World::with(EmulatorSettings::default().rotation(Rotation::SingleUse));
    world.settings.rotation = RotationPolicy::SingleUse;
    let fault = Fault::tamper().set_member("id_token", "a.b");
    world.http.emulator.add_fault(fault.first(2));
    let entries = world.users(2);
    assert_eq!(world.run(&entries).await.unwrap().quarantined, 2);

    let retry = Retry::default().class(RetryClass::Quarantined).row("#/0");
    let report = world.run_again(&entries, retry).await;
    assert_eq!((report.migrated, report.quarantined), (1, 1));
    let redemptions = world.http.emulator.redemptions();
    assert!(
        redemptions.rows().iter().all(|row| row.seen == 1),
        "no token was sent twice"
    );
}

#[tokio::test]
async fn what_is_held_back_is_asked_for_by_itself_at_another_authority_where_that_spends_nothing() {
    for (rotation, migrated) in [
        (RotationPolicy::Reusable, 1),
        (RotationPolicy::SingleUse, 0),
    ] {
        let mut world = World::new();
        world.settings.rotation = rotation;
        let fault = Fault::tamper().set_member("id_token", "a.b");
        world.http.emulator.add_fault(fault.first(1));
        let entries = world.users(1);
        assert_eq!(world.run(&entries).await.unwrap().quarantined, 1);
        assert_eq!(world.run(&entries).await.unwrap().quarantined, 1);
        assert_eq!(world.http.emulator.redemptions().seen(), 1);

        let report = world.run_at("organizations", &entries).await;
        assert_eq!(
            (report.migrated, report.quarantined),
            (migrated, 1 - migrated),
            "{rotation:?}"
        );
        assert_eq!(world.http.emulator.redemptions().seen(), 1 + migrated);
    }
}

#[tokio::test]
async fn what_is_held_back_stays_so_when_asking_again_brings_no_tokens() {
    let mut world = World::new();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let entries = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &bobs)];
    world.run(&entries).await.unwrap();
    world
        .http
        .emulator
        .add_fault(Fault::aadsts(50_076).first(1));
    let retry = Retry::default().class(RetryClass::Quarantined);
    assert_eq!(world.run_again(&entries, retry).await.quarantined, 1);

    world.settings.allow_user_mismatch = true;
    assert_eq!(world.run(&entries).await.unwrap().migrated, 1);
    assert_eq!(world.http.emulator.redemptions().seen(), 2);
}

#[tokio::test]
async fn one_row_is_released_and_the_others_stay_held_back() {
    let world = World::new();
    let entry = |owner: &str, said: &str| {
        let token = world.token(owner, sample::DESKTOP);
        world.entry(said, sample::DESKTOP, GRAPH, &token)
    };
    let entries = [
        entry(sample::BOB, sample::ALICE),
        entry(sample::ALICE, sample::BOB),
    ];
    assert_eq!(world.run(&entries).await.unwrap().quarantined, 2);

    let release = async |row: &str, entries: &[Value]| {
        let never = Box::pin(std::future::pending());
        let migration = world.migration(entries).release(row);
        migration.run(&mut NoObserver, never).await
    };
    let refused = release("#/7", &entries).await;
    assert!(
        matches!(refused, Err(MigrationError::NotThere { .. })),
        "{refused:?}"
    );
    let report = release("#/1", &entries).await.unwrap();
    assert_eq!((report.migrated, report.quarantined), (1, 1));
    assert_eq!(
        world.http.emulator.redemptions().seen(),
        2,
        "the sealed answer was enough"
    );
    // The place alone means a row of the input.
    let refused = release("#/0", &[]).await;
    assert!(
        matches!(refused, Err(MigrationError::NotThere { .. })),
        "{refused:?}"
    );
    assert_eq!(
        world
            .outcomes()
            .iter()
            .filter(|(class, _)| *class == Class::Quarantined)
            .count(),
        1
    );
}

#[tokio::test]
async fn what_is_held_back_says_what_was_expected_and_what_came() {
    let world = World::new();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let entries = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &bobs)];
    for _ in 0..2 {
        // Judged in a run, and again in the recovery of the next one.
        world.run(&entries).await.unwrap();
        let mut tokens = Vec::new();
        let journal = JournalReader::open(world.journal()).unwrap();
        journal.tokens(&mut |token| tokens.push(token)).unwrap();
        let [token] = tokens.try_into().unwrap();
        let name = |user: &Option<UserHints>| user.as_ref().and_then(|user| user.username.clone());
        assert_eq!(name(&token.expected).as_deref(), Some(sample::ALICE));
        assert_eq!(name(&token.found).as_deref(), Some(sample::BOB));
        assert!(token.found.unwrap().home_account_id.is_some());
        assert_eq!(token.client_id.as_deref(), Some(sample::DESKTOP));
        let authority = format!("{HOST}/contoso.example");
        assert_eq!(token.authority, Some(authority));
    }
}

#[tokio::test]
async fn what_an_earlier_input_left_held_back_is_not_the_next_inputs() {
    let world = World::new();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let mixed = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &bobs)];
    assert_eq!(world.run(&mixed).await.unwrap().quarantined, 1);
    let report = world.run(&world.users(3)).await.unwrap();
    assert_eq!(
        (report.tokens, report.migrated, report.quarantined),
        (3, 3, 0)
    );
    assert_eq!(report.completion(), Completion::Complete);
    assert_eq!(world.run(&mixed).await.unwrap().quarantined, 1);
}
