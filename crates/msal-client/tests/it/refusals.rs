//! What the server's refusals become: who must act, whether to try again, and when.

use std::time::Duration;

use msal::{Error, HttpErrorKind, RefreshToken};
use msal_emulator::sample::{
    ALICE, BOB, CAROL, DESKTOP, FABRIKAM_ID, FAMILY_MAIL, MIA, REPORTS, WEB, WEB_SECRET,
};
use msal_emulator::{Fault, catalogue};

use crate::world::{DAY, GRAPH, MANAGEMENT, VAULT, World, authority};

/// What a caller is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The user must sign in.
    Interaction,
    /// Change the application, its registration or its secret.
    Configuration,
    /// Try again later.
    Transient,
}

fn verdict(error: &Error) -> Verdict {
    match error {
        Error::InteractionRequired(_) if !error.is_transient() => Verdict::Interaction,
        Error::Service(_) if error.is_transient() => Verdict::Transient,
        Error::Service(_) => Verdict::Configuration,
        other => panic!("not a refusal: {other:?}"),
    }
}

/// The error that a redemption by the desktop client ends in.
async fn refused(world: &World, token: RefreshToken, scope: &str) -> Error {
    let app = world.desktop();
    let call = app.acquire_token_by_refresh_token(token, [scope]);
    let error = world.ask(call).await.unwrap_err();
    assert_eq!(world.store.saves(), 0, "a refusal is not cached");
    error
}

/// The error that an answer of the token endpoint becomes.
async fn answered(fault: Fault) -> Error {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    world.emulator.add_fault(fault);
    refused(&world, token, GRAPH).await
}

fn code(error: &Error) -> i64 {
    error.service_error().unwrap().codes[0]
}

#[tokio::test]
async fn a_token_that_was_idle_for_too_long_needs_its_user() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    world.advance(91 * DAY);
    let error = refused(&world, token, GRAPH).await;
    assert_eq!(
        (verdict(&error), code(&error)),
        (Verdict::Interaction, 700_082)
    );
    assert_eq!(
        error.service_error().unwrap().suberror.as_deref(),
        Some("bad_token")
    );
}

#[tokio::test]
async fn a_revoked_token_needs_its_user() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    world.emulator.revoke_refresh_token(token.expose_secret());
    let error = refused(&world, token, GRAPH).await;
    assert_eq!(
        (verdict(&error), code(&error)),
        (Verdict::Interaction, 50173)
    );
    assert_eq!(
        error.service_error().unwrap().suberror.as_deref(),
        Some("bad_token")
    );
}

#[tokio::test]
async fn a_malformed_token_needs_its_user() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    for broken in [
        &token.expose_secret()[..600],
        &token.expose_secret().to_lowercase(),
        "not-a-refresh-token-at-all",
    ] {
        let error = refused(&world, RefreshToken::from(broken), GRAPH).await;
        assert_eq!(
            (verdict(&error), code(&error)),
            (Verdict::Interaction, 9_002_313)
        );
    }
}

#[tokio::test]
async fn no_token_is_the_applications_mistake() {
    let world = World::new();
    let error = refused(&world, RefreshToken::from(""), GRAPH).await;
    assert_eq!(
        (verdict(&error), code(&error)),
        (Verdict::Configuration, 900_144)
    );
}

#[tokio::test]
async fn a_token_of_another_client_needs_the_user_of_this_one() {
    for (owner, family) in [(WEB, false), (FAMILY_MAIL, true)] {
        let world = World::new();
        let token = world.adal_sign_in(ALICE, owner);
        let error = refused(&world, token, GRAPH).await;
        assert_eq!(
            (verdict(&error), code(&error)),
            (Verdict::Interaction, 70000)
        );
        let suberror = error.service_error().unwrap().suberror.as_deref();
        assert_eq!(suberror, family.then_some("client_mismatch"));
    }
}

#[tokio::test]
async fn a_missing_or_wrong_secret_is_the_applications_mistake() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, WEB);
    let without = world.public(WEB);
    let call = without.acquire_token_by_refresh_token(token.clone(), [GRAPH]);
    let error = world.ask(call).await.unwrap_err();
    assert_eq!(
        (verdict(&error), code(&error)),
        (Verdict::Configuration, 7_000_218)
    );

    let wrong = world.web("not-the-right-secret");
    let call = wrong.acquire_token_by_refresh_token(token.clone(), [GRAPH]);
    let error = world.ask(call).await.unwrap_err();
    assert_eq!(
        (verdict(&error), code(&error)),
        (Verdict::Configuration, 7_000_215)
    );
    assert_eq!(error.service_error().unwrap().status, 401);

    // The token itself was none the worse for it.
    let right = world.web(WEB_SECRET);
    let call = right.acquire_token_by_refresh_token(token, [GRAPH]);
    assert!(world.ask(call).await.is_ok());
}

