//! Refreshing without a scope: what the sign-in was granted is meant (RFC 6749 §6).

use msal_emulator::Emulator;
use msal_emulator::sample::{
    ALICE, CONTOSO, DESKTOP, FAMILY_FILES, FAMILY_MAIL, ORDERS, PASSWORD, WEB, WEB_SECRET,
};

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

fn code(emulator: &Emulator, path: &str, asked: (&str, &str)) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", DESKTOP),
            ("response_type", "code"),
            ("redirect_uri", "http://localhost:1"),
            asked,
            ("login_hint", ALICE),
        ])
        .finish();
    let answer = get(emulator, &format!("/{CONTOSO}/{path}/authorize?{query}"));
    redirected(&answer, "code").unwrap()
}

fn redeemed(emulator: &Emulator, protocol: Protocol, code: &str) -> Answer {
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "http://localhost:1"),
    ];
    let answer = token(emulator, protocol, CONTOSO, &form);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

#[test]
fn a_code_that_is_redeemed_at_the_other_version_without_a_scope_means_what_it_was_asked_for() {
    let emulator = emulator();
    for resource in [GRAPH, ARM, MANAGEMENT, ORDERS] {
        let code = code(&emulator, "oauth2", ("resource", resource));
        let answer = redeemed(&emulator, Protocol::V2, &code);
        let scope = answer.text("scope");
        assert!(scope.contains(&format!("{resource}/.default")), "{scope}");
        assert_eq!(has_both(&answer), (true, true));
        // What is refreshed later means it too.
        let again = refreshed(
            &emulator,
            Protocol::V2,
            DESKTOP,
            &answer.refresh_token(),
            &[],
        );
        assert_eq!(again.text("scope"), scope);
    }
    for (scope, resource) in [
        (
            format!("openid {MANAGEMENT}/user_impersonation"),
            MANAGEMENT,
        ),
        (format!("{ARM}/.default offline_access"), ARM),
        ("openid User.Read".to_owned(), GRAPH),
    ] {
        let code = code(&emulator, "oauth2/v2.0", ("scope", &scope));
        let answer = redeemed(&emulator, Protocol::V1, &code);
        assert_eq!(answer.text("resource"), resource);
        assert_eq!(has_both(&answer), (true, true));
    }
}

fn device(emulator: &Emulator, path: &str, asked: (&str, &str)) -> String {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_id", DESKTOP), asked])
        .finish();
    let request = http::Request::post(format!("{}/{CONTOSO}/{path}", crate::support::BASE))
        .header("content-type", "application/x-www-form-urlencoded");
    let flow = crate::support::send(emulator, request, form.into(), at(0));
    assert!(emulator.approve_device(&flow.text("user_code"), ALICE, at(0)));
    flow.text("device_code")
}

#[test]
fn a_device_that_polls_at_the_other_version_gets_what_it_has_asked_for() {
    let emulator = emulator();
    let poll = |protocol, code: &str| {
        let form = [
            ("client_id", DESKTOP),
            ("grant_type", "device_code"),
            ("device_code", code),
        ];
        let answer = token(&emulator, protocol, CONTOSO, &form);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    };
    let old = device(&emulator, "oauth2/devicecode", ("resource", ARM));
    let answer = poll(Protocol::V2, &old);
    assert_eq!(
        answer.text("scope"),
        format!("{ARM}/user_impersonation {ARM}/.default")
    );
    assert_eq!(has_both(&answer), (true, true));
    let scope = format!("{MANAGEMENT}/.default offline_access");
    let new = device(&emulator, "oauth2/v2.0/devicecode", ("scope", &scope));
    let answer = poll(Protocol::V1, &new);
    assert_eq!(
        (answer.text("resource"), answer.text("scope")),
        (MANAGEMENT.to_owned(), "user_impersonation".to_owned())
    );
    assert_eq!(has_both(&answer), (true, true));
}

#[test]
fn a_grant_that_goes_on_with_nothing_needs_a_scope_at_v2() {
    let emulator = emulator();
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "password"),
        ("username", ALICE),
        ("password", PASSWORD),
        ("scope", &format!("{WEB}/.default")),
    ];
    let assertion = token(&emulator, Protocol::V2, CONTOSO, &form).text("access_token");
    let on_behalf = |protocol, scope: &[(&str, &str)]| {
        let form = [
            &[
                ("client_id", WEB),
                ("client_secret", WEB_SECRET),
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("requested_token_use", "on_behalf_of"),
                ("assertion", &*assertion),
            ],
            scope,
        ]
        .concat();
        token(&emulator, protocol, CONTOSO, &form)
    };
    for scope in [&[][..], &[("scope", "")]] {
        let answer = on_behalf(Protocol::V2, scope);
        assert_eq!((answer.status, answer.code()), (400, 900_144));
        assert!(answer.text("error_description").contains("'scope'"));
    }
    // v1 has a default, which is Azure AD Graph.
    assert_eq!(on_behalf(Protocol::V1, &[]).status, 200);
    assert_eq!(on_behalf(Protocol::V2, &[("scope", SCOPE)]).status, 200);
}
