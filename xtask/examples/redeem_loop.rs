//! The library doing what the page's loop asks of MSAL Python: refresh tokens in, a token cache in memory out. What
//! `cargo xtask bench` measures beside the bare client.
//!
//! Takes the tokens from a file, one a line, and keeps a number of them in flight:
//! `redeem_loop AUTHORITY-URL CA-FILE CLIENT-ID SCOPE TOKENS-FILE WIDTH`.

use std::error::Error;

use futures_util::{TryStreamExt as _, stream};
use mimalloc::MiMalloc;
use msal::{
    Authority, HttpSettings, HttpVersion, HttpsClient, PublicClientApplication, RefreshToken,
    Runtime,
};

/// As in the command line.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Failure = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the count is the answer")]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [authority, ca, client_id, scope, tokens, width] = args.as_slice() else {
        return Err(
            "usage: redeem_loop AUTHORITY-URL CA-FILE CLIENT-ID SCOPE TOKENS-FILE WIDTH".into(),
        );
    };
    let width = width.parse()?;
    let settings = HttpSettings::default()
        .authorities_pem(&std::fs::read(ca)?)?
        .version(HttpVersion::Http1)
        .largest_idle_pool(width);
    let runtime = Runtime::with_http(HttpsClient::new(settings));
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(authority)?)
        .runtime(runtime)
        .build()?;
    let tokens = std::fs::read_to_string(tokens)?;
    let redeemed = stream::iter(tokens.lines().map(Ok)).try_for_each_concurrent(width, |token| {
        let redeemed = app.acquire_token_by_refresh_token(RefreshToken::from(token), [scope]);
        async { redeemed.await.map(drop) }
    });
    redeemed.await?;
    println!("{}", app.accounts().await?.len());
    Ok(())
}
