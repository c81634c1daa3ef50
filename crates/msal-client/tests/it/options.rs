//! What a call and an application say beside the grant.

use std::future::IntoFuture as _;
use std::sync::Arc;

use msal::fakes::FakeBrowser;
use msal::{
    AuthCodeFlow, AuthResponse, AuthenticationResult, Authority, ConfigError, Error, Remedy,
    TokenSource,
};
use msal_emulator::sample::{ALICE, CAROL, CONTOSO, CONTOSO_ID, DESKTOP, FABRIKAM_ID, PASSWORD};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::auth_code::{LOOPBACK, browse};
use crate::world::{DAY, GRAPH, HOST, World, authority};

#[tokio::test]
async fn a_program_tells_its_name_and_version_with_every_request() {
    let world = World::new();
    let app = world.builder(DESKTOP).app_name("my-app").app_version("1.2");
    let app = app.build().unwrap();
    let call = app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    let account = world.ask(call).await.unwrap().account.unwrap();
    let forced = app
        .acquire_token_silent(GRAPH, &account)
        .force_refresh(true);
    world.ask(forced).await.unwrap();
    let _flow = world.ask(app.initiate_device_flow(GRAPH)).await.unwrap();
    let mut told = world.http.sent();
    told.retain(|sent| !sent.form.is_empty());
    assert_eq!(told.len(), 3);
    for sent in told {
        assert_eq!(sent.headers["x-app-name"], "my-app", "{}", sent.url);
        assert_eq!(sent.headers["x-app-ver"], "1.2", "{}", sent.url);
    }
}

