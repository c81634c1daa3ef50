//! One refresh token that a store lists for several clients, where a token is spent by use.

use msal_emulator::{Fault, Rotation, Settings as EmulatorSettings, sample};
use msal_migrate::{Class, Completion, PlanOptions, Retry, RetryClass, RotationPolicy};
use serde_json::Value;

use crate::world::{HOST, World};

const GRAPH: &str = "https://graph.microsoft.com";

/// A server that revokes all tokens of a sign-in when a spent one is presented again.
fn strict() -> World {
    let settings = EmulatorSettings::default().rotation(Rotation::SingleUseWithReuseDetection);
    let mut world = World::with(settings);
    world.settings.rotation = RotationPolicy::SingleUse;
    world
}

/// A token of the desktop application, as it is listed for that one and for the web application.
fn rows(world: &World) -> [Value; 2] {
    let token = world.token(sample::ALICE, sample::DESKTOP);
    [sample::DESKTOP, sample::WEB].map(|client| world.entry(sample::ALICE, client, GRAPH, &token))
}

fn presented(world: &World) -> u64 {
    world.http.emulator.redemptions().seen()
}

fn held() -> (Class, String) {
    (Class::Failed, "sent_for_other_client".to_owned())
}

#[tokio::test]
async fn a_token_of_several_clients_goes_out_once_and_the_others_are_named() {
    let world = strict();
    let rows = rows(&world);
    for _ in 0..3 {
        let report = world.run(&rows).await.unwrap();
        assert_eq!((report.tokens, report.migrated, report.failed), (2, 1, 1));
        assert_eq!(report.completion(), Completion::Failed);
        assert_eq!(report.causes[0].reason.error, "sent_for_other_client");
        assert_eq!(report.causes[0].client_id, sample::WEB);
        assert!(world.outcomes().contains(&held()));
    }
    assert_eq!(presented(&world), 1);
    let renewed = world.target().await["RefreshToken"].clone();
    assert_eq!(renewed.as_object().unwrap().len(), 1);

    // The operator chooses, and nothing is left to correct.
    let mut plan = PlanOptions::default();
    plan.client_id = Some(sample::DESKTOP.to_owned());
    plan.authority = Some(msal_migrate::AuthorityOverride::parse(HOST).unwrap());
    let report = world.run_as(plan, &rows).await;
    assert_eq!(report.completion(), Completion::Complete);
}

#[tokio::test]
async fn what_the_server_refused_for_one_client_goes_out_for_the_next() {
    let world = strict();
    let [of_desktop, of_web] = rows(&world);
    let rows = [of_web, of_desktop];
    let report = world.run(&rows).await.unwrap();
    assert_eq!((report.migrated, report.needs_user), (0, 1));
    assert_eq!(world.run(&rows).await.unwrap().migrated, 1);
    assert_eq!(presented(&world), 2, "once for each client");
}

#[tokio::test]
async fn a_token_of_an_earlier_input_goes_out_for_no_other_client() {
    let world = strict();
    let [of_desktop, of_web] = rows(&world);
    assert_eq!(world.run(&[of_desktop]).await.unwrap().migrated, 1);
    let report = world.run(&[of_web]).await.unwrap();
    assert_eq!((report.migrated, report.failed), (0, 1));
    assert_eq!(presented(&world), 1);
}

#[tokio::test]
async fn a_token_in_doubt_goes_out_for_no_other_client() {
    let world = strict();
    let rows = rows(&world);
    world
        .http
        .emulator
        .add_fault(Fault::unavailable(None).first(1));
    for _ in 0..2 {
        let report = world.run(&rows).await.unwrap();
        assert_eq!((report.in_doubt, report.failed), (1, 1));
    }
    let retry = Retry::default().class(RetryClass::InDoubt);
    let report = world.run_again(&rows, retry).await;
    assert_eq!((report.migrated, report.failed), (1, 1));
}

#[tokio::test]
async fn where_tokens_stay_valid_each_client_is_tried() {
    let world = World::new();
    let report = world.run(&rows(&world)).await.unwrap();
    assert_eq!((report.migrated, report.failed), (1, 0));
    assert_eq!(presented(&world), 2);
}
