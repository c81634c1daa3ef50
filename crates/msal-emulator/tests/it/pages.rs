//! People at a browser: the pages of a sign-in, one after the other.

use msal_emulator::sample::{
    ALICE, BOB, CAROL, CONTOSO, DAN, DESKTOP, FABRIKAM, MIA, PASSWORD, REPORTS, WEB_REDIRECT,
};
use msal_emulator::{Directory, Emulator, Policy, Requirement, Settings, SignIn, Tenant, User};
use std::time::Duration;

use crate::browser::{Browser, redirected};
use crate::support::{ARM, Answer, Form, Protocol, SCOPE, at, emulator, token, token_at};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const AUTHORIZE: &str = "/common/oauth2/v2.0/authorize";

fn query<'a>(scope: &'a str, more: Form<'a>) -> Vec<(&'a str, &'a str)> {
    let mut query = vec![
        ("client_id", DESKTOP),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:49152"),
        ("scope", scope),
        ("state", "s"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    query.extend_from_slice(more);
    query
}

fn sign_in(browser: &mut Browser<'_>, upn: &str) -> Answer {
    browser.submit(&[("do", "name"), ("username", upn)]);
    browser.submit(&[("do", "password"), ("password", PASSWORD)])
}

fn redeem(emulator: &Emulator, tenant: &str, code: &str, seconds: u64) -> Answer {
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "http://localhost:49152"),
        ("code_verifier", VERIFIER),
    ];
    token_at(emulator, Protocol::V2, tenant, &form, at(seconds))
}

#[test]
fn a_person_signs_in_with_name_and_password() {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    assert_eq!(browser.open(AUTHORIZE, &query(SCOPE, &[])).status, 200);
    assert!(browser.shows("Sign in") && browser.shows("Sample desktop"));
    browser.submit(&[("do", "name"), ("username", "nobody@contoso.example")]);
    assert!(
        browser.shows("We could not find an account") && browser.shows("nobody@contoso.example")
    );
    browser.submit(&[("do", "name"), ("username", "ALICE@contoso.example")]);
    assert!(browser.shows("Enter password") && browser.shows(ALICE));
    browser.submit(&[("do", "password"), ("password", "wrong")]);
    assert!(browser.shows("Your account or password is incorrect."));
    let done = browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert_eq!(redirected(&done, "state").unwrap(), "s");
    assert!(redirected(&done, "session_state").is_some());
    let tokens = redeem(&emulator, "common", &redirected(&done, "code").unwrap(), 0);
    assert_eq!(tokens.claims("id_token")["preferred_username"], ALICE);
}

#[test]
fn who_is_signed_in_is_not_asked_again() {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    browser.open(AUTHORIZE, &query(SCOPE, &[]));
    sign_in(&mut browser, ALICE);
    let again =
        |browser: &mut Browser<'_>, more: Form<'_>| browser.open(AUTHORIZE, &query(SCOPE, more));
    assert!(redirected(&again(&mut browser, &[]), "code").is_some());
    assert!(redirected(&again(&mut browser, &[("prompt", "none")]), "code").is_some());
    assert_eq!(again(&mut browser, &[("prompt", "login")]).status, 200);
    assert!(browser.shows("Sign in"));
    again(&mut browser, &[("prompt", "select_account")]);
    assert!(browser.shows("Pick an account") && browser.shows("Alice Archer"));
    assert!(redirected(&browser.submit(&[("pick", ALICE)]), "code").is_some());
    browser.seconds = 100;
    assert!(redirected(&again(&mut browser, &[("max_age", "100")]), "code").is_some());
    again(&mut browser, &[("max_age", "99"), ("login_hint", ALICE)]);
    assert!(browser.shows("Enter password"));
    // Somebody else comes to the same browser.
    again(&mut browser, &[("login_hint", BOB)]);
    let done = browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert!(redirected(&done, "code").is_some());
    again(&mut browser, &[]);
    assert!(browser.shows("Pick an account"));
    let silent = again(&mut browser, &[("prompt", "none")]);
    assert_eq!(
        redirected(&silent, "error").unwrap(),
        "interaction_required"
    );
    let hinted = again(&mut browser, &[("prompt", "none"), ("login_hint", BOB)]);
    assert!(redirected(&hinted, "code").is_some());
    // An administrator throws Bob out.
    emulator.revoke_sessions(BOB, at(100));
    let ended = again(&mut browser, &[("prompt", "none"), ("login_hint", BOB)]);
    assert_eq!(redirected(&ended, "error").unwrap(), "login_required");
}

