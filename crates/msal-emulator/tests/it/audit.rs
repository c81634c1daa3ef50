//! The audit log: who is named in it, and who reads it.

use msal_emulator::sample::{
    ALICE, BOB, CONTOSO, DESKTOP, PASSWORD, WEB, WEB_REDIRECT, WEB_SECRET, WORKER,
};
use msal_emulator::{
    App, AuditRecord, Directory, Emulator, Endpoint, RedirectKind, Settings, Tenant, User, Version,
};

use crate::browser::{Browser, redirected};
use crate::support::{
    BASE, Protocol, SCOPE, at, emulator, get, password_form, send, sign_in, token,
};

fn last(emulator: &Emulator) -> AuditRecord {
    emulator.audit().pop().unwrap()
}

fn named(record: &AuditRecord) -> (Option<&str>, Option<&str>) {
    (record.client_id.as_deref(), record.user.as_deref())
}

#[test]
fn a_sign_in_by_page_names_client_and_user() {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    let query = [
        ("client_id", DESKTOP),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:1"),
        ("scope", SCOPE),
    ];
    browser.open("/common/oauth2/v2.0/authorize", &query);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), None));
    browser.submit(&[("do", "name"), ("username", ALICE)]);
    assert_eq!(last(&emulator).endpoint, Endpoint::SignIn);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));
    browser.submit(&[("do", "password"), ("password", "wrong")]);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));
    let answer = browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));

    // The browser remembers who it is, so the next request needs no page and names them all the same.
    browser.open("/common/oauth2/v2.0/authorize", &query);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));

    let code = redirected(&answer, "code").unwrap();
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", "http://localhost:2"),
    ];
    assert_eq!(token(&emulator, Protocol::V2, "common", &form).status, 400);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));
    let form = [form[0], form[1], form[2], query[2]];
    assert_eq!(token(&emulator, Protocol::V2, "common", &form).status, 200);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));
    assert!(!format!("{:?}", emulator.audit()).contains(PASSWORD));
}

#[test]
fn an_authorization_without_a_page_names_client_and_user() {
    let emulator = emulator();
    for (protocol, path, scope) in [
        (Protocol::V2, "oauth2/v2.0", "scope"),
        (Protocol::V1, "oauth2", "resource"),
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("client_id", WEB),
                ("response_type", "code"),
                ("redirect_uri", WEB_REDIRECT),
                (scope, "https://graph.microsoft.com"),
                ("login_hint", "ALICE@contoso.example"),
            ])
            .finish()
            .replace("scope=https%3A%2F%2Fgraph.microsoft.com", "scope=openid");
        let answer = get(&emulator, &format!("/{CONTOSO}/{path}/authorize?{query}"));
        assert_eq!(named(&last(&emulator)), (Some(WEB), Some(ALICE)));
        let code = redirected(&answer, "code").unwrap();
        let form = [
            ("client_id", WEB),
            ("client_secret", WEB_SECRET),
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", WEB_REDIRECT),
        ];
        assert_eq!(token(&emulator, protocol, CONTOSO, &form).status, 200);
        assert_eq!(named(&last(&emulator)), (Some(WEB), Some(ALICE)));
    }
}

#[test]
fn a_code_that_is_not_ours_names_nobody() {
    let emulator = emulator();
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", "garbage"),
        ("redirect_uri", "http://localhost"),
    ];
    token(&emulator, Protocol::V2, "common", &form);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), None));
}

#[test]
fn who_takes_the_log_does_not_empty_it_and_who_empties_it_takes_nothing_away() {
    let emulator = emulator();
    sign_in(&emulator);
    assert_eq!(emulator.take_audit().len(), 1);
    assert_eq!(emulator.audit().len(), 1);
    sign_in(&emulator);
    sign_in(&emulator);
    emulator.clear_audit();
    assert_eq!(emulator.audit().len(), 0);
    assert_eq!(emulator.take_audit().len(), 2);
    assert_eq!(emulator.take_audit().len(), 0);
    sign_in(&emulator);
    assert_eq!(
        (emulator.audit().len(), emulator.take_audit().len()),
        (1, 1)
    );
}

