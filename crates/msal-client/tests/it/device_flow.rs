//! Signing in on another device.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use msal::fakes::{JumpingClock, ScriptedHttp, SeededRandom};
use msal::{
    AuthenticationResult, Authority, Clock as _, ConfigError, DeviceFlow, Error, HttpError,
    HttpErrorKind, ProtocolError, PublicClientApplication, Remedy, Runtime, TokenSource,
};
use msal_emulator::sample::{ALICE, BOB, CONTOSO_ID, DESKTOP};
use msal_emulator::{Endpoint, Fault, Version};
use serde_json::{Value, json};

use crate::world::{GRAPH, T0, VAULT, World, entry};

const PENDING: &str = r#"{"error":"authorization_pending","error_codes":[70016]}"#;

/// Begins a flow, the user's code of which is a secret from then on.
async fn begin(world: &World, app: &PublicClientApplication, scope: &str) -> DeviceFlow {
    let flow = world.ask(app.initiate_device_flow(scope)).await.unwrap();
    world.leaks.show(&app.initiate_device_flow(scope));
    flow
}

async fn finish(
    world: &World,
    app: &PublicClientApplication,
    flow: DeviceFlow,
) -> Result<AuthenticationResult, Error> {
    world.ask(app.acquire_token_by_device_flow(flow)).await
}

fn approve(world: &World, flow: &DeviceFlow, upn: &str) {
    let now = world.clock.system_time();
    assert!(world.emulator.approve_device(flow.user_code(), upn, now));
}

/// Alice signs in, with a code for a device that is there already.
pub(crate) async fn sign_in(world: &World) {
    let app = world.desktop();
    let flow = begin(world, &app, GRAPH).await;
    approve(world, &flow, ALICE);
    finish(world, &app, flow).await.unwrap();
}

