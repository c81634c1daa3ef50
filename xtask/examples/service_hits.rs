//! How long a call takes that is answered from the cache.
//!
//! `service_hits CALL NUMBER` prints nanoseconds, the median of many batches. The calls are `for-client`, with ten tokens in
//! each of so many tenants, `on-behalf-of` so many users, and `silent`, for so many accounts.

use std::error::Error;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use mimalloc::MiMalloc;
use msal::{
    Account, ConfidentialClientApplication, HttpError, PublicClientApplication, Runtime,
    UserAssertion,
};

/// As in the command line.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the figure is the answer")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [call, number] = args.as_slice() else {
        return Err(USAGE.into());
    };
    let number = number.parse()?;
    let nanoseconds = match call.as_str() {
        "for-client" => for_client(number).await?,
        "on-behalf-of" => on_behalf_of(number).await?,
        "silent" => silent(number).await?,
        _ => return Err(USAGE.into()),
    };
    println!("{nanoseconds}");
    Ok(())
}

async fn for_client(tenants: usize) -> Result<u128, Box<dyn Error>> {
    let app = confidential()?;
    let names: Vec<String> = (0..tenants).map(tenant).collect();
    let scopes: Vec<String> = (0..TOKENS)
        .map(|api| format!("https://api{api}.example/.default"))
        .collect();
    for name in &names {
        for scope in &scopes {
            app.acquire_token_for_client(scope).tenant(name).await?;
        }
    }
    let mut which = Numbers::default();
    let mut batches = Vec::with_capacity(BATCHES);
    for _ in 0..BATCHES {
        let begun = Instant::now();
        for _ in 0..BATCH {
            let (name, scope) = (which.of(&names), which.of(&scopes));
            app.acquire_token_for_client(scope).tenant(name).await?;
        }
        batches.push(begun.elapsed().as_nanos() / BATCH);
    }
    Ok(median(batches))
}

async fn on_behalf_of(users: usize) -> Result<u128, Box<dyn Error>> {
    let app = confidential()?;
    let users: Vec<UserAssertion> = (0..users)
        .map(|number| UserAssertion::from(format!("{number}.").repeat(300)))
        .collect();
    for user in &users {
        app.acquire_token_on_behalf_of(user, SCOPE).await?;
    }
    let mut which = Numbers::default();
    let mut batches = Vec::with_capacity(BATCHES);
    for _ in 0..BATCHES {
        let begun = Instant::now();
        for _ in 0..BATCH {
            app.acquire_token_on_behalf_of(which.of(&users), SCOPE)
                .await?;
        }
        batches.push(begun.elapsed().as_nanos() / BATCH);
    }
    Ok(median(batches))
}

async fn silent(users: usize) -> Result<u128, Box<dyn Error>> {
    let app = PublicClientApplication::builder(tenant(0))
        .runtime(Runtime::with_http(msal::http_fn(answer)))
        .build()?;
    for number in 0..users {
        app.acquire_token_by_refresh_token(number.to_string(), [SCOPE])
            .await?;
    }
    let accounts: Vec<Account> = app.accounts().await?;
    let mut which = Numbers::default();
    let mut batches = Vec::with_capacity(BATCHES);
    for _ in 0..BATCHES {
        let begun = Instant::now();
        for _ in 0..BATCH {
            app.acquire_token_silent(SCOPE, which.of(&accounts)).await?;
        }
        batches.push(begun.elapsed().as_nanos() / BATCH);
    }
    Ok(median(batches))
}

fn confidential() -> Result<ConfidentialClientApplication, Box<dyn Error>> {
    let authority = format!("https://login.microsoftonline.com/{}", tenant(0));
    let app = ConfidentialClientApplication::builder(tenant(0), "secret")
        .authority(msal::Authority::parse(&authority)?)
        .runtime(Runtime::with_http(msal::http_fn(answer)));
    Ok(app.build()?)
}

/// A token; where a refresh token was redeemed, one of the user that it is the number of.
async fn answer(request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let form = String::from_utf8_lossy(request.body());
    let mut fields = form.split('&');
    let user = fields.find_map(|field| field.strip_prefix("refresh_token="));
    let user = user.map_or_else(String::new, |user| {
        let info = format!(r#"{{"uid":"{user}","utid":"{user}"}}"#);
        format!(
            r#","refresh_token":"{user}","client_info":"{}""#,
            URL_SAFE_NO_PAD.encode(info)
        )
    });
    let body = format!(
        r#"{{"access_token":"{}","expires_in":86399,"token_type":"Bearer"{user}}}"#,
        "A".repeat(1800)
    );
    Ok(Response::new(Bytes::from(body)))
}

fn tenant(number: usize) -> String {
    format!("c0ffee00-0000-4000-8000-{number:012}")
}

/// Numbers without an order that a processor could foresee.
struct Numbers(u64);

impl Default for Numbers {
    fn default() -> Self {
        Self(1)
    }
}

impl Numbers {
    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        &all[(self.0 >> 33) as usize % all.len()]
    }
}

fn median(mut batches: Vec<u128>) -> u128 {
    batches.sort_unstable();
    batches[batches.len() / 2]
}

const USAGE: &str = "usage: service_hits for-client|on-behalf-of|silent NUMBER";
const SCOPE: &str = "User.Read";
const TOKENS: usize = 10;
/// Short, so that in most of them nobody else has the processor.
const BATCH: u128 = 100;
const BATCHES: usize = 3001;
