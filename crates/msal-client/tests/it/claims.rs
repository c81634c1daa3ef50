//! Claims challenges, client capabilities, and tokens that an API has refused.

use std::future::IntoFuture as _;

use bytes::Bytes;
use http::Request;
use msal::fakes::FakeBrowser;
use msal::{
    Account, AuthResponse, AuthenticationResult, BearerChallenge, ConfigError, Error,
    PublicClientApplication, TokenSource,
};
use msal_emulator::sample::{ALICE, BOB, DESKTOP, PASSWORD};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

use crate::auth_code::browse;
use crate::wire::Sent;
use crate::world::{GRAPH, World};

const NBF: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#;
const CP1: &str = r#"{"access_token": {"xms_cc": {"values": ["CP1"]}}}"#;

async fn signed_in(
    world: &World,
    app: &PublicClientApplication,
) -> (AuthenticationResult, Account) {
    let result = world.sign_in(app, DESKTOP, ALICE).await;
    let account = result.account.clone().unwrap();
    (result, account)
}

fn last(world: &World) -> Sent {
    world.http.sent().pop().unwrap()
}

#[tokio::test]
async fn a_challenge_is_answered_by_the_refresh_token_and_not_from_the_cache() {
    let world = World::new();
    let app = world.desktop();
    let (old, account) = signed_in(&world, &app).await;
    let call = app.acquire_token_silent(GRAPH, &account);
    let result = world.ask(call.claims_challenge(NBF)).await.unwrap();
    assert_eq!(result.token_source, TokenSource::IdentityProvider);
    assert_ne!(result.access_token, old.access_token);
    let sent = last(&world);
    assert_eq!(sent.form["claims"], NBF, "as it came");
    assert_eq!(sent.headers["x-client-current-telemetry"], "4|84,1|");
    let hit = world
        .ask(app.acquire_token_silent(GRAPH, &account))
        .await
        .unwrap();
    assert_eq!(hit.access_token, result.access_token);
    assert_eq!(hit.token_source, TokenSource::Cache);
    let none = app
        .acquire_token_silent(GRAPH, &account)
        .claims_challenge("");
    assert_eq!(
        world.ask(none).await.unwrap().token_source,
        TokenSource::Cache
    );
}

#[tokio::test]
async fn every_call_says_what_the_client_can_handle() {
    let world = World::new();
    let app = world.builder(DESKTOP).client_capabilities(["CP1"]);
    let app = app.build().unwrap();
    let (_, account) = signed_in(&world, &app).await;
    assert_eq!(last(&world).form["claims"], CP1);
    let hit = world.ask(app.acquire_token_silent(GRAPH, &account)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);

    let forced = app
        .acquire_token_silent(GRAPH, &account)
        .force_refresh(true);
    world.ask(forced).await.unwrap();
    assert_eq!(last(&world).form["claims"], CP1);

    let both: Value = json!({"access_token": {
        "nbf": {"essential": true, "value": "1"}, "xms_cc": {"values": ["CP1"]},
    }});
    let sent_claims = |sent: &Sent| serde_json::from_str::<Value>(&sent.form["claims"]).unwrap();
    let silent = app
        .acquire_token_silent(GRAPH, &account)
        .claims_challenge(NBF);
    world.ask(silent).await.unwrap();
    assert_eq!(sent_claims(&last(&world)), both);

    let token = world.refresh_token(BOB, DESKTOP);
    let by_token = app
        .acquire_token_by_refresh_token(token, GRAPH)
        .claims_challenge(NBF);
    world.ask(by_token).await.unwrap();
    assert_eq!(sent_claims(&last(&world)), both);

    let by_password = app
        .acquire_token_by_username_password(ALICE, PASSWORD, GRAPH)
        .claims_challenge(NBF);
    world.ask(by_password).await.unwrap();
    assert_eq!(sent_claims(&last(&world)), both);

    let flow = app.initiate_device_flow(GRAPH).claims_challenge(NBF);
    let flow = world.ask(flow).await.unwrap();
    assert_eq!(sent_claims(&last(&world)), both);
    let now = world.clock.system_time();
    assert!(world.emulator.approve_device(flow.user_code(), ALICE, now));
    world
        .ask(app.acquire_token_by_device_flow(flow))
        .await
        .unwrap();
    assert_eq!(sent_claims(&last(&world)), both);

    let flow = app
        .initiate_auth_code_flow(GRAPH, "http://localhost")
        .login_hint(ALICE)
        .claims_challenge(NBF);
    let flow = world.ask(flow).await.unwrap();
    let page = Url::parse(flow.auth_uri()).unwrap();
    let (_, claims) = page
        .query_pairs()
        .find(|(name, _)| name == "claims")
        .unwrap();
    assert_eq!(serde_json::from_str::<Value>(&claims).unwrap(), both);
    let response = AuthResponse::from_url(&browse(&world, flow.auth_uri())).unwrap();
    world
        .ask(app.acquire_token_by_auth_code_flow(flow, response))
        .await
        .unwrap();
    assert_eq!(sent_claims(&last(&world)), both);
}

