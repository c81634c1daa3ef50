//! Form fields and query parameters that a program adds, on every call for a token.

use msal::{ConfigError, Error, TokenSource};
use msal_emulator::sample::{ALICE, DESKTOP, PASSWORD, WEB, WEB_SECRET};
use serde_json::Value;

use crate::wire::Sent;
use crate::world::{GRAPH, VAULT, World};

/// What MSAL Python computes of `a` = `b` and `cd` = `e`.
const KEY: &str = "cybgactkrvlzlen1aiwzwl3ay5krkyixommrobc-ri4";

/// Gives a call one field and one parameter.
macro_rules! with_extras {
    ($call:expr) => {
        $call
            .extra_form_field("a", "b")
            .extra_query_parameter("cd", "e")
    };
}

fn last(world: &World) -> Sent {
    world.http.token_requests().pop().unwrap()
}

/// Where the only difference is what was added, that is what was sent and what the token is kept by.
async fn assert_added(world: &World, key: Option<&str>) {
    let sent = last(world);
    let url = match key {
        Some(KEY) => "/oauth2/v2.0/token?cd=e",
        _ => "/oauth2/v2.0/token",
    };
    assert!(sent.url.ends_with(url), "{}", sent.url);
    assert_eq!(sent.form.contains_key("a"), key.is_some());
    let cache = world.store.json().await;
    let of = |section: &str| -> Vec<Value> {
        let entries = cache[section].as_object().into_iter().flatten();
        entries.map(|(_, entry)| entry.clone()).collect()
    };
    let keys: Vec<_> = of("AccessToken")
        .iter()
        .filter_map(|entry| entry["ext_cache_key"].as_str().map(str::to_owned))
        .collect();
    match key {
        Some(key) => assert!(keys.iter().any(|known| known == key), "{keys:?}"),
        None => assert_eq!(keys, [""; 0]),
    }
    // A refresh token is good for whatever is asked.
    for entry in of("RefreshToken") {
        assert_eq!(entry["ext_cache_key"], Value::Null);
    }
}

#[tokio::test]
async fn the_applications_token_is_found_by_what_it_was_asked_for_with() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let plain = || app.acquire_token_for_client(GRAPH);
    let first = world.ask(plain()).await.unwrap();
    assert_added(&world, None).await;
    let other = world.ask(with_extras!(plain())).await.unwrap();
    assert_ne!(first.access_token, other.access_token);
    assert_added(&world, Some(KEY)).await;
    let before = world.http.sent().len();
    for _ in 0..2 {
        let again = world.ask(with_extras!(plain())).await.unwrap();
        assert_eq!(again.access_token, other.access_token);
        let again = world.ask(plain()).await.unwrap();
        assert_eq!(again.access_token, first.access_token);
    }
    assert_eq!(world.http.sent().len(), before);
    let different = plain().extra_form_field("a", "c");
    let different = world.ask(different).await.unwrap();
    assert_eq!(different.token_source, TokenSource::IdentityProvider);
}

#[tokio::test]
async fn a_users_token_is_found_by_what_it_was_asked_for_with() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let plain = || app.acquire_token_silent(GRAPH, &alice);
    let first = world.ask(plain()).await.unwrap();
    let other = world.ask(with_extras!(plain())).await.unwrap();
    assert_eq!(other.token_source, TokenSource::IdentityProvider);
    assert_added(&world, Some(KEY)).await;
    let before = world.http.sent().len();
    let again = world.ask(with_extras!(plain())).await.unwrap();
    assert_eq!(again.access_token, other.access_token);
    let again = world.ask(plain()).await.unwrap();
    assert_eq!(again.access_token, first.access_token);
    assert_eq!(world.http.sent().len(), before);
}

