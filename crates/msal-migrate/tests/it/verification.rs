//! Whether the accounts of a target answer.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::time::Duration;

use msal_core::Dialect;
use msal_emulator::Fault;
use msal_migrate::{AuthorityOverride, NoObserver, Verification, Verifier};
use serde_json::Value;

use crate::world::{HOST, World};

async fn migrated(world: &World, dialect: Dialect) {
    let never = Box::pin(std::future::pending());
    let report = world
        .migration_to(world.cache(dialect), &world.users(3))
        .run(&mut NoObserver, never)
        .await
        .unwrap();
    assert_eq!(report.migrated, 3);
}

async fn renewed(world: &World, dialect: Dialect) -> Verification {
    Verifier::new(world.cache(dialect), world.runtime.clone())
        .authority(Some(AuthorityOverride::parse(HOST).unwrap()))
        .run(&mut |_answer| {})
        .await
        .unwrap()
}

fn keys(target: &Value, section: &str) -> Vec<String> {
    target[section]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

#[tokio::test]
async fn accounts_answer_from_the_cache_however_it_is_spelled() {
    for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
        let world = World::new();
        migrated(&world, dialect).await;
        let verification = Verifier::offline(world.cache(dialect), &world.runtime)
            .run(&mut |_answer| {})
            .await
            .unwrap();
        assert_eq!(
            (verification.cached, verification.broken),
            (3, 0),
            "{dialect:?}"
        );
    }
}

#[tokio::test]
async fn a_renewed_refresh_token_takes_the_place_of_the_old_one() {
    for target in [Dialect::Python, Dialect::Node, Dialect::Node3] {
        for verifier in [Dialect::Python, Dialect::Node, Dialect::Node3] {
            let world = World::new();
            migrated(&world, target).await;
            let before = world.target().await;
            world.http.later(Duration::from_secs(2 * 3600));
            let verification = renewed(&world, verifier).await;
            let after = world.target().await;

            let case = format!("{verifier:?} renews what {target:?} reads");
            assert_eq!(
                (verification.renewed, verification.broken),
                (3, 0),
                "{case}"
            );
            assert_eq!(
                keys(&after, "RefreshToken"),
                keys(&before, "RefreshToken"),
                "{case}"
            );
            assert_ne!(after["RefreshToken"], before["RefreshToken"], "{case}");
        }
    }
}

#[tokio::test]
async fn a_server_that_asks_to_be_left_alone_is_asked_again_after_that() {
    let world = World::new();
    migrated(&world, Dialect::Python).await;
    world.http.later(Duration::from_secs(2 * 86_400));
    let busy = [
        Fault::throttle(30).first(2),
        Fault::unavailable(Some(10)).nth(4),
    ];
    for fault in busy {
        world.http.emulator.add_fault(fault);
    }
    let before = world.http.system_time();
    let verification = renewed(&world, Dialect::Python).await;
    assert_eq!((verification.renewed, verification.broken), (3, 0));
    let waited = world.http.system_time().duration_since(before).unwrap();
    assert_eq!(waited, Duration::from_secs(70));
}

#[tokio::test]
async fn a_server_that_stays_busy_is_not_waited_for_without_end() {
    let world = World::new();
    migrated(&world, Dialect::Python).await;
    world.http.later(Duration::from_secs(2 * 86_400));
    world.http.emulator.add_fault(Fault::throttle(3600));
    let before = world.http.system_time();
    let verification = renewed(&world, Dialect::Python).await;
    assert_eq!((verification.untried, verification.broken), (3, 0));
    let waited = world.http.system_time().duration_since(before).unwrap();
    assert!(waited <= Duration::from_secs(600), "{waited:?}");
}
