//! The service's database, which keeps a token cache for each user: here a table in memory.

use std::{collections::HashMap, sync::Arc};

use msal::{Blob, BoxFuture, CacheStore, Partition, StoreError, Stored, Version};
use tokio::sync::Mutex;

/// How often anything was saved, and a row for each user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Database(Arc<Mutex<(u64, HashMap<Partition, Stored>)>>);
type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl CacheStore for Database {
    // SELECT cache, version FROM caches WHERE user = ?
    fn load<'a>(&'a self, user: &'a Partition) -> Answer<'a, Option<Stored>> {
        Box::pin(async { Ok(self.0.lock().await.1.get(user).cloned()) })
    }

    // UPDATE caches SET cache = ?, version = version + 1 WHERE user = ? AND version = ?
    // (or INSERT, where `old` is none), and a conflict where no row has changed
    fn save<'a>(
        &'a self,
        user: &'a Partition,
        cache: Arc<dyn Blob>,
        old: Option<Version>,
    ) -> Answer<'a, Version> {
        Box::pin(async move {
            let (saves, rows) = &mut *self.0.lock().await;
            if rows.get(user).map(|row| &row.version) != old.as_ref() {
                return Err(StoreError::Conflict);
            }
            *saves += 1;
            let version = Version::new(saves.to_be_bytes());
            rows.insert(user.clone(), Stored::new(cache.whole(), version.clone()));
            Ok(version)
        })
    }

    // DELETE FROM caches WHERE user = ?
    fn remove<'a>(&'a self, user: &'a Partition) -> Answer<'a, ()> {
        Box::pin(async {
            self.0.lock().await.1.remove(user);
            Ok(())
        })
    }
}
