//! An emulator, a clock that jumps, and ADAL caches filled at the emulator: no sockets, no sleeping.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use msal::fakes::{JumpingClock, SeededRandom};
use msal::{
    BoxFuture, CacheStore, HttpClient, HttpError, MemoryStore, Partition, Runtime,
    SharedTokenCache, UnixTime,
};
use msal_core::Dialect;
use msal_emulator::{Directory, Emulator, Settings as EmulatorSettings, sample};
use msal_migrate::{
    AuthorityOverride, Caches, Class, Credentials, Destination, JournalReader, Migration,
    MigrationError, NoObserver, PlanOptions, Report, Retry, Settings, SourceOptions, State, open,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// With a port, which MSAL Node keeps in what it calls environment, and the others do not.
pub(crate) const HOST: &str = "https://emulator.example:8443";

/// The emulator as an HTTP client.
#[derive(Clone, Debug)]
pub(crate) struct InProcess {
    pub(crate) emulator: Arc<Emulator>,
    clock: Arc<JumpingClock>,
}

impl InProcess {
    pub(crate) fn later(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// A runtime that has this clock and another way to the emulator, or none.
    pub(crate) fn runtime_over(&self, client: impl HttpClient + 'static) -> Runtime {
        Runtime::with_http(client)
            .with_clock(Arc::clone(&self.clock))
            .with_random(SeededRandom::new(7))
    }

    pub(crate) fn system_time(&self) -> SystemTime {
        self.clock.system_time()
    }
}

impl HttpClient for InProcess {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async move { Ok(self.emulator.handle(request, self.system_time())) })
    }
}

