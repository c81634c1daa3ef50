//! Signing users in at a browser that the test plays.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use msal::{
    AuthCodeFlow, AuthFlowError, AuthResponse, AuthenticationResult, ConfigError, Error,
    IdTokenError, Prompt, ProtocolError, Remedy, ResponseMode, SignInError, TokenSource,
};
use msal_emulator::Fault;
use msal_emulator::sample::{ALICE, BOB, CAROL, CONTOSO_ID, DESKTOP, WEB_REDIRECT, WEB_SECRET};
use serde_json::json;
use url::Url;

use crate::python::Event;
use crate::world::{DAY, GRAPH, HOST, T0, World, count};

pub(crate) const LOOPBACK: &str = "http://localhost:49152";

/// Opens the address as a browser does whose user is known by `login_hint`, and follows it to the redirect URI: its URL,
/// with what a form would have posted there as its query.
pub(crate) fn browse(world: &World, auth_uri: &str) -> String {
    let request = Request::get(auth_uri).body(Bytes::new()).unwrap();
    let answer = world.emulator.handle(request, world.clock.system_time());
    let url = end_of(&answer);
    let answer = url.split(['?', '#']).nth(1).unwrap_or_default();
    for (name, value) in url::form_urlencoded::parse(answer.as_bytes()) {
        if name == "code" {
            world.leaks.add(&value);
        }
    }
    url
}

/// Where the sign-in page sends the browser.
pub(crate) fn end_of(answer: &Response<Bytes>) -> String {
    match answer.headers().get("location") {
        Some(location) => location.to_str().unwrap().to_owned(),
        None => posted(&String::from_utf8_lossy(answer.body())),
    }
}

/// The action and the fields of the one form of a page.
fn posted(page: &str) -> String {
    let attribute = |tag: &str, name: &str| {
        let behind = tag
            .split_once(&format!("{name}=\""))
            .map(|(_, behind)| behind);
        let value = behind.and_then(|behind| behind.split('"').next());
        value.unwrap_or_default().replace("&amp;", "&")
    };
    let form = page.split_once("<form").unwrap().1;
    let inputs = form.split("<input").skip(1);
    let fields = inputs
        .map(|input| (attribute(input, "name"), attribute(input, "value")))
        .filter(|(name, _)| !name.is_empty());
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    format!("{}?{query}", attribute(form, "action"))
}

fn query(url: &str) -> String {
    url.split_once('?').unwrap().1.to_owned()
}

pub(crate) async fn begin(world: &World, user: &str) -> AuthCodeFlow {
    let app = world.desktop();
    let call = app
        .initiate_auth_code_flow([GRAPH], LOOPBACK)
        .login_hint(user);
    let flow = world.ask(call).await.unwrap();
    let session: serde_json::Value =
        serde_json::from_str(flow.to_session().expose_secret()).unwrap();
    world.leaks.add_members(&session);
    flow
}

async fn end(world: &World, flow: AuthCodeFlow, url: &str) -> Result<AuthenticationResult, Error> {
    let response = AuthResponse::from_url(url)?;
    let call = world
        .desktop()
        .acquire_token_by_auth_code_flow(flow, response);
    world.ask(call).await
}

pub(crate) async fn sign_in(world: &World, user: &str) -> Result<AuthenticationResult, Error> {
    let flow = begin(world, user).await;
    let url = browse(world, flow.auth_uri());
    end(world, flow, &url).await
}

/// Nothing was saved, and nothing is in memory.
async fn assert_nothing_cached(world: &World) {
    assert!(world.store.bytes().await.is_none());
    assert_eq!(world.desktop().accounts().await.unwrap(), []);
}

