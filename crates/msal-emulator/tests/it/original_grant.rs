//! Refreshing without a scope: what the sign-in was granted is meant (RFC 6749 §6).

use msal_emulator::Emulator;
use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP, FAMILY_FILES, FAMILY_MAIL, ORDERS, PASSWORD};

use crate::browser::redirected;
use crate::support::{ARM, Answer, GRAPH, Protocol, SCOPE, at, emulator, get, token};

const MANAGEMENT: &str = "https://management.azure.com";

fn signed_in(emulator: &Emulator, protocol: Protocol, client: &str, asked: (&str, &str)) -> Answer {
    let form = [
        ("client_id", client),
        ("grant_type", "password"),
        ("username", ALICE),
        ("password", PASSWORD),
        asked,
    ];
    let answer = token(emulator, protocol, CONTOSO, &form);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn refreshed(
    emulator: &Emulator,
    protocol: Protocol,
    client: &str,
    refresh_token: &str,
    more: &[(&str, &str)],
) -> Answer {
    let form = [
        &[
            ("client_id", client),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ],
        more,
    ]
    .concat();
    let answer = token(emulator, protocol, "common", &form);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn has_both(answer: &Answer) -> (bool, bool) {
    let json = answer.json();
    (
        json.get("id_token").is_some(),
        json.get("refresh_token").is_some(),
    )
}

#[test]
fn a_refresh_without_scope_means_the_original_grant() {
    let emulator = emulator();
    for scope in [
        format!("openid profile offline_access {ORDERS}/Orders.Read"),
        format!("{ORDERS}/.default offline_access"),
        format!("openid offline_access {MANAGEMENT}/user_impersonation"),
        "offline_access  User.Read openid  email".to_owned(),
        "offline_access user.read USER.READ User.Read".to_owned(),
        format!("{ARM}/.default offline_access"),
        SCOPE.to_owned(),
    ] {
        let first = signed_in(&emulator, Protocol::V2, DESKTOP, ("scope", &scope));
        let mut refresh_token = first.refresh_token();
        // Again and again, and an empty scope is a missing one (RFC 6749 §3.2).
        for more in [&[][..], &[("scope", "")], &[]] {
            let answer = refreshed(&emulator, Protocol::V2, DESKTOP, &refresh_token, more);
            assert_eq!(answer.text("scope"), first.text("scope"), "{scope}");
            assert_eq!(has_both(&answer), has_both(&first), "{scope}");
            assert_eq!(
                answer.claims("access_token")["aud"],
                first.claims("access_token")["aud"]
            );
            refresh_token = answer.refresh_token();
        }
    }
}

#[test]
fn a_scope_that_is_sent_does_not_change_the_original_grant() {
    let emulator = emulator();
    let scope = format!("openid offline_access {ORDERS}/Orders.Read");
    let first = signed_in(&emulator, Protocol::V2, DESKTOP, ("scope", &scope));
    let other = [("scope", "offline_access User.Read")];
    let graph = refreshed(
        &emulator,
        Protocol::V2,
        DESKTOP,
        &first.refresh_token(),
        &other,
    );
    // RFC 6749 §6: the scope of a new refresh token is that of the one before it.
    let again = refreshed(
        &emulator,
        Protocol::V2,
        DESKTOP,
        &graph.refresh_token(),
        &[],
    );
    assert_eq!(again.text("scope"), first.text("scope"));
    assert_eq!(has_both(&again), (true, true));
}

#[test]
fn a_refresh_at_v1_without_resource_means_the_original_resource() {
    let emulator = emulator();
    for resource in [GRAPH, ARM, MANAGEMENT, ORDERS] {
        let first = signed_in(&emulator, Protocol::V1, DESKTOP, ("resource", resource));
        let answer = refreshed(
            &emulator,
            Protocol::V1,
            DESKTOP,
            &first.refresh_token(),
            &[],
        );
        assert_eq!(answer.text("resource"), resource);
        assert_eq!(has_both(&answer), (true, true));
    }
}

#[test]
fn the_original_grant_is_known_at_the_other_version() {
    let emulator = emulator();
    let first = signed_in(&emulator, Protocol::V1, DESKTOP, ("resource", ARM));
    let answer = refreshed(
        &emulator,
        Protocol::V2,
        DESKTOP,
        &first.refresh_token(),
        &[],
    );
    assert_eq!(answer.claims("access_token")["aud"], ARM);
    assert_eq!(
        answer.text("scope"),
        format!("{ARM}/user_impersonation {ARM}/.default")
    );
    assert_eq!(has_both(&answer), (true, true));
    let scope = format!("{MANAGEMENT}/.default offline_access");
    let first = signed_in(&emulator, Protocol::V2, DESKTOP, ("scope", &scope));
    let answer = refreshed(
        &emulator,
        Protocol::V1,
        DESKTOP,
        &first.refresh_token(),
        &[],
    );
    assert_eq!(answer.text("resource"), MANAGEMENT);
    assert_eq!(answer.text("scope"), "user_impersonation");
    assert_eq!(has_both(&answer), (true, true));
}

#[test]
fn codes_and_families_keep_the_original_grant() {
    let emulator = emulator();
    let scope = format!("openid offline_access {ORDERS}/Orders.Read");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", DESKTOP),
            ("response_type", "code"),
            ("redirect_uri", "http://localhost:1"),
            ("scope", &scope),
            ("login_hint", ALICE),
        ])
        .finish();
    let code = get(
        &emulator,
        &format!("/{CONTOSO}/oauth2/v2.0/authorize?{query}"),
    );
    let code = redirected(&code, "code").unwrap();
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", "http://localhost:1"),
    ];
    let first = token(&emulator, Protocol::V2, CONTOSO, &form);
    let answer = refreshed(
        &emulator,
        Protocol::V2,
        DESKTOP,
        &first.refresh_token(),
        &[],
    );
    assert_eq!(answer.text("scope"), first.text("scope"));
    assert_eq!(has_both(&answer), (true, true));

    let first = signed_in(&emulator, Protocol::V2, FAMILY_MAIL, ("scope", &scope));
    let answer = refreshed(
        &emulator,
        Protocol::V2,
        FAMILY_FILES,
        &first.refresh_token(),
        &[],
    );
    assert_eq!(answer.text("scope"), first.text("scope"));
}

#[test]
fn a_token_that_was_issued_without_a_sign_in_stands_for_a_plain_one() {
    let emulator = emulator();
    let issued = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    let answer = refreshed(&emulator, Protocol::V2, DESKTOP, &issued, &[]);
    assert_eq!(has_both(&answer), (true, true));
}

#[test]
fn a_scope_of_many_repetitions_leaves_a_token_that_can_be_read() {
    let emulator = emulator();
    let scope = format!("offline_access {}", "User.Read ".repeat(20_000));
    let first = signed_in(&emulator, Protocol::V2, DESKTOP, ("scope", &scope));
    let answer = refreshed(
        &emulator,
        Protocol::V2,
        DESKTOP,
        &first.refresh_token(),
        &[],
    );
    assert_eq!(answer.text("scope"), first.text("scope"));
}