/// One test's surroundings.
pub(crate) struct World {
    pub(crate) http: InProcess,
    pub(crate) runtime: Runtime,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) folder: TempDir,
    pub(crate) credentials: Credentials,
    pub(crate) settings: Settings,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(EmulatorSettings::default())
    }

    pub(crate) fn with(settings: EmulatorSettings) -> Self {
        let clock = Arc::new(JumpingClock::new(UnixTime::from_secs(1_800_000_000)));
        let emulator = Arc::new(Emulator::with_settings(Directory::sample(), settings));
        let http = InProcess { emulator, clock };
        let runtime = http.runtime_over(http.clone());
        Self {
            http,
            runtime,
            store: Arc::new(MemoryStore::default()),
            folder: tempfile::tempdir().unwrap(),
            credentials: Credentials::none().with_credential(sample::WEB, sample::WEB_SECRET),
            settings: Settings::default(),
        }
    }

    /// See [`InProcess::runtime_over`].
    pub(crate) fn runtime_over(&self, client: impl HttpClient + 'static) -> Runtime {
        self.http.runtime_over(client)
    }

    /// A refresh token of the emulator, as an ADAL application would hold it.
    pub(crate) fn token(&self, upn: &str, client_id: &str) -> String {
        let now = self.http.system_time();
        self.http
            .emulator
            .issue_refresh_token(upn, client_id, now)
            .unwrap()
    }

    /// An entry of ADAL's cache.
    pub(crate) fn entry(
        &self,
        upn: &str,
        client_id: &str,
        resource: &str,
        refresh_token: &str,
    ) -> Value {
        json!({
            "tokenType": "Bearer", "accessToken": "AT", "refreshToken": refresh_token, "expiresIn": 3599,
            "expiresOn": "2026-11-22 14:22:23.771552", "resource": resource, "userId": upn,
            "isUserIdDisplayable": true, "isMRRT": true, "_clientId": client_id,
            "_authority": format!("{HOST}/contoso.example"),
        })
    }

    /// `count` users of the sample's pattern, one entry each.
    pub(crate) fn users(&self, count: usize) -> Vec<Value> {
        (1..=count)
            .map(|number| {
                let upn = format!("user{number}@contoso.example");
                let token = self.token(&upn, sample::DESKTOP);
                self.entry(&upn, sample::DESKTOP, "https://graph.microsoft.com", &token)
            })
            .collect()
    }

    pub(crate) fn source(&self, entries: &[Value]) -> PathBuf {
        let path = self.folder.path().join("adal.json");
        std::fs::write(&path, Value::from(entries).to_string()).unwrap();
        path
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// The target, with nothing loaded yet.
    pub(crate) fn cache(&self, dialect: Dialect) -> Arc<SharedTokenCache> {
        let store: Arc<dyn CacheStore> = Arc::<MemoryStore>::clone(&self.store);
        Arc::new(SharedTokenCache::new(store, Partition::default(), dialect))
    }

    pub(crate) fn migration(&self, entries: &[Value]) -> Migration {
        self.migration_to(self.cache(Dialect::default()), entries)
    }

    pub(crate) fn migration_to(&self, target: impl Into<Caches>, entries: &[Value]) -> Migration {
        self.migration_by(target, entries, self.runtime.clone())
    }

    /// A migration by a program that gets to the emulator in another way.
    pub(crate) fn migration_over(&self, entries: &[Value], runtime: Runtime) -> Migration {
        self.migration_by(self.cache(Dialect::default()), entries, runtime)
    }

    pub(crate) fn migration_by(
        &self,
        target: impl Into<Caches>,
        entries: &[Value],
        runtime: Runtime,
    ) -> Migration {
        let source = open(&self.source(entries), &SourceOptions::default()).unwrap();
        let mut plan = PlanOptions::default();
        plan.authority = Some(AuthorityOverride::parse(HOST).unwrap());
        Migration::new(source, target, self.journal(), Destination::new(), runtime)
            .plan(plan)
            .credentials(self.credentials.clone())
            .settings(self.settings)
    }

    /// Runs with other options of the plan than the usual ones.
    pub(crate) async fn run_as(&self, plan: PlanOptions, entries: &[Value]) -> Report {
        let never = Box::pin(std::future::pending());
        let migration = self.migration(entries).plan(plan);
        migration.run(&mut NoObserver, never).await.unwrap()
    }

    /// Runs at the authority of `tenant`, whatever the rows say.
    pub(crate) async fn run_at(&self, tenant: &str, entries: &[Value]) -> Report {
        let mut plan = PlanOptions::default();
        plan.authority = Some(AuthorityOverride::parse(&format!("{HOST}/{tenant}")).unwrap());
        self.run_as(plan, entries).await
    }

    /// Runs, and tries again what `retry` names.
    pub(crate) async fn run_again(&self, entries: &[Value], retry: Retry) -> Report {
        let never = Box::pin(std::future::pending());
        let migration = self.migration(entries).retry(retry);
        migration.run(&mut NoObserver, never).await.unwrap()
    }

    pub(crate) async fn run(&self, entries: &[Value]) -> Result<Report, MigrationError> {
        let never = Box::pin(std::future::pending());
        self.migration(entries).run(&mut NoObserver, never).await
    }

    /// Runs with a source of any kind.
    pub(crate) async fn run_from(&self, source: &str) -> Result<Report, MigrationError> {
        let never = Box::pin(std::future::pending());
        let path = self.folder.path().join("source");
        std::fs::write(&path, source).unwrap();
        let mut plan = PlanOptions::default();
        plan.authority = Some(AuthorityOverride::parse(HOST).unwrap());
        Migration::new(
            open(&path, &SourceOptions::default()).unwrap(),
            self.cache(Dialect::default()),
            self.journal(),
            Destination::new(),
            self.runtime.clone(),
        )
        .plan(plan)
        .run(&mut NoObserver, never)
        .await
    }

    /// The target as JSON.
    pub(crate) async fn target(&self) -> Value {
        let stored = self.store.load(&Partition::default()).await.unwrap();
        stored.map_or(Value::Null, |stored| {
            serde_json::from_slice(&stored.blob).unwrap()
        })
    }

    /// Class and error of every token in the journal that has an outcome.
    pub(crate) fn outcomes(&self) -> Vec<(Class, String)> {
        let mut outcomes = Vec::new();
        JournalReader::open(self.journal())
            .unwrap()
            .tokens(&mut |token| {
                if let State::Concluded(class) = token.state {
                    outcomes.push((class, token.reason.error.into_owned()));
                }
            })
            .unwrap();
        outcomes
    }
}
