//! Requests that would succeed, with a few changes.

use std::sync::OnceLock;

use http::Method;
use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP, PASSWORD, WEB};
use proptest::collection::vec;
use proptest::prelude::*;

use super::requests::{Sketch, encoded, header, method, parameter, token_of_nobody};
use crate::browser::{Browser, redirected};
use crate::support::{
    Form, GRAPH, Protocol, SCOPE, at, emulator, password_form, refresh_form, refresh_form_v1, token,
};

/// A valid request with a few changes.
pub(super) fn nearly_right_request() -> impl Strategy<Value = Sketch> {
    let change = prop_oneof![
        2 => any::<prop::sample::Index>().prop_map(Change::Drop),
        2 => (any::<prop::sample::Index>(), parameter()).prop_map(|(place, (_, value))| Change::Set(place, value)),
        2 => parameter().prop_map(Change::Add),
        1 => any::<prop::sample::Index>().prop_map(Change::Repeat),
        2 => token_of_nobody().prop_map(Change::Forge),
        1 => header().prop_map(Change::Header),
        1 => method().prop_map(Change::Method),
    ];
    (any::<prop::sample::Index>(), vec(change, 0..4)).prop_map(|(which, changes)| {
        let mut right = right_requests();
        let mut request = right.swap_remove(which.index(right.len()));
        changes
            .into_iter()
            .for_each(|change| request.change(change));
        request.sketch()
    })
}

