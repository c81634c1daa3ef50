//! A small world for one test: people, a platform, a clock, a store and the applications in it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use msal::fakes::{JumpingClock, SeededRandom};
use msal::{
    ApplicationBuilder, AuthenticationResult, Authority, ConfidentialClientApplication, Error,
    Public, PublicClientApplication, RefreshToken, Runtime, SharedTokenCache, UnixTime,
};
use msal_emulator::sample::{CONTOSO_ID, DESKTOP, PASSWORD, WEB, WEB_SECRET};
use msal_emulator::{Directory, Emulator, Settings, Signatures};
use serde_json::Value;

use crate::leaks::Leaks;
use crate::store::TestStore;
use crate::wire::EmulatedHttp;

/// When every world begins.
pub(crate) const T0: UnixTime = UnixTime::from_secs(1_700_000_000);
pub(crate) const HOST: &str = "login.microsoftonline.com";
pub(crate) const GRAPH: &str = "https://graph.microsoft.com/.default";
pub(crate) const MANAGEMENT: &str = "https://management.core.windows.net//.default";
pub(crate) const VAULT: &str = "https://vault.azure.net/.default";
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) struct World {
    pub(crate) emulator: Arc<Emulator>,
    pub(crate) clock: Arc<JumpingClock>,
    pub(crate) http: Arc<EmulatedHttp>,
    pub(crate) store: TestStore,
    runtime: Runtime,
    pub(crate) leaks: Arc<Leaks>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self::of(Directory::sample(), settings)
    }

    pub(crate) fn of(directory: Directory, settings: Settings) -> Self {
        let emulator = Arc::new(Emulator::with_settings(
            directory,
            // No client checks them, and real ones take most of the time.
            settings.signatures(Signatures::Cheap),
        ));
        let clock = Arc::new(JumpingClock::new(T0));
        let leaks = Arc::new(Leaks::new());
        let http = EmulatedHttp::new(
            Arc::clone(&emulator),
            Arc::clone(&clock),
            Arc::clone(&leaks),
        );
        let http = Arc::new(http);
        let runtime = Runtime::with_http(Arc::clone(&http))
            .with_clock(Arc::clone(&clock))
            .with_random(SeededRandom::new(7));
        Self {
            emulator,
            clock,
            http,
            runtime,
            store: TestStore::default(),
            leaks,
        }
    }

    /// One for all applications.
    pub(crate) fn runtime(&self) -> Runtime {
        self.runtime.clone()
    }

    /// A public client of the first tenant, on this world's store.
    pub(crate) fn builder(&self, client_id: &str) -> ApplicationBuilder<Public> {
        PublicClientApplication::builder(client_id)
            .authority(authority(CONTOSO_ID))
            .store(self.store.clone())
            .runtime(self.runtime())
    }

    pub(crate) fn public(&self, client_id: &str) -> PublicClientApplication {
        self.builder(client_id).build().unwrap()
    }

    /// The same without a store.
    pub(crate) fn in_memory(&self, client_id: &str) -> PublicClientApplication {
        let builder = PublicClientApplication::builder(client_id);
        let builder = builder
            .authority(authority(CONTOSO_ID))
            .runtime(self.runtime());
        builder.build().unwrap()
    }

    /// The same on a given cache.
    pub(crate) fn on_cache(
        &self,
        client_id: &str,
        cache: &Arc<SharedTokenCache>,
    ) -> PublicClientApplication {
        let builder = PublicClientApplication::builder(client_id);
        let builder = builder
            .authority(authority(CONTOSO_ID))
            .runtime(self.runtime());
        builder.cache(Arc::clone(cache)).build().unwrap()
    }

    pub(crate) fn desktop(&self) -> PublicClientApplication {
        self.public(DESKTOP)
    }

    pub(crate) fn web(&self, secret: &str) -> ConfidentialClientApplication {
        ConfidentialClientApplication::builder(WEB, secret)
            .authority(authority(CONTOSO_ID))
            .store(self.store.clone())
            .runtime(self.runtime())
            .build()
            .unwrap()
    }

    /// Awaits a call, and keeps what a person would see of its outcome.
    pub(crate) async fn ask<T: Debug>(
        &self,
        call: impl IntoFuture<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let outcome = call.await;
        self.leaks.show(&outcome);
        if let Err(error) = &outcome {
            self.leaks.show_error(error);
        }
        outcome
    }

    /// A refresh token as it comes out of a sign-in.
    pub(crate) fn refresh_token(&self, upn: &str, client_id: &str) -> RefreshToken {
        let now = self.clock.system_time();
        let token = self.emulator.issue_refresh_token(upn, client_id, now);
        let token = token.unwrap();
        self.leaks.add(&token);
        RefreshToken::from(token.as_str())
    }

    /// Signs a user in as ADAL does: by password at the v1 endpoint, which has no scopes.
    pub(crate) fn adal_sign_in(&self, upn: &str, client_id: &str) -> RefreshToken {
        let secret = if client_id == WEB { WEB_SECRET } else { "" };
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "password"),
                ("client_id", client_id),
                ("client_secret", secret),
                ("resource", "https://graph.windows.net"),
                ("username", upn),
                ("password", PASSWORD),
                ("scope", "openid"),
            ])
            .finish();
        let request = Request::post(format!("https://{HOST}/common/oauth2/token"))
            .body(Bytes::from(form))
            .unwrap();
        let answer = self.emulator.handle(request, self.clock.system_time());
        let answer: Value = serde_json::from_slice(answer.body()).unwrap();
        self.leaks.add(PASSWORD);
        self.leaks.add_private(upn);
        self.leaks.add_members(&answer);
        assert!(answer["expires_in"].is_string(), "v1 answers with strings");
        RefreshToken::from(answer["refresh_token"].as_str().unwrap())
    }

    /// Signs a user in and brings the token into the application's cache.
    pub(crate) async fn sign_in(
        &self,
        app: &PublicClientApplication,
        client_id: &str,
        upn: &str,
    ) -> AuthenticationResult {
        let token = self.adal_sign_in(upn, client_id);
        let call = app.acquire_token_by_refresh_token(token, [GRAPH]);
        let result = self.ask(call).await.unwrap();
        if let Some(account) = &result.account {
            let id = account.home_account_id.as_str();
            self.leaks.add_private(id.split('.').next().unwrap_or(id));
        }
        result
    }

    /// The requests of refresh tokens at the emulator, of this and that outcome.
    pub(crate) fn redemptions(&self) -> u64 {
        self.emulator.redemptions().seen()
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.leaks.found(), [""; 0]);
        }
    }
}

/// A tenant of the public cloud.
pub(crate) fn authority(tenant: &str) -> Authority {
    Authority::parse(&format!("https://{HOST}/{tenant}")).unwrap()
}

/// An entry of a section, by the key it is stored under.
pub(crate) fn entry<'a>(cache: &'a Value, section: &str, key_start: &str) -> &'a Value {
    let entries = cache[section].as_object().unwrap();
    let mut found = entries.iter().filter(|(key, _)| key.starts_with(key_start));
    match (found.next(), found.next()) {
        (Some((_, entry)), None) => entry,
        (None, _) => panic!("no {section} entry starts with {key_start}"),
        _ => panic!("several {section} entries start with {key_start}"),
    }
}

/// How many entries a section has.
pub(crate) fn count(cache: &Value, section: &str) -> usize {
    cache[section].as_object().map_or(0, serde_json::Map::len)
}
