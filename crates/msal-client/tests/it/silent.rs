//! Tokens without the user: hits, renewals, and what holds when a renewal fails.

use std::sync::Arc;
use std::time::Duration;

use msal::{Account, Error, HttpErrorKind, ProtocolError, TokenSource};
use msal_emulator::sample::{
    ALICE, BOB, CAROL, CONTOSO, CONTOSO_ID, DESKTOP, FABRIKAM_ID, MIA, PASSWORD,
};
use msal_emulator::{Fault, Rotation, Settings};
use serde_json::{Value, json};

use crate::python::unsigned;
use crate::world::{DAY, GRAPH, HOST, MANAGEMENT, T0, World, authority, count, entry};

const MINUTE: Duration = Duration::from_secs(60);

/// Access tokens of a day that are to be renewed after half of it.
fn long_lived() -> Settings {
    Settings::default()
        .access_token_life(DAY)
        .refresh_in(DAY / 2)
}

/// A world in which alice is signed in to the desktop client.
async fn alice(world: &World) -> Account {
    let signed_in = world.sign_in(&world.desktop(), DESKTOP, ALICE).await;
    signed_in.account.unwrap()
}

#[tokio::test]
async fn a_cached_token_asks_nobody() {
    let world = World::new();
    let account = alice(&world).await;
    let before = world.http.sent().len();
    // A second application object has to load the cache, once.
    let app = world.desktop();
    let loads = world.store.loads();
    for scope in [GRAPH, "https://graph.microsoft.com/User.Read"] {
        let call = app.acquire_token_silent([scope], &account);
        let result = world.ask(call).await.unwrap();
        assert_eq!(result.token_source, TokenSource::Cache);
        assert_eq!(result.expires_on.as_secs(), T0.as_secs() + 3599);
        assert_eq!(result.account.as_ref(), Some(&account));
    }
    assert_eq!(world.http.sent().len(), before);
    assert_eq!((world.store.loads(), world.store.saves()), (loads + 1, 1));
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_it_expires() {
    let world = World::new();
    let account = alice(&world).await;
    let app = world.desktop();
    world.advance(Duration::from_secs(3599 - 300));
    let result = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert_eq!(result.unwrap().token_source, TokenSource::Cache);
    world.advance(Duration::from_secs(1));
    let result = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert_eq!(result.unwrap().token_source, TokenSource::IdentityProvider);
    assert_eq!(world.redemptions(), 2);
    let sent = world.http.sent().pop().unwrap();
    assert_eq!(sent.headers["x-client-current-telemetry"], "4|84,3|");
    assert_eq!(sent.headers["x-client-last-telemetry"], "4|1|||");
    let mailbox = format!("Oid:{}", account.home_account_id.as_str().replace('.', "@"));
    assert_eq!(sent.headers["x-anchormailbox"], mailbox.as_str());
}

#[tokio::test]
async fn a_renewal_updates_the_entries_it_came_from() {
    let world = World::new();
    let account = alice(&world).await;
    let before = world.store.json().await;
    world.advance(DAY);
    let app = world.desktop();
    let renewed = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert_eq!(renewed.unwrap().account.as_ref(), Some(&account));

    let answer = world.http.sent().pop().unwrap().answer;
    let now = T0.as_secs() + 86_400;
    let mut expected = before;
    let change = |expected: &mut Value, section: &str, changes: Value| {
        let (_, entry) = expected[section]
            .as_object_mut()
            .unwrap()
            .iter_mut()
            .next()
            .unwrap();
        for (member, value) in changes.as_object().unwrap() {
            entry[member] = value.clone();
        }
    };
    change(
        &mut expected,
        "AccessToken",
        json!({
            "secret": answer["access_token"],
            "cached_at": now.to_string(),
            "expires_on": (now + 3599).to_string(),
            "extended_expires_on": (now + 3599).to_string(),
        }),
    );
    change(
        &mut expected,
        "RefreshToken",
        json!({"secret": answer["refresh_token"], "last_modification_time": now.to_string()}),
    );
    change(
        &mut expected,
        "IdToken",
        json!({"secret": answer["id_token"]}),
    );
    assert_eq!(world.store.json().await, expected);
}

#[tokio::test]
async fn another_resource_is_another_access_token_and_the_same_refresh_token() {
    let world = World::new();
    let account = alice(&world).await;
    let app = world.desktop();
    let call = app.acquire_token_silent([MANAGEMENT], &account);
    let result = world.ask(call).await.unwrap();
    assert_eq!(result.token_source, TokenSource::IdentityProvider);
    let cache = world.store.json().await;
    assert_eq!(
        (count(&cache, "AccessToken"), count(&cache, "RefreshToken")),
        (2, 1)
    );
    let sent = world.http.sent().pop().unwrap();
    assert_eq!(sent.headers["x-client-current-telemetry"], "4|84,2|");
}

#[tokio::test]
async fn force_refresh_passes_over_a_good_token() {
    let world = World::new();
    let account = alice(&world).await;
    let app = world.desktop();
    let forced = app
        .acquire_token_silent([GRAPH], &account)
        .force_refresh(true);
    let fresh = world.ask(forced).await.unwrap();
    assert_eq!(fresh.token_source, TokenSource::IdentityProvider);
    let sent = world.http.sent().pop().unwrap();
    assert_eq!(sent.headers["x-client-current-telemetry"], "4|84,1|");
    // What it brought is what everybody is given from now on.
    let cached = world
        .ask(app.acquire_token_silent([GRAPH], &account))
        .await
        .unwrap();
    assert_eq!(cached.access_token, fresh.access_token);

    // Whoever forces wants a new token or an error, not the old one.
    world.http.fail(Some(HttpErrorKind::Unreachable));
    let forced = app
        .acquire_token_silent([GRAPH], &account)
        .force_refresh(true);
    assert!(matches!(world.ask(forced).await, Err(Error::Http(_))));
}

#[tokio::test]
async fn an_aging_token_is_renewed_before_it_expires() {
    let world = World::with(long_lived());
    let account = alice(&world).await;
    let app = world.desktop();
    world.advance(DAY / 2);
    let result = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert_eq!(result.unwrap().token_source, TokenSource::Cache, "not yet");
    world.advance(Duration::from_secs(1));
    let result = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    let result = result.unwrap();
    assert_eq!(result.token_source, TokenSource::IdentityProvider);
    assert_eq!(
        result.refresh_on.unwrap(),
        T0 + DAY / 2 + DAY / 2 + Duration::from_secs(1)
    );
    let sent = world.http.sent().pop().unwrap();
    assert_eq!(sent.headers["x-client-current-telemetry"], "4|84,4|");
}

#[tokio::test]
async fn an_aging_token_is_good_enough_whatever_keeps_it_from_being_renewed() {
    let stranger = json!({
        "aud": DESKTOP,
        "iss": "https://evil.example/v2.0",
        "sub": "subject",
        "tid": CONTOSO_ID,
    });
    let nothing: [(&str, &str); 0] = [];
    // RFC 9110 §15.6.4: the server itself is in trouble and does not say for how long, so that it is asked once more.
    let brief = [(Fault::unavailable(None), 2)];
    let lasting = [
        Fault::unavailable(Some(60)),
        Fault::throttle(60),
        Fault::aadsts(50173),
        Fault::aadsts(700_082),
        Fault::aadsts(50076),
        Fault::aadsts(7_000_215),
        Fault::respond(200, nothing, "<html>"),
        Fault::respond(200, nothing, r#"{"access_token":"#),
        Fault::tamper().set_member("id_token", "a.b"),
        Fault::tamper().set_member("id_token", unsigned(&stranger)),
        Fault::tamper().drop_member("access_token"),
    ];
    let lasting = lasting.map(|fault| (fault, 1));
    for (fault, requests) in brief.into_iter().chain(lasting) {
        let what = format!("{fault:?}");
        let world = World::with(long_lived());
        let account = alice(&world).await;
        let before = world.store.bytes().await;
        world.advance(DAY / 2 + MINUTE);
        world.emulator.add_fault(fault);
        falls_back(&world, &account, requests, &what).await;
        assert_eq!(world.store.bytes().await, before, "{what}");
    }
    for (outage, requests) in [
        (HttpErrorKind::Certificate, 1),
        (HttpErrorKind::Response, 1),
        (HttpErrorKind::Timeout, 1),
        // Nothing was sent, so that it may be tried once more.
        (HttpErrorKind::Unreachable, 2),
    ] {
        let world = World::with(long_lived());
        let account = alice(&world).await;
        world.advance(DAY / 2 + MINUTE);
        world.http.fail(Some(outage));
        falls_back(&world, &account, requests, &format!("{outage:?}")).await;
    }
}

/// The renewal is tried with so many requests, and the cached token returned all the same.
async fn falls_back(world: &World, account: &Account, requests: usize, what: &str) {
    let before = world.http.sent().len();
    let app = world.desktop();
    let result = world.ask(app.acquire_token_silent([GRAPH], account)).await;
    let result = result.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(result.token_source, TokenSource::Cache, "{what}");
    assert_eq!(result.expires_on, T0 + DAY, "{what}");
    assert_eq!(world.http.sent().len(), before + requests, "{what}");
}

#[tokio::test]
async fn an_expired_token_is_not_good_enough() {
    let world = World::new();
    let account = alice(&world).await;
    world.advance(DAY);
    world.emulator.add_fault(Fault::throttle(60));
    let app = world.desktop();
    let error = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    let error = error.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(error.retry_after(), Some(MINUTE));
}

#[tokio::test]
async fn a_user_who_was_never_here_must_sign_in() {
    let world = World::new();
    alice(&world).await;
    let stranger = Account::new(msal::HomeAccountId::new("no.body"), HOST);
    let before = world.http.sent().len();
    let app = world.desktop();
    let error = world
        .ask(app.acquire_token_silent([GRAPH], &stranger))
        .await;
    let Err(Error::InteractionRequired(required)) = error else {
        panic!("{error:?}")
    };
    assert!(
        required.service_error().is_none(),
        "the server was not asked"
    );
    assert_eq!(world.http.sent().len(), before);
}

#[tokio::test]
async fn a_refresh_token_slides_for_ninety_days_and_dies_after_them() {
    let world = World::new();
    let account = alice(&world).await;
    let app = world.desktop();
    // Two years without a sign-in.
    for _ in 0..9 {
        world.advance(89 * DAY);
        let result = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
        assert_eq!(result.unwrap().token_source, TokenSource::IdentityProvider);
    }
    world.advance(91 * DAY);
    let error = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::InteractionRequired(_)));
    assert_eq!(error.service_error().unwrap().codes, [700_082]);
}

