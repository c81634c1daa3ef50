//! Every host that any answer names: under a name of the emulator's own they are its own, under Microsoft's names
//! they are Microsoft's.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use msal_emulator::sample::{
    ALICE, BOB, CAROL, CONTOSO, CONTOSO_ID, DAN, DESKTOP, FABRIKAM_ID, PASSWORD, WEB, WEB_SECRET,
};
use msal_emulator::{Directory, Emulator, Tenant, User};
use serde_json::Value;

use crate::support::{Answer, Form, at, emulator, send};

const FEDERATED: &str = "fay@federated.example";

/// Not a host of the emulator: what the application is registered with.
const APP: &str = "http://127.0.0.1:49152";

fn world() -> Emulator {
    let emulator = emulator();
    let tenant = Tenant::new("federated.example").federated();
    let more = tenant.user(User::new(FEDERATED, PASSWORD));
    emulator.declare(Directory::builder().tenant(more)).unwrap();
    let app = msal_emulator::App::public(APP_ID)
        .redirect(msal_emulator::RedirectKind::Native, APP)
        .id_tokens()
        .access_tokens();
    emulator.declare(Directory::builder().app(app)).unwrap();
    emulator
}

const APP_ID: &str = "00c0ffee-0000-4000-8000-0000000000aa";

struct Walk<'e> {
    emulator: &'e Emulator,
    host: &'e str,
    found: BTreeSet<(String, String)>,
}

