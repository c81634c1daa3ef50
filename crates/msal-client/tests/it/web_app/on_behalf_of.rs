//! The API, and the page that calls it.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Request;
use msal::ResponseMode;
use msal_emulator::Fault;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

use super::program::sessions::Key;
use super::{ALICE, API, BOB, MIA, Place, WEB};

const ON_BEHALF_OF: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A token for the API that Alice's client got.
fn token_for_the_api(place: &Place, scope: &str) -> String {
    let emulator = place.authority.emulator();
    let now = SystemTime::now();
    let refresh_token = emulator.issue_refresh_token(ALICE, WEB, now).unwrap();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("grant_type", "refresh_token"),
            ("client_id", WEB),
            ("client_secret", "secret-of-the-web-application"),
            ("refresh_token", &*refresh_token),
            ("scope", scope),
        ])
        .finish();
    let address = format!("{}/organizations/oauth2/v2.0/token", place.authority.url());
    let request = Request::post(address)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(form))
        .unwrap();
    let answer: Value = serde_json::from_slice(emulator.handle(request, now).body()).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_api_takes_tokens_that_are_for_it_and_nothing_else() {
    let place = Place::new(ResponseMode::FormPost).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |header: Option<String>| {
        let request = client.get(format!("{}/api/me", place.origin));
        let request = match &header {
            Some(header) => request.header("authorization", header),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.headers().clone())
    };
    let good = token_for_the_api(&place, &format!("api://{API}/access_as_user"));
    assert_eq!(ask(Some(format!("Bearer {good}"))).await.0, 200);

    let parts: Vec<_> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("{good}")
    };
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let decoded = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let with = |part: &str, name: &str, value: &str| {
        let mut object = decoded(part);
        object[name] = value.into();
        encoded(&object)
    };
    let forged = with(claims, "oid", "00000000-0000-0000-0000-000000000000");
    let graph = token_for_the_api(&place, "https://graph.microsoft.com/User.Read");
    for (name, token) in [
        ("nothing", String::new()),
        ("no token", "opaque".to_owned()),
        ("other claims", format!("{header}.{forged}.{signature}")),
        ("no signature", format!("{header}.{claims}.")),
        (
            "another signature",
            format!("{header}.{claims}.{}", "A".repeat(342)),
        ),
        (
            "no algorithm",
            format!("{}.{forged}.", with(header, "alg", "none")),
        ),
        (
            "a shared secret",
            format!("{}.{claims}.{signature}", with(header, "alg", "HS256")),
        ),
        (
            "another key",
            format!("{}.{claims}.{signature}", with(header, "kid", "other")),
        ),
        ("one part too many", format!("{good}.x")),
        ("a token for Graph", graph),
    ] {
        let (status, headers) = ask(Some(format!("Bearer {token}"))).await;
        assert_eq!(status, 401, "{name}");
        assert_eq!(
            headers["www-authenticate"], "Bearer error=\"invalid_token\"",
            "{name}"
        );
    }
    assert_eq!(ask(None).await.0, 401);
    assert_eq!(ask(Some(format!("Basic {good}"))).await.0, 401);

    // Signed by the authority, and yet not for this API, or not any more.
    for (claim, value) in [
        ("aud", json!(WEB)),
        ("aud", json!([API])),
        ("iss", json!("https://evil.example/v2.0")),
        ("tid", json!("00000000-0000-0000-0000-000000000000")),
        ("exp", json!(1_700_000_000)),
        ("exp", json!("9999999999")),
        ("nbf", json!(9_999_999_999_u64)),
        ("scp", json!("other access_as_user_too")),
        ("oid", json!(null)),
    ] {
        let fault = Fault::tamper().set_claim("access_token", claim, value.clone());
        place.authority.emulator().add_fault(fault);
        let token = token_for_the_api(&place, &format!("api://{API}/access_as_user"));
        place.authority.emulator().clear_faults();
        assert_eq!(
            ask(Some(format!("Bearer {token}"))).await.0,
            401,
            "{claim}: {value}"
        );
    }
}