#[test]
fn auth_time_is_told_to_who_asks() {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    browser.open(AUTHORIZE, &query(SCOPE, &[]));
    let plain = sign_in(&mut browser, ALICE);
    browser.seconds = 50;
    let asked = browser.open(AUTHORIZE, &query(SCOPE, &[("max_age", "3600")]));
    let id_token = |answer: &Answer| {
        let tokens = redeem(
            &emulator,
            "common",
            &redirected(answer, "code").unwrap(),
            50,
        );
        tokens.claims("id_token")
    };
    assert!(id_token(&plain).get("auth_time").is_none());
    let claims = id_token(&asked);
    assert_eq!(
        claims["auth_time"].as_u64().unwrap() + 50,
        claims["iat"].as_u64().unwrap()
    );
}

#[test]
fn a_second_factor_is_asked_where_a_rule_says_so() {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    let scope = format!("{ARM}/.default offline_access");
    browser.open(AUTHORIZE, &query(&scope, &[]));
    sign_in(&mut browser, MIA);
    assert!(browser.shows("Enter code"));
    browser.submit(&[("do", "code"), ("code", "000000")]);
    assert!(browser.shows("did not enter the expected code"));
    let done = browser.submit(&[("do", "code"), ("code", "123 456")]);
    let tokens = redeem(&emulator, "common", &redirected(&done, "code").unwrap(), 0);
    assert_eq!(
        tokens.claims("access_token")["amr"],
        serde_json::json!(["pwd", "mfa"])
    );
    // The refresh token remembers it, so no policy prevents its redemption.
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "refresh_token"),
        ("refresh_token", &tokens.refresh_token()),
        ("scope", &scope),
    ];
    assert_eq!(token(&emulator, Protocol::V2, CONTOSO, &form).status, 200);
}

#[test]
fn claims_that_name_a_policy_ask_for_what_it_wants_whatever_the_api() {
    let emulator = emulator();
    let refused = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &[
            ("client_id", DESKTOP),
            ("grant_type", "password"),
            ("username", MIA),
            ("password", PASSWORD),
            ("scope", &format!("{ARM}/.default")),
        ],
    );
    let claims_of_mia = refused.text("claims");
    for (user, claims, step) in [
        (MIA, claims_of_mia.as_str(), "Enter code"),
        (
            MIA,
            r#"{"access_token":{"capolids":{"values":["another"]}}}"#,
            "",
        ),
        (MIA, "{}", ""),
        (ALICE, claims_of_mia.as_str(), ""),
    ] {
        let mut browser = Browser::new(&emulator);
        let hint = [("login_hint", user), ("claims", claims)];
        browser.open(AUTHORIZE, &query(SCOPE, &hint));
        let mut done = browser.submit(&[("do", "password"), ("password", PASSWORD)]);
        if !step.is_empty() {
            assert!(browser.shows(step), "{user} {claims}");
            done = browser.submit(&[("do", "code"), ("code", "123456")]);
        }
        let code = redirected(&done, "code").expect(claims);
        let tokens = redeem(&emulator, "common", &code, 0);
        // What the sign-in lacked, a refresh token does not make up for.
        let form = [
            ("client_id", DESKTOP),
            ("grant_type", "refresh_token"),
            ("refresh_token", &tokens.refresh_token()),
            ("scope", SCOPE),
            ("claims", &claims_of_mia),
        ];
        let status = token(&emulator, Protocol::V2, CONTOSO, &form).status;
        let is_refused = user == MIA && step.is_empty();
        assert_eq!(
            status,
            if is_refused { 400 } else { 200 },
            "{user} {claims}"
        );
    }
}

