//! The audit log: who is named in it, and who reads it.

use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP, PASSWORD, WEB, WEB_REDIRECT, WEB_SECRET};
use msal_emulator::{AuditRecord, Directory, Emulator, Endpoint, Settings};

use crate::browser::{Browser, redirected};
use crate::support::{Protocol, SCOPE, emulator, get, password_form, sign_in, token};

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
