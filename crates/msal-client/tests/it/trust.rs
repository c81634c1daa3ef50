//! Whom a refresh token is sent to: the host that was named, or one that Microsoft owns or vouches for, and nobody else
//! whatever a document says.

use msal::{
    Account, ApplicationBuilder, AuthenticationResult, Authority, ConfigError, Error,
    HomeAccountId, HttpErrorKind, ProtocolError, Public,
};
use msal_emulator::sample::{ALICE, CONTOSO, CONTOSO_ID, DESKTOP, FABRIKAM_ID};
use msal_emulator::{Endpoint, Fault, Version};
use serde_json::{Value, json};

use crate::world::{GRAPH, HOST, World, authority};

/// Redeems a token at an authority. `is_known` says that the application trusts its host.
async fn redeem(
    world: &World,
    authority: Authority,
    is_known: bool,
) -> Result<AuthenticationResult, Error> {
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let builder = world.builder(DESKTOP);
    let builder = match is_known {
        true => builder.known_authority(authority),
        false => builder.authority(authority),
    };
    let app = builder.build().unwrap();
    world
        .ask(app.acquire_token_by_refresh_token(token, [GRAPH]))
        .await
}

/// The hosts that were asked for anything, in order.
fn hosts(world: &World) -> Vec<String> {
    let host = |url: String| {
        let url: http::Uri = url.parse().unwrap();
        url.authority().unwrap().to_string()
    };
    world
        .http
        .sent()
        .into_iter()
        .map(|sent| host(sent.url))
        .collect()
}

/// No request carried a token, and nothing was kept.
async fn no_token_was_sent(world: &World, what: &str) {
    assert_eq!(world.http.token_requests().len(), 0, "{what}");
    assert_eq!(world.redemptions(), 0, "{what}");
    assert_eq!(world.store.bytes().await, None, "{what}");
}

fn parse(url: &str) -> Authority {
    Authority::parse(url).unwrap()
}

/// Every metadata document is this one.
fn metadata(document: &Value) -> Fault {
    let json = [("Content-Type", "application/json")];
    Fault::respond(200, json, document.to_string()).endpoints([
        Endpoint::OpenIdConfiguration(Version::V1),
        Endpoint::OpenIdConfiguration(Version::V2),
        Endpoint::Unknown,
    ])
}

/// The answer to every question whether a host is one of Microsoft's.
fn instance(status: u16, body: impl Into<String>) -> Fault {
    let json = [("Content-Type", "application/json")];
    Fault::respond(status, json, body.into()).endpoints([Endpoint::InstanceDiscovery])
}

#[tokio::test]
async fn a_host_nobody_knows_is_refused_unless_it_is_named() {
    for url in [
        "https://login.evil.example/common",
        "https://login.microsoftonline.com.evil.example/common",
        "https://evil-login.microsoftonline.com/common",
        "https://203.0.113.7/common",
        "https://[2001:db8::7]/common",
    ] {
        let world = World::new();
        let error = redeem(&world, parse(url), false).await.unwrap_err();
        let Error::Config(ConfigError::UnknownAuthority { host, .. }) = error else {
            panic!("{url}: {error:?}")
        };
        assert_eq!(parse(url).host(), host);
        assert_eq!(
            hosts(&world),
            [HOST],
            "only Microsoft was asked about {url}"
        );
        no_token_was_sent(&world, url).await;

        let world = World::new();
        let result = redeem(&world, parse(url), true).await;
        assert!(result.is_ok(), "{url}: {result:?}");
        assert_eq!(hosts(&world), [host.clone(), host], "{url}");
    }
}

#[tokio::test]
async fn a_path_does_not_make_a_host_trustworthy() {
    for url in [
        "https://evil.example/adfs",
        "https://evil.example/tenant/b2c_1_susi",
        "https://evil.example/tfp/tenant/b2c_1_susi",
        "https://evil.example/dstsv2/common",
        "https://evilb2clogin.com/tenant/b2c_1_susi",
    ] {
        let world = World::new();
        let error = redeem(&world, parse(url), false).await.unwrap_err();
        let is_unknown = matches!(error, Error::Config(ConfigError::UnknownAuthority { .. }));
        assert!(is_unknown, "{url}: {error:?}");
        assert_eq!(hosts(&world), [""; 0], "{url}");
        no_token_was_sent(&world, url).await;
    }
}

