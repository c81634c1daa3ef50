//! Making an application, and even asking for a call, does nothing yet.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use msal::{
    Account, ApplicationBuilder, Authority, Blob, BoxFuture, CacheStore, ClientApplication,
    ClientCredential, Clock, ConfidentialClientApplication, ConfigError, Dialect, HomeAccountId,
    HttpClient, HttpError, HttpsClient, Partition, Public, PublicClientApplication, RandomError,
    RefreshToken, Runtime, SecureRandom, SharedTokenCache, StoreError, Stored, SystemClock,
    UnixTime, Version, http_fn,
};
use msal_emulator::sample::{ALICE, DESKTOP, WEB, WEB_SECRET};

use crate::world::{GRAPH, HOST, World};

/// Every port at once, none of which may be touched.
#[derive(Debug)]
struct Untouchable;

impl HttpClient for Untouchable {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        panic!("asked the network for {}", request.uri())
    }
}

impl Clock for Untouchable {
    fn now(&self) -> UnixTime {
        panic!("asked the time")
    }

    fn sleep(&self, _: std::time::Duration) -> BoxFuture<'_, ()> {
        panic!("slept")
    }
}

impl SecureRandom for Untouchable {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
        panic!("asked for random bytes")
    }
}

impl CacheStore for Untouchable {
    fn load<'a>(&'a self, _: &'a Partition) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        panic!("loaded")
    }

    fn save<'a>(
        &'a self,
        _: &'a Partition,
        _: Arc<dyn Blob>,
        _: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        panic!("saved")
    }

    fn remove<'a>(&'a self, _: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        panic!("removed")
    }
}

fn untouchable() -> Runtime {
    Runtime::with_http(Untouchable)
        .with_clock(Untouchable)
        .with_random(Untouchable)
}

/// Authorities of every kind, known and unknown ones.
const AUTHORITIES: [&str; 7] = [
    "https://login.microsoftonline.com/common",
    "https://login.microsoftonline.com/contoso.example",
    "https://login.nowhere.example/common",
    "https://fs.contoso.example/adfs",
    "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_susi",
    "https://contoso.ciamlogin.com",
    "https://localhost:8443/common",
];

#[test]
fn constructors_touch_nothing() {
    for url in AUTHORITIES {
        let authority = Authority::parse(url).unwrap();
        let public = PublicClientApplication::builder("client")
            .authority(authority.clone())
            .store(Untouchable)
            .runtime(untouchable())
            .build()
            .unwrap();
        let confidential = ConfidentialClientApplication::builder("client", "secret")
            .known_authority(authority)
            .store(Untouchable)
            .runtime(untouchable())
            .build()
            .unwrap();
        let account = Account::new(HomeAccountId::new("u.t"), HOST);
        // A call that nobody awaits is not made, and neither is a future that nobody polls.
        let token = RefreshToken::from("RT");
        drop(public.acquire_token_silent([GRAPH], &account));
        drop(public.acquire_token_silent([GRAPH], &account).into_future());
        drop(confidential.acquire_token_by_refresh_token(token.clone(), [GRAPH]));
        drop(
            confidential
                .acquire_token_by_refresh_token(token, [GRAPH])
                .into_future(),
        );
        drop(public.accounts());
        drop(public.clone().remove_account(&account));
    }
}

#[test]
fn a_client_needs_no_tokio_and_no_certificates_before_its_first_request() {
    let runtime = Runtime::with_http(HttpsClient::default());
    let app = PublicClientApplication::builder("client")
        .runtime(runtime)
        .build();
    assert!(app.is_ok());
}

#[tokio::test]
async fn an_application_of_either_kind_works_on_the_same_cache() {
    let world = World::new();
    let desktop = world.desktop();
    let alice = world.sign_in(&desktop, DESKTOP, ALICE).await;
    let alice = alice.account.unwrap();
    let web = world.web(WEB_SECRET);
    let built = ClientApplication::builder(WEB, ClientCredential::secret("secret"))
        .store(world.store.clone())
        .runtime(world.runtime())
        .build()
        .unwrap();
    for app in [ClientApplication::from(desktop), web.into(), built] {
        let accounts = world.ask(app.clone().accounts()).await.unwrap();
        assert_eq!(accounts, std::slice::from_ref(&alice), "{app:?}");
    }
}

