//! Whatever is sent, the answer is one of the protocol.

use bytes::Bytes;
use http::{Method, Request, Uri};
use msal_emulator::sample::{ALICE, DESKTOP, FAMILY_MAIL, WEB};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Answer, at, emulator, send};

/// Tokens, a document, a page, an envelope, a redirect, or "no such page".
fn is_of_the_protocol(answer: &Answer) -> Result<(), TestCaseError> {
    let kind = answer.headers.get("content-type");
    let kind = kind.map_or("", |kind| kind.to_str().unwrap());
    match answer.status {
        204 => prop_assert!(answer.body.is_empty()),
        302 => prop_assert!(answer.headers.contains_key("location")),
        200 | 400 | 401 if kind.starts_with("text/html") => {
            prop_assert!(answer.body.starts_with(b"<!DOCTYPE html>"));
            prop_assert!(answer.headers.contains_key("content-security-policy"));
        }
        200 if kind.starts_with("text/javascript") => {}
        200 | 500 if kind.starts_with("application/soap+xml") => {
            prop_assert!(answer.body.starts_with(b"<"));
        }
        200 => prop_assert!(answer.json().is_object()),
        400 | 401 => is_an_error(&answer.json())?,
        status => prop_assert_eq!(status, 404),
    }
    Ok(())
}

/// An envelope, or what Graph, machines and App Service say instead.
fn is_an_error(json: &serde_json::Value) -> Result<(), TestCaseError> {
    match json["error_codes"][0].as_u64() {
        Some(code) => {
            prop_assert!(json["error"].is_string());
            let description = json["error_description"].as_str().unwrap();
            let start = format!("AADSTS{code}: ");
            prop_assert!(description.starts_with(&start), "{}", description);
        }
        None => {
            let of_a_machine = json["error_description"].is_string();
            let of_graph = json["error"]["code"].is_string();
            let of_app_service = json["statusCode"].is_u64();
            let of_b2c = json["error_description"]
                .as_str()
                .is_some_and(|text| text.starts_with("AADB2C"));
            prop_assert!(
                of_a_machine || of_graph || of_app_service || of_b2c,
                "{}",
                json
            );
        }
    }
    Ok(())
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("common".to_owned()),
        Just("contoso.example".to_owned()),
        Just("oauth2".to_owned()),
        Just("v2.0".to_owned()),
        Just("token".to_owned()),
        Just("authorize".to_owned()),
        Just("discovery".to_owned()),
        Just("instance".to_owned()),
        Just("userrealm".to_owned()),
        "[ -~]{0,12}".prop_map(|text| text.replace(['/', '?', '#'], "%2F")),
    ]
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => vec(segment(), 0..6).prop_map(|segments| format!("/{}", segments.join("/"))),
        1 => Just("/common/oauth2/token".to_owned()),
        2 => Just("/contoso.example/oauth2/v2.0/token".to_owned()),
        1 => Just("/contoso.example/oauth2/v2.0/authorize".to_owned()),
        1 => Just("/common/discovery/instance".to_owned()),
        2 => proptest::sample::select(PATHS).prop_map(str::to_owned),
    ]
}

