//! Signing in with a user name and a password.

use std::sync::Arc;

use msal::fakes::{JumpingClock, ScriptedHttp};
use msal::{
    Authority, ConfidentialClientApplication, Error, HttpErrorKind, PublicClientApplication,
    Remedy, Runtime, TokenSource,
};
use msal_emulator::sample::{
    ALICE, CAROL, CONTOSO_ID, DAN, DESKTOP, MIA, PASSWORD, WEB, WEB_SECRET,
};
use msal_emulator::{App, Directory, Emulator, Endpoint, Fault, Tenant, User};
use serde_json::json;

use crate::world::{GRAPH, HOST, MANAGEMENT, T0, World, authority, entry};

#[tokio::test]
async fn a_managed_user_is_signed_in() {
    let world = World::new();
    let app = world.desktop();
    let call = app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    let result = world.ask(call).await.unwrap();
    assert_eq!(result.token_source, TokenSource::IdentityProvider);
    let account = result.account.unwrap();
    assert_eq!(account.username, ALICE);
    let cache = world.store.json().await;
    let id = account.home_account_id.as_str();
    assert_eq!(entry(&cache, "Account", id)["account_source"], "password");
    let hit = world.ask(app.acquire_token_silent(GRAPH, &account)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
}

#[tokio::test]
async fn a_confidential_client_can_as_well() {
    let world = World::new();
    let app: ConfidentialClientApplication = world.web(WEB_SECRET);
    let call = app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    assert!(world.ask(call).await.is_ok());
    let sent = world.http.token_requests();
    assert_eq!(sent[0].form["client_id"], WEB);
    assert!(sent[0].form.contains_key("client_secret"));
}

#[tokio::test]
async fn a_policy_that_blocks_passwords_says_which_ways_are_left() {
    let world = World::new();
    let app = world.desktop();
    let claims = r#"{"access_token":{"polids":{"essential":true}}}"#;
    let blocked = Fault::aadsts(53_003).claims(claims).grant("password");
    world.emulator.add_fault(blocked);
    let call = app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    let error = world.ask(call).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("AADSTS53003"), "{message}");
    assert!(
        message.contains("block sign-in with a user name and a password; sign in with a browser"),
        "{message}"
    );
    assert_eq!(error.remedy(), Remedy::SignIn);
    assert_eq!(error.claims(), Some(claims));
    let sent = world.http.token_requests().pop().unwrap();
    let id = sent.headers["client-request-id"].to_str().unwrap();
    assert_eq!(error.correlation_id(), Some(id));
}

#[tokio::test]
async fn the_requests_are_those_that_msal_python_sends() {
    let world = World::new();
    let app = world.desktop();
    let call = app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    world.ask(call).await.unwrap();
    let sent = world.http.sent();
    let [realm, token] = sent.as_slice() else {
        panic!("{} requests", sent.len())
    };
    assert_eq!(
        realm.url,
        format!("https://{HOST}/common/userrealm/{ALICE}?api-version=1.0")
    );
    assert_eq!(realm.headers["accept"], "application/json");
    assert_eq!(
        realm.headers["client-request-id"],
        token.headers["client-request-id"]
    );
    assert_eq!(
        token.url,
        format!("https://{HOST}/{CONTOSO_ID}/oauth2/v2.0/token")
    );
    let form = json!({
        "client_id": DESKTOP, "grant_type": "password", "client_info": "1", "username": ALICE,
        "password": PASSWORD, "scope": format!("{GRAPH} offline_access openid profile"),
    });
    assert_eq!(json!(token.form), form);
    for (name, value) in [
        ("x-client-current-telemetry", "4|301,0|"),
        ("x-client-last-telemetry", "4|0|||"),
        ("x-anchormailbox", &format!("upn:{ALICE}")),
    ] {
        assert_eq!(token.headers[name], value, "{name}");
    }
}

#[tokio::test]
async fn what_the_user_has_to_see_to_is_told_as_that_and_caches_nothing() {
    for (user, password, scope, code) in [
        (ALICE, "Wrong-Passw0rd", GRAPH, 50126),
        (DAN, PASSWORD, GRAPH, 50057),
        (MIA, PASSWORD, MANAGEMENT, 50076),
        ("nobody@contoso.example", PASSWORD, GRAPH, 50034),
        // A guest has no password here.
        (CAROL, PASSWORD, GRAPH, 50034),
    ] {
        let world = World::new();
        let app = world.desktop();
        let call = app.acquire_token_by_username_password(user, password, scope);
        let error = world.ask(call).await.unwrap_err();
        assert_eq!(error.service_error().unwrap().codes, [code], "{user}");
        assert!(!error.to_string().contains(user), "{error}");
        assert!(app.accounts().await.unwrap().is_empty());
    }
}

