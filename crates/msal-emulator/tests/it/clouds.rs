//! The APIs of each cloud, and those that mail programs and SharePoint's clients ask for.

use http::Request;
use msal_emulator::sample::{ALICE, CAROL, CONTOSO, DESKTOP, PASSWORD, WEB, WEB_SECRET};
use msal_emulator::{Directory, Emulator, Resource, Tenant, User};

use crate::support::{Answer, BASE, Form, at, emulator, send};

const OUTLOOK_ID: &str = "00000002-0000-0ff1-ce00-000000000000";

fn post(emulator: &Emulator, url: &str, form: Form<'_>) -> Answer {
    let request = Request::post(url).header("content-type", "application/x-www-form-urlencoded");
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    send(emulator, request, body.into(), at(0))
}

fn sign_in_at(emulator: &Emulator, base: &str, upn: &str, scope: &str) -> Answer {
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "password"),
        ("username", upn),
        ("password", PASSWORD),
        ("scope", scope),
    ];
    let domain = upn.split('@').nth(1).unwrap();
    let answer = post(
        emulator,
        &format!("{base}/{domain}/oauth2/v2.0/token"),
        &form,
    );
    assert_eq!(answer.status, 200, "{base} {scope}: {:?}", answer.body);
    answer
}

fn get_with(emulator: &Emulator, url: &str, token: &str) -> Answer {
    let request = Request::get(url).header("authorization", format!("Bearer {token}"));
    send(emulator, request, "".into(), at(1))
}

#[test]
fn the_graph_that_discovery_names_is_there() {
    let emulator = emulator();
    for host in [
        "login.microsoftonline.com",
        "westus.login.microsoft.com",
        "login.microsoftonline.us",
        "login.usgovcloudapi.net",
        "login.partner.microsoftonline.cn",
        "login.chinacloudapi.cn",
        "login.microsoftonline.de",
        "login-us.microsoftonline.com",
        "login.sovcloud-identity.fr",
        "login.sovcloud-identity.de",
        "login.sovcloud-identity.sg",
        "localhost:8443",
        "identity.test",
    ] {
        let base = format!("https://{host}");
        let url = format!("{base}/{CONTOSO}/v2.0/.well-known/openid-configuration");
        let document = send(&emulator, Request::get(url), "".into(), at(0)).json();
        let graph = format!("https://{}", document["msgraph_host"].as_str().unwrap());
        // v2.0 by a permission and by all, v1 by the resource: each is the audience as it was asked for.
        for scope in ["User.Read", ".default"] {
            let scope = format!("{graph}/{scope} openid");
            let answer = sign_in_at(&emulator, &base, ALICE, &scope);
            assert_eq!(answer.claims("access_token")["aud"], graph, "{host}");
            assert!(answer.text("scope").contains(&format!("{graph}/User.Read")));
            let me = get_with(
                &emulator,
                &format!("{graph}/v1.0/me"),
                &answer.text("access_token"),
            );
            assert_eq!(me.json()["userPrincipalName"], ALICE, "{host}");
            let said = document["userinfo_endpoint"].as_str().unwrap();
            let info = get_with(&emulator, said, &answer.text("access_token"));
            assert_eq!(info.json()["sub"], answer.claims("id_token")["sub"]);
        }
        let form = [
            ("client_id", DESKTOP),
            ("grant_type", "password"),
            ("username", ALICE),
            ("password", PASSWORD),
            ("resource", &graph),
        ];
        let answer = post(&emulator, &format!("{base}/{CONTOSO}/oauth2/token"), &form);
        assert_eq!(answer.text("resource"), graph);
        assert_eq!(answer.claims("access_token")["aud"], graph);
    }
}

#[test]
fn the_old_graph_that_discovery_names_is_there() {
    let emulator = emulator();
    for host in [
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.chinacloudapi.cn",
        "login.microsoftonline.de",
        "localhost:8443",
    ] {
        let url = format!("https://{host}/{CONTOSO}/.well-known/openid-configuration");
        let document = send(&emulator, Request::get(url), "".into(), at(0)).json();
        let graph = document["cloud_graph_host_name"].as_str().unwrap();
        let scope = format!("https://{graph}/.default");
        sign_in_at(&emulator, &format!("https://{host}"), ALICE, &scope);
    }
}

