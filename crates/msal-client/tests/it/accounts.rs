//! Listing accounts and signing them out.

use msal::{ConfigError, Error, FileStore, PublicClientApplication, TokenSource};
use msal_emulator::sample::{ALICE, BOB, CAROL, DESKTOP, FAMILY_FILES, FAMILY_MAIL};
use serde_json::{Value, json};

use crate::world::{DAY, GRAPH, HOST, MANAGEMENT, World, count, entry};

async fn names(world: &World, app: &PublicClientApplication) -> Vec<String> {
    let accounts = world.ask(app.accounts()).await.unwrap();
    accounts
        .into_iter()
        .map(|account| account.username)
        .collect()
}

#[tokio::test]
async fn listing_accounts_asks_nobody() {
    let world = World::new();
    let app = world.desktop();
    assert_eq!(names(&world, &app).await, [""; 0]);
    for upn in [ALICE, BOB] {
        world.sign_in(&app, DESKTOP, upn).await;
    }
    let before = world.http.sent().len();
    assert_eq!(names(&world, &world.desktop()).await, [ALICE, BOB]);
    assert_eq!(world.http.sent().len(), before);
}

#[tokio::test]
async fn accounts_of_other_applications_are_listed() {
    let world = World::new();
    world
        .sign_in(&world.public(FAMILY_MAIL), FAMILY_MAIL, ALICE)
        .await;
    world.sign_in(&world.desktop(), DESKTOP, BOB).await;
    for client in [DESKTOP, FAMILY_MAIL, FAMILY_FILES] {
        assert_eq!(names(&world, &world.public(client)).await, [ALICE, BOB]);
    }
}

#[tokio::test]
async fn what_another_process_added_is_listed() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    world.sign_in(&here, DESKTOP, ALICE).await;
    world.sign_in(&there, DESKTOP, BOB).await;
    assert_eq!(names(&world, &here).await, [ALICE, BOB]);
}

#[tokio::test]
async fn an_account_is_found_by_its_name_and_by_its_id() {
    let world = World::new();
    let app = world.desktop();
    for upn in [ALICE, BOB] {
        world.sign_in(&app, DESKTOP, upn).await;
    }
    let alice = world.ask(app.account(ALICE)).await.unwrap().unwrap();
    assert_eq!(alice.username, ALICE);
    let id = alice.home_account_id.as_str();
    for name in [&ALICE.to_uppercase(), id, &id.to_uppercase()] {
        assert_eq!(
            world.ask(app.account(name)).await.unwrap(),
            Some(alice.clone())
        );
    }
    for name in ["nobody@contoso.example", ""] {
        assert_eq!(world.ask(app.account(name)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn of_two_accounts_with_one_name_none_is_chosen() {
    let world = World::new();
    let app = world.desktop();
    for upn in [ALICE, BOB] {
        world.sign_in(&app, DESKTOP, upn).await;
    }
    let mut json = world.store.json().await;
    for (_key, account) in json["Account"].as_object_mut().unwrap() {
        account["username"] = ALICE.into();
    }
    world.store.put(json.to_string()).await;
    let error = world.ask(app.account(ALICE)).await.unwrap_err();
    assert!(
        matches!(error, Error::Config(ConfigError::AmbiguousUsername)),
        "{error}"
    );
}

#[tokio::test]
async fn the_scopes_of_a_result_can_be_asked_for_again() {
    let world = World::new();
    let app = world.desktop();
    let result = world.sign_in(&app, DESKTOP, ALICE).await;
    let account = result.account.unwrap();
    let sent = world.http.sent().len();
    let again = app.acquire_token_silent(&result.scopes, &account);
    let again = world.ask(again).await.unwrap();
    assert_eq!(again.token_source, TokenSource::Cache);
    let one = app.acquire_token_silent(GRAPH, &account);
    assert_eq!(
        world.ask(one).await.unwrap().access_token,
        again.access_token
    );
    assert_eq!(world.http.sent().len(), sent);
}

#[tokio::test]
async fn a_user_of_several_tenants_is_one_account() {
    let world = World::new();
    let app = world.desktop();
    world.sign_in(&app, DESKTOP, CAROL).await;
    let common = world.builder(DESKTOP).authority(msal::Authority::common());
    world
        .sign_in(&common.build().unwrap(), DESKTOP, CAROL)
        .await;
    assert_eq!(count(&world.store.json().await, "Account"), 2);
    assert_eq!(names(&world, &app).await, [CAROL]);
}

#[tokio::test]
async fn a_user_of_several_clouds_is_listed_in_each() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.sign_in(&app, DESKTOP, BOB).await;
    let mut cache = world.store.json().await;
    // Both clouds know alice by the same identifier, and the other one was the last to see her.
    let mut elsewhere = entry(&cache, "Account", alice.home_account_id.as_str()).clone();
    elsewhere["environment"] = json!("login.microsoftonline.us");
    elsewhere["username"] = json!("alice@contoso.us");
    cache["Account"]["zz-stored-last"] = elsewhere;
    world.store.put(cache.to_string()).await;

    let mut listed = names(&world, &app).await;
    listed.sort();
    assert_eq!(listed, [ALICE, BOB]);
    let american = msal::Authority::parse("https://login.microsoftonline.us/common").unwrap();
    let american = world.builder(DESKTOP).authority(american).build().unwrap();
    assert_eq!(names(&world, &american).await, ["alice@contoso.us"]);
}

#[tokio::test]
async fn listing_accounts_loads_once() {
    let world = World::new();
    world.sign_in(&world.desktop(), DESKTOP, ALICE).await;
    let before = world.store.loads();
    assert_eq!(names(&world, &world.desktop()).await, [ALICE]);
    assert_eq!(world.store.loads(), before + 1);
}

#[tokio::test]
async fn signing_out_leaves_the_others_in() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let bob = world.sign_in(&app, DESKTOP, BOB).await.account.unwrap();
    let before = world.http.sent().len();
    world.ask(app.remove_account(&alice)).await.unwrap();
    assert_eq!(world.http.sent().len(), before);

    assert_eq!(names(&world, &app).await, [BOB]);
    let cache = world.store.json().await;
    for section in ["AccessToken", "Account", "IdToken", "RefreshToken"] {
        assert_eq!(count(&cache, section), 1, "{section}");
    }
    let text = cache.to_string();
    assert!(!text.contains(alice.home_account_id.as_str()));
    let error = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert!(matches!(error, Err(Error::InteractionRequired(_))));
    assert!(
        world
            .ask(app.acquire_token_silent([GRAPH], &bob))
            .await
            .is_ok()
    );
    assert_eq!(world.http.sent().len(), before);
}

#[tokio::test]
async fn signing_out_twice_is_as_good_as_once() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.ask(app.remove_account(&alice)).await.unwrap();
    let saves = world.store.saves();
    world.ask(app.remove_account(&alice)).await.unwrap();
    assert_eq!(world.store.saves(), saves, "nothing was left to save");
}

#[tokio::test]
async fn signing_out_removes_what_other_sdks_wrote() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.sign_in(&app, DESKTOP, BOB).await;
    let mut cache = world.store.json().await;
    // The same user as MSAL Node or Go keep her: under other keys, and under the cloud's preferred cache host.
    let home = alice.home_account_id.as_str().to_owned();
    for section in ["AccessToken", "Account", "IdToken", "RefreshToken"] {
        let mut foreign = entry(&cache, section, &home).clone();
        cache[section]["written-by-nobody-we-know"] = foreign.clone();
        foreign["environment"] = json!("login.windows.net");
        cache[section]["and-under-an-alias"] = foreign;
    }
    world.store.put(cache.to_string()).await;
    assert_eq!(names(&world, &app).await.len(), 2);

    world.ask(app.remove_account(&alice)).await.unwrap();
    assert_eq!(names(&world, &app).await, [BOB]);
    assert!(!world.store.json().await.to_string().contains(&home));
}

