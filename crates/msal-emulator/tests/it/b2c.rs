//! The errors of Azure AD B2C: whole envelopes, and redirects.

use http::Request;
use msal_emulator::sample::{ALICE, CONTOSO_ID, DESKTOP, PASSWORD, WEB};
use msal_emulator::{App, Directory, RedirectKind, Tenant};
use serde_json::json;

use crate::browser::{Browser, redirected};
use crate::support::{BASE, CORRELATION_ID, Form, SCOPE, at, claims, emulator, refresh_form, send};

const POLICY: &str = "/contoso.example/b2c_1_susi";

fn description(code: u32, text: &str, correlation_id: &str) -> String {
    format!(
        "AADB2C{code}: {text}\r\nCorrelation ID: {correlation_id}\r\nTimestamp: 2026-08-13 21:24:29Z\r\n"
    )
}

#[test]
fn the_token_endpoint_has_envelopes_of_its_own() {
    let wrong: Form<'_> = &[("client_secret", "wrong")];
    for (client, secret, error, code, text) in [
        (
            DESKTOP,
            [].as_slice(),
            "invalid_grant",
            90080,
            "The provided grant has expired. Please re-authenticate and try again.",
        ),
        (
            WEB,
            &[],
            "invalid_client",
            90079,
            "Clients must send a client_secret when redeeming a confidential grant.",
        ),
        (
            WEB,
            wrong,
            "invalid_client",
            90081,
            "The specified client_secret does not match the expected value for this client. Please correct the \
             client_secret and try again.",
        ),
    ] {
        let form = [&refresh_form(client, "garbage")[..], secret].concat();
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = Request::post(format!("{BASE}{POLICY}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("client-request-id", CORRELATION_ID);
        let answer = send(&emulator(), request, form.into(), at(0));
        let expected = json!({
            "error": error,
            "error_description": description(code, text, CORRELATION_ID),
        });
        assert_eq!((answer.status, answer.json()), (400, expected));
    }
}

#[test]
fn a_person_forgets_the_password_or_changes_their_mind() {
    let query = [
        ("client_id", DESKTOP),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:49152"),
        ("scope", SCOPE),
        ("state", "s"),
        ("login_hint", ALICE),
    ];
    for (button, code, text) in [
        ("forgot", 90118, "The user has forgotten their password."),
        (
            "cancel",
            90091,
            "The user has cancelled entering self-asserted information.",
        ),
    ] {
        let emulator = emulator();
        let mut browser = Browser::new(&emulator);
        browser.open(&format!("{POLICY}/oauth2/v2.0/authorize"), &query);
        assert!(browser.shows("Forgot your password?"));
        let answer = browser.submit(&[("do", button)]);
        assert_eq!(redirected(&answer, "error").unwrap(), "access_denied");
        assert_eq!(redirected(&answer, "state").unwrap(), "s");
        let told = redirected(&answer, "error_description").unwrap();
        let (_, rest) = told.split_once("Correlation ID: ").unwrap();
        let correlation_id = rest.split_once('\r').unwrap().0;
        assert_eq!(told, description(code, text, correlation_id));
    }
}

#[test]
fn an_id_token_from_the_last_page_is_of_the_policy_too() {
    let emulator = emulator();
    let app = App::public("app").id_tokens();
    let more = Directory::builder().app(app.redirect(RedirectKind::Web, "https://app.example/"));
    emulator.declare(more).unwrap();
    let query = [
        ("client_id", "app"),
        ("response_type", "id_token"),
        ("redirect_uri", "https://app.example/"),
        ("scope", "openid"),
        ("nonce", "n"),
        ("login_hint", ALICE),
    ];
    for policy in [POLICY, "/tfp/contoso.example/custom"] {
        let mut browser = Browser::new(&emulator);
        browser.open(&format!("{policy}/oauth2/v2.0/authorize"), &query);
        let done = browser.submit(&[("do", "password"), ("password", PASSWORD)]);
        let claims = claims(&redirected(&done, "id_token").unwrap());
        assert_eq!(claims["iss"], format!("{BASE}/{CONTOSO_ID}/v2.0/"));
    }
}

#[test]
fn a_policy_that_the_tenant_has_not_is_not_found() {
    let emulator = emulator();
    let tenant = |domain| Tenant::new(domain);
    let more = Directory::builder()
        .tenant(tenant("listed.example").b2c_policies(["B2C_1_susi", "B2C_1A_Custom"]))
        .tenant(tenant("open.example"));
    emulator.declare(more).unwrap();
    let status = |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("{BASE}{path}"));
        let answer = send(&emulator, request, "".into(), at(0));
        if answer.status == 404 {
            assert_eq!(answer.header("content-type"), "text/html");
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(text.contains("has been removed"), "{text}");
        }
        answer.status
    };
    let document = "v2.0/.well-known/openid-configuration";
    for (path, expected) in [
        ("/listed.example/B2C_1_susi", 200),
        ("/listed.example/b2c_1_SUSI", 200),
        ("/tfp/listed.example/b2c_1a_custom", 200),
        ("/listed.example/B2C_1_s%75si", 200),
        ("/listed.example/B2C_1_nosuch", 404),
        ("/tfp/listed.example/B2C_1_nosuch", 404),
        ("/tfp/listed.example/nosuch", 404),
        // The sample directory says what it has, too.
        ("/contoso.example/B2C_1_susi", 200),
        ("/contoso.example/B2C_1_nosuch", 404),
        ("/fabrikam.example/B2C_1_susi", 404),
        ("/c0ffee00-0001-4000-8000-000000000000/B2C_1_nosuch", 404),
        // A tenant that lists none has every policy.
        ("/open.example/B2C_1_any", 200),
    ] {
        assert_eq!(
            status("GET", &format!("{path}/{document}")),
            expected,
            "{path}"
        );
        let keys = status("GET", &format!("{path}/discovery/v2.0/keys"));
        assert_eq!(keys, expected, "{path}");
    }
    for (method, path) in [
        ("POST", "oauth2/v2.0/token"),
        ("GET", "oauth2/v2.0/token"),
        ("GET", "oauth2/v2.0/authorize"),
        ("GET", "oauth2/v2.0/logout"),
        ("POST", "login"),
    ] {
        let path = format!("/listed.example/B2C_1_nosuch/{path}");
        assert_eq!(status(method, &path), 404, "{path}");
    }
}
