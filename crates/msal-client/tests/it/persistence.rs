//! Stores that fail, stores that are ruined, and other processes that save in between.

use std::path::Path;
use std::sync::Arc;

use msal::{Dialect, Error, FileStore, Partition, SharedTokenCache, StoreError, TokenSource};
use msal_emulator::sample::{ALICE, BOB, CAROL, DESKTOP};
use msal_emulator::{Rotation, Settings};

use crate::world::{DAY, GRAPH, World, count, entry};

fn store_failure(error: Error) -> msal::Failure<msal::StoreFailure> {
    match error {
        Error::Store(failure) => failure,
        other => panic!("not about the store: {other:?}"),
    }
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_saved_is_in_the_error_and_in_the_next_save() {
    let world = World::new();
    let app = world.desktop();
    world.store.fail_saves(true);
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
    let failure = store_failure(world.ask(call).await.unwrap_err());
    assert!(matches!(failure.store_error(), StoreError::Other(_)));
    let alice = failure.result().unwrap().account.clone().unwrap();
    assert_eq!(alice.username, ALICE);
    assert_eq!(world.store.bytes().await, None);

    // The application goes on with what it has in memory.
    let hit = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);

    world.store.fail_saves(false);
    world.sign_in(&app, DESKTOP, BOB).await;
    let cache = world.store.json().await;
    for section in ["AccessToken", "Account", "IdToken", "RefreshToken"] {
        assert_eq!(count(&cache, section), 2, "{section}");
    }
}

