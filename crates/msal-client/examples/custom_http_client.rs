//! Sends requests through a client of one's own: this one counts the time that the default client takes.
//!
//! ```text
//! custom_http_client AUTHORITY CLIENT_ID SCOPE < TOKEN
//! ```
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is what the program is for"
)]

use std::{env, error::Error, io, time::Instant};

use bytes::Bytes;
use http::{Request, Response};
use msal::{
    Authority, BoxFuture, HttpClient, HttpError, HttpsClient, PublicClientApplication, Runtime,
};

#[derive(Debug, Default)]
struct Timed(HttpsClient);

impl HttpClient for Timed {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            // Of a request only these two are no secret: the body holds the refresh token.
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let start = Instant::now();
            let answer = self.0.send(request).await?;
            let (status, time) = (answer.status(), start.elapsed());
            eprintln!("{method} {path}: {status} after {time:?}");
            Ok(answer)
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope] = arguments.as_slice() else {
        return Err("usage: custom_http_client AUTHORITY CLIENT_ID SCOPE < TOKEN".into());
    };
    let token = io::read_to_string(io::stdin())?;
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(authority)?)
        .runtime(Runtime::with_http(Timed::default()))
        .build()?;
    let call = app.acquire_token_by_refresh_token(token.trim(), [scope]);
    let result = call.await?;
    let account = result
        .account
        .ok_or("the server does not say whose token it is")?;
    println!("{} is signed in", account.username);
    Ok(())
}
