//! Takes over the sign-in of another library: redeems its refresh token, and keeps what comes in the cache.
//!
//! ```text
//! refresh_token AUTHORITY CLIENT_ID SCOPE CACHE < TOKEN
//! ```
//!
//! The token comes by standard input, because everybody on the machine can read arguments. For many tokens, use
//! `msal migrate`: it survives crashes, and redeems each token once.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error, io};

use msal::{Authority, FileStore, PublicClientApplication, RefreshToken};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: refresh_token AUTHORITY CLIENT_ID SCOPE CACHE < TOKEN";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope, cache] = <[String; 4]>::try_from(arguments).or(Err(usage))?;
    let token = io::read_to_string(io::stdin())?;
    let token = RefreshToken::from(token.trim());
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(&authority)?)
        .store(FileStore::new(cache))
        .build()?;
    // ANCHOR: call
    let result = app.acquire_token_by_refresh_token(token, &*scope).await?;
    let account = result
        .account
        .ok_or("the server does not say whose it is")?;
    println!("{account} is signed in: silent calls go on from here");
    // ANCHOR_END: call
    Ok(())
}
