//! Whom tokens are sent to: Microsoft's hosts and the one that the operator names, and no host that only a file names,
//! whichever file that is.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use msal::{BoxFuture, HttpClient, HttpError, Runtime};
use msal_core::Dialect;
use msal_emulator::sample::{ALICE, CONTOSO_ID, DESKTOP};
use msal_migrate::{
    AuthorityOverride, Class, Destination, JournalReader, Migration, NoObserver, PlanOptions,
    Proof, Report, SourceOptions, Verification, Verifier, open,
};
use serde_json::{Value, json};

use crate::world::{HOST, InProcess, World};

const EVIL: &str = "https://evil.example:8443";

/// Counts the requests to each host.
#[derive(Debug)]
struct Counting {
    inner: InProcess,
    hosts: Mutex<BTreeMap<String, usize>>,
    /// Token requests of this host are never answered, as for a process that is killed.
    stuck: Mutex<bool>,
}

impl Counting {
    fn new(inner: &InProcess) -> Arc<Self> {
        Arc::new(Self {
            inner: inner.clone(),
            hosts: Mutex::default(),
            stuck: Mutex::default(),
        })
    }

    fn hosts(&self) -> Vec<String> {
        self.hosts.lock().unwrap().keys().cloned().collect()
    }
}

impl HttpClient for Counting {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let host = request.uri().authority().unwrap().to_string();
        let mut hosts = self.hosts.lock().unwrap();
        let count = hosts.entry(host).or_default();
        *count += 1;
        match *count > 2 && *self.stuck.lock().unwrap() {
            true => Box::pin(std::future::pending()),
            false => self.inner.send(request),
        }
    }
}

/// What a file may say where it should say a host.
const POISON: [&str; 18] = [
    "evil.example",
    "evil.example:8443",
    "EVIL.example",
    "emulator.example:9999",
    "emulator.example:8443@evil.example",
    "user@emulator.example:8443",
    "user:word@emulator.example:8443",
    "evil.example/emulator.example:8443",
    "evil.example\\emulator.example",
    "evil.example#emulator.example:8443",
    "evil.example?emulator.example:8443",
    "emulator.example:8443.evil.example",
    "emulator.example.:8443",
    "\u{435}mulator.example:8443",
    "login.microsoftonline.com@evil.example",
    "login.microsoftonline.com.evil.example",
    "login.microsoftonline.com:8443",
    "contoso.ciamlogin.com.evil.example",
];

/// A token cache in which each of these hosts has an account with Alice's token.
fn cache<'a>(environments: impl IntoIterator<Item = &'a str>, token: &str) -> Value {
    let (mut accounts, mut tokens) = (json!({}), json!({}));
    for (number, environment) in environments.into_iter().enumerate() {
        let (key, home) = (number.to_string(), format!("u{number}.{CONTOSO_ID}"));
        accounts[&key] = json!({
            "home_account_id": home, "environment": environment, "realm": CONTOSO_ID,
            "local_account_id": "u", "username": ALICE, "authority_type": "MSSTS",
        });
        tokens[&key] = json!({
            "credential_type": "RefreshToken", "secret": token, "home_account_id": home,
            "environment": environment, "client_id": DESKTOP, "target": "User.Read",
        });
    }
    json!({"Account": accounts, "RefreshToken": tokens})
}

async fn put(world: &World, target: &Value) {
    use msal::CacheStore as _;
    let blob: Arc<dyn msal::Blob> = Arc::new(Bytes::from(target.to_string()));
    let partition = msal::Partition::default();
    let known = world.store.load(&partition).await.unwrap();
    let version = known.map(|stored| stored.version);
    world.store.save(&partition, blob, version).await.unwrap();
}

fn named(url: Option<&str>) -> Option<AuthorityOverride> {
    url.map(|url| AuthorityOverride::parse(url).unwrap())
}

