//! What is logged: every span and event as documented, and nothing of anybody's.
//!
//! Every world searches the log for secrets and names when it ends; here are all calls, and all ways in which they end.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use msal::{Authority, Error, FileStore, HttpErrorKind, Partition, RefreshToken, UserAssertion};
use msal_emulator::sample::{ALICE, BOB, CONTOSO, CONTOSO_ID, DESKTOP, PASSWORD, WEB_SECRET};
use msal_emulator::{Endpoint, Fault, Settings};
use serde_json::json;
use tracing::dispatcher::{DefaultGuard, set_default, with_default};
use tracing::field::Empty;
use tracing::span::{Id, Record};
use tracing::{Dispatch, Instrument as _, Metadata};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{self, SubscriberExt as _};

use crate::leaks::{self, Leaks};
use crate::log::{Capture, DOCUMENTED};
use crate::world::{DAY, GRAPH, HOST, MANAGEMENT, VAULT, World, authority};

thread_local! {
    static LISTENING: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

/// Runs `calls` with a log of their own, also for what they do on other threads.
fn listen<T, F: Future<Output = T>>(calls: impl FnOnce(Capture) -> F) -> T {
    // With one subscriber in a process, who comes first to a place decides whether it is ever logged, and that may be the
    // thread of another test, which has none.
    let _set_before = Leaks::new();
    let capture = Capture::default();
    let dispatch = Dispatch::new(leaks::subscriber(capture.clone()));
    let of_thread = dispatch.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(move || LISTENING.set(Some(set_default(&of_thread))))
        .on_thread_stop(|| LISTENING.set(None))
        .build()
        .unwrap();
    with_default(&dispatch, || runtime.block_on(calls(capture)))
}

async fn settle() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

/// A user's tokens are taken in, used, renewed and removed, in a file that others meddle with.
#[cfg(unix)]
async fn from_sign_in_to_sign_out() {
    use std::os::unix::fs::PermissionsExt as _;

    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.json");
    let app = world.builder(DESKTOP).store(FileStore::new(&path));
    let app = app.build().unwrap();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let silent = || world.ask(app.acquire_token_silent([GRAPH], &alice));
    silent().await.unwrap();
    let exposed = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&path, exposed).unwrap();
    world.advance(DAY);
    silent().await.unwrap();
    std::fs::write(&path, "ruins").unwrap();
    world.sign_in(&app, DESKTOP, BOB).await;
    world.ask(app.accounts()).await.unwrap();
    world.ask(app.account(ALICE)).await.unwrap();
    world.ask(app.save()).await.unwrap();
    world.ask(app.remove_account(&alice)).await.unwrap();
    assert!(silent().await.is_err());
}

/// Every way in which a user signs in.
async fn sign_ins() {
    let world = Arc::new(World::new());
    crate::auth_code::sign_in(&world, ALICE).await.unwrap();
    crate::device_flow::sign_in(&world).await;
    crate::interactive::sign_in(Arc::clone(&world)).await;
    let app = world.desktop();
    let call = app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    world.ask(call).await.unwrap();
}

/// What a service does for itself and for those who call it.
async fn services() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    for _ in 0..2 {
        let call = app.acquire_token_for_client(GRAPH);
        world.ask(call).await.unwrap();
    }
    world.ask(app.remove_tokens_for_client()).await.unwrap();
    let alice = crate::on_behalf_of::called_by(&world, ALICE).await;
    let call = app.acquire_token_on_behalf_of(&alice, GRAPH);
    world.ask(call).await.unwrap();
    let session = "session-of-alice-that-nobody-may-know";
    world.leaks.add(session);
    let call = app.initiate_long_running_on_behalf_of(&alice, session, GRAPH);
    world.ask(call).await.unwrap();
    let next = || world.ask(app.acquire_token_in_long_running_on_behalf_of(session, VAULT));
    next().await.unwrap();
    world
        .ask(app.stop_long_running_on_behalf_of(session))
        .await
        .unwrap();
    assert!(next().await.is_err());
    // Both are text where a program has made text of the assertion.
    let swapped = app.acquire_token_on_behalf_of(
        &UserAssertion::from("api-of-somebody-else"),
        format!("\"{}\"", alice.expose_secret()),
    );
    world.leaks.show(&swapped);
    assert!(swapped.await.is_err());
}

