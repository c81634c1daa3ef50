use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::*;
use crate::{Authority, IdTokenClaims, RawIdToken, TrustedAuthority};

fn answer(body: &Value) -> Response<Bytes> {
    Response::new(Bytes::from(body.to_string()))
}

fn document(host: &str, tenant: &str) -> Value {
    json!({
        "issuer": format!("https://{host}/{tenant}/v2.0"),
        "authorization_endpoint": format!("https://{host}/{tenant}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("https://{host}/{tenant}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("https://{host}/{tenant}/oauth2/v2.0/devicecode"),
    })
}

fn trusted(authority: &str) -> TrustedAuthority {
    TrustedAuthority::named_by_operator(Authority::parse(authority).unwrap())
}

fn read(authority: &str, document: &Value) -> Result<ProviderMetadata, DiscoveryError> {
    ProviderMetadata::read(&trusted(authority), &answer(document))
}

const TENANT: &str = "0e8a3f2c-1111-4222-8333-abcdefabcdef";
const STRANGER: &str = "0e8a3f2c-1111-4222-8333-000000000000";

#[test]
fn a_domain_becomes_the_guid_of_the_token_endpoint() {
    let metadata = read(
        "https://login.microsoftonline.com/contoso.com",
        &document(
            "login.microsoftonline.com",
            "0e8a3f2c-1111-4222-8333-abcdefabcdef",
        ),
    );
    assert_eq!(
        metadata.unwrap().realm,
        "0e8a3f2c-1111-4222-8333-abcdefabcdef"
    );
}

#[test]
fn what_is_built_in_equals_what_the_server_says() {
    let authority = trusted("https://login.microsoftonline.com/common");
    let mut served = document("login.microsoftonline.com", "common");
    served["issuer"] = json!("https://login.microsoftonline.com/{tenantid}/v2.0");
    let served = ProviderMetadata::read(&authority, &answer(&served)).unwrap();
    assert_eq!(ProviderMetadata::built_in(&authority), Some(served));
}

#[test]
fn only_what_is_certain_is_built_in() {
    for unknown in [
        "https://login.microsoftonline.com/contoso.com",
        "https://localhost:8443/common",
        "https://contoso.ciamlogin.com/",
        "https://fs.contoso.com/adfs",
    ] {
        assert_eq!(
            ProviderMetadata::built_in(&Authority::parse(unknown).unwrap()),
            None,
            "{unknown}"
        );
    }
}

#[test]
fn a_document_that_points_elsewhere_is_refused() {
    let authority = "https://login.microsoftonline.com/common";
    for member in [
        "token_endpoint",
        "authorization_endpoint",
        "device_authorization_endpoint",
    ] {
        for elsewhere in [
            "https://evil.example/token",
            "http://login.microsoftonline.com/token",
            "https://login.microsoftonline.com.evil.example/token",
            "https://login.microsoftonline.com:8443/token",
            "https://login.microsoftonline.com@evil.example/token",
            "https://user:pass@login.microsoftonline.com/token",
            "https://login.microsoftonline.us/token",
            "https://169.254.169.254/token",
            "javascript:alert(1)",
            "",
        ] {
            let mut document = document("login.microsoftonline.com", "common");
            document[member] = json!(elsewhere);
            let result = read(authority, &document);
            assert!(
                matches!(result, Err(DiscoveryError::ForeignEndpoint { .. })),
                "{member} {elsewhere} {result:?}"
            );
        }
    }
}

#[test]
fn an_alias_of_the_same_cloud_is_not_elsewhere() {
    let mut document = document("login.microsoftonline.com", "common");
    document["issuer"] = json!("https://login.microsoftonline.com/{tenantid}/v2.0");
    assert!(read("https://login.windows.net/common", &document).is_ok());
    assert!(read("https://login.microsoftonline.us/common", &document).is_err());
}

#[test]
fn the_issuer_must_fit_the_kind() {
    let issuer = |authority: &str, host: &str, issuer: &str| {
        let mut document = document(host, TENANT);
        document["issuer"] = json!(issuer);
        read(authority, &document).is_ok()
    };
    let fs = "https://fs.contoso.com/adfs";
    assert!(issuer(
        fs,
        "fs.contoso.com",
        "http://fs.contoso.com/adfs/services/trust"
    ));
    assert!(!issuer(fs, "fs.contoso.com", "https://evil.example/adfs"));
    let ciam = "https://contoso.ciamlogin.com/";
    assert!(issuer(
        ciam,
        "contoso.ciamlogin.com",
        &format!("https://{TENANT}.ciamlogin.com/{TENANT}/v2.0")
    ));
    assert!(!issuer(
        ciam,
        "contoso.ciamlogin.com",
        &format!("https://other.ciamlogin.com/{TENANT}/v2.0")
    ));
    let entra = "https://login.microsoftonline.com/common";
    assert!(!issuer(
        entra,
        "login.microsoftonline.com",
        "https://evil.example/x/v2.0"
    ));
    assert!(!issuer(
        entra,
        "login.microsoftonline.com",
        "http://login.microsoftonline.com/x/v2.0"
    ));
}

#[test]
fn a_document_of_another_tenant_is_refused() {
    let (ours, theirs) = (
        "0e8a3f2c-1111-4222-8333-abcdefabcdef",
        "0e8a3f2c-1111-4222-8333-000000000000",
    );
    let host = "login.microsoftonline.com";
    let reads = |asked: &str, issuer: &str, endpoint: &str| {
        let mut document = document(host, endpoint);
        document["issuer"] = json!(format!("https://{host}/{issuer}/v2.0"));
        match read(&format!("https://{host}/{asked}"), &document) {
            Ok(metadata) => Some(metadata.realm),
            Err(DiscoveryError::Tenant { .. }) => None,
            Err(other) => panic!("{other}"),
        }
    };
    let upper = ours.to_ascii_uppercase();
    for (asked, issuer, endpoint) in [
        (ours, ours, ours),
        (&upper, ours, ours),
        ("contoso.com", ours, ours),
        ("contoso.com", ours, "contoso.com"),
        ("common", "{tenantid}", "common"),
        (
            "consumers",
            "9188040d-6c67-4c5b-b112-36a304b66dad",
            "consumers",
        ),
    ] {
        let realm = reads(asked, issuer, endpoint);
        assert_eq!(realm.as_deref(), Some(endpoint), "{asked} {issuer}");
    }
    for (asked, issuer, endpoint) in [
        (ours, ours, theirs),
        (ours, theirs, ours),
        (ours, theirs, theirs),
        (ours, ours, "common"),
        ("contoso.com", ours, theirs),
        ("common", "{tenantid}", theirs),
        ("organizations", "{tenantid}", "common"),
    ] {
        assert_eq!(
            reads(asked, issuer, endpoint),
            None,
            "{asked} {issuer} {endpoint}"
        );
    }
}

#[test]
fn an_authority_that_was_named_is_held_to_its_tenant_like_any_other() {
    let base = "https://localhost:8443";
    let tfp = format!("tfp/{TENANT}");
    let stranger = format!("tfp/{STRANGER}");
    let (b2c, policy) = (
        "contoso.onmicrosoft.com/b2c_1_x",
        "tfp/contoso.onmicrosoft.com/b2c_1_x",
    );
    for (asked, issuer, endpoint, is_own) in [
        ("contoso.com", TENANT, TENANT, true),
        ("contoso.com", TENANT, "contoso.com", true),
        ("contoso.com", "contoso.com", "CONTOSO.com", true),
        // Another name is another tenant.
        ("contoso.com", "fabrikam.com", "fabrikam.com", false),
        ("contoso.com", "fabrikam.com", "contoso.com", false),
        ("contoso.com", TENANT, "fabrikam.com", false),
        ("contoso.com", TENANT, STRANGER, false),
        ("contoso.com", "common", "common", false),
        (TENANT, TENANT, TENANT, true),
        (TENANT, STRANGER, TENANT, false),
        (TENANT, TENANT, STRANGER, false),
        // The tenant is the first part of a path, and no other.
        (TENANT, &format!("{STRANGER}/{TENANT}"), TENANT, false),
        (TENANT, TENANT, &format!("{STRANGER}/{TENANT}"), false),
        // Many tenants have a template for an issuer.
        ("common", "{tenantid}", "common", true),
        ("organizations", "{tenantid}", "organizations", true),
        ("common", STRANGER, "common", false),
        ("organizations", STRANGER, "organizations", false),
        ("consumers", STRANGER, "consumers", false),
        // A policy is one tenant's, however it is written.
        (b2c, TENANT, b2c, true),
        (b2c, &tfp, policy, true),
        (b2c, TENANT, TENANT, true),
        (policy, TENANT, policy, true),
        (b2c, &stranger, &tfp, false),
        (b2c, TENANT, "fabrikam.onmicrosoft.com/b2c_1_x", false),
        (b2c, "fabrikam.onmicrosoft.com", b2c, false),
        (
            policy,
            TENANT,
            "tfp/fabrikam.onmicrosoft.com/b2c_1_x",
            false,
        ),
        ("dstsv2/contoso.com", "dstsv2", "dstsv2/contoso.com", true),
        ("dstsv2/contoso.com", "dstsv2", "dstsv2/fabrikam.com", false),
    ] {
        let mut document = document("localhost:8443", endpoint);
        document["issuer"] = json!(format!("{base}/{issuer}/v2.0"));
        let result = read(&format!("{base}/{asked}"), &document);
        let case = format!("{asked} {issuer} {endpoint} {result:?}");
        match is_own {
            true => assert!(result.is_ok(), "{case}"),
            false => assert!(
                matches!(result, Err(DiscoveryError::Tenant { .. })),
                "{case}"
            ),
        }
    }
}

#[test]
fn the_endpoint_is_what_the_checks_have_read() {
    let mut document = document("login.microsoftonline.com", "common");
    for endpoint in [
        "https://login.microsoftonline.com\\common/oauth2/v2.0/token",
        "https:login.microsoftonline.com/common/oauth2/v2.0/token",
        " https://LOGIN.microsoftonline.com:443/common/oauth2/v2.0/token\n",
    ] {
        document["token_endpoint"] = json!(endpoint);
        let metadata = read("https://login.microsoftonline.com/common", &document).unwrap();
        assert_eq!(
            metadata.token_endpoint(),
            "https://login.microsoftonline.com/common/oauth2/v2.0/token",
            "{endpoint:?}"
        );
    }
}

#[test]
fn a_strangers_external_tenant_is_not_ours() {
    let ours = "https://contoso.ciamlogin.com/";
    let mut hostile = document("stranger.ciamlogin.com", "tid");
    hostile["issuer"] = json!("https://tid.ciamlogin.com/tid/v2.0");
    assert!(matches!(
        read(ours, &hostile),
        Err(DiscoveryError::ForeignEndpoint { .. })
    ));
    let mut by_issuer = document("tid.ciamlogin.com", "tid");
    by_issuer["issuer"] = json!("https://tid.ciamlogin.com/tid/v2.0");
    assert!(matches!(
        read(ours, &by_issuer),
        Err(DiscoveryError::ForeignEndpoint { .. })
    ));
}

#[test]
fn instance_discovery_vouches_for_an_authority_by_its_own_document() {
    let authority = Authority::parse("https://login.private.cloud/common").unwrap();
    let vouches = |endpoint: Value| {
        let body = json!({"tenant_discovery_endpoint": endpoint, "metadata": []});
        let metadata = InstanceMetadata::read(&answer(&body)).unwrap();
        metadata
            .vouch_for(authority.clone())
            .map(|trusted| trusted.to_string())
    };
    let own = "https://login.private.cloud/common/v2.0/.well-known/openid-configuration";
    assert_eq!(vouches(json!(own)), Ok(authority.to_string()));
    assert!(matches!(
        vouches(json!(null)),
        Err(DiscoveryError::Missing { .. })
    ));
    for elsewhere in [
        "http://169.254.169.254/metadata",
        "https://evil.example/common/v2.0/.well-known/openid-configuration",
        "http://login.private.cloud/common",
    ] {
        let refused = vouches(json!(elsewhere));
        assert!(
            matches!(refused, Err(DiscoveryError::ForeignEndpoint { .. })),
            "{elsewhere}"
        );
    }
}

#[test]
fn any_other_provider_must_match_exactly() {
    let authority = Authority::oidc("https://localhost/op").unwrap();
    let authority = TrustedAuthority::named_by_operator(authority);
    let read = |issuer: &str| {
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": "https://localhost/op/auth",
            "token_endpoint": "https://localhost/op/token",
        });
        ProviderMetadata::read(&authority, &answer(&document)).is_ok()
    };
    assert!(read("https://localhost/op"));
    assert!(read("https://localhost/op/"));
    assert!(!read("https://localhost/other"));
    assert!(!read("https://login.microsoftonline.com/op"));
}