#[tokio::test]
async fn a_user_signs_in_and_stays_signed_in() {
    let world = World::new();
    let result = sign_in(&world, ALICE).await.unwrap();
    assert_eq!(result.token_source, TokenSource::IdentityProvider);
    let account = result.account.unwrap();
    assert_eq!(account.username, ALICE);

    let sent = world.http.token_requests().pop().unwrap();
    let fields: Vec<_> = sent.form.keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        [
            "client_id",
            "client_info",
            "code",
            "code_verifier",
            "grant_type",
            "redirect_uri",
            "scope"
        ]
    );
    assert_eq!(
        sent.form["scope"],
        format!("{GRAPH} offline_access openid profile")
    );
    assert_eq!(sent.headers["x-client-current-telemetry"], "4|832,0|");
    assert_eq!(
        sent.headers["x-anchormailbox"],
        account.home_account_id.anchor_mailbox().as_str()
    );
    let event = Event {
        client_id: DESKTOP,
        environment: HOST,
        realm: CONTOSO_ID,
        asked: &sent.form["scope"],
        now: T0.as_secs(),
        answer: &sent.answer,
    };
    let mut expected = event.cache();
    for (_key, account) in expected["Account"].as_object_mut().unwrap() {
        account["account_source"] = "authorization_code".into();
    }
    assert_eq!(world.store.json().await, expected);

    let call = world.desktop().acquire_token_silent([GRAPH], &account);
    assert_eq!(
        world.ask(call).await.unwrap().token_source,
        TokenSource::Cache
    );
    world.advance(DAY);
    let call = world.desktop().acquire_token_silent([GRAPH], &account);
    world.ask(call).await.unwrap();
}

#[tokio::test]
async fn a_web_application_signs_in_by_a_posted_form_and_a_session() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let call = app
        .initiate_auth_code_flow([GRAPH], WEB_REDIRECT)
        .login_hint(ALICE)
        .max_age(Duration::from_secs(60))
        .response_mode(ResponseMode::FormPost);
    let flow = world.ask(call).await.unwrap();
    let session = flow.to_session();
    let url = browse(&world, flow.auth_uri());
    assert!(url.starts_with(&format!("{WEB_REDIRECT}?")), "{url}");

    let flow = AuthCodeFlow::from_session(session.expose_secret()).unwrap();
    let response = AuthResponse::from_form(query(&url).as_bytes()).unwrap();
    // Another process, a while later.
    world.advance(Duration::from_secs(240));
    let app = world.web(WEB_SECRET);
    let result = world
        .ask(app.acquire_token_by_auth_code_flow(flow, response))
        .await
        .unwrap();
    assert!(result.id_token_claims.unwrap().auth_time.is_some());
    let sent = world.http.token_requests().pop().unwrap();
    assert_eq!(sent.form["client_secret"], WEB_SECRET);
}

#[tokio::test]
async fn an_answer_comes_in_the_fragment_where_that_is_asked_for() {
    let world = World::new();
    let app = world.desktop();
    let call = app
        .initiate_auth_code_flow([GRAPH], LOOPBACK)
        .login_hint(ALICE)
        .response_mode(ResponseMode::Fragment);
    let flow = world.ask(call).await.unwrap();
    let url = browse(&world, flow.auth_uri());
    assert!(url.contains('#'), "{url}");
    end(&world, flow, &url).await.unwrap();
}

#[tokio::test]
async fn a_code_works_once_even_where_a_session_keeps_its_flow() {
    let world = World::new();
    let flow = begin(&world, ALICE).await;
    let session = flow.to_session();
    let url = browse(&world, flow.auth_uri());
    end(&world, flow, &url).await.unwrap();
    let again = AuthCodeFlow::from_session(session).unwrap();
    let error = end(&world, again, &url).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::SignIn);
    assert_eq!(error.service_error().unwrap().codes, [54005]);
}

