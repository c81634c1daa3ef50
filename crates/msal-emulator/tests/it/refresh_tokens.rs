//! What happens to refresh tokens.

use std::time::Duration;

use msal_emulator::sample::{ALICE, BOB, CONTOSO, DESKTOP, PASSWORD, WEB, WEB_SECRET};
use msal_emulator::{Directory, Emulator, Rotation, Settings};

use crate::support::{
    ARM, Answer, GRAPH, Protocol, at, emulator, password_form, refresh_form, refresh_form_v1,
    sign_in, token, token_at,
};

fn with_rotation(rotation: Rotation) -> Emulator {
    Emulator::with_settings(Directory::sample(), Settings::default().rotation(rotation))
}

fn redeem(emulator: &Emulator, refresh_token: &str, seconds: u64) -> Answer {
    token_at(
        emulator,
        Protocol::V2,
        CONTOSO,
        &refresh_form(DESKTOP, refresh_token),
        at(seconds),
    )
}

#[test]
fn a_token_is_valid_at_both_endpoints_and_for_every_resource() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    let v1 = token(
        &emulator,
        Protocol::V1,
        "common",
        &refresh_form_v1(DESKTOP, &rt, ARM),
    );
    assert_eq!(v1.text("resource"), ARM);
    let v2 = token(
        &emulator,
        Protocol::V2,
        "organizations",
        &refresh_form(DESKTOP, &v1.refresh_token()),
    );
    assert_eq!(v2.claims("access_token")["aud"], GRAPH);
}

#[test]
fn by_default_the_old_token_stays_valid() {
    let emulator = emulator();
    let old = sign_in(&emulator).refresh_token();
    let new = redeem(&emulator, &old, 1).refresh_token();
    assert_ne!(old, new);
    assert_eq!(redeem(&emulator, &old, 2).status, 200);
    assert_eq!(redeem(&emulator, &new, 2).status, 200);
}

#[test]
fn tokens_look_like_those_of_entra() {
    let rt = sign_in(&emulator()).refresh_token();
    assert!(rt.starts_with("1.A"));
    assert!((1150..=1250).contains(&rt.len()), "{}", rt.len());
    assert!(
        rt.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    );
    let short = Emulator::with_settings(
        Directory::sample(),
        Settings::default().refresh_token_chars(400),
    );
    assert!((390..=410).contains(&sign_in(&short).refresh_token().len()));
}

#[test]
fn with_grace_the_old_token_ends_later() {
    let emulator = with_rotation(Rotation::Grace(Duration::from_secs(30)));
    let old = sign_in(&emulator).refresh_token();
    let new = redeem(&emulator, &old, 0).refresh_token();
    assert_eq!(redeem(&emulator, &old, 30).status, 200);
    assert_eq!(redeem(&emulator, &old, 31).code(), 70000);
    assert_eq!(redeem(&emulator, &new, 31).status, 200);
}

#[test]
fn a_single_use_token_is_good_once() {
    let emulator = with_rotation(Rotation::SingleUse);
    let old = sign_in(&emulator).refresh_token();
    let new = redeem(&emulator, &old, 0).refresh_token();
    assert_eq!(redeem(&emulator, &old, 0).code(), 70000);
    assert_eq!(redeem(&emulator, &new, 0).status, 200);
}

#[test]
fn reuse_ends_the_whole_sign_in_and_no_other() {
    let emulator = with_rotation(Rotation::SingleUseWithReuseDetection);
    let old = sign_in(&emulator).refresh_token();
    let other = sign_in(&emulator).refresh_token();
    let new = redeem(&emulator, &old, 0).refresh_token();
    assert_eq!(redeem(&emulator, &old, 1).code(), 70000);
    assert_eq!(redeem(&emulator, &new, 2).code(), 50173);
    assert_eq!(redeem(&emulator, &other, 2).status, 200);
}

#[test]
fn a_refused_request_does_not_spend_the_token() {
    let emulator = with_rotation(Rotation::SingleUse);
    let rt = sign_in(&emulator).refresh_token();
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "refresh_token"),
        ("refresh_token", &rt),
        ("scope", "nonsense"),
    ];
    assert_eq!(token(&emulator, Protocol::V2, CONTOSO, &form).code(), 70011);
    assert_eq!(redeem(&emulator, &rt, 0).status, 200);
}

#[test]
fn one_token_can_be_revoked() {
    let emulator = emulator();
    let (one, other) = (
        sign_in(&emulator).refresh_token(),
        sign_in(&emulator).refresh_token(),
    );
    assert!(emulator.revoke_refresh_token(&one));
    assert!(!emulator.revoke_refresh_token("1.Anything"));
    assert_eq!(redeem(&emulator, &one, 0).code(), 50173);
    assert_eq!(redeem(&emulator, &other, 0).status, 200);
}

