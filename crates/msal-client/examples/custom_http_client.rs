//! Sends requests with an HTTP client of one's own: here reqwest, whose connections and settings a program may have already.
//!
//! ```text
//! custom_http_client AUTHORITY CLIENT_ID SCOPE < TOKEN
//! ```
#![expect(clippy::print_stdout, reason = "it is what the program is for")]

use std::{env, error::Error, io, time::Duration};

use msal::bytes::{Bytes, BytesMut};
use msal::http::{Request, Response};
use msal::{
    Authority, BoxFuture, HttpClient, HttpError, HttpErrorKind, PublicClientApplication, Runtime,
};

/// A client whose settings keep the port's promises: no redirects, which would carry secrets elsewhere, and no waiting
/// without end.
#[derive(Debug)]
struct Reqwest(reqwest::Client);

impl Reqwest {
    fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30));
        client.build().map(Self)
    }
}

impl HttpClient for Reqwest {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move {
            let request = request
                .try_into()
                .map_err(|error| failed(error, HttpErrorKind::Request))?;
            let answer = self.0.execute(request).await;
            let mut answer = answer.map_err(|error| failed(error, HttpErrorKind::Response))?;
            let mut body = BytesMut::new();
            while let Some(piece) = answer
                .chunk()
                .await
                .map_err(|error| failed(error, HttpErrorKind::Response))?
            {
                body.extend_from_slice(&piece);
                if body.len() > LARGEST {
                    return Err(HttpError::bare(HttpErrorKind::Response));
                }
            }
            let (parts, _read) = Response::from(answer).into_parts();
            Ok(Response::from_parts(parts, body.freeze()))
        })
    }
}

/// `kind` is for what reqwest does not tell apart. An address may say who signs in, so that it is left out.
fn failed(error: reqwest::Error, kind: HttpErrorKind) -> HttpError {
    let kind = match () {
        () if error.is_timeout() => HttpErrorKind::Timeout,
        () if error.is_connect() => HttpErrorKind::Unreachable,
        () => kind,
    };
    HttpError::new(kind, error.without_url())
}

const LARGEST: usize = 1 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: custom_http_client AUTHORITY CLIENT_ID SCOPE < TOKEN";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope] = <[String; 3]>::try_from(arguments).or(Err(usage))?;
    let app = PublicClientApplication::builder(client_id)
        .known_authority(Authority::parse(&authority)?)
        .runtime(Runtime::with_http(Reqwest::new()?))
        .build()?;
    let token = io::read_to_string(io::stdin())?;
    let result = app
        .acquire_token_by_refresh_token(token.trim(), scope)
        .await?;
    let account = result
        .account
        .ok_or("the server does not say whose token it is")?;
    println!("{account} is signed in");
    Ok(())
}
