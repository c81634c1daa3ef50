//! What a metadata document may say.

use super::*;

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