#[tokio::test]
async fn an_authority_without_tls_cannot_be_named() {
    for url in [
        "http://login.microsoftonline.com/common",
        "https://user:password@login.microsoftonline.com/common",
        "https://login.microsoftonline.com/common#fragment",
        "file:///etc/passwd",
    ] {
        assert!(Authority::parse(url).is_err(), "{url}");
    }
}

#[tokio::test]
async fn microsofts_word_for_a_host_must_be_about_that_host() {
    let private = parse("https://login.private.example/common");
    for endpoint in [
        json!("http://169.254.169.254/metadata/instance"),
        json!("https://evil.example/common/v2.0/.well-known/openid-configuration"),
        json!("http://login.private.example/common/v2.0/.well-known/openid-configuration"),
        json!(7),
        json!(null),
    ] {
        let world = World::new();
        let answer = json!({"tenant_discovery_endpoint": endpoint, "metadata": []});
        world.emulator.add_fault(instance(200, answer.to_string()));
        let error = redeem(&world, private.clone(), false).await.unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{endpoint}: {error:?}");
        assert_eq!(hosts(&world), [HOST], "{endpoint}");
        no_token_was_sent(&world, &endpoint.to_string()).await;
    }
    // The host is trusted once Microsoft vouches for it.
    let world = World::new();
    let own = "https://login.private.example/common/v2.0/.well-known/openid-configuration";
    let answer = json!({"tenant_discovery_endpoint": own, "metadata": []});
    world.emulator.add_fault(instance(200, answer.to_string()));
    assert!(redeem(&world, private, false).await.is_ok());
    let private = "login.private.example";
    assert_eq!(hosts(&world), [HOST, private, private]);
}

#[tokio::test]
async fn no_word_from_microsoft_is_no_permission() {
    let world = World::new();
    world.http.fail(Some(HttpErrorKind::Unreachable));
    let private = parse("https://login.private.example/common");
    let error = redeem(&world, private.clone(), false).await.unwrap_err();
    assert!(matches!(error, Error::Http(_)));
    no_token_was_sent(&world, "unreachable").await;
    for (status, body) in [
        (200, "<html>"),
        (200, "{}"),
        (200, "[]"),
        (500, "{}"),
        (503, "busy"),
    ] {
        let world = World::new();
        world.emulator.add_fault(instance(status, body));
        let error = redeem(&world, private.clone(), false).await.unwrap_err();
        assert!(
            matches!(error, Error::Protocol(_)),
            "{status} {body}: {error:?}"
        );
        assert_eq!(error.is_transient(), status >= 500, "{status} {body}");
        no_token_was_sent(&world, body).await;
    }
}

