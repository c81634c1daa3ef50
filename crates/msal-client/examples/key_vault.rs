//! A service whose key never leaves its vault: Azure Key Vault signs in its place.
//!
//! ```text
//! VAULT_TOKEN=… key_vault AUTHORITY CLIENT_ID SCOPE CERTIFICATE KEY
//! VAULT_TOKEN=… key_vault … https://contoso.vault.azure.net/keys/app/0123456789abcdef
//! ```
//!
//! `CERTIFICATE` is a file of PEM without the key. `VAULT_TOKEN` is an access token for the vault, such as that of the machine's
//! managed identity.
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error, fs, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use msal::http::StatusCode;
use msal::serde_json::{self, Value, json};
use msal::{
    AccessToken, AssertionSigner, Authority, BoxFuture, CertificateChain, ClientCredential,
    ConfidentialClientApplication, CredentialError, SignatureAlgorithm,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: VAULT_TOKEN=… key_vault AUTHORITY CLIENT_ID SCOPE CERTIFICATE KEY";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments = <[String; 5]>::try_from(arguments).or(Err(usage))?;
    let [authority, client_id, scope, certificate, key] = arguments;
    let http = reqwest::Client::builder().timeout(Duration::from_secs(10));
    let vault = KeyVault {
        http: http.build()?,
        key,
        token: env::var("VAULT_TOKEN").or(Err(usage))?.into(),
    };
    // ANCHOR: build
    let certificate = CertificateChain::from_pem(fs::read(certificate)?)?;
    let credential = ClientCredential::signer(&certificate, vault);
    let app = ConfidentialClientApplication::builder(client_id, credential)
        .known_authority(Authority::parse(&authority)?)
        .build()?;
    // ANCHOR_END: build
    let token = app.acquire_token_for_client(scope).await?;
    println!("a token until {}", token.expires_on);
    Ok(())
}

// ANCHOR: signer
#[derive(Debug)]
struct KeyVault {
    http: reqwest::Client,
    key: String,
    token: AccessToken,
}

impl AssertionSigner for KeyVault {
    fn sign<'a>(
        &'a self,
        algorithm: SignatureAlgorithm,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, CredentialError>> {
        Box::pin(async move {
            let digest = URL_SAFE_NO_PAD.encode(digest(&SHA256, message));
            let request = json!({ "alg": algorithm, "value": digest });
            let answer = self
                .http
                .post(format!("{}/sign?api-version=7.4", self.key))
                .bearer_auth(self.token.expose_secret())
                .header("content-type", "application/json")
                .body(request.to_string());
            let answer = answer.send().await.map_err(CredentialError::unavailable)?;
            if let Err(no) = answer.error_for_status_ref() {
                return Err(match answer.status() {
                    StatusCode::TOO_MANY_REQUESTS => CredentialError::unavailable(no),
                    status if status.is_server_error() => CredentialError::unavailable(no),
                    _ => CredentialError::other(no),
                });
            }
            let body = answer.bytes().await.map_err(CredentialError::unavailable)?;
            let body: Value = serde_json::from_slice(&body).map_err(CredentialError::other)?;
            let signature = body["value"].as_str().unwrap_or_default();
            URL_SAFE_NO_PAD
                .decode(signature)
                .map_err(CredentialError::other)
        })
    }
}
// ANCHOR_END: signer