#[tokio::test]
async fn a_revoked_users_refresh_token_stays_in_the_cache() {
    let world = World::new();
    let account = alice(&world).await;
    world.advance(DAY);
    let now = std::time::SystemTime::UNIX_EPOCH
        + Duration::from_secs(T0.as_secs().unsigned_abs() + 86_400);
    world.emulator.revoke_sessions(ALICE, now);
    let before = world.store.bytes().await;
    let app = world.desktop();
    for _ in 0..2 {
        let error = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
        let error = error.unwrap_err();
        assert!(matches!(error, Error::InteractionRequired(_)));
        assert_eq!(error.service_error().unwrap().codes, [50173]);
    }
    assert_eq!(world.store.bytes().await, before);
    // Signing in again is all it takes.
    world.advance(MINUTE);
    world.sign_in(&app, DESKTOP, ALICE).await;
    let result = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert!(result.is_ok());
}

#[tokio::test]
async fn a_changed_password_ends_what_a_public_client_holds() {
    let world = World::new();
    let account = alice(&world).await;
    world.advance(DAY);
    let now = std::time::SystemTime::UNIX_EPOCH
        + Duration::from_secs(T0.as_secs().unsigned_abs() + 86_400);
    world
        .emulator
        .change_password(ALICE, "Another-Passw0rd", now);
    world.leaks.add(PASSWORD);
    let app = world.desktop();
    let error = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert!(matches!(error, Err(Error::InteractionRequired(_))));
}

