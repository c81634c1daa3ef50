//! Signing out: whom, who is told, and where the browser goes.

use msal_emulator::sample::{ALICE, BOB, CONTOSO, PASSWORD};
use msal_emulator::{App, Directory, Emulator, RedirectKind};

use crate::browser::{Browser, redirected};
use crate::support::{Answer, Protocol, emulator, token};

const APP: &str = "00c0ffee-0000-4000-8000-0000000000f1";
const OTHER: &str = "00c0ffee-0000-4000-8000-0000000000f2";
const QUIET: &str = "00c0ffee-0000-4000-8000-0000000000f3";
const REDIRECT: &str = "https://app.example/callback";
const AUTHORIZE: &str = "/contoso.example/oauth2/v2.0/authorize";
const LOGOUT: &str = "/contoso.example/oauth2/v2.0/logout";

/// Two applications that want to hear of the end of a session, and one that does not.
fn world() -> Emulator {
    let emulator = emulator();
    let app = |client_id| App::public(client_id).redirect(RedirectKind::Web, REDIRECT);
    let more = Directory::builder()
        .app(app(APP).front_channel_logout("https://app.example/bye?x=1&y"))
        .app(app(OTHER).front_channel_logout("https://other.example/bye"))
        .app(app(QUIET));
    emulator.declare(more).unwrap();
    emulator
}

fn open(browser: &mut Browser<'_>, client_id: &str, user: &str) -> Answer {
    let query = [
        ("client_id", client_id),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid profile"),
        ("login_hint", user),
    ];
    browser.open(AUTHORIZE, &query)
}

fn sign_in(browser: &mut Browser<'_>, client_id: &str, user: &str) -> Answer {
    open(browser, client_id, user);
    browser.submit(&[("do", "password"), ("password", PASSWORD)])
}

fn id_token(emulator: &Emulator, client_id: &str, answer: &Answer) -> Answer {
    let form = [
        ("client_id", client_id),
        ("grant_type", "authorization_code"),
        ("code", &redirected(answer, "code").unwrap()),
        ("redirect_uri", REDIRECT),
    ];
    token(emulator, Protocol::V2, CONTOSO, &form)
}

#[test]
fn applications_of_the_session_are_told_in_frames() {
    let emulator = world();
    let mut browser = Browser::new(&emulator);
    let first = sign_in(&mut browser, APP, ALICE);
    let sid = redirected(&first, "session_state").unwrap();
    assert_eq!(
        id_token(&emulator, APP, &first).claims("id_token")["sid"],
        sid
    );
    // The second application finds the person signed in, and joins the session.
    let second = open(&mut browser, OTHER, ALICE);
    assert_eq!(redirected(&second, "session_state").unwrap(), sid);
    let third = open(&mut browser, QUIET, ALICE);
    let quiet = id_token(&emulator, QUIET, &third);
    assert!(quiet.claims("id_token").get("sid").is_none());
    let done = browser.open(LOGOUT, &[("post_logout_redirect_uri", REDIRECT)]);
    assert_eq!(done.status, 200);
    for address in [
        format!("src=\"https://app.example/bye?x=1&amp;y&amp;sid={sid}\""),
        format!("src=\"https://other.example/bye?sid={sid}\""),
        format!("content=\"2;url={REDIRECT}\""),
        format!("<a href=\"{REDIRECT}\">"),
    ] {
        assert!(browser.shows(&address), "{address}");
    }
    let policy = done.header("content-security-policy");
    assert!(
        policy.contains("frame-src https://app.example https://other.example;"),
        "{policy}"
    );
    assert_eq!(open(&mut browser, APP, ALICE).status, 200);
}

#[test]
fn a_session_goes_on_when_its_person_signs_in_again() {
    let emulator = world();
    let mut browser = Browser::new(&emulator);
    let sid = |answer: &Answer| redirected(answer, "session_state").unwrap();
    let before = sid(&sign_in(&mut browser, APP, ALICE));
    let query = [
        ("client_id", QUIET),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid"),
        ("prompt", "login"),
        ("login_hint", ALICE),
    ];
    browser.open(AUTHORIZE, &query);
    let after = sid(&browser.submit(&[("do", "password"), ("password", PASSWORD)]));
    assert_eq!(before, after);
    let of_bob = sid(&sign_in(&mut browser, QUIET, BOB));
    assert_ne!(before, of_bob);
    browser.open(LOGOUT, &[("logout_hint", ALICE)]);
    assert!(browser.shows(&format!("sid={before}")));
}

#[test]
fn an_id_token_says_who_signs_out() {
    let emulator = world();
    let mut browser = Browser::new(&emulator);
    let alice = sign_in(&mut browser, QUIET, ALICE);
    sign_in(&mut browser, QUIET, BOB);
    let hint = id_token(&emulator, QUIET, &alice).text("id_token");
    // The person is not asked which of the two, even long after the token has expired.
    browser.seconds = 100_000;
    let query = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", REDIRECT),
        ("state", "s"),
    ];
    let done = browser.open(LOGOUT, &query);
    assert_eq!(done.header("location"), format!("{REDIRECT}?state=s"));
    assert_eq!(open(&mut browser, QUIET, ALICE).status, 200);
    assert!(redirected(&open(&mut browser, QUIET, BOB), "code").is_some());
    let (signed, _) = hint.rsplit_once('.').unwrap();
    sign_in(&mut browser, QUIET, ALICE);
    browser.open(LOGOUT, &[("id_token_hint", &format!("{signed}.AAAA"))]);
    assert!(browser.shows("Which account do you want to sign out of?"));
}
