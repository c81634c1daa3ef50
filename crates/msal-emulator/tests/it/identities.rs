//! APIs that take tokens, single-page applications, and machines with an identity.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use msal_emulator::Emulator;
use msal_emulator::sample::{ALICE, CONTOSO, CONTOSO_ID, DESKTOP, PAGE, PAGE_REDIRECT, WORKER};
use serde_json::Value;

use crate::browser::redirected;
use crate::support::{Answer, BASE, Protocol, SCOPE, at, emulator, get, send, token_at};

const CP1: &str = r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#;

fn me(emulator: &Emulator, token: &str, seconds: u64) -> Answer {
    let request =
        Request::get(format!("{BASE}/v1.0/me")).header("authorization", format!("Bearer {token}"));
    send(emulator, request, "".into(), at(seconds))
}

fn refresh(emulator: &Emulator, refresh_token: &str, claims: &str, seconds: u64) -> Answer {
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
        ("scope", SCOPE),
        ("claims", claims),
    ];
    token_at(emulator, Protocol::V2, CONTOSO, &form, at(seconds))
}

#[test]
fn an_api_challenges_a_client_whose_user_was_thrown_out() {
    let emulator = emulator();
    let rt = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    let capable = refresh(&emulator, &rt, CP1, 0);
    assert_eq!(capable.json()["expires_in"], 86_399);
    assert_eq!(
        capable.claims("access_token")["xms_cc"],
        serde_json::json!(["cp1"])
    );
    let plain = refresh(&emulator, &rt, "", 0);
    assert!(plain.claims("access_token").get("xms_cc").is_none());
    let (capable, plain) = (capable.text("access_token"), plain.text("access_token"));
    assert_eq!(
        me(&emulator, &capable, 1).json()["userPrincipalName"],
        ALICE
    );
    emulator.revoke_sessions(ALICE, at(10));
    assert_eq!(me(&emulator, &plain, 11).status, 200);
    let challenged = me(&emulator, &capable, 11);
    assert_eq!(challenged.status, 401);
    let header = challenged.header("www-authenticate");
    assert!(header.contains("error=\"insufficient_claims\""));
    let (_, claims) = header.split_once("claims=\"").unwrap();
    let claims = STANDARD.decode(claims.trim_end_matches('"')).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["access_token"]["nbf"]["essential"], true);
    let merged =
        r#"{"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["cp1"]}}}"#;
    assert_eq!(refresh(&emulator, &rt, merged, 12).code(), 50173);
    let fresh = emulator
        .issue_refresh_token(ALICE, DESKTOP, at(12))
        .unwrap();
    let again = refresh(&emulator, &fresh, merged, 12).text("access_token");
    assert_eq!(me(&emulator, &again, 13).status, 200);
}

#[test]
fn who_signs_in_again_within_the_second_is_let_in_and_who_did_before_is_not() {
    let emulator = emulator();
    let moment = |millis| at(5) + Duration::from_millis(millis);
    let signed_in = |millis| {
        let rt = emulator.issue_refresh_token(ALICE, DESKTOP, moment(millis));
        let rt = rt.unwrap();
        let form = [
            ("client_id", DESKTOP),
            ("grant_type", "refresh_token"),
            ("refresh_token", &*rt),
            ("scope", SCOPE),
            ("claims", CP1),
        ];
        token_at(&emulator, Protocol::V2, CONTOSO, &form, moment(millis)).text("access_token")
    };
    let before = signed_in(100);
    emulator.revoke_sessions(ALICE, moment(400));
    let after = signed_in(700);
    assert_eq!(me(&emulator, &before, 6).status, 401);
    assert_eq!(me(&emulator, &after, 6).status, 200);
}

#[test]
fn an_api_wants_its_own_tokens() {
    let emulator = emulator();
    let rt = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    let good = refresh(&emulator, &rt, "", 0).text("access_token");
    let other = token_at(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &[
            ("client_id", DESKTOP),
            ("grant_type", "refresh_token"),
            ("refresh_token", &rt),
            ("scope", "https://vault.azure.net/.default"),
        ],
        at(0),
    );
    assert_eq!(me(&emulator, &good, 3600).status, 401);
    for token in [
        "",
        "opaque",
        &other.text("access_token"),
        &good[..good.len() - 2],
    ] {
        assert_eq!(me(&emulator, token, 1).status, 401);
    }
    let request = Request::get(format!("{BASE}/oidc/userinfo"))
        .header("authorization", format!("Bearer {good}"));
    assert_eq!(
        send(&emulator, request, "".into(), at(1)).json()["email"],
        ALICE
    );
}