#[tokio::test]
async fn what_could_not_be_saved_is_saved_by_the_next_call_that_can() {
    let world = World::new();
    let app = world.desktop();
    world.store.fail_saves(true);
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let call = app.acquire_token_by_refresh_token(token, GRAPH);
    let failure = store_failure(world.ask(call).await.unwrap_err());
    let alice = failure.result().unwrap().account.clone().unwrap();
    // A store that is down is not asked by every hit.
    let before = world.store.saves();
    for _ in 0..20 {
        let hit = world.ask(app.acquire_token_silent(GRAPH, &alice)).await;
        assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
    }
    assert_eq!(world.store.saves(), before + 1);
    store_failure(world.ask(app.save()).await.unwrap_err());

    // A hit has nothing to save itself.
    world.store.fail_saves(false);
    world.advance(std::time::Duration::from_secs(60));
    let hit = world.ask(app.acquire_token_silent(GRAPH, &alice)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
    assert_eq!(count(&world.store.json().await, "RefreshToken"), 1);
    let saved = world.store.saves();
    world
        .ask(app.acquire_token_silent(GRAPH, &alice))
        .await
        .unwrap();
    world.ask(app.save()).await.unwrap();
    assert_eq!(world.store.saves(), saved);
}

#[tokio::test]
async fn a_program_that_ends_saves_what_it_has() {
    let world = World::new();
    let app = world.desktop();
    world.store.fail_saves(true);
    let token = world.adal_sign_in(ALICE, DESKTOP);
    store_failure(
        world
            .ask(app.acquire_token_by_refresh_token(token, GRAPH))
            .await
            .unwrap_err(),
    );
    world.store.fail_saves(false);
    world.ask(app.save()).await.unwrap();
    assert_eq!(count(&world.store.json().await, "RefreshToken"), 1);
}

#[tokio::test]
async fn what_could_not_be_saved_is_not_asked_for_where_saving_is_tried_first() {
    let world = World::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    let cache = || {
        let store = Arc::new(world.store.clone());
        let cache = SharedTokenCache::new(store, Partition::default(), Dialect::Python);
        world.on_cache(DESKTOP, &Arc::new(cache.rehearsing()))
    };
    let app = cache();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let foreign = world.adal_sign_in(BOB, DESKTOP);
    world.store.fail_saves(true);
    // What is cached is not kept from anybody.
    let hit = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
    let (seen, saves) = (world.redemptions(), world.store.saves());
    let call = app
        .acquire_token_silent([GRAPH], &alice)
        .force_refresh(true);
    let failure = store_failure(world.ask(call).await.unwrap_err());
    assert!(failure.result().is_none(), "nothing was issued");
    world.advance(DAY);
    let call = app.acquire_token_silent([GRAPH], &alice);
    store_failure(world.ask(call).await.unwrap_err());
    let call = app.acquire_token_by_refresh_token(foreign, [GRAPH]);
    store_failure(world.ask(call).await.unwrap_err());
    assert_eq!((world.redemptions(), world.store.saves()), (seen, saves));

    world.store.fail_saves(false);
    let call = app.acquire_token_silent([GRAPH], &alice);
    let renewed = world.ask(call).await.unwrap();
    assert_eq!(renewed.token_source, TokenSource::IdentityProvider);
}

#[tokio::test]
async fn an_answer_that_finds_the_store_away_after_a_sign_out_is_not_lost() {
    let world = World::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    let (here, there) = (world.desktop(), world.desktop());
    let alice = world.sign_in(&here, DESKTOP, ALICE).await.account.unwrap();
    let bob = world.sign_in(&here, DESKTOP, BOB).await.account.unwrap();
    let carol = world.adal_sign_in(CAROL, DESKTOP);
    world.advance(DAY);
    world.http.hold("refresh_token");
    let renewal = tokio::spawn(here.acquire_token_silent([GRAPH], &alice).into_future());
    world.http.until_sent(3).await;
    let sign_in = here.acquire_token_by_refresh_token(carol, [GRAPH]);
    let sign_in = tokio::spawn(sign_in.into_future());
    world.http.until_sent(4).await;
    world.ask(there.remove_account(&bob)).await.unwrap();
    world.store.fail_loads(true);
    world.http.release();
    // Whether it is Alice who was signed out is not known, so that nobody is given her token.
    let renewal = store_failure(renewal.await.unwrap().unwrap_err());
    assert!(renewal.result().is_none());
    let sign_in = store_failure(sign_in.await.unwrap().unwrap_err());
    let carol = sign_in.result().unwrap().account.clone().unwrap();

    world.store.fail_loads(false);
    for account in [&alice, &carol] {
        let hit = world.ask(here.acquire_token_silent([GRAPH], account)).await;
        assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
    }
    let cache = world.store.json().await;
    assert_eq!(count(&cache, "RefreshToken"), 2, "Bob is gone");
    world.advance(DAY);
    for account in [&alice, &carol] {
        let renewed = world
            .ask(there.acquire_token_silent([GRAPH], account))
            .await;
        assert_eq!(renewed.unwrap().token_source, TokenSource::IdentityProvider);
    }
}

#[tokio::test]
async fn a_renewal_that_cannot_be_saved_is_not_lost_under_strict_rotation() {
    let world = World::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.advance(DAY);
    world.store.fail_saves(true);
    let error = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    let failure = store_failure(error.unwrap_err());
    let result = failure.result().unwrap();
    assert_eq!(result.token_source, TokenSource::IdentityProvider);
    let issued = world.http.sent().pop().unwrap().answer;
    assert_eq!(result.access_token.expose_secret(), issued["access_token"]);

    // Somebody else saves meanwhile; then our next save writes both.
    world.store.fail_saves(false);
    world.sign_in(&world.desktop(), DESKTOP, BOB).await;
    world.sign_in(&app, DESKTOP, CAROL).await;
    let cache = world.store.json().await;
    assert_eq!(count(&cache, "RefreshToken"), 3);
    let kept = entry(&cache, "RefreshToken", alice.home_account_id.as_str());
    assert_eq!(kept["secret"], issued["refresh_token"]);
    world.advance(DAY);
    let again = world
        .ask(world.desktop().acquire_token_silent([GRAPH], &alice))
        .await;
    assert_eq!(again.unwrap().token_source, TokenSource::IdentityProvider);
}

#[tokio::test]
async fn what_could_not_be_saved_during_another_save_is_saved_later() {
    let world = World::new();
    let app = world.desktop();
    world.sign_in(&app, DESKTOP, ALICE).await;
    // Carol's save is on its way, with all there was when it began. Meanwhile bob's fails.
    let bob = app.acquire_token_by_refresh_token(world.adal_sign_in(BOB, DESKTOP), [GRAPH]);
    let store = world.store.clone();
    world.store.before_save(async move {
        store.fail_saves(true);
        store_failure(bob.await.unwrap_err());
        store.fail_saves(false);
    });
    world.sign_in(&app, DESKTOP, CAROL).await;
    assert_eq!(count(&world.store.json().await, "Account"), 2);
    // Whatever others saved by then.
    for (app, upn) in [
        (&world.desktop(), "user1@contoso.example"),
        (&app, "user2@contoso.example"),
    ] {
        world.sign_in(app, DESKTOP, upn).await;
    }
    assert_eq!(count(&world.store.json().await, "Account"), 5);
}

#[tokio::test]
async fn nothing_is_loaded_again_that_did_not_change() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let before = world.store.loads();
    world.advance(DAY);
    let renewed = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(renewed.unwrap().token_source, TokenSource::IdentityProvider);
    world.ask(app.accounts()).await.unwrap();
    assert_eq!(world.store.loads(), before);
}