impl Walk<'_> {
    fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("https://{}{path}", self.host));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = send(self.emulator, request, body.into(), at(1));
        let place = format!("{method} {path}");
        for (name, value) in &answer.headers {
            // A policy names schemes and hashes; addresses in it are those of the application.
            self.note(&place, &format!("{name}: {}", value.to_str().unwrap()));
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        match serde_json::from_slice(&answer.body) {
            Ok(json) => self.walk(&place, "", &json),
            Err(_) => self.note(&place, &text),
        }
        answer
    }

    fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request("GET", path, headers, String::new())
    }

    fn post(&mut self, path: &str, form: Form<'_>) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.request("POST", path, &headers, body)
    }

    /// Members that repeat what the client named its API by are names, not addresses.
    fn walk(&mut self, place: &str, member: &str, value: &Value) {
        match value {
            Value::String(text) if !["scope", "resource", "aud"].contains(&member) => {
                // These are hosts without a scheme.
                let hosts = [
                    "msgraph_host",
                    "cloud_graph_host_name",
                    "aliases",
                    "preferred_network",
                    "preferred_cache",
                ];
                if hosts.contains(&member) {
                    self.note(place, &format!("{member} https://{text}"));
                }
                self.note(place, &format!("{member} {text}"));
                self.token(place, text);
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(place, member, item)),
            Value::Object(members) => {
                for (name, item) in members {
                    self.walk(place, name, item);
                }
            }
            _ => {}
        }
    }

    /// The claims of a token, whichever member has it.
    fn token(&mut self, place: &str, text: &str) {
        for part in text.split(['.', '&', '=', '#', '?', '"', ' ']) {
            let Ok(bytes) = URL_SAFE_NO_PAD.decode(part) else {
                continue;
            };
            if let Ok(claims @ Value::Object(_)) = serde_json::from_slice(&bytes) {
                self.walk(&format!("{place} token"), "", &claims);
            }
        }
    }

    fn note(&mut self, place: &str, text: &str) {
        let decoded = text
            .replace("%3A%2F%2F", "://")
            .replace("%2F", "/")
            .replace("%3A", ":");
        for text in [text, &decoded] {
            for (before, after) in text.match_indices("://").map(|(at, _)| text.split_at(at)) {
                let scheme: String = before
                    .chars()
                    .rev()
                    .take_while(char::is_ascii_alphabetic)
                    .collect();
                let authority: String = after[3..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || ".:-[]{}_".contains(*c))
                    .collect();
                let authority = authority.trim_end_matches(['.', ':']).to_owned();
                if ["ptth", "sptth"].contains(&&*scheme) {
                    self.found
                        .insert((authority, format!("{place}: {}", shown(text))));
                }
            }
        }
        if text.starts_with("location: ") {
            self.token(place, text);
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(160).collect()
}

/// Every endpoint, asked rightly and wrongly.
fn walk<'e>(emulator: &'e Emulator, host: &'e str) -> BTreeSet<(String, String)> {
    let mut walk = Walk {
        emulator,
        host,
        found: BTreeSet::new(),
    };
    let scope = "https://graph.microsoft.com/.default openid profile offline_access";
    for tenant in [
        "common",
        "organizations",
        "consumers",
        CONTOSO,
        CONTOSO_ID,
        "nowhere.example",
    ] {
        for path in [
            ".well-known/openid-configuration",
            "v2.0/.well-known/openid-configuration",
            "discovery/keys",
            "discovery/v2.0/keys",
        ] {
            walk.get(&format!("/{tenant}/{path}"), &[]);
        }
    }
    for path in [
        "/adfs/.well-known/openid-configuration",
        "/adfs/discovery/keys",
        "/adfs/services/trust/mex",
        "/contoso.example/b2c_1_susi/v2.0/.well-known/openid-configuration",
        "/contoso.example/b2c_1_susi/discovery/v2.0/keys",
        "/common/userrealm/alice@contoso.example?api-version=1.0",
        "/common/userrealm/fay@federated.example?api-version=1.0",
        "/common/userrealm/x@nowhere.example?api-version=1.0",
        "/common/discovery/instance?api-version=1.1&authorization_endpoint=https%3A%2F%2Fevil.example%2Fcommon",
        "/devicelogin",
        "/common/oauth2/v2.0/logout",
        "/metadata/instance",
        "/v1.0/me",
        "/oidc/userinfo",
        "/subscriptions",
        "/tenants",
        "/error?code=50173",
        "/error?code=1",
        "/",
    ] {
        walk.get(path, &[]);
        walk.get(path, &[("accept", "text/html")]);
    }
    let own = format!("https%3A%2F%2F{host}%2Fcontoso.example%2Foauth2%2Fv2.0%2Fauthorize");
    walk.get(
        &format!("/common/discovery/instance?api-version=1.1&authorization_endpoint={own}"),
        &[],
    );

    // Tokens of every grant, of people at home and of guests.
    let password = |client, upn| {
        vec![
            ("client_id", client),
            ("grant_type", "password"),
            ("client_info", "1"),
            ("username", upn),
            ("password", PASSWORD),
        ]
    };
    let mut refresh_tokens = Vec::new();
    for (path, asked) in [
        ("oauth2/v2.0/token", ("scope", scope)),
        ("oauth2/token", ("resource", "https://graph.microsoft.com")),
    ] {
        for upn in [ALICE, BOB, DAN, CAROL, "nobody@contoso.example"] {
            let form = [&password(DESKTOP, upn)[..], &[asked]].concat();
            let domain = upn.split('@').nth(1).unwrap();
            let answer = walk.post(&format!("/{domain}/{path}"), &form);
            if answer.status == 200 {
                let access_token = answer.text("access_token");
                let bearer = format!("Bearer {access_token}");
                for path in [
                    "/v1.0/me",
                    "/oidc/userinfo",
                    "/subscriptions",
                    "/common/openid/userinfo",
                ] {
                    walk.get(path, &[("authorization", &bearer)]);
                }
                refresh_tokens.push(answer.refresh_token());
            }
        }
    }
    for refresh_token in refresh_tokens {
        for tenant in ["common", CONTOSO, FABRIKAM_ID, "nowhere.example"] {
            for (path, asked) in [
                ("oauth2/v2.0/token", ("scope", scope)),
                ("oauth2/token", ("resource", "https://graph.microsoft.com")),
                (
                    "oauth2/v2.0/token",
                    ("scope", "https://vault.azure.net/.default"),
                ),
                ("oauth2/v2.0/token", ("scope", "s")),
                ("oauth2/v2.0/token", ("scope", "api://nowhere/.default")),
            ] {
                let form = [
                    ("client_id", DESKTOP),
                    ("grant_type", "refresh_token"),
                    ("client_info", "1"),
                    ("refresh_token", &*refresh_token),
                    asked,
                ];
                walk.post(&format!("/{tenant}/{path}"), &form);
            }
        }
    }
    walk.post(
        &format!("/{CONTOSO}/oauth2/v2.0/token"),
        &[
            ("client_id", WEB),
            ("client_secret", WEB_SECRET),
            ("grant_type", "client_credentials"),
            ("scope", "https://graph.microsoft.com/.default"),
        ],
    );
    let device = walk.post(
        &format!("/{CONTOSO}/oauth2/v2.0/devicecode"),
        &[("client_id", DESKTOP), ("scope", scope)],
    );
    walk.post(
        &format!("/{CONTOSO}/oauth2/devicecode"),
        &[
            ("client_id", DESKTOP),
            ("resource", "https://graph.microsoft.com"),
        ],
    );
    walk.post(
        &format!("/{CONTOSO}/oauth2/v2.0/token"),
        &[
            ("client_id", DESKTOP),
            ("grant_type", "device_code"),
            ("device_code", &device.text("device_code")),
        ],
    );
    // The authorization endpoint: codes, tokens and errors in redirects, pages, forms.
    for kind in ["code", "id_token", "id_token token", "token", "nonsense"] {
        for (mode, prompt) in [
            ("fragment", "none"),
            ("form_post", "consent"),
            ("fragment", ""),
        ] {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs([
                    ("client_id", APP_ID),
                    ("response_type", kind),
                    ("response_mode", mode),
                    ("redirect_uri", APP),
                    ("scope", scope),
                    ("nonce", "n"),
                    ("prompt", prompt),
                    ("login_hint", CAROL),
                ])
                .finish();
            for (tenant, path) in [
                (CONTOSO, "oauth2/v2.0"),
                ("common", "oauth2"),
                ("nowhere.example", "oauth2/v2.0"),
            ] {
                let path = format!("/{tenant}/{path}/authorize?{query}");
                walk.get(&path, &[]);
                walk.get(&path, &[("accept", "text/html")]);
            }
        }
    }
    // AD FS, and a machine's identity.
    let envelope = format!(
        "<s:Envelope><o:Username>{FEDERATED}</o:Username><o:Password>{PASSWORD}</o:Password></s:Envelope>"
    );
    for path in ["2005/usernamemixed", "13/usernamemixed"] {
        walk.request(
            "POST",
            &format!("/adfs/services/trust/{path}"),
            &[],
            envelope.clone(),
        );
    }
    let machine = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://graph.microsoft.com";
    walk.get(machine, &[("metadata", "true")]);
    walk.found
}

