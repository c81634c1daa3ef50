//! Federated domains: the user realm, the metadata exchange, WS-Trust, and assertions as grants; AD FS itself.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::Request;
use msal_emulator::{App, Directory, Emulator, RedirectKind, Tenant, User};

use crate::support::{Answer, BASE, GRAPH, Protocol, SCOPE, at, get, send, token, token_at};

fn world() -> Emulator {
    let tenant = Tenant::new("fed.example")
        .federated()
        .user(User::new("fay@fed.example", "p<&>'w"));
    let app = App::public("app").redirect(RedirectKind::Native, "http://localhost");
    Emulator::new(
        Directory::builder()
            .tenant(tenant)
            .app(app)
            .build()
            .unwrap(),
    )
}

fn ask(emulator: &Emulator, version: &str, password: &str, more: &str) -> Answer {
    let body = format!(
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Header><wsa:To>{BASE}/x/usernamemixed</wsa:To>\
         <wsse:UsernameToken><wsse:Username>fay@fed.example</wsse:Username><wsse:Password>{password}</wsse:Password>\
         </wsse:UsernameToken></s:Header><s:Body><wsp:AppliesTo><wsa:Address>urn:federation:MicrosoftOnline</wsa:Address>\
         </wsp:AppliesTo>{more}</s:Body></s:Envelope>"
    );
    let request = Request::post(format!(
        "{BASE}/adfs/services/trust/{version}/usernamemixed"
    ))
    .header("content-type", "application/soap+xml; charset=utf-8");
    send(emulator, request, Bytes::from(body), at(0))
}

fn assertion(answer: &Answer) -> String {
    let xml = String::from_utf8(answer.body.to_vec()).unwrap();
    let (_, rest) = xml.split_once("<t:RequestedSecurityToken>").unwrap();
    rest.split_once("</t:RequestedSecurityToken>")
        .unwrap()
        .0
        .to_owned()
}

#[test]
fn a_federated_user_signs_in_with_an_assertion() {
    let emulator = world();
    let realm = get(
        &emulator,
        "/common/userrealm/fay@fed.example?api-version=1.0",
    )
    .json();
    assert_eq!(realm["account_type"], "Federated");
    assert_eq!(realm["federation_protocol"], "WSTrust");
    let mex = realm["federation_metadata_url"]
        .as_str()
        .unwrap()
        .strip_prefix(BASE)
        .unwrap();
    let mex = get(&emulator, mex);
    let mex = std::str::from_utf8(&mex.body).unwrap();
    for version in ["13", "2005"] {
        let address = format!(
            "<wsa10:Address>{BASE}/adfs/services/trust/{version}/usernamemixed</wsa10:Address>"
        );
        assert!(mex.contains(&address), "{mex}");
    }
    for (version, more, grant) in [
        ("13", "", "urn:ietf:params:oauth:grant-type:saml1_1-bearer"),
        (
            "2005",
            "",
            "urn:ietf:params:oauth:grant-type:saml1_1-bearer",
        ),
        (
            "13",
            "<t:TokenType>urn:oasis:names:tc:SAML:2.0:assertion</t:TokenType>",
            "urn:ietf:params:oauth:grant-type:saml2-bearer",
        ),
    ] {
        let answer = ask(&emulator, version, "p&lt;&amp;&gt;&apos;w", more);
        assert_eq!(answer.status, 200, "{answer:?}");
        let xml = format!("\n   {}", assertion(&answer));
        let (v2, v1) = (URL_SAFE_NO_PAD.encode(&xml), STANDARD.encode(&xml));
        let form = [
            ("client_id", "app"),
            ("grant_type", grant),
            ("assertion", &v2),
            ("scope", SCOPE),
        ];
        let tokens = token(&emulator, Protocol::V2, "organizations", &form);
        assert_eq!(
            tokens.claims("id_token")["preferred_username"],
            "fay@fed.example"
        );
        assert_eq!(
            token_at(&emulator, Protocol::V2, "organizations", &form, at(3601)).code(),
            50008
        );
        let form = [
            ("client_id", "app"),
            ("grant_type", grant),
            ("assertion", &v1),
            ("resource", GRAPH),
        ];
        assert_eq!(
            token(&emulator, Protocol::V1, "fed.example", &form).claims("id_token")["upn"],
            "fay@fed.example"
        );
    }
}

#[test]
fn who_cannot_sign_in_hears_a_fault() {
    let emulator = world();
    let wrong = ask(&emulator, "13", "wrong", "");
    assert_eq!(wrong.status, 500);
    assert!(
        std::str::from_utf8(&wrong.body)
            .unwrap()
            .contains("FailedAuthentication")
    );
    for assertion in ["", "x", "<SignatureValue>samlAAAA</SignatureValue>"] {
        let encoded = format!("{}AA", URL_SAFE_NO_PAD.encode(assertion));
        let form = [
            ("client_id", "app"),
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:saml2-bearer",
            ),
            ("assertion", &encoded),
            ("scope", SCOPE),
        ];
        assert_eq!(
            token(&emulator, Protocol::V2, "fed.example", &form).code(),
            50008
        );
    }
}

#[test]
fn ad_fs_is_an_authority_of_its_own() {
    let emulator = world();
    let document = get(&emulator, "/adfs/.well-known/openid-configuration").json();
    assert_eq!(document["issuer"], format!("{BASE}/adfs"));
    let endpoint = document["token_endpoint"].as_str().unwrap();
    let form = "client_id=app&grant_type=password&username=fay%40fed.example&password=p%3C%26%3E%27w&scope=openid+offline_access";
    let request =
        Request::post(endpoint).header("content-type", "application/x-www-form-urlencoded");
    let tokens = send(&emulator, request, form.into(), at(0));
    assert_eq!(
        tokens.claims("id_token")["iss"],
        format!("{BASE}/adfs"),
        "{tokens:?}"
    );
}
