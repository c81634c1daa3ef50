//! Redeeming a refresh token that another library obtained.

use msal::{Error, ProtocolError, RefreshToken, TokenSource};
use msal_emulator::Fault;
use msal_emulator::sample::{
    ALICE, BOB, CAROL, CONTOSO_ID, DESKTOP, FABRIKAM_ID, FAMILY_MAIL, WEB, WEB_SECRET,
};
use serde_json::{Value, json};

use crate::python::{Event, claims, unsigned};
use crate::world::{DAY, GRAPH, HOST, T0, World, authority, count, entry};

/// What MSAL Python would have written for the last answer of the token endpoint.
fn python_cache(world: &World, client_id: &str, realm: &str) -> Value {
    let sent = world.http.token_requests().pop().unwrap();
    let event = Event {
        client_id,
        environment: HOST,
        realm,
        asked: &sent.form["scope"],
        now: T0.as_secs(),
        answer: &sent.answer,
    };
    event.cache()
}

#[tokio::test]
async fn a_token_of_adal_becomes_the_entries_that_msal_python_writes() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let result = world
        .ask(
            world
                .desktop()
                .acquire_token_by_refresh_token(token, [GRAPH]),
        )
        .await
        .unwrap();

    assert_eq!(result.token_source, TokenSource::IdentityProvider);
    assert_eq!(result.expires_on.as_secs(), T0.as_secs() + 3599);
    assert_eq!(result.account.unwrap().username, ALICE);
    assert_eq!(
        result.id_token_claims.unwrap().name.unwrap(),
        "Alice Archer"
    );
    let cache = world.store.json().await;
    assert_eq!(cache, python_cache(&world, DESKTOP, CONTOSO_ID));
    assert_eq!(world.redemptions(), 1);
}

#[tokio::test]
async fn a_confidential_client_proves_itself() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, WEB);
    let app = world.web(WEB_SECRET);
    let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
    world.ask(call).await.unwrap();

    let sent = world.http.token_requests();
    assert_eq!(sent[0].form["client_secret"], WEB_SECRET);
    let cache = world.store.json().await;
    assert_eq!(cache, python_cache(&world, WEB, CONTOSO_ID));
}

#[tokio::test]
async fn under_common_the_realm_is_common_as_in_python() {
    let world = World::new();
    let token = world.adal_sign_in(CAROL, DESKTOP);
    let app = world.builder(DESKTOP).authority(authority("common"));
    let app = app.build().unwrap();
    let result = world
        .ask(app.acquire_token_by_refresh_token(token, [GRAPH]))
        .await
        .unwrap();

    let home = result.account.unwrap().home_account_id;
    assert!(home.as_str().ends_with(FABRIKAM_ID));
    let cache = world.store.json().await;
    assert_eq!(cache, python_cache(&world, DESKTOP, "common"));
}

#[tokio::test]
async fn a_member_of_the_family_is_recorded_as_one() {
    let world = World::new();
    let app = world.public(FAMILY_MAIL);
    world.sign_in(&app, FAMILY_MAIL, ALICE).await;
    let cache = world.store.json().await;
    assert_eq!(cache, python_cache(&world, FAMILY_MAIL, CONTOSO_ID));
    assert_eq!(entry(&cache, "AppMetadata", "")["family_id"], "1");
}

#[tokio::test]
async fn the_request_is_the_one_that_msal_python_sends() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let app = world.desktop();
    let call = app.acquire_token_by_refresh_token(token.clone(), [GRAPH]);
    world.ask(call).await.unwrap();

    let sent = world.http.sent().pop().unwrap();
    assert_eq!(
        sent.url,
        format!("https://{HOST}/{CONTOSO_ID}/oauth2/v2.0/token")
    );
    let form: Vec<_> = sent.form.keys().map(String::as_str).collect();
    let fields = [
        "client_id",
        "client_info",
        "grant_type",
        "refresh_token",
        "scope",
    ];
    assert_eq!(form, fields);
    assert_eq!(sent.form["refresh_token"], token.expose_secret());
    assert_eq!(
        sent.form["scope"],
        format!("{GRAPH} offline_access openid profile")
    );
    assert_eq!(sent.headers["x-client-current-telemetry"], "4|85,1|");
    assert_eq!(sent.headers["x-client-last-telemetry"], "4|0|||");
    assert!(!sent.headers.contains_key("x-anchormailbox"));
}

