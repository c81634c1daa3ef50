//! How long a call of a service takes that is answered from the cache: for the application itself, with ten tokens in each
//! of some tenants, and on behalf of users.
//!
//! Prints the time of a call in nanoseconds, the median of many batches: `service_hits [TENANTS]`.

use std::error::Error;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response};
use mimalloc::MiMalloc;
use msal::{ConfidentialClientApplication, HttpError, Runtime, UserAssertion};

/// As in the command line.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the figures are the answer")]
async fn main() -> Result<(), Box<dyn Error>> {
    let most = std::env::args()
        .nth(1)
        .map_or(Ok(1000), |text| text.parse())?;
    for tenants in [1, most] {
        let app = application()?;
        let names: Vec<String> = (0..tenants).map(tenant).collect();
        for name in &names {
            for api in 0..TOKENS {
                let scope = format!("https://api{api}.example/.default");
                app.acquire_token_for_client(&*scope).tenant(name).await?;
            }
        }
        let scopes: Vec<String> = (0..TOKENS)
            .map(|api| format!("https://api{api}.example/.default"))
            .collect();
        let mut batches = Vec::with_capacity(BATCHES);
        let mut seed = 1_u64;
        for _ in 0..BATCHES {
            let begun = Instant::now();
            for _ in 0..BATCH {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let which = usize::try_from(seed >> 33)?;
                let (name, scope) = (&names[which % names.len()], &scopes[which % scopes.len()]);
                app.acquire_token_for_client(&**scope).tenant(name).await?;
            }
            batches.push(begun.elapsed().as_nanos() / BATCH);
        }
        println!("for client, {tenants} tenants: {} ns", median(batches));
    }
    let app = application()?;
    let users: Vec<UserAssertion> = (0..most)
        .map(|number| UserAssertion::from(format!("{number}.").repeat(300)))
        .collect();
    for user in &users {
        app.acquire_token_on_behalf_of(user, "User.Read").await?;
    }
    let mut batches = Vec::with_capacity(BATCHES);
    for batch in 0..BATCHES {
        let begun = Instant::now();
        for number in 0..usize::try_from(BATCH)? {
            let user = &users[(batch * 7 + number * 13) % users.len()];
            app.acquire_token_on_behalf_of(user, "User.Read").await?;
        }
        batches.push(begun.elapsed().as_nanos() / BATCH);
    }
    println!("on behalf of, {most} users: {} ns", median(batches));
    Ok(())
}

fn application() -> Result<ConfidentialClientApplication, Box<dyn Error>> {
    let authority = format!("https://login.microsoftonline.com/{}", tenant(0));
    let app = ConfidentialClientApplication::builder(tenant(0), "secret")
        .authority(msal::Authority::parse(&authority)?)
        .runtime(Runtime::with_http(msal::http_fn(answer)));
    Ok(app.build()?)
}

async fn answer(_: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let body = format!(
        r#"{{"access_token":"{}","expires_in":86399,"token_type":"Bearer"}}"#,
        "A".repeat(1800)
    );
    Ok(Response::new(Bytes::from(body)))
}

fn tenant(number: usize) -> String {
    format!("c0ffee00-0000-4000-8000-{number:012}")
}

fn median(mut batches: Vec<u128>) -> u128 {
    batches.sort_unstable();
    batches[batches.len() / 2]
}

const TOKENS: usize = 10;
const BATCH: u128 = 1000;
const BATCHES: usize = 301;
