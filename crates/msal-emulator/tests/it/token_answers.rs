//! What a token answer holds, at v1 and at v2.0.

use msal_emulator::sample::{
    ALICE, CAROL, CONTOSO, CONTOSO_ID, DESKTOP, FABRIKAM_ID, FAMILY_FILES, FAMILY_MAIL, ORDERS,
    PASSWORD, WEB, WEB_SECRET,
};
use msal_emulator::{Directory, Emulator, Settings, Signatures};
use serde_json::{Value, json};
use std::time::Duration;

use crate::support::{
    ARM, Answer, CORRELATION_ID, Form, GRAPH, Protocol, START, emulator, get, password_form,
    refresh_form, refresh_form_v1, sign_in, token,
};

const V1_PASSWORD: Form<'static> = &[
    ("grant_type", "password"),
    ("scope", "openid"),
    ("client_id", DESKTOP),
    ("resource", ARM),
    ("password", PASSWORD),
    ("username", ALICE),
];

fn members(answer: &Answer) -> Vec<String> {
    let mut names: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    names
}

#[test]
fn v1_writes_numbers_as_strings_and_names_the_resource() {
    let answer = token(&emulator(), Protocol::V1, CONTOSO, V1_PASSWORD);
    let json = answer.json();
    for (member, value) in [
        ("token_type", "Bearer"),
        ("scope", "user_impersonation"),
        ("expires_in", "3599"),
        ("ext_expires_in", "3599"),
        ("expires_on", &(START + 3599).to_string()),
        ("not_before", &(START - 300).to_string()),
        ("resource", ARM),
    ] {
        assert_eq!(json[member], value, "{member}");
    }
    assert_eq!(
        members(&answer),
        [
            "access_token",
            "expires_in",
            "expires_on",
            "ext_expires_in",
            "id_token",
            "not_before",
            "refresh_token",
            "resource",
            "scope",
            "token_type"
        ]
    );
}

#[test]
fn v2_writes_numbers_and_whole_scopes() {
    let answer = sign_in(&emulator());
    let json = answer.json();
    assert_eq!(
        (&json["expires_in"], &json["ext_expires_in"]),
        (&json!(3599), &json!(3599))
    );
    let scopes: Vec<_> = json["scope"].as_str().unwrap().split(' ').collect();
    assert!(
        scopes.contains(&"https://graph.microsoft.com/User.Read"),
        "{scopes:?}"
    );
    assert!(
        scopes.contains(&"https://graph.microsoft.com/.default"),
        "{scopes:?}"
    );
    assert!(!scopes.contains(&"offline_access"), "{scopes:?}");
    assert_eq!(
        members(&answer),
        [
            "access_token",
            "client_info",
            "expires_in",
            "ext_expires_in",
            "id_token",
            "refresh_token",
            "scope",
            "token_type"
        ]
    );
}

#[test]
fn v2_gives_what_was_asked_for_and_no_more() {
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "password"),
        ("username", ALICE),
        ("password", PASSWORD),
        ("scope", "https://graph.microsoft.com/User.Read"),
    ];
    let answer = token(&emulator(), Protocol::V2, CONTOSO, &form);
    assert_eq!(
        members(&answer),
        [
            "access_token",
            "expires_in",
            "ext_expires_in",
            "scope",
            "token_type"
        ]
    );
}

#[test]
fn id_tokens_follow_the_endpoint() {
    let emulator = emulator();
    let v1 = token(&emulator, Protocol::V1, CONTOSO, V1_PASSWORD).claims("id_token");
    let v2 = sign_in(&emulator).claims("id_token");
    assert_eq!((&v1["ver"], &v2["ver"]), (&json!("1.0"), &json!("2.0")));
    assert_eq!(
        (&v1["upn"], &v1["unique_name"], &v2["preferred_username"]),
        (&json!(ALICE), &json!(ALICE), &json!(ALICE))
    );
    assert_eq!(
        (&v1["given_name"], &v1["family_name"]),
        (&json!("Alice"), &json!("Archer"))
    );
    assert_eq!(
        v2["iss"],
        format!("https://localhost:8443/{CONTOSO_ID}/v2.0")
    );
    for claim in ["aud", "tid", "oid", "sub"] {
        assert_eq!(v1[claim], v2[claim], "{claim}");
    }
    assert_eq!(
        (&v2["aud"], &v2["tid"]),
        (&json!(DESKTOP), &json!(CONTOSO_ID))
    );
    assert_eq!(v2["exp"], START + 3600);
}

