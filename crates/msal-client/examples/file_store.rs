//! Keeps the token cache in a file, which other programs and other MSALs use at the same time.
//!
//! ```text
//! file_store AUTHORITY CLIENT_ID CACHE            lists who is signed in
//! file_store AUTHORITY CLIENT_ID CACHE USERNAME   signs a user out
//! ```
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is what the program is for"
)]

use std::{env, error::Error, time::Duration};

use msal::{Authority, FileStore, Partition, PublicClientApplication, StoreError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, cache, rest @ ..] = arguments.as_slice() else {
        return Err("usage: file_store AUTHORITY CLIENT_ID CACHE [USERNAME]".into());
    };
    // ANCHOR: build
    // Made with the first save, for this user alone (0600).
    let store = FileStore::new(cache).lock_wait(Duration::from_secs(3));
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(authority)?)
        .store(store.clone())
        .build()?;
    // ANCHOR_END: build

    // ANCHOR: ruins
    // Another program was killed while it wrote the file: nothing overwrites that unasked.
    let accounts = match app.accounts().await {
        Err(msal::Error::Store(failure))
            if matches!(failure.store_error(), StoreError::Corrupt { .. }) =>
        {
            let kept = store.set_aside(&Partition::default(), None).await?;
            eprintln!("{failure}; it is kept as {kept:?}, and everybody must sign in again");
            Vec::new()
        }
        accounts => accounts?,
    };
    // ANCHOR_END: ruins
    for account in &accounts {
        println!("{account} is signed in");
    }
    for username in rest {
        let account = app.account(username).await?.ok_or("nobody has that name")?;
        app.remove_account(&account).await?;
        println!("{account} was signed out");
    }
    Ok(())
}
