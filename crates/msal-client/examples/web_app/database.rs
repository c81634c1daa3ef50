//! The application's database, which keeps the token cache of each session. Here it is a table in memory: how often anything
//! was saved, and the rows.
//!
//! A row holds refresh tokens: a real database keeps it encrypted, with a key that is elsewhere. The statements below are
//! what a table of SQL needs.

use std::{collections::HashMap, sync::Arc};

use msal::{Blob, BoxFuture, CacheStore, Partition, StoreError, Stored, Version};
use tokio::sync::Mutex;

#[derive(Clone, Debug, Default)]
pub(crate) struct Database(Arc<Mutex<(u64, HashMap<Partition, Stored>)>>);
type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl CacheStore for Database {
    // SELECT cache, version FROM caches WHERE name = ?
    fn load<'a>(&'a self, name: &'a Partition) -> Answer<'a, Option<Stored>> {
        Box::pin(async { Ok(self.0.lock().await.1.get(name).cloned()) })
    }

    // UPDATE caches SET cache = ?, version = version + 1 WHERE name = ? AND version = ?
    // (or INSERT, where `old` is none), and a conflict where no row has changed
    fn save<'a>(
        &'a self,
        name: &'a Partition,
        cache: Arc<dyn Blob>,
        old: Option<Version>,
    ) -> Answer<'a, Version> {
        Box::pin(async move {
            let (saves, rows) = &mut *self.0.lock().await;
            if rows.get(name).map(|row| &row.version) != old.as_ref() {
                return Err(StoreError::Conflict);
            }
            *saves += 1;
            let version = Version::new(saves.to_be_bytes());
            rows.insert(name.clone(), Stored::new(cache.whole(), version.clone()));
            Ok(version)
        })
    }

    // DELETE FROM caches WHERE name = ?
    fn remove<'a>(&'a self, name: &'a Partition) -> Answer<'a, ()> {
        Box::pin(async {
            self.0.lock().await.1.remove(name);
            Ok(())
        })
    }
}
