//! A service without a secret of its own: the platform that it runs on vouches for it, as Kubernetes does with Entra Workload
//! ID, whose variables these are.
//!
//! ```text
//! workload SCOPE
//! ```
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error};

use msal::{Authority, ClientCredential, ConfidentialClientApplication};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let scope = env::args().nth(1).ok_or("usage: workload SCOPE")?;
    // ANCHOR: build
    let host = env::var("AZURE_AUTHORITY_HOST")?;
    let authority = format!("{host}{}", env::var("AZURE_TENANT_ID")?);
    // It is read for each request, as the platform replaces it.
    let file = env::var("AZURE_FEDERATED_TOKEN_FILE")?;
    let credential = ClientCredential::assertion_file(file);
    let app = ConfidentialClientApplication::builder(env::var("AZURE_CLIENT_ID")?, credential)
        .known_authority(Authority::parse(&authority)?)
        .build()?;
    // ANCHOR_END: build
    let token = app.acquire_token_for_client(scope).await?;
    println!("a token until {}", token.expires_on);
    Ok(())
}