#[tokio::test]
async fn everybody_sees_their_own_profile_and_nobody_elses() {
    let place = Place::new(ResponseMode::FormPost).await;
    let (mut alice, mut bob) = (place.browser(), place.browser());
    let first = alice.open("/profile").await;
    let answer = alice.at_authority(first.location(), ALICE);
    assert_eq!(alice.bring(&answer).await.location(), "/profile");
    bob.sign_in(BOB).await;
    let before = place.token_requests();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut calls = JoinSet::new();
    for (browser, user) in [(&alice, ALICE), (&bob, BOB)].repeat(20) {
        let request = client
            .get(format!("{}/profile", place.origin))
            .header("cookie", format!("__Host-session={}", browser.session()));
        calls.spawn(async move {
            let page = request.send().await.unwrap();
            (user, page.text().await.unwrap())
        });
    }
    for (user, page) in calls.join_all().await {
        let mut others = [ALICE, BOB, MIA].into_iter().filter(|other| *other != user);
        assert!(page.contains(&format!("<dd>{user}</dd>")), "{page}");
        assert!(others.all(|other| !page.contains(other)), "{page}");
    }
    assert_eq!(
        place.token_requests() - before,
        2,
        "one exchange for each user"
    );
}

#[tokio::test]
async fn a_claims_challenge_is_answered_by_a_sign_in_of_the_same_user() {
    let place = Place::new(ResponseMode::FormPost).await;
    let emulator = place.authority.emulator();
    let mut browser = place.browser();
    browser.sign_in(ALICE).await;
    assert_eq!(browser.open("/profile").await.status, 200);
    let before = browser.session().to_owned();
    // Graph says so to the API, the API to the application, and only the application has a user to ask.
    emulator.revoke_sessions(ALICE, SystemTime::now());
    let asked = browser.open("/profile").await;
    let to = Url::parse(asked.location()).unwrap();
    let claims = to
        .query_pairs()
        .find(|(name, _)| name == "claims")
        .unwrap()
        .1;
    let claims: Value = serde_json::from_str(&claims).unwrap();
    assert_eq!(claims["access_token"]["nbf"]["essential"], true);

    let bob = browser.at_authority(asked.location(), BOB);
    let refused = browser.bring(&bob).await;
    assert!(
        refused.shows("That was another account"),
        "{}",
        refused.body
    );
    assert_eq!(browser.user().await.as_deref(), Some(ALICE));

    let asked = browser.open("/profile").await;
    let alice = browser.at_authority(asked.location(), ALICE);
    assert_eq!(browser.bring(&alice).await.location(), "/profile");
    let page = browser.open("/profile").await;
    assert!(page.shows(&format!("<dd>{ALICE}</dd>")), "{}", page.body);
    assert_ne!(browser.session(), before);
    assert!(place.app.sessions.find(&Key::from(&*before)).is_none());
}

#[tokio::test]
async fn a_challenge_that_no_sign_in_meets_ends_in_a_page_and_in_no_circle() {
    let place = Place::new(ResponseMode::FormPost).await;
    let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    let fault = Fault::aadsts(50076).claims(claims);
    place
        .authority
        .emulator()
        .add_fault(fault.grant(ON_BEHALF_OF));
    let mut browser = place.browser();
    browser.sign_in(ALICE).await;
    let asked = browser.open("/profile").await;
    let answer = browser.at_authority(asked.location(), ALICE);
    assert_eq!(browser.bring(&answer).await.location(), "/profile");
    let page = browser.open("/profile").await;
    assert_eq!(page.status, 403);
    assert!(page.shows("Signing in again did not help"), "{}", page.body);
}

#[tokio::test]
async fn a_busy_authority_is_a_page_that_says_when_to_come_back() {
    let place = Place::new(ResponseMode::FormPost).await;
    place
        .authority
        .emulator()
        .add_fault(Fault::throttle(17).grant(ON_BEHALF_OF));
    let mut browser = place.browser();
    browser.sign_in(ALICE).await;
    let page = browser.open("/profile").await;
    assert_eq!(page.status, 503);
    assert_eq!(page.headers["retry-after"], "17");
    assert!(page.shows("Please try again in a moment"), "{}", page.body);
    place.authority.emulator().clear_faults();
    place
        .authority
        .emulator()
        .add_fault(Fault::throttle(18).grant("authorization_code"));
    let page = place.browser().sign_in(BOB).await;
    assert_eq!(
        (page.status, page.headers["retry-after"].to_str().unwrap()),
        (503, "18")
    );
}