#[test]
fn a_new_password_ends_what_public_clients_hold() {
    let emulator = emulator();
    let public = sign_in(&emulator).refresh_token();
    let confidential = emulator.issue_refresh_token(ALICE, WEB, at(0)).unwrap();
    let bob = emulator.issue_refresh_token(BOB, DESKTOP, at(0)).unwrap();
    let at_web = |rt: &str| {
        let form = [&refresh_form(WEB, rt)[..], &[("client_secret", WEB_SECRET)]].concat();
        token(&emulator, Protocol::V2, CONTOSO, &form)
    };
    emulator.change_password(ALICE, "new-Passw0rd", at(0));
    assert_eq!(redeem(&emulator, &public, 0).code(), 50173);
    assert_eq!(redeem(&emulator, &bob, 0).status, 200);
    assert_eq!(at_web(&confidential).status, 200);

    assert_eq!(
        token(
            &emulator,
            Protocol::V2,
            CONTOSO,
            &password_form(DESKTOP, ALICE)
        )
        .code(),
        50126
    );
    let mut form = password_form(DESKTOP, ALICE);
    assert_eq!(form[4], ("password", PASSWORD));
    form[4] = ("password", "new-Passw0rd");
    let fresh = token(&emulator, Protocol::V2, CONTOSO, &form).refresh_token();
    // Issued in the same second as the change, and after it.
    assert_eq!(redeem(&emulator, &fresh, 0).status, 200);

    emulator.revoke_sessions(ALICE, at(0));
    assert_eq!(at_web(&confidential).code(), 50173);
    assert_eq!(redeem(&emulator, &fresh, 0).code(), 50173);
}

#[test]
fn a_closed_account_gets_nothing_until_it_is_opened() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    emulator.set_enabled(ALICE, false);
    assert_eq!(redeem(&emulator, &rt, 0).code(), 50057);
    emulator.set_enabled(ALICE, true);
    assert_eq!(redeem(&emulator, &rt, 0).status, 200);
}

#[test]
fn every_redemption_is_counted() {
    let emulator = emulator();
    let one = sign_in(&emulator).refresh_token();
    let other = emulator.issue_refresh_token(BOB, DESKTOP, at(0)).unwrap();
    redeem(&emulator, &one, 0);
    redeem(&emulator, &one, 1);
    redeem(&emulator, &other, 1);
    token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &refresh_form("nobody", &one),
    );
    token(
        &emulator,
        Protocol::V2,
        "nowhere.example",
        &refresh_form(DESKTOP, &one),
    );
    redeem(&emulator, "garbage", 1);

    let redemptions = emulator.redemptions();
    assert_eq!(
        (
            redemptions.seen(),
            redemptions.succeeded(),
            redemptions.unreadable()
        ),
        (6, 3, 1)
    );
    let (one, other) = (
        emulator.refresh_token_id(&one).unwrap(),
        emulator.refresh_token_id(&other).unwrap(),
    );
    assert_eq!((redemptions.of(one), redemptions.of(other)), (2, 1));
    let rows: Vec<_> = redemptions
        .rows()
        .iter()
        .filter(|row| row.token == one)
        .collect();
    let counts: Vec<_> = rows
        .iter()
        .map(|row| (row.client_id.as_deref(), row.seen, row.succeeded))
        .collect();
    assert_eq!(counts, [(None, 1, 0), (Some(DESKTOP), 3, 2)]);
}

#[test]
fn users_made_by_pattern_are_users() {
    let emulator = emulator();
    let answer = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &password_form(DESKTOP, "User999999@contoso.example"),
    );
    let claims = answer.claims("id_token");
    assert_eq!(claims["preferred_username"], "user999999@contoso.example");
    let again = redeem(&emulator, &answer.refresh_token(), 0).claims("id_token");
    assert_eq!(claims["oid"], again["oid"]);
    let other = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &password_form(DESKTOP, "user999998@contoso.example"),
    );
    assert_ne!(claims["oid"], other.claims("id_token")["oid"]);
}

#[test]
fn tokens_outlive_the_emulator_that_issued_them() {
    let rt = sign_in(&emulator()).refresh_token();
    assert_eq!(redeem(&emulator(), &rt, 0).status, 200);
    let other = Emulator::with_settings(Directory::sample(), Settings::default().seed(1));
    assert_eq!(redeem(&other, &rt, 0).code(), 9_002_313);
}