#[tokio::test]
async fn whoever_signs_in_with_more_is_found_by_more() {
    let world = World::new();
    let app = world.desktop();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let call = app.acquire_token_by_refresh_token(token, GRAPH);
    let alice = world.ask(with_extras!(call)).await.unwrap().account;
    assert_added(&world, Some(KEY)).await;
    let alice = alice.unwrap();
    let call = with_extras!(app.acquire_token_silent(GRAPH, &alice));
    let hit = world.ask(call).await.unwrap();
    assert_eq!(hit.token_source, TokenSource::Cache);
    let plain = world
        .ask(app.acquire_token_silent(GRAPH, &alice))
        .await
        .unwrap();
    assert_eq!(plain.token_source, TokenSource::IdentityProvider);

    let world = World::new();
    let call = world.desktop();
    let call = call.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    world.ask(with_extras!(call)).await.unwrap();
    assert_added(&world, Some(KEY)).await;

    let world = World::new();
    let flow = crate::auth_code::begin(&world, ALICE).await;
    let url = crate::auth_code::browse(&world, flow.auth_uri());
    let app = world.desktop();
    let answer = msal::AuthResponse::from_url(&url).unwrap();
    let call = app.acquire_token_by_auth_code_flow(flow, answer);
    world.ask(with_extras!(call)).await.unwrap();
    assert_added(&world, Some(KEY)).await;
}

#[tokio::test]
async fn what_is_got_on_behalf_of_a_user_is_found_by_what_it_was_asked_for_with() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let alice = crate::on_behalf_of::called_by(&world, ALICE).await;
    let plain = || app.acquire_token_on_behalf_of(&alice, GRAPH);
    let first = world.ask(plain()).await.unwrap();
    let other = world.ask(with_extras!(plain())).await.unwrap();
    assert_ne!(first.access_token, other.access_token);
    let sent = last(&world);
    assert!(sent.url.ends_with("?cd=e") && sent.form["a"] == "b");
    let begun = app.initiate_long_running_on_behalf_of(&alice, "s", VAULT);
    world.ask(begun).await.unwrap();
    let next = || app.acquire_token_in_long_running_on_behalf_of("s", VAULT);
    let renewed = world.ask(with_extras!(next())).await.unwrap();
    assert_eq!(renewed.token_source, TokenSource::IdentityProvider);
    let sent = last(&world);
    assert!(sent.url.ends_with("?cd=e") && sent.form["a"] == "b");
    let before = world.http.sent().len();
    let again = world.ask(with_extras!(plain())).await.unwrap();
    assert_eq!(again.access_token, other.access_token);
    let again = world.ask(with_extras!(next())).await.unwrap();
    assert_eq!(again.access_token, renewed.access_token);
    assert_eq!(world.http.sent().len(), before);
}

#[tokio::test]
async fn what_a_request_has_itself_is_refused_before_anything_is_sent() {
    let world = World::new();
    let (web, app) = (world.web(WEB_SECRET), world.desktop());
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let assertion = crate::on_behalf_of::called_by(&world, ALICE).await;
    let token = world.refresh_token(ALICE, WEB);
    let before = world.http.sent().len();
    for error in [
        world
            .ask(
                web.acquire_token_for_client(GRAPH)
                    .extra_form_field("client_claims", "{}"),
            )
            .await,
        world
            .ask(
                web.acquire_token_for_client(GRAPH)
                    .extra_query_parameter("Client_Secret", "s"),
            )
            .await,
        world
            .ask(
                web.acquire_token_on_behalf_of(&assertion, GRAPH)
                    .extra_form_field("assertion", "s"),
            )
            .await,
        world
            .ask(
                web.acquire_token_by_refresh_token(token, GRAPH)
                    .extra_form_field("a", "1")
                    .extra_query_parameter("a", "2"),
            )
            .await,
        world
            .ask(
                app.acquire_token_silent(GRAPH, &alice)
                    .extra_form_field("req_cnf", "key"),
            )
            .await,
        world
            .ask(
                app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH)
                    .extra_form_field("username", "bob"),
            )
            .await,
    ] {
        assert!(
            matches!(error, Err(Error::Config(ConfigError::ExtraParameter(_)))),
            "{error:?}"
        );
    }
    let flow = app
        .initiate_device_flow(GRAPH)
        .extra_form_field("device_code", "d");
    assert!(matches!(
        world.ask(flow).await,
        Err(Error::Config(ConfigError::ExtraParameter(_)))
    ));
    assert_eq!(world.http.sent().len(), before);
}