#[tokio::test]
async fn a_name_that_would_forge_a_header_is_left_out() {
    let world = World::new();
    let app = world.builder(DESKTOP).app_name("my-app\r\nx-evil: 1");
    let app = app.build().unwrap();
    world.sign_in(&app, DESKTOP, ALICE).await;
    let sent = world.http.sent().pop().unwrap();
    for absent in ["x-app-name", "x-app-ver", "x-evil"] {
        assert!(!sent.headers.contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn a_result_tells_what_its_request_was_sent_with() {
    let world = World::new();
    let app = world.desktop();
    let signed_in = world.sign_in(&app, DESKTOP, ALICE).await;
    let account = signed_in.account.unwrap();
    let told = |sent: &crate::wire::Sent| {
        let id = sent.headers["client-request-id"].to_str().unwrap();
        Some(id.to_owned())
    };
    let sent = world.http.sent().pop().unwrap();
    assert_eq!(signed_in.correlation_id, told(&sent));
    let hit = world
        .ask(app.acquire_token_silent(GRAPH, &account))
        .await
        .unwrap();
    assert_eq!(hit.token_source, TokenSource::Cache);
    assert_eq!(hit.correlation_id, None);
    let forced = app
        .acquire_token_silent(GRAPH, &account)
        .force_refresh(true);
    let forced = world.ask(forced).await.unwrap();
    let sent = world.http.sent().pop().unwrap();
    assert_eq!(forced.correlation_id, told(&sent));
    assert_ne!(forced.correlation_id, signed_in.correlation_id);
}

/// The tenant that an access token is for.
fn tenant_of(result: &AuthenticationResult) -> String {
    let claims: Value = crate::python::claims(result.access_token.expose_secret());
    claims["tid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_call_at_another_tenant_has_a_token_of_that_tenant() {
    for (own, other) in [
        (FABRIKAM_ID, CONTOSO_ID),
        ("organizations", CONTOSO),
        (FABRIKAM_ID, CONTOSO),
    ] {
        let world = World::new();
        let app = world.builder(DESKTOP).authority(authority(own));
        let app = app.build().unwrap();
        let signed_in = world.sign_in(&app, DESKTOP, CAROL).await;
        let carol = signed_in.account.clone().unwrap();
        let at_home = || app.acquire_token_silent(GRAPH, &carol);
        // What was asked for at `organizations` is stored under that name.
        let at_own = match own {
            FABRIKAM_ID => TokenSource::Cache,
            _ => TokenSource::IdentityProvider,
        };
        let elsewhere = || at_home().tenant(other);
        for (call, tenant, source) in [
            (at_home(), FABRIKAM_ID, TokenSource::Cache),
            (elsewhere(), CONTOSO_ID, TokenSource::IdentityProvider),
            (elsewhere(), CONTOSO_ID, TokenSource::Cache),
            (at_home(), FABRIKAM_ID, TokenSource::Cache),
            (at_home().tenant(FABRIKAM_ID), FABRIKAM_ID, at_own),
            (
                elsewhere().force_refresh(true),
                CONTOSO_ID,
                TokenSource::IdentityProvider,
            ),
        ] {
            let result = world.ask(call).await.unwrap();
            assert_eq!(tenant_of(&result), tenant, "{own} {other}");
            assert_eq!(result.token_source, source, "{own} {other} {tenant}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_at_another_tenant_has_tokens_of_that_tenant() {
    for (own, other) in [(FABRIKAM_ID, CONTOSO), ("organizations", CONTOSO_ID)] {
        let world = World::new();
        let app = world.builder(DESKTOP).authority(authority(own));
        let app = app.build().unwrap();
        let begun = app
            .initiate_auth_code_flow(GRAPH, LOOPBACK)
            .login_hint(CAROL)
            .tenant(other);
        let flow = world.ask(begun).await.unwrap();
        let flow = AuthCodeFlow::from_session(flow.to_session()).unwrap();
        let answer = AuthResponse::from_url(&browse(&world, flow.auth_uri())).unwrap();
        let ended = app.acquire_token_by_auth_code_flow(flow, answer);
        let signed_in = world.ask(ended).await.unwrap();
        assert_eq!(tenant_of(&signed_in), CONTOSO_ID, "{own}");
        let carol = signed_in.account.unwrap();
        assert!(carol.home_account_id.as_str().ends_with(FABRIKAM_ID));
        let there = app.acquire_token_silent(GRAPH, &carol).tenant(other);
        let there = world.ask(there).await.unwrap();
        assert_eq!(there.token_source, TokenSource::Cache, "{own}");
    }
}

#[tokio::test]
async fn the_browser_of_this_machine_signs_in_at_another_tenant_too() {
    let world = Arc::new(World::new());
    let app = world.builder(DESKTOP).authority(authority(FABRIKAM_ID));
    let app = app.build().unwrap();
    let user = Arc::clone(&world);
    let call = app
        .acquire_token_interactive(GRAPH)
        .login_hint(CAROL)
        .tenant(CONTOSO)
        .browser(FakeBrowser::new(move |address| browse(&user, address)));
    let signed_in = world.ask(call).await.unwrap();
    assert_eq!(tenant_of(&signed_in), CONTOSO_ID);
}

#[tokio::test]
async fn a_flow_is_redeemed_at_no_authority_but_the_applications_own() {
    let world = World::new();
    let app = world.builder(DESKTOP).authority(authority(FABRIKAM_ID));
    let app = app.build().unwrap();
    let begun = app
        .initiate_auth_code_flow(GRAPH, LOOPBACK)
        .login_hint(CAROL)
        .tenant(CONTOSO_ID);
    let session = world.ask(begun).await.unwrap().to_session();
    let session: Value = serde_json::from_str(session.expose_secret()).unwrap();
    world.leaks.add_members(&session);
    for (member, value) in [
        ("tenant", json!(FABRIKAM_ID)),
        ("tenant", json!(null)),
        ("authority", json!("https://evil.example/common")),
        ("authority", json!(authority(FABRIKAM_ID).to_string())),
    ] {
        let mut changed = session.clone();
        changed[member] = value;
        let flow = AuthCodeFlow::from_session(changed.to_string()).unwrap();
        let answer = AuthResponse::from_url(&browse(&world, flow.auth_uri())).unwrap();
        let ended = app.acquire_token_by_auth_code_flow(flow, answer);
        let error = world.ask(ended).await.unwrap_err();
        assert_eq!(error.remedy(), Remedy::Correct, "{member}: {error}");
    }
    assert_eq!(world.http.token_requests().len(), 0);
    let mut unread = session;
    unread["tenant"] = json!("a/../b");
    assert!(AuthCodeFlow::from_session(unread.to_string()).is_err());
}

#[tokio::test]
async fn a_tenant_that_is_none_is_refused_before_the_user_is_asked() {
    let world = World::new();
    let app = world.desktop();
    let begun = app
        .initiate_auth_code_flow(GRAPH, LOOPBACK)
        .tenant("a/../b");
    assert!(matches!(world.ask(begun).await, Err(Error::Config(_))));
    let interactive = app
        .acquire_token_interactive(GRAPH)
        .browser(FakeBrowser::new(|address| panic!("opened {address}")))
        .tenant("a/../b");
    assert!(matches!(
        world.ask(interactive).await,
        Err(Error::Config(_))
    ));
    assert_eq!(world.http.sent().len(), 0);
}

#[tokio::test]
async fn equal_calls_at_two_tenants_are_two_requests() {
    let world = World::new();
    let app = world.builder(DESKTOP).authority(authority(FABRIKAM_ID));
    let app = app.build().unwrap();
    let carol = world.sign_in(&app, DESKTOP, CAROL).await.account.unwrap();
    world.advance(DAY);
    let before = world.redemptions();
    world.http.hold("refresh_token");
    let mut calls = JoinSet::new();
    for tenant in [CONTOSO_ID, FABRIKAM_ID, CONTOSO_ID, FABRIKAM_ID] {
        let call = app.acquire_token_silent(GRAPH, &carol).tenant(tenant);
        calls.spawn(async move { (tenant, call.into_future().await.unwrap()) });
    }
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    world.http.release();
    for (tenant, result) in calls.join_all().await {
        assert_eq!(tenant_of(&result), tenant);
    }
    assert_eq!(world.redemptions() - before, 2);
}

#[tokio::test]
async fn every_way_to_sign_in_can_be_gone_at_another_tenant() {
    let world = World::new();
    let app = world.builder(DESKTOP).authority(authority("organizations"));
    let app = app.build().unwrap();
    let call = app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    world.ask(call.tenant(CONTOSO_ID)).await.unwrap();
    let token = world.refresh_token(CAROL, DESKTOP);
    let call = app.acquire_token_by_refresh_token(token, GRAPH);
    let guest = world.ask(call.tenant(CONTOSO_ID)).await.unwrap();
    assert_eq!(tenant_of(&guest), CONTOSO_ID);
    let flow = app.initiate_device_flow(GRAPH).tenant(CONTOSO_ID);
    let flow = world.ask(flow).await.unwrap();
    let now = world.clock.system_time();
    assert!(world.emulator.approve_device(flow.user_code(), ALICE, now));
    world
        .ask(app.acquire_token_by_device_flow(flow))
        .await
        .unwrap();
    for sent in world.http.token_requests() {
        assert_eq!(
            sent.url,
            format!("https://{HOST}/{CONTOSO_ID}/oauth2/v2.0/token")
        );
    }
}

#[tokio::test]
async fn a_tenant_that_is_none_or_cannot_be_chosen_is_refused_before_anything_is_sent() {
    let world = World::new();
    let app = world.desktop();
    let account = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let sent = world.http.sent().len();
    for tenant in ["", "a/b", "..", "evil.example/x?y"] {
        let call = app.acquire_token_silent(GRAPH, &account).tenant(tenant);
        let error = world.ask(call).await.unwrap_err();
        assert!(
            matches!(error, Error::Config(ConfigError::Authority(_))),
            "{tenant}"
        );
    }
    let adfs = Authority::parse("https://fs.contoso.example/adfs").unwrap();
    let app = world
        .builder(DESKTOP)
        .known_authority(adfs)
        .build()
        .unwrap();
    let call = app.acquire_token_silent(GRAPH, &account).tenant(CONTOSO_ID);
    let error = world.ask(call).await.unwrap_err();
    assert!(matches!(error, Error::Config(ConfigError::NoTenants)));
    assert_eq!(world.http.sent().len(), sent);
}

#[tokio::test]
async fn an_error_names_the_tenant_that_was_asked() {
    let world = World::new();
    let app = world.desktop();
    let account = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    // Alice is no guest there.
    let call = app
        .acquire_token_silent(GRAPH, &account)
        .tenant(FABRIKAM_ID);
    let error = world.ask(call).await.unwrap_err();
    assert!(error.to_string().contains(FABRIKAM_ID), "{error}");
}