#[tokio::test]
async fn a_sign_out_that_cannot_be_saved_is_saved_later() {
    let world = World::new();
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.store.fail_saves(true);
    let error = world.ask(app.remove_account(&alice)).await.unwrap_err();
    assert!(store_failure(error).result().is_none());
    assert!(world.ask(app.accounts()).await.unwrap().is_empty());
    world.store.fail_saves(false);
    world.sign_in(&app, DESKTOP, BOB).await;
    let cache = world.store.json().await.to_string();
    assert!(!cache.contains(alice.home_account_id.as_str()));
}

/// Everything an application can be asked, on a cache that cannot be read.
async fn is_refused_untouched(world: &World, path: &Path, content: &[u8]) {
    std::fs::write(path, content).unwrap();
    let store = FileStore::new(path);
    let app = world.builder(DESKTOP).store(store).build().unwrap();
    let stranger = msal::Account::new(msal::HomeAccountId::new("u.t"), "login.microsoftonline.com");
    let what = String::from_utf8_lossy(content);
    let before = world.http.sent().len();
    let outcomes = [
        world.ask(app.accounts()).await.map(drop),
        world.ask(app.remove_account(&stranger)).await,
        world
            .ask(app.acquire_token_silent([GRAPH], &stranger))
            .await
            .map(drop),
    ];
    for outcome in outcomes {
        let failure = store_failure(outcome.unwrap_err());
        let error = failure.store_error();
        assert!(
            matches!(error, StoreError::Corrupt { .. }),
            "{what}: {error:?}"
        );
        assert!(error.hint().is_some());
    }
    assert_eq!(world.http.sent().len(), before);
    assert_eq!(std::fs::read(path).unwrap(), content, "{what}");
}

#[tokio::test]
async fn ruins_are_an_error_and_stay_as_they_are() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.json");
    for content in [
        &b""[..],
        b"\0\0\0\0\0\0\0\0",
        b"   \n",
        b"{",
        b"{\"AccessToken\": {\"k\": {\"secret\": \"AT",
        b"{} trailing",
        b"[]",
        b"null",
        b"42",
        b"\"text\"",
        b"{\"RefreshToken\": []}",
        b"{\"Account\": \"x\"}",
        b"\x80\x04\x95 a pickle",
        b"{\"name\": \"app\", \"version\": 1}",
        b"\xff\xfe{\0}",
        b"{\"Account\": {\"k\": NaN}",
    ] {
        is_refused_untouched(&world, &path, content).await;
    }
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["cache.json"], "nothing was left beside it");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_does_not_cost_the_refresh_token() {
    let world = World::with(Settings::default().rotation(Rotation::SingleUse));
    world.store.put("{").await;
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let app = world.desktop();
    let call = app.acquire_token_by_refresh_token(token.clone(), [GRAPH]);
    store_failure(world.ask(call).await.unwrap_err());
    assert_eq!(world.redemptions(), 0, "it was not spent in vain");
    assert_eq!(world.store.bytes().await.unwrap().as_ref(), b"{");

    world.store.put("{}").await;
    let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
    assert!(world.ask(call).await.is_ok());
}

