//! The table, row by row.

use http::StatusCode;
use http::header::RETRY_AFTER;
use msal_core::Authority;

use super::*;
use crate::settings::RotationPolicy;

/// What a verdict or an order is, in one word, with what else it decides.
fn shown(verdict: Verdict) -> String {
    match verdict {
        Verdict::Conclude(class, reason) => format!("{class:?} {}", reason.error),
        Verdict::HoldBack(reason) => format!("hold back {}", reason.error),
        Verdict::Publish(_, home_account_id) => format!("publish {home_account_id}"),
    }
}

fn shown_order(order: Order) -> String {
    match order {
        Order::HaltLane(reason) => format!("halt {}", reason.error),
        Order::LeaveInDoubt => "in doubt".to_owned(),
        Order::Settle(verdict) => shown(verdict),
        Order::SlowDown {
            wait,
            reason,
            gives_up,
        } => {
            let wait = wait.map_or_else(String::new, |wait| format!(" {}s", wait.as_secs()));
            let end = if gives_up { " and give up" } else { "" };
            format!("slow down{wait} {}{end}", reason.error)
        }
        Order::Stop(_) => "stop".to_owned(),
    }
}

fn response(status: u16, body: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// Judges with a table's usual surroundings: a token of `u.t`.
struct Bench {
    metadata: ProviderMetadata,
    user: UserHints,
    settings: Settings,
}

impl Bench {
    fn new() -> Self {
        let authority = Authority::parse("https://login.microsoftonline.com/contoso.example");
        Self {
            metadata: ProviderMetadata::entra(&authority.unwrap()),
            user: UserHints {
                home_account_id: Some(HomeAccountId::new("u.t")),
                ..UserHints::default()
            },
            settings: Settings::default(),
        }
    }

    fn expected(&self) -> Expectation<'_> {
        Expectation {
            client_id: "app",
            metadata: &self.metadata,
            user: &self.user,
            settings: &self.settings,
        }
    }

    fn in_run(&self, answer: Result<&Response<Bytes>, HttpError>, tries: u32) -> String {
        shown_order(in_run(answer, self.expected(), tries, UnixTime::default()))
    }

    fn in_recovery(&self, answer: &Response<Bytes>) -> String {
        shown(in_recovery(answer, self.expected()))
    }
}

