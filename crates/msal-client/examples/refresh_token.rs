//! Brings one refresh token of another library into a cache file that MSAL Python can share.
//!
//! ```text
//! refresh_token AUTHORITY CLIENT_ID SCOPE CACHE < TOKEN
//! refresh_token https://login.microsoftonline.com/common 00c0ffee-… User.Read cache.json < token.txt
//! ```
//!
//! The token comes by standard input, because everybody on the machine can read arguments. To try it out against
//! `msal emulator serve --ca-out ca.pem`, set `SSL_CERT_FILE=ca.pem`.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error, io};

use msal::{Authority, FileStore, PublicClientApplication, RefreshToken};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope, cache] = arguments.as_slice() else {
        return Err("usage: refresh_token AUTHORITY CLIENT_ID SCOPE CACHE < TOKEN".into());
    };
    let token = io::read_to_string(io::stdin())?;
    let token = RefreshToken::from(token.trim());

    // Whoever names the authority on the command line trusts it; a file that names one deserves `authority` instead.
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(authority)?)
        .store(FileStore::new(cache))
        .build()?;
    match app.acquire_token_by_refresh_token(token, [scope]).await {
        Ok(result) => match result.account {
            Some(account) => println!("{} is signed in", account.username),
            None => println!("somebody is signed in, and the server does not say who"),
        },
        Err(msal::Error::InteractionRequired(_)) => println!("the user must sign in again"),
        Err(error) if error.is_transient() => match error.retry_after() {
            Some(wait) => println!("try again in {} seconds", wait.as_secs()),
            None => println!("try again later"),
        },
        // The registration, the network or the disk: nothing that the user could help with.
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
