//! Tokens on behalf of the users who call an API.

use std::time::Duration;

use msal::{ConfidentialClientApplication, Error, HttpErrorKind, TokenSource, UserAssertion};
use msal_emulator::sample::{
    ALICE, BOB, CONTOSO, CONTOSO_ID, DESKTOP, FABRIKAM_ID, MIA, WEB, WEB_SECRET,
};
use msal_emulator::{Fault, Rotation, Settings};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::{DAY, GRAPH, HOST, MANAGEMENT, World, count};

/// The token that a user's program calls the web application with.
pub(crate) async fn called_by(world: &World, upn: &str) -> UserAssertion {
    let app = world.in_memory(DESKTOP);
    let token = world.refresh_token(upn, DESKTOP);
    let scope = format!("api://{WEB}/.default");
    let call = app.acquire_token_by_refresh_token(token, [scope]);
    let token = world.ask(call).await.unwrap().access_token;
    UserAssertion::from(token.expose_secret())
}

fn claims(token: &msal::AccessToken) -> Value {
    use base64::Engine as _;
    let payload = token.expose_secret().split('.').nth(1).unwrap();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload);
    serde_json::from_slice(&json.unwrap()).unwrap()
}

fn exchanges(world: &World) -> usize {
    let mut sent = world.http.token_requests();
    sent.retain(|sent| sent.form["grant_type"].ends_with("jwt-bearer"));
    sent.len()
}

#[tokio::test]
async fn one_cache_serves_many_users_each_by_the_assertion() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let (alice, bob) = (called_by(&world, ALICE).await, called_by(&world, BOB).await);
    let mut tokens = Vec::new();
    for (assertion, upn) in [(&alice, ALICE), (&bob, BOB), (&alice, ALICE), (&bob, BOB)] {
        let call = app.acquire_token_on_behalf_of(assertion, GRAPH);
        let result = world.ask(call).await.unwrap();
        assert_eq!(claims(&result.access_token)["upn"], upn);
        assert_eq!(result.account.as_ref().unwrap().username, upn);
        tokens.push(result);
    }
    assert_eq!(exchanges(&world), 2);
    assert_eq!(tokens[0].access_token, tokens[2].access_token);
    assert_eq!(tokens[1].access_token, tokens[3].access_token);
    assert_eq!(tokens[3].token_source, TokenSource::Cache);
    // Nor is it a token of the user who signs in, nor of the application.
    let account = tokens[0].account.clone().unwrap();
    let silent = world.ask(app.acquire_token_silent(GRAPH, &account)).await;
    assert!(matches!(silent, Err(Error::InteractionRequired(_))));
    let own = world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap();
    assert_eq!(own.token_source, TokenSource::IdentityProvider);
}

#[tokio::test]
async fn the_request_and_the_entry_are_those_of_other_msals() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let assertion = called_by(&world, ALICE).await;
    let result = world
        .ask(app.acquire_token_on_behalf_of(&assertion, GRAPH))
        .await
        .unwrap();
    let sent = world.http.token_requests();
    let sent = sent.last().unwrap();
    assert_eq!(
        json!(sent.form),
        json!({
            "client_id": WEB, "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "client_info": "1",
            "client_secret": WEB_SECRET, "requested_token_use": "on_behalf_of",
            "scope": format!("{GRAPH} offline_access openid profile"), "assertion": assertion.expose_secret(),
        })
    );
    assert_eq!(sent.headers["x-client-current-telemetry"], "4|523,2|");
    assert!(!sent.headers.contains_key("x-anchormailbox"));
    let cache = world.store.json().await;
    let (key, entry) = cache["AccessToken"]
        .as_object()
        .unwrap()
        .iter()
        .next()
        .unwrap();
    let home = result.account.unwrap().home_account_id.to_string();
    assert!(
        key.starts_with(&format!("{home}-{HOST}-atext-{WEB}-{CONTOSO_ID}-")),
        "{key}"
    );
    use base64::Engine as _;
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(assertion.expose_secret());
    let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash);
    assert_eq!(entry["user_assertion_hash"], hash);
    assert!(
        entry["ext_cache_key"].is_string(),
        "MSAL Python passes over it"
    );
    assert_eq!(entry["home_account_id"], home);
    // Whoever has the assertion can show it again.
    assert_eq!(count(&cache, "RefreshToken"), 0);
    assert_eq!(count(&cache, "Account"), 1);
}