/// Tokens of the user that `client_info` names, with one more member.
fn tokens(client_info: &str, more: &str) -> String {
    format!(r#"{{"access_token":"at","refresh_token":"rt","client_info":"{client_info}"{more}}}"#)
}

fn client_info(uid: &str, utid: &str) -> String {
    use base64::Engine as _;
    let json = format!(r#"{{"uid":"{uid}","utid":"{utid}"}}"#);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json)
}

#[test]
fn each_answer_has_its_verdict_in_a_run_and_in_a_recovery() {
    let own = client_info("u", "t");
    let table = [
        // Tokens.
        (200, tokens(&own, ""), "publish u.t", "publish u.t"),
        (
            200,
            r#"{"access_token":"at","client_info":"CI"}"#.replace("CI", &own),
            "publish u.t",
            "publish u.t",
        ),
        // Tokens that must not be published as they are.
        (
            200,
            tokens(&client_info("v", "t"), ""),
            "hold back user_mismatch",
            "hold back user_mismatch",
        ),
        (
            200,
            r#"{"access_token":"at","refresh_token":"rt"}"#.to_owned(),
            "hold back no_identity",
            "hold back no_identity",
        ),
        (
            200,
            tokens(&own, r#","id_token":"a.b""#),
            "hold back malformed_response",
            "hold back malformed_response",
        ),
        (
            400,
            tokens(&own, r#","error":"oops""#),
            "hold back malformed_response",
            "hold back malformed_response",
        ),
        (
            200,
            r#"{"expires_in":Infinity,"refresh_token":"rt""#.to_owned(),
            "hold back malformed_response",
            "hold back malformed_response",
        ),
        // Refusals.
        (
            400,
            r#"{"error":"invalid_grant"}"#.to_owned(),
            "NeedsUser invalid_grant",
            "NeedsUser invalid_grant",
        ),
        (
            200,
            r#"{"error":"consent_required"}"#.to_owned(),
            "NeedsUser consent_required",
            "NeedsUser consent_required",
        ),
        (
            401,
            r#"{"error":"invalid_client"}"#.to_owned(),
            "halt invalid_client",
            "Failed invalid_client",
        ),
        (
            400,
            r#"{"error":"unauthorized_client"}"#.to_owned(),
            "halt unauthorized_client",
            "Failed unauthorized_client",
        ),
        (
            400,
            r#"{"error":"invalid_scope"}"#.to_owned(),
            "Failed invalid_scope",
            "Failed invalid_scope",
        ),
        (404, "gone".to_owned(), "Failed http_404", "Failed http_404"),
        // A server that is busy or broken.
        (
            400,
            r#"{"error":"temporarily_unavailable"}"#.to_owned(),
            "slow down temporarily_unavailable",
            "Retryable temporarily_unavailable",
        ),
        (
            503,
            "refresh_token".to_owned(),
            "slow down http_503",
            "Retryable http_503",
        ),
        // No answer of a token endpoint.
        (
            200,
            "<html>portal</html>".to_owned(),
            "slow down unreadable_response",
            "Retryable unreadable_response",
        ),
        (
            200,
            r#"{"refresh_token":""}"#.to_owned(),
            "slow down unreadable_response",
            "Retryable unreadable_response",
        ),
    ];
    for rotation in [RotationPolicy::Reusable, RotationPolicy::SingleUse] {
        let mut bench = Bench::new();
        bench.settings.rotation = rotation;
        for (status, body, run, recovery) in &table {
            let answer = response(*status, body);
            assert_eq!(bench.in_run(Ok(&answer), 1), *run, "{status} {body}");
            assert_eq!(bench.in_recovery(&answer), *recovery, "{status} {body}");
        }
    }
}

#[test]
fn no_answer_is_judged_by_what_the_server_may_have_done() {
    use HttpErrorKind::{Certificate, Request, Response, Timeout, Unreachable};
    let table = [
        (Certificate, "stop", "stop"),
        (Request, "stop", "stop"),
        (Response, "slow down no_answer", "in doubt"),
        (Timeout, "slow down no_answer", "in doubt"),
        (Unreachable, "slow down no_answer", "slow down no_answer"),
    ];
    for (kind, reusable, single_use) in table {
        let mut bench = Bench::new();
        assert_eq!(bench.in_run(Err(HttpError::bare(kind)), 1), reusable);
        bench.settings.rotation = RotationPolicy::SingleUse;
        assert_eq!(bench.in_run(Err(HttpError::bare(kind)), 1), single_use);
    }
}

#[test]
fn a_token_is_given_up_after_so_many_tries_unless_the_server_names_a_wait() {
    let bench = Bench::new();
    let busy = response(503, "");
    assert_eq!(bench.in_run(Ok(&busy), TRIES - 1), "slow down http_503");
    assert_eq!(
        bench.in_run(Ok(&busy), TRIES),
        "slow down http_503 and give up"
    );
    let silence = || Err(HttpError::unreachable());
    assert_eq!(
        bench.in_run(silence(), TRIES),
        "slow down no_answer and give up"
    );
    let mut throttled = response(429, "");
    throttled
        .headers_mut()
        .insert(RETRY_AFTER, "60".parse().unwrap());
    assert_eq!(
        bench.in_run(Ok(&throttled), TRIES),
        "slow down 60s http_429"
    );
    assert_eq!(bench.in_recovery(&throttled), "Retryable http_429");
}

#[test]
fn the_operator_may_accept_tokens_of_other_users() {
    let mut bench = Bench::new();
    bench.settings.allow_user_mismatch = true;
    let answer = response(200, &tokens(&client_info("v", "t"), ""));
    assert_eq!(bench.in_run(Ok(&answer), 1), "publish v.t");
    assert_eq!(bench.in_recovery(&answer), "publish v.t");
}

/// An answer with an ID token of Entra's for a user of the tenant, and `client_info` unless it is empty.
fn signed_in(oid: &str, claims: &str, client_info: &str) -> Response<Bytes> {
    use base64::Engine as _;
    let encode = |json: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
    let claims = format!(
        r#"{{"iss":"https://login.microsoftonline.com/{TENANT}/v2.0","sub":"s","aud":"app","tid":"{TENANT}","oid":"{oid}"{claims}}}"#
    );
    let token = format!("{}.{}.c2ln", encode("{}".to_owned()), encode(claims));
    let mut body = format!(r#"{{"access_token":"at","refresh_token":"rt","id_token":"{token}""#);
    if !client_info.is_empty() {
        body.push_str(&format!(r#","client_info":"{client_info}""#));
    }
    response(200, &format!("{body}}}"))
}

const TENANT: &str = "c0ffee00-0001-4000-8000-000000000000";
const ALICE: &str = "a11ce000-0000-4000-8000-000000000001";
const BOB: &str = "b0b00000-0000-4000-8000-000000000002";

#[test]
fn claims_for_display_hold_no_token_back() {
    let bench = Bench::new();
    let own = client_info("u", "t");
    for claim in ["name", "upn", "unique_name", "preferred_username"] {
        for odd in [
            r#"["Alice Archer","Archer, Alice"]"#,
            "17",
            "{}",
            "true",
            "null",
        ] {
            let answer = signed_in(ALICE, &format!(r#","{claim}":{odd}"#), &own);
            assert_eq!(bench.in_run(Ok(&answer), 1), "publish u.t", "{claim} {odd}");
            assert_eq!(bench.in_recovery(&answer), "publish u.t", "{claim} {odd}");
        }
    }
}

#[test]
fn who_a_user_is_says_the_object_and_not_the_name() {
    let of = |oid: &str, tid: Option<&str>, username: &str| UserHints {
        oid: Some(oid.to_owned()),
        tid: tid.map(str::to_owned),
        username: Some(username.to_owned()),
        ..UserHints::default()
    };
    let named = |name: &str| format!(r#","preferred_username":"{name}""#);
    let (old, new) = ("alice.maiden@contoso.example", "alice@contoso.example");
    let guest = "alice_fabrikam.example#EXT#@contoso.example";
    let home = |oid: &str| client_info(oid, "fabrikam");
    for (user, oid, name, is_expected) in [
        (of(ALICE, Some(TENANT), old), ALICE, named(new), true),
        (of(ALICE, None, old), ALICE, named(new), true),
        (
            of(ALICE, Some(TENANT), guest),
            ALICE,
            named("alice@fabrikam.example"),
            true,
        ),
        (of(ALICE, Some(TENANT), new), BOB, named(new), false),
        (of(ALICE, None, "alice"), BOB, String::new(), false),
    ] {
        let bench = Bench {
            user,
            ..Bench::new()
        };
        let answer = signed_in(oid, &name, &home("home-oid"));
        let expected = match is_expected {
            true => "publish home-oid.fabrikam",
            false => "hold back user_mismatch",
        };
        assert_eq!(
            bench.in_run(Ok(&answer), 1),
            expected,
            "{:?} {oid}",
            bench.user
        );
        assert_eq!(
            bench.in_recovery(&answer),
            expected,
            "{:?} {oid}",
            bench.user
        );
    }
}

#[test]
fn an_answer_without_client_info_is_told_by_object_and_tenant() {
    let mut bench = Bench::new();
    let known = format!("{ALICE}.{TENANT}");
    bench.user.home_account_id = Some(HomeAccountId::new(&known));
    // Under the identifier that the source knows: by it the cache is asked for the user.
    assert_eq!(
        bench.in_run(Ok(&signed_in(ALICE, "", "")), 1),
        format!("publish {known}")
    );
    assert_eq!(
        bench.in_run(Ok(&signed_in(BOB, "", "")), 1),
        "hold back user_mismatch"
    );
    // Another user's, accepted by the operator, are that user's all the same.
    bench.settings.allow_user_mismatch = true;
    assert_eq!(bench.in_run(Ok(&signed_in(BOB, "", "")), 1), "publish s");
}