#[tokio::test]
async fn failures_are_reported_to_telemetry_until_a_success() {
    let world = World::new();
    let app = world.desktop();
    let refusal = Fault::aadsts(65001).grant("refresh_token").first(2);
    world.emulator.add_fault(refusal);
    for _ in 0..4 {
        let token = world.adal_sign_in(ALICE, DESKTOP);
        let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
        let _refused_twice = world.ask(call).await;
    }
    let sent = world.http.token_requests();
    let id = |number: usize| sent[number].headers["client-request-id"].to_str().unwrap();
    let last: Vec<_> = sent
        .iter()
        .map(|sent| sent.headers["x-client-last-telemetry"].to_str().unwrap())
        .collect();
    assert_ne!(id(0), id(1));
    assert_eq!(last[1], format!("4|0|85,{}|invalid_grant|", id(0)));
    let both = format!("4|0|85,{},85,{}|invalid_grant,invalid_grant|", id(0), id(1));
    assert_eq!(last[2], both);
    assert_eq!(last[3], "4|0|||");
}

#[tokio::test]
async fn several_users_share_a_cache() {
    let world = World::new();
    let app = world.desktop();
    for upn in [ALICE, BOB, CAROL, "user7@contoso.example"] {
        world.sign_in(&app, DESKTOP, upn).await;
    }
    let names: Vec<_> = world.ask(app.accounts()).await.unwrap();
    let names: Vec<_> = names.iter().map(|account| &account.username).collect();
    assert_eq!(names, [ALICE, BOB, CAROL, "user7@contoso.example"]);
    assert_eq!(count(&world.store.json().await, "RefreshToken"), 4);
    assert_eq!(count(&world.store.json().await, "AppMetadata"), 1);
}

#[tokio::test]
async fn one_answer_is_one_save() {
    let world = World::new();
    let app = world.desktop();
    world.sign_in(&app, DESKTOP, ALICE).await;
    assert_eq!((world.store.loads(), world.store.saves()), (1, 1));
}

#[tokio::test]
async fn a_token_that_is_not_replaced_is_kept() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let unrotated = Fault::tamper().drop_member("refresh_token").first(1);
    world.emulator.add_fault(unrotated);
    let app = world.desktop();
    let call = app.acquire_token_by_refresh_token(token.clone(), [GRAPH]);
    let result = world.ask(call).await.unwrap();

    let cache = world.store.json().await;
    let kept = entry(&cache, "RefreshToken", "");
    assert_eq!(kept["secret"], token.expose_secret());
    // And it is as good as any other.
    world.advance(DAY);
    let account = result.account.unwrap();
    let renewed = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert_eq!(renewed.unwrap().token_source, TokenSource::IdentityProvider);
}

#[tokio::test]
async fn without_client_info_the_user_is_known_by_the_id_token() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    world
        .emulator
        .add_fault(Fault::tamper().drop_member("client_info"));
    let app = world.desktop();
    let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
    let result = world.ask(call).await.unwrap();

    let subject = result.id_token_claims.unwrap().subject;
    let account = result.account.unwrap();
    assert_eq!(account.home_account_id.as_str(), subject);
    let cache = world.store.json().await;
    assert_eq!(cache, python_cache(&world, DESKTOP, CONTOSO_ID));
    let again = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert_eq!(again.unwrap().token_source, TokenSource::Cache);
    // A renewal that says more is still about the same user.
    world.emulator.clear_faults();
    world.advance(DAY);
    let renewed = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert_eq!(renewed.unwrap().account, Some(account));
    assert_eq!(count(&world.store.json().await, "RefreshToken"), 1);
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_the_user_gives_a_token_and_no_account() {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let anonymous = Fault::tamper().drop_member("client_info");
    world.emulator.add_fault(anonymous.drop_member("id_token"));
    let app = world.desktop();
    let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
    let result = world.ask(call).await.unwrap();

    assert!(result.account.is_none());
    assert!(world.ask(app.accounts()).await.unwrap().is_empty());
    let cache = world.store.json().await;
    assert_eq!(cache, python_cache(&world, DESKTOP, CONTOSO_ID));
    assert!(entry(&cache, "RefreshToken", "")["home_account_id"].is_null());
}