#[tokio::test]
async fn a_user_who_has_entered_the_code_is_signed_in() {
    let world = World::new();
    let app = world.desktop();
    let flow = begin(&world, &app, GRAPH).await;
    assert!(flow.message().contains(flow.user_code()));
    assert!(flow.message().contains(flow.verification_uri()));
    assert_eq!(flow.expires_on(), T0 + Duration::from_secs(900));
    assert_eq!(flow.interval(), Duration::from_secs(5));
    assert_eq!(flow.verification_uri_complete(), None);
    approve(&world, &flow, ALICE);
    let result = finish(&world, &app, flow).await.unwrap();
    assert_eq!(result.token_source, TokenSource::IdentityProvider);
    let account = result.account.unwrap();
    assert_eq!(account.username, ALICE);
    let cache = world.store.json().await;
    let id = account.home_account_id.as_str();
    let source = &entry(&cache, "Account", id)["account_source"];
    assert_eq!(source, "urn:ietf:params:oauth:grant-type:device_code");
    let hit = world.ask(app.acquire_token_silent(GRAPH, &account)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
}

#[tokio::test]
async fn the_requests_are_those_that_msal_python_sends() {
    let world = World::new();
    let app = world.desktop();
    let flow = begin(&world, &app, GRAPH).await;
    approve(&world, &flow, ALICE);
    finish(&world, &app, flow).await.unwrap();
    let sent = world.http.sent();
    let [begun, asked] = sent.as_slice() else {
        panic!("{} requests", sent.len())
    };
    let at = |path: &str| format!("https://login.microsoftonline.com/{CONTOSO_ID}/{path}");
    assert_eq!(begun.url, at("oauth2/v2.0/devicecode"));
    let scope = format!("{GRAPH} offline_access openid profile");
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let fields = |form: &std::collections::BTreeMap<String, String>| {
        form.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(fields(&begun.form), names(&["client_id", "scope"]));
    assert_eq!(begun.form["scope"], scope);
    for absent in [
        "x-client-current-telemetry",
        "x-client-last-telemetry",
        "x-anchormailbox",
    ] {
        assert!(!begun.headers.contains_key(absent), "{absent}");
    }
    assert_eq!(asked.url, at("oauth2/v2.0/token"));
    assert_eq!(
        fields(&asked.form),
        names(&[
            "client_id",
            "client_info",
            "code",
            "device_code",
            "grant_type"
        ])
    );
    assert_eq!(asked.form["code"], asked.form["device_code"]);
    assert_eq!(asked.headers["x-client-current-telemetry"], "4|622,0|");
    assert_eq!(asked.headers["x-client-last-telemetry"], "4|0|||");
    assert!(!asked.headers.contains_key("x-anchormailbox"));
    assert_eq!(
        begun.headers["client-request-id"], asked.headers["client-request-id"],
        "one flow, one correlation id"
    );
}

#[tokio::test]
async fn the_device_asks_as_often_as_it_may_until_the_user_is_there() {
    let world = World::new();
    let app = world.desktop();
    let flow = begin(&world, &app, GRAPH).await;
    let user_code = flow.user_code().to_owned();
    world.http.hold("device_code");
    let call = tokio::spawn(app.acquire_token_by_device_flow(flow).into_future());
    world.http.until_sent(2).await;
    let now = world.clock.system_time();
    assert!(world.emulator.approve_device(&user_code, ALICE, now));
    world.http.release();
    let result = call.await.unwrap();
    world.leaks.show(&result);
    assert_eq!(result.unwrap().account.unwrap().username, ALICE);
    assert_eq!(world.clock.now(), T0 + Duration::from_secs(5));
    let asked = world.http.token_requests();
    let statuses: Vec<_> = asked.iter().map(|sent| sent.status).collect();
    assert_eq!(statuses, [400, 200]);
    let last = &asked[1].headers["x-client-last-telemetry"];
    assert_eq!(last, "4|0|||", "to wait is no failure");
}

#[tokio::test]
async fn a_code_that_nobody_enters_expires() {
    let world = World::new();
    let app = world.desktop();
    let flow = begin(&world, &app, GRAPH).await;
    let expires_on = flow.expires_on();
    let error = finish(&world, &app, flow).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::SignIn);
    assert!(
        error.to_string().contains("the code has expired"),
        "{error}"
    );
    assert_eq!(world.clock.now(), expires_on);
    assert_eq!(world.http.token_requests().len(), 900 / 5);
    assert!(app.accounts().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_user_who_says_no_ends_it() {
    let world = World::new();
    let app = world.desktop();
    let flow = begin(&world, &app, GRAPH).await;
    let now = world.clock.system_time();
    assert!(world.emulator.decline_device(flow.user_code(), now));
    let error = finish(&world, &app, flow).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::SignIn);
    assert_eq!(
        error.service_error().unwrap().error,
        "authorization_declined"
    );
    assert!(error.correlation_id().is_some());
    assert_eq!(world.http.token_requests().len(), 1);
}

#[tokio::test]
async fn who_is_blocked_by_a_policy_is_told_the_other_ways_in() {
    let world = World::new();
    let app = world.desktop();
    let flow = begin(&world, &app, VAULT).await;
    approve(&world, &flow, BOB);
    let error = finish(&world, &app, flow).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::SignIn);
    let text = error.to_string();
    for part in [
        "AADSTS53003",
        "policy",
        "device code flow",
        "browser",
        "administrator",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(error.claims().is_some(), "the policy is in the claims");
    assert!(app.accounts().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_outage_makes_the_device_ask_less_often_and_ends_nothing() {
    let world = World::new();
    let app = world.desktop();
    let flow = begin(&world, &app, GRAPH).await;
    approve(&world, &flow, ALICE);
    for (nth, fault) in [(1, Fault::unavailable(None)), (2, Fault::throttle(40))] {
        let fault = fault.endpoints([Endpoint::Token(Version::V2)]);
        world.emulator.add_fault(fault.nth(nth));
    }
    let result = finish(&world, &app, flow).await.unwrap();
    assert_eq!(result.account.unwrap().username, ALICE);
    assert_eq!(
        world.clock.now(),
        T0 + Duration::from_secs(10 + 40),
        "twice the interval, then what the server asks for"
    );
    assert_eq!(world.http.token_requests().len(), 3);
}

#[tokio::test]
async fn who_could_not_be_reached_until_the_end_is_told() {
    let world = World::new();
    let app = world.desktop();
    let flow = begin(&world, &app, GRAPH).await;
    world.http.fail(Some(HttpErrorKind::Timeout));
    let error = finish(&world, &app, flow).await.unwrap_err();
    assert!(matches!(error, Error::Http(_)), "{error:?}");
    assert_eq!(
        world.http.token_requests().len(),
        3 + 14,
        "10, 20, 40, then 60 s"
    );
}

#[tokio::test]
async fn a_server_that_cannot_be_trusted_is_not_asked_again() {
    let world = World::new();
    let app = world.desktop();
    let flow = begin(&world, &app, GRAPH).await;
    world.http.fail(Some(HttpErrorKind::Certificate));
    let error = finish(&world, &app, flow).await.unwrap_err();
    assert!(matches!(error, Error::Http(_)), "{error:?}");
    assert_eq!(world.http.token_requests().len(), 1);
}

#[tokio::test]
async fn dropping_the_call_ends_it() {
    let world = World::new();
    let app = world.desktop();
    let flow = begin(&world, &app, GRAPH).await;
    world.http.hold("device_code");
    let call = tokio::spawn(app.acquire_token_by_device_flow(flow).into_future());
    world.http.until_sent(2).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    world.http.release();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.http.token_requests().len(), 1);
}

#[tokio::test]
async fn a_broken_answer_caches_nothing() {
    for fault in [
        Fault::not_json(),
        Fault::tamper().drop_member("access_token"),
        Fault::tamper().set_claim("id_token", "aud", "another"),
        Fault::tamper().set_claim("id_token", "iss", "https://evil.example"),
    ] {
        let world = World::new();
        let app = world.desktop();
        let flow = begin(&world, &app, GRAPH).await;
        approve(&world, &flow, ALICE);
        let fault = fault.endpoints([Endpoint::Token(Version::V2)]);
        world.emulator.add_fault(fault.first(1));
        let error = finish(&world, &app, flow).await.unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{error:?}");
        assert!(app.accounts().await.unwrap().is_empty());
        assert_eq!(world.http.token_requests().len(), 1);
    }
}

#[tokio::test]
async fn nobody_is_sent_to_a_foreign_address() {
    for uri in [
        "https://evil.example/devicelogin",
        "http://login.microsoftonline.com/devicelogin",
    ] {
        let (app, http, _clock) = scripted(crate::world::authority(CONTOSO_ID));
        let mut answer: Value = serde_json::from_str(&authorization()).unwrap();
        answer["verification_uri"] = json!(uri);
        http.answer_json(200, answer.to_string());
        let error = app.initiate_device_flow(GRAPH).await.unwrap_err();
        assert!(!format!("{error:?}").contains("WDJB"), "{error:?}");
        let is_told =
            |error: &ProtocolError| matches!(error, ProtocolError::DeviceAuthorization(_));
        assert!(
            matches!(&error, Error::Protocol(error) if is_told(error)),
            "{error:?}"
        );
        assert_eq!(error.remedy(), Remedy::Report);
    }
}

/// An application against answers that the emulator does not give.
fn scripted(
    authority: Authority,
) -> (
    PublicClientApplication,
    Arc<ScriptedHttp>,
    Arc<JumpingClock>,
) {
    let http = Arc::new(ScriptedHttp::default());
    let clock = Arc::new(JumpingClock::new(T0));
    let runtime = Runtime::with_http(Arc::clone(&http))
        .with_clock(Arc::clone(&clock))
        .with_random(SeededRandom::new(7));
    let app = PublicClientApplication::builder(DESKTOP)
        .known_authority(authority)
        .runtime(runtime);
    (app.build().unwrap(), http, clock)
}

fn authorization() -> String {
    json!({
        "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": 1800,
    })
    .to_string()
}

#[tokio::test]
async fn a_device_that_is_told_to_slow_down_stays_slow() {
    let (app, http, clock) = scripted(crate::world::authority(CONTOSO_ID));
    http.answer_json(200, authorization());
    let slow_down = r#"{"error":"slow_down"}"#;
    for body in [PENDING, slow_down, PENDING, slow_down, PENDING] {
        http.answer_json(400, body);
    }
    http.answer_json(400, r#"{"error":"access_denied"}"#);
    let flow = app.initiate_device_flow(GRAPH).await.unwrap();
    let error = app.acquire_token_by_device_flow(flow).await.unwrap_err();
    assert_eq!(error.service_error().unwrap().error, "access_denied");
    assert_eq!(error.remedy(), Remedy::SignIn);
    // RFC 8628 §3.5
    let waited = 5 + 10 + 10 + 15 + 15;
    assert_eq!(clock.now(), T0 + Duration::from_secs(waited));
    assert_eq!(http.take_requests().len(), 7);
}

#[tokio::test]
async fn an_expiry_that_the_server_tells_is_one() {
    let (app, http, clock) = scripted(crate::world::authority(CONTOSO_ID));
    http.answer_json(200, authorization());
    http.answer_json(400, r#"{"error":"expired_token","error_codes":[70020]}"#);
    let flow = app.initiate_device_flow(GRAPH).await.unwrap();
    let error = app.acquire_token_by_device_flow(flow).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::SignIn);
    assert_eq!(clock.now(), T0);
}

#[tokio::test]
async fn a_connection_that_breaks_doubles_the_pause() {
    let (app, http, clock) = scripted(crate::world::authority(CONTOSO_ID));
    http.answer_json(200, authorization());
    for _ in 0..2 {
        http.answer(Err(HttpError::bare(HttpErrorKind::Timeout)));
    }
    http.answer_json(400, PENDING);
    http.answer_json(400, r#"{"error":"access_denied"}"#);
    let flow = app.initiate_device_flow(GRAPH).await.unwrap();
    assert!(app.acquire_token_by_device_flow(flow).await.is_err());
    assert_eq!(clock.now(), T0 + Duration::from_secs(10 + 20 + 5));
}

#[tokio::test]
async fn a_code_that_has_expired_is_not_asked_for() {
    let (app, http, clock) = scripted(crate::world::authority(CONTOSO_ID));
    http.answer_json(200, authorization());
    let flow = app.initiate_device_flow(GRAPH).await.unwrap();
    clock.advance(Duration::from_secs(1800));
    let error = app.acquire_token_by_device_flow(flow).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::SignIn);
    assert_eq!(error.correlation_id(), None, "nothing was sent");
    assert_eq!(http.take_requests().len(), 1);
}

#[tokio::test]
async fn an_authority_without_a_device_flow_is_told() {
    let issuer = "https://op.example/tenant";
    let (app, http, _clock) = scripted(Authority::oidc(issuer).unwrap());
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
    });
    http.answer_json(200, document.to_string());
    let error = app.initiate_device_flow(GRAPH).await.unwrap_err();
    assert!(matches!(error, Error::Config(ConfigError::NoDeviceFlow)));
}

#[tokio::test]
async fn the_endpoint_is_what_discovery_names() {
    let issuer = "https://op.example/tenant";
    let (app, http, _clock) = scripted(Authority::oidc(issuer).unwrap());
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth"),
        "token_endpoint": format!("{issuer}/token"),
        "device_authorization_endpoint": format!("{issuer}/device/auth"),
    });
    http.answer_json(200, document.to_string());
    let mut answer: Value = serde_json::from_str(&authorization()).unwrap();
    answer["verification_uri"] = json!("https://op.example/device");
    answer["verification_uri_complete"] = json!("https://op.example/device?code=WDJB-MJHT");
    http.answer_json(200, answer.to_string());
    let flow = app.initiate_device_flow("read").await.unwrap();
    let shown = format!("{flow:?}");
    assert!(
        !shown.contains("WDJB") && !shown.contains("GmRh"),
        "{shown}"
    );
    assert_eq!(
        flow.verification_uri_complete(),
        Some("https://op.example/device?code=WDJB-MJHT")
    );
    let requests = http.take_requests();
    assert_eq!(requests[1].uri(), "https://op.example/tenant/device/auth");
}

#[tokio::test]
async fn a_client_that_may_not_use_the_flow_is_told() {
    let (app, http, _clock) = scripted(crate::world::authority(CONTOSO_ID));
    http.answer_json(
        400,
        r#"{"error":"unauthorized_client","error_codes":[700016],"correlation_id":"c0ffee"}"#,
    );
    let error = app.initiate_device_flow(GRAPH).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::Correct);
    assert_eq!(error.correlation_id(), Some("c0ffee"));
}
