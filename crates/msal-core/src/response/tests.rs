use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::tokens::DEFAULT_LIFETIME;
use super::*;
use crate::RefreshToken;

fn read(status: u16, body: impl Into<String>) -> TokenOutcome {
    let response = Response::builder()
        .status(status)
        .body(Bytes::from(body.into()))
        .unwrap();
    TokenOutcome::read(&response, "me")
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn jwt(claims: &Value) -> String {
    format!(
        "{}.{}.c2ln",
        encode(&json!({"alg": "RS256"})),
        encode(claims)
    )
}

fn sound() -> Value {
    json!({
        "token_type": "Bearer",
        "access_token": "AT",
        "refresh_token": "0.NEW",
        "expires_in": 3599,
        "ext_expires_in": 7199,
        "scope": "User.Read openid",
        "id_token": jwt(&json!({"iss": "https://i.example", "sub": "s", "aud": "me"})),
        "client_info": encode(&json!({"uid": "u", "utid": "t"})),
    })
}

fn with(member: &str, value: Value) -> Value {
    let mut body = sound();
    body[member] = value;
    body
}

fn tokens(body: Value) -> TokenResponse {
    match read(200, body.to_string()) {
        TokenOutcome::Tokens(tokens) => *tokens,
        other => panic!("{other:?}"),
    }
}

fn malformed(body: impl Into<String>) -> MalformedResponse {
    match read(200, body) {
        TokenOutcome::Malformed(malformed) => malformed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sound_answer_gives_tokens() {
    let tokens = tokens(sound());
    assert_eq!(tokens.access_token.expose_secret(), "AT");
    assert_eq!(tokens.refresh_token.unwrap().expose_secret(), "0.NEW");
    assert_eq!(tokens.expires_in, Duration::from_secs(3599));
    assert_eq!(tokens.scopes.unwrap().as_str(), "User.Read openid");
    assert_eq!(
        tokens.client_info.unwrap().home_account_id().as_str(),
        "u.t"
    );
}

#[test]
fn tokens_come_out_as_they_are_whichever_there_are_and_however_they_are_escaped() {
    let id_token = sound()["id_token"].as_str().unwrap().to_owned();
    for (id, refresh) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut body = r#"{"access_token":"A\/\u00e5","token_type":"Bearer""#.to_owned();
        if id {
            body.push_str(&format!(r#","id_token":"{id_token}""#));
        }
        if refresh {
            body.push_str(r#","refresh_token":"0.R\/\"""#);
        }
        let TokenOutcome::Tokens(tokens) = read(200, format!("{body}}}")) else {
            panic!("{body}");
        };
        assert_eq!(tokens.access_token.expose_secret(), "A/\u{e5}");
        let raw = tokens.id_token.as_ref().map(|(raw, _)| raw.expose_secret());
        assert_eq!(raw, id.then_some(id_token.as_str()));
        let found = tokens.refresh_token.as_ref();
        let found = found.map(RefreshToken::expose_secret);
        assert_eq!(found, refresh.then_some("0.R/\""));
    }
}

#[test]
fn odd_numbers_do_not_spoil_the_tokens() {
    let digits = "9".repeat(5000);
    for value in [json!("abc"), json!(null), json!([1]), json!({})] {
        assert_eq!(
            tokens(with("expires_in", value)).expires_in,
            DEFAULT_LIFETIME
        );
    }
    assert_eq!(
        tokens(with("expires_in", json!("3599.5")))
            .expires_in
            .as_secs(),
        3599
    );
    assert_eq!(
        tokens(with("refresh_in", json!("1800")))
            .refresh_in
            .unwrap()
            .as_secs(),
        1800
    );
    let body = sound().to_string().replace("3599", &digits);
    assert!(
        matches!(read(200, body), TokenOutcome::Tokens(tokens) if tokens.expires_in == DEFAULT_LIFETIME)
    );
    let marked = format!("\u{feff}{}", sound());
    assert!(matches!(read(200, marked), TokenOutcome::Tokens(_)));
}

#[test]
fn odd_scopes_do_not_spoil_the_tokens() {
    assert_eq!(tokens(with("scope", json!(null))).scopes, None);
    assert_eq!(
        tokens(with("scope", json!(["b", "a"])))
            .scopes
            .unwrap()
            .as_str(),
        "a b"
    );
    assert_eq!(
        tokens(with("error", json!(null)))
            .access_token
            .expose_secret(),
        "AT"
    );
}

#[test]
fn an_answer_that_may_not_be_trusted_still_yields_its_refresh_token() {
    let claims = |claims: Value| json!(jwt(&claims));
    let odd = [
        with("id_token", json!("a.b")),
        with("id_token", json!("a.!!.c")),
        with("id_token", json!(format!("e30.{}.c", encode(&json!([]))))),
        with(
            "id_token",
            claims(json!({"iss": "https://i.example", "aud": "me"})),
        ),
        with(
            "id_token",
            claims(json!({"iss": "https://i.example", "aud": "you", "sub": "s"})),
        ),
        with("id_token", json!(7)),
        with("client_info", json!("%%%")),
        with("client_info", json!(7)),
        with("error", json!("invalid_grant")),
        with("access_token", json!(null)),
        with("access_token", json!(5)),
    ];
    for body in odd {
        let malformed = malformed(body.to_string());
        assert_eq!(
            malformed.refresh_tokens,
            [RefreshToken::from("0.NEW")],
            "{body}"
        );
    }
    let infinite = sound().to_string().replace("3599", "Infinity");
    assert_eq!(malformed(infinite).refresh_tokens.len(), 1);
}

#[test]
fn a_duplicate_refresh_token_is_refused_and_both_are_kept() {
    let body = sound()
        .to_string()
        .replace("\"0.NEW\"", "\"0.FIRST\",\"refresh_token\":\"0.SECOND\"");
    let malformed = malformed(body);
    assert_eq!(
        malformed.reason,
        Malformation::Duplicate {
            member: "refresh_token"
        }
    );
    assert_eq!(malformed.refresh_tokens.len(), 2);
}

#[test]
fn a_refresh_token_that_is_a_number_is_refused() {
    let malformed = malformed(with("refresh_token", json!(5)).to_string());
    assert_eq!(
        malformed.reason,
        Malformation::Member {
            member: "refresh_token"
        }
    );
}

#[test]
fn a_token_in_a_list_of_one_is_that_token_and_of_several_none_is_chosen() {
    for member in ["refresh_token", "access_token"] {
        let listed = tokens(with(member, json!(["0.LISTED"])));
        let found = match member {
            "refresh_token" => listed.refresh_token.unwrap().expose_secret().to_owned(),
            _ => listed.access_token.expose_secret().to_owned(),
        };
        assert_eq!(found, "0.LISTED");
    }
    assert!(
        tokens(with("refresh_token", json!([""])))
            .refresh_token
            .is_none()
    );
    let several = malformed(with("refresh_token", json!(["0.A", "0.B"])).to_string());
    assert_eq!(several.refresh_tokens.len(), 2, "both are kept");
    malformed(with("refresh_token", json!([5])).to_string());
}

#[test]
fn an_answer_cut_anywhere_never_passes_for_tokens() {
    let body = sound().to_string();
    for end in 0..body.len() {
        assert!(
            !matches!(read(200, &body[..end]), TokenOutcome::Tokens(_)),
            "{end}"
        );
    }
}

#[test]
fn refusals_say_what_can_be_done() {
    let refuse = |status, body: &str| match read(status, body) {
        TokenOutcome::Refused(error) => (error.refusal(), error.to_string()),
        other => panic!("{other:?}"),
    };
    let table = [
        (
            400,
            r#"{"error":"invalid_grant","error_codes":[700082],"suberror":"bad_token"}"#,
            Refusal::InteractionRequired,
            "invalid_grant (AADSTS700082, bad_token)",
        ),
        (
            401,
            r#"{"error":"invalid_client","error_codes":[7000218]}"#,
            Refusal::Configuration,
            "invalid_client (AADSTS7000218)",
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_codes":[50196]}"#,
            Refusal::Transient,
            "invalid_grant (AADSTS50196)",
        ),
        (
            503,
            r#"{"error":"temporarily_unavailable"}"#,
            Refusal::Transient,
            "temporarily_unavailable",
        ),
        (
            400,
            r#"{"error":"server_error"}"#,
            Refusal::Transient,
            "server_error",
        ),
        (
            400,
            r#"{"error":"temporarily_unavailable","error_codes":"90006"}"#,
            Refusal::Transient,
            "temporarily_unavailable (AADSTS90006)",
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_codes":["90033"]}"#,
            Refusal::Transient,
            "invalid_grant (AADSTS90033)",
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"AADSTS90033: A transient error has occurred."}"#,
            Refusal::Transient,
            "invalid_grant (AADSTS90033)",
        ),
        (
            400,
            r#"{"error":"invalid_grant","error_codes":[],"error_description":"AADSTS70008: expired. See AADSTS90033."}"#,
            Refusal::InteractionRequired,
            "invalid_grant (AADSTS70008)",
        ),
        (429, "Too Many Requests", Refusal::Transient, "HTTP 429"),
        (502, "<html>", Refusal::Transient, "HTTP 502"),
        (403, "<html>", Refusal::Configuration, "HTTP 403"),
    ];
    for (status, body, refusal, message) in table {
        assert_eq!(
            refuse(status, body),
            (refusal, message.to_owned()),
            "{body}"
        );
    }
}

/// Entra says `invalid_grant` whether the user or the place is meant.
#[test]
fn a_refusal_of_the_place_is_none_of_the_user() {
    use Misplaced::{ClientAnywhere, ClientInDirectory, NoTenant, OtherTenant};
    let refuse = |error: &str, code: i64| {
        let body = format!(r#"{{"error":"{error}","error_codes":[{code}]}}"#);
        match read(400, body) {
            TokenOutcome::Refused(error) => (error.misplaced(), error.refusal()),
            other => panic!("{other:?}"),
        }
    };
    for (codes, misplaced) in [
        (
            &[50_020, 50_034, 51_004, 90_072, 500_208, 700_005, 7_000_012][..],
            OtherTenant,
        ),
        (&[50_059, 50_128, 90_002, 90_019], NoTenant),
        (
            &[70_001, 650_051, 650_052, 650_056, 700_016, 7_000_112],
            ClientInDirectory,
        ),
        (&[50_194, 700_038, 9_002_331], ClientAnywhere),
    ] {
        for (code, error) in codes.iter().flat_map(|code| {
            ["invalid_grant", "interaction_required", "invalid_request"].map(|error| (code, error))
        }) {
            let expected = (Some(misplaced), Refusal::Configuration);
            assert_eq!(refuse(error, *code), expected, "{error} {code}");
        }
    }
    for code in [50_076, 50_173, 53_003, 65_001, 70_008, 700_082, 700_084] {
        let expected = (None, Refusal::InteractionRequired);
        assert_eq!(refuse("invalid_grant", code), expected, "{code}");
    }
    // What passes with time is said first.
    let body = r#"{"error":"invalid_grant","error_codes":[90033,50020]}"#;
    let TokenOutcome::Refused(error) = read(400, body) else {
        panic!("it is a refusal");
    };
    assert_eq!(error.refusal(), Refusal::Transient);
}

#[test]
fn the_wait_is_read_from_the_header() {
    let response = Response::builder().status(429).header("retry-after", "60");
    let outcome = TokenOutcome::read(
        &response
            .body(Bytes::from_static(b"Too Many Requests"))
            .unwrap(),
        "me",
    );
    assert!(
        matches!(outcome, TokenOutcome::Refused(error) if error.retry_after == Some(Duration::from_secs(60)))
    );
}

proptest! {
    #[test]
    fn no_body_panics(status in 100_u16..600, body in any::<Vec<u8>>()) {
        let response = Response::builder().status(status).body(Bytes::from(body)).unwrap();
        let _ = TokenOutcome::read(&response, "me");
    }

    #[test]
    fn a_complete_refresh_token_survives_any_damage_elsewhere(
        before in "[^\"]{0,40}", after in ".{0,40}", token in "[A-Za-z0-9._-]{1,80}"
    ) {
        let body = format!("{before}\"refresh_token\":\"{token}\"{after}");
        let kept = match read(200, body) {
            TokenOutcome::Malformed(malformed) => malformed.refresh_tokens.iter().any(|it| it.expose_secret() == token),
            TokenOutcome::Tokens(tokens) => tokens.refresh_token.is_some_and(|it| it.expose_secret() == token),
            TokenOutcome::Refused(_) => false,
        };
        prop_assert!(kept);
    }
}

#[test]
fn a_suberror_is_a_classification_where_it_tells_a_user_something() {
    for (suberror, classification) in [
        ("basic_action", Some("basic_action")),
        ("consent_required", Some("consent_required")),
        ("bad_token", None),
        ("token_expired", None),
        ("protection_policy_required", None),
        ("client_mismatch", None),
        ("device_authentication_failed", None),
        ("", None),
    ] {
        let body = format!(r#"{{"error":"invalid_grant","suberror":"{suberror}"}}"#);
        let TokenOutcome::Refused(error) = read(400, &body) else {
            panic!("{suberror}");
        };
        assert_eq!(error.classification(), classification, "{suberror}");
    }
}