/// A sound document of the first tenant, as the tenant's host serves it.
fn document(host: &str) -> Value {
    let base = format!("https://{host}/{CONTOSO_ID}");
    json!({
        "issuer": format!("{base}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
    })
}

/// Redeems a token where the metadata is this document; what is asked for is a tenant by its domain, because any other
/// is not looked up.
async fn with_document(document: &Value) -> (World, Result<AuthenticationResult, Error>) {
    let world = World::new();
    world.emulator.add_fault(metadata(document));
    let result = redeem(&world, authority(CONTOSO), false).await;
    (world, result)
}

#[tokio::test]
async fn a_document_that_points_elsewhere_sends_no_token_anywhere() {
    let (world, result) = with_document(&document(HOST)).await;
    assert!(result.is_ok(), "the document itself is sound: {result:?}");
    assert_eq!(hosts(&world), [HOST, HOST]);

    let other_tenant = format!("https://{HOST}/{FABRIKAM_ID}/oauth2/v2.0/token");
    for (member, value) in [
        ("token_endpoint", json!("https://evil.example/token")),
        (
            "token_endpoint",
            json!(format!("http://{HOST}/{CONTOSO_ID}/oauth2/v2.0/token")),
        ),
        (
            "token_endpoint",
            json!(format!(
                "https://{HOST}:8443/{CONTOSO_ID}/oauth2/v2.0/token"
            )),
        ),
        (
            "token_endpoint",
            json!(format!("https://{HOST}@evil.example/token")),
        ),
        (
            "token_endpoint",
            json!(format!("https://{HOST}.evil.example/token")),
        ),
        ("token_endpoint", json!("https://169.254.169.254/token")),
        (
            "token_endpoint",
            json!("https://contoso.b2clogin.com/token"),
        ),
        ("token_endpoint", json!("//evil.example/token")),
        ("token_endpoint", json!("")),
        ("token_endpoint", json!(7)),
        ("token_endpoint", json!(null)),
        ("token_endpoint", json!(other_tenant)),
        (
            "authorization_endpoint",
            json!("https://evil.example/authorize"),
        ),
        (
            "device_authorization_endpoint",
            json!("https://evil.example/devicecode"),
        ),
        ("issuer", json!("https://evil.example/v2.0")),
        ("issuer", json!(format!("http://{HOST}/{CONTOSO_ID}/v2.0"))),
        (
            "issuer",
            json!(format!(
                "https://login.microsoftonline.us/{CONTOSO_ID}/v2.0"
            )),
        ),
        (
            "issuer",
            json!(format!("https://{HOST}/{FABRIKAM_ID}/v2.0")),
        ),
        ("issuer", json!("no url")),
        ("issuer", json!(null)),
    ] {
        let mut hostile = document(HOST);
        hostile[member] = value.clone();
        let what = format!("{member} {value}");
        let (world, result) = with_document(&hostile).await;
        assert!(
            matches!(result, Err(Error::Protocol(_))),
            "{what}: {result:?}"
        );
        assert_eq!(hosts(&world), [HOST], "{what}");
        no_token_was_sent(&world, &what).await;
    }
}

#[tokio::test]
async fn a_refused_document_is_asked_for_again_and_not_remembered() {
    let world = World::new();
    let mut hostile = document(HOST);
    hostile["token_endpoint"] = json!("https://evil.example/token");
    world.emulator.add_fault(metadata(&hostile));
    let app = world.builder(DESKTOP).authority(authority(CONTOSO));
    let app = app.build().unwrap();
    let token = world.adal_sign_in(ALICE, DESKTOP);
    let call = || app.acquire_token_by_refresh_token(token.clone(), [GRAPH]);
    for _ in 0..2 {
        assert!(world.ask(call()).await.is_err());
    }
    world.emulator.clear_faults();
    assert!(world.ask(call()).await.is_ok());
    assert_eq!(hosts(&world).len(), 4);
}

#[tokio::test]
async fn other_kinds_of_authorities_are_held_to_their_own_hosts() {
    let endpoints = |base: &str, issuer: &str| {
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
        })
    };
    let b2c = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_susi";
    let ciam = "https://contoso.ciamlogin.com";
    let adfs = "https://fs.contoso.example/adfs";
    for (asked, document) in [
        (adfs, endpoints("https://evil.example/adfs/oauth2", adfs)),
        (
            adfs,
            endpoints(
                "https://fs.contoso.example/adfs/oauth2",
                "https://evil.example/adfs",
            ),
        ),
        (
            b2c,
            endpoints(
                "https://stranger.b2clogin.com/x/B2C_1_susi",
                "https://contoso.b2clogin.com/x/v2.0/",
            ),
        ),
        (
            b2c,
            endpoints(
                "https://contoso.b2clogin.com/x",
                "https://stranger.b2clogin.com/x/v2.0/",
            ),
        ),
        (
            ciam,
            endpoints(
                "https://stranger.ciamlogin.com/x",
                "https://x.ciamlogin.com/x/v2.0",
            ),
        ),
        (
            ciam,
            endpoints(
                "https://x.ciamlogin.com/x",
                "https://x.ciamlogin.com/x/v2.0",
            ),
        ),
        (
            ciam,
            endpoints(
                "https://contoso.ciamlogin.com/x",
                "https://stranger.ciamlogin.com/x/v2.0",
            ),
        ),
    ] {
        let world = World::new();
        world.emulator.add_fault(metadata(&document));
        let result = redeem(&world, parse(asked), true).await;
        assert!(
            matches!(result, Err(Error::Protocol(_))),
            "{document}: {result:?}"
        );
        assert_eq!(hosts(&world), [parse(asked).host()], "{document}");
        no_token_was_sent(&world, &document.to_string()).await;
    }
}

