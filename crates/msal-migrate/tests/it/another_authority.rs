//! Tokens that were migrated for one authority, and are wanted for another.

use std::path::Path;
use std::sync::Arc;

use msal_core::Dialect;
use msal_emulator::{Rotation, Settings as EmulatorSettings, sample};
use msal_migrate::{
    AuthorityOverride, Completion, Destination, Migration, NoObserver, PlanOptions, Report, Retry,
    RetryClass, RotationPolicy, SourceOptions, Verification, Verifier, open,
};
use serde_json::Value;

use crate::world::{HOST, World};

/// A server that revokes all tokens of a sign-in when a spent one is presented again.
fn strict() -> World {
    let settings = EmulatorSettings::default().rotation(Rotation::SingleUseWithReuseDetection);
    let mut world = World::with(settings);
    world.settings.rotation = RotationPolicy::SingleUse;
    world
}

fn at(tenant: &str) -> AuthorityOverride {
    AuthorityOverride::parse(&format!("{HOST}/{tenant}")).unwrap()
}

/// Migrates the file at `source` into the target, for users who sign in at `organizations`.
async fn run_for_organizations(world: &World, source: &Path, journal: &str) -> Report {
    let mut plan = PlanOptions::default();
    plan.authority = Some(at("organizations"));
    let never = Box::pin(std::future::pending());
    Migration::new(
        open(source, &SourceOptions::default()).unwrap(),
        world.cache(Dialect::default()),
        world.folder.path().join(journal),
        Destination::new(),
        world.runtime.clone(),
    )
    .plan(plan)
    .settings(world.settings)
    .run(&mut NoObserver, never)
    .await
    .unwrap()
}

/// Asks the accounts of the target as an application asks that signs its users in at `organizations`.
async fn verify(world: &World) -> Verification {
    let target = world.cache(Dialect::default());
    let verifier = Verifier::offline(Arc::clone(&target), &world.runtime);
    let verifier = verifier.authority(Some(at("organizations")));
    verifier.run(&mut |_asked| {}).await.unwrap()
}

async fn successors(world: &World) -> Vec<String> {
    let target = world.target().await;
    let tokens = target["RefreshToken"].as_object().unwrap().values();
    tokens
        .map(|token| token["secret"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_was_migrated_at_another_authority_is_said_and_not_sent_again() {
    let world = strict();
    let entries = world.users(3);
    let report = world.run(&entries).await.unwrap();
    assert_eq!((report.migrated, report.migrated_elsewhere), (3, 0));
    let before = successors(&world).await;

    let report = world.run_at("organizations", &entries).await;
    assert_eq!((report.migrated, report.migrated_elsewhere), (3, 3));
    assert_eq!(report.completion(), Completion::Complete);
    assert_eq!(world.http.emulator.redemptions().seen(), 3);
    assert_eq!(successors(&world).await, before);

    // The same authority as before, named or not and in whatever case, is no other one.
    for tenant in ["contoso.example", "CONTOSO.example"] {
        let report = world.run_at(tenant, &entries).await;
        assert_eq!((report.migrated, report.migrated_elsewhere), (3, 0));
    }
    assert_eq!(world.run(&entries).await.unwrap().migrated_elsewhere, 0);
}

#[tokio::test]
async fn a_target_is_migrated_to_another_authority_with_its_own_newest_tokens() {
    let world = strict();
    let entries = world.users(3);
    assert_eq!(world.run(&entries).await.unwrap().migrated, 3);
    assert_eq!(
        verify(&world).await.cached,
        0,
        "an application there has to ask"
    );

    let copy = world.folder.path().join("target.json");
    std::fs::write(&copy, world.target().await.to_string()).unwrap();
    let report = run_for_organizations(&world, &copy, "another").await;
    assert_eq!((report.tokens, report.migrated), (3, 3));
    assert_eq!(report.completion(), Completion::Complete);
    let seen = world.http.emulator.redemptions().seen();
    assert_eq!(seen, 6, "each token, and each successor, once");
    let verification = verify(&world).await;
    assert_eq!((verification.cached, verification.asked), (3, 3));

    // Nobody was revoked: what is in the target now can be redeemed.
    std::fs::write(&copy, world.target().await.to_string()).unwrap();
    let report = run_for_organizations(&world, &copy, "a third").await;
    assert_eq!((report.tokens, report.migrated), (3, 3));
}

/// What is advised against: the tokens of the source are spent.
#[tokio::test]
async fn the_source_again_with_another_journal_would_sign_users_out() {
    let world = strict();
    let entries = world.users(1);
    assert_eq!(world.run(&entries).await.unwrap().migrated, 1);
    let source = world.source(&entries);
    let report = run_for_organizations(&world, &source, "another").await;
    assert_eq!((report.migrated, report.needs_user), (0, 1));
    let dead = successors(&world).await;
    let entry = world.entry(
        "user1@contoso.example",
        sample::DESKTOP,
        "https://graph.microsoft.com",
        &dead[0],
    );
    let report = world.run(&[entry, Value::Null]).await.unwrap();
    assert_eq!(report.needs_user, 1, "reuse was detected");
}

#[tokio::test]
async fn what_an_interrupted_run_left_sealed_is_counted_as_well() {
    let mut world = strict();
    let entries = world.users(2);
    let whole = world.runtime.clone();
    world.settings.concurrency = Some(1);
    world.runtime = world.runtime_over(crate::recovery::Falling::after(2, &world));
    crate::recovery::run_and_kill(&world, &entries, 1).await;
    world.runtime = whole;
    // Of the second token it is open whether its request was written down before the kill: the server has not seen it.
    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(&format!("{HOST}/organizations")).unwrap());
    let never = Box::pin(std::future::pending());
    let migration = world.migration(&entries).plan(plan);
    let migration = migration.retry(Retry::default().class(RetryClass::InDoubt));
    let report = migration.run(&mut NoObserver, never).await.unwrap();
    assert_eq!((report.migrated, report.migrated_elsewhere), (2, 1));
}