#[tokio::test]
async fn signing_out_of_one_family_app_is_signing_out_of_the_family() {
    let world = World::new();
    let mail = world.public(FAMILY_MAIL);
    let alice = world
        .sign_in(&mail, FAMILY_MAIL, ALICE)
        .await
        .account
        .unwrap();
    let files = world.public(FAMILY_FILES);
    assert!(
        world
            .ask(files.acquire_token_silent([GRAPH], &alice))
            .await
            .is_ok()
    );
    world.sign_in(&world.desktop(), DESKTOP, ALICE).await;

    world.ask(files.remove_account(&alice)).await.unwrap();
    let cache = world.store.json().await;
    assert_eq!(entry(&cache, "RefreshToken", "")["client_id"], DESKTOP);
    assert_eq!(count(&cache, "Account"), 0);
    assert_eq!(
        count(&cache, "AppMetadata"),
        3,
        "what is known of clients stays"
    );
}

#[tokio::test]
async fn signing_out_of_an_application_leaves_what_another_one_holds() {
    let world = World::new();
    let desktop = world.desktop();
    let alice = world
        .sign_in(&desktop, DESKTOP, ALICE)
        .await
        .account
        .unwrap();
    let mail = world.public(FAMILY_MAIL);
    world.sign_in(&mail, FAMILY_MAIL, ALICE).await;
    world.ask(desktop.remove_account(&alice)).await.unwrap();
    // Its access token is gone, as MSAL Python has it, and its refresh token is not.
    let mail = world.public(FAMILY_MAIL);
    let result = world.ask(mail.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(result.unwrap().token_source, TokenSource::IdentityProvider);
}

#[tokio::test]
async fn a_user_who_comes_while_another_one_leaves_stays() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    let token = world.adal_sign_in(BOB, DESKTOP);
    let arrival = there.acquire_token_by_refresh_token(token, [GRAPH]);
    world.store.before_save(async move {
        arrival.await.unwrap();
    });
    world.ask(here.remove_account(&alice)).await.unwrap();
    assert_eq!(names(&world, &here).await, [BOB]);
    assert_eq!(names(&world, &there).await, [BOB]);
}