#[tokio::test]
async fn an_aging_token_is_good_enough_when_the_store_cannot_be_read() {
    let world = World::with(
        Settings::default()
            .access_token_life(DAY)
            .refresh_in(DAY / 2),
    );
    let app = world.desktop();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    world.store.fail_loads(true);
    world.advance(DAY * 3 / 4);
    let aging = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(aging.unwrap().token_source, TokenSource::Cache);
    world.advance(DAY);
    let expired = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert!(matches!(expired, Err(Error::Store(_))));
    assert_eq!(
        world.redemptions(),
        1,
        "nothing is spent that cannot be kept"
    );
}

#[tokio::test]
async fn what_was_saved_is_read_back() {
    let world = World::new();
    let store = Arc::new(world.store.clone());
    let cache = SharedTokenCache::new(store, Partition::default(), Dialect::Python);
    let cache = Arc::new(cache);
    cache.save_and_read_back().await.unwrap();
    assert_eq!(world.store.saves(), 0, "there was nothing to save");
    let app = |client_id| world.on_cache(client_id, &cache);
    let names = || -> Vec<String> {
        let accounts = cache.read(msal_core::TokenCache::accounts);
        accounts
            .into_iter()
            .map(|account| account.username)
            .collect()
    };
    world.sign_in(&app(DESKTOP), DESKTOP, ALICE).await;
    cache.save_and_read_back().await.unwrap();
    assert_eq!(world.store.saves(), 1, "it had been saved");

    world.store.lose_content(true);
    let lost = cache.save_and_read_back().await;
    assert!(matches!(lost, Err(StoreError::Corrupt { .. })), "{lost:?}");
    world.store.lose_content(false);

    world.store.fail_saves(true);
    let token = world.adal_sign_in(BOB, DESKTOP);
    let call = app(DESKTOP).acquire_token_by_refresh_token(token, [GRAPH]);
    store_failure(world.ask(call).await.unwrap_err());
    cache.save_and_read_back().await.unwrap_err();
    world.store.fail_saves(false);
    cache.save_and_read_back().await.unwrap();
    assert_eq!(count(&world.store.json().await, "Account"), 2);
    world.store.fail_loads(true);
    cache.save_and_read_back().await.unwrap_err();
    world.store.fail_loads(false);

    // Somebody replaced it: what is in memory afterwards is what they wrote.
    world.store.put("{\"AccessToken\": {}}").await;
    cache.save_and_read_back().await.unwrap();
    assert_eq!(names(), [""; 0]);
}

#[tokio::test]
async fn without_a_store_nothing_is_kept_and_nothing_is_missing() {
    let world = World::new();
    let app = msal::PublicClientApplication::builder(DESKTOP)
        .known_authority(crate::world::authority("contoso.example"))
        .runtime(world.runtime())
        .build()
        .unwrap();
    let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
    let hit = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
    app.remove_account(&alice).await.unwrap();
    assert_eq!(app.accounts().await.unwrap(), []);
    assert_eq!(world.store.bytes().await, None);
}

#[tokio::test]
async fn a_cache_that_an_editor_saved_in_another_encoding_is_used_and_kept() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.json");
    let open = || {
        let store = FileStore::new(&path);
        world.builder(DESKTOP).store(store).build().unwrap()
    };
    let alice = world
        .sign_in(&open(), DESKTOP, ALICE)
        .await
        .account
        .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let odd = text.replacen('{', "{\"Theirs\": {\"k\": NaN},", 1);
    let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let marked = format!("\u{feff}{text}");
        marked.encode_utf16().flat_map(order).collect()
    };
    for document in [
        format!("\u{feff}{text}").into_bytes(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        odd.into_bytes(),
        [text.as_bytes(), b""].concat(),
    ] {
        std::fs::write(&path, &document).unwrap();
        let app = open();
        let hit = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
        assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
        assert_eq!(
            std::fs::read(&path).unwrap(),
            document,
            "reading changes nothing"
        );
        world.sign_in(&app, DESKTOP, BOB).await;
        let saved = std::fs::read_to_string(&path).unwrap();
        assert_eq!(world.ask(open().accounts()).await.unwrap().len(), 2);
        assert!(saved.starts_with('{'));
    }
}