#[tokio::test]
async fn a_client_nobody_registered_is_the_applications_mistake() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let stranger = world.public("0a0a0a0a-0000-4000-8000-00000000ffff");
    let call = stranger.acquire_token_by_refresh_token(token, [GRAPH]);
    let error = world.ask(call).await.unwrap_err();
    assert_eq!(
        (verdict(&error), code(&error)),
        (Verdict::Configuration, 700_016)
    );
}

#[tokio::test]
async fn a_resource_or_scope_that_does_not_exist_is_the_applications_mistake() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    for (scope, expected) in [
        ("https://nowhere.example/.default", 500_011),
        ("Unheard.Of", 70011),
    ] {
        let error = refused(&world, token.clone(), scope).await;
        assert_eq!(
            (verdict(&error), code(&error)),
            (Verdict::Configuration, expected)
        );
    }
}

#[tokio::test]
async fn consent_a_second_factor_and_conditional_access_need_the_user() {
    let reports = format!("{REPORTS}/.default");
    for (upn, tenant, scope, code_expected, suberror, has_claims) in [
        (
            CAROL,
            FABRIKAM_ID,
            reports.as_str(),
            65001,
            "consent_required",
            false,
        ),
        (
            MIA,
            "contoso.example",
            MANAGEMENT,
            50076,
            "basic_action",
            true,
        ),
        (BOB, "contoso.example", VAULT, 53003, "message_only", true),
    ] {
        let world = World::new();
        let token = world.adal_sign_in(upn, DESKTOP);
        let app = world.builder(DESKTOP).authority(authority(tenant));
        let app = app.build().unwrap();
        let call = app.acquire_token_by_refresh_token(token.clone(), [scope]);
        let error = world.ask(call).await.unwrap_err();

        assert_eq!(
            (verdict(&error), code(&error)),
            (Verdict::Interaction, code_expected)
        );
        let refusal = error.service_error().unwrap();
        assert_eq!(refusal.error, "invalid_grant", "at v2");
        assert_eq!(refusal.suberror.as_deref(), Some(suberror));
        assert_eq!(error.claims().is_some(), has_claims, "{upn}");
        let elsewhere = app.acquire_token_by_refresh_token(token, [GRAPH]);
        assert!(world.ask(elsewhere).await.is_ok());
    }
}

#[tokio::test]
async fn the_claims_of_a_challenge_come_through_unchanged() {
    let claims = r#"{"access_token":{"capolids":{"essential":true,"values":["9f2a"]}}}"#;
    let error = answered(Fault::aadsts(53003).claims(claims)).await;
    assert_eq!(error.claims(), Some(claims));
}

#[tokio::test]
async fn the_correlation_id_is_the_one_that_was_sent() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    world.emulator.add_fault(Fault::aadsts(65001));
    let error = refused(&world, token, GRAPH).await;
    let sent = world.http.sent().pop().unwrap();
    assert_eq!(
        error.correlation_id().unwrap(),
        sent.headers["client-request-id"]
    );
}

#[tokio::test]
async fn being_throttled_passes_and_says_when() {
    let error = answered(Fault::throttle(17)).await;
    assert_eq!(verdict(&error), Verdict::Transient);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(17)));
}

#[tokio::test]
async fn the_wait_may_be_given_as_a_date() {
    // The world begins on 2023-11-14 at 22:13:20.
    let date = [("Retry-After", "Tue, 14 Nov 2023 22:14:05 GMT")];
    let error = answered(Fault::respond(429, date, "Too Many Requests")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(45)));
}

#[tokio::test]
async fn a_wait_out_of_proportion_is_cut() {
    for (header, expected) in [("0", 1), ("-5", 1), ("86400", 3600)] {
        let error = answered(Fault::respond(429, [("Retry-After", header)], "")).await;
        assert_eq!(error.retry_after(), Some(Duration::from_secs(expected)));
    }
    let error = answered(Fault::respond(429, [("Retry-After", "soon")], "")).await;
    assert_eq!(error.retry_after(), None);
    assert!(error.is_transient());
}

