//! A cloud has several host names, and a host may be written without its port.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use msal::{Blob, CacheStore as _, Partition};
use msal_core::Dialect;
use msal_emulator::sample::{ALICE, CONTOSO_ID, DESKTOP, FAMILY_MAIL};
use msal_migrate::{NoObserver, Verifier};
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn a_cache_that_leaves_the_port_out_is_a_source() {
    for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
        let world = World::new();
        let entries = world.users(2);
        let never = Box::pin(std::future::pending());
        let report = world
            .migration_to(world.cache(dialect), &entries)
            .run(&mut NoObserver, never)
            .await
            .unwrap();
        assert_eq!(report.migrated, 2);
        let cache = world.target().await;
        let mut again = World::new();
        again.http = world.http.clone();
        again.runtime = world.runtime.clone();
        let report = again.run_from(&cache.to_string()).await.unwrap();
        assert_eq!(report.migrated, 2, "{dialect:?} {report:?}");
    }
}

#[tokio::test]
async fn every_client_under_every_alias_is_asked() {
    let world = World::new();
    let (windows, online) = ("login.windows.net", "login.microsoftonline.com");
    let home = format!("{}.{CONTOSO_ID}", alice_oid(&world).await);
    let account = |environment: &str| {
        json!({
            "home_account_id": home, "environment": environment, "realm": CONTOSO_ID,
            "local_account_id": "u", "username": ALICE, "authority_type": "MSSTS",
        })
    };
    let token = |environment: &str, client: &str| {
        json!({
            "credential_type": "RefreshToken", "secret": world.token(ALICE, client),
            "home_account_id": home, "environment": environment, "client_id": client,
            "target": "User.Read",
        })
    };
    for (accounts, tokens) in [
        (vec![windows], vec![(online, DESKTOP)]),
        (vec![online], vec![(windows, DESKTOP)]),
        (
            vec![windows, online],
            vec![(windows, DESKTOP), (online, FAMILY_MAIL)],
        ),
        (
            vec![windows],
            vec![("sts.windows.net", DESKTOP), (online, FAMILY_MAIL)],
        ),
    ] {
        let (mut users, mut secrets) = (json!({}), json!({}));
        for environment in &accounts {
            users[environment] = account(environment);
        }
        for (environment, client) in &tokens {
            secrets[client] = token(environment, client);
        }
        let blob: Arc<dyn Blob> = Arc::new(Bytes::from(
            json!({"Account": users, "RefreshToken": secrets}).to_string(),
        ));
        let partition = Partition::default();
        world.store.remove(&partition).await.unwrap();
        world.store.save(&partition, blob, None).await.unwrap();
        let verification = Verifier::new(world.cache(Dialect::Python), world.runtime.clone())
            .run(&mut |_asked| {})
            .await
            .unwrap();
        let case = format!("{accounts:?} {tokens:?} {verification:?}");
        assert_eq!(verification.asked, tokens.len() as u64, "{case}");
        assert_eq!(verification.renewed, tokens.len() as u64, "{case}");
        world.http.later(Duration::from_secs(2 * 3600));
    }
}

/// The object identifier that Alice's tokens have.
async fn alice_oid(world: &World) -> String {
    let never = Box::pin(std::future::pending());
    let graph = "https://graph.microsoft.com";
    let entry = world.entry(ALICE, DESKTOP, graph, &world.token(ALICE, DESKTOP));
    let mut observer = NoObserver;
    let run = world.migration(&[entry]).run(&mut observer, never);
    assert_eq!(run.await.unwrap().migrated, 1);
    let target: Value = world.target().await;
    let accounts = target["Account"].as_object().unwrap();
    let account = accounts.values().next().unwrap();
    account["local_account_id"].as_str().unwrap().to_owned()
}
