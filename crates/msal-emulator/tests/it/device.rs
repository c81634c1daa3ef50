//! Devices without a browser: codes, polls, and the person who approves them.

use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP, MIA, PASSWORD};
use msal_emulator::{Directory, Emulator, Settings};
use std::time::Duration;

use crate::browser::Browser;
use crate::support::{ARM, Answer, BASE, GRAPH, Protocol, SCOPE, at, emulator, send, token_at};

fn begin(emulator: &Emulator, path: &str, asked: (&str, &str)) -> Answer {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_id", DESKTOP), asked])
        .finish();
    let request = http::Request::post(format!("{BASE}/{CONTOSO}/{path}"))
        .header("content-type", "application/x-www-form-urlencoded");
    send(emulator, request, form.into(), at(0))
}

fn poll(emulator: &Emulator, device_code: &str, seconds: u64) -> Answer {
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("code", device_code),
        ("device_code", device_code),
    ];
    token_at(emulator, Protocol::V2, CONTOSO, &form, at(seconds))
}

fn enter(browser: &mut Browser<'_>, code: &str, user: &str) {
    browser.open("/devicelogin", &[]);
    browser.submit(&[("do", "device"), ("user_code", code)]);
    browser.submit(&[("do", "name"), ("username", user)]);
    browser.submit(&[("do", "password"), ("password", PASSWORD)]);
}

#[test]
fn a_person_lets_a_device_in() {
    let emulator = emulator();
    let flow = begin(&emulator, "oauth2/v2.0/devicecode", ("scope", SCOPE));
    let (user_code, device_code) = (flow.text("user_code"), flow.text("device_code"));
    assert_eq!(flow.text("verification_uri"), format!("{BASE}/devicelogin"));
    assert!(flow.text("message").contains(&user_code));
    assert_eq!(
        (&flow.json()["expires_in"], &flow.json()["interval"]),
        (&900.into(), &5.into())
    );
    assert_eq!(
        poll(&emulator, &device_code, 0).text("error"),
        "authorization_pending"
    );
    let mut browser = Browser::new(&emulator);
    browser.open("/devicelogin", &[]);
    browser.submit(&[("do", "device"), ("user_code", "WRONG")]);
    assert!(browser.shows("That code did not work."));
    enter(&mut browser, &user_code.to_lowercase(), ALICE);
    assert!(browser.shows("Are you trying to sign in?") && browser.shows("Sample desktop"));
    browser.submit(&[("do", "accept")]);
    assert!(browser.shows("You are signed in"));
    let tokens = poll(&emulator, &device_code, 5);
    assert_eq!(tokens.claims("id_token")["preferred_username"], ALICE);
    assert!(!tokens.refresh_token().is_empty());
    assert_eq!(poll(&emulator, &device_code, 10).code(), 54005);
}

#[test]
fn v1_has_its_own_names_and_numbers() {
    let emulator = emulator();
    let flow = begin(
        &emulator,
        "oauth2/devicecode?api-version=1.0",
        ("resource", GRAPH),
    );
    assert_eq!(flow.text("verification_url"), format!("{BASE}/devicelogin"));
    assert_eq!(
        (flow.text("expires_in"), flow.text("interval")),
        ("900".into(), "5".into())
    );
    let mut browser = Browser::new(&emulator);
    enter(&mut browser, &flow.text("user_code"), ALICE);
    browser.submit(&[("do", "accept")]);
    let form = [
        ("grant_type", "device_code"),
        ("client_id", DESKTOP),
        ("resource", GRAPH),
        ("code", &flow.text("device_code")),
    ];
    let tokens = token_at(&emulator, Protocol::V1, "common", &form, at(5));
    assert_eq!(tokens.text("resource"), GRAPH);
}

#[test]
fn a_device_hears_why_it_gets_nothing() {
    let emulator = emulator();
    let flow = begin(&emulator, "oauth2/v2.0/devicecode", ("scope", SCOPE));
    let device_code = flow.text("device_code");
    assert_eq!(poll(&emulator, &device_code, 0).code(), 70016);
    assert_eq!(poll(&emulator, &device_code, 1).text("error"), "slow_down");
    assert_eq!(
        poll(&emulator, &device_code, 6).text("error"),
        "authorization_pending"
    );
    assert_eq!(
        poll(&emulator, &device_code, 901).text("error"),
        "expired_token"
    );
    assert_eq!(
        poll(&emulator, "garbage", 0).text("error"),
        "bad_verification_code"
    );
    let flow = begin(&emulator, "oauth2/v2.0/devicecode", ("scope", SCOPE));
    let mut browser = Browser::new(&emulator);
    enter(&mut browser, &flow.text("user_code"), ALICE);
    browser.submit(&[("do", "cancel")]);
    assert!(browser.shows("Nothing was allowed"));
    let declined = poll(&emulator, &flow.text("device_code"), 0);
    assert_eq!(declined.text("error"), "authorization_declined");
}

#[test]
fn a_device_code_is_bound_to_its_client() {
    let emulator = emulator();
    let flow = begin(&emulator, "oauth2/v2.0/devicecode", ("scope", SCOPE));
    let form = [
        ("client_id", msal_emulator::sample::FAMILY_MAIL),
        ("grant_type", "device_code"),
        ("device_code", &flow.text("device_code")),
    ];
    assert_eq!(
        token_at(&emulator, Protocol::V2, CONTOSO, &form, at(0)).code(),
        70018
    );
}

#[test]
fn rules_hold_for_devices_too() {
    let emulator = emulator();
    let scope = format!("{ARM}/.default");
    let flow = begin(&emulator, "oauth2/v2.0/devicecode", ("scope", &scope));
    let mut browser = Browser::new(&emulator);
    enter(&mut browser, &flow.text("user_code"), MIA);
    assert!(browser.shows("Enter code"));
    browser.submit(&[("do", "code"), ("code", "123456")]);
    browser.submit(&[("do", "accept")]);
    assert_eq!(poll(&emulator, &flow.text("device_code"), 0).status, 200);
}

#[test]
fn who_cannot_show_the_second_factor_lets_no_device_in() {
    let emulator = emulator();
    let scope = format!("{ARM}/.default");
    let flow = begin(&emulator, "oauth2/v2.0/devicecode", ("scope", &scope));
    let mut browser = Browser::new(&emulator);
    enter(&mut browser, &flow.text("user_code"), MIA);
    browser.submit(&[("do", "give-up")]);
    assert!(browser.shows("Nothing was allowed"));
    let declined = poll(&emulator, &flow.text("device_code"), 0);
    assert_eq!(declined.text("error"), "authorization_declined");
}

#[test]
fn life_and_interval_are_settings() {
    let settings = Settings::default()
        .device_code_life(Duration::from_secs(60))
        .device_code_interval(Duration::from_secs(1));
    let emulator = Emulator::with_settings(Directory::sample(), settings);
    let flow = begin(&emulator, "oauth2/v2.0/devicecode", ("scope", SCOPE));
    assert_eq!(
        (&flow.json()["expires_in"], &flow.json()["interval"]),
        (&60.into(), &1.into())
    );
    assert_eq!(poll(&emulator, &flow.text("device_code"), 61).code(), 70020);
}
