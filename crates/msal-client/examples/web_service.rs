//! A web service: one application for all requests, and a partition of its database for each user.
//!
//! ```text
//! CLIENT_SECRET=… web_service AUTHORITY CLIENT_ID SCOPE < REQUESTS
//! ```
//!
//! Each line is a request: `USER in TOKEN`, `USER` for a token, `USER out`. They are served at the same time; an empty line
//! waits for those before it.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{collections::HashMap, env, error::Error, io, sync::Arc};

use msal::{
    Authority, Blob, BoxFuture, CacheStore, ConfidentialClientApplication, Partition, StoreError,
    Stored, Version,
};
use tokio::{sync::Mutex, task::JoinSet};

type Failure = Box<dyn Error + Send + Sync>;

/// One request. Of equal calls at the same time one asks the server, whatever requests they are made by.
async fn serve(
    app: ConfidentialClientApplication,
    scope: String,
    request: String,
) -> Result<String, Failure> {
    let mut words = request.split_whitespace();
    let user = words.next().unwrap_or_default();
    // Asks nobody: all users share the HTTP client, the metadata, the waits of a busy server and what is in flight.
    let app = app.for_partition(Partition::hashed(user));
    match (words.next(), words.next()) {
        (Some("in"), Some(token)) => {
            let call = app.acquire_token_by_refresh_token(token, [scope]);
            call.await?;
            return Ok(format!("{user} is signed in"));
        }
        (Some("out"), None) => {
            for account in app.accounts().await? {
                app.remove_account(&account).await?;
            }
            return Ok(format!("{user} is signed out"));
        }
        _ => {}
    }
    let Some(account) = app.accounts().await?.into_iter().next() else {
        return Ok(format!("{user} must sign in"));
    };
    match app.acquire_token_silent([scope], &account).await {
        Ok(result) => Ok(format!("{user} has a token of {}", result.token_type)),
        Err(msal::Error::InteractionRequired(_)) => Ok(format!("{user} must sign in")),
        Err(error) => Err(error.into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let usage = "usage: CLIENT_SECRET=… web_service AUTHORITY CLIENT_ID SCOPE < REQUESTS";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope] = <[String; 3]>::try_from(arguments).or(Err(usage))?;
    let secret = env::var("CLIENT_SECRET").or(Err(usage))?;
    let app = ConfidentialClientApplication::builder(client_id, secret.as_str())
        .known_authority(Authority::parse(&authority)?)
        .store(Database::default())
        .build()?;
    let mut requests = JoinSet::new();
    for line in io::stdin().lines() {
        let line = line?;
        if line.is_empty() {
            answer(&mut requests).await?;
        } else {
            requests.spawn(serve(app.clone(), scope.clone(), line));
        }
    }
    answer(&mut requests).await
}

async fn answer(requests: &mut JoinSet<Result<String, Failure>>) -> Result<(), Failure> {
    while let Some(answer) = requests.join_next().await {
        println!("{}", answer??);
    }
    Ok(())
}

/// How often anything was saved, and a row for each user: see the example `custom_store`.
#[derive(Debug, Default)]
struct Database(Mutex<(u64, HashMap<Partition, Stored>)>);

impl CacheStore for Database {
    fn load<'a>(
        &'a self,
        user: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(async { Ok(self.0.lock().await.1.get(user).cloned()) })
    }

    fn save<'a>(
        &'a self,
        user: &'a Partition,
        blob: Arc<dyn Blob>,
        old: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(async move {
            let (saves, rows) = &mut *self.0.lock().await;
            if rows.get(user).map(|row| &row.version) != old.as_ref() {
                return Err(StoreError::Conflict);
            }
            *saves += 1;
            let version = Version::new(saves.to_be_bytes());
            rows.insert(user.clone(), Stored::new(blob.whole(), version.clone()));
            Ok(version)
        })
    }

    fn remove<'a>(&'a self, user: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async {
            self.0.lock().await.1.remove(user);
            Ok(())
        })
    }
}