#[test]
fn a_refusal_says_what_the_server_said() {
    let refused = Response::builder()
        .status(400)
        .body(Bytes::from_static(br#"{"error":"invalid_tenant"}"#))
        .unwrap();
    let common = TrustedAuthority::built_in(Authority::common()).unwrap();
    let error = ProviderMetadata::read(&common, &refused).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the metadata was refused with HTTP 400: invalid_tenant"
    );
    let garbage = Response::new(Bytes::from_static(b"<html>"));
    assert_eq!(
        ProviderMetadata::read(&common, &garbage),
        Err(DiscoveryError::NotJson)
    );
}

#[test]
fn id_tokens_must_come_from_the_authority() {
    let claims = |issuer: &str, tenant: Option<&str>| {
        let encode = |value: Value| {
            use base64::Engine;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
        };
        let payload = json!({"iss": issuer, "sub": "s", "aud": "me", "tid": tenant});
        let token = RawIdToken::new(format!("{}.{}.x", encode(json!({})), encode(payload)));
        IdTokenClaims::decode(&token, "me").unwrap()
    };
    let entra = ProviderMetadata::built_in(&Authority::common()).unwrap();
    let accepted = |issuer, tenant| entra.check_id_token_issuer(&claims(issuer, tenant)).is_ok();
    assert!(accepted(
        "https://login.microsoftonline.com/t1/v2.0",
        Some("t1")
    ));
    assert!(accepted("https://sts.windows.net/t1/", Some("t1")), "v1");
    assert!(!accepted(
        "https://login.microsoftonline.com/t2/v2.0",
        Some("t1")
    ));
    assert!(!accepted("https://login.microsoftonline.com/t1/v2.0", None));
    assert!(!accepted(
        "https://login.microsoftonline.us/t1/v2.0",
        Some("t1")
    ));
    assert!(!accepted("https://evil.example/t1/v2.0", Some("t1")));

    let tenant = "0e8a3f2c-1111-4222-8333-abcdefabcdef";
    let authority = Authority::parse(&format!("https://login.microsoftonline.com/{tenant}"));
    let of_tenant = ProviderMetadata::built_in(&authority.unwrap()).unwrap();
    let own = of_tenant.issuer.clone();
    assert!(own.contains(tenant));
    for (claimed, is_genuine) in [
        (Some(tenant), true),
        (Some("0E8A3F2C-1111-4222-8333-ABCDEFABCDEF"), true),
        (Some("t1"), false),
        (Some("login.microsoftonline.com"), false),
        (Some(""), false),
        (None, false),
    ] {
        let checked = of_tenant.check_id_token_issuer(&claims(&own, claimed));
        assert_eq!(checked.is_ok(), is_genuine, "{claimed:?}");
    }
}

#[test]
fn a_tenant_that_does_not_exist_is_told_by_its_number() {
    let authority = trusted("https://login.microsoftonline.com/nobody.example");
    for (body, error, numbers) in [
        (
            r#"{"error":"invalid_tenant","error_codes":[90002]}"#,
            "invalid_tenant",
            &[90_002][..],
        ),
        (
            r#"{"error":"invalid_tenant","error_description":"AADSTS900023: no tenant"}"#,
            "invalid_tenant",
            &[900_023],
        ),
        (r#"{"error":"not a code\u001b"}"#, "", &[]),
        ("<html>", "", &[]),
    ] {
        let response = Response::builder().status(400).body(Bytes::from(body));
        let read = ProviderMetadata::read(&authority, &response.unwrap());
        let Err(DiscoveryError::Status {
            error: named,
            codes,
            ..
        }) = read
        else {
            panic!("{read:?}");
        };
        assert_eq!(
            (named.as_str(), codes.as_slice()),
            (error, numbers),
            "{body}"
        );
    }
}

#[test]
fn an_unknown_instance_is_told_from_an_outage() {
    let body = |status, body: &'static str| {
        Response::builder()
            .status(status)
            .body(Bytes::from_static(body.as_bytes()))
            .unwrap()
    };
    assert_eq!(
        InstanceMetadata::read(&body(400, r#"{"error":"invalid_instance"}"#)),
        Err(DiscoveryError::UnknownInstance)
    );
    assert!(matches!(
        InstanceMetadata::read(&body(503, "busy")),
        Err(DiscoveryError::Status { .. })
    ));
}