#[test]
fn consent_is_asked_once_and_can_be_declined() {
    let emulator = emulator();
    let path = format!("/{FABRIKAM}/oauth2/v2.0/authorize");
    let scope = format!("{REPORTS}/.default");
    let mut browser = Browser::new(&emulator);
    browser.open(&path, &query(&scope, &[("login_hint", CAROL)]));
    browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert!(browser.shows("Permissions requested") && browser.shows("user_impersonation"));
    let declined = browser.submit(&[("do", "cancel")]);
    assert_eq!(redirected(&declined, "error").unwrap(), "access_denied");
    assert_eq!(redirected(&declined, "error_subcode").unwrap(), "cancel");
    let silent = browser.open(
        &path,
        &query(&scope, &[("prompt", "none"), ("login_hint", CAROL)]),
    );
    assert_eq!(redirected(&silent, "error").unwrap(), "login_required");
    browser.open(&path, &query(&scope, &[("login_hint", CAROL)]));
    browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    let accepted = browser.submit(&[("do", "accept")]);
    let code = redirected(&accepted, "code").unwrap();
    assert_eq!(redeem(&emulator, FABRIKAM, &code, 0).status, 200);
    let again = browser.open(&path, &query(&scope, &[]));
    assert!(redirected(&again, "code").is_some());
    browser.open(&path, &query(&scope, &[("prompt", "consent")]));
    assert!(browser.shows("Permissions requested"));
}

#[test]
fn what_nobody_can_do_at_a_page_is_explained_there() {
    let emulator = emulator();
    let path = format!("/{CONTOSO}/oauth2/v2.0/authorize");
    for (user, scope, code) in [
        (BOB, "https://vault.azure.net/.default", "AADSTS53003"),
        (DAN, SCOPE, "AADSTS50057"),
        ("user1@fabrikam.example", SCOPE, "AADSTS90072"),
    ] {
        let mut browser = Browser::new(&emulator);
        browser.open(&path, &query(scope, &[("login_hint", user)]));
        let answer = browser.submit(&[("do", "password"), ("password", PASSWORD)]);
        assert_eq!(answer.status, 400);
        assert!(browser.shows(code), "{user}");
    }
    let mut browser = Browser::new(&emulator);
    let unknown = browser.open(
        AUTHORIZE,
        &[("client_id", "unknown"), ("response_type", "code")],
    );
    assert_eq!(unknown.status, 400);
    assert!(browser.shows("AADSTS700016") && !browser.shows("<form"));
}

#[test]
fn form_post_is_a_form_for_the_client() {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    let mut asked = query(SCOPE, &[("response_mode", "form_post")]);
    asked[4] = ("state", "<\">");
    browser.open(AUTHORIZE, &asked);
    let done = sign_in(&mut browser, ALICE);
    assert!(browser.shows("<form method=\"post\" action=\"http://localhost:49152/\">"));
    assert!(browser.shows("name=\"state\" value=\"&lt;&quot;&gt;\""));
    assert!(browser.shows("name=\"code\" value=\"1."));
    let policy = done.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self';")
            && policy.contains("form-action http://localhost:49152;")
    );
}

#[test]
fn pages_guard_themselves() {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    let answer = browser.open(AUTHORIZE, &query(SCOPE, &[]));
    let policy = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self' http://localhost:49152",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"));
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    browser.submit(&[("do", "name"), ("username", ALICE)]);
    let done = browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    let session = done
        .headers
        .get_all("set-cookie")
        .iter()
        .find(|cookie| cookie.as_bytes().starts_with(b"ESTSAUTH="));
    let session = session.unwrap().to_str().unwrap();
    for attribute in ["; secure", "; HttpOnly", "; SameSite=None"] {
        assert!(session.contains(attribute), "{session}");
    }
}

#[test]
fn a_form_of_another_browser_is_refused() {
    let emulator = emulator();
    let mut attacker = Browser::new(&emulator);
    attacker.open(AUTHORIZE, &query(SCOPE, &[]));
    attacker.cookies.clear();
    let answer = attacker.submit(&[("do", "name"), ("username", ALICE)]);
    assert_eq!(answer.status, 400);
    assert!(attacker.shows("AADSTS165000"));
    let mut late = Browser::new(&emulator);
    late.open(AUTHORIZE, &query(SCOPE, &[]));
    late.seconds = 3601;
    late.submit(&[("do", "name"), ("username", ALICE)]);
    assert!(late.shows("AADSTS165000"));
}