#[derive(Clone, Debug)]
enum Change {
    Add((String, String)),
    Drop(prop::sample::Index),
    /// Replaces a real token by one that is made up.
    Forge(String),
    Header((&'static str, Vec<u8>)),
    Method(Method),
    Repeat(prop::sample::Index),
    Set(prop::sample::Index, String),
}

/// A request that succeeds.
struct Right {
    method: Method,
    path: &'static str,
    form: Vec<(String, String)>,
    headers: Vec<(&'static str, Vec<u8>)>,
}

impl Right {
    fn change(&mut self, change: Change) {
        let length = self.form.len();
        match change {
            Change::Add(parameter) => self.form.push(parameter),
            Change::Drop(place) if length > 0 => drop(self.form.remove(place.index(length))),
            Change::Repeat(place) if length > 0 => {
                self.form.push(self.form[place.index(length)].clone());
            }
            Change::Set(place, value) if length > 0 => self.form[place.index(length)].1 = value,
            Change::Forge(token) => {
                let places = self.form.iter_mut();
                let tokens = places.filter(|(name, _)| TOKENS.contains(&name.as_str()));
                tokens.for_each(|(_, value)| value.clone_from(&token));
            }
            Change::Header(header) => self.headers.push(header),
            Change::Method(method) => self.method = method,
            Change::Drop(_) | Change::Repeat(_) | Change::Set(..) => {}
        }
    }

    /// Puts the form where the method has it.
    fn sketch(self) -> Sketch {
        let form = encoded(&self.form);
        let in_query = matches!(self.method, Method::GET | Method::HEAD);
        let (query, body) = if in_query {
            (form, String::new())
        } else {
            (String::new(), form)
        };
        Sketch {
            method: self.method,
            path: self.path.to_owned(),
            query,
            headers: self.headers,
            body: body.into_bytes(),
        }
    }
}

fn get(path: &'static str, form: Form<'_>, headers: &[(&'static str, &str)]) -> Right {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let bytes = |(name, value): &(&'static str, &str)| (*name, value.as_bytes().to_vec());
    Right {
        method: Method::GET,
        path,
        form: form.iter().map(owned).collect(),
        headers: headers.iter().map(bytes).collect(),
    }
}

fn post(path: &'static str, form: Form<'_>, headers: &[(&'static str, &str)]) -> Right {
    Right {
        method: Method::POST,
        ..get(path, form, headers)
    }
}

/// One or more for each endpoint.
fn right_requests() -> Vec<Right> {
    let live = live();
    let (v1, v2) = ("/common/oauth2/token", "/contoso.example/oauth2/v2.0/token");
    let bearer = format!("Bearer {}", live.access_token);
    let cookies = format!("buid={}; ESTSAUTH={}", live.browser, live.session);
    let browser = [("accept", "text/html"), ("cookie", &cookies)];
    let authorize = [
        ("client_id", DESKTOP),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:1"),
        ("scope", SCOPE),
        ("resource", GRAPH),
        ("login_hint", ALICE),
    ];
    let resource = ("resource", GRAPH);
    let key = "emulator-identity-header";
    vec![
        post(
            v1,
            &refresh_form_v1(DESKTOP, &live.refresh_token, GRAPH),
            &[],
        ),
        post(v2, &refresh_form(DESKTOP, &live.refresh_token), &[]),
        post(v2, &password_form(DESKTOP, ALICE), &[]),
        post(
            v2,
            &[
                ("client_id", WEB),
                ("client_secret", "sample-secret"),
                ("grant_type", "refresh_token"),
                ("refresh_token", &live.secret_refresh_token),
            ],
            &[],
        ),
        post(
            v2,
            &[
                ("client_id", DESKTOP),
                ("grant_type", "authorization_code"),
                ("redirect_uri", "http://localhost:1"),
                ("code", &live.code),
            ],
            &[],
        ),
        post(
            v2,
            &[
                ("client_id", WEB),
                ("client_secret", "sample-secret"),
                ("grant_type", "client_credentials"),
                ("scope", "https://graph.microsoft.com/.default"),
            ],
            &[],
        ),
        // As valid as it can be without the key of a certificate.
        post(
            v2,
            &[
                ("client_id", WEB),
                ("grant_type", "client_credentials"),
                ("client_assertion", "e30.e30.AAAA"),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ),
                ("scope", "https://graph.microsoft.com/.default"),
            ],
            &[],
        ),
        post(
            v2,
            &[
                ("client_id", WEB),
                ("client_secret", "sample-secret"),
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("requested_token_use", "on_behalf_of"),
                ("assertion", &live.assertion),
                ("scope", SCOPE),
            ],
            &[],
        ),
        get("/common/oauth2/v2.0/authorize", &authorize, &[]),
        get("/common/oauth2/authorize", &authorize, &browser),
        post("/common/oauth2/v2.0/devicecode", &authorize[..4], &[]),
        post("/common/oauth2/devicecode", &[authorize[0], resource], &[]),
        get("/devicelogin", &[("otc", "ABCDEFGHJ")], &browser),
        post(
            "/common/login",
            &[
                ("flow", &live.flow),
                ("do", "password"),
                ("password", PASSWORD),
            ],
            &browser,
        ),
        get(
            "/common/oauth2/v2.0/logout",
            &[("logout_hint", ALICE)],
            &browser,
        ),
        get(
            "/common/oauth2/logout",
            &[("id_token_hint", &live.id_token)],
            &browser,
        ),
        get(
            "/common/discovery/instance",
            &[
                ("api-version", "1.1"),
                (
                    "authorization_endpoint",
                    "https://localhost/common/oauth2/authorize",
                ),
            ],
            &[],
        ),
        get(
            "/metadata/instance/compute",
            &[("api-version", "2021-02-01")],
            &[("metadata", "true")],
        ),
        get(
            "/metadata/identity/oauth2/token",
            &[("api-version", "2018-02-01"), resource],
            &[("metadata", "true")],
        ),
        get(
            "/msi/token",
            &[("api-version", "2019-08-01"), resource],
            &[("x-identity-header", key)],
        ),
        post("/oauth2/token", &[resource], &[("metadata", "true")]),
        get("/v1.0/me", &[], &[("authorization", &bearer)]),
        get("/oidc/userinfo", &[], &[("authorization", &bearer)]),
    ]
}

/// Tokens, a code, and the field of a sign-in. Every emulator with the same seed takes them.
pub(super) struct Live {
    pub(super) refresh_token: String,
    pub(super) access_token: String,
    pub(super) id_token: String,
    pub(super) code: String,
    /// An access token for the client that has a secret.
    pub(super) assertion: String,
    /// Of the client that has a secret.
    pub(super) secret_refresh_token: String,
    pub(super) flow: String,
    pub(super) session: String,
    pub(super) browser: String,
}

pub(super) fn live() -> &'static Live {
    static LIVE: OnceLock<Live> = OnceLock::new();
    LIVE.get_or_init(|| {
        let emulator = emulator();
        let form = password_form(DESKTOP, ALICE);
        let tokens = token(&emulator, Protocol::V2, CONTOSO, &form);
        let mut browser = Browser::new(&emulator);
        let query = [
            ("client_id", DESKTOP),
            ("response_type", "code"),
            ("redirect_uri", "http://localhost:1"),
            ("scope", SCOPE),
        ];
        browser.open("/common/oauth2/v2.0/authorize", &query);
        browser.submit(&[("do", "name"), ("username", ALICE)]);
        let flow = browser.hidden("flow");
        let done = browser.submit(&[("do", "password"), ("password", PASSWORD)]);
        let scope = format!("api://{WEB}/.default");
        let called = [
            ("client_id", DESKTOP),
            ("grant_type", "refresh_token"),
            ("refresh_token", &tokens.refresh_token()),
            ("scope", &scope),
        ];
        let called = token(&emulator, Protocol::V2, CONTOSO, &called);
        Live {
            assertion: called.text("access_token"),
            refresh_token: tokens.refresh_token(),
            access_token: tokens.text("access_token"),
            id_token: tokens.text("id_token"),
            code: redirected(&done, "code").unwrap(),
            secret_refresh_token: emulator.issue_refresh_token(ALICE, WEB, at(0)).unwrap(),
            flow,
            session: browser.cookies["ESTSAUTH"].clone(),
            browser: browser.cookies["buid"].clone(),
        }
    })
}

/// The parameters that hold tokens.
const TOKENS: &[&str] = &[
    "assertion",
    "client_assertion",
    "code",
    "id_token_hint",
    "refresh_token",
];
