//! Gets a token for every account in a cache file, without asking any user.
//!
//! ```text
//! silent AUTHORITY CLIENT_ID SCOPE CACHE
//! ```
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error};

use msal::{Authority, FileStore, PublicClientApplication, TokenSource};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope, cache] = arguments.as_slice() else {
        return Err("usage: silent AUTHORITY CLIENT_ID SCOPE CACHE".into());
    };
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(authority)?)
        .store(FileStore::new(cache))
        .build()?;
    for account in app.accounts().await? {
        let name = &account.username;
        match app.acquire_token_silent([scope], &account).await {
            Ok(result) => {
                let from = match result.token_source {
                    TokenSource::Cache => "the cache",
                    _ => "the server",
                };
                // `result.access_token.expose_secret()` goes into the header `Authorization: Bearer …`.
                let until = result.expires_on.as_secs();
                println!("{name}: a token from {from}, good until {until}");
            }
            Err(msal::Error::InteractionRequired(_)) => println!("{name} must sign in again"),
            Err(error) => println!("{name}: {error}"),
        }
    }
    Ok(())
}
