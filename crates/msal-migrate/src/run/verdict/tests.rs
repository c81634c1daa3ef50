//! The table, row by row.

use http::StatusCode;
use http::header::RETRY_AFTER;
use msal::HttpErrorKind;
use msal_core::{Authority, TrustedAuthority};

use super::*;
use crate::settings::RotationPolicy;

/// What a verdict or an order is, in one word, with what else it decides.
fn shown(verdict: Verdict) -> String {
    match verdict {
        Verdict::Conclude(class, reason) => format!("{class:?} {}", reason.error),
        Verdict::HoldBack(reason, _) => format!("hold back {}", reason.error),
        Verdict::LeaveInDoubt(reason) => format!("in doubt {}", reason.error),
        Verdict::Publish(_, home_account_id) => format!("publish {home_account_id}"),
    }
}

fn shown_order(order: Order) -> String {
    match order {
        Order::AskAtHome(reason) => format!("ask at home {}", reason.error),
        Order::HaltLane(reason) => format!("halt {}", reason.error),
        Order::Settle(verdict) => shown(verdict),
        Order::SlowDown { wait, reason, next } => {
            let wait = wait.map_or_else(String::new, |wait| format!(" {}s", wait.as_secs()));
            let end = match next {
                Next::GiveUp => " and give up",
                Next::LeaveInDoubt => ", in doubt",
                Next::SendAgain => "",
            };
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
        Self::at("contoso.example")
    }

    fn at(tenant: &str) -> Self {
        let authority = format!("https://login.microsoftonline.com/{tenant}");
        let authority = Authority::parse(&authority);
        let authority = TrustedAuthority::built_in(authority.unwrap());
        Self {
            metadata: ProviderMetadata::entra(&authority.unwrap()).unwrap(),
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
            is_released: false,
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
        // A gateway's error around an answer, whole or not: the server has acted.
        (
            502,
            r#"<html>{"token_type":"Bearer","refresh_token":"rt"}</html>"#.to_owned(),
            "hold back malformed_response",
            "hold back malformed_response",
        ),
        (
            400,
            r#"{"refresh_token":"a","refresh_token":"b"}"#.to_owned(),
            "hold back malformed_response",
            "hold back malformed_response",
        ),
        (
            504,
            r#"{"access_token":"at","refresh_token":"rt","expi"#.to_owned(),
            "hold back malformed_response",
            "hold back malformed_response",
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

/// None of these says whether the server has acted on the token.
#[test]
fn an_answer_that_leaves_open_what_was_done_is_never_followed_by_another_try_where_tokens_are_spent()
 {
    let table = [
        // A server that is busy or broken.
        (400, r#"{"error":"temporarily_unavailable"}"#, "slow down"),
        (
            400,
            r#"{"error":"invalid_grant","error_codes":[50196]}"#,
            "slow down",
        ),
        (429, "Too Many Requests", "slow down"),
        (429, r#"{"error":"slow_down"}"#, "slow down"),
        (408, "", "slow down"),
        (500, "", "slow down"),
        (500, r#"{"error":"server_error"}"#, "slow down"),
        (400, r#"{"error":"server_error"}"#, "slow down"),
        (502, "<html>bad gateway</html>", "slow down"),
        (503, "refresh_token", "slow down"),
        (504, "", "slow down"),
        // No answer of a token endpoint.
        (200, "<html>portal</html>", "slow down"),
        (200, "", "slow down"),
        (200, "{}", "slow down"),
        (204, "", "slow down"),
        (200, r#"{"refresh_token":""}"#, "slow down"),
        (302, "", "Failed"),
        (400, "{}", "Failed"),
        (403, "<html>blocked</html>", "Failed"),
        (403, r#"{"error":"Forbidden"}"#, "Failed"),
        (404, r#"{"error":{"code":"NotFound"}}"#, "Failed"),
        (404, "gone", "Failed"),
        (407, "", "Failed"),
    ];
    for (status, body, reusable) in table {
        let mut bench = Bench::new();
        let answer = response(status, body);
        let name = |verdict: &str| verdict.rsplit(' ').next().unwrap_or_default().to_owned();
        let run = bench.in_run(Ok(&answer), 1);
        let recovery = bench.in_recovery(&answer);
        assert!(run.starts_with(reusable), "{status} {body}: {run}");
        let class = if reusable == "Failed" {
            reusable
        } else {
            "Retryable"
        };
        assert_eq!(
            recovery,
            format!("{class} {}", name(&run)),
            "{status} {body}"
        );

        bench.settings.rotation = RotationPolicy::SingleUse;
        for tries in [1, TRIES] {
            let order = bench.in_run(Ok(&answer), tries);
            assert_eq!(
                order,
                format!("slow down {}, in doubt", name(&run)),
                "{status} {body}"
            );
        }
        let verdict = bench.in_recovery(&answer);
        assert_eq!(
            verdict,
            format!("in doubt {}", name(&run)),
            "{status} {body}"
        );
    }
}

/// Entra says `invalid_grant` whether the user or the place is meant.
#[test]
fn a_refusal_of_the_place_is_no_verdict_about_the_user() {
    let bench = Bench::new();
    let of_others = [50_020, 50_034, 51_004, 90_072, 500_208, 700_005, 7_000_012];
    let place = [50_059, 50_128, 90_002, 700_016];
    for code in place.into_iter().chain(of_others) {
        for error in ["invalid_grant", "interaction_required", "invalid_request"] {
            let body = format!(r#"{{"error":"{error}","error_codes":[{code}]}}"#);
            let answer = response(400, &body);
            let follows = match of_others.contains(&code) {
                true => "ask at home",
                false => "Failed",
            };
            assert_eq!(
                bench.in_run(Ok(&answer), 1),
                format!("{follows} {error}"),
                "{code}"
            );
            assert_eq!(
                bench.in_recovery(&answer),
                format!("Failed {error}"),
                "{code}"
            );
        }
    }
    for code in [50_076, 50_173, 53_003, 65_001, 70_008, 700_082] {
        let body = format!(r#"{{"error":"invalid_grant","error_codes":[{code}]}}"#);
        let answer = response(400, &body);
        assert_eq!(
            bench.in_run(Ok(&answer), 1),
            "NeedsUser invalid_grant",
            "{code}"
        );
    }
}

#[test]
fn what_depends_on_the_users_directory_halts_no_lane_of_all_directories() {
    // error, code, whether it halts the lane of one tenant, whether it halts one of all.
    let table = [
        ("unauthorized_client", 700_016, true, false),
        ("unauthorized_client", 7_000_112, true, false),
        ("unauthorized_client", 0, true, false),
        ("invalid_client", 650_052, true, false),
        ("invalid_client", 7_000_215, true, true),
        ("invalid_client", 7_000_218, true, true),
        ("invalid_client", 0, true, true),
        ("unauthorized_client", 50_194, true, true),
        ("unauthorized_client", 700_038, true, true),
        ("unauthorized_client", 50_020, false, false),
        ("invalid_client", 90_072, false, false),
        ("invalid_grant", 700_016, false, false),
    ];
    for (error, code, own, shared) in table {
        let body = format!(r#"{{"error":"{error}","error_codes":[{code}]}}"#);
        let answer = response(400, &body);
        for (tenant, halts) in [
            ("contoso.example", own),
            ("organizations", shared),
            ("common", shared),
            ("consumers", shared),
        ] {
            let order = Bench::at(tenant).in_run(Ok(&answer), 1);
            let expected = match (halts, code) {
                (true, _) => "halt",
                (false, 50_020 | 90_072) => "ask at home",
                (false, _) => "Failed",
            };
            assert_eq!(order, format!("{expected} {error}"), "{tenant} {code}");
        }
    }
}

#[test]
fn no_answer_is_judged_by_what_the_server_may_have_done() {
    use HttpErrorKind as Kind;

    let stops = [
        Kind::Certificate,
        Kind::CertificateExpired,
        Kind::CertificateIssuer,
        Kind::CertificateName,
        Kind::CertificateNotYetValid,
        Kind::NoRuntime,
        Kind::Request,
    ];
    let not_sent = [
        Kind::ConnectTimeout,
        Kind::ConnectionRefused,
        Kind::NameNotFound,
        Kind::NotTls,
        Kind::Proxy,
        Kind::Unreachable,
    ];
    let sent = [Kind::Response, Kind::ResponseTooLarge, Kind::Timeout];
    let of = |kinds: &[Kind], again: fn(&str) -> String, once: fn(&str) -> String| {
        let row = |kind: &Kind| (*kind, again(kind.name()), once(kind.name()));
        kinds.iter().map(row).collect::<Vec<_>>()
    };
    let slow_down = |name: &str| format!("slow down {name}");
    let in_doubt = |name: &str| format!("slow down {name}, in doubt");
    let stop = |_: &str| "stop".to_owned();
    let table = [
        of(&stops, stop, stop),
        of(&not_sent, slow_down, slow_down),
        of(&sent, slow_down, in_doubt),
    ];
    let table = table.into_iter().flatten();
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
        "slow down unreachable and give up"
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

#[test]
fn one_row_may_be_released_and_what_is_held_back_says_whose_it_is() {
    let bench = Bench::new();
    let answer = response(200, &tokens(&client_info("v", "t"), ""));
    let Verdict::HoldBack(_, found) = in_recovery(&answer, bench.expected()) else {
        panic!("it is another user's");
    };
    assert_eq!(found.home_account_id, Some(HomeAccountId::new("v.t")));
    let released = Expectation {
        is_released: true,
        ..bench.expected()
    };
    assert_eq!(shown(in_recovery(&answer, released)), "publish v.t");
    // Only the mismatch is accepted.
    let nobody = response(200, r#"{"access_token":"at","refresh_token":"rt"}"#);
    assert_eq!(
        shown(in_recovery(&nobody, released)),
        "hold back no_identity"
    );
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