#[tokio::test]
async fn redeeming_again_replaces_the_entries() {
    let world = World::new();
    let app = world.desktop();
    world.sign_in(&app, DESKTOP, ALICE).await;
    world.sign_in(&app, DESKTOP, ALICE).await;
    assert_eq!(
        world.store.json().await,
        python_cache(&world, DESKTOP, CONTOSO_ID)
    );
}

#[tokio::test]
async fn scopes_that_may_not_be_asked_for_send_nothing() {
    let world = World::new();
    let app = world.desktop();
    for scope in [
        "openid",
        "offline_access",
        "profile",
        "",
        "two words",
        "\u{e9}",
    ] {
        let token = RefreshToken::from("1.AXYA-never-sent-anywhere");
        let call = app.acquire_token_by_refresh_token(token, [scope]);
        let refused = world.ask(call).await;
        assert!(matches!(refused, Err(Error::Config(_))), "{scope:?}");
    }
    assert_eq!(world.http.sent().len(), 0);
    assert_eq!(world.store.loads(), 0);
}

/// Lets a redemption be answered oddly, and checks that nothing is cached and no refresh token is lost: `written` are
/// those in the answer, unless the emulator issued one.
async fn is_refused(odd: Fault, written: &[&str]) -> ProtocolError {
    let world = World::new();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    world.emulator.add_fault(odd);
    let app = world.desktop();
    let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
    let Err(Error::Protocol(error)) = world.ask(call).await else {
        panic!("an odd answer was believed");
    };
    assert_eq!(world.store.bytes().await, None, "{error}");
    assert_eq!(world.store.saves(), 0, "{error}");
    assert!(world.ask(app.accounts()).await.unwrap().is_empty());
    let sent = world.http.token_requests().pop().unwrap();
    let issued = sent.answer["refresh_token"].as_str();
    let salvaged = error.refresh_tokens();
    let salvaged: Vec<_> = salvaged.iter().map(RefreshToken::expose_secret).collect();
    match issued.filter(|_| written.is_empty()) {
        Some(issued) => assert_eq!(salvaged, [issued], "{error}"),
        None => assert_eq!(salvaged, written, "{error}"),
    }
    error.into_inner()
}

#[tokio::test]
async fn odd_members_are_refused_and_the_refresh_token_is_kept() {
    for (member, value) in [
        ("access_token", json!(null)),
        ("access_token", json!("")),
        ("access_token", json!(7)),
        ("client_info", json!("%%%")),
        ("client_info", json!(7)),
        ("client_info", json!(["x"])),
        ("error", json!("invalid_grant")),
        ("id_token", json!("a.b")),
        ("id_token", json!("a.b.c.d")),
        ("id_token", json!("a.!!.c")),
        ("id_token", json!(7)),
        ("id_token", json!({})),
        ("id_token", json!(unsigned(&json!([])))),
        ("id_token", json!(unsigned(&json!({"aud": DESKTOP})))),
    ] {
        let odd = Fault::tamper().set_member(member, value.clone());
        let error = is_refused(odd, &[]).await;
        assert!(
            matches!(error, ProtocolError::Response(_)),
            "{member} {value}: {error:?}"
        );
    }
    is_refused(Fault::tamper().drop_member("access_token"), &[]).await;
}

