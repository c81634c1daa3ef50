//! Signs a user in at the browser of this machine, unless they are signed in already.
//!
//! ```text
//! interactive AUTHORITY CLIENT_ID SCOPE CACHE USERNAME
//! interactive https://login.microsoftonline.com/organizations 00c0ffee-… User.Read cache.json alice@contoso.example
//! ```
//!
//! The application needs the redirect URI `http://localhost` in its registration. To try it out against
//! `msal emulator serve --ca-out ca.pem`, set `SSL_CERT_FILE=ca.pem`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is what the program is for"
)]

use std::{env, error::Error};

use msal::{Authority, FileStore, PublicClientApplication};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope, cache, username] = arguments.as_slice() else {
        return Err("usage: interactive AUTHORITY CLIENT_ID SCOPE CACHE USERNAME".into());
    };
    // Whoever names the authority on the command line trusts it; a file that names one deserves `authority` instead.
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(authority)?)
        .store(FileStore::new(cache))
        .build()?;

    // ANCHOR: sign_in
    let mut silent = None;
    if let Some(account) = app.account(username).await? {
        silent = match app.acquire_token_silent([scope], &account).await {
            Ok(result) => Some(result),
            Err(msal::Error::InteractionRequired(_)) => None,
            Err(error) => return Err(error.into()),
        };
    }
    let result = match silent {
        Some(result) => result,
        None => {
            let sign_in = app.acquire_token_interactive([scope]).login_hint(username);
            let show = |address: &str| eprintln!("Open this address to sign in:\n{address}");
            sign_in.without_browser(show).await?
        }
    };
    // ANCHOR_END: sign_in
    match result.account {
        Some(account) => println!(
            "{} is signed in until {}",
            account.username, result.expires_on
        ),
        None => println!("somebody is signed in, and the server does not say who"),
    }
    Ok(())
}
