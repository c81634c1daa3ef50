//! What a call and an application say beside the grant.

use msal::TokenSource;
use msal_emulator::sample::{ALICE, DESKTOP, PASSWORD};

use crate::world::{GRAPH, World};

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