#[test]
fn who_takes_the_log_gets_more_than_it_keeps() {
    for capacity in [0, 2] {
        let settings = Settings::default().audit_capacity(capacity);
        let emulator = Emulator::with_settings(Directory::sample(), settings);
        assert_eq!(emulator.take_audit().len(), 0);
        for _ in 0..5 {
            let form = password_form(DESKTOP, ALICE);
            token(&emulator, Protocol::V2, CONTOSO, &form);
        }
        assert_eq!(emulator.audit().len(), capacity);
        assert_eq!(emulator.take_audit().len(), 5);
    }
}

const APP_REDIRECT: &str = "https://app.example/";

#[test]
fn a_sign_out_names_client_and_user() {
    let emulator = emulator();
    let app = App::public("app").redirect(RedirectKind::Web, APP_REDIRECT);
    emulator.declare(Directory::builder().app(app)).unwrap();
    let query = |user| {
        [
            ("client_id", "app"),
            ("response_type", "code"),
            ("redirect_uri", APP_REDIRECT),
            ("scope", "openid"),
            ("login_hint", user),
        ]
    };
    let sign_in = |browser: &mut Browser<'_>, user| {
        let answer = browser.open("/common/oauth2/v2.0/authorize", &query(user));
        if answer.status == 302 {
            return answer;
        }
        browser.submit(&[("do", "password"), ("password", PASSWORD)])
    };
    let logout = "/common/oauth2/v2.0/logout";
    let back = ("post_logout_redirect_uri", APP_REDIRECT);
    let mut browser = Browser::new(&emulator);

    // Whoever is signed in is signed out; whose the address is, is the client.
    sign_in(&mut browser, ALICE);
    browser.open(logout, &[back]);
    assert_eq!(last(&emulator).endpoint, Endpoint::Logout(Version::V2));
    assert_eq!(named(&last(&emulator)), (Some("app"), Some(ALICE)));

    // An id_token names both.
    let code = redirected(&sign_in(&mut browser, ALICE), "code").unwrap();
    let form = [
        ("client_id", "app"),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", APP_REDIRECT),
    ];
    let id_token = token(&emulator, Protocol::V2, "common", &form).text("id_token");
    browser.open(logout, &[("id_token_hint", &id_token)]);
    assert_eq!(named(&last(&emulator)), (Some("app"), Some(ALICE)));
    // Also when nobody is signed in any more, and without the name of a client.
    browser.open(logout, &[("logout_hint", ALICE)]);
    assert_eq!(named(&last(&emulator)), (None, Some(ALICE)));
    browser.open(
        logout,
        &[("client_id", DESKTOP), ("id_token_hint", "x.y.z")],
    );
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), None));

    // Of several accounts, the one that the person picks; or all of them.
    for (pressed, expected) in [
        (("pick", BOB), BOB.to_owned()),
        (("do", "everybody"), format!("{BOB}, {ALICE}")),
    ] {
        for user in [ALICE, BOB] {
            sign_in(&mut browser, user);
        }
        browser.open(logout, &[back]);
        assert_eq!(named(&last(&emulator)), (Some("app"), None));
        browser.submit(&[pressed]);
        assert_eq!(named(&last(&emulator)), (Some("app"), Some(&*expected)));
    }
}

fn device_flow(emulator: &Emulator) -> (String, String) {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_id", DESKTOP), ("scope", SCOPE)])
        .finish();
    let request = http::Request::post(format!("{BASE}/common/oauth2/v2.0/devicecode"))
        .header("content-type", "application/x-www-form-urlencoded");
    let flow = send(emulator, request, form.into(), at(0));
    (flow.text("user_code"), flow.text("device_code"))
}

fn poll(emulator: &Emulator, device_code: &str) -> u16 {
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "device_code"),
        ("device_code", device_code),
    ];
    token(emulator, Protocol::V2, "common", &form).status
}

