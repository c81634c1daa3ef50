//! Faults on demand, and the audit log that shows them.

use std::time::Duration;

use msal_emulator::sample::{ALICE, BOB, CONTOSO, DESKTOP, PASSWORD};
use msal_emulator::{
    Config, Delivery, Directory, Emulator, Endpoint, Fault, RetryAfter, Rotation, Settings, Version,
};

use crate::support::{
    Answer, CORRELATION_ID, GRAPH, Protocol, SCOPE, at, emulator, get, refresh_form,
    refresh_form_v1, sign_in, token,
};

fn redeem(emulator: &Emulator, refresh_token: &str) -> Answer {
    token(
        emulator,
        Protocol::V2,
        CONTOSO,
        &refresh_form(DESKTOP, refresh_token),
    )
}

#[test]
fn throttling_is_a_bare_text() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    emulator.add_fault(Fault::throttle(60).first(1));
    let answer = redeem(&emulator, &rt);
    assert_eq!(
        (
            answer.status,
            answer.header("retry-after"),
            &answer.body[..]
        ),
        (429, "60", &b"Too Many Requests"[..])
    );
    assert_eq!(redeem(&emulator, &rt).status, 200);
}

#[test]
fn an_outage_may_say_when_to_come_back() {
    let emulator = emulator();
    emulator.add_fault(Fault::unavailable(Some(5)));
    let answer = redeem(&emulator, "any");
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    emulator.clear_faults();
    emulator.add_fault(Fault::unavailable(None));
    assert!(!redeem(&emulator, "any").headers.contains_key("retry-after"));
}

#[test]
fn any_code_can_be_answered() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    emulator.add_fault(Fault::aadsts(53003).user(ALICE));
    emulator.add_fault(
        Fault::aadsts(123_456)
            .user(BOB)
            .suberror("bad_token")
            .claims("{}"),
    );
    let v2 = redeem(&emulator, &rt);
    assert_eq!(
        (v2.code(), v2.text("error"), v2.text("suberror")),
        (53003, "invalid_grant".into(), "message_only".into())
    );
    assert!(v2.text("claims").contains("capolids"));
    let v1 = token(
        &emulator,
        Protocol::V1,
        CONTOSO,
        &refresh_form_v1(DESKTOP, &rt, GRAPH),
    );
    assert_eq!(v1.text("error"), "interaction_required");
    let bob = emulator.issue_refresh_token(BOB, DESKTOP, at(0)).unwrap();
    let other = redeem(&emulator, &bob);
    assert_eq!(
        (other.code(), other.text("suberror"), other.text("claims")),
        (123_456, "bad_token".into(), "{}".into())
    );
}

#[test]
fn transient_codes_are_outages() {
    let emulator = emulator();
    emulator.add_fault(Fault::aadsts(90033));
    let answer = redeem(&emulator, "any");
    assert_eq!(
        (answer.status, answer.text("error")),
        (503, "temporarily_unavailable".into())
    );
}

#[test]
fn answers_can_be_tampered_with() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    let fault = Fault::tamper()
        .drop_member("refresh_token")
        .set_member("expires_in", "soon")
        .set_member("x", 1);
    emulator.add_fault(fault.nth(1));
    let json = redeem(&emulator, &rt).json();
    assert!(json.get("refresh_token").is_none());
    assert_eq!(
        (&json["expires_in"], &json["x"]),
        (&"soon".into(), &1.into())
    );
    assert!(json["access_token"].is_string());
}

#[test]
fn anything_can_be_answered_and_nonsense_does_no_harm() {
    let emulator = emulator();
    emulator.add_fault(Fault::respond(
        418,
        [("x-odd", "1"), ("bad name", "2"), ("x-bad", "a\nb")],
        vec![0xff, 0x00],
    ));
    let answer = redeem(&emulator, "any");
    assert_eq!(
        (answer.status, answer.header("x-odd"), &answer.body[..]),
        (418, "1", &[0xff, 0x00][..])
    );
    assert_eq!(answer.headers.len(), 1);
    emulator.clear_faults();
    emulator.add_fault(Fault::respond(7, [("a", "b")], ""));
    assert_eq!(redeem(&emulator, "any").status, 500);
}

