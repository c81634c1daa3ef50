//! A service that acts for itself, and proves with a secret who it is.
//!
//! ```text
//! CLIENT_SECRET=… client_secret AUTHORITY CLIENT_ID SCOPE
//! CLIENT_SECRET=… client_secret https://login.microsoftonline.com/contoso.example 00c0ffee-… https://graph.microsoft.com/.default
//! ```
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error};

use msal::{Authority, ConfidentialClientApplication, TokenSource};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: CLIENT_SECRET=… client_secret AUTHORITY CLIENT_ID SCOPE";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope] = <[String; 3]>::try_from(arguments).or(Err(usage))?;
    // ANCHOR: build
    let secret = env::var("CLIENT_SECRET").or(Err(usage))?;
    let app = ConfidentialClientApplication::builder(client_id, secret)
        .known_authority(Authority::parse(&authority)?)
        .build()?;
    // ANCHOR_END: build
    // ANCHOR: call
    for _request in 0..2 {
        // Looks into the cache first: call it whenever a token is needed.
        let token = app.acquire_token_for_client(&*scope).await?;
        let from = match token.token_source {
            TokenSource::Cache => "the cache",
            _ => "the server",
        };
        println!("a token from {from}, good until {}", token.expires_on);
    }
    // ANCHOR_END: call
    Ok(())
}