#[test]
fn each_cloud_names_its_own_access_service() {
    for (host, expected) in [
        ("login.microsoftonline.com", "https://pas.windows.net"),
        (
            "login.microsoftonline.us",
            "https://pasff.usgovcloudapi.net",
        ),
        ("login.chinacloudapi.cn", "https://pas.chinacloudapi.cn"),
        ("localhost:8443", "https://localhost:8443"),
    ] {
        let url = format!("https://{host}/{CONTOSO}/v2.0/.well-known/openid-configuration");
        let document = send(&emulator(), Request::get(url), "".into(), at(0)).json();
        assert_eq!(document["rbac_url"], expected, "{host}");
    }
}

#[test]
fn mail_programs_get_what_they_ask_for() {
    let emulator = emulator();
    for (scope, audience) in [
        // Thunderbird, and everybody who followed Microsoft's guide to IMAP, POP and SMTP.
        (
            "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/POP.AccessAsUser.All \
             https://outlook.office.com/SMTP.Send offline_access",
            "https://outlook.office.com",
        ),
        // DavMail and Evolution.
        (
            "openid profile offline_access https://outlook.office365.com/EWS.AccessAsUser.All",
            "https://outlook.office365.com",
        ),
        (
            "https://outlook.office.com/Mail.ReadWrite https://outlook.office.com/Mail.Send",
            "https://outlook.office.com",
        ),
        (
            "https://outlook.office365.com/.default",
            "https://outlook.office365.com",
        ),
        (
            "https://outlook.office365.us/IMAP.AccessAsUser.All",
            "https://outlook.office365.us",
        ),
        (
            "https://partner.outlook.cn/SMTP.Send",
            "https://partner.outlook.cn",
        ),
    ] {
        let answer = sign_in_at(&emulator, BASE, ALICE, scope);
        assert_eq!(answer.claims("access_token")["aud"], audience);
        let granted = answer.text("scope");
        for item in scope.split(' ').filter(|item| item.contains("://")) {
            assert!(
                granted.split(' ').any(|other| other == item),
                "{item} in {granted}"
            );
        }
    }
    // Those that send mail without a person.
    let form = [
        ("client_id", WEB),
        ("client_secret", WEB_SECRET),
        ("grant_type", "client_credentials"),
        ("scope", "https://outlook.office365.com/.default"),
    ];
    let answer = post(
        &emulator,
        &format!("{BASE}/{CONTOSO}/oauth2/v2.0/token"),
        &form,
    );
    assert_eq!(answer.status, 200);
    // And by the application id, as old registrations have it.
    let answer = sign_in_at(&emulator, BASE, ALICE, &format!("{OUTLOOK_ID}/.default"));
    assert_eq!(answer.claims("access_token")["aud"], OUTLOOK_ID);
}

#[test]
fn sharepoint_is_named_by_the_tenant() {
    let emulator = emulator();
    for (upn, name) in [(ALICE, "contoso"), (CAROL, "fabrikam")] {
        for suffix in ["", "-my", "-admin"] {
            let url = format!("https://{name}{suffix}.sharepoint.com");
            let scope = format!("{url}/AllSites.Read offline_access");
            let answer = sign_in_at(&emulator, BASE, upn, &scope);
            assert_eq!(answer.claims("access_token")["aud"], url);
        }
    }
    // The name is that of the initial domain, where a tenant has one.
    let tenant = Tenant::new("adatum.example").domain("AdatumCorp.onmicrosoft.com");
    let more = Directory::builder().tenant(tenant.user(User::new("eve@adatum.example", PASSWORD)));
    emulator.declare(more).unwrap();
    let scope = "https://adatumcorp.sharepoint.com/.default";
    sign_in_at(&emulator, BASE, "eve@adatum.example", scope);
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "password"),
        ("username", ALICE),
        ("password", PASSWORD),
        ("scope", "https://nobody.sharepoint.com/.default"),
    ];
    let answer = post(
        &emulator,
        &format!("{BASE}/{CONTOSO}/oauth2/v2.0/token"),
        &form,
    );
    assert_eq!(answer.code(), 500_011);
}

#[test]
fn what_a_directory_declares_comes_before_outlook_and_sharepoint() {
    // They were missing once, and people declared what they needed.
    for resource in [
        Resource::new("https://outlook.office.com").scope("Mine.Read"),
        Resource::new("https://outlook.office365.com/")
            .id(OUTLOOK_ID)
            .scope("Mine.Read"),
        Resource::new("https://contoso.sharepoint.com").scope("Mine.Read"),
    ] {
        let uri = format!("{resource:?}");
        let uri = uri
            .split('"')
            .find(|text| text.starts_with("https://"))
            .unwrap();
        let uri = uri.trim_end_matches('/').to_owned();
        let emulator = emulator();
        emulator
            .declare(Directory::builder().resource(resource))
            .unwrap();
        let answer = sign_in_at(&emulator, BASE, ALICE, &format!("{uri}/Mine.Read"));
        assert_eq!(answer.text("scope"), format!("{uri}/Mine.Read"));
    }
}