#[test]
fn an_answer_can_be_lost_after_the_token_was_spent() {
    let settings = Settings::default().rotation(Rotation::SingleUse);
    let emulator = Emulator::with_settings(Directory::sample(), settings);
    let rt = sign_in(&emulator).refresh_token();
    emulator.add_fault(Fault::unavailable(None).first(1).after_effect());
    assert_eq!(redeem(&emulator, &rt).status, 503);
    assert_eq!(redeem(&emulator, &rt).code(), 70000);
    assert_eq!(emulator.redemptions().succeeded(), 1);
}

#[test]
fn a_struck_request_is_seen_and_not_redeemed() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    emulator.add_fault(Fault::throttle(1).grant("refresh_token"));
    redeem(&emulator, &rt);
    let redemptions = emulator.redemptions();
    assert_eq!((redemptions.seen(), redemptions.succeeded()), (1, 0));
}

#[test]
fn documents_can_fail_too() {
    let emulator = emulator();
    let endpoint = Endpoint::OpenIdConfiguration(Version::V2);
    emulator.add_fault(
        Fault::respond(200, [("content-type", "text/html")], "<html>").endpoints([endpoint]),
    );
    assert_eq!(
        &get(&emulator, "/common/v2.0/.well-known/openid-configuration").body[..],
        b"<html>"
    );
    assert_eq!(
        get(&emulator, "/common/.well-known/openid-configuration").status,
        200
    );
}

#[test]
fn a_configuration_file_puts_faults_in_force() {
    let emulator = Config::from_toml(
        r#"
        [[tenant]]
        domain = "contoso.example"
        users = { pattern = "user{n}@contoso.example", count = 10, password = "pw-{n}" }
        [[app]]
        client_id = "app"
        [[fault]]
        aadsts = 50173
        user = "user1@*"
        [[fault]]
        throttle = 7
        user = "user2@*"
        [[fault]]
        respond = { status = 502, headers = { x-a = "b" }, body = "bad gateway" }
        user = "user3@*"
        [[fault]]
        tamper = { drop = ["client_info"], set = { expires_in = "12" } }
        user = "user4@*"
        endpoint = "token-v2"
        "#,
    )
    .unwrap()
    .into_emulator();
    let redeem = |user: &str| {
        let rt = emulator.issue_refresh_token(user, "app", at(0)).unwrap();
        token(&emulator, Protocol::V2, CONTOSO, &refresh_form("app", &rt))
    };
    assert_eq!(redeem("user1@contoso.example").code(), 50173);
    assert_eq!(redeem("user2@contoso.example").header("retry-after"), "7");
    assert_eq!(redeem("user3@contoso.example").status, 502);
    let tampered = redeem("user4@contoso.example").json();
    assert_eq!(
        (&tampered["expires_in"], tampered.get("client_info")),
        (&"12".into(), None)
    );
    assert_eq!(redeem("user5@contoso.example").json()["expires_in"], 3599);
}

#[test]
fn the_audit_log_tells_what_happened_without_secrets() {
    let emulator = emulator();
    let signed_in = sign_in(&emulator);
    let rt = signed_in.refresh_token();
    emulator.add_fault(Fault::throttle(1).first(1));
    redeem(&emulator, &rt);
    let [sign_in, redeemed] = &emulator.audit()[..] else {
        panic!("two requests were sent")
    };

    assert_eq!(sign_in.grant_type.as_deref(), Some("password"));
    assert_eq!(
        (sign_in.user.as_deref(), sign_in.status, sign_in.faulted),
        (Some(ALICE), 200, false)
    );
    assert_eq!(redeemed.refresh_token, emulator.refresh_token_id(&rt));
    assert_eq!(
        (redeemed.user.as_deref(), redeemed.status, redeemed.faulted),
        (Some(ALICE), 429, true)
    );
    assert_eq!(redeemed.client_id.as_deref(), Some(DESKTOP));
    assert_eq!(redeemed.asked_for.as_deref(), Some(SCOPE));
    assert_eq!(redeemed.correlation_id, CORRELATION_ID);
    assert_eq!(redeemed.endpoint, Endpoint::Token(Version::V2));
    assert_eq!(
        redeemed.parameters,
        [
            "client_id",
            "grant_type",
            "client_info",
            "refresh_token",
            "scope"
        ]
    );

    let log = format!("{:?}", emulator.audit());
    for secret in [
        PASSWORD,
        &rt,
        &signed_in.text("access_token"),
        &signed_in.text("id_token"),
    ] {
        assert!(!log.contains(secret), "{secret}");
    }
    assert!(!format!("{emulator:?}").contains(PASSWORD));
}

