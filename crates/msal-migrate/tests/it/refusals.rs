//! What the server refuses: whose it is to correct, and that the corrected command asks again.

use msal_emulator::{Fault, sample};
use msal_migrate::{
    AuthorityOverride, Completion, MigrationError, NoObserver, PlanOptions, Retry, RetryClass,
};

use crate::world::{HOST, World};

const GRAPH: &str = "https://graph.microsoft.com";
const ARM: &str = "https://management.core.windows.net/";

#[tokio::test]
async fn refusals_are_told_apart() {
    let world = World::new();
    let dead = world.token("user1@contoso.example", sample::DESKTOP);
    world.http.emulator.revoke_refresh_token(&dead);
    let mia = world.token(sample::MIA, sample::DESKTOP);
    let good = world.token("user2@contoso.example", sample::DESKTOP);
    let entries = [
        world.entry("user1@contoso.example", sample::DESKTOP, GRAPH, &dead),
        world.entry(sample::MIA, sample::DESKTOP, ARM, &mia),
        world.entry("user2@contoso.example", sample::DESKTOP, GRAPH, &good),
        world.entry("user3@contoso.example", sample::DESKTOP, GRAPH, "0.garbage"),
    ];
    let report = world.run(&entries).await.unwrap();
    assert_eq!((report.migrated, report.needs_user), (1, 3));
    assert_eq!(report.completion(), Completion::UsersNeeded);
}

#[tokio::test]
async fn a_refusal_of_the_tenant_is_the_operators_and_the_corrected_command_asks_again() {
    for code in [
        7_000_012, 90_072, 50_020, 50_034, 700_016, 50_128, 50_059, 90_002,
    ] {
        let world = World::new();
        world.http.emulator.add_fault(Fault::aadsts(code));
        let entries = world.users(3);
        let report = world.run_at("fabrikam.example", &entries).await;
        assert_eq!((report.failed, report.needs_user), (3, 0), "{code}");
        assert_eq!(report.completion(), Completion::Failed, "{code}");

        world.http.emulator.clear_faults();
        let report = world.run_at("contoso.example", &entries).await;
        assert_eq!(report.migrated, 3, "{code}");
    }
}

#[tokio::test]
async fn that_a_user_is_needed_holds_for_the_authority_that_was_asked() {
    let world = World::new();
    world
        .http
        .emulator
        .add_fault(Fault::aadsts(50_076).first(3));
    let entries = world.users(3);
    for _ in 0..2 {
        let report = world.run_at("fabrikam.example", &entries).await;
        assert_eq!(report.completion(), Completion::UsersNeeded);
        assert_eq!(world.http.emulator.redemptions().seen(), 3, "asked once");
    }
    let report = world.run_at("contoso.example", &entries).await;
    assert_eq!((report.migrated, report.needs_user), (3, 0));
    assert_eq!(world.http.emulator.redemptions().seen(), 6);
}

#[tokio::test]
async fn that_a_user_is_needed_holds_for_the_scopes_that_were_asked() {
    let world = World::new();
    world
        .http
        .emulator
        .add_fault(Fault::aadsts(65_001).first(3));
    let entries = world.users(3);
    assert_eq!(world.run(&entries).await.unwrap().needs_user, 3);
    assert_eq!(world.run(&entries).await.unwrap().needs_user, 3);
    assert_eq!(world.http.emulator.redemptions().seen(), 3, "asked once");

    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(HOST).unwrap());
    plan.map_resource = vec![(GRAPH.to_owned(), ARM.to_owned())];
    let report = world.run_as(plan, &entries).await;
    assert_eq!((report.migrated, report.needs_user), (3, 0));
}

#[tokio::test]
async fn one_directorys_refusal_leaves_the_users_of_others_alone() {
    for (tenant, code) in [
        ("organizations", 700_016),
        ("common", 700_016),
        ("organizations", 50_020),
    ] {
        let mut world = World::new();
        world.settings.concurrency = Some(1);
        let fault = Fault::aadsts(code).user("*@fabrikam.example");
        world.http.emulator.add_fault(fault);
        let carol = "carol@fabrikam.example";
        let token = world.token(carol, sample::DESKTOP);
        let mut entries = vec![world.entry(carol, sample::DESKTOP, GRAPH, &token)];
        entries.extend(world.users(20));
        let report = world.run_at(tenant, &entries).await;
        assert_eq!((report.migrated, report.failed), (20, 1), "{tenant} {code}");
    }
}

#[tokio::test]
async fn a_client_that_is_not_in_the_tenant_is_learnt_from_one_answer_of_that_tenant() {
    let mut world = World::new();
    world.settings.concurrency = Some(1);
    world.http.emulator.add_fault(Fault::aadsts(700_016));
    let report = world.run_at("contoso.example", &world.users(20)).await;
    assert_eq!((report.migrated, report.failed), (0, 20));
    assert_eq!(world.http.emulator.redemptions().seen(), 1);
}

#[tokio::test]
async fn a_user_of_another_tenant_is_one_users_affair_in_a_tenants_own_lane() {
    let mut world = World::new();
    world.settings.concurrency = Some(1);
    let fault = Fault::aadsts(50_020).user("user1@contoso.example");
    world.http.emulator.add_fault(fault);
    let report = world.run_at("contoso.example", &world.users(20)).await;
    assert_eq!((report.migrated, report.failed), (19, 1));
}

#[tokio::test]
async fn a_missing_secret_is_learnt_from_one_answer_and_can_be_corrected() {
    let mut world = World::new();
    let credentials = std::mem::take(&mut world.credentials);
    world.settings.concurrency = Some(1);
    let entries: Vec<_> = (1..=50)
        .map(|number| {
            let upn = format!("user{number}@contoso.example");
            let token = world.token(&upn, sample::WEB);
            world.entry(&upn, sample::WEB, GRAPH, &token)
        })
        .collect();
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.failed, report.completion()),
        (50, Completion::Failed)
    );
    assert_eq!(
        world.http.emulator.redemptions().seen(),
        1,
        "forty-nine were not sent"
    );

    world.credentials = credentials;
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.migrated, report.completion()),
        (50, Completion::Complete)
    );
}

#[tokio::test]
async fn what_needs_its_user_is_asked_again_when_the_operator_says_so() {
    let world = World::new();
    world
        .http
        .emulator
        .add_fault(Fault::aadsts(65_001).first(3));
    let entries = world.users(3);
    assert_eq!(world.run(&entries).await.unwrap().needs_user, 3);

    for (retry, migrated) in [
        (Retry::default().class(RetryClass::InDoubt), 0),
        (Retry::default().row("#/1"), 1),
        (Retry::default().class(RetryClass::NeedsUser), 3),
    ] {
        let report = world.run_again(&entries, retry.clone()).await;
        assert_eq!(report.migrated, migrated, "{retry:?}");
    }
    assert_eq!(world.http.emulator.redemptions().seen(), 6);
    // What is not there is no "nothing to do".
    let elsewhere = Retry::default().tenant("fabrikam.example");
    let never = Box::pin(std::future::pending());
    let migration = world.migration(&entries).retry(elsewhere);
    let refused = migration.run(&mut NoObserver, never).await;
    assert!(
        matches!(refused, Err(MigrationError::NotThere { .. })),
        "{refused:?}"
    );
}