#[test]
fn access_tokens_follow_the_resource() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    let arm = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &with_scope(&rt, "https://management.core.windows.net//.default"),
    );
    assert_eq!(
        (
            &arm.claims("access_token")["aud"],
            &arm.claims("access_token")["ver"]
        ),
        (&json!(ARM), &json!("1.0"))
    );
    let orders = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &with_scope(&rt, &format!("{ORDERS}/Orders.Read")),
    );
    let claims = orders.claims("access_token");
    assert_eq!(
        (&claims["ver"], &claims["azp"], &claims["appid"]),
        (&json!("2.0"), &json!(DESKTOP), &Value::Null)
    );
    assert_eq!(claims["scp"], "Orders.Read Orders.Write");
    assert_eq!(claims["exp"], START + 3599);
}

fn with_scope<'a>(refresh_token: &'a str, scope: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("client_id", DESKTOP),
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
        ("scope", scope),
    ]
}

#[test]
fn client_info_names_the_home_account_and_only_on_request() {
    let emulator = emulator();
    let carol = emulator
        .issue_refresh_token(CAROL, DESKTOP, crate::support::at(0))
        .unwrap();
    let home = token(
        &emulator,
        Protocol::V2,
        "common",
        &refresh_form(DESKTOP, &carol),
    );
    let guest = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &refresh_form(DESKTOP, &carol),
    );
    assert_eq!(home.text("client_info"), guest.text("client_info"));
    let (at_home, abroad) = (home.claims("id_token"), guest.claims("id_token"));
    assert_eq!(
        (&at_home["tid"], &abroad["tid"]),
        (&json!(FABRIKAM_ID), &json!(CONTOSO_ID))
    );
    assert_ne!(at_home["oid"], abroad["oid"]);
    let info = crate::support::claims(&format!("x.{}.x", home.text("client_info")));
    assert_eq!(info, json!({"uid": at_home["oid"], "utid": FABRIKAM_ID}));
    let v1 = token(
        &emulator,
        Protocol::V1,
        "common",
        &refresh_form_v1(DESKTOP, &carol, GRAPH),
    );
    assert_eq!(v1.json()["client_info"], Value::Null);
}

#[test]
fn a_resource_asked_for_by_guid_is_echoed_as_a_principal_name() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    let form = refresh_form_v1(DESKTOP, &rt, "00000002-0000-0000-c000-000000000000");
    assert_eq!(
        token(&emulator, Protocol::V1, CONTOSO, &form).text("resource"),
        "spn:00000002-0000-0000-c000-000000000000"
    );
}

#[test]
fn family_members_redeem_each_others_refresh_tokens() {
    let emulator = emulator();
    let mail = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &password_form(FAMILY_MAIL, ALICE),
    );
    assert_eq!(mail.text("foci"), "1");
    let files = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &refresh_form(FAMILY_FILES, &mail.refresh_token()),
    );
    assert_eq!(files.text("foci"), "1");
    assert_eq!(sign_in(&emulator).json()["foci"], Value::Null);
}

#[test]
fn an_application_gets_a_token_for_itself() {
    let emulator = emulator();
    let v1 = [
        ("grant_type", "client_credentials"),
        ("client_id", WEB),
        ("resource", GRAPH),
        ("client_secret", WEB_SECRET),
    ];
    let answer = token(&emulator, Protocol::V1, CONTOSO, &v1);
    assert_eq!(
        members(&answer),
        [
            "access_token",
            "expires_in",
            "expires_on",
            "ext_expires_in",
            "not_before",
            "resource",
            "token_type"
        ]
    );
    let v2 = [
        ("grant_type", "client_credentials"),
        ("client_id", WEB),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_secret", WEB_SECRET),
    ];
    let answer = token(&emulator, Protocol::V2, CONTOSO, &v2);
    assert_eq!(
        members(&answer),
        ["access_token", "expires_in", "ext_expires_in", "token_type"]
    );
    assert_eq!(answer.claims("access_token")["idtyp"], "app");
}