#[test]
fn requests_that_ask_nonsense_are_refused_to_the_client() {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    for (more, code) in [
        (("prompt", "sometimes"), "AADSTS90023"),
        (("prompt", "none login"), "AADSTS90023"),
        (("max_age", "soon"), "AADSTS90023"),
        (("claims", "[]"), "AADSTS90023"),
        (("response_mode", "pigeon"), "AADSTS70007"),
        (("state", "t"), "AADSTS9000411"),
    ] {
        let answer = browser.open(AUTHORIZE, &query(SCOPE, &[more]));
        let description = redirected(&answer, "error_description").unwrap();
        assert!(description.starts_with(code), "{description}");
    }
    let mut short = query(SCOPE, &[]);
    short[5] = ("code_challenge", "short");
    let description = redirected(&browser.open(AUTHORIZE, &short), "error_description").unwrap();
    assert!(description.starts_with("AADSTS501491"));
}

#[test]
fn signing_out_ends_the_session_and_goes_back_to_a_known_client() {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    let logout = "/common/oauth2/v2.0/logout";
    for user in [ALICE, BOB] {
        browser.open(AUTHORIZE, &query(SCOPE, &[("prompt", "login")]));
        sign_in(&mut browser, user);
    }
    browser.open(logout, &[]);
    assert!(browser.shows("Which account do you want to sign out of?"));
    browser.submit(&[("pick", ALICE)]);
    assert!(browser.shows("You signed out"));
    let gone = browser.open(
        AUTHORIZE,
        &query(SCOPE, &[("prompt", "none"), ("login_hint", ALICE)]),
    );
    assert_eq!(redirected(&gone, "error").unwrap(), "login_required");
    let back = browser.open(
        logout,
        &[("post_logout_redirect_uri", WEB_REDIRECT), ("state", "x")],
    );
    assert_eq!(back.header("location"), format!("{WEB_REDIRECT}?state=x"));
    let gone = browser.open(AUTHORIZE, &query(SCOPE, &[("prompt", "none")]));
    assert_eq!(redirected(&gone, "error").unwrap(), "login_required");
    let evil = browser.open(
        logout,
        &[("post_logout_redirect_uri", "https://evil.example")],
    );
    assert_eq!(evil.status, 200);
}

/// Contoso with one more policy for Alice.
fn ruled(requirement: Requirement) -> Emulator {
    let emulator = emulator();
    let tenant = Tenant::new(CONTOSO).policy(Policy::new(requirement).user(ALICE));
    let more = Directory::builder().tenant(tenant);
    emulator.declare(more).unwrap();
    emulator
}

#[test]
fn a_rule_about_frequency_looks_at_the_time_of_the_sign_in() {
    let emulator = ruled(Requirement::SignInFrequency(Duration::from_secs(3600)));
    let mut browser = Browser::new(&emulator);
    browser.open(AUTHORIZE, &query(SCOPE, &[]));
    let first = sign_in(&mut browser, ALICE);
    let tokens = redeem(&emulator, "common", &redirected(&first, "code").unwrap(), 0);
    let refresh = |token: &str, seconds| {
        let form = crate::support::refresh_form(DESKTOP, token);
        token_at(&emulator, Protocol::V2, CONTOSO, &form, at(seconds))
    };
    // A token's descendants are no younger than the sign-in.
    let newer = refresh(&tokens.refresh_token(), 3000).refresh_token();
    assert_eq!(refresh(&newer, 3600).status, 200);
    let late = refresh(&newer, 3601);
    assert_eq!(late.code(), 70043);
    let description = late.text("error_description");
    assert!(description.contains("issued on 2026-08-13T21:24:29.0000000Z"));
    assert!(description.contains("lifetime for this request is 3600."));
    browser.seconds = 3600;
    let still = browser.open(AUTHORIZE, &query(SCOPE, &[]));
    assert!(redirected(&still, "code").is_some());
    browser.seconds = 3601;
    let silent = browser.open(AUTHORIZE, &query(SCOPE, &[("prompt", "none")]));
    assert!(
        redirected(&silent, "error_description")
            .unwrap()
            .starts_with("AADSTS70043")
    );
    browser.open(AUTHORIZE, &query(SCOPE, &[]));
    assert!(browser.shows("Enter password"));
    let again = browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    let tokens = redeem(
        &emulator,
        "common",
        &redirected(&again, "code").unwrap(),
        3601,
    );
    assert_eq!(refresh(&tokens.refresh_token(), 7201).status, 200);
}

