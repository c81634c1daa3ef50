//! Whom a refresh token is sent to: the host that was named, or one that Microsoft owns or vouches for, and nobody else
//! whatever a document says.

mod caches;
mod documents;

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