#[tokio::test]
async fn a_thousand_tasks_of_one_request_make_one_exchange() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let (alice, bob) = (called_by(&world, ALICE).await, called_by(&world, BOB).await);
    let before = world.http.sent().len();
    world.http.hold("on_behalf_of");
    let mut calls = JoinSet::new();
    for _ in 0..500 {
        for (assertion, upn) in [(&alice, ALICE), (&bob, BOB)] {
            let call = app
                .acquire_token_on_behalf_of(assertion, GRAPH)
                .into_future();
            calls.spawn(async move { (upn, call.await) });
        }
    }
    world.http.until_sent(before + 2).await;
    world.http.release();
    for (upn, result) in calls.join_all().await {
        assert_eq!(claims(&result.unwrap().access_token)["upn"], upn);
    }
    assert_eq!(exchanges(&world), 2);
}

#[tokio::test]
async fn two_users_who_begin_one_session_share_no_request() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let (alice, bob) = (called_by(&world, ALICE).await, called_by(&world, BOB).await);
    let before = world.http.sent().len();
    world.http.hold("on_behalf_of");
    let begin = |assertion| {
        let call = app.initiate_long_running_on_behalf_of(assertion, "s", GRAPH);
        tokio::spawn(call.into_future())
    };
    let plain = tokio::spawn(app.acquire_token_on_behalf_of(&alice, GRAPH).into_future());
    let calls = [(ALICE, begin(&alice)), (BOB, begin(&bob)), (ALICE, plain)];
    world.http.until_sent(before + 3).await;
    world.http.release();
    for (upn, call) in calls {
        let result = call.await.unwrap().unwrap();
        assert_eq!(claims(&result.access_token)["upn"], upn);
    }
    // The session is one user's, whoever came last.
    let cache = world.store.json().await;
    assert_eq!(count(&cache, "RefreshToken"), 1);
}

#[tokio::test]
async fn what_was_got_for_one_assertion_is_not_for_another_of_the_same_user() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let first = called_by(&world, ALICE).await;
    world.advance(Duration::from_secs(60));
    let second = called_by(&world, ALICE).await;
    let before = world
        .ask(app.acquire_token_on_behalf_of(&first, GRAPH))
        .await
        .unwrap();
    let after = world
        .ask(app.acquire_token_on_behalf_of(&second, GRAPH))
        .await
        .unwrap();
    assert_ne!(before.access_token, after.access_token);
    assert_eq!(count(&world.store.json().await, "AccessToken"), 2);
    // What is spent does not pile up.
    world.advance(DAY);
    let third = called_by(&world, ALICE).await;
    world
        .ask(app.acquire_token_on_behalf_of(&third, GRAPH))
        .await
        .unwrap();
    assert_eq!(count(&world.store.json().await, "AccessToken"), 1);
}

#[tokio::test]
async fn what_was_got_in_one_tenant_or_with_other_claims_is_not_for_another() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let alice = called_by(&world, ALICE).await;
    let call = || app.acquire_token_on_behalf_of(&alice, GRAPH);
    world.ask(call()).await.unwrap();
    let elsewhere = call().tenant(FABRIKAM_ID);
    let elsewhere = world.ask(elsewhere).await;
    let sent = world.http.token_requests().pop().unwrap();
    assert!(sent.url.contains(FABRIKAM_ID), "{}", sent.url);
    if let Ok(result) = elsewhere {
        assert_eq!(claims(&result.access_token)["tid"], FABRIKAM_ID);
    }
    let before = exchanges(&world);
    for _ in 0..2 {
        let forwarded = call().forwarded_client_claims(r#"{"a":1}"#);
        world.ask(forwarded).await.unwrap();
    }
    assert_eq!(exchanges(&world), before + 1);
    let sent = world.http.token_requests().pop().unwrap();
    assert_eq!(sent.form["claims"], r#"{"a":1}"#);
    let hit = world.ask(call()).await.unwrap();
    assert_eq!(hit.token_source, TokenSource::Cache);
}

#[tokio::test]
async fn an_assertion_that_is_not_one_to_act_on_is_told_with_its_cause() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let good = called_by(&world, ALICE).await;
    for (code, words, is_users) in [
        (50_013, "signature", true),
        (500_131, "another application", false),
        (500_133, "expired", true),
        (7_000_114, "an application", false),
    ] {
        world.emulator.add_fault(Fault::aadsts(code).first(1));
        let error = world
            .ask(app.acquire_token_on_behalf_of(&good, GRAPH))
            .await
            .unwrap_err();
        let message = error.to_string();
        assert!(message.contains(words), "{message}");
        assert!(message.contains(&format!("AADSTS{code}")), "{message}");
        assert_eq!(
            matches!(error, Error::InteractionRequired(_)),
            is_users,
            "{message}"
        );
    }
    // As the platform finds them.
    let own = world
        .ask(app.acquire_token_for_client(format!("api://{WEB}/.default")))
        .await;
    let own = UserAssertion::from(own.unwrap().access_token.expose_secret());
    let error = world
        .ask(app.acquire_token_on_behalf_of(&own, GRAPH))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("AADSTS7000114"), "{error}");
    let downstream = world
        .ask(app.acquire_token_on_behalf_of(&good, GRAPH))
        .await
        .unwrap();
    let foreign = UserAssertion::from(downstream.access_token.expose_secret());
    let error = world
        .ask(app.acquire_token_on_behalf_of(&foreign, GRAPH))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("AADSTS500131"), "{error}");
    assert_eq!(count(&world.store.json().await, "AccessToken"), 2);
}