#[tokio::test]
async fn an_outage_passes_whatever_the_body() {
    for status in [408, 500, 502, 503, 504] {
        for body in ["", "Service Unavailable", "<html>down</html>", "{}", "[1]"] {
            let nothing: [(&str, &str); 0] = [];
            let error = answered(Fault::respond(status, nothing, body)).await;
            assert_eq!(verdict(&error), Verdict::Transient, "{status} {body}");
        }
    }
    let error = answered(Fault::unavailable(Some(30))).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    assert_eq!(answered(Fault::unavailable(None)).await.retry_after(), None);
}

#[tokio::test]
async fn a_page_of_a_proxy_is_no_refusal_of_the_token() {
    let html = [("Content-Type", "text/html")];
    let error = answered(Fault::respond(403, html, "<html>blocked</html>")).await;
    assert_eq!(verdict(&error), Verdict::Configuration);
    let said = "the token endpoint refused: HTTP 403; find out who answered in the server's place: a proxy";
    assert!(error.to_string().starts_with(said), "{error}");
    let error = answered(Fault::respond(
        302,
        [("Location", "https://x.example/")],
        "",
    ))
    .await;
    assert_eq!(verdict(&error), Verdict::Configuration);
}

#[tokio::test]
async fn no_answer_passes_and_says_whether_the_token_may_have_been_spent() {
    for (kind, transient, sent) in [
        (HttpErrorKind::Certificate, false, false),
        (HttpErrorKind::CertificateExpired, false, false),
        (HttpErrorKind::CertificateIssuer, false, false),
        (HttpErrorKind::CertificateName, false, false),
        (HttpErrorKind::CertificateNotYetValid, false, false),
        (HttpErrorKind::ConnectTimeout, true, false),
        (HttpErrorKind::ConnectionRefused, true, false),
        (HttpErrorKind::NameNotFound, true, false),
        (HttpErrorKind::NotTls, true, false),
        (HttpErrorKind::Proxy, true, false),
        (HttpErrorKind::Request, false, false),
        (HttpErrorKind::Response, true, true),
        (HttpErrorKind::ResponseTooLarge, true, true),
        (HttpErrorKind::Timeout, true, true),
        (HttpErrorKind::Unreachable, true, false),
    ] {
        let world = World::new();
        let token = world.adal_sign_in(ALICE, DESKTOP);
        world.http.fail(Some(kind));
        let error = refused(&world, token, GRAPH).await;
        assert_eq!(error.is_transient(), transient, "{kind:?}");
        let Error::Http(error) = error else {
            panic!("{error:?}")
        };
        assert_eq!((error.kind(), error.may_have_been_sent()), (kind, sent));
    }
}

/// Signing in at the wrong place again would end in the same refusal.
#[tokio::test]
async fn a_refusal_of_the_place_sends_no_user_to_sign_in() {
    for code in [
        50_020, 50_034, 50_059, 50_128, 90_002, 90_072, 700_016, 7_000_012,
    ] {
        for error in ["invalid_grant", "interaction_required"] {
            let body = format!(r#"{{"error":"{error}","error_codes":[{code}]}}"#);
            let kind = [("content-type", "application/json")];
            let error = answered(Fault::respond(400, kind, body)).await;
            assert_eq!(verdict(&error), Verdict::Configuration, "AADSTS{code}");
            let words = error.to_string();
            assert!(!words.contains("sign in"), "{words}");
        }
    }
}

#[tokio::test]
async fn every_known_refusal_has_its_verdict() {
    let transient = [50033, 50196, 90006, 90024, 90033, 90055];
    let of_the_place = [
        50_020, 50_034, 50_059, 50_128, 50_194, 51_004, 70_001, 90_002, 90_019, 90_072, 500_208,
        500_131, 7_000_114, 650_051, 650_052, 650_056, 700_005, 700_016, 700_038, 7_000_012,
        7_000_112, 9_002_331,
    ];
    for row in catalogue() {
        let error = answered(Fault::aadsts(row.code())).await;
        let expected = match row.error_v2() {
            _ if transient.contains(&row.code()) => Verdict::Transient,
            _ if of_the_place.contains(&row.code()) => Verdict::Configuration,
            "invalid_grant" | "interaction_required" | "login_required" => Verdict::Interaction,
            // RFC 8628 §3.5: the user said no, or came too late.
            "access_denied" | "authorization_declined" | "expired_token" => Verdict::Interaction,
            _ => Verdict::Configuration,
        };
        assert_eq!(verdict(&error), expected, "AADSTS{}", row.code());
        let refusal = error.service_error().unwrap();
        assert_eq!(refusal.codes, [i64::from(row.code())]);
        assert_eq!(refusal.suberror.as_deref(), row.suberror());
        assert!(error.to_string().contains(&format!("AADSTS{}", row.code())));
        assert!(error.correlation_id().is_some());
    }
}