#[tokio::test]
async fn verifying_asks_no_host_that_only_the_target_names() {
    for authority in [
        None,
        Some(HOST),
        Some("https://emulator.example:8443/contoso.example"),
    ] {
        for is_offline in [false, true] {
            let world = World::new();
            let counting = Counting::new(&world.http);
            let runtime = world.runtime_over(Arc::clone(&counting));
            put(&world, &cache(POISON, &world.token(ALICE, DESKTOP))).await;
            let verifier = match is_offline {
                true => Verifier::offline(world.cache(Dialect::Python), &runtime),
                false => Verifier::new(world.cache(Dialect::Python), runtime),
            };
            let mut proofs = Vec::new();
            let verification = verifier
                .authority(named(authority))
                .run(&mut |asked| proofs.push(asked.proof))
                .await
                .unwrap();
            let case = format!("{authority:?} {is_offline} {proofs:?}");
            assert_eq!(counting.hosts(), [""; 0], "{case}");
            assert_eq!(verification.cached + verification.renewed, 0, "{case}");
            assert_eq!(proofs.len(), POISON.len(), "{case}");
            if !is_offline {
                let all = POISON.len() as u64;
                assert_eq!((verification.asked, verification.untrusted), (0, all));
                assert!(proofs.iter().all(|proof| *proof == Proof::Untrusted));
                assert!(!verification.is_sound());
            }
        }
    }
}

#[tokio::test]
async fn verifying_asks_the_others_all_the_same() {
    let world = World::new();
    let report = world.run(&world.users(2)).await.unwrap();
    assert_eq!(report.migrated, 2);
    let mut target = world.target().await;
    let poison = cache(["evil.example:8443"], &world.token(ALICE, DESKTOP));
    for section in ["Account", "RefreshToken"] {
        target[section]["poison"] = poison[section]["0"].clone();
    }
    put(&world, &target).await;
    world.http.later(Duration::from_secs(2 * 3600));
    let counting = Counting::new(&world.http);
    let runtime = world.runtime_over(Arc::clone(&counting));
    let verification: Verification = Verifier::new(world.cache(Dialect::Python), runtime)
        .authority(named(Some(HOST)))
        .run(&mut |_asked| {})
        .await
        .unwrap();
    assert_eq!(counting.hosts(), ["emulator.example:8443"]);
    let counts = (
        verification.renewed,
        verification.untrusted,
        verification.broken,
    );
    assert_eq!((verification.asked, counts), (2, (2, 1, 0)));
}

async fn migrate(world: &World, runtime: Runtime, source: &str, authority: Option<&str>) -> Report {
    let path = world.folder.path().join("source");
    std::fs::write(&path, source).unwrap();
    let mut plan = PlanOptions::default();
    plan.authority = named(authority);
    plan.client_id = Some(DESKTOP.to_owned());
    Migration::new(
        open(&path, &SourceOptions::default()).unwrap(),
        world.cache(Dialect::Python),
        world.journal(),
        Destination::new(),
        runtime,
    )
    .plan(plan)
    .settings(world.settings)
    .run(&mut NoObserver, Box::pin(std::future::pending()))
    .await
    .unwrap()
}

#[tokio::test]
async fn a_migration_asks_no_host_that_only_its_source_or_target_names() {
    for authority in [None, Some(HOST)] {
        for kind in ["adal", "cache", "json", "csv"] {
            let world = World::new();
            let tokens: Vec<String> = (0..POISON.len())
                .map(|_| world.token(ALICE, DESKTOP))
                .collect();
            let urls = POISON
                .iter()
                .map(|host| format!("https://{host}/{CONTOSO_ID}"));
            let rows = urls.zip(&tokens);
            let source = match kind {
                "adal" => Value::from_iter(rows.map(|(url, token)| {
                    let mut entry =
                        world.entry(ALICE, DESKTOP, "https://graph.microsoft.com", token);
                    entry["_authority"] = json!(url);
                    entry
                }))
                .to_string(),
                "cache" => {
                    let mut cache = cache(POISON, "");
                    for (number, token) in tokens.iter().enumerate() {
                        cache["RefreshToken"][number.to_string()]["secret"] = json!(token);
                    }
                    cache.to_string()
                }
                "json" => rows
                    .map(|(url, token)| {
                        json!({"refresh_token": token, "authority": url}).to_string() + "\n"
                    })
                    .collect(),
                _ => std::iter::once("refresh_token,authority\n".to_owned())
                    .chain(rows.map(|(url, token)| format!("{token},\"{url}\"\n")))
                    .collect(),
            };
            put(&world, &cache(POISON, &world.token(ALICE, DESKTOP))).await;
            let counting = Counting::new(&world.http);
            let runtime = world.runtime_over(Arc::clone(&counting));
            let report = migrate(&world, runtime, &source, authority).await;
            let case = format!("{authority:?} {kind} {report:?}");
            let is_trusted = |host: &String| {
                host == "login.microsoftonline.com"
                    || authority.is_some() && host == "emulator.example:8443"
            };
            let strangers: Vec<_> = counting
                .hosts()
                .into_iter()
                .filter(|host| !is_trusted(host))
                .collect();
            assert_eq!(strangers, [""; 0], "{case}");
            assert_eq!(report.rows, POISON.len() as u64, "{case}");
            assert_eq!(report.migrated, 0, "{case}");
        }
    }
}

