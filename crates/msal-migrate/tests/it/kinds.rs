//! Each kind of authority is asked as what it is: by migrations, and by the verification of what is in a cache.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use msal::{Blob, BoxFuture, CacheStore as _, HttpClient, HttpError, Partition};
use msal_core::Dialect;
use msal_emulator::sample::{ALICE, CONTOSO, CONTOSO_ID, DESKTOP};
use msal_migrate::{AuthorityOverride, NoObserver, PlanOptions, Verifier};
use serde_json::{Value, json};

use crate::world::{InProcess, World};

/// Writes down what is asked for.
#[derive(Debug)]
struct Noting(InProcess, Mutex<Vec<String>>);

impl HttpClient for Noting {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        self.1.lock().unwrap().push(request.uri().to_string());
        self.0.send(request)
    }
}

#[tokio::test]
async fn external_id_is_migrated_and_verified_however_it_is_named() {
    let bare = "https://contoso.ciamlogin.com".to_owned();
    let by_name = format!("{bare}/{CONTOSO}");
    let by_id = format!("{bare}/{CONTOSO_ID}");
    let issuer = format!("https://{CONTOSO_ID}.ciamlogin.com/{CONTOSO_ID}/v2.0");
    for (row, named) in [
        // The tenant of the bare host is called contoso.onmicrosoft.com, which is not in the sample.
        (None, Some(&by_name)),
        (None, Some(&by_id)),
        (Some(&by_name), None),
        (Some(&by_id), None),
        (Some(&by_id), Some(&by_name)),
        (Some(&by_name), Some(&by_id)),
        (Some(&issuer), None),
    ] {
        let world = World::new();
        let graph = "https://graph.microsoft.com";
        let mut entry = world.entry(ALICE, DESKTOP, graph, &world.token(ALICE, DESKTOP));
        match row {
            Some(url) => entry["_authority"] = json!(url),
            None => drop(entry.as_object_mut().unwrap().remove("_authority")),
        }
        let mut plan = PlanOptions::default();
        plan.authority = named.map(|url| AuthorityOverride::parse(url).unwrap());
        let report = world
            .migration(&[entry])
            .plan(plan)
            .run(&mut NoObserver, Box::pin(std::future::pending()))
            .await
            .unwrap();
        let case = format!("{row:?} {named:?} {report:?} {:?}", world.outcomes());
        assert_eq!(report.migrated, 1, "{case}");
        world.http.later(Duration::from_secs(2 * 3600));
        for named in [None, named] {
            let named = named.map(|url| AuthorityOverride::of_any_kind(url).unwrap());
            let verification = Verifier::new(world.cache(Dialect::Python), world.runtime.clone())
                .authority(named)
                .run(&mut |_asked| {})
                .await
                .unwrap();
            assert_eq!((verification.asked, verification.broken), (1, 0), "{case}");
            assert_eq!(verification.untrusted, 0, "{case}");
        }
    }
}