#[test]
fn a_guest_has_the_name_of_the_tenant_that_invited_them() {
    let emulator = emulator();
    let more = Directory::builder().tenant(
        Tenant::new("adatum.example")
            .domain("adatum.onmicrosoft.com")
            .guest(ALICE)
            .guest("User7@contoso.example"),
    );
    emulator.declare(more).unwrap();
    for (upn, tenant, expected) in [
        (
            CAROL,
            CONTOSO,
            "carol_fabrikam.example#EXT#@contoso.example",
        ),
        (
            ALICE,
            "adatum.example",
            "alice_contoso.example#EXT#@adatum.onmicrosoft.com",
        ),
        (
            "user7@contoso.example",
            "adatum.example",
            "user7_contoso.example#EXT#@adatum.onmicrosoft.com",
        ),
        (ALICE, CONTOSO, ALICE),
        (CAROL, "common", CAROL),
    ] {
        let refresh_token = emulator.issue_refresh_token(upn, DESKTOP, at(0)).unwrap();
        for (path, asked) in [
            (
                "oauth2/v2.0/token",
                ("scope", "https://graph.microsoft.com/User.Read"),
            ),
            ("oauth2/token", ("resource", "https://graph.microsoft.com")),
        ] {
            let form = [
                ("client_id", DESKTOP),
                ("grant_type", "refresh_token"),
                ("refresh_token", &*refresh_token),
                asked,
            ];
            let answer = post(&emulator, &format!("{BASE}/{tenant}/{path}"), &form);
            let me = get_with(
                &emulator,
                &format!("{BASE}/v1.0/me"),
                &answer.text("access_token"),
            );
            assert_eq!(me.json()["userPrincipalName"], expected, "{tenant} {path}");
            assert_eq!(me.json()["id"], answer.claims("access_token")["oid"]);
        }
    }
}

#[test]
fn an_api_of_microsoft_sends_clients_to_the_sign_in_of_its_cloud() {
    let emulator = emulator();
    for (url, authority) in [
        (
            "https://graph.microsoft.com/v1.0/me",
            "login.microsoftonline.com",
        ),
        (
            "https://graph.microsoft.us/oidc/userinfo",
            "login.microsoftonline.us",
        ),
        (
            "https://dod-graph.microsoft.us/v1.0/me",
            "login.microsoftonline.us",
        ),
        (
            "https://microsoftgraph.chinacloudapi.cn/v1.0/me",
            "login.partner.microsoftonline.cn",
        ),
        (
            "https://management.azure.com/tenants",
            "login.microsoftonline.com",
        ),
        (
            "https://management.usgovcloudapi.net/tenants",
            "login.microsoftonline.us",
        ),
        (
            "https://management.chinacloudapi.cn/subscriptions",
            "login.partner.microsoftonline.cn",
        ),
        ("https://login.windows.net/v1.0/me", "login.windows.net"),
        ("https://localhost:8443/v1.0/me", "localhost:8443"),
        (
            "https://graph.microsoft.com.test/v1.0/me",
            "graph.microsoft.com.test",
        ),
    ] {
        let answer = send(&emulator, Request::get(url), "".into(), at(0));
        let expected = format!("authorization_uri=\"https://{authority}/common/oauth2/authorize\"");
        let header = answer.header("www-authenticate");
        assert!(header.contains(&expected), "{url}: {header}");
    }
}

#[test]
fn one_api_may_be_named_in_several_cases() {
    let scope =
        "https://Outlook.Office.com/IMAP.AccessAsUser.All https://outlook.office.com/smtp.send";
    let answer = sign_in_at(&emulator(), BASE, ALICE, scope);
    assert!(answer.text("scope").contains("SMTP.Send"));
}

#[test]
fn a_domain_with_white_space_is_none() {
    for domain in ["a\tb.example", "a\u{a0}b.example", "a\nb"] {
        let error = Directory::builder()
            .tenant(Tenant::new(domain))
            .build()
            .unwrap_err();
        assert!(error.to_string().contains("is not a domain"), "{error}");
    }
}