#[tokio::test]
async fn a_second_factor_for_one_resource_leaves_the_others_alone() {
    let world = World::new();
    let app = world.desktop();
    let mia = world.sign_in(&app, DESKTOP, MIA).await.account.unwrap();
    let error = world
        .ask(app.acquire_token_silent([MANAGEMENT], &mia))
        .await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::InteractionRequired(_)));
    assert!(error.claims().unwrap().contains("capolids"));
    world.advance(DAY);
    let graph = world.ask(app.acquire_token_silent([GRAPH], &mia)).await;
    assert_eq!(graph.unwrap().token_source, TokenSource::IdentityProvider);
}

#[tokio::test]
async fn strict_rotation_is_no_trouble() {
    let world = World::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    let account = alice(&world).await;
    let app = world.desktop();
    for _ in 0..5 {
        world.advance(DAY);
        // Another object on the same store: every second renewal is made by somebody else.
        let other = world.desktop();
        for app in [&app, &other] {
            let forced = app
                .acquire_token_silent([GRAPH], &account)
                .force_refresh(true);
            let result = world.ask(forced).await.unwrap();
            assert_eq!(result.token_source, TokenSource::IdentityProvider);
        }
    }
}

#[tokio::test]
async fn what_another_process_renewed_is_used_instead_of_asking_again() {
    let world = World::new();
    let account = alice(&world).await;
    let (here, there) = (world.desktop(), world.desktop());
    let seen = world
        .ask(here.acquire_token_silent([GRAPH], &account))
        .await;
    assert_eq!(seen.unwrap().token_source, TokenSource::Cache);
    world.advance(DAY);
    let renewed = world
        .ask(there.acquire_token_silent([GRAPH], &account))
        .await
        .unwrap();
    let before = world.redemptions();
    let result = world
        .ask(here.acquire_token_silent([GRAPH], &account))
        .await
        .unwrap();
    assert_eq!(result.token_source, TokenSource::Cache);
    assert_eq!(result.access_token, renewed.access_token);
    assert_eq!(world.redemptions(), before);
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_refused() {
    let world = World::new();
    let account = alice(&world).await;
    let app = world.desktop();
    world.sign_in(&app, DESKTOP, BOB).await;
    let bobs = world.http.sent().pop().unwrap().answer;
    let before = world.store.bytes().await;
    world.advance(DAY);
    // The server mixes up its users: the answer is sound, and it is bob's.
    let mixed_up = Fault::tamper()
        .set_member("client_info", bobs["client_info"].clone())
        .set_member("id_token", bobs["id_token"].clone());
    world.emulator.add_fault(mixed_up);
    let error = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    let Err(Error::Protocol(error)) = error else {
        panic!("{error:?}")
    };
    assert!(matches!(*error, ProtocolError::Identity { .. }));
    let issued = world.http.sent().pop().unwrap().answer["refresh_token"].clone();
    assert_eq!(error.refresh_tokens()[0].expose_secret(), issued);
    assert_eq!(world.store.bytes().await, before);
    world.emulator.clear_faults();
    let again = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert!(again.is_ok());
}

#[tokio::test]
async fn a_renewal_that_does_not_name_its_user_is_the_accounts() {
    for dropped in [
        &["client_info"][..],
        &["id_token"],
        &["client_info", "id_token"],
    ] {
        let strict = Settings::default().rotation(Rotation::SingleUse);
        let world = World::with(strict);
        let account = alice(&world).await;
        let laconic = dropped
            .iter()
            .fold(Fault::tamper(), |fault, member| fault.drop_member(*member));
        world.emulator.add_fault(laconic);
        let app = world.desktop();
        for _ in 0..3 {
            world.advance(DAY);
            let renewed = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
            let renewed = renewed.unwrap_or_else(|error| panic!("{dropped:?}: {error}"));
            assert_eq!(renewed.token_source, TokenSource::IdentityProvider);
            assert_eq!(renewed.account.as_ref(), Some(&account), "{dropped:?}");
            let hit = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
            assert_eq!(hit.unwrap().token_source, TokenSource::Cache, "{dropped:?}");
        }
        let cache = world.store.json().await;
        let issued = world.http.sent().pop().unwrap().answer["refresh_token"].clone();
        assert_eq!(entry(&cache, "RefreshToken", "")["secret"], issued);
        for section in ["AccessToken", "IdToken", "Account"] {
            assert_eq!(count(&cache, section), 1, "{dropped:?} {section}");
        }
    }
}

#[tokio::test]
async fn an_id_token_alone_tells_somebody_else_too() {
    let world = World::new();
    let account = alice(&world).await;
    let app = world.desktop();
    world.sign_in(&app, DESKTOP, BOB).await;
    let bobs = world.http.sent().pop().unwrap().answer["id_token"].clone();
    let before = world.store.bytes().await;
    world.advance(DAY);
    let mixed_up = Fault::tamper().drop_member("client_info");
    world
        .emulator
        .add_fault(mixed_up.set_member("id_token", bobs));
    let error = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    let Err(Error::Protocol(error)) = error else {
        panic!("{error:?}")
    };
    assert!(matches!(*error, ProtocolError::Identity { .. }));
    assert_eq!(world.store.bytes().await, before);
}

#[tokio::test]
async fn an_entry_under_an_alias_is_used_and_stays_under_it() {
    let world = World::new();
    alice(&world).await;
    let text = String::from_utf8(world.store.bytes().await.unwrap().to_vec()).unwrap();
    world
        .store
        .put(text.replace(HOST, "login.windows.net"))
        .await;
    let app = world.desktop();
    let account = world.ask(app.accounts()).await.unwrap().remove(0);
    assert_eq!(account.environment, "login.windows.net");
    let before = world.http.sent().len();
    let hit = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
    assert_eq!(world.http.sent().len(), before);

    world.advance(DAY);
    let renewed = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    let renewed = renewed.unwrap();
    assert_eq!(renewed.token_source, TokenSource::IdentityProvider);
    assert_eq!(renewed.account, Some(account));
    let sent = world.http.sent().pop().unwrap();
    assert!(
        sent.url.starts_with("https://login.windows.net/"),
        "{}",
        sent.url
    );
    let cache = world.store.json().await;
    for section in ["AccessToken", "RefreshToken", "IdToken", "Account"] {
        assert_eq!(count(&cache, section), 1, "{section}");
        assert_eq!(
            entry(&cache, section, "")["environment"],
            "login.windows.net"
        );
    }
}

#[tokio::test]
async fn a_token_of_another_cloud_is_not_sent() {
    let world = World::new();
    let account = alice(&world).await;
    let text = String::from_utf8(world.store.bytes().await.unwrap().to_vec()).unwrap();
    let elsewhere = text.replace(HOST, "login.microsoftonline.us");
    world.store.put(elsewhere).await;
    let before = world.http.sent().len();
    let app = world.desktop();
    let error = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert!(matches!(error, Err(Error::InteractionRequired(_))));
    assert_eq!(world.http.sent().len(), before);
}

#[tokio::test]
async fn under_common_the_home_tenants_token_will_do() {
    let world = World::new();
    let home = world.builder(DESKTOP).authority(authority(FABRIKAM_ID));
    let home = home.build().unwrap();
    let carol = world.sign_in(&home, DESKTOP, CAROL).await.account.unwrap();
    let common = world.builder(DESKTOP).authority(authority("common"));
    let common = common.build().unwrap();
    let result = world
        .ask(common.acquire_token_silent([GRAPH], &carol))
        .await;
    assert_eq!(result.unwrap().token_source, TokenSource::Cache);
    // A guest's token of another tenant is not what `common` would give.
    let guest = world.desktop();
    let result = world.ask(guest.acquire_token_silent([GRAPH], &carol)).await;
    assert_eq!(result.unwrap().token_source, TokenSource::IdentityProvider);
}

#[tokio::test]
async fn a_tenant_given_by_domain_becomes_its_guid() {
    let world = World::new();
    let app = world.builder(DESKTOP).authority(authority(CONTOSO));
    let app = app.build().unwrap();
    let account = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    assert_eq!(account.realm, CONTOSO_ID);
    let urls: Vec<_> = world.http.sent().into_iter().map(|sent| sent.url).collect();
    assert_eq!(
        urls,
        [
            format!("https://{HOST}/{CONTOSO}/v2.0/.well-known/openid-configuration"),
            format!("https://{HOST}/{CONTOSO_ID}/oauth2/v2.0/token"),
        ]
    );
    let result = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert_eq!(result.unwrap().token_source, TokenSource::Cache);
    assert_eq!(world.http.sent().len(), 2);
}

#[tokio::test]
async fn a_token_stored_under_a_guid_is_found_by_the_tenants_domain() {
    let world = World::new();
    let account = alice(&world).await;
    let by_domain = || world.builder(DESKTOP).authority(authority(CONTOSO));
    let (app, before) = (by_domain().build().unwrap(), world.redemptions());
    for _ in 0..2 {
        let result = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
        assert_eq!(result.unwrap().token_source, TokenSource::Cache);
    }
    assert_eq!(
        world.http.sent().len(),
        2,
        "the sign-in, and one look for the GUID"
    );
    assert_eq!(world.redemptions(), before);

    // Without an answer nobody knows the GUID, and the refresh token has nowhere to go.
    world.http.fail(Some(HttpErrorKind::Unreachable));
    let ignorant = world.runtime().with_clock(Arc::clone(&world.clock));
    let app = by_domain().runtime(ignorant).build().unwrap();
    let error = world.ask(app.acquire_token_silent([GRAPH], &account)).await;
    assert!(matches!(error, Err(Error::Http(_))));
    assert_eq!(world.redemptions(), before);
}
