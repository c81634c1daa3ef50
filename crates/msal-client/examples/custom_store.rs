//! Keeps a cache per user in a store of one's own: here a map, in a web application its database.

use std::io::{self, Write as _};
use std::{collections::HashMap, env, error::Error, sync::Arc};

use msal::{Authority, Blob, BoxFuture, CacheStore, Partition, PublicClientApplication};
use msal::{StoreError, Stored, Version};

/// How often anything was saved, and a blob per user. The suite `msal::conformance` tests what a store must do.
#[derive(Clone, Debug, Default)]
struct Rows(Arc<tokio::sync::Mutex<(u64, HashMap<Partition, Stored>)>>);
type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl CacheStore for Rows {
    fn load<'a>(&'a self, user: &'a Partition) -> Answer<'a, Option<Stored>> {
        Box::pin(async { Ok(self.0.lock().await.1.get(user).cloned()) })
    }

    fn save<'a>(
        &'a self,
        user: &'a Partition,
        blob: Arc<dyn Blob>,
        old: Option<Version>,
    ) -> Answer<'a, Version> {
        Box::pin(async move {
            let (saves, rows) = &mut *self.0.lock().await;
            // In SQL: UPDATE caches SET blob = ?, version = ? WHERE user = ? AND version = ?
            if rows.get(user).map(|row| &row.version) != old.as_ref() {
                return Err(StoreError::Conflict);
            }
            *saves += 1;
            let version = Version::new(saves.to_be_bytes());
            rows.insert(user.clone(), Stored::new(blob.whole(), version.clone()));
            Ok(version)
        })
    }

    fn remove<'a>(&'a self, user: &'a Partition) -> Answer<'a, ()> {
        Box::pin(async {
            self.0.lock().await.1.remove(user);
            Ok(())
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: custom_store AUTHORITY CLIENT_ID SCOPE < TOKEN";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope] = <[String; 3]>::try_from(arguments).or(Err(usage))?;
    let rows = Rows::default();
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(&authority)?)
        .store(rows.clone())
        .partition(Partition::new("user-4711")?)
        .build()?;
    let token = io::read_to_string(io::stdin())?;
    app.acquire_token_by_refresh_token(token.trim(), [scope])
        .await?;
    Ok(writeln!(io::stdout(), "{rows:?}")?)
}