#[test]
fn every_step_of_a_device_names_client_and_user() {
    let emulator = emulator();
    let (user_code, device_code) = device_flow(&emulator);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), None));
    let mut browser = Browser::new(&emulator);
    browser.open("/devicelogin", &[]);
    assert_eq!(named(&last(&emulator)), (None, None));
    browser.open("/devicelogin", &[("user_code", &user_code)]);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), None));
    browser.submit(&[("do", "device"), ("user_code", &user_code.to_lowercase())]);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), None));
    browser.submit(&[("do", "name"), ("username", ALICE)]);
    browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));
    browser.submit(&[("do", "accept")]);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));
    assert_eq!(poll(&emulator, &device_code), 200);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));
    // The code is spent, and whose it was is known all the same.
    assert_eq!(poll(&emulator, &device_code), 400);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));
    browser.open("/devicelogin", &[("otc", &user_code)]);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), None));

    // Somebody who is refused afterwards is known, too.
    let (user_code, device_code) = device_flow(&emulator);
    assert!(emulator.approve_device(&user_code, ALICE, at(0)));
    emulator.set_enabled(ALICE, false);
    assert_eq!(poll(&emulator, &device_code), 400);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));
}

#[test]
fn who_calls_an_api_or_ad_fs_is_named() {
    let emulator = emulator();
    let access_token = sign_in(&emulator).text("access_token");
    for path in ["/v1.0/me", "/oidc/userinfo", "/common/openid/userinfo"] {
        let request = http::Request::get(format!("{BASE}{path}"))
            .header("authorization", format!("Bearer {access_token}"));
        assert_eq!(send(&emulator, request, "".into(), at(0)).status, 200);
        assert_eq!(
            named(&last(&emulator)),
            (Some(DESKTOP), Some(ALICE)),
            "{path}"
        );
    }
    // Also whose token is refused because it has expired.
    let request = http::Request::get(format!("{BASE}/v1.0/me"))
        .header("authorization", format!("Bearer {access_token}"));
    assert_eq!(send(&emulator, request, "".into(), at(9999)).status, 401);
    assert_eq!(named(&last(&emulator)), (Some(DESKTOP), Some(ALICE)));
    let tenant = Tenant::new("federated.example").federated();
    let fay = "fay@federated.example";
    let more = tenant.user(User::new(fay, PASSWORD));
    emulator.declare(Directory::builder().tenant(more)).unwrap();
    for password in [PASSWORD, "wrong"] {
        let body = format!("<x><Username>{fay}</Username><Password>{password}</Password></x>");
        let request = http::Request::post(format!("{BASE}/adfs/services/trust/13/usernamemixed"));
        send(&emulator, request, body.into(), at(0));
        assert_eq!(named(&last(&emulator)), (None, Some(fay)));
    }
    let machine = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x&client_id=";
    for client_id in [WORKER, ""] {
        let request =
            http::Request::get(format!("{BASE}{machine}{client_id}")).header("metadata", "true");
        assert_eq!(send(&emulator, request, "".into(), at(0)).status, 200);
        assert!(last(&emulator).client_id.is_some());
    }
}

#[test]
fn an_exchange_names_whose_assertion_it_is() {
    let emulator = emulator();
    let scope = format!("{WEB}/.default");
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "password"),
        ("username", ALICE),
        ("password", PASSWORD),
        ("scope", &scope),
    ];
    let assertion = token(&emulator, Protocol::V2, CONTOSO, &form).text("access_token");
    for (secret, status) in [(WEB_SECRET, 200), ("wrong", 401)] {
        let form = [
            ("client_id", WEB),
            ("client_secret", secret),
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("requested_token_use", "on_behalf_of"),
            ("assertion", &assertion),
            ("scope", SCOPE),
        ];
        assert_eq!(
            token(&emulator, Protocol::V2, CONTOSO, &form).status,
            status
        );
        assert_eq!(named(&last(&emulator)), (Some(WEB), Some(ALICE)));
    }
}