/// Names the token endpoint knows, with values from plausible to absurd.
fn parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        Just("grant_type"),
        Just("client_id"),
        Just("client_secret"),
        Just("refresh_token"),
        Just("scope"),
        Just("resource"),
        Just("username"),
        Just("password"),
        Just("code"),
        Just("redirect_uri"),
        Just("client_info"),
        Just("response_type"),
        Just("login_hint"),
        Just("state"),
        Just("authorization_endpoint"),
        Just("api-version"),
        Just("client-request-id"),
        Just("code_verifier"),
        Just("assertion"),
        Just("client_assertion"),
        Just("client_assertion_type"),
        Just("code_challenge"),
        Just("device_code"),
        Just("do"),
        Just("flow"),
        Just("max_age"),
        Just("pick"),
        Just("prompt"),
        Just("requested_token_use"),
        Just("response_mode"),
        Just("user_code"),
    ];
    let value = prop_oneof![
        Just("refresh_token".to_owned()),
        Just("password".to_owned()),
        Just("client_credentials".to_owned()),
        Just("authorization_code".to_owned()),
        Just(DESKTOP.to_owned()),
        Just(WEB.to_owned()),
        Just(FAMILY_MAIL.to_owned()),
        Just(ALICE.to_owned()),
        Just("Sample-Passw0rd".to_owned()),
        Just("sample-secret".to_owned()),
        Just("https://graph.microsoft.com/.default openid offline_access".to_owned()),
        Just("http://localhost:1".to_owned()),
        Just("code".to_owned()),
        Just("device_code".to_owned()),
        Just("form_post".to_owned()),
        Just("on_behalf_of".to_owned()),
        Just("urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()),
        Just("urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
        Just("urn:ietf:params:oauth:grant-type:saml2-bearer".to_owned()),
        Just("user_fic".to_owned()),
        Just("e30.e30.AAAA".to_owned()),
        Just("1.AXoA.AgAB".to_owned()),
        Just("/.default".to_owned()),
        Just("//".to_owned()),
        any::<String>(),
    ];
    vec((name.prop_map(str::to_owned), value), 0..9)
}

const PATHS: &[&str] = &[
    "/adfs/.well-known/openid-configuration",
    "/adfs/oauth2/token",
    "/adfs/services/trust/13/usernamemixed",
    "/adfs/services/trust/2005/usernamemixed",
    "/adfs/services/trust/mex",
    "/common/login",
    "/common/oauth2/v2.0/logout",
    "/contoso.example/b2c_1_x/oauth2/v2.0/authorize",
    "/contoso.example/b2c_1_x/oauth2/v2.0/token",
    "/contoso.example/oauth2/v2.0/devicecode",
    "/devicelogin",
    "/form_post.js",
    "/metadata/identity/oauth2/token",
    "/metadata/instance/compute",
    "/msi/token",
    "/oauth2/token",
    "/oidc/userinfo",
    "/v1.0/me",
];

fn method() -> impl Strategy<Value = Method> {
    prop_oneof![4 => Just(Method::POST), 2 => Just(Method::GET), 1 => Just(Method::HEAD), 1 => Just(Method::DELETE)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn any_bytes_are_answered(path in path(), query in "[ -~]{0,40}", body in vec(any::<u8>(), 0..300), method in method()) {
        let uri = format!("https://localhost{path}?{}", query.replace(['#', ' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}'], "+"));
        if let Ok(uri) = uri.parse::<Uri>() {
            let answer = send(&emulator(), Request::builder().method(method).uri(uri), body.into(), at(0));
            is_of_the_protocol(&answer)?;
        }
    }

    #[test]
    fn any_parameters_are_answered(path in path(), parameters in parameters(), method in method(), host in "[ -~]{0,20}", accept in proptest::sample::select(&["*/*", "text/html"][..])) {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish();
        if let Ok(uri) = format!("{path}?{form}").parse::<Uri>() {
            let request = Request::builder().method(method).uri(uri).header("host", host).header("accept", accept).header("metadata", "true").header("cookie", "buid=1; ESTSAUTH=AAAA");
            let answer = send(&emulator(), request, Bytes::from(form), at(0));
            is_of_the_protocol(&answer)?;
        }
    }

    #[test]
    fn a_damaged_refresh_token_is_malformed(at_byte in 0_usize..1200, byte in any::<u8>(), cut in 0_usize..1200) {
        let emulator = emulator();
        let good = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
        let mut bad = good.clone().into_bytes();
        let place = at_byte % bad.len();
        bad[place] = byte;
        bad.truncate(1200 - cut / 100);
        let bad = String::from_utf8_lossy(&bad).into_owned();
        prop_assert_eq!(emulator.refresh_token_id(&bad).is_some(), bad == good);
    }
}