#[tokio::test]
async fn what_is_no_challenge_is_refused_before_anything_is_sent() {
    let world = World::new();
    let app = world.desktop();
    let (_, account) = signed_in(&world, &app).await;
    let sent = world.http.sent().len();
    for challenge in ["no json, but 0.secret", "[]", "{\"a\":1,\"a\":2}"] {
        let silent = app.acquire_token_silent(GRAPH, &account);
        let errors = [
            world
                .ask(silent.claims_challenge(challenge))
                .await
                .unwrap_err(),
            world
                .ask(
                    app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH)
                        .claims_challenge(challenge),
                )
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::Config(ConfigError::Claims(_))));
            assert!(
                !format!("{error} {error:?}").contains("secret"),
                "{error:?}"
            );
        }
        let flow = app.initiate_device_flow(GRAPH).claims_challenge(challenge);
        let error = world.ask(flow).await.unwrap_err();
        assert!(matches!(error, Error::Config(ConfigError::Claims(_))));
        let flow = app
            .initiate_auth_code_flow(GRAPH, "http://localhost")
            .claims_challenge(challenge);
        let error = world.ask(flow).await.unwrap_err();
        assert!(matches!(error, Error::Config(ConfigError::Claims(_))));
        let call = app
            .acquire_token_interactive(GRAPH)
            .browser(FakeBrowser::new(|_| String::new()))
            .claims_challenge(challenge);
        let error = world.ask(call).await.unwrap_err();
        assert!(matches!(error, Error::Config(ConfigError::Claims(_))));
    }
    assert_eq!(world.http.sent().len(), sent);
}

#[tokio::test]
async fn other_claims_are_another_request() {
    let world = World::new();
    let app = world.desktop();
    let (_, account) = signed_in(&world, &app).await;
    let before = world.redemptions();
    world.http.hold("refresh_token");
    let mut calls = JoinSet::new();
    for claims in [NBF, "{}", NBF, "{}", NBF] {
        let call = app.acquire_token_silent(GRAPH, &account);
        calls.spawn(call.claims_challenge(claims).into_future());
    }
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    world.http.release();
    for result in calls.join_all().await {
        assert_eq!(result.unwrap().token_source, TokenSource::IdentityProvider);
    }
    assert_eq!(world.redemptions() - before, 2);
}

#[tokio::test]
async fn a_hundred_tasks_with_one_refused_token_make_one_request() {
    for claims in ["", NBF] {
        let world = World::new();
        let app = world.desktop();
        let (rejected, account) = signed_in(&world, &app).await;
        let before = world.redemptions();
        world.http.hold("refresh_token");
        let mut calls = JoinSet::new();
        let call = || {
            app.acquire_token_silent(GRAPH, &account)
                .claims_challenge(claims)
                .refresh_unless(&rejected.access_token)
        };
        for _ in 0..50 {
            calls.spawn(call().into_future());
        }
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        world.http.release();
        let mut results = calls.join_all().await;
        // Those whose 401 comes later.
        for _ in 0..50 {
            results.push(world.ask(call()).await);
        }
        assert_eq!(world.redemptions() - before, 1, "{claims}");
        let fresh = results[0].as_ref().unwrap().access_token.clone();
        assert_ne!(fresh, rejected.access_token);
        for result in results {
            assert_eq!(result.unwrap().access_token, fresh);
        }
    }
}

#[tokio::test]
async fn a_token_that_was_refused_is_never_the_answer() {
    let world = World::new();
    let app = world.desktop();
    let (rejected, account) = signed_in(&world, &app).await;
    world.http.fail(Some(msal::HttpErrorKind::Unreachable));
    let call = app.acquire_token_silent(GRAPH, &account);
    let call = call.refresh_unless(&rejected.access_token);
    assert!(matches!(world.ask(call).await, Err(Error::Http(_))));
    let other = msal::AccessToken::from("another");
    let call = app.acquire_token_silent(GRAPH, &account);
    let hit = world.ask(call.refresh_unless(&other)).await.unwrap();
    assert_eq!(hit.access_token, rejected.access_token);
    assert_eq!(hit.token_source, TokenSource::Cache);
}

#[tokio::test]
async fn the_challenge_of_an_api_leads_to_a_token_that_it_takes() {
    let world = World::new();
    let app = world.builder(DESKTOP).client_capabilities(["cp1"]);
    let app = app.build().unwrap();
    let by_password = || app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    let first = world.ask(by_password()).await.unwrap();
    let ask_graph = |result: &AuthenticationResult| {
        let request = Request::get("https://graph.microsoft.com/v1.0/me")
            .header("authorization", result.authorization_header().unwrap())
            .body(Bytes::new())
            .unwrap();
        world.emulator.handle(request, world.clock.system_time())
    };
    assert_eq!(ask_graph(&first).status(), 200);
    world.advance(std::time::Duration::from_secs(60));
    let now = world.clock.system_time();
    world.emulator.revoke_sessions(ALICE, now);
    world.advance(std::time::Duration::from_secs(60));
    let refused = ask_graph(&first);
    assert_eq!(refused.status(), 401);
    let challenge = BearerChallenge::find(refused.headers()).unwrap();
    assert_eq!(challenge.error.as_deref(), Some("insufficient_claims"));
    let claims = challenge.claims.unwrap();
    // The refresh token is revoked as well: the user is asked for the same claims.
    let account = first.account.clone().unwrap();
    let silent = app.acquire_token_silent(GRAPH, &account);
    let silent = silent
        .claims_challenge(&claims)
        .refresh_unless(&first.access_token);
    let error = world.ask(silent).await.unwrap_err();
    assert!(matches!(error, Error::InteractionRequired(_)), "{error:?}");
    let again = world
        .ask(by_password().claims_challenge(claims))
        .await
        .unwrap();
    assert_eq!(ask_graph(&again).status(), 200);
}
