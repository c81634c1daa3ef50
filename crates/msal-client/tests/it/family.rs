//! The family of client ids: one refresh token for all of Microsoft's own clients.

use msal::{Error, TokenSource};
use msal_emulator::sample::{ALICE, DESKTOP, FAMILY_FILES, FAMILY_MAIL, MIA};
use msal_emulator::{Rotation, Settings};
use serde_json::json;

use crate::world::{DAY, GRAPH, MANAGEMENT, World, count, entry};

#[tokio::test]
async fn a_member_that_was_never_seen_uses_the_familys_token() {
    let world = World::new();
    let mail = world.public(FAMILY_MAIL);
    let alice = world
        .sign_in(&mail, FAMILY_MAIL, ALICE)
        .await
        .account
        .unwrap();
    let files = world.public(FAMILY_FILES);
    let result = world.ask(files.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(result.unwrap().token_source, TokenSource::IdentityProvider);

    let cache = world.store.json().await;
    // The one entry was updated where it was, and the new member is known as one from now on.
    let shared = entry(&cache, "RefreshToken", "");
    assert_eq!(
        (&shared["client_id"], &shared["family_id"]),
        (&json!(FAMILY_MAIL), &json!("1"))
    );
    let issued = world.http.sent().pop().unwrap().answer["refresh_token"].clone();
    assert_eq!(shared["secret"], issued);
    assert_eq!(count(&cache, "AppMetadata"), 2);
    assert_eq!(count(&cache, "AccessToken"), 2);
}

#[tokio::test]
async fn members_take_turns_under_strict_rotation() {
    let world = World::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    let members = [world.public(FAMILY_MAIL), world.public(FAMILY_FILES)];
    let signed_in = world.sign_in(&members[0], FAMILY_MAIL, ALICE).await;
    let alice = signed_in.account.unwrap();
    for _ in 0..4 {
        world.advance(DAY);
        for member in &members {
            let result = world
                .ask(member.acquire_token_silent([GRAPH], &alice))
                .await;
            assert_eq!(result.unwrap().token_source, TokenSource::IdentityProvider);
        }
    }
    assert_eq!(count(&world.store.json().await, "RefreshToken"), 1);
}

#[tokio::test]
async fn a_stranger_asks_once_and_must_sign_in() {
    let world = World::new();
    let mail = world.public(FAMILY_MAIL);
    let alice = world
        .sign_in(&mail, FAMILY_MAIL, ALICE)
        .await
        .account
        .unwrap();
    let before = world.store.bytes().await;
    let desktop = world.desktop();
    let error = world
        .ask(desktop.acquire_token_silent([GRAPH], &alice))
        .await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::InteractionRequired(_)));
    let suberror = error.service_error().unwrap().suberror.as_deref();
    assert_eq!(suberror, Some("client_mismatch"));
    assert_eq!(world.store.bytes().await, before);
    assert_eq!(world.redemptions(), 2);
}

#[tokio::test]
async fn a_stranger_with_a_token_of_its_own_leaves_the_familys_alone() {
    let world = World::new();
    world
        .sign_in(&world.public(FAMILY_MAIL), FAMILY_MAIL, ALICE)
        .await;
    let desktop = world.desktop();
    let alice = world
        .sign_in(&desktop, DESKTOP, ALICE)
        .await
        .account
        .unwrap();
    let before = world.http.token_requests().len();
    world.advance(DAY);
    for scope in [GRAPH, MANAGEMENT] {
        assert!(
            world
                .ask(desktop.acquire_token_silent([scope], &alice))
                .await
                .is_ok()
        );
    }
    assert_eq!(world.http.token_requests().len(), before + 2);
}

#[tokio::test]
async fn a_member_whose_own_token_died_uses_the_familys() {
    let world = World::new();
    let mail = world.public(FAMILY_MAIL);
    let alice = world
        .sign_in(&mail, FAMILY_MAIL, ALICE)
        .await
        .account
        .unwrap();
    let files = world.public(FAMILY_FILES);
    world.sign_in(&files, FAMILY_FILES, ALICE).await;
    let cache = world.store.json().await;
    let entries = cache["RefreshToken"].as_object().unwrap();
    let own = entries
        .values()
        .find(|entry| entry["client_id"] == FAMILY_FILES)
        .unwrap();
    world
        .emulator
        .revoke_refresh_token(own["secret"].as_str().unwrap());
    world.advance(DAY);
    let result = world.ask(files.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(result.unwrap().token_source, TokenSource::IdentityProvider);
}

#[tokio::test]
async fn the_refusal_of_an_own_token_says_more_than_that_of_the_familys() {
    let world = World::new();
    world
        .sign_in(&world.public(FAMILY_MAIL), FAMILY_MAIL, MIA)
        .await;
    let signed_in = world.sign_in(&world.desktop(), DESKTOP, MIA).await;
    let mia = signed_in.account.unwrap();
    // A cache of MSAL Node's does not say which clients are in no family, so both tokens are worth trying.
    let mut cache = world.store.json().await;
    cache["AppMetadata"] = json!({});
    world.store.put(cache.to_string()).await;
    let app = world.desktop();
    let error = world
        .ask(app.acquire_token_silent([MANAGEMENT], &mia))
        .await;
    let error = error.unwrap_err();
    assert_eq!(world.redemptions(), 4);
    assert_eq!(error.service_error().unwrap().codes, [50076]);
    assert!(error.claims().is_some(), "the next sign-in needs them");
}