/// A federated tenant, and its user.
const FEDERATED: &str = "fay@adfs.example";

fn federated() -> Arc<Emulator> {
    let tenant = Tenant::new("adfs.example").federated();
    let directory = Directory::builder()
        .tenant(tenant.user(User::new(FEDERATED, PASSWORD)))
        .app(App::public(DESKTOP));
    Arc::new(Emulator::new(directory.build().unwrap()))
}

#[tokio::test]
async fn a_federated_user_is_refused_before_the_password_is_sent() {
    let emulator = federated();
    let sent = Arc::new(std::sync::Mutex::new(Vec::new()));
    let clock = Arc::new(JumpingClock::new(T0));
    let seen = Arc::clone(&sent);
    let http = msal::http_fn(move |request: http::Request<bytes::Bytes>| {
        seen.lock().unwrap().push(request.uri().to_string());
        let answer = emulator.handle(request, std::time::SystemTime::UNIX_EPOCH);
        async move { Ok::<_, msal::HttpError>(answer) }
    });
    let app = PublicClientApplication::builder(DESKTOP)
        .authority(Authority::parse("https://login.microsoftonline.com/organizations").unwrap())
        .runtime(Runtime::with_http(http).with_clock(clock))
        .build()
        .unwrap();
    let call = app.acquire_token_by_username_password(FEDERATED, PASSWORD, GRAPH);
    let error = call.await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::SignIn);
    assert!(error.to_string().contains("federated"), "{error}");
    assert!(!format!("{error} {error:?}").contains("fay@"), "{error:?}");
    let sent = sent.lock().unwrap();
    assert!(
        sent.iter().all(|url| url.contains("/userrealm/")),
        "{sent:?}"
    );
    assert_eq!(sent.len(), 1);
}

#[tokio::test]
async fn no_password_is_sent_where_nobody_says_who_checks_it() {
    let world = World::new();
    let app = world.desktop();
    let busy = Fault::unavailable(Some(30)).endpoints([Endpoint::UserRealm]);
    world.emulator.add_fault(busy);
    let call = app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    let error = world.ask(call).await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(error.retry_after().unwrap().as_secs(), 30);
    assert!(error.correlation_id().is_some());
    assert!(world.http.token_requests().is_empty());

    let world = World::new();
    world.http.fail(Some(HttpErrorKind::Unreachable));
    let call = world
        .desktop()
        .acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    let error = world.ask(call).await.unwrap_err();
    assert!(matches!(error, Error::Http(_)), "{error:?}");
    assert_eq!(world.http.sent().len(), 1);
}

#[tokio::test]
async fn an_adfs_is_asked_for_no_user_realm() {
    let http = Arc::new(ScriptedHttp::default());
    let issuer = "https://fs.contoso.example/adfs";
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth2/authorize"),
        "token_endpoint": format!("{issuer}/oauth2/token"),
    });
    http.answer_json(200, document.to_string());
    http.answer_json(200, r#"{"access_token":"at","token_type":"bearer"}"#);
    let app = PublicClientApplication::builder(DESKTOP)
        .known_authority(Authority::parse(issuer).unwrap())
        .runtime(Runtime::with_http(Arc::clone(&http)));
    let app = app.build().unwrap();
    let call = app.acquire_token_by_username_password("CONTOSO\\alice", "pw", "openid-less");
    assert_eq!(call.await.unwrap().access_token.expose_secret(), "at");
    let requests = http.take_requests();
    let [_, token] = requests.as_slice() else {
        panic!("{} requests", requests.len())
    };
    assert_eq!(token.uri(), "https://fs.contoso.example/adfs/oauth2/token");
    assert_eq!(token.headers()["x-anchormailbox"], "upn:CONTOSO\\alice");
}

#[tokio::test]
async fn a_broken_answer_caches_nothing() {
    for fault in [
        Fault::not_json(),
        Fault::tamper().drop_member("access_token"),
        Fault::tamper().set_claim("id_token", "aud", "another"),
    ] {
        let world = World::new();
        let app = world.builder(DESKTOP).authority(authority(CONTOSO_ID));
        let app = app.build().unwrap();
        world.emulator.add_fault(fault.first(1));
        let call = app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
        let error = world.ask(call).await.unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{error:?}");
        assert!(app.accounts().await.unwrap().is_empty());
    }
}

#[test]
fn a_call_shows_neither_name_nor_password() {
    let world = World::new();
    let call = world
        .desktop()
        .acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    let shown = format!("{call:?}");
    assert!(
        !shown.contains("alice") && !shown.contains(PASSWORD),
        "{shown}"
    );
}