#[tokio::test]
async fn an_account_is_asked_as_the_kind_that_it_is() {
    let policy = format!("u-b2c_1_susi.{CONTOSO_ID}");
    for (home, environment, realm, named, expected) in [
        (
            "u.t",
            "contoso.ciamlogin.com",
            CONTOSO_ID,
            None,
            format!("https://contoso.ciamlogin.com/{CONTOSO_ID}/v2.0/"),
        ),
        (
            &policy,
            "contoso.b2clogin.com",
            CONTOSO_ID,
            None,
            format!("https://contoso.b2clogin.com/{CONTOSO_ID}/b2c_1_susi/v2.0/"),
        ),
        (
            &policy,
            "contoso.b2clogin.com",
            CONTOSO_ID,
            Some("https://contoso.b2clogin.com/contoso.example/B2C_1_other"),
            format!("https://contoso.b2clogin.com/{CONTOSO_ID}/b2c_1_susi/v2.0/"),
        ),
        (
            "u.t",
            "contoso.b2clogin.com",
            CONTOSO_ID,
            Some("https://contoso.b2clogin.com/contoso.example/B2C_1_susi"),
            "https://contoso.b2clogin.com/contoso.example/B2C_1_susi/v2.0/".to_owned(),
        ),
        (
            &policy,
            "login.contoso.example",
            CONTOSO_ID,
            Some("https://login.contoso.example/contoso.example/B2C_1_susi"),
            format!("https://login.contoso.example/{CONTOSO_ID}/b2c_1_susi/v2.0/"),
        ),
        (
            "sub",
            "fs.contoso.example",
            "adfs",
            Some("https://fs.contoso.example/adfs"),
            "https://fs.contoso.example/adfs/".to_owned(),
        ),
        (
            "sub",
            "fs.contoso.example",
            "adfs",
            Some("https://fs.contoso.example:8443"),
            "https://fs.contoso.example:8443/adfs/".to_owned(),
        ),
        (
            "u.t",
            "x.dsts.example",
            "dstsv2",
            Some("https://x.dsts.example/dstsv2/contoso.example"),
            "https://x.dsts.example/dstsv2/contoso.example/".to_owned(),
        ),
        (
            "u.t",
            "private.example",
            CONTOSO_ID,
            Some("https://private.example:8443"),
            format!("https://private.example:8443/{CONTOSO_ID}/v2.0/"),
        ),
        // As an application that signs its users in at a tenant that is named.
        (
            "u.t",
            "private.example",
            CONTOSO_ID,
            Some("https://private.example:8443/organizations"),
            "https://private.example:8443/organizations/v2.0/".to_owned(),
        ),
    ] {
        let world = World::new();
        let target = cache(home, environment, realm);
        put(&world, &target).await;
        let noting = Arc::new(Noting(world.http.clone(), Mutex::default()));
        let runtime = world.runtime_over(Arc::clone(&noting));
        let named = named.map(|url| AuthorityOverride::of_any_kind(url).unwrap());
        let _whatever_comes_back = Verifier::new(world.cache(Dialect::Python), runtime)
            .authority(named)
            .run(&mut |_asked| {})
            .await
            .unwrap();
        let expected = format!("{expected}.well-known/openid-configuration");
        assert_eq!(noting.1.lock().unwrap().first(), Some(&expected), "{home}");
    }
}

#[tokio::test]
async fn users_of_two_policies_are_each_asked_with_their_own() {
    let world = World::new();
    let host = "contoso.b2clogin.com";
    let mut target = cache("u-b2c_1_one.t", host, CONTOSO_ID);
    let other = cache("u-b2c_1_two.t", host, CONTOSO_ID);
    target["Account"]["b"] = other["Account"]["a"].clone();
    target["RefreshToken"]["s"] = other["RefreshToken"]["r"].clone();
    put(&world, &target).await;
    let noting = Arc::new(Noting(world.http.clone(), Mutex::default()));
    let runtime = world.runtime_over(Arc::clone(&noting));
    let verifier = Verifier::new(world.cache(Dialect::Python), runtime);
    let _whatever_comes_back = verifier.run(&mut |_asked| {}).await.unwrap();
    let asked = noting.1.lock().unwrap().clone();
    for policy in ["b2c_1_one", "b2c_1_two"] {
        let path = format!("/{policy}/v2.0/.well-known/openid-configuration");
        assert!(asked.iter().any(|url| url.ends_with(&path)), "{asked:?}");
    }
}

#[tokio::test]
async fn what_sends_nothing_leaves_untried_what_nobody_has_named() {
    for (environment, realm) in [
        ("fs.contoso.example", "adfs"),
        ("private.example:8443", CONTOSO_ID),
        ("login.microsoftonline.com", CONTOSO_ID),
        ("contoso.ciamlogin.com", CONTOSO_ID),
    ] {
        let world = World::new();
        put(&world, &cache("u.t", environment, realm)).await;
        let verification = Verifier::offline(world.cache(Dialect::Python), &world.runtime)
            .run(&mut |_asked| {})
            .await
            .unwrap();
        assert_eq!(
            (verification.asked, verification.untried),
            (1, 1),
            "{environment}"
        );
        assert!(verification.is_sound(), "{environment}");
    }
}

/// A cache with one account and its refresh token.
fn cache(home: &str, environment: &str, realm: &str) -> Value {
    json!({
        "Account": {"a": {
            "home_account_id": home, "environment": environment, "realm": realm,
            "local_account_id": "u", "username": ALICE, "authority_type": "MSSTS",
        }},
        "RefreshToken": {"r": {
            "credential_type": "RefreshToken", "secret": "0.FAKE", "home_account_id": home,
            "environment": environment, "client_id": DESKTOP, "target": "User.Read",
        }},
    })
}

async fn put(world: &World, target: &Value) {
    let blob: Arc<dyn Blob> = Arc::new(Bytes::from(target.to_string()));
    let partition = Partition::default();
    world.store.save(&partition, blob, None).await.unwrap();
}