/// Renewals that fail, and a server that is busy.
async fn busy_server() {
    let world = World::with(Settings::default().refresh_in(DAY / 48));
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.advance(Duration::from_secs(3000));
    world.emulator.add_fault(Fault::throttle(30).first(1));
    for _ in 0..2 {
        let call = app.acquire_token_silent([GRAPH], &alice);
        world.ask(call).await.unwrap();
    }
    world.store.fail_loads(true);
    let call = app.acquire_token_silent([GRAPH], &alice);
    world.ask(call).await.unwrap();
}

/// Equal calls, of a user who is signed out meanwhile.
async fn crowd() {
    let world = World::new();
    let (app, elsewhere) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    for is_signed_out in [false, true] {
        world.advance(DAY);
        world.http.hold("refresh_token");
        let call = || tokio::spawn(app.acquire_token_silent([GRAPH], &alice).into_future());
        let calls = [call(), call()];
        settle().await;
        if is_signed_out {
            world.ask(elsewhere.remove_account(&alice)).await.unwrap();
        }
        world.http.release();
        for call in calls {
            let outcome = world.ask(async { call.await.unwrap() }).await;
            assert_eq!(outcome.is_err(), is_signed_out);
        }
    }
}

/// A store that fails, then works again, and other writers.
async fn unsteady_store() {
    let world = World::new();
    world.leaks.add_private("partition-of-alice");
    // The text of an error may name a path, and one of a store of another kind anything.
    world.leaks.add_private("the cache store failed");
    let in_partition = || {
        let partition = Partition::new("partition-of-alice").unwrap();
        world.desktop().for_partition(partition)
    };
    let app = in_partition();
    world.store.fail_saves(true);
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
    world.ask(call).await.unwrap_err();
    world.ask(app.save()).await.unwrap_err();
    world.store.fail_saves(false);
    world.ask(app.accounts()).await.unwrap();
    let elsewhere = in_partition();
    let token = world.adal_sign_in(BOB, DESKTOP);
    let other = elsewhere.acquire_token_by_refresh_token(token, [GRAPH]);
    world.store.before_save(async move {
        other.await.unwrap();
    });
    world.sign_in(&app, DESKTOP, "user1@contoso.example").await;
    world.store.fail_loads(true);
    world.ask(app.accounts()).await.unwrap_err();
}

/// A token from elsewhere, at an authority that is not built in.
async fn redeemed_at(world: &World, authority: Authority) -> Option<Error> {
    let app = world.builder(DESKTOP).authority(authority).build().unwrap();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
    world.ask(call).await.err()
}

fn private_host() -> Authority {
    Authority::parse("https://login.private.example/common").unwrap()
}

/// Microsoft's answer about that host.
fn vouched(endpoint: &str) -> Fault {
    let answer = json!({"tenant_discovery_endpoint": endpoint, "metadata": []});
    let json = [("Content-Type", "application/json")];
    Fault::respond(200, json, answer.to_string()).endpoints([Endpoint::InstanceDiscovery])
}

async fn authorities() {
    let world = World::new();
    assert!(redeemed_at(&world, authority(CONTOSO)).await.is_none());
    assert!(redeemed_at(&world, private_host()).await.is_some());
    let own = "https://login.private.example/common/v2.0/.well-known/openid-configuration";
    world.emulator.add_fault(vouched(own));
    assert!(redeemed_at(&world, private_host()).await.is_none());
}