#[tokio::test]
async fn the_next_apis_challenge_is_passed_on() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let assertion = called_by(&world, MIA).await;
    let call = app.acquire_token_on_behalf_of(&assertion, MANAGEMENT);
    let error = world.ask(call).await.unwrap_err();
    assert!(matches!(error, Error::InteractionRequired(_)), "{error}");
    let challenge = error.claims().unwrap().to_owned();
    assert!(
        serde_json::from_str::<Value>(&challenge)
            .unwrap()
            .is_object()
    );
    let call = app.acquire_token_on_behalf_of(&assertion, GRAPH);
    let _ = world.ask(call.claims_challenge(challenge.clone())).await;
    assert_eq!(
        world.http.token_requests().last().unwrap().form["claims"],
        challenge
    );
}

#[tokio::test]
async fn an_answer_about_another_user_than_the_assertions_is_refused() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let (alice, bob) = (called_by(&world, ALICE).await, called_by(&world, BOB).await);
    world
        .ask(app.acquire_token_on_behalf_of(&bob, GRAPH))
        .await
        .unwrap();
    let answer = world.http.token_requests().last().unwrap().answer.clone();
    let mixed_up = ["client_info", "id_token", "access_token"]
        .into_iter()
        .fold(Fault::tamper(), |fault, member| {
            fault.set_member(member, answer[member].clone())
        });
    // Whichever of the two names the user.
    for mixed_up in [mixed_up.clone(), mixed_up.drop_member("id_token")] {
        world.emulator.add_fault(mixed_up.first(1));
        let before = world.store.bytes().await;
        let error = world
            .ask(app.acquire_token_on_behalf_of(&alice, GRAPH))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{error}");
        assert_eq!(world.store.bytes().await, before);
    }
}

#[tokio::test]
async fn a_session_goes_on_when_the_assertion_has_expired() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let (alice, bob) = (called_by(&world, ALICE).await, called_by(&world, BOB).await);
    for (assertion, session) in [(&alice, "session-a"), (&bob, "session-b")] {
        let call = app.initiate_long_running_on_behalf_of(assertion, session, GRAPH);
        world.ask(call).await.unwrap();
    }
    assert_eq!(count(&world.store.json().await, "RefreshToken"), 2);
    let text = String::from_utf8(world.store.bytes().await.unwrap().to_vec()).unwrap();
    assert!(
        !text.contains("session-a"),
        "whoever reads it could go on with it"
    );
    for days in 0..3 {
        for (session, upn) in [("session-a", ALICE), ("session-b", BOB)] {
            for scope in [GRAPH, "https://reports.contoso.example/api/.default"] {
                let call = world.web(WEB_SECRET);
                let call = call.acquire_token_in_long_running_on_behalf_of(session, scope);
                let result = world.ask(call).await.unwrap();
                assert_eq!(claims(&result.access_token)["upn"], upn);
                let is_first = days == 0 && scope == GRAPH;
                assert_eq!(result.token_source == TokenSource::Cache, is_first);
                assert_eq!(result.account.unwrap().username, upn);
            }
        }
        world.advance(DAY);
    }
    // Neither the user nor another session nor the assertion finds any of it.
    let account = app.accounts().await.unwrap().remove(0);
    for call in [
        world.ask(app.acquire_token_silent(GRAPH, &account)).await,
        world
            .ask(app.acquire_token_in_long_running_on_behalf_of("session-c", GRAPH))
            .await,
        world
            .ask(app.acquire_token_on_behalf_of(&alice, GRAPH))
            .await,
    ] {
        assert!(matches!(call, Err(Error::InteractionRequired(_))));
    }
    // The user's sign-out ends what was begun for the user.
    for account in app.accounts().await.unwrap() {
        if account.username == BOB {
            world.ask(app.remove_account(&account)).await.unwrap();
        }
    }
    let ended = app.acquire_token_in_long_running_on_behalf_of("session-b", GRAPH);
    assert!(matches!(
        world.ask(ended).await,
        Err(Error::InteractionRequired(_))
    ));
    world
        .ask(app.stop_long_running_on_behalf_of("session-a"))
        .await
        .unwrap();
    let ended = app.acquire_token_in_long_running_on_behalf_of("session-a", GRAPH);
    assert!(matches!(
        world.ask(ended).await,
        Err(Error::InteractionRequired(_))
    ));
    assert_eq!(count(&world.store.json().await, "RefreshToken"), 0);
}

