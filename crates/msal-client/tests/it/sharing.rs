//! What applications of one runtime know together, and what they do not.

use msal::{Authority, ConfigError, Error, PublicClientApplication};
use msal_emulator::sample::{ALICE, BOB, CONTOSO, DESKTOP};

use crate::world::{GRAPH, World, authority};

/// The metadata documents that were asked for.
fn discoveries(world: &World) -> usize {
    let sent = world.http.sent();
    let is_discovery = |url: &str| url.ends_with("/.well-known/openid-configuration");
    sent.iter().filter(|sent| is_discovery(&sent.url)).count()
}

async fn sign_in(world: &World, app: &PublicClientApplication, upn: &str) -> Result<(), Error> {
    let token = world.adal_sign_in(upn, DESKTOP);
    let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
    world.ask(call).await.map(drop)
}

#[tokio::test]
async fn an_authority_is_looked_up_once_for_all_applications_of_a_runtime() {
    let world = World::new();
    for upn in [ALICE, BOB] {
        let app = world.builder(DESKTOP).authority(authority(CONTOSO)).build();
        sign_in(&world, &app.unwrap(), upn).await.unwrap();
    }
    assert_eq!(discoveries(&world), 1);
    // One that has not asked yet knows what the tenant is called, and finds what is stored under that name.
    let app = world.builder(DESKTOP).authority(authority(CONTOSO)).build();
    let app = app.unwrap();
    let before = world.http.sent().len();
    for account in world.ask(app.accounts()).await.unwrap() {
        let call = app.acquire_token_silent([GRAPH], &account);
        assert!(world.ask(call).await.is_ok());
    }
    assert_eq!(world.http.sent().len(), before);
}

#[tokio::test]
async fn runtimes_with_ports_of_their_own_look_up_for_themselves() {
    let world = World::new();
    for upn in [ALICE, BOB] {
        let builder = world.builder(DESKTOP).authority(authority(CONTOSO));
        let runtime = world
            .runtime()
            .with_clock(std::sync::Arc::clone(&world.clock));
        let app = builder.runtime(runtime).build().unwrap();
        sign_in(&world, &app, upn).await.unwrap();
    }
    assert_eq!(discoveries(&world), 2);
}

#[tokio::test]
async fn an_authority_that_one_application_trusts_is_not_trusted_by_another() {
    let world = World::new();
    let elsewhere = || Authority::parse(&format!("https://idp.example/{CONTOSO}")).unwrap();
    let trusting = world.builder(DESKTOP).known_authority(elsewhere()).build();
    sign_in(&world, &trusting.unwrap(), ALICE).await.unwrap();
    let sent = world.http.token_requests().len();
    let wary = world.builder(DESKTOP).authority(elsewhere()).build();
    let wary = wary.unwrap();
    let error = sign_in(&world, &wary, BOB).await.unwrap_err();
    let Error::Config(ConfigError::UnknownAuthority { host, .. }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(host, "idp.example");
    // Nor by a call that finds a token of that host in the cache.
    for account in world.ask(wary.accounts()).await.unwrap() {
        let call = wary
            .acquire_token_silent([GRAPH], &account)
            .force_refresh(true);
        let error = world.ask(call).await.unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{error:?}");
    }
    assert_eq!(world.http.token_requests().len(), sent);
}