#[tokio::test]
async fn any_other_provider_is_who_it_says_it_is() {
    let asked = Authority::oidc("https://op.example/tenant").unwrap();
    for issuer in [
        format!("https://{HOST}/{CONTOSO_ID}/v2.0"),
        "https://contoso.b2clogin.com/tenant".to_owned(),
        "https://op.example/another".to_owned(),
        "http://op.example/tenant".to_owned(),
    ] {
        let world = World::new();
        let mut hostile = document("op.example");
        hostile["issuer"] = json!(issuer);
        world.emulator.add_fault(metadata(&hostile));
        let error = redeem(&world, asked.clone(), true).await.unwrap_err();
        let Error::Protocol(error) = error else {
            panic!("{issuer}: {error:?}")
        };
        assert!(matches!(*error, ProtocolError::Discovery(_)), "{issuer}");
        no_token_was_sent(&world, &issuer).await;
    }
}

#[tokio::test]
async fn an_outage_of_the_metadata_passes() {
    let documents = || [Endpoint::OpenIdConfiguration(Version::V2)];
    // The world begins on 2023-11-14 at 22:13:20.
    let date = [("Retry-After", "Tue, 14 Nov 2023 22:14:05 GMT")];
    for (fault, seconds) in [
        (Fault::throttle(9), Some(9)),
        (Fault::respond(429, date, "Too Many Requests"), Some(45)),
        (Fault::unavailable(Some(30)), Some(30)),
        (Fault::unavailable(None), None),
    ] {
        let world = World::new();
        world.emulator.add_fault(fault.endpoints(documents()));
        let error = redeem(&world, authority(CONTOSO), false).await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        let expected = seconds.map(std::time::Duration::from_secs);
        assert_eq!(error.retry_after(), expected);
        no_token_was_sent(&world, "an outage").await;
    }
    // A tenant that does not exist will not come into being.
    let world = World::new();
    let error = redeem(&world, authority("nowhere.example"), false).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Protocol(_)) && !error.is_transient());
    assert!(error.to_string().contains("invalid_tenant"), "{error}");
}

#[tokio::test]
async fn a_poisoned_cache_does_not_choose_the_host() {
    let world = World::new();
    let alice = world.sign_in(&world.desktop(), DESKTOP, ALICE).await;
    let alice = alice.account.unwrap();
    let text = String::from_utf8(world.store.bytes().await.unwrap().to_vec()).unwrap();
    for host in [
        "evil.example",
        "169.254.169.254",
        "login.microsoftonline.com.evil.example",
    ] {
        world.store.put(text.replace(HOST, host)).await;
        let app = world.desktop();
        let before = world.http.sent().len();
        for _ in 0..2 {
            let silent = world.ask(app.acquire_token_silent([GRAPH], &alice)).await;
            assert!(matches!(silent, Err(Error::InteractionRequired(_))));
            assert!(world.ask(app.accounts()).await.unwrap().is_empty());
            world.advance(crate::world::DAY);
        }
        assert_eq!(world.http.sent().len(), before, "{host}");
    }
}