#[test]
fn a_second_factor_grows_old_where_a_rule_says_so() {
    let emulator = ruled(Requirement::MfaFrequency(Duration::from_secs(60)));
    let mut browser = Browser::new(&emulator);
    browser.open(AUTHORIZE, &query(SCOPE, &[]));
    sign_in(&mut browser, ALICE);
    assert!(browser.shows("Enter code"));
    let done = browser.submit(&[("do", "code"), ("code", "123456")]);
    assert!(redirected(&done, "code").is_some());
    browser.seconds = 60;
    let still = browser.open(AUTHORIZE, &query(SCOPE, &[]));
    assert!(redirected(&still, "code").is_some());
    browser.seconds = 61;
    browser.open(AUTHORIZE, &query(SCOPE, &[]));
    browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert!(browser.shows("Enter code"));
    let done = browser.submit(&[("do", "code"), ("code", "123456")]);
    assert!(redirected(&done, "code").is_some());
    let password = crate::support::password_form(DESKTOP, ALICE);
    let without = token(&emulator, Protocol::V2, CONTOSO, &password);
    assert_eq!(without.code(), 50076);
}

#[test]
fn ten_wrong_passwords_lock_an_account_for_a_minute() {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    browser.open(AUTHORIZE, &query(SCOPE, &[("login_hint", ALICE)]));
    let right = [("do", "password"), ("password", PASSWORD)];
    let wrong = [("do", "password"), ("password", "wrong")];
    for _ in 0..9 {
        browser.submit(&wrong);
    }
    assert!(browser.shows("incorrect"));
    browser.submit(&wrong);
    browser.seconds = 60;
    browser.submit(&right);
    assert!(browser.shows("Your account is locked"));
    browser.seconds = 61;
    assert!(redirected(&browser.submit(&right), "code").is_some());
    // A right password ends the count.
    browser.open(
        AUTHORIZE,
        &query(SCOPE, &[("login_hint", ALICE), ("prompt", "login")]),
    );
    browser.submit(&wrong);
    assert!(redirected(&browser.submit(&right), "code").is_some());
}

#[test]
fn an_expired_password_signs_nobody_in_until_it_is_changed() {
    const EVE: &str = "eve@contoso.example";
    let emulator = emulator();
    let eve = User::new(EVE, PASSWORD).password_expired();
    let more = Directory::builder().tenant(Tenant::new(CONTOSO).user(eve));
    emulator.declare(more).unwrap();
    let mut browser = Browser::new(&emulator);
    browser.open(AUTHORIZE, &query(SCOPE, &[("login_hint", EVE)]));
    browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert!(browser.shows("Your password has expired."));
    emulator.change_password(EVE, "new", at(0));
    let done = browser.submit(&[("do", "password"), ("password", "new")]);
    assert!(redirected(&done, "code").is_some());
}

#[test]
fn settings_say_who_is_asked() {
    let with = |sign_in| {
        Emulator::with_settings(Directory::sample(), Settings::default().sign_in(sign_in))
    };
    let program = |emulator: &Emulator| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query(SCOPE, &[("login_hint", ALICE)]))
            .finish();
        crate::support::get(emulator, &format!("{AUTHORIZE}?{query}")).status
    };
    assert_eq!(program(&with(SignIn::Automatic)), 302);
    assert_eq!(program(&with(SignIn::Pages)), 200);
    let unattended = with(SignIn::Unattended);
    let mut browser = Browser::new(&unattended);
    let answer = browser.open(AUTHORIZE, &query(SCOPE, &[("login_hint", ALICE)]));
    assert!(redirected(&answer, "code").is_some());
}
