//! Signs a user in who enters a code on another device, for machines without a browser.
//!
//! ```text
//! device_code AUTHORITY CLIENT_ID SCOPE CACHE [SECONDS]
//! ```
//!
//! `SECONDS` is how long it waits for the user, where that is less than what the server allows.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is what the program is for"
)]

use std::{env, error::Error, time::Duration};

use msal::{Authority, FileStore, PublicClientApplication};
use tokio::time::timeout;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (arguments, patience) = match arguments.split_at_checked(4) {
        Some((arguments, [])) => (arguments, Duration::MAX),
        Some((arguments, [seconds])) => (arguments, Duration::from_secs(seconds.parse()?)),
        _ => return Err("usage: device_code AUTHORITY CLIENT_ID SCOPE CACHE [SECONDS]".into()),
    };
    let [authority, client_id, scope, cache] = arguments else {
        unreachable!("they were split after the fourth")
    };
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(authority)?)
        .store(FileStore::new(cache))
        .build()?;
    // ANCHOR: call
    let flow = app.initiate_device_flow([scope]).await?;
    // Where to go and what to enter there: for the user's eyes, and for no log.
    eprintln!("{}", flow.message());
    // To cancel it is to drop it.
    let result = timeout(patience, app.acquire_token_by_device_flow(flow))
        .await
        .or(Err("nobody has entered the code"))??;
    // ANCHOR_END: call
    let account = result.account.ok_or("the server does not say who it is")?;
    println!("{account} is signed in until {}", result.expires_on);
    Ok(())
}
