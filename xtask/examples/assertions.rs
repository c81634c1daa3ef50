//! What a client with a certificate sends: `assertions CERTIFICATE COUNT` prints the form of a token request for Entra.
//!
//! Before that it makes so many requests ready for a server that wants another assertion each time, for whoever measures what
//! they cost. Nothing is sent.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use msal::{Authority, Certificate, ConfidentialClientApplication, Runtime, http_fn};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "what is printed is the answer")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [path, count] = args.as_slice() else {
        return Err("usage: assertions CERTIFICATE COUNT".into());
    };
    let certificate = Certificate::from_file(path, None)?;
    let sent: Arc<Mutex<Option<Request<Bytes>>>> = Arc::default();
    let runtime = Runtime::with_http(http_fn({
        let sent = Arc::clone(&sent);
        move |request: Request<Bytes>| {
            let document = request.uri().path().contains(".well-known");
            *sent.lock().expect("nobody panics") = Some(request);
            let answer = match document {
                true => Response::new(Bytes::from_static(DOCUMENT.as_bytes())),
                false => Response::new(Bytes::from_static(b"{\"error\":\"invalid_grant\"}")),
            };
            std::future::ready(Ok(answer))
        }
    }));
    let app = |authority: Authority| {
        ConfidentialClientApplication::builder(CLIENT, certificate.clone())
            .known_authority(authority)
            .runtime(runtime.clone())
            .build()
    };
    // Other servers may refuse an assertion that they have seen.
    let elsewhere = app(Authority::oidc("https://id.example")?)?;
    for _ in 0..count.parse()? {
        let call = elsewhere.acquire_token_by_refresh_token("token", ["a"]);
        // The answer is the same error each time.
        let _refused = call.await;
    }
    let _refused = app(Authority::parse(AUTHORITY)?)?
        .acquire_token_by_refresh_token("token", ["https://graph.microsoft.com/.default"])
        .await;
    let request = sent.lock().expect("nobody panics").take();
    let request = request.ok_or("nothing was asked for")?;
    let body = String::from_utf8(request.body().to_vec())?;
    let form: BTreeMap<&str, &str> = body
        .split('&')
        .filter_map(|field| field.split_once('='))
        .collect();
    let report = json!({"url": request.uri().to_string(), "form": form});
    println!("{report}");
    Ok(())
}

const CLIENT: &str = "00c0ffee-0000-4000-8000-0000000000da";

const AUTHORITY: &str = "https://login.microsoftonline.com/c0ffee00-0001-4000-8000-000000000000";

const DOCUMENT: &str = r#"{
    "issuer": "https://id.example",
    "authorization_endpoint": "https://id.example/auth",
    "token_endpoint": "https://id.example/token"
}"#;
