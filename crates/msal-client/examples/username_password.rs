//! Signs a user in whose password the program knows. RFC 9700 §2.4 says that this "MUST NOT be used": it is for programs
//! that ADAL let do it, until they are changed.
//!
//! ```text
//! username_password AUTHORITY CLIENT_ID SCOPE CACHE USERNAME < PASSWORD
//! ```
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error, io};

use msal::{Authority, FileStore, Password, PublicClientApplication, Remedy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: username_password AUTHORITY CLIENT_ID SCOPE CACHE USERNAME < PASSWORD";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments = <[String; 5]>::try_from(arguments).or(Err(usage))?;
    let [authority, client_id, scope, cache, username] = arguments;
    let mut password = String::new();
    io::stdin().read_line(&mut password)?;
    let password = Password::from(password.trim_end_matches(['\r', '\n']));
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(&authority)?)
        .store(FileStore::new(cache))
        .build()?;
    // ANCHOR: call
    let call = app.acquire_token_by_username_password(username, password, &*scope);
    match call.await {
        Ok(result) => println!("signed in until {}", result.expires_on),
        // A wrong password, a second factor, a federated domain: no program can answer these.
        Err(error) if error.remedy() == Remedy::SignIn => {
            println!("the user must sign in at a browser: {error}");
        }
        Err(error) => return Err(error.into()),
    }
    // ANCHOR_END: call
    Ok(())
}
