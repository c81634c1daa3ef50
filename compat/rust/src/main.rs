//! How long a hit of Microsoft's `azure_identity` takes, to be put beside ours: `azure-identity-hits TENANTS` prints nanoseconds,
//! the median of many batches. As there, each tenant has ten tokens, and an answer that is made in the process.
//!
//! A credential is for one tenant, so that many tenants are many credentials; which of them a tenant has is not looked up here.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use azure_core::Result;
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::headers::Headers;
use azure_core::http::{
    AsyncRawResponse, ClientOptions, HttpClient, Request, StatusCode, Transport,
};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let tenants: usize = std::env::args()
        .nth(1)
        .ok_or("usage: azure-identity-hits TENANTS")?
        .parse()?;
    let credentials = (0..tenants).map(credential).collect::<Result<Vec<_>>>()?;
    let scopes: Vec<String> = (0..TOKENS)
        .map(|api| format!("https://api{api}.example/.default"))
        .collect();
    for credential in &credentials {
        for scope in &scopes {
            credential.get_token(&[scope], None).await?;
        }
    }
    let mut which = Numbers(1);
    let mut batches = Vec::with_capacity(BATCHES);
    for _ in 0..BATCHES {
        let begun = Instant::now();
        for _ in 0..BATCH {
            let (credential, scope) = (which.of(&credentials), which.of(&scopes));
            credential.get_token(&[scope], None).await?;
        }
        batches.push(begun.elapsed().as_nanos() / BATCH);
    }
    batches.sort_unstable();
    println!("{}", batches[BATCHES / 2]);
    Ok(())
}

fn credential(number: usize) -> Result<Arc<ClientSecretCredential>> {
    let client_options = ClientOptions {
        transport: Some(Transport::new(Arc::new(Answering))),
        ..ClientOptions::default()
    };
    ClientSecretCredential::new(
        &format!("c0ffee00-0000-4000-8000-{number:012}"),
        "c0ffee00-0000-4000-8000-000000000000".to_owned(),
        Secret::new("secret"),
        Some(ClientSecretCredentialOptions { client_options }),
    )
}

/// A token endpoint.
#[derive(Debug)]
struct Answering;

#[async_trait::async_trait]
impl HttpClient for Answering {
    async fn execute_request(&self, _: &Request) -> Result<AsyncRawResponse> {
        let body = format!(
            r#"{{"access_token":"{}","expires_in":86399,"token_type":"Bearer"}}"#,
            "A".repeat(1800)
        );
        Ok(AsyncRawResponse::from_bytes(
            StatusCode::Ok,
            Headers::new(),
            body,
        ))
    }
}

/// Numbers without an order that a processor could foresee.
struct Numbers(u64);

impl Numbers {
    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        &all[(self.0 >> 33) as usize % all.len()]
    }
}

const TOKENS: usize = 10;
/// Short, so that in most of them nobody else has the processor.
const BATCH: u128 = 100;
const BATCHES: usize = 3001;
