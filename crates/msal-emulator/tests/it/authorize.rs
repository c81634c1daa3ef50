//! Authorization codes for people who are signed in already.

use msal_emulator::Emulator;
use msal_emulator::sample::{ALICE, BOB, CONTOSO, DAN, DESKTOP, WEB, WEB_REDIRECT, WEB_SECRET};
use url::Url;

use crate::browser::redirected;
use crate::support::{Answer, Form, GRAPH, Protocol, SCOPE, at, emulator, get, token, token_at};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn authorize(emulator: &Emulator, path: &str, query: Form<'_>) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    get(emulator, &format!("/{CONTOSO}/{path}/authorize?{query}"))
}

fn desktop_query(user: &str) -> [(&str, &str); 9] {
    [
        ("client_id", DESKTOP),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:49152"),
        ("scope", SCOPE),
        ("state", "s&t"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("login_hint", user),
    ]
}

fn redeem_form<'a>(code: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "http://localhost:49152"),
        ("code_verifier", verifier),
        ("scope", SCOPE),
    ]
}

#[test]
fn consent_may_be_asked_for_several_apis_at_once_and_tokens_for_one() {
    let emulator = emulator();
    let ask = |scope: &str| {
        let mut query = desktop_query(ALICE);
        query[3].1 = scope;
        authorize(&emulator, "oauth2/v2.0", &query)
    };
    let both =
        "openid offline_access https://graph.microsoft.com/User.Read api://orders/Orders.Read";
    let redeem = |scope: &str| {
        let code = redirected(&ask(both), "code").unwrap();
        let mut form = redeem_form(&code, VERIFIER).to_vec();
        form.pop();
        form.extend(Some(("scope", scope)).filter(|(_, scope)| !scope.is_empty()));
        token(&emulator, Protocol::V2, CONTOSO, &form)
    };
    assert_eq!(redeem(both).code(), 700_022);
    for (scope, api) in [
        ("", GRAPH),
        ("https://graph.microsoft.com/User.Read", GRAPH),
        ("api://orders/Orders.Read", "api://orders"),
    ] {
        let answer = redeem(scope);
        let granted = answer.json()["scope"].as_str().unwrap().to_owned();
        let mut apis = granted.split(' ').filter(|scope| scope.contains("//"));
        assert!(apis.all(|scope| scope.starts_with(api)), "{granted}");
    }
    // Each of them has to be there.
    for other in ["api://orders/No.Such", "https://nowhere.example/.default"] {
        let answer = ask(&format!("https://graph.microsoft.com/User.Read {other}"));
        assert!(redirected(&answer, "code").is_none(), "{other}");
    }
}

#[test]
fn a_public_client_gets_a_code_with_pkce() {
    let emulator = emulator();
    let answer = authorize(&emulator, "oauth2/v2.0", &desktop_query(ALICE));
    assert_eq!(redirected(&answer, "state").unwrap(), "s&t");
    let code = redirected(&answer, "code").unwrap();
    let wrong = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &redeem_form(&code, "wrong"),
    );
    assert_eq!(wrong.code(), 501_481);
    let tokens = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &redeem_form(&code, VERIFIER),
    );
    assert_eq!(tokens.claims("id_token")["nonce"], "n-1");
    assert!(tokens.json()["refresh_token"].is_string());
    let again = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &redeem_form(&code, VERIFIER),
    );
    assert_eq!(again.code(), 54005);
}

#[test]
fn a_code_lives_for_ten_minutes() {
    let emulator = emulator();
    let code = redirected(
        &authorize(&emulator, "oauth2/v2.0", &desktop_query(ALICE)),
        "code",
    )
    .unwrap();
    let redeem = |seconds| {
        token_at(
            &emulator,
            Protocol::V2,
            CONTOSO,
            &redeem_form(&code, VERIFIER),
            at(seconds),
        )
    };
    assert_eq!(redeem(601).code(), 70008);
    assert_eq!(redeem(600).status, 200);
}

#[test]
fn a_code_of_a_closed_account_gets_nothing() {
    let emulator = emulator();
    let answer = authorize(&emulator, "oauth2/v2.0", &desktop_query(ALICE));
    let code = redirected(&answer, "code").unwrap();
    let redeem = || {
        token(
            &emulator,
            Protocol::V2,
            CONTOSO,
            &redeem_form(&code, VERIFIER),
        )
    };
    emulator.set_enabled(ALICE, false);
    assert_eq!(redeem().code(), 50057);
    emulator.set_enabled(ALICE, true);
    assert_eq!(redeem().status, 200);
}

#[test]
fn a_confidential_client_gets_a_code_at_v1() {
    let emulator = emulator();
    let query = [
        ("client_id", WEB),
        ("response_type", "code"),
        ("redirect_uri", WEB_REDIRECT),
        ("resource", GRAPH),
        ("login_hint", ALICE),
    ];
    let code = redirected(&authorize(&emulator, "oauth2", &query), "code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", WEB),
        ("resource", GRAPH),
        ("redirect_uri", WEB_REDIRECT),
        ("code", &code),
        ("client_secret", WEB_SECRET),
    ];
    let answer = token(&emulator, Protocol::V1, CONTOSO, &form);
    assert_eq!(
        (answer.status, answer.text("resource")),
        (200, GRAPH.to_owned())
    );
}

#[test]
fn errors_go_to_the_client_once_it_is_known() {
    let emulator = emulator();
    let silent = [&desktop_query(ALICE)[..8], &[("prompt", "none")]].concat();
    let nobody = authorize(&emulator, "oauth2/v2.0", &silent);
    assert_eq!(redirected(&nobody, "error").unwrap(), "login_required");
    assert_eq!(redirected(&nobody, "state").unwrap(), "s&t");
    let disabled = authorize(&emulator, "oauth2/v2.0", &desktop_query(DAN));
    assert!(
        redirected(&disabled, "error_description")
            .unwrap()
            .starts_with("AADSTS50057")
    );
    let mut blocked = desktop_query(BOB);
    blocked[3] = ("scope", "https://vault.azure.net/.default");
    let blocked = authorize(&emulator, "oauth2/v2.0", &blocked);
    assert_eq!(
        redirected(&blocked, "error").unwrap(),
        "interaction_required"
    );
    let mut token = desktop_query(ALICE);
    token[1] = ("response_type", "token");
    assert_eq!(
        redirected(&authorize(&emulator, "oauth2/v2.0", &token), "error").unwrap(),
        "unsupported_response_type"
    );
}

#[test]
fn an_unknown_redirect_gets_no_redirect() {
    let emulator = emulator();
    for redirect in [
        "https://evil.example",
        "http://localhost/other",
        "nonsense",
        "http://localhost.evil.example",
    ] {
        let mut query = desktop_query(ALICE);
        query[2] = ("redirect_uri", redirect);
        let answer = authorize(&emulator, "oauth2/v2.0", &query);
        assert_eq!((answer.status, answer.code()), (400, 50011), "{redirect}");
    }
}

#[test]
fn a_code_may_come_in_the_fragment() {
    let emulator = emulator();
    let query = [&desktop_query(ALICE)[..], &[("response_mode", "fragment")]].concat();
    let answer = authorize(&emulator, "oauth2/v2.0", &query);
    let url = Url::parse(answer.header("location")).unwrap();
    assert!(url.fragment().unwrap().starts_with("code="));
    assert_eq!(url.query(), None);
}
