//! A command that asks no user: a token for every account in a cache file that somebody else has signed in to.
//!
//! ```text
//! silent AUTHORITY CLIENT_ID SCOPE CACHE
//! silent https://login.microsoftonline.com/common 00c0ffee-… User.Read cache.json
//! ```
//!
//! To try it out against `msal emulator serve --ca-out ca.pem`, set `SSL_CERT_FILE=ca.pem`.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error};

use msal::{Authority, FileStore, PublicClientApplication, TokenSource};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: silent AUTHORITY CLIENT_ID SCOPE CACHE";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope, cache] = <[String; 4]>::try_from(arguments).or(Err(usage))?;
    // Whoever names the authority on the command line trusts it; a file that names one deserves `authority` instead.
    // ANCHOR: build
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(&authority)?)
        .store(FileStore::new(cache)) // MSAL Python can use it at the same time
        .build()?;
    // ANCHOR_END: build
    // ANCHOR: call
    for account in app.accounts().await? {
        match app.acquire_token_silent(&*scope, &account).await {
            Ok(token) => {
                let from = match token.token_source {
                    TokenSource::Cache => "the cache",
                    _ => "the server",
                };
                println!(
                    "{account}: a token from {from}, good until {}",
                    token.expires_on
                );
                // For the request to the API. It is marked as sensitive.
                let _header = token.authorization_header()?;
            }
            Err(msal::Error::InteractionRequired(_)) => println!("{account} must sign in again"),
            Err(error) => println!("{account}: {error}"),
        }
    }
    // ANCHOR_END: call
    Ok(())
}
