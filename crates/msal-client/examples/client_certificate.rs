//! A service that acts for itself, and proves with a certificate who it is.
//!
//! ```text
//! client_certificate AUTHORITY CLIENT_ID SCOPE CERTIFICATE
//! PASSPHRASE=… client_certificate AUTHORITY CLIENT_ID SCOPE CERTIFICATE
//! ```
//!
//! `CERTIFICATE` is a file of PEM with certificate and key, or a PFX.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error};

use msal::{Authority, Certificate, ConfidentialClientApplication, Passphrase};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: client_certificate AUTHORITY CLIENT_ID SCOPE CERTIFICATE";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope, file] = <[String; 4]>::try_from(arguments).or(Err(usage))?;
    // ANCHOR: build
    let passphrase = env::var("PASSPHRASE").ok().map(Passphrase::from);
    let certificate = Certificate::from_file(file, passphrase)?;
    println!(
        "the certificate expires {}",
        certificate.chain().expires_on()
    );
    let app = ConfidentialClientApplication::builder(client_id, certificate)
        .known_authority(Authority::parse(&authority)?)
        .build()?;
    // ANCHOR_END: build
    let token = app.acquire_token_for_client(scope).await?;
    println!("a token until {}", token.expires_on);
    Ok(())
}
