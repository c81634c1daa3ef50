//! The userinfo endpoints (OpenID Connect Core §5.3), and where discovery says they are.

use http::Request;
use msal_emulator::Emulator;
use msal_emulator::sample::{
    ALICE, CAROL, CONTOSO, CONTOSO_ID, DESKTOP, FAMILY_FILES, FAMILY_MAIL, WEB, WEB_SECRET,
};
use serde_json::Value;

use crate::support::{
    ARM, Answer, BASE, GRAPH, Protocol, SCOPE, at, emulator, password_form, send, token,
};

fn user_info(emulator: &Emulator, path: &str, token: &str) -> Answer {
    let request =
        Request::get(format!("{BASE}{path}")).header("authorization", format!("Bearer {token}"));
    send(emulator, request, "".into(), at(1))
}

fn redeem(emulator: &Emulator, protocol: Protocol, more: &[(&str, &str)], upn: &str) -> Answer {
    let client = more
        .iter()
        .find(|(name, _)| *name == "client_id")
        .map_or(DESKTOP, |(_, client)| client);
    let refresh_token = emulator.issue_refresh_token(upn, client, at(0)).unwrap();
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", &*refresh_token),
    ];
    if client == DESKTOP {
        form.push(("client_id", DESKTOP));
    }
    form.extend_from_slice(more);
    let answer = token(emulator, protocol, CONTOSO, &form);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

#[test]
fn user_info_has_the_subject_of_the_clients_id_token() {
    let emulator = emulator();
    let web = [("client_id", WEB), ("client_secret", WEB_SECRET)];
    let mail = [("client_id", FAMILY_MAIL)];
    let files = [("client_id", FAMILY_FILES)];
    let mut subjects = Vec::new();
    for client in [&[][..], &web, &mail, &files] {
        for upn in [ALICE, CAROL] {
            for (protocol, asked) in [
                (Protocol::V2, ("scope", SCOPE)),
                (Protocol::V2, ("scope", "openid User.Read")),
                (Protocol::V1, ("resource", GRAPH)),
            ] {
                let answer = redeem(&emulator, protocol, &[client, &[asked]].concat(), upn);
                let said = user_info(&emulator, "/oidc/userinfo", &answer.text("access_token"));
                let subject = answer.claims("id_token")["sub"].clone();
                assert_eq!(said.json()["sub"], subject, "{client:?} {upn} {asked:?}");
                subjects.push(subject.as_str().unwrap().to_owned());
            }
        }
    }
    // They stay pairwise: four clients see two people, each under a name of its own.
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 8);
}

/// Every text of a document.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

fn document(host: &str, path: &str) -> Value {
    let request = Request::get(format!("https://{host}{path}"));
    send(&emulator(), request, "".into(), at(0)).json()
}

const DOCUMENTS: [&str; 9] = [
    "/common/.well-known/openid-configuration",
    "/common/v2.0/.well-known/openid-configuration",
    "/organizations/v2.0/.well-known/openid-configuration",
    "/contoso.example/.well-known/openid-configuration",
    "/contoso.example/v2.0/.well-known/openid-configuration",
    "/contoso.example/b2c_1_susi/v2.0/.well-known/openid-configuration",
    "/adfs/.well-known/openid-configuration",
    "/common/discovery/keys",
    "/common/discovery/v2.0/keys",
];

#[test]
fn under_a_name_of_its_own_every_address_is_its_own() {
    for host in [
        "localhost",
        "localhost:8443",
        "127.0.0.1:8443",
        "[::1]:8443",
        "identity.test:1",
        "login.microsoftonline.com.test",
    ] {
        for path in DOCUMENTS {
            let document = document(host, path);
            let mut found = Vec::new();
            texts(&document, &mut found);
            for text in found {
                let own = text == format!("https://{host}")
                    || text.starts_with(&format!("https://{host}/"))
                    || text.starts_with(&format!("http://{host}/"));
                assert!(own || !text.contains("://"), "{host}{path}: {text}");
            }
            for name in ["msgraph_host", "cloud_graph_host_name"] {
                if let Some(named) = document.get(name) {
                    assert_eq!(named, host, "{path}: {name}");
                }
            }
        }
    }
}

#[test]
fn user_info_is_where_discovery_says() {
    let emulator = emulator();
    let answer = redeem(&emulator, Protocol::V2, &[("scope", SCOPE)], ALICE);
    for path in &DOCUMENTS[..7] {
        let document = document("localhost:8443", path);
        let named = document["userinfo_endpoint"].as_str().unwrap();
        let path = named.strip_prefix(BASE).unwrap();
        let said = user_info(&emulator, path, &answer.text("access_token"));
        assert_eq!(said.json()["email"], ALICE, "{named}");
        let picture = said.text("picture");
        assert!(picture.starts_with(&format!("{BASE}/")), "{picture}");
    }
}