#[test]
fn a_secret_may_come_in_the_authorization_header() {
    let emulator = emulator();
    let basic = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{WEB}:{WEB_SECRET}"),
    );
    let request = http::Request::post("https://localhost/contoso.example/oauth2/v2.0/token")
        .header("authorization", format!("Basic {basic}"));
    let body = "grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default";
    let answer = crate::support::send(&emulator, request, body.into(), crate::support::at(0));
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn token_answers_carry_the_headers_of_entra() {
    let answer = sign_in(&emulator());
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("cache-control", "no-store, no-cache"),
        ("pragma", "no-cache"),
        ("expires", "-1"),
        (
            "strict-transport-security",
            "max-age=31536000; includeSubDomains",
        ),
        ("x-content-type-options", "nosniff"),
        ("x-ms-clitelem", "1,0,0,,"),
    ] {
        assert_eq!(answer.header(name), value);
    }
    assert!(answer.headers.contains_key("x-ms-request-id"));
    assert!(answer.headers.contains_key("x-ms-ests-server"));
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 3);
    assert!(!answer.headers.contains_key("client-request-id"));
    let request = http::Request::post("https://localhost/common/oauth2/token")
        .header("client-request-id", CORRELATION_ID)
        .header("return-client-request-id", "true");
    let echoed = crate::support::send(&emulator(), request, "".into(), crate::support::at(0));
    assert_eq!(echoed.header("client-request-id"), CORRELATION_ID);
}

#[test]
fn lifetimes_follow_the_settings() {
    let settings = Settings::default()
        .access_token_life(Duration::from_secs(86_399))
        .refresh_in(Duration::from_secs(43_199))
        .extended_life(Duration::from_secs(100_000));
    let emulator = Emulator::with_settings(Directory::sample(), settings);
    let json = sign_in(&emulator).json();
    assert_eq!(
        (
            &json["expires_in"],
            &json["refresh_in"],
            &json["ext_expires_in"]
        ),
        (&json!(86_399), &json!(43_199), &json!(100_000))
    );
}

#[test]
fn signatures_verify_with_the_published_key() {
    let emulator = emulator();
    let keys = get(&emulator, "/common/discovery/v2.0/keys").json();
    let token = sign_in(&emulator).text("id_token");
    assert!(verifies(&keys, &token));
    let mut forged = token;
    forged.insert(forged.find('.').unwrap() + 5, 'A');
    assert!(!verifies(&keys, &forged));
}

#[test]
fn cheap_signatures_say_that_they_cannot_be_verified() {
    let emulator = Emulator::with_settings(
        Directory::sample(),
        Settings::default().signatures(Signatures::Cheap),
    );
    let keys = get(&emulator, "/common/discovery/v2.0/keys").json();
    assert!(!verifies(&keys, &sign_in(&emulator).text("id_token")));
    let document = get(&emulator, "/common/v2.0/.well-known/openid-configuration").json();
    assert_eq!(
        document["x_emulator_signatures"],
        "constant: tokens cannot be verified"
    );
}

/// Verifies RS256 with the key that the token's header names.
fn verifies(keys: &Value, token: &str) -> bool {
    use aws_lc_rs::rsa::PublicKeyComponents;
    use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let (message, signature) = token.rsplit_once('.').unwrap();
    let header: Value = serde_json::from_slice(
        &URL_SAFE_NO_PAD
            .decode(message.split('.').next().unwrap())
            .unwrap(),
    )
    .unwrap();
    let known = keys["keys"].as_array().unwrap();
    let Some(key) = known.iter().find(|key| key["kid"] == header["kid"]) else {
        return false;
    };
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let public = PublicKeyComponents {
        n: bytes("n"),
        e: bytes("e"),
    };
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public
        .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
        .is_ok()
}

#[test]
fn the_same_requests_get_the_same_bytes() {
    let run = || {
        let emulator = emulator();
        let first = sign_in(&emulator);
        let second = token(
            &emulator,
            Protocol::V2,
            CONTOSO,
            &refresh_form(DESKTOP, &first.refresh_token()),
        );
        (first.body, second.body)
    };
    assert_eq!(run(), run());
}