#[tokio::test]
async fn ports_of_ones_own_can_say_that_they_fail() {
    #[derive(Debug)]
    struct Dry;
    impl SecureRandom for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
            Err(RandomError)
        }
    }
    let world = World::new();
    let runtime = world.runtime().with_random(Dry).with_clock(SystemClock);
    let app = world.builder(DESKTOP).runtime(runtime).build().unwrap();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
    let error = world.ask(call).await.unwrap_err();
    assert!(matches!(
        error,
        msal::Error::Config(ConfigError::Random(RandomError))
    ));
}

#[test]
fn an_application_without_a_client_id_is_refused() {
    let public = PublicClientApplication::builder("").build();
    assert_eq!(public.unwrap_err(), ConfigError::ClientId);
    let confidential = ConfidentialClientApplication::builder("", "secret").build();
    assert_eq!(confidential.unwrap_err(), ConfigError::ClientId);
}

#[test]
fn what_is_printed_of_an_application_holds_no_secret() {
    let secret = "the-client-secret-0123456789";
    let builder = ConfidentialClientApplication::builder("client", secret);
    assert!(!format!("{builder:#?}").contains(secret));
    let app = builder.build().unwrap();
    assert!(!format!("{app:#?}").contains(secret));
}

#[test]
fn a_client_that_is_made_of_a_function_shows_nothing_of_it() {
    let secret = "a secret".to_owned();
    let runtime = Runtime::with_http(http_fn(move |_| {
        let _kept = &secret;
        std::future::ready(Err(HttpError::unreachable()))
    }));
    let shown = format!("{runtime:?}");
    assert!(shown.contains("http: HttpFn"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn a_given_cache_beside_a_store_or_a_partition_is_refused() {
    let cache = || Arc::new(SharedTokenCache::in_memory(Dialect::Python));
    let builder = || PublicClientApplication::builder("client").runtime(untouchable());
    let refusal = |builder: ApplicationBuilder<Public>| builder.build().unwrap_err();
    let expected = [
        (
            refusal(builder().store(Untouchable).cache(cache())),
            "`cache` and `store` contradict each other: a cache has a store and a partition of its own",
        ),
        (
            refusal(builder().cache(cache()).store(Untouchable)),
            "`cache` and `store` contradict each other: a cache has a store and a partition of its own",
        ),
        (
            refusal(builder().cache(cache()).partition(Partition::default())),
            "`cache` and `partition` contradict each other: a cache has a store and a partition of its own",
        ),
    ];
    for (error, text) in expected {
        assert!(matches!(error, ConfigError::Contradiction { .. }));
        assert_eq!(error.to_string(), text);
    }
    // In memory there are partitions as well.
    assert!(builder().partition(Partition::default()).build().is_ok());
    assert!(builder().cache(cache()).build().is_ok());
}

#[test]
fn a_confidential_client_that_proves_nothing_is_refused() {
    let none = ConfidentialClientApplication::builder("client", ClientCredential::none());
    let error = none.runtime(untouchable()).build().unwrap_err();
    assert_eq!(error, ConfigError::ClientCredential);
    let either = ClientApplication::builder("client", ClientCredential::none());
    assert!(either.runtime(untouchable()).build().is_ok());
}

#[test]
fn a_confidential_client_without_a_secret_is_refused() {
    let confidential = ConfidentialClientApplication::builder("client", "");
    let error = confidential.runtime(untouchable()).build().unwrap_err();
    assert_eq!(error, ConfigError::ClientSecret);
    let either = ClientApplication::builder("client", ClientCredential::secret(""));
    let error = either.runtime(untouchable()).build().unwrap_err();
    assert_eq!(error, ConfigError::ClientSecret);
}