/// What a v1 sign-in without a `resource` gives.
fn signed_in_for_nothing(emulator: &Emulator, client: &str, upn: &str) -> Answer {
    let mut form = password_form(client, upn).to_vec();
    form.retain(|(name, _)| *name != "scope");
    if client == WEB {
        form.push(("client_secret", WEB_SECRET));
    }
    let tenant = upn.split_once('@').unwrap().1;
    let answer = token(emulator, Protocol::V1, tenant, &form);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

#[test]
fn a_v1_token_that_no_resource_was_named_for_is_for_user_info() {
    let emulator = emulator();
    for client in [DESKTOP, WEB] {
        for upn in [ALICE, CAROL] {
            let answer = signed_in_for_nothing(&emulator, client, upn);
            let token = answer.text("access_token");
            for tenant in [CONTOSO, CONTOSO_ID, "common"] {
                // passport-azure-ad asks with this parameter.
                let path = format!("/{tenant}/openid/userinfo?schema=openid");
                let said = user_info(&emulator, &path, &token);
                assert_eq!(said.status, 200, "{path}: {said:?}");
                let (said, id_token) = (said.json(), answer.claims("id_token"));
                for claim in ["sub", "oid", "upn", "name", "given_name", "family_name"] {
                    assert!(said[claim].is_string(), "{claim}: {said}");
                    assert_eq!(said[claim], id_token[claim], "{claim}");
                }
            }
            // Microsoft Graph takes no token of another API.
            let graph = user_info(&emulator, "/oidc/userinfo", &token);
            assert_eq!(graph.status, 401, "{graph:?}");
        }
    }
}

#[test]
fn an_api_may_be_asked_for_by_its_application_id() {
    let emulator = emulator();
    for (path, id) in [
        (
            "/common/openid/userinfo",
            "00000002-0000-0000-c000-000000000000",
        ),
        ("/oidc/userinfo", "00000003-0000-0000-c000-000000000000"),
        ("/v1.0/me", "00000003-0000-0000-c000-000000000000"),
    ] {
        let answer = redeem(&emulator, Protocol::V1, &[("resource", id)], ALICE);
        let said = user_info(&emulator, path, &answer.text("access_token"));
        assert_eq!(said.status, 200, "{path}: {said:?}");
    }
}

#[test]
fn the_id_token_has_the_email_that_was_asked_for() {
    let emulator = emulator();
    for (scope, email) in [
        ("openid email", Some(ALICE)),
        ("User.Read profile openid email", Some(ALICE)),
        ("openid profile User.Read", None),
    ] {
        let answer = redeem(&emulator, Protocol::V2, &[("scope", scope)], ALICE);
        let claims = answer.claims("id_token");
        assert_eq!(
            claims.get("email").and_then(Value::as_str),
            email,
            "{scope}"
        );
    }
}

#[test]
fn user_info_is_about_no_other_api_and_no_application() {
    let emulator = emulator();
    let other = redeem(&emulator, Protocol::V1, &[("resource", ARM)], ALICE);
    let application = |resource| {
        let mut form = vec![
            ("client_id", WEB),
            ("client_secret", WEB_SECRET),
            ("grant_type", "client_credentials"),
        ];
        form.extend(resource);
        token(&emulator, Protocol::V1, CONTOSO, &form)
    };
    for answer in [
        other,
        application(None),
        application(Some(("resource", GRAPH))),
    ] {
        for path in ["/common/openid/userinfo", "/oidc/userinfo"] {
            let said = user_info(&emulator, path, &answer.text("access_token"));
            assert_eq!(said.status, 401, "{path}: {said:?}");
        }
    }
}

#[test]
fn under_the_names_of_microsoft_user_info_is_at_microsoft_graph() {
    for (host, graph) in [
        ("login.microsoftonline.com", "graph.microsoft.com"),
        ("login.windows.net:8443", "graph.microsoft.com"),
        ("westus.login.microsoft.com", "graph.microsoft.com"),
        ("contoso.ciamlogin.com", "graph.microsoft.com"),
        ("contoso.b2clogin.com", "graph.microsoft.com"),
        ("login.microsoftonline.us", "graph.microsoft.us"),
        (
            "login.partner.microsoftonline.cn",
            "microsoftgraph.chinacloudapi.cn",
        ),
    ] {
        let document = document(host, DOCUMENTS[4]);
        assert_eq!(
            document["userinfo_endpoint"],
            format!("https://{graph}/oidc/userinfo")
        );
        assert_eq!(document["msgraph_host"], graph);
        let rbac = match graph {
            "graph.microsoft.us" => "pasff.usgovcloudapi.net",
            "microsoftgraph.chinacloudapi.cn" => "pas.chinacloudapi.cn",
            _ => "pas.windows.net",
        };
        assert_eq!(document["rbac_url"], format!("https://{rbac}"));
        let v1 = self::document(host, DOCUMENTS[3]);
        assert_eq!(
            v1["userinfo_endpoint"],
            format!("https://{host}/{CONTOSO_ID}/openid/userinfo")
        );
    }
}

#[test]
fn me_is_nobody_for_an_application() {
    let emulator = emulator();
    for (protocol, asked) in [
        (
            Protocol::V2,
            ("scope", "https://graph.microsoft.com/.default"),
        ),
        (Protocol::V1, ("resource", GRAPH)),
    ] {
        let form = [
            ("client_id", WEB),
            ("client_secret", WEB_SECRET),
            ("grant_type", "client_credentials"),
            asked,
        ];
        let application = token(&emulator, protocol, CONTOSO, &form).text("access_token");
        let answer = user_info(&emulator, "/v1.0/me", &application);
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (400, &"BadRequest".into())
        );
    }
    let person = redeem(&emulator, Protocol::V2, &[("scope", SCOPE)], ALICE);
    let answer = user_info(&emulator, "/v1.0/me", &person.text("access_token"));
    assert_eq!(answer.json()["userPrincipalName"], ALICE);
}