#[tokio::test]
async fn a_user_who_leaves_while_another_one_comes_is_gone() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    assert_eq!(names(&world, &there).await, [ALICE]);
    let departure = {
        let there = there.clone();
        let alice = alice.clone();
        async move { there.remove_account(&alice).await.unwrap() }
    };
    world.store.before_save(departure);
    world.sign_in(&here, DESKTOP, BOB).await;
    assert_eq!(names(&world, &here).await, [BOB]);
    assert!(
        !world
            .store
            .json()
            .await
            .to_string()
            .contains(alice.home_account_id.as_str())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_that_share_a_file_lose_nobody() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.json");
    let app = || {
        let builder = world.builder(DESKTOP).store(FileStore::new(&path));
        builder.build().unwrap()
    };
    // Twelve objects, each with its own view of the file, add, renew and remove users at the same time.
    let mut calls = tokio::task::JoinSet::new();
    for number in 1..=12 {
        let app = app();
        let upn = format!("user{number}@contoso.example");
        let token = world.adal_sign_in(&upn, DESKTOP);
        calls.spawn(async move {
            let signed_in = app.acquire_token_by_refresh_token(token, [GRAPH]).await;
            let account = signed_in.unwrap().account.unwrap();
            let forced = app
                .acquire_token_silent([GRAPH], &account)
                .force_refresh(true);
            forced.await.unwrap();
            if number % 3 == 0 {
                app.remove_account(&account).await.unwrap();
            }
        });
    }
    calls.join_all().await;
    let accounts = world.ask(app().accounts()).await.unwrap();
    assert_eq!(accounts.len(), 8);
    world.advance(DAY);
    let reader = app();
    for account in &accounts {
        let result = world
            .ask(reader.acquire_token_silent([GRAPH], account))
            .await;
        assert_eq!(result.unwrap().token_source, TokenSource::IdentityProvider);
    }
    let cache: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for section in ["AccessToken", "Account", "IdToken", "RefreshToken"] {
        assert_eq!(count(&cache, section), 8, "{section}");
    }
    assert_eq!(entry(&cache, "AppMetadata", "")["environment"], HOST);
}

#[tokio::test]
async fn a_sign_out_is_not_undone_by_a_load_that_began_before_it() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    // What somebody else saved is a reason to load.
    world.sign_in(&world.desktop(), DESKTOP, BOB).await;
    let departure = {
        let (app, alice) = (app.clone(), alice.clone());
        async move { app.remove_account(&alice).await.unwrap() }
    };
    world.store.after_load(departure);
    assert_eq!(names(&world, &app).await, [BOB]);
    let error = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert!(matches!(error, Err(Error::InteractionRequired(_))));
}

/// Whether there is anything of a user in the store.
async fn is_stored(world: &World, account: &msal::Account) -> bool {
    let text = world.store.json().await.to_string();
    text.contains(account.home_account_id.as_str())
}

#[tokio::test]
async fn signing_out_takes_what_was_renewed_meanwhile() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    let renewal = there.acquire_token_silent([MANAGEMENT], &alice);
    world.store.before_save(async move {
        renewal.await.unwrap();
    });
    world.ask(here.remove_account(&alice)).await.unwrap();
    assert!(!is_stored(&world, &alice).await);
}

#[tokio::test]
async fn a_renewal_does_not_bring_back_who_signed_out_meanwhile() {
    for elsewhere in [false, true] {
        let world = World::new();
        let app = world.desktop();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        world.advance(DAY);
        world.http.hold("refresh_token");
        let renewal = tokio::spawn(app.acquire_token_silent([GRAPH], &alice).into_future());
        world.http.until_sent(2).await;
        let who = if elsewhere { world.desktop() } else { app };
        world.ask(who.remove_account(&alice)).await.unwrap();
        world.http.release();
        let result = renewal.await.unwrap();
        assert!(matches!(result, Err(Error::InteractionRequired(_))));
        assert!(!is_stored(&world, &alice).await, "elsewhere: {elsewhere}");
    }
}

#[tokio::test]
async fn a_sign_in_that_overlaps_a_sign_out_stays() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    let departure = {
        let (there, alice) = (there.clone(), alice.clone());
        async move { there.remove_account(&alice).await.unwrap() }
    };
    world.store.before_save(departure);
    world.sign_in(&here, DESKTOP, ALICE).await;
    assert_eq!(names(&world, &there).await, [ALICE]);
    world.advance(DAY);
    let renewed = world.ask(there.acquire_token_silent([GRAPH], &alice)).await;
    assert!(renewed.is_ok());
}

#[tokio::test]
async fn who_comes_back_is_not_signed_out_again() {
    let world = World::new();
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    let departure = {
        let (there, alice) = (there.clone(), alice.clone());
        async move { there.remove_account(&alice).await.unwrap() }
    };
    // Both sign alice out at the same time; then she signs in again at one of them.
    world.store.before_save(departure);
    world.ask(here.remove_account(&alice)).await.unwrap();
    world.sign_in(&there, DESKTOP, ALICE).await;
    assert_eq!(names(&world, &here).await, [ALICE]);
    world.sign_in(&here, DESKTOP, BOB).await;
    assert_eq!(names(&world, &there).await, [ALICE, BOB]);
}
