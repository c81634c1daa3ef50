//! Tokens of the application itself.

use std::time::Duration;

use msal::{
    AcquireTokenForClient, Authority, ConfidentialClientApplication, ConfigError, Error,
    HttpErrorKind, TokenSource,
};
use msal_emulator::sample::{ALICE, CONTOSO, CONTOSO_ID, FABRIKAM_ID, WEB, WEB_SECRET};
use msal_emulator::{Fault, Settings};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tracing::subscriber::{NoSubscriber, set_default};

use crate::world::{DAY, GRAPH, HOST, MANAGEMENT, World, authority, count};

fn elsewhere(world: &World, authority: Authority) -> ConfidentialClientApplication {
    ConfidentialClientApplication::builder(WEB, WEB_SECRET)
        .known_authority(authority)
        .store(world.store.clone())
        .runtime(world.runtime())
        .build()
        .unwrap()
}

/// What a token says of itself.
fn claims(token: &msal::AccessToken) -> Value {
    use base64::Engine as _;
    let payload = token.expose_secret().split('.').nth(1).unwrap();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload);
    serde_json::from_slice(&json.unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_kept_as_msal_python_keeps_it() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let first = world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap();
    assert_eq!(first.token_source, TokenSource::IdentityProvider);
    assert_eq!(first.account, None);
    assert_eq!(claims(&first.access_token)["tid"], CONTOSO_ID);
    let again = world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap();
    assert_eq!(again.token_source, TokenSource::Cache);
    assert_eq!(again.access_token, first.access_token);
    let [sent] = &world.http.token_requests()[..] else {
        panic!("one request");
    };
    assert_eq!(sent.headers["x-client-current-telemetry"], "4|730,2|");
    assert!(!sent.headers.contains_key("x-anchormailbox"));
    let form = json!({
        "client_id": WEB, "grant_type": "client_credentials", "client_info": "1", "client_secret": WEB_SECRET,
        "scope": GRAPH,
    });
    assert_eq!(json!(sent.form), form);
    let key = format!("-{HOST}-accesstoken-{WEB}-{CONTOSO_ID}-{GRAPH}");
    let metadata = format!("appmetadata-{HOST}-{WEB}");
    assert_eq!(
        world.store.json().await,
        json!({
            "AccessToken": {key: {
                "credential_type": "AccessToken", "secret": first.access_token.expose_secret(),
                "home_account_id": null, "environment": HOST, "client_id": WEB, "target": GRAPH,
                "realm": CONTOSO_ID, "token_type": "Bearer", "cached_at": "1700000000",
                "expires_on": "1700003599", "extended_expires_on": "1700003599",
            }},
            "AppMetadata": {metadata: {"client_id": WEB, "environment": HOST}},
        })
    );
}

#[tokio::test]
async fn a_thousand_tasks_that_start_at_once_make_one_request() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    world.http.hold("client_credentials");
    let mut calls = JoinSet::new();
    for _ in 0..1000 {
        calls.spawn(app.acquire_token_for_client(GRAPH).into_future());
    }
    world.http.until_sent(1).await;
    world.http.release();
    let results = calls.join_all().await;
    let first = results[0].as_ref().unwrap().access_token.clone();
    assert!(
        results
            .iter()
            .all(|result| result.as_ref().unwrap().access_token == first)
    );
    assert_eq!(world.http.sent().len(), 1);
}

#[tokio::test]
async fn calls_that_differ_share_no_request() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    world.http.hold("client_credentials");
    let call = || app.acquire_token_for_client(GRAPH);
    let different = [
        call(),
        call().tenant(FABRIKAM_ID),
        call().fmi_path("one"),
        call().fmi_path("two"),
        call().forwarded_client_claims("{}"),
        call().claims_challenge("{}"),
        call().force_refresh(true),
        app.acquire_token_for_client(MANAGEMENT),
    ];
    let count = different.len();
    let mut calls = JoinSet::new();
    for call in different {
        calls.spawn(call.into_future());
    }
    world.http.until_sent(count).await;
    world.http.release();
    assert!(calls.join_all().await.iter().all(Result::is_ok));
    assert_eq!(world.http.sent().len(), count);
}

