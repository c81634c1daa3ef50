//! Every folder of `tests/data`: one call on one cache, as MSAL Python makes it. See the `README.md` there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use msal::fakes::{JumpingClock, ScriptedHttp, SeededRandom};
use msal::{
    Account, AuthenticationResult, Authority, ConfidentialClientApplication, Error, HomeAccountId,
    PublicClientApplication, Runtime, TokenSource, UnixTime,
};
use serde_json::{Value, json};

use crate::store::TestStore;
use crate::world::HOST;

#[tokio::test]
async fn every_case_is_what_msal_python_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let entries = fs::read_dir(folder).unwrap();
    let mut cases: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() >= 18, "a case was lost");
    for case in cases {
        check(&case).await;
    }
}

async fn check(case: &Path) {
    let name = case.file_name().unwrap().to_string_lossy();
    let (call, exchange) = (read(case, "call"), read(case, "exchange"));
    let steps = exchange.as_array().unwrap();
    let store = TestStore::default();
    if let Ok(before) = fs::read(case.join("cache-before.json")) {
        store.put(before).await;
    }
    let http = Arc::new(ScriptedHttp::default());
    for answer in steps.iter().map(|step| &step["answer"]) {
        let status = answer["status"].as_u64().unwrap();
        http.answer_json(status.try_into().unwrap(), answer["body"].to_string());
    }
    let now = UnixTime::from_secs(call["now"].as_i64().unwrap());
    let runtime = Runtime::with_http(Arc::clone(&http))
        .with_clock(JumpingClock::new(now))
        .with_random(SeededRandom::new(1));

    let outcome = make(&call, &store, runtime).await;
    assert_eq!(result(&outcome), read(case, "result"), "{name}");
    let asked: Vec<Value> = http.take_requests().iter().map(asked).collect();
    let expected: Vec<&Value> = steps.iter().map(|step| &step["request"]).collect();
    assert_eq!(asked.iter().collect::<Vec<_>>(), expected, "{name}");
    assert_eq!(store.json().await, read(case, "cache-after"), "{name}");
    if call["bytes"] == true {
        let after = fs::read_to_string(case.join("cache-after.json")).unwrap();
        let stored = store.bytes().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&stored), after, "{name}");
    }
}

fn read(case: &Path, document: &str) -> Value {
    let path = case.join(document).with_extension("json");
    let text = fs::read_to_string(&path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

async fn make(
    call: &Value,
    store: &TestStore,
    runtime: Runtime,
) -> Result<AuthenticationResult, Error> {
    let text = |member: &str| call[member].as_str();
    let authority = Authority::parse(text("authority").unwrap()).unwrap();
    let client_id = text("client_id").unwrap();
    let scopes = call["scopes"].as_array().unwrap();
    let scopes: Vec<&str> = scopes.iter().filter_map(Value::as_str).collect();
    // The two kinds of clients have these calls in common, and no trait for them.
    macro_rules! make {
        ($builder:expr) => {{
            let builder = $builder.authority(authority).store(store.clone());
            let app = builder.runtime(runtime).build().unwrap();
            if let Some(token) = text("refresh_token") {
                return app.acquire_token_by_refresh_token(token, scopes).await;
            }
            let id = HomeAccountId::new(text("home_account_id").unwrap());
            let account = Account::new(id, HOST);
            app.acquire_token_silent(scopes, &account).await
        }};
    }
    match text("client_secret") {
        Some(secret) => make!(ConfidentialClientApplication::builder(client_id, secret)),
        None => make!(PublicClientApplication::builder(client_id)),
    }
}

fn result(outcome: &Result<AuthenticationResult, Error>) -> Value {
    match outcome {
        Ok(result) => json!({
            "access_token": result.access_token.expose_secret(),
            "expires_on": result.expires_on.as_secs(),
            "token_source": match result.token_source {
                TokenSource::Cache => "cache",
                _ => "identity_provider",
            },
        }),
        Err(error) => {
            let refusal = error.service_error().unwrap();
            json!({"error": refusal.error, "suberror": refusal.suberror})
        }
    }
}

/// A request, as far as it is the same in every library.
fn asked(request: &Request<Bytes>) -> Value {
    let names = [
        "accept",
        "x-anchormailbox",
        "x-client-current-telemetry",
        "x-client-last-telemetry",
    ];
    let header = |name: &'static str| Some((name, request.headers().get(name)?.to_str().ok()?));
    let headers: BTreeMap<_, _> = names.into_iter().filter_map(header).collect();
    let form = url::form_urlencoded::parse(request.body());
    json!({
        "url": request.uri().to_string(),
        "headers": headers,
        "form": form.collect::<BTreeMap<_, _>>(),
    })
}
