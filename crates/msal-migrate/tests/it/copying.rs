//! One cache of an application into another of it, without asking any server.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::path::PathBuf;

use msal_core::Dialect;
use msal_emulator::sample::{self, DESKTOP, WEB};
use msal_migrate::{
    AuthorityOverride, Completion, Copied, MigrationError, PlanOptions, Verifier, copy_cache,
};
use serde_json::{Value, json};

use crate::world::{HOST, World};

const GRAPH: &str = "https://graph.microsoft.com";

fn named(client_id: Option<&str>) -> PlanOptions {
    let mut options = PlanOptions::default();
    options.authority = Some(AuthorityOverride::parse(HOST).unwrap());
    options.client_id = client_id.map(str::to_owned);
    options
}

/// A world with a cache of `count` users in a file.
async fn with_cache(count: usize) -> (World, PathBuf) {
    let world = World::new();
    let report = world.run(&world.users(count)).await.unwrap();
    assert_eq!(report.migrated, count as u64);
    let path = world.folder.path().join("cache.json");
    std::fs::write(&path, world.target().await.to_string()).unwrap();
    (world, path)
}

fn write(world: &World, cache: &Value) -> PathBuf {
    let path = world.folder.path().join("cache.json");
    std::fs::write(&path, cache.to_string()).unwrap();
    path
}

async fn copy(from: &PathBuf, into: &World, dialect: Dialect, client: Option<&str>) -> Copied {
    let before = std::fs::read(from).unwrap();
    let cache = into.cache(dialect);
    let copied = copy_cache(from, &cache, &named(client)).await.unwrap();
    assert_eq!(
        std::fs::read(from).unwrap(),
        before,
        "the source is only read"
    );
    copied
}

#[tokio::test]
async fn every_user_goes_on_from_the_copy_and_nobody_asked_a_server() {
    for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
        let (world, path) = with_cache(5).await;
        let asked = world.http.emulator.redemptions().seen();
        let other = World::new();
        let copied = copy(&path, &other, dialect, None).await;
        assert_eq!((copied.copied, copied.known), (5, 0), "{dialect:?}");
        assert_eq!(copied.completion(), Completion::Complete);
        assert_eq!(world.http.emulator.redemptions().seen(), asked);
        // The same server, asked from the copy.
        let verifier = Verifier::new(other.cache(dialect), world.runtime.clone());
        let verification = verifier
            .authority(named(None).authority)
            .run(&mut |_asked| {})
            .await
            .unwrap();
        assert_eq!(
            (verification.renewed, verification.broken),
            (5, 0),
            "{dialect:?}"
        );

        let before = other.target().await;
        let again = copy(&path, &other, dialect, None).await;
        assert_eq!((again.copied, again.known), (0, 5), "{dialect:?}");
        assert_eq!(other.target().await, before);
    }
}

#[tokio::test]
async fn a_target_with_users_of_its_own_keeps_them_and_their_newer_tokens() {
    let (world, path) = with_cache(3).await;
    let mut cache = world.target().await;
    let entries = cache["RefreshToken"].as_object_mut().unwrap();
    // User 1 has gone on with the target, and user 3 only has the old cache.
    let old = entries.values_mut().next().unwrap();
    old["secret"] = "0.AOLD".into();
    old["last_modification_time"] = "1700000000".into();
    let path = {
        std::fs::write(&path, cache.to_string()).unwrap();
        path
    };
    let before = world.target().await;
    let copied = copy(&path, &world, Dialect::Python, Some(DESKTOP)).await;
    assert_eq!((copied.copied, copied.known), (0, 3));
    assert_eq!(world.target().await, before);
}

#[tokio::test]
async fn what_a_migration_would_leave_out_is_not_copied() {
    let (world, path) = with_cache(2).await;
    let mut cache: Value = world.target().await;
    let (_key, entry) = cache["RefreshToken"]
        .as_object()
        .unwrap()
        .iter()
        .next()
        .unwrap();
    let with = |changes: Value| {
        let mut entry = entry.clone();
        let changes = changes.as_object().unwrap().clone();
        entry.as_object_mut().unwrap().extend(changes);
        entry
    };
    let more = [
        with(json!({ "environment": "evil.example" })),
        with(json!({ "environment": "evil.example", "secret": "0.AXevil" })),
        with(json!({ "client_id": WEB, "secret": "0.AXweb" })),
        with(json!({ "client_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "secret": "0.AXcli" })),
        with(json!({ "secret": "0.AXobo", "user_assertion_hash": "hash" })),
    ];
    let section = cache["RefreshToken"].as_object_mut().unwrap();
    section.extend(
        (0..)
            .zip(more)
            .map(|(index, entry)| (format!("more-{index}"), entry)),
    );
    std::fs::write(&path, cache.to_string()).unwrap();

    let other = World::new();
    let copied = copy(&path, &other, Dialect::Python, Some(DESKTOP)).await;
    assert_eq!(copied.copied, 2);
    let mut reasons: Vec<_> = copied
        .summary
        .skipped
        .iter()
        .map(|skip| (skip.reason.code(), skip.count))
        .collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [("obo", 1), ("other_client", 2), ("unknown_authority", 2)]
    );
    assert_eq!(
        copied.completion(),
        Completion::Failed,
        "a host that is to be named"
    );
    let written = other.target().await.to_string();
    for left in ["evil.example", "0.AXevil", "0.AXweb", "0.AXcli", "0.AXobo"] {
        assert!(!written.contains(left), "{left}");
    }
}

#[tokio::test]
async fn several_clients_and_other_formats_are_not_copied_by_mistake() {
    let world = World::new();
    let mut entries = world.users(1);
    let token = world.token(sample::ALICE, WEB);
    entries.push(world.entry(sample::ALICE, WEB, GRAPH, &token));
    world.run(&entries).await.unwrap();
    let path = write(&world, &world.target().await);

    let other = World::new();
    let refused = |path: PathBuf| {
        let cache = other.cache(Dialect::Python);
        async move {
            let error = copy_cache(&path, &cache, &named(None)).await.unwrap_err();
            assert!(matches!(error, MigrationError::NotCopied { .. }), "{error}");
            assert!(error.hint().unwrap().contains("--client-id"));
            error.to_string()
        }
    };
    let of_two = refused(path.clone()).await;
    assert!(of_two.contains("several clients") && of_two.contains(WEB) && of_two.contains(DESKTOP));
    assert_eq!(
        copy(&path, &other, Dialect::Python, Some(WEB)).await.copied,
        1
    );

    let dictionaries = json!([{ "Key": "refresh_tokens", "Value": [] }]);
    assert!(
        refused(write(&world, &dictionaries))
            .await
            .contains("cannot be copied")
    );
    let adal = world.source(&world.users(1));
    assert!(refused(adal).await.contains("it is `adal-python`"));
    assert!(!other.target().await.to_string().contains("adal"));
}
