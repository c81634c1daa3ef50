//! Discovery documents, instance discovery, user realm and keys.

use http::Request;
use msal_emulator::sample::{ALICE, CONTOSO, CONTOSO_ID, DESKTOP, WEB};
use serde_json::{Value, json};

use crate::support::{BASE, at, emulator, get, send};

#[test]
fn discovery_by_domain_speaks_of_the_tenants_guid() {
    for name in [CONTOSO, CONTOSO_ID, "CONTOSO.example"] {
        let document = get(
            &emulator(),
            &format!("/{name}/v2.0/.well-known/openid-configuration"),
        )
        .json();
        assert_eq!(document["issuer"], format!("{BASE}/{CONTOSO_ID}/v2.0"));
        assert_eq!(
            document["token_endpoint"],
            format!("{BASE}/{CONTOSO_ID}/oauth2/v2.0/token")
        );
        assert_eq!(
            document["jwks_uri"],
            format!("{BASE}/{CONTOSO_ID}/discovery/v2.0/keys")
        );
        assert_eq!(document["tenant_region_scope"], "WW");
    }
}

#[test]
fn discovery_of_many_tenants_leaves_the_tenant_open() {
    for (name, issuer) in [
        ("common", format!("{BASE}/{{tenantid}}/v2.0")),
        ("common/", format!("{BASE}/{{tenantid}}/v2.0")),
        ("organizations", format!("{BASE}/{{tenantid}}/v2.0")),
        (
            "consumers",
            format!("{BASE}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
        ),
    ] {
        let document = get(
            &emulator(),
            &format!("/{name}/v2.0/.well-known/openid-configuration"),
        )
        .json();
        assert_eq!(document["issuer"], issuer);
        assert_eq!(
            document["token_endpoint"],
            format!("{BASE}/{}/oauth2/v2.0/token", name.trim_end_matches('/'))
        );
        assert_eq!(document["tenant_region_scope"], Value::Null);
    }
}

#[test]
fn v1_has_a_document_of_its_own() {
    let document = get(
        &emulator(),
        &format!("/{CONTOSO}/.well-known/openid-configuration"),
    )
    .json();
    assert_eq!(document["issuer"], format!("{BASE}/{CONTOSO_ID}/"));
    assert_eq!(
        document["token_endpoint"],
        format!("{BASE}/{CONTOSO_ID}/oauth2/token")
    );
    assert_eq!(
        document["jwks_uri"],
        format!("{BASE}/common/discovery/keys")
    );
    assert_eq!(document["microsoft_multi_refresh_token"], true);
}

#[test]
fn on_the_hosts_of_entra_the_v1_issuer_is_entras() {
    let request = Request::get(format!(
        "https://login.microsoftonline.com/{CONTOSO}/.well-known/openid-configuration"
    ));
    let document = send(&emulator(), request, "".into(), at(0)).json();
    assert_eq!(
        document["issuer"],
        format!("https://sts.windows.net/{CONTOSO_ID}/")
    );
}

#[test]
fn an_unknown_tenant_has_no_document() {
    let answer = get(
        &emulator(),
        "/nowhere.example/v2.0/.well-known/openid-configuration",
    );
    assert_eq!(
        (answer.status, answer.code(), answer.text("error")),
        (400, 90002, "invalid_tenant".to_owned())
    );
}

fn instance(endpoint: &str) -> crate::support::Answer {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("api-version", "1.1")
        .append_pair("authorization_endpoint", endpoint)
        .finish();
    get(&emulator(), &format!("/common/discovery/instance?{query}"))
}

#[test]
fn instance_discovery_knows_the_clouds_and_itself() {
    let answer = instance("https://login.windows.net/common/oauth2/authorize");
    assert_eq!(
        answer.text("tenant_discovery_endpoint"),
        "https://login.windows.net/common/v2.0/.well-known/openid-configuration"
    );
    assert_eq!(answer.header("cache-control"), "max-age=86400, private");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let public = &answer.json()["metadata"][0];
    assert_eq!(
        public,
        &json!({
            "preferred_network": "login.microsoftonline.com",
            "preferred_cache": "login.windows.net",
            "aliases": ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
        })
    );
    let own = instance(&format!("{BASE}/{CONTOSO}/oauth2/v2.0/authorize")).json();
    assert_eq!(
        own["tenant_discovery_endpoint"],
        format!("{BASE}/{CONTOSO}/v2.0/.well-known/openid-configuration")
    );
    let group = own["metadata"].as_array().unwrap().last().unwrap();
    assert_eq!(group["aliases"], json!(["localhost:8443", "localhost"]));
}

#[test]
fn instance_discovery_refuses_other_hosts() {
    for endpoint in [
        "https://evil.example/common/oauth2/authorize",
        "http://login.windows.net/common",
        "nonsense",
    ] {
        let answer = instance(endpoint);
        assert_eq!(
            (answer.status, answer.code(), answer.text("error")),
            (400, 50049, "invalid_instance".to_owned())
        );
    }
}

#[test]
fn the_user_realm_is_told_in_any_case() {
    let managed = json!({
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": "contoso.example",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    });
    for path in [
        "/common/UserRealm/alice%40contoso.example?api-version=1.0",
        "/common/userrealm/Alice@Contoso.example?api-version=1.0",
    ] {
        assert_eq!(get(&emulator(), path).json(), managed);
    }
    let unknown = get(
        &emulator(),
        "/common/userrealm/x@nowhere.example?api-version=1.0",
    )
    .json();
    assert_eq!(unknown["account_type"], "Unknown");
}

#[test]
fn v1_and_v2_publish_the_same_key() {
    let emulator = emulator();
    let keys = |path: &str| get(&emulator, path).json()["keys"][0]["kid"].clone();
    assert_eq!(
        keys("/common/discovery/keys"),
        keys("/common/discovery/v2.0/keys")
    );
    assert!(keys("/common/discovery/keys").is_string());
}

/// The issuer that the discovery document under a path names, and that the keys it points to name.
fn issuers(host: &str, path: &str) -> (String, Value) {
    let get = |url: &str| send(&emulator(), Request::get(url), "".into(), at(0)).json();
    let document = get(&format!(
        "https://{host}/{path}/.well-known/openid-configuration"
    ));
    let keys = get(document["jwks_uri"].as_str().unwrap());
    let issuer = document["issuer"].as_str().unwrap().to_owned();
    (issuer, keys["keys"][0]["issuer"].clone())
}

#[test]
fn a_key_of_v2_names_the_issuer_of_its_tokens() {
    for host in [
        "localhost:8443",
        "login.microsoftonline.com",
        "login.windows.net",
        "westus.login.microsoft.com",
        "login.microsoftonline.us",
        "contoso.ciamlogin.com",
    ] {
        for tenant in [CONTOSO, CONTOSO_ID, "common"] {
            let (issuer, of_key) = issuers(host, &format!("{tenant}/v2.0"));
            let of_key = of_key.as_str().unwrap();
            let expected = if tenant == "common" {
                of_key.to_owned()
            } else {
                of_key.replace("{tenantid}", CONTOSO_ID)
            };
            assert_eq!(issuer, expected, "{host}/{tenant}");
            assert!(of_key.contains("{tenantid}"), "{host}/{tenant}: {of_key}");
        }
    }
}

#[test]
fn other_keys_name_no_issuer() {
    for host in ["localhost:8443", "login.microsoftonline.com"] {
        for path in [
            CONTOSO,
            CONTOSO_ID,
            "common",
            "contoso.example/b2c_1_susi/v2.0",
            "adfs",
        ] {
            // Clients that compare it with the issuer of a token would refuse theirs, which is another.
            assert_eq!(issuers(host, path).1, Value::Null, "{host}/{path}");
        }
    }
}

#[test]
fn what_is_no_endpoint_is_not_found() {
    for path in ["/", "/favicon.ico", "/common/oauth2/v3.0/token"] {
        assert_eq!(get(&emulator(), path).status, 404, "{path}");
    }
    let request = Request::post(format!("{BASE}/common/discovery/v2.0/keys"));
    assert_eq!(send(&emulator(), request, "".into(), at(0)).code(), 900_561);
}

#[test]
fn b2c_has_urls_answers_and_errors_of_its_own() {
    let emulator = emulator();
    let policy = "/contoso.example/B2C_1_susi";
    let document = get(
        &emulator,
        &format!("{policy}/v2.0/.well-known/openid-configuration"),
    )
    .json();
    let endpoint = document["token_endpoint"].as_str().unwrap();
    assert_eq!(
        endpoint,
        format!("{BASE}/contoso.example/b2c_1_susi/oauth2/v2.0/token")
    );
    assert_eq!(document["issuer"], format!("{BASE}/{CONTOSO_ID}/v2.0/"));
    let redeem = |client: &str, refresh_token: &str| {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(crate::support::refresh_form(client, refresh_token))
            .finish();
        let request =
            Request::post(endpoint).header("content-type", "application/x-www-form-urlencoded");
        send(&emulator, request, form.into(), at(0))
    };
    let rt = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    let answer = redeem(DESKTOP, &rt).json();
    assert!(answer["not_before"].is_u64() && answer["refresh_token_expires_in"].is_u64());
    let info = answer["client_info"].as_str().unwrap();
    let info =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, info).unwrap();
    assert!(String::from_utf8(info).unwrap().contains("-b2c_1_susi\""));
    for (client, token, code) in [
        (DESKTOP, "garbage", "AADB2C90080: "),
        (WEB, "garbage", "AADB2C90079: "),
    ] {
        let refused = redeem(client, token).json();
        assert!(
            refused["error_description"]
                .as_str()
                .unwrap()
                .starts_with(code),
            "{refused}"
        );
        assert!(refused.get("error_codes").is_none());
    }
}

#[test]
fn hosts_of_clouds_regions_and_external_tenants_have_their_issuers() {
    let emulator = emulator();
    let document = |host: &str, version: &str| {
        let request = Request::get(format!(
            "https://{host}/contoso.example{version}/.well-known/openid-configuration"
        ));
        send(&emulator, request, "".into(), at(0)).json()
    };
    for (host, v2, v1, cloud) in [
        (
            "login.microsoftonline.com",
            "login.microsoftonline.com",
            "sts.windows.net",
            "microsoftonline.com",
        ),
        (
            "westus.login.microsoft.com",
            "login.microsoftonline.com",
            "sts.windows.net",
            "microsoftonline.com",
        ),
        (
            "login.microsoftonline.us",
            "login.microsoftonline.us",
            "sts.windows.net",
            "microsoftonline.us",
        ),
        (
            "login.chinacloudapi.cn",
            "login.partner.microsoftonline.cn",
            "sts.chinacloudapi.cn",
            "partner.microsoftonline.cn",
        ),
    ] {
        let (new, old) = (document(host, "/v2.0"), document(host, ""));
        assert_eq!(new["issuer"], format!("https://{v2}/{CONTOSO_ID}/v2.0"));
        assert_eq!(old["issuer"], format!("https://{v1}/{CONTOSO_ID}/"));
        assert_eq!(new["cloud_instance_name"], cloud);
        let endpoint = new["token_endpoint"].as_str().unwrap();
        assert!(
            endpoint.starts_with(&format!("https://{host}/")),
            "{endpoint}"
        );
    }
    let external = document("contoso.ciamlogin.com", "/v2.0");
    assert_eq!(
        external["issuer"],
        format!("https://{CONTOSO_ID}.ciamlogin.com/{CONTOSO_ID}/v2.0")
    );
}
