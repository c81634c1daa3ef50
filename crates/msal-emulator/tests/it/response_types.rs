//! What the authorization endpoint itself issues: id_tokens, hybrid answers, access tokens.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use msal_emulator::sample::{ALICE, CONTOSO, CONTOSO_ID};
use msal_emulator::{App, Directory, Emulator, RedirectKind};
use url::Url;

use crate::browser::{Browser, redirected};
use crate::support::{Answer, BASE, Form, GRAPH, Protocol, START, claims, emulator, get, token};

const APP: &str = "00c0ffee-0000-4000-8000-0000000000f1";
const CODE_ONLY: &str = "00c0ffee-0000-4000-8000-0000000000f2";
const REDIRECT: &str = "https://app.example/callback";

fn world() -> Emulator {
    let emulator = emulator();
    let enabled = App::public(APP).id_tokens().access_tokens();
    let more = Directory::builder()
        .app(enabled.redirect(RedirectKind::Web, REDIRECT))
        .app(App::public(CODE_ONLY).redirect(RedirectKind::Web, REDIRECT));
    emulator.declare(more).unwrap();
    emulator
}

fn ask(emulator: &Emulator, response_type: &str, more: Form<'_>) -> Answer {
    get(emulator, &path("oauth2/v2.0", response_type, more))
}

fn path(version: &str, response_type: &str, more: Form<'_>) -> String {
    let usual = [
        ("client_id", APP),
        ("response_type", response_type),
        ("redirect_uri", REDIRECT),
        ("scope", "openid profile User.Read"),
        ("state", "s&t"),
        ("nonce", "n-1"),
        ("login_hint", ALICE),
    ];
    let replaced = |name: &str| more.iter().any(|(known, _)| *known == name);
    let kept = usual.iter().filter(|(name, _)| !replaced(name));
    let set = more.iter().filter(|(_, value)| !value.is_empty());
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept.chain(set))
        .finish();
    format!("/{CONTOSO}/{version}/authorize?{query}")
}

/// OpenID Connect Core §3.3.2.11.
fn half_digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}

fn names(answer: &Answer) -> Vec<String> {
    let url = Url::parse(answer.header("location")).unwrap();
    assert_eq!(url.query(), None, "tokens stay out of queries");
    let pairs = url::form_urlencoded::parse(url.fragment().unwrap().as_bytes());
    pairs.map(|(name, _)| name.into_owned()).collect()
}

#[test]
fn an_id_token_comes_in_the_fragment() {
    let answer = ask(&world(), "id_token", &[]);
    assert_eq!(names(&answer), ["id_token", "session_state", "state"]);
    assert_eq!(redirected(&answer, "state").unwrap(), "s&t");
    let claims = claims(&redirected(&answer, "id_token").unwrap());
    assert_eq!(
        (claims["aud"].as_str(), claims["nonce"].as_str()),
        (Some(APP), Some("n-1"))
    );
    assert_eq!(claims["iss"], format!("{BASE}/{CONTOSO_ID}/v2.0"));
    assert_eq!(claims["preferred_username"], ALICE);
    assert!(claims.get("c_hash").is_none() && claims.get("at_hash").is_none());
}

#[test]
fn a_hybrid_answer_binds_the_code_to_the_id_token() {
    let emulator = world();
    for response_type in ["code id_token", "id_token code"] {
        let answer = ask(&emulator, response_type, &[]);
        assert_eq!(
            names(&answer),
            ["code", "id_token", "session_state", "state"]
        );
        let code = redirected(&answer, "code").unwrap();
        let in_front = claims(&redirected(&answer, "id_token").unwrap());
        assert_eq!(in_front["c_hash"], half_digest(&code));
        let form = [
            ("client_id", APP),
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
        ];
        let behind = token(&emulator, Protocol::V2, CONTOSO, &form).claims("id_token");
        for claim in ["sub", "oid", "tid", "iss", "aud", "nonce"] {
            assert_eq!(in_front[claim], behind[claim], "{claim}");
        }
    }
}

#[test]
fn an_access_token_comes_with_what_it_is_good_for() {
    let emulator = world();
    let answer = ask(&emulator, "id_token token", &[]);
    assert_eq!(
        names(&answer),
        [
            "access_token",
            "token_type",
            "expires_in",
            "scope",
            "id_token",
            "session_state",
            "state"
        ]
    );
    let access_token = redirected(&answer, "access_token").unwrap();
    let id_token = claims(&redirected(&answer, "id_token").unwrap());
    assert_eq!(id_token["at_hash"], half_digest(&access_token));
    assert_eq!(redirected(&answer, "expires_in").unwrap(), "3599");
    assert_eq!(claims(&access_token)["exp"], START + 3599);
    let alone = ask(&emulator, "token", &[("nonce", "")]);
    assert!(
        redirected(&alone, "id_token").is_none() && redirected(&alone, "access_token").is_some()
    );
}

#[test]
fn v1_gives_id_tokens_of_its_own_version() {
    let path = path(
        "oauth2",
        "code id_token",
        &[("resource", GRAPH), ("scope", "")],
    );
    let claims = claims(&redirected(&get(&world(), &path), "id_token").unwrap());
    assert_eq!(
        (claims["ver"].as_str(), claims["upn"].as_str()),
        (Some("1.0"), Some(ALICE))
    );
}

#[test]
fn form_post_carries_tokens_too() {
    let emulator = world();
    let path = path(
        "oauth2/v2.0",
        "code id_token",
        &[("response_mode", "form_post")],
    );
    let mut browser = Browser::new(&emulator);
    browser.open(&path, &[]);
    browser.submit(&[
        ("do", "password"),
        ("password", msal_emulator::sample::PASSWORD),
    ]);
    assert!(
        browser.shows("name=\"id_token\" value=\"ey") && browser.shows("name=\"code\" value=\"1.")
    );
    assert!(browser.shows("action=\"https://app.example/callback\""));
}

#[test]
fn what_may_not_be_had_is_refused_in_the_fragment() {
    let emulator = world();
    for (response_type, more, error, code) in [
        (
            "id_token",
            [("client_id", CODE_ONLY)],
            "unsupported_response_type",
            700_054,
        ),
        (
            "code id_token",
            [("client_id", CODE_ONLY)],
            "unsupported_response_type",
            700_054,
        ),
        (
            "token",
            [("client_id", CODE_ONLY)],
            "unsupported_response_type",
            700_051,
        ),
        (
            "id_token",
            [("response_mode", "query")],
            "invalid_request",
            70007,
        ),
        (
            "code token",
            [("response_mode", "query")],
            "invalid_request",
            70007,
        ),
        ("id_token", [("nonce", "")], "invalid_request", 90014),
        ("code id_token", [("nonce", "")], "invalid_request", 90014),
        (
            "id_token",
            [("scope", "User.Read")],
            "unsupported_response_type",
            70005,
        ),
    ] {
        let answer = ask(&emulator, response_type, &more);
        names(&answer);
        assert_eq!(redirected(&answer, "error").unwrap(), error, "{code}");
        let description = redirected(&answer, "error_description").unwrap();
        assert!(
            description.starts_with(&format!("AADSTS{code}: ")),
            "{description}"
        );
    }
    for (response_type, code) in [("code code", 70005), ("none", 70005), ("", 900_144)] {
        let answer = ask(
            &emulator,
            response_type,
            &[("response_type", response_type)],
        );
        let description = redirected(&answer, "error_description").unwrap();
        assert!(
            description.starts_with(&format!("AADSTS{code}: ")),
            "{description}"
        );
    }
}