#[tokio::test]
async fn tenants_and_scopes_and_identities_are_kept_apart() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let mut seen = Vec::new();
    for _ in 0..2 {
        for (tenant, tid) in [
            (CONTOSO_ID, CONTOSO_ID),
            (FABRIKAM_ID, FABRIKAM_ID),
            ("fabrikam.example", FABRIKAM_ID),
            (CONTOSO, CONTOSO_ID),
        ] {
            let call = app.acquire_token_for_client(GRAPH).tenant(tenant);
            let result = world.ask(call).await.unwrap();
            assert_eq!(claims(&result.access_token)["tid"], tid);
            seen.push(result);
        }
        for call in [
            app.acquire_token_for_client(MANAGEMENT),
            app.acquire_token_for_client(GRAPH).fmi_path("agents/one"),
            app.acquire_token_for_client(GRAPH).fmi_path("agents/two"),
            app.acquire_token_for_client(GRAPH)
                .forwarded_client_claims(r#"{"a":1}"#),
        ] {
            seen.push(world.ask(call).await.unwrap());
        }
    }
    let (first, second) = seen.split_at(8);
    for (first, second) in first.iter().zip(second) {
        assert_eq!(first.access_token, second.access_token);
        assert_eq!(second.token_source, TokenSource::Cache);
    }
    let asked: Vec<_> = first.iter().map(|result| result.token_source).collect();
    // The tenants' domain names stand for tokens that are there by then.
    let by_name = [2, 3].map(|number| asked[number]);
    assert_eq!(by_name, [TokenSource::Cache; 2]);
    assert_eq!(world.http.token_requests().len(), 6);
    let cache = world.store.json().await;
    assert_eq!(count(&cache, "AccessToken"), 6);
    let keys: Vec<_> = cache["AccessToken"].as_object().unwrap().keys().collect();
    assert_eq!(keys.iter().filter(|key| key.contains("-atext-")).count(), 3);
}

#[tokio::test]
async fn a_tenant_that_cannot_be_chosen_is_refused() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let call = app.acquire_token_for_client(GRAPH).tenant("a/../b");
    assert!(matches!(world.ask(call).await, Err(Error::Config(_))));
    let adfs = Authority::parse("https://fs.contoso.example/adfs").unwrap();
    let call = elsewhere(&world, adfs)
        .acquire_token_for_client(GRAPH)
        .tenant(CONTOSO_ID);
    let error = world.ask(call).await.unwrap_err();
    assert!(
        error.to_string().contains("no tenants to choose from"),
        "{error}"
    );
    for text in ["", "[]", "secret-claims"] {
        let call = app
            .acquire_token_for_client(GRAPH)
            .forwarded_client_claims(text);
        let error = world.ask(call).await.unwrap_err();
        assert!(matches!(error, Error::Config(_)) && !error.to_string().contains("secret"));
    }
    let call = app
        .acquire_token_for_client(GRAPH)
        .claims_challenge("secret");
    assert!(matches!(world.ask(call).await, Err(Error::Config(_))));
    assert_eq!(world.http.sent().len(), 0);
    // No scope is for the server to refuse, and never for the cache to answer.
    world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap();
    let nothing: [&str; 0] = [];
    assert!(
        world
            .ask(app.acquire_token_for_client(nothing))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_fresh_token_is_asked_for_where_the_cached_one_will_not_do() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let first = world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap();
    world.advance(Duration::from_secs(1));
    let challenge = r#"{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}"#;
    for (call, claims) in [
        (
            app.acquire_token_for_client(GRAPH).force_refresh(true),
            None,
        ),
        (
            app.acquire_token_for_client(GRAPH)
                .claims_challenge(challenge),
            Some(challenge),
        ),
    ] {
        let result = world.ask(call).await.unwrap();
        assert_eq!(result.token_source, TokenSource::IdentityProvider);
        assert_ne!(result.access_token, first.access_token);
        let sent = world.http.token_requests();
        let sent = sent.last().unwrap();
        assert_eq!(sent.headers["x-client-current-telemetry"], "4|730,1|");
        assert_eq!(sent.form.get("claims").map(String::as_str), claims);
        let cached = world
            .ask(app.acquire_token_for_client(GRAPH))
            .await
            .unwrap();
        assert_eq!(cached.access_token, result.access_token);
    }
    assert_eq!(count(&world.store.json().await, "AccessToken"), 1);
}