#[tokio::test]
async fn nothing_is_sent_or_cached_for_an_answer_that_is_not_this_sign_ins() {
    let world = World::new();
    let theirs = begin(&world, BOB).await;
    let theirs = browse(&world, theirs.auth_uri());
    let ours = begin(&world, ALICE).await;
    let ours = browse(&world, ours.auth_uri());
    let state = |url: &str| {
        let url = Url::parse(url).unwrap();
        let pairs: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        pairs["state"].clone()
    };
    let with_iss = |issuer: &str| format!("{ours}&iss={issuer}");
    for (url, expected) in [
        (theirs.clone(), AuthFlowError::State),
        (
            format!("{LOOPBACK}?error=access_denied&state=x"),
            AuthFlowError::State,
        ),
        (ours.replace("49152", "49153"), AuthFlowError::RedirectUri),
        (
            with_iss("https%3A%2F%2Fevil.example"),
            AuthFlowError::Issuer,
        ),
    ] {
        let flow = again(&world, &ours, ALICE).await;
        let error = end(&world, flow, &url).await.unwrap_err();
        let Error::SignIn(failure) = error else {
            panic!("{error}")
        };
        assert!(
            matches!(&*failure, SignInError::Flow(error) if *error == expected),
            "{failure}"
        );
    }
    for url in [
        format!("{ours}&code=other"),
        format!("{ours}&state={}", state(&theirs)),
        format!("{ours}&error=access_denied"),
        format!("{ours}&id_token=x"),
        format!("{LOOPBACK}?state={}", state(&ours)),
    ] {
        assert!(AuthResponse::from_url(&url).is_err());
    }
    assert_eq!(world.http.token_requests().len(), 0);
    assert_nothing_cached(&world).await;
}

/// A flow with the state of the answer at `url`.
async fn again(world: &World, url: &str, user: &str) -> AuthCodeFlow {
    let flow = begin(world, user).await;
    let mut session: serde_json::Value =
        serde_json::from_str(flow.to_session().expose_secret()).unwrap();
    let url = Url::parse(url).unwrap();
    let state = url
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1;
    session["state"] = json!(state);
    AuthCodeFlow::from_session(session.to_string()).unwrap()
}

#[tokio::test]
async fn a_flow_of_another_application_or_too_late_is_refused_before_anything_is_sent() {
    let world = World::new();
    let flow = begin(&world, ALICE).await;
    let response = AuthResponse::from_url(&browse(&world, flow.auth_uri())).unwrap();
    let call = world
        .web(WEB_SECRET)
        .acquire_token_by_auth_code_flow(flow, response);
    let error = world.ask(call).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::Correct);

    let flow = begin(&world, ALICE).await;
    let url = browse(&world, flow.auth_uri());
    world.advance(Duration::from_secs(600));
    let error = end(&world, flow, &url).await.unwrap_err();
    assert_eq!(error.remedy(), Remedy::SignIn);
    assert!(
        error.to_string().starts_with("the sign-in took too long"),
        "{error}"
    );
    assert_eq!(world.http.token_requests().len(), 0);
    assert_nothing_cached(&world).await;
}

#[tokio::test]
async fn tokens_of_another_sign_in_or_user_are_refused() {
    let foreign_info = || {
        let info = r#"{"uid":"b0b","utid":"t"}"#;
        base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, info)
    };
    for (fault, expected) in [
        (
            Fault::tamper().set_claim("id_token", "nonce", "other"),
            Some(IdTokenError::Nonce),
        ),
        (
            Fault::tamper().set_claim("id_token", "nonce", json!(null)),
            Some(IdTokenError::Nonce),
        ),
        (
            Fault::tamper().drop_member("id_token"),
            Some(IdTokenError::Missing),
        ),
        (
            Fault::tamper().set_claim("id_token", "iss", "https://evil.example"),
            Some(IdTokenError::Issuer),
        ),
        (
            Fault::tamper().set_member("client_info", foreign_info()),
            None,
        ),
    ] {
        let world = World::new();
        world.emulator.add_fault(fault.grant("authorization_code"));
        let error = sign_in(&world, ALICE).await.unwrap_err();
        let Error::Protocol(failure) = &error else {
            panic!("{error}")
        };
        match (&**failure, expected) {
            (ProtocolError::IdToken { source, .. }, Some(expected)) => {
                assert_eq!(*source, expected)
            }
            (ProtocolError::Identity { .. }, None) => {}
            other => panic!("{other:?}"),
        }
        // The refresh token is somebody's, and is kept for whoever is to decide.
        assert_eq!(failure.refresh_tokens().len(), 1);
        assert_nothing_cached(&world).await;
    }
}

