//! Runs beside other writers of their target.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::sync::Arc;

use msal::{
    Authority, CacheStore, FileStore, MemoryStore, Partition, PublicClientApplication,
    SharedTokenCache,
};
use msal_core::Dialect;
use msal_emulator::sample;
use msal_migrate::{Completion, NoObserver};

use crate::world::{HOST, World};

const MIGRATED: usize = 6;
const OTHERS: usize = 12;

/// The application that the target belongs to signs people in while a run fills it. `MSAL_TEST_RACES` sets how often.
async fn races(store_in: impl Fn(&World) -> Arc<dyn CacheStore>) {
    let races = std::env::var("MSAL_TEST_RACES").map_or(5, |races| races.parse().unwrap());
    for race in 0..races {
        let world = World::new();
        let open = |dialect| {
            let store = store_in(&world);
            Arc::new(SharedTokenCache::new(store, Partition::default(), dialect))
        };
        let dialect = [Dialect::Python, Dialect::Node, Dialect::Node3][race % 3];
        let app = PublicClientApplication::builder(sample::DESKTOP)
            .known_authority(Authority::parse(&format!("{HOST}/contoso.example")).unwrap())
            .cache(open(dialect))
            .runtime(world.runtime.clone())
            .build()
            .unwrap();
        let tokens: Vec<_> = (0..OTHERS)
            .map(|n| format!("user{}@contoso.example", 100 + n))
            .map(|upn| world.token(&upn, sample::DESKTOP))
            .collect();
        let others = tokio::spawn(async move {
            for token in tokens {
                let scopes = ["https://graph.microsoft.com/User.Read"];
                let call = app.acquire_token_by_refresh_token(token, scopes);
                call.await.unwrap();
            }
        });
        let report = world
            .migration_to(open(dialect), &world.users(MIGRATED))
            .run(&mut NoObserver, Box::pin(std::future::pending()))
            .await
            .unwrap();
        others.await.unwrap();
        assert_eq!(report.completion(), Completion::Complete, "{race}");
        assert_eq!(report.migrated, MIGRATED as u64, "{race}");
        let target = open(dialect);
        target.ensure_loaded().await.unwrap();
        let accounts = target.read(msal_core::TokenCache::accounts);
        assert_eq!(accounts.len(), MIGRATED + OTHERS, "{race}");
        for account in accounts {
            let clients = target.read(|cache| cache.clients_of(&account));
            assert_eq!(clients, [sample::DESKTOP], "{race}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_and_another_writer_of_its_file_lose_nothing() {
    races(|world| Arc::new(FileStore::new(world.folder.path().join("target.json")))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_and_another_writer_of_its_store_lose_nothing() {
    races(|world| Arc::<MemoryStore>::clone(&world.store)).await;
}