/// Everything that can keep a call from a token. What a person would see of it is searched as well.
async fn refusals() {
    let nothing: [(&str, &str); 0] = [];
    let html = [("Content-Type", "text/html")];
    let faults = [
        Fault::aadsts(50076).claims(r#"{"access_token":{"polids":{"essential":true}}}"#),
        Fault::aadsts(7_000_215),
        Fault::aadsts(700_082).suberror("bad_token"),
        Fault::throttle(30),
        Fault::unavailable(None),
        Fault::respond(403, html, "<html>blocked</html>"),
        Fault::respond(200, nothing, "<html>"),
        Fault::respond(503, [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")], ""),
        Fault::tamper().set_member("id_token", "a.b"),
        Fault::tamper().drop_member("access_token"),
        Fault::tamper().set_claim("id_token", "iss", "https://evil.example/"),
    ];
    for fault in faults {
        let world = World::new();
        let app = world.desktop();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        world.advance(DAY);
        let token = world.adal_sign_in(BOB, DESKTOP);
        world.emulator.add_fault(fault.clone());
        let silent = app.acquire_token_silent([GRAPH], &alice);
        assert!(world.ask(silent).await.is_err(), "{fault:?}");
        let foreign = app.acquire_token_by_refresh_token(token, [VAULT]);
        assert!(world.ask(foreign).await.is_err(), "{fault:?}");
    }
    for outage in [
        HttpErrorKind::Certificate,
        HttpErrorKind::CertificateExpired,
        HttpErrorKind::CertificateIssuer,
        HttpErrorKind::CertificateName,
        HttpErrorKind::CertificateNotYetValid,
        HttpErrorKind::ConnectTimeout,
        HttpErrorKind::ConnectionRefused,
        HttpErrorKind::NameNotFound,
        HttpErrorKind::NoRuntime,
        HttpErrorKind::NotTls,
        HttpErrorKind::Proxy,
        HttpErrorKind::Request,
        HttpErrorKind::Response,
        HttpErrorKind::ResponseTooLarge,
        HttpErrorKind::Timeout,
        HttpErrorKind::Unreachable,
    ] {
        let world = World::new();
        let app = world.desktop();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        world.http.fail(Some(outage));
        let silent = app.acquire_token_silent([MANAGEMENT], &alice);
        assert!(world.ask(silent).await.is_err(), "{outage:?}");
        assert!(redeemed_at(&world, private_host()).await.is_some());
        assert!(redeemed_at(&world, authority(CONTOSO)).await.is_some());
    }
    mistakes().await;
}

/// What the program or somebody else does wrong.
async fn mistakes() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.sign_in(&app, DESKTOP, BOB).await;
    let bobs = world.http.sent().pop().unwrap().answer;
    let mixed_up = Fault::tamper()
        .set_member("client_info", bobs["client_info"].clone())
        .set_member("id_token", bobs["id_token"].clone());
    world.emulator.add_fault(mixed_up);
    let call = app.acquire_token_silent([VAULT], &alice);
    assert!(matches!(world.ask(call).await, Err(Error::Protocol(_))));
    world.emulator.clear_faults();
    // A token in the wrong place is not logged with the place.
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let in_scopes = app.acquire_token_silent(format!("\"{}\"", token.expose_secret()), &alice);
    assert!(in_scopes.await.is_err());
    // Both are text: nothing but the order says which is which.
    let swapped = app.acquire_token_by_refresh_token("api-of-somebody-else", token.expose_secret());
    world.leaks.show(&swapped);
    assert!(swapped.await.is_err());
    let web = world.web("not-the-secret-of-this-client-0123456789");
    world.leaks.add("not-the-secret-of-this-client-0123456789");
    let token = RefreshToken::from("no-token-of-anybody-0123456789-0123456789");
    let call = web.acquire_token_by_refresh_token(token, [GRAPH]);
    assert!(world.ask(call).await.is_err());
    let mut cache = world.store.json().await;
    for (_key, account) in cache["Account"].as_object_mut().unwrap() {
        account["username"] = ALICE.into();
    }
    world.store.put(cache.to_string()).await;
    assert!(world.ask(app.account(ALICE)).await.is_err());
    world.store.put("ruins").await;
    assert!(world.ask(app.accounts()).await.is_err());
    assert!(world.ask(app.remove_account(&alice)).await.is_err());
}

#[cfg(unix)]
#[test]
fn all_that_is_documented_is_logged_and_nothing_else() {
    let rows = listen(|capture| async move {
        from_sign_in_to_sign_out().await;
        sign_ins().await;
        services().await;
        busy_server().await;
        crowd().await;
        unsteady_store().await;
        authorities().await;
        refusals().await;
        capture.rows()
    });
    assert_eq!(rows, *DOCUMENTED);
}

/// What was logged since the last time, without the names of the application and what a random number chose.
fn told(capture: &Capture) -> Vec<String> {
    let same = format!(" client_id=\"{DESKTOP}\" authority=https://{HOST}/{CONTOSO_ID}");
    let shorter = |line: String| {
        let line = line.replace(&same, "").replace(GRAPH, "GRAPH");
        match line.split_once(" correlation_id=\"") {
            Some((before, after)) => format!("{before}{}", after.split_once('"').unwrap().1),
            None => line,
        }
    };
    capture.take_lines().into_iter().map(shorter).collect()
}

const RENEWED: [&str; 6] = [
    "INFO acquire_token_silent: renewing a token scopes=GRAPH reason=\"expired\"",
    "DEBUG acquire_token_silent: token_request: request ended",
    "end of token_request attempt=1 status=200 outcome=\"ok\"",
    "DEBUG acquire_token_silent: the token cache was saved merged=false",
    "DEBUG acquire_token_silent: call ended",
    "end of acquire_token_silent scopes=GRAPH outcome=\"ok\" source=\"identity_provider\"",
];

#[test]
fn a_call_is_told_from_why_to_how_it_ended() {
    listen(|capture| async move {
        let world = World::new();
        let app = world.desktop();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        let call = "acquire_token_by_refresh_token";
        let expected = [
            format!("DEBUG {call}: the token cache was loaded found=false"),
            format!("DEBUG {call}: token_request: request ended"),
            "end of token_request attempt=1 status=200 outcome=\"ok\"".to_owned(),
            format!("DEBUG {call}: the token cache was saved merged=false"),
            format!("DEBUG {call}: call ended"),
            format!("end of {call} outcome=\"ok\" source=\"identity_provider\""),
        ];
        assert_eq!(told(&capture), expected);

        let silent = || world.ask(app.acquire_token_silent([GRAPH], &alice));
        silent().await.unwrap();
        let expected = [
            "TRACE acquire_token_silent: answered from the cache",
            "end of acquire_token_silent scopes=GRAPH outcome=\"ok\" source=\"cache\"",
        ];
        assert_eq!(told(&capture), expected);

        world.advance(DAY);
        silent().await.unwrap();
        assert_eq!(told(&capture), RENEWED);

        world.advance(DAY);
        world.emulator.add_fault(Fault::aadsts(700_082));
        silent().await.unwrap_err();
        let why =
            "outcome=\"interaction_required\" error=\"invalid_grant\" aadsts=\"AADSTS700082\"";
        let expected = [
            RENEWED[0].to_owned(),
            RENEWED[1].to_owned(),
            format!("end of token_request attempt=1 status=400 {why}"),
            RENEWED[4].to_owned(),
            format!("end of acquire_token_silent scopes=GRAPH {why}"),
        ];
        assert_eq!(told(&capture), expected);
    });
}

#[test]
fn the_correlation_id_is_the_one_that_was_sent() {
    listen(|capture| async move {
        let world = World::new();
        let app = world.desktop();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        capture.take_lines();
        let json = [("Content-Type", "application/json")];
        let body = r#"{"error":"invalid_grant","correlation_id":"what a server says"}"#;
        world.emulator.add_fault(Fault::respond(400, json, body));
        let call = app.acquire_token_silent([VAULT], &alice);
        world.ask(call).await.unwrap_err();
        let sent = world.http.sent().pop().unwrap();
        let id = sent.headers["client-request-id"].to_str().unwrap();
        let ends = capture.take_lines();
        let ends = ends.iter().filter(|line| line.starts_with("end of"));
        let with_id = ends.filter(|line| line.contains(&format!("correlation_id=\"{id}\"")));
        assert_eq!(with_id.count(), 2, "the call and the request");
    });
}

#[test]
fn of_equal_calls_the_one_that_asks_has_the_request_and_the_other_says_so() {
    listen(|capture| async move {
        let world = World::new();
        let app = world.desktop();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        world.advance(DAY);
        told(&capture);
        world.http.hold("refresh_token");
        let call = || tokio::spawn(app.acquire_token_silent([GRAPH], &alice).into_future());
        let calls = [call(), call()];
        settle().await;
        world.http.release();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let told = told(&capture);
        let waits = "DEBUG acquire_token_silent: waiting for an equal request that is in flight";
        assert_eq!(told.iter().filter(|line| *line == waits).count(), 1);
        let requests = told
            .iter()
            .filter(|line| line.starts_with("end of token_request"));
        assert_eq!(requests.count(), 1);
        let calls: Vec<_> = told
            .iter()
            .filter(|line| line.starts_with("end of acquire"))
            .collect();
        let shared = "end of acquire_token_silent scopes=GRAPH shared=true outcome=\"ok\" source=\"identity_provider\"";
        assert_eq!(calls, [RENEWED[5], shared]);
    });
}

#[test]
fn a_call_that_moves_to_another_thread_takes_its_spans_along() {
    listen(|capture| async move {
        let world = World::new();
        let app = world.desktop();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        world.advance(DAY);
        told(&capture);
        world.http.hold("refresh_token");
        let mut call = app.acquire_token_silent([GRAPH], &alice).into_future();
        let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        // Nothing of the call is left on this thread.
        assert_eq!(tracing::Span::current().id(), None);
        world.http.release();
        let dispatch = tracing::dispatcher::get_default(Dispatch::clone);
        let elsewhere = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            with_default(&dispatch, || runtime.block_on(call))
        });
        elsewhere.join().unwrap().unwrap();
        assert_eq!(told(&capture), RENEWED);
    });
}