#[tokio::test]
async fn what_an_api_the_client_and_the_program_say_is_sent_as_one() {
    let world = World::new();
    let app = ConfidentialClientApplication::builder(WEB, WEB_SECRET)
        .authority(authority(CONTOSO_ID))
        .client_capabilities(["CP1"])
        .store(world.store.clone())
        .runtime(world.runtime())
        .build()
        .unwrap();
    let capable = r#"{"access_token": {"xms_cc": {"values": ["CP1"]}}}"#;
    let all =
        r#"{"access_token": {"nbf": {"value": "1"}, "xms_cc": {"values": ["CP1"]}, "ip": null}}"#;
    let call = || app.acquire_token_for_client(GRAPH);
    for (call, claims) in [
        (call(), capable),
        (
            call()
                .claims_challenge(r#"{"access_token":{"nbf":{"value":"1"}}}"#)
                .forwarded_client_claims(r#"{"access_token":{"ip":null}}"#),
            all,
        ),
    ] {
        let result = world.ask(call).await.unwrap();
        let sent = world.http.token_requests().pop().unwrap();
        assert_eq!(sent.form["claims"], claims);
        let id = sent.headers["client-request-id"].to_str().unwrap();
        assert_eq!(result.correlation_id.as_deref(), Some(id));
    }
    world.emulator.add_fault(Fault::aadsts(7_000_215));
    let error = world.ask(call().force_refresh(true)).await.unwrap_err();
    let sent = world.http.token_requests().pop().unwrap();
    let id = sent.headers["client-request-id"].to_str().unwrap();
    assert_eq!(error.correlation_id(), Some(id));
}

#[tokio::test]
async fn an_aging_token_is_renewed_and_is_good_enough_when_that_fails() {
    let world = World::with(Settings::default().access_token_life(DAY));
    let app = world.web(WEB_SECRET);
    let aging = Fault::tamper().set_member("refresh_in", DAY.as_secs() / 2);
    world.emulator.add_fault(aging.first(1));
    let first = world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap();
    world.advance(DAY / 2 + Duration::from_secs(1));
    for outage in [
        HttpErrorKind::Timeout,
        HttpErrorKind::Unreachable,
        HttpErrorKind::Certificate,
    ] {
        world.http.fail(Some(outage));
        let result = world
            .ask(app.acquire_token_for_client(GRAPH))
            .await
            .unwrap();
        assert_eq!(result.access_token, first.access_token);
        assert_eq!(result.token_source, TokenSource::Cache);
    }
    world.http.fail(None);
    let renewed = world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap();
    assert_ne!(renewed.access_token, first.access_token);
    let sent = world.http.token_requests();
    assert_eq!(
        sent.last().unwrap().headers["x-client-current-telemetry"],
        "4|730,4|"
    );
    world.http.fail(Some(HttpErrorKind::Timeout));
    world.advance(DAY);
    let error = world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Http(_)), "an expired one is not");
}

#[tokio::test]
async fn a_busy_endpoint_is_left_alone_by_all_calls() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    world.emulator.add_fault(Fault::throttle(30).first(1));
    let wait = |error: Error| error.retry_after().map(|wait| wait.as_secs());
    let error = world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap_err();
    assert_eq!(wait(error), Some(30));
    world.advance(Duration::from_secs(10));
    let error = world
        .ask(world.web(WEB_SECRET).acquire_token_for_client(GRAPH))
        .await;
    assert_eq!(wait(error.unwrap_err()), Some(20));
    assert_eq!(world.http.sent().len(), 1);
    // Another tenant has an endpoint of its own.
    let other = app.acquire_token_for_client(GRAPH).tenant(FABRIKAM_ID);
    assert!(world.ask(other).await.is_ok());
    world.advance(Duration::from_secs(20));
    assert!(world.ask(app.acquire_token_for_client(GRAPH)).await.is_ok());
}

#[tokio::test]
async fn what_is_removed_is_gone_for_all_and_users_stay() {
    let world = World::new();
    let (app, other) = (world.web(WEB_SECRET), world.web(WEB_SECRET));
    let token = world.refresh_token(ALICE, WEB);
    let alice = world
        .ask(app.acquire_token_by_refresh_token(token, GRAPH))
        .await;
    let alice = alice.unwrap().account.unwrap();
    for tenant in [CONTOSO_ID, FABRIKAM_ID] {
        let call = app.acquire_token_for_client(GRAPH).tenant(tenant);
        world.ask(call).await.unwrap();
    }
    let hit = world
        .ask(other.acquire_token_for_client(GRAPH))
        .await
        .unwrap();
    assert_eq!(hit.token_source, TokenSource::Cache);
    world.ask(app.remove_tokens_for_client()).await.unwrap();
    assert_eq!(count(&world.store.json().await, "AccessToken"), 1);
    let after = world
        .ask(other.acquire_token_for_client(GRAPH))
        .await
        .unwrap();
    assert_eq!(after.token_source, TokenSource::IdentityProvider);
    let silent = world
        .ask(app.acquire_token_silent(GRAPH, &alice))
        .await
        .unwrap();
    assert_eq!(silent.token_source, TokenSource::Cache);
    assert_ne!(silent.access_token, after.access_token);
}