/// What is no address: namespaces of XML, the application's own URL, what the request itself has said, and the pages of
/// documentation that Microsoft's texts point readers to.
fn is_no_address(authority: &str, place: &str) -> bool {
    let namespaces = [
        "www.w3.org",
        "schemas.xmlsoap.org",
        "docs.oasis-open.org",
        "schemas.microsoft.com",
    ];
    namespaces.contains(&authority)
        || APP.ends_with(authority)
        || (authority == "graph.microsoft.com"
            && (place.contains("error_description") || place.contains("scope=")))
        || (authority == "evil.example" && place.contains("instance?"))
        || ["aka.ms", "learn.microsoft.com", "docs.microsoft.com"].contains(&authority)
}

fn strangers(host: &str, is_its: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let emulator = world();
    let found = walk(&emulator, host);
    assert!(found.len() > 100, "{host}: {}", found.len());
    found
        .into_iter()
        .filter(|(authority, place)| !is_its(authority) && !is_no_address(authority, place))
        .collect()
}

#[test]
fn under_a_name_of_its_own_no_answer_names_another_host() {
    for host in [
        "localhost:8443",
        "identity.test",
        "[::1]:8443",
        "login.microsoftonline.com.test",
    ] {
        let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
        let strangers = strangers(host, |authority| authority == host || authority == bare);
        assert!(strangers.is_empty(), "{host}: {strangers:#?}");
    }
}

#[test]
fn under_the_names_of_microsoft_every_answer_names_hosts_of_that_cloud() {
    for (host, hosts) in [
        (
            "login.microsoftonline.com",
            &[
                "login.microsoftonline.com",
                "sts.windows.net",
                "graph.microsoft.com",
                "graph.windows.net",
                "pas.windows.net",
            ][..],
        ),
        (
            "login.microsoftonline.us",
            &[
                "login.microsoftonline.us",
                "sts.windows.net",
                "graph.microsoft.us",
                "graph.windows.net",
                "pasff.usgovcloudapi.net",
            ],
        ),
        (
            "login.partner.microsoftonline.cn",
            &[
                "login.partner.microsoftonline.cn",
                "sts.chinacloudapi.cn",
                "microsoftgraph.chinacloudapi.cn",
                "graph.chinacloudapi.cn",
                "pas.chinacloudapi.cn",
            ],
        ),
    ] {
        let strangers = strangers(host, |authority| hosts.contains(&authority));
        // Instance discovery lists all clouds, as Microsoft's does.
        let strangers: Vec<_> = strangers
            .into_iter()
            .filter(|(_, place)| !place.contains("discovery/instance"))
            .collect();
        assert!(strangers.is_empty(), "{host}: {strangers:#?}");
    }
}

#[test]
fn the_page_of_an_error_is_there() {
    let emulator = emulator();
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "refresh_token"),
        ("refresh_token", "garbage"),
    ];
    let answer = crate::support::token(&emulator, crate::support::Protocol::V2, CONTOSO, &form);
    let page = answer.text("error_uri");
    let answer = send(&emulator, Request::get(&page), "".into(), at(0));
    assert_eq!(answer.status, 200);
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(
        text.contains("AADSTS9002313") && text.contains("malformed"),
        "{text}"
    );
    for query in ["?code=1", "", "?code=%3Cb%3E"] {
        let request = Request::get(format!("{}/error{query}", crate::support::BASE));
        let answer = send(&emulator, request, "".into(), at(0));
        assert_eq!(answer.status, 404, "{query}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("<b>"));
    }
}