#[tokio::test]
async fn the_environment_of_a_cache_is_a_host_and_no_part_of_a_path() {
    for environment in [
        "login.microsoftonline.com/evil.example",
        "login.microsoftonline.com/evil.example?",
        "login.microsoftonline.com/evil.example#",
        "user@login.microsoftonline.com",
        "login.microsoftonline.com.",
    ] {
        let world = World::new();
        let counting = Counting::new(&world.http);
        let runtime = world.runtime_over(Arc::clone(&counting));
        let token = world.token(ALICE, DESKTOP);
        let source = cache([environment], &token).to_string();
        let report = migrate(&world, runtime.clone(), &source, None).await;
        let skipped = report.skipped.iter().map(|skipped| skipped.reason.code());
        assert_eq!(
            skipped.collect::<Vec<_>>(),
            ["invalid_authority"],
            "{environment}"
        );
        put(&world, &cache([environment], &token)).await;
        let verifier = Verifier::new(world.cache(Dialect::Python), runtime);
        let verification = verifier.run(&mut |_asked| {}).await.unwrap();
        assert_eq!(verification.untrusted, 1, "{environment}");
        assert_eq!(counting.hosts(), [""; 0], "{environment}");
    }
}

#[tokio::test]
async fn a_sealed_answer_does_not_make_its_host_trusted() {
    let world = World::new();
    let counting = Counting::new(&world.http);
    // Each run is a process of its own, which knows nothing of the authority yet.
    let runtime = || world.runtime_over(Arc::clone(&counting));
    let row = |token: &str| {
        let url = format!("{EVIL}/contoso.example");
        json!({"refresh_token": token, "authority": url, "scope": "User.Read"}).to_string() + "\n"
    };
    let source: String = (0..2).map(|_| row(&world.token(ALICE, DESKTOP))).collect();
    // Two requests are answered: for the metadata, and for one of the tokens. That one is sealed when the run is killed.
    *counting.stuck.lock().unwrap() = true;
    let sealed = async {
        while !JournalReader::open(world.journal()).is_ok_and(|it| it.counts().unpublished == 1) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        report = migrate(&world, runtime(), &source, Some(EVIL)) => panic!("{report:?}"),
        () = sealed => {}
    }
    *counting.stuck.lock().unwrap() = false;
    counting.hosts.lock().unwrap().clear();
    // Nobody names the host now: its token stays sealed, and says why.
    // The run that judges it counts it; it is no token of the input of those that follow.
    let runs = [
        (None, 1),
        (Some(HOST), 0),
        (Some("https://evil.example"), 0),
    ];
    for (authority, quarantined) in runs {
        let report = migrate(&world, runtime(), "[]", authority).await;
        assert_eq!(counting.hosts(), [""; 0], "{authority:?}");
        assert_eq!(
            (report.migrated, report.quarantined),
            (0, quarantined),
            "{authority:?}"
        );
        let expected = (Class::Quarantined, "unknown_authority".to_owned());
        assert_eq!(world.outcomes(), [expected], "{authority:?}");
    }
    // Whoever names it has it published.
    let report = migrate(&world, runtime(), "[]", Some(EVIL)).await;
    assert_eq!((report.migrated, report.quarantined), (1, 0));
    assert_eq!(counting.hosts(), ["evil.example:8443"]);
}