#[tokio::test]
async fn bodies_that_are_no_answer_are_refused_and_searched_for_the_refresh_token() {
    let cut = r#"{"access_token":"AT-cut","refresh_token":"RT-in-a-cut-body-012345","expires_in":"#;
    let twice = r#"{"access_token":"AT-t","refresh_token":"RT-first-of-two-0123","refresh_token":"RT-second-of-two-012"}"#;
    let list = r#"[{"refresh_token":"RT-in-a-list-0123456789"}]"#;
    for (body, expected) in [
        (cut, &["RT-in-a-cut-body-012345"][..]),
        (twice, &["RT-first-of-two-0123", "RT-second-of-two-012"]),
        (list, &["RT-in-a-list-0123456789"]),
        ("<html><body>Sign in</body></html>", &[]),
        ("", &[]),
        ("null", &[]),
        ("{}", &[]),
    ] {
        let json = [("Content-Type", "application/json")];
        let error = is_refused(Fault::respond(200, json, body), expected).await;
        assert!(matches!(error, ProtocolError::Response(_)), "{body}");
    }
}

#[tokio::test]
async fn an_id_token_of_somebody_elses_is_refused() {
    let sound = json!({
        "aud": DESKTOP,
        "iss": format!("https://{HOST}/{CONTOSO_ID}/v2.0"),
        "sub": "subject",
        "oid": "oid",
        "tid": CONTOSO_ID,
    });
    let with = |claim: &str, value: Value| {
        let mut claims = sound.clone();
        claims[claim] = value;
        Fault::tamper().set_member("id_token", unsigned(&claims))
    };
    for (claim, value) in [
        ("aud", json!(WEB)),
        ("aud", json!([WEB])),
        ("aud", json!([DESKTOP, WEB])),
        ("aud", json!(7)),
        ("sub", json!("")),
        ("sub", json!(7)),
    ] {
        let error = is_refused(with(claim, value), &[]).await;
        assert!(matches!(error, ProtocolError::Response(_)), "{error:?}");
    }
    for (claim, value) in [
        ("iss", json!("https://evil.example/v2.0")),
        ("iss", json!(format!("https://{HOST}/{FABRIKAM_ID}/v2.0"))),
        (
            "iss",
            json!(format!(
                "https://login.microsoftonline.us/{CONTOSO_ID}/v2.0"
            )),
        ),
        ("iss", json!("no url")),
        ("tid", json!(FABRIKAM_ID)),
        ("tid", json!(null)),
    ] {
        let error = is_refused(with(claim, value), &[]).await;
        assert!(matches!(error, ProtocolError::IdToken { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn odd_numbers_do_not_cost_the_sign_in() {
    for (member, value) in [
        ("expires_in", json!("3599")),
        ("expires_in", json!("abc")),
        ("expires_in", json!(null)),
        ("expires_in", json!(3599.5)),
        ("expires_in", json!([3599])),
        ("refresh_in", json!("1800")),
        ("ext_expires_in", json!(-1)),
        ("scope", json!(null)),
        ("scope", json!(["User.Read"])),
        ("token_type", json!(7)),
        ("error", json!(null)),
    ] {
        let world = World::new();
        let token = world.adal_sign_in(ALICE, DESKTOP);
        let odd = Fault::tamper().set_member(member, value.clone());
        world.emulator.add_fault(odd);
        let app = world.desktop();
        let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
        let result = world.ask(call).await;
        assert!(result.is_ok(), "{member} {value}: {result:?}");
        assert_eq!(count(&world.store.json().await, "RefreshToken"), 1);
    }
}

#[tokio::test]
async fn a_guest_is_at_home_elsewhere() {
    let world = World::new();
    let app = world.desktop();
    let result = world.sign_in(&app, DESKTOP, CAROL).await;
    let account = result.account.unwrap();
    assert!(account.home_account_id.as_str().ends_with(FABRIKAM_ID));
    assert_eq!(account.realm, CONTOSO_ID);
    let access_token = claims(result.access_token.expose_secret());
    assert_eq!(access_token["tid"], CONTOSO_ID);
    assert_eq!(access_token["oid"], account.local_account_id);
}