#[cfg(unix)]
#[test]
fn what_a_store_says_on_a_thread_of_its_own_is_said_in_the_call() {
    use std::os::unix::fs::PermissionsExt as _;

    listen(|capture| async move {
        let world = World::new();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.json");
        let app = world.builder(DESKTOP).store(FileStore::new(&path));
        let app = app.build().unwrap();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        let exposed = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&path, exposed).unwrap();
        told(&capture);
        world.ask(app.remove_account(&alice)).await.unwrap();
        let start = "WARN remove_account: other users could read";
        assert!(told(&capture)[0].starts_with(start));
    });
}

#[test]
fn a_call_that_is_dropped_has_no_outcome() {
    listen(|capture| async move {
        let world = World::new();
        let app = world.desktop();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        world.advance(DAY);
        told(&capture);
        world.http.hold("refresh_token");
        let mut call = app.acquire_token_silent([GRAPH], &alice).into_future();
        let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        drop(call);
        let expected = [
            RENEWED[0],
            "end of token_request attempt=1",
            "end of acquire_token_silent scopes=GRAPH",
        ];
        assert_eq!(told(&capture), expected);
        world.http.release();
    });
}

#[test]
fn a_span_of_the_program_is_not_written_into() {
    #[derive(Clone, Default)]
    struct Recorded(Arc<Mutex<Vec<String>>>);
    impl<S: tracing::Subscriber> Layer<S> for Recorded {
        fn enabled(&self, metadata: &Metadata<'_>, _: layer::Context<'_, S>) -> bool {
            metadata.target() == "program"
        }
        fn on_record(&self, _: &Id, record: &Record<'_>, _: layer::Context<'_, S>) {
            self.0.lock().unwrap().push(format!("{record:?}"));
        }
    }
    let recorded = Recorded::default();
    let subscriber = tracing_subscriber::registry().with(recorded.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let span = || tracing::info_span!(target: "program", "work", shared = Empty, outcome = Empty);
    tracing::subscriber::with_default(subscriber, || {
        runtime.unwrap().block_on(async {
            let world = World::new();
            let app = world.desktop();
            let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
            world.advance(DAY);
            world.http.hold("refresh_token");
            let call = || {
                let call = app.acquire_token_silent([GRAPH], &alice);
                tokio::spawn(call.into_future().instrument(span()))
            };
            let calls = [call(), call()];
            settle().await;
            world.http.release();
            for call in calls {
                call.await.unwrap().unwrap();
            }
        });
    });
    assert_eq!(*recorded.0.lock().unwrap(), [""; 0]);
}