#[tokio::test]
async fn a_session_that_begins_anew_brings_nothing_of_the_one_before() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let (alice, bob) = (called_by(&world, ALICE).await, called_by(&world, BOB).await);
    let reports = "https://reports.contoso.example/api/.default";
    let begin = |assertion, scope| app.initiate_long_running_on_behalf_of(assertion, "s", scope);
    world.ask(begin(&alice, reports)).await.unwrap();
    world.ask(begin(&bob, GRAPH)).await.unwrap();
    for scope in [GRAPH, reports] {
        let call = app.acquire_token_in_long_running_on_behalf_of("s", scope);
        let result = world.ask(call).await.unwrap();
        assert_eq!(claims(&result.access_token)["upn"], BOB, "{scope}");
    }
}

#[tokio::test]
async fn a_session_that_ends_while_it_is_renewed_stays_ended() {
    let world = World::new();
    let (app, other) = (world.web(WEB_SECRET), world.web(WEB_SECRET));
    let alice = called_by(&world, ALICE).await;
    world
        .ask(app.initiate_long_running_on_behalf_of(&alice, "s", GRAPH))
        .await
        .unwrap();
    world.advance(DAY);
    let before = world.http.sent().len();
    world.http.hold("grant_type=refresh_token");
    let renewal = app.acquire_token_in_long_running_on_behalf_of("s", GRAPH);
    let renewal = tokio::spawn(renewal.into_future());
    world.http.until_sent(before + 1).await;
    world
        .ask(other.stop_long_running_on_behalf_of("s"))
        .await
        .unwrap();
    world.http.release();
    let result = renewal.await.unwrap();
    assert!(
        matches!(result, Err(Error::InteractionRequired(_))),
        "{result:?}"
    );
    let cache = world.store.json().await;
    assert_eq!(
        (count(&cache, "AccessToken"), count(&cache, "RefreshToken")),
        (0, 0)
    );
}

#[tokio::test]
async fn an_aging_token_is_good_enough_when_it_cannot_be_renewed() {
    let world = World::with(Settings::default().access_token_life(DAY));
    let app = world.web(WEB_SECRET);
    let alice = called_by(&world, ALICE).await;
    let aging = Fault::tamper().set_member("refresh_in", 60);
    world.emulator.add_fault(aging.first(1));
    let first = world
        .ask(app.acquire_token_on_behalf_of(&alice, GRAPH))
        .await
        .unwrap();
    world.advance(Duration::from_secs(61));
    world.http.fail(Some(HttpErrorKind::Timeout));
    let result = world
        .ask(app.acquire_token_on_behalf_of(&alice, GRAPH))
        .await
        .unwrap();
    assert_eq!(result.access_token, first.access_token);
    assert_eq!(result.account, first.account);
    world.http.fail(None);
    let result = world
        .ask(app.acquire_token_on_behalf_of(&alice, GRAPH))
        .await
        .unwrap();
    assert_ne!(result.access_token, first.access_token);
}

#[tokio::test]
async fn where_a_second_use_would_be_taken_for_theft_renewals_of_a_session_take_turns() {
    let world = World::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    let elsewhere = msal::Authority::parse(&format!("https://idp.example/{CONTOSO}")).unwrap();
    let app = ConfidentialClientApplication::builder(WEB, WEB_SECRET)
        .known_authority(elsewhere)
        .store(world.store.clone())
        .runtime(world.runtime())
        .build()
        .unwrap();
    let alice = called_by(&world, ALICE).await;
    world
        .ask(app.initiate_long_running_on_behalf_of(&alice, "s", GRAPH))
        .await
        .unwrap();
    world.advance(DAY);
    let calls = [GRAPH, "https://reports.contoso.example/api/.default"].map(|scope| {
        let call = app.acquire_token_in_long_running_on_behalf_of("s", scope);
        tokio::spawn(call.into_future())
    });
    for call in calls {
        call.await.unwrap().unwrap();
    }
}
