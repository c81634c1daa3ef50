//! All that an application can be told when it is built, and what the HTTP client can be told.
//!
//! ```text
//! options AUTHORITY CLIENT_ID SCOPE CA_FILE < REFRESH_TOKEN
//! ```
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error, fs, io};

use msal::{
    Authority, FileStore, HttpSettings, HttpVersion, HttpsClient, PublicClientApplication, Runtime,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: options AUTHORITY CLIENT_ID SCOPE CA_FILE < REFRESH_TOKEN";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope, ca] = <[String; 4]>::try_from(arguments).or(Err(usage))?;
    let folder = env::temp_dir().join("options.example");
    // ANCHOR: build
    let settings = HttpSettings::default()
        .authorities_pem(&fs::read(ca)?)? // besides those that the platform trusts
        .no_proxy() // else those of HTTPS_PROXY and the system
        .version(HttpVersion::Http1);
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(&authority)?) // `authority` for one of Microsoft's
        .app_name("options") // for the authority's logs
        .app_version("1.0")
        .client_capabilities(["CP1"]) // it answers claims challenges
        .store(FileStore::directory(folder)) // memory, unless set
        .partition("a-user-of-this-service".parse()?)
        .runtime(Runtime::with_http(HttpsClient::new(settings)))
        .build()?;
    // ANCHOR_END: build
    let token = io::read_to_string(io::stdin())?;
    let result = app
        .acquire_token_by_refresh_token(token.trim(), scope)
        .await?;
    let account = result
        .account
        .ok_or("the server does not say whose it is")?;
    println!("{account} is signed in");
    Ok(())
}