/// Keycloak grants `profile email` to every client.
#[tokio::test]
async fn a_token_that_is_granted_scopes_of_users_is_the_applications_all_the_same() {
    for granted in ["profile email", "openid", "offline_access profile api"] {
        let world = World::new();
        let app = world.web(WEB_SECRET);
        let answer = Fault::tamper().set_member("scope", granted);
        world.emulator.add_fault(answer);
        let call = || app.acquire_token_for_client(GRAPH);
        let first = world.ask(call()).await.unwrap();
        let again = world.ask(call()).await.unwrap();
        assert_eq!(again.token_source, TokenSource::Cache, "{granted}");
        assert_eq!(again.access_token, first.access_token);
        world.ask(app.remove_tokens_for_client()).await.unwrap();
        let cache = world.store.json().await;
        assert_eq!(count(&cache, "AccessToken"), 0, "{granted}");
    }
}

#[tokio::test]
async fn a_name_for_many_tenants_is_refused_before_anything_is_sent() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    for tenant in ["common", "organizations", "consumers", "Common"] {
        let at_many = elsewhere(&world, authority(tenant));
        for call in [
            at_many.acquire_token_for_client(GRAPH),
            app.acquire_token_for_client(GRAPH).tenant(tenant),
        ] {
            let error = world.ask(call).await.unwrap_err();
            assert!(
                matches!(error, Error::Config(ConfigError::OneTenant { .. })),
                "{error}"
            );
        }
    }
    assert_eq!(world.http.sent().len(), 0);
    let at_many = elsewhere(&world, authority("organizations"));
    let named = at_many.acquire_token_for_client(GRAPH).tenant(CONTOSO_ID);
    let result = world.ask(named).await.unwrap();
    assert_eq!(claims(&result.access_token)["tid"], CONTOSO_ID);
}

#[tokio::test]
async fn an_answer_that_names_a_user_is_refused_and_not_kept() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let info = "eyJ1aWQiOiJ1IiwidXRpZCI6InQifQ";
    world
        .emulator
        .add_fault(Fault::tamper().set_member("client_info", info));
    let error = world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error}");
    assert_eq!(world.store.bytes().await, None);
}

/// Where nobody listens, a hit hands out the scopes of the call only where just these were granted.
#[tokio::test]
async fn a_hit_says_what_was_granted_and_not_what_was_asked_for() {
    let upper_case = GRAPH.to_uppercase();
    let both = format!("{MANAGEMENT} {GRAPH}");
    for granted in [GRAPH, &upper_case, &both, "another"] {
        let world = World::new();
        let _nobody = set_default(NoSubscriber::default());
        let app = world.web(WEB_SECRET);
        let answer = Fault::tamper().set_member("scope", granted);
        world.emulator.add_fault(answer);
        let call = || app.acquire_token_for_client(GRAPH);
        let issued = world.ask(call()).await.unwrap();
        for _ in 0..2 {
            let hit = world.ask(call()).await.unwrap();
            assert_eq!(hit.token_source, TokenSource::Cache, "{granted}");
            assert_eq!(hit.scopes, issued.scopes);
            assert!(hit.scopes.iter().eq(issued.scopes.iter()));
            assert!(
                granted
                    .split(' ')
                    .all(|scope| hit.scopes.iter().any(|own| own == scope))
            );
        }
    }
}

#[tokio::test]
async fn a_tenant_is_told_from_another_by_each_of_its_letters() {
    let world = World::new();
    let _nobody = set_default(NoSubscriber::default());
    let app = world.web(WEB_SECRET);
    let call = |tenant: &str| app.acquire_token_for_client(GRAPH).tenant(tenant);
    let issued = world.ask(call(FABRIKAM_ID)).await.unwrap();
    for tenant in [FABRIKAM_ID.to_owned(), FABRIKAM_ID.to_uppercase()] {
        let hit = world.ask(call(&tenant)).await.unwrap();
        assert_eq!(hit.access_token, issued.access_token);
        assert_eq!(hit.token_source, TokenSource::Cache);
        assert!(format!("{:?}", call(&tenant)).contains(&tenant));
    }
    let sent = world.http.sent().len();
    for place in [0, 9, 35] {
        let mut other = FABRIKAM_ID.to_owned();
        let letter = if other[place..].starts_with('0') {
            "1"
        } else {
            "0"
        };
        other.replace_range(place..=place, letter);
        world.ask(call(&other)).await.unwrap_err();
        world.ask(call(&FABRIKAM_ID[..place])).await.unwrap_err();
    }
    assert!(world.http.sent().len() > sent);
    // Where there is one tenant for all, a call that names one is not answered for another.
    let adfs = Authority::parse("https://fs.contoso.example/adfs").unwrap();
    let error = world
        .ask(
            elsewhere(&world, adfs)
                .acquire_token_for_client(GRAPH)
                .tenant(FABRIKAM_ID),
        )
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Config(ConfigError::NoTenants)),
        "{error}"
    );
}