#[tokio::test]
async fn the_authority_that_is_named_last_counts_alone() {
    let (ours, theirs) = (
        "https://emulator.example/common",
        "https://evil.example/common",
    );
    type Steps = fn(ApplicationBuilder<Public>, Authority, Authority) -> ApplicationBuilder<Public>;
    let table: [(Steps, &[&str]); 5] = [
        // That one host was named says nothing about another.
        (
            |builder, ours, theirs| builder.known_authority(ours).authority(theirs),
            &[HOST],
        ),
        (
            |builder, ours, theirs| builder.known_authority(theirs).authority(ours),
            &[HOST],
        ),
        (
            |builder, ours, theirs| builder.authority(theirs).known_authority(ours),
            &["emulator.example", "emulator.example"],
        ),
        (
            |builder, ours, theirs| builder.known_authority(theirs).known_authority(ours),
            &["emulator.example", "emulator.example"],
        ),
        (
            |builder, ours, _| {
                builder
                    .known_authority(ours)
                    .authority(authority(CONTOSO_ID))
            },
            &[HOST],
        ),
    ];
    for (number, (steps, expected)) in table.into_iter().enumerate() {
        let world = World::new();
        let app = steps(world.builder(DESKTOP), parse(ours), parse(theirs));
        let app = app.build().unwrap();
        let token = world.adal_sign_in(ALICE, DESKTOP);
        let _refused_or_not = world
            .ask(app.acquire_token_by_refresh_token(token, [GRAPH]))
            .await;
        assert_eq!(hosts(&world), expected, "{number}");
    }
}

/// Host names that a poisoned cache may have, most of them meant to be taken for the host that was named or for Microsoft's.
const POISON: [&str; 16] = [
    "evil.example",
    "evil.example:8443",
    "emulator.example:9999",
    "emulator.example:8443@evil.example",
    "user@emulator.example:8443",
    "emulator.example:8443/evil",
    "evil.example/emulator.example:8443",
    "evil.example\\emulator.example",
    "evil.example#emulator.example",
    "emulator.example:8443.evil.example",
    "emulator.example.",
    "\u{435}mulator.example",
    "emulator.example\n",
    "login.microsoftonline.com@evil.example",
    "login.microsoftonline.com.evil.example",
    "login.microsoftonline.com:8443",
];

/// A cache with Alice's token under a host's name.
fn poisoned(environment: &str, token: &str) -> Value {
    let home = format!("u.{CONTOSO_ID}");
    json!({
        "Account": {"a": {
            "home_account_id": home, "environment": environment, "realm": CONTOSO_ID,
            "local_account_id": "u", "username": ALICE, "authority_type": "MSSTS",
        }},
        "RefreshToken": {"r": {
            "credential_type": "RefreshToken", "secret": token, "home_account_id": home,
            "environment": environment, "client_id": DESKTOP, "target": "", "family_id": "1",
        }},
        "AppMetadata": {"m": {"client_id": DESKTOP, "environment": environment, "family_id": "1"}},
    })
}

#[tokio::test]
async fn no_call_sends_anything_to_a_host_that_only_the_cache_names() {
    let named = "https://emulator.example:8443/common";
    for environment in POISON {
        for app in [0, 1, 2] {
            let world = World::new();
            let token = world.adal_sign_in(ALICE, DESKTOP);
            world
                .store
                .put(poisoned(environment, token.expose_secret()).to_string())
                .await;
            let builder = world.builder(DESKTOP);
            let app = match app {
                0 => builder,
                1 => builder.known_authority(parse(named)),
                _ => builder
                    .known_authority(parse(named))
                    .authority(Authority::common()),
            };
            let app = app.build().unwrap();
            let home = HomeAccountId::new(&format!("u.{CONTOSO_ID}"));
            let mut accounts = world.ask(app.accounts()).await.unwrap();
            assert_eq!(accounts, [], "{environment:?}");
            accounts.push(Account::new(home, environment));
            for account in &accounts {
                for is_forced in [false, true] {
                    let call = app.acquire_token_silent([GRAPH], account);
                    let answer = world.ask(call.force_refresh(is_forced)).await;
                    assert!(answer.is_err(), "{environment:?}");
                }
                world.ask(app.remove_account(account)).await.unwrap();
            }
            assert_eq!(hosts(&world), [""; 0], "{environment:?}");
        }
    }
}