#[test]
fn a_page_redeems_from_its_origin_for_a_day() {
    let emulator = emulator();
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", PAGE),
            ("response_type", "code"),
            ("redirect_uri", PAGE_REDIRECT),
            ("scope", SCOPE),
            (
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            ),
            ("code_challenge_method", "S256"),
            ("login_hint", ALICE),
        ])
        .finish();
    let code = redirected(
        &get(
            &emulator,
            &format!("/{CONTOSO}/oauth2/v2.0/authorize?{query}"),
        ),
        "code",
    )
    .unwrap();
    let post = |form: &[(&str, &str)], origin: Option<&str>, seconds| {
        let mut request = Request::post(format!("{BASE}/{CONTOSO}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        send(&emulator, request, body.into(), at(seconds))
    };
    let redeem = [
        ("client_id", PAGE),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", PAGE_REDIRECT),
        (
            "code_verifier",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        ),
    ];
    assert_eq!(post(&redeem, None, 0).code(), 9_002_327);
    let origin = Some("http://localhost:3000");
    let tokens = post(&redeem, origin, 0);
    assert_eq!(tokens.header("access-control-allow-origin"), "*");
    let refresh = |token: &str, origin, seconds| {
        let form = [
            ("client_id", PAGE),
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("scope", SCOPE),
        ];
        post(&form, origin, seconds)
    };
    let first = tokens.refresh_token();
    assert_eq!(refresh(&first, None, 0).code(), 9_002_327);
    // A new token does not live longer than the first.
    let second = refresh(&first, origin, 80_000).refresh_token();
    assert_eq!(refresh(&second, origin, 86_400).status, 200);
    assert_eq!(refresh(&second, origin, 86_401).code(), 700_084);
    let desktop = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "refresh_token"),
        ("refresh_token", &desktop),
        ("scope", SCOPE),
    ];
    assert_eq!(post(&form, origin, 0).code(), 9_002_326);
    let preflight = Request::options(format!("{BASE}/{CONTOSO}/oauth2/v2.0/token"))
        .header("origin", "http://localhost:3000");
    let preflight = send(&emulator, preflight, "".into(), at(0));
    assert_eq!(
        (
            preflight.status,
            preflight.header("access-control-allow-origin")
        ),
        (204, "*")
    );
}

fn machine(emulator: &Emulator, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::get(format!("http://169.254.169.254{path}"));
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    send(emulator, request, "".into(), at(0))
}

#[test]
fn machines_get_tokens_in_their_own_ways() {
    let emulator = emulator();
    let resource = "resource=https%3A%2F%2Fmanagement.azure.com";
    let imds = "/metadata/identity/oauth2/token";
    let header = "emulator-identity-header";
    let metadata = ("Metadata", "true");
    for (path, headers) in [
        (
            format!("{imds}?api-version=2018-02-01&{resource}"),
            vec![metadata],
        ),
        (
            format!("{imds}?api-version=2019-07-01-preview&{resource}"),
            vec![("Secret", header)],
        ),
        (
            format!("{imds}?api-version=2020-06-01&{resource}"),
            vec![
                metadata,
                ("Authorization", "Basic emulator-identity-header"),
            ],
        ),
        (
            format!("/msi/token?api-version=2019-08-01&{resource}"),
            vec![("X-IDENTITY-HEADER", header)],
        ),
        (
            format!("/msi/token?api-version=2017-09-01&{resource}"),
            vec![("secret", header)],
        ),
    ] {
        let answer = machine(&emulator, &path, &headers);
        let claims = answer.claims("access_token");
        assert_eq!(
            (claims["aud"].as_str(), claims["tid"].as_str()),
            (Some("https://management.azure.com"), Some(CONTOSO_ID))
        );
        assert!(answer.json()["expires_on"].is_string() || answer.json()["expires_on"].is_u64());
        assert!(
            (400..402).contains(&machine(&emulator, &path, &[]).status),
            "{path}"
        );
        for name in ["client_id", "clientid"] {
            let named = machine(&emulator, &format!("{path}&{name}={WORKER}"), &headers);
            assert_eq!(named.claims("access_token")["appid"], WORKER);
        }
        let nobody = machine(&emulator, &format!("{path}&client_id=nobody"), &headers);
        assert_eq!(nobody.status, 400);
    }
    let challenge = machine(
        &emulator,
        &format!("{imds}?api-version=2020-06-01&{resource}"),
        &[metadata],
    );
    assert_eq!(
        challenge.header("www-authenticate"),
        "Basic realm=/var/opt/azcmagent/tokens/emulator.key"
    );
    let shell = Request::post("http://localhost:50342/oauth2/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("Metadata", "true");
    assert_eq!(send(&emulator, shell, resource.into(), at(0)).status, 200);
    let region = machine(
        &emulator,
        "/metadata/instance/compute?api-version=2021-02-01",
        &[metadata],
    );
    assert_eq!(region.json()["location"], "westus2");
}

#[test]
fn machines_get_tokens_at_the_beginning_of_time() {
    let emulator = emulator();
    let request = Request::get(
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=r",
    )
    .header("Metadata", "true");
    let answer = send(&emulator, request, "".into(), UNIX_EPOCH);
    assert_eq!(answer.json()["not_before"], "0");
    assert_eq!(answer.claims("access_token")["nbf"], 0);
}