#[tokio::test]
async fn a_users_token_that_names_nobody_is_not_the_applications() {
    let world = World::new();
    let app = world.web(WEB_SECRET);
    let anonymous = ["client_info", "id_token", "scope"]
        .iter()
        .fold(Fault::tamper(), |fault, member| fault.drop_member(*member));
    let token = world.refresh_token(ALICE, WEB);
    world
        .emulator
        .add_fault(anonymous.set_member("scope", GRAPH).first(1));
    let of_user = world
        .ask(app.acquire_token_by_refresh_token(token, GRAPH))
        .await
        .unwrap();
    assert_eq!(of_user.account, None);
    let own = world
        .ask(app.acquire_token_for_client(GRAPH))
        .await
        .unwrap();
    assert_eq!(own.token_source, TokenSource::IdentityProvider);
    assert_ne!(own.access_token, of_user.access_token);
}

/// What calls come to, each with the number of requests sent by then. Other tests have a subscriber that listens to all calls.
async fn outcomes(is_listened_to: bool) -> Vec<(String, usize)> {
    let world = World::new();
    let _nobody = (!is_listened_to).then(|| set_default(NoSubscriber::default()));
    let app = world.web(WEB_SECRET);
    let plain = || app.acquire_token_for_client(GRAPH);
    let calls = || {
        [
            plain(),
            plain().tenant(FABRIKAM_ID),
            plain().tenant(FABRIKAM_ID.to_uppercase()),
            plain().tenant("fabrikam.example"),
            plain().fmi_path("one"),
            plain().fmi_path("two"),
            plain().forwarded_client_claims("{}"),
            plain().extra_form_field("dc", "one"),
            plain().extra_query_parameter("dc", "one"),
            app.acquire_token_for_client(MANAGEMENT),
            plain().claims_challenge("{}"),
            plain().force_refresh(true),
            plain().tenant("organizations"),
            plain().tenant("a/b"),
            plain().forwarded_client_claims("[]"),
            plain().extra_form_field("scope", "other"),
            app.acquire_token_for_client("openid"),
        ]
    };
    let mut outcomes = Vec::new();
    let mut note = async |call: <AcquireTokenForClient as IntoFuture>::IntoFuture| {
        let outcome = match world.ask(call).await {
            Ok(result) => {
                let tenant = claims(&result.access_token)["tid"].clone();
                format!("{:?} {tenant} {}", result.token_source, result.scopes)
            }
            Err(error) => error.to_string(),
        };
        outcomes.push((outcome, world.http.sent().len()));
    };
    for _ in 0..2 {
        for call in calls() {
            note(call.into_future()).await;
        }
    }
    // Another application of the same runtime removes the tokens, between two calls and between a future and its awaiting.
    let other = elsewhere(&world, authority(CONTOSO_ID));
    let made_before = plain().into_future();
    world.ask(other.remove_tokens_for_client()).await.unwrap();
    note(made_before).await;
    world.ask(other.remove_tokens_for_client()).await.unwrap();
    note(plain().into_future()).await;
    note(plain().into_future()).await;
    world.advance(DAY);
    note(plain().into_future()).await;
    // Somebody has stored a token as if it were of many tenants.
    let stored = world.store.json().await.to_string();
    world
        .store
        .put(stored.replace(CONTOSO_ID, "organizations"))
        .await;
    let app = world.web(WEB_SECRET);
    for call in [
        app.acquire_token_for_client(GRAPH),
        app.acquire_token_for_client(GRAPH).tenant("organizations"),
    ] {
        note(call.into_future()).await;
    }
    outcomes
}

#[tokio::test]
async fn a_call_that_nobody_listens_to_comes_to_the_same_as_any_other() {
    let unheard = outcomes(false).await;
    let kinds: Vec<_> = unheard
        .iter()
        .map(|(outcome, _)| match outcome.split(' ').next() {
            Some("Cache") => 'c',
            Some("IdentityProvider") => 'p',
            _ => 'e',
        })
        .collect();
    let first = "ppccppppppppeeeee";
    let second = "ccccccccccppeeeee";
    assert_eq!(String::from_iter(&kinds), format!("{first}{second}ppcppe"));
    assert_eq!(unheard, outcomes(true).await);
}