#[test]
fn the_audit_log_keeps_the_last_requests() {
    let emulator =
        Emulator::with_settings(Directory::sample(), Settings::default().audit_capacity(2));
    for path in ["/1", "/2", "/3"] {
        get(&emulator, path);
    }
    let paths: Vec<_> = emulator
        .audit()
        .into_iter()
        .map(|record| record.path)
        .collect();
    assert_eq!(paths, ["/2", "/3"]);
    emulator.clear_audit();
    assert!(emulator.audit().is_empty());
}

#[test]
fn retry_after_has_many_forms() {
    let emulator = emulator();
    for (form, header) in [
        (RetryAfter::Seconds(7), Some("7")),
        (
            RetryAfter::Date(Duration::from_secs(31)),
            Some("Thu, 13 Aug 2026 21:25:00 GMT"),
        ),
        (RetryAfter::Text("-1".to_owned()), Some("-1")),
        (RetryAfter::Nothing, None),
    ] {
        emulator.clear_faults();
        emulator.add_fault(Fault::throttle(form));
        let answer = redeem(&emulator, "any");
        let found = answer.headers.get("retry-after");
        assert_eq!(found.map(|value| value.to_str().unwrap()), header);
    }
}

#[test]
fn answers_lie() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    emulator.add_fault(
        Fault::tamper()
            .set_claim("id_token", "iss", "https://evil.example")
            .set_claim("id_token", "nonce", "other")
            .break_signature("access_token"),
    );
    let lie = redeem(&emulator, &rt);
    assert_eq!(lie.claims("id_token")["iss"], "https://evil.example");
    assert_eq!(lie.claims("id_token")["nonce"], "other");
    let me = |token: &str| {
        let request = http::Request::get("https://localhost:8443/v1.0/me")
            .header("authorization", format!("Bearer {token}"));
        crate::support::send(&emulator, request, "".into(), at(0)).status
    };
    assert_eq!(me(&lie.text("access_token")), 401);
    emulator.clear_faults();
    assert_eq!(me(&redeem(&emulator, &rt).text("access_token")), 200);
}

#[test]
fn answers_are_too_long_or_no_json() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    emulator.add_fault(Fault::oversized(1_000_000).first(1));
    let long = redeem(&emulator, &rt);
    assert!(long.body.len() > 1_000_000 && long.json()["access_token"].is_string());
    emulator.clear_faults();
    emulator.add_fault(Fault::not_json());
    let page = redeem(&emulator, &rt);
    assert!(page.status == 200 && page.body.starts_with(b"<!DOCTYPE html>"));
}

#[test]
fn how_an_answer_is_delivered_is_told_to_the_transport() {
    let emulator = emulator();
    let delivery = || {
        let request = http::Request::get("https://localhost/common/discovery/keys");
        let response = emulator.handle(request.body("".into()).unwrap(), at(0));
        response.extensions().get::<Delivery>().copied()
    };
    assert_eq!(delivery(), None);
    let keys = [Endpoint::Keys(Version::V1)];
    emulator.add_fault(Fault::slow(Duration::from_secs(3)).endpoints(keys));
    assert_eq!(delivery().unwrap().delay(), Duration::from_secs(3));
    emulator.clear_faults();
    emulator.add_fault(Fault::cut(10).endpoints(keys));
    assert_eq!(delivery().unwrap().cut_after(), Some(10));
}

#[test]
fn every_kind_of_trouble_can_be_configured() {
    let text = r#"
        [[fault]]
        throttle = { date_in = 10 }
        probability = 0.25
        seed = 7
        [[fault]]
        slow_ms = 10
        endpoint = "device-code"
        [[fault]]
        cut = 5
        endpoint = "protected-resource"
        [[fault]]
        oversized = 10
        delay_ms = 5
        nth = 100
        [[fault]]
        not_json = true
        endpoint = "managed-identity"
        [[fault]]
        tamper = { set_claims = { id_token = { iss = "x" } }, break_signatures = ["access_token"] }
        endpoint = "ws-trust"
    "#;
    let emulator = Config::from_toml(text).unwrap().into_emulator();
    let throttled = (0..400).filter(|_| redeem(&emulator, "any").status == 429);
    assert!((60..140).contains(&throttled.count()));
    for broken in [
        "probability = 2.0\nthrottle = 1",
        "throttle = []",
        "cut = 1\nnot_json = true",
    ] {
        assert!(
            Config::from_toml(&format!("[[fault]]\n{broken}")).is_err(),
            "{broken}"
        );
    }
}