#[tokio::test]
async fn an_audience_of_another_client_is_refused() {
    let world = World::new();
    let fault = Fault::tamper().set_claim("id_token", "aud", "other");
    world.emulator.add_fault(fault.grant("authorization_code"));
    assert!(matches!(
        sign_in(&world, ALICE).await,
        Err(Error::Protocol(_))
    ));
    assert_nothing_cached(&world).await;
}

#[tokio::test]
async fn a_sign_in_that_is_older_than_was_asked_for_is_refused() {
    for (auth_time, is_good) in [
        (json!(T0.as_secs()), true),
        (json!(null), false),
        (json!(T0.as_secs() - 361), false),
    ] {
        let world = World::new();
        let fault = Fault::tamper().set_claim("id_token", "auth_time", auth_time);
        world.emulator.add_fault(fault.grant("authorization_code"));
        let app = world.desktop();
        let call = app
            .initiate_auth_code_flow([GRAPH], LOOPBACK)
            .login_hint(ALICE)
            .max_age(Duration::from_secs(60));
        let flow = world.ask(call).await.unwrap();
        let url = browse(&world, flow.auth_uri());
        assert_eq!(end(&world, flow, &url).await.is_ok(), is_good);
    }
}

#[tokio::test]
async fn the_account_that_is_named_must_be_the_one_that_signs_in() {
    let world = World::new();
    let alice = sign_in(&world, ALICE).await.unwrap().account.unwrap();
    for (user, is_good) in [(ALICE, true), (BOB, false)] {
        let app = world.desktop();
        // The user chooses another account on the page.
        let call = app
            .initiate_auth_code_flow([GRAPH], LOOPBACK)
            .account(&alice)
            .login_hint(user);
        let flow = world.ask(call).await.unwrap();
        let url = browse(&world, flow.auth_uri());
        let outcome = end(&world, flow, &url).await;
        match outcome {
            Ok(result) => assert_eq!(result.account.unwrap().username, user),
            Err(Error::Protocol(failure)) => {
                assert!(matches!(*failure, ProtocolError::Identity { .. }));
                assert!(!is_good);
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(count(&world.store.json().await, "Account"), 1);
}

#[tokio::test]
async fn a_guest_signs_in_where_they_are_a_guest() {
    let world = World::new();
    let result = sign_in(&world, CAROL).await.unwrap();
    assert_eq!(result.account.unwrap().realm, CONTOSO_ID);
}

#[tokio::test]
async fn what_must_be_asked_and_may_not_be_is_an_interaction() {
    let world = World::new();
    let app = world.desktop();
    let call = app
        .initiate_auth_code_flow([GRAPH], LOOPBACK)
        .prompt(Prompt::None);
    let flow = world.ask(call).await.unwrap();
    let url = browse(&world, flow.auth_uri());
    let error = end(&world, flow, &url).await.unwrap_err();
    assert!(matches!(error, Error::InteractionRequired(_)), "{error}");
    assert_nothing_cached(&world).await;
}

#[tokio::test]
async fn a_user_who_says_no_is_told_apart_from_a_server_that_is_busy() {
    let world = World::new();
    let state = |flow: &AuthCodeFlow| {
        let url = Url::parse(flow.auth_uri()).unwrap();
        let pairs: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        pairs["state"].clone()
    };
    for (answer, remedy, says) in [
        (
            "error=access_denied&error_subcode=cancel&error_description=AADSTS65004%3A+no",
            Remedy::SignIn,
            "the sign-in was refused: access_denied (AADSTS65004, cancel); let the user sign in",
        ),
        (
            "error=temporarily_unavailable",
            Remedy::Wait(None),
            "the sign-in was refused: temporarily_unavailable; try again later",
        ),
        (
            "error=invalid_request&error_description=AADSTS50011%3A+evil",
            Remedy::Correct,
            "the sign-in was refused: invalid_request (AADSTS50011); register `http://localhost:49152` as a redirect URI of the application",
        ),
    ] {
        let flow = begin(&world, ALICE).await;
        let url = format!("{LOOPBACK}?{answer}&state={}", state(&flow));
        let error = end(&world, flow, &url).await.unwrap_err();
        assert_eq!(error.remedy(), remedy);
        assert!(error.to_string().starts_with(says), "{error}");
    }
    assert_nothing_cached(&world).await;
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_is_named() {
    let world = World::new();
    world
        .emulator
        .add_fault(Fault::aadsts(50011).grant("authorization_code"));
    let error = sign_in(&world, ALICE).await.unwrap_err();
    let says = "register `http://localhost:49152` as a redirect URI of the application";
    assert!(error.to_string().contains(says), "{error}");
    assert_nothing_cached(&world).await;
}

#[tokio::test]
async fn a_closed_account_and_an_outage_leave_nothing_behind() {
    let world = World::new();
    let flow = begin(&world, ALICE).await;
    let url = browse(&world, flow.auth_uri());
    world.emulator.set_enabled(ALICE, false);
    let error = end(&world, flow, &url).await.unwrap_err();
    assert!(matches!(error, Error::InteractionRequired(_)), "{error}");
    world.emulator.set_enabled(ALICE, true);
    world
        .emulator
        .add_fault(Fault::unavailable(Some(30)).grant("authorization_code"));
    let error = sign_in(&world, BOB).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_nothing_cached(&world).await;
}

#[tokio::test]
async fn a_store_that_cannot_be_read_keeps_the_code_from_being_spent() {
    let world = World::new();
    let flow = begin(&world, ALICE).await;
    let url = browse(&world, flow.auth_uri());
    world.store.fail_loads(true);
    assert!(matches!(
        end(&world, flow, &url).await,
        Err(Error::Store(_))
    ));
    assert_eq!(world.http.token_requests().len(), 0);
}

#[tokio::test]
async fn what_may_not_be_asked_is_an_error_of_the_program() {
    let world = World::new();
    let app = world.desktop();
    let bad_uri = app.initiate_auth_code_flow([GRAPH], "http://app.example/");
    let own_parameter = app
        .initiate_auth_code_flow([GRAPH], LOOPBACK)
        .extra_query_parameter("redirect_uri", "https://evil.example");
    for call in [bad_uri, own_parameter] {
        let error = world.ask(call).await.unwrap_err();
        assert!(
            matches!(error, Error::Config(ConfigError::AuthorizationRequest(_))),
            "{error}"
        );
    }
    let reserved = app.initiate_auth_code_flow(["openid"], LOOPBACK);
    assert!(matches!(
        world.ask(reserved).await,
        Err(Error::Config(ConfigError::Scope(_)))
    ));
}

#[tokio::test]
async fn claims_and_extra_parameters_are_sent_as_they_are() {
    let world = World::new();
    let app = world.desktop();
    let claims = r#"{"access_token": {"nbf": {"essential": true}}}"#;
    let call = app
        .initiate_auth_code_flow([GRAPH], LOOPBACK)
        .login_hint(ALICE)
        .claims_challenge(claims)
        .extra_query_parameter("dc", "ESTS-PUB");
    let flow = world.ask(call).await.unwrap();
    let url = Url::parse(flow.auth_uri()).unwrap();
    let pairs: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(
        (pairs["claims"].as_str(), pairs["dc"].as_str()),
        (claims, "ESTS-PUB")
    );
    let url = browse(&world, flow.auth_uri());
    end(&world, flow, &url).await.unwrap();
    assert_eq!(world.http.token_requests()[0].form["claims"], claims);
}
