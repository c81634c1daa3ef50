//! Requests, from plausible to absurd.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use msal_emulator::sample::{DESKTOP, FAMILY_MAIL, PAGE, WEB, WORKER};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::right::live;

/// A request as it is put together; not every one of them can be sent.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(&'static str, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

impl Sketch {
    /// The request, where HTTP has one for it.
    pub(super) fn build(&self) -> Option<Request<Bytes>> {
        let uri = format!("https://localhost{}?{}", self.path, self.query);
        let mut request = Request::new(Bytes::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri.parse::<Uri>().ok()?;
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                let name = HeaderName::from_static(name);
                request.headers_mut().append(name, value);
            }
        }
        Some(request)
    }
}

/// Any request.
pub(super) fn any_request() -> impl Strategy<Value = Sketch> {
    let form = || vec(parameter(), 0..10).prop_map(|form| encoded(&form));
    let query = prop_oneof![2 => Just(String::new()), 2 => form(), 1 => weird_text()];
    let body = prop_oneof![
        6 => form().prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..2000),
        1 => xml().prop_map(String::into_bytes),
    ];
    (method(), path(), query, vec(header(), 0..8), body).prop_map(
        |(method, path, query, headers, body)| Sketch {
            method,
            path,
            query,
            headers,
            body,
        },
    )
}

/// A request whose body, query and headers are very large.
pub(super) fn huge_request() -> impl Strategy<Value = Sketch> {
    let unit = prop_oneof![
        Just("a=b&".to_owned()),
        Just("%".to_owned()),
        Just("&".to_owned()),
        Just("scope=".to_owned()),
        Just("<a:Username>".to_owned()),
        Just("client_id=a&client_assertion=e30.e30.e30&".to_owned()),
        (1_u32..200).prop_map(|n| format!("p{n}={}&", "x".repeat(20))),
    ];
    let body = (unit, 100_000_usize..2_000_000)
        .prop_map(|(unit, size)| unit.repeat(size / unit.len()).into_bytes());
    let header = (header(), 1_usize..3000).prop_map(|((name, value), times)| {
        let value = value.repeat(times);
        (name, value.into_iter().take(60_000).collect())
    });
    (
        method(),
        select(ENDPOINTS),
        weird_text(),
        vec(header, 0..4),
        body,
    )
        .prop_map(|(method, path, query, headers, body)| Sketch {
            method,
            path: path.to_owned(),
            query: query.repeat(50),
            headers,
            body,
        })
}

pub(super) fn method() -> impl Strategy<Value = Method> {
    prop_oneof![
        8 => Just(Method::POST),
        6 => Just(Method::GET),
        1 => Just(Method::HEAD),
        1 => Just(Method::OPTIONS),
        1 => select(&[Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE, Method::CONNECT][..]),
        1 => Just(Method::from_bytes(b"BREW").unwrap()),
    ]
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        select(SEGMENTS).prop_map(str::to_owned),
        weird_text(),
        "[ -~]{0,12}".prop_map(|text| text.replace(['?', '#'], "%")),
    ];
    prop_oneof![
        12 => select(ENDPOINTS).prop_map(str::to_owned),
        1 => select(ENDPOINTS).prop_map(|path| path.to_ascii_uppercase().replace('/', "//")),
        2 => (select(ENDPOINTS), any::<prop::sample::Index>(), weird_text())
            .prop_map(|(path, place, weird)| {
                let mut segments: Vec<&str> = path.split('/').collect();
                let place = place.index(segments.len().max(2) - 1) + 1;
                if let Some(segment) = segments.get_mut(place) {
                    *segment = &weird;
                }
                segments.join("/")
            }),
        3 => vec(segment, 0..7).prop_map(|segments| format!("/{}", segments.join("/"))),
    ]
}

/// Text whose percent-encoding is broken, or means bytes that are no text.
fn weird_text() -> impl Strategy<Value = String> {
    let piece = select(
        &[
            "%",
            "%%",
            "%z",
            "%zz",
            "%4",
            "%00",
            "%0d%0a",
            "%ff%fe",
            "%c3%28",
            "%2F",
            "%3F",
            "%2e%2e",
            "%u0041",
            "+",
            "=",
            "&",
            ";",
            "a",
            "scope",
            "..",
            "%25",
            "~",
            "%F0%9F%98%80",
        ][..],
    );
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn xml() -> impl Strategy<Value = String> {
    let piece = select(
        &[
            "<s:Envelope>",
            "<o:Username>",
            "</o:Username>",
            "alice@contoso.example",
            "<Password",
            ">",
            "<",
            "&lt;",
            "&#x0;",
            "AppliesTo",
            "<Address>",
            "urn:oasis:names:tc:SAML:2.0:assertion",
            "Username",
            "Password",
            "</",
            "\u{0}",
            "\u{feff}",
        ][..],
    );
    vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

pub(super) fn header() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let plausible = select(VALUES).prop_map(|value| value.as_bytes().to_vec());
    let live = live_text().prop_map(String::into_bytes);
    let bearer = live_text().prop_map(|text| format!("Bearer {text}").into_bytes());
    let cookie = (live_text(), live_text())
        .prop_map(|(session, browser)| format!("ESTSAUTH={session}; buid={browser}").into_bytes());
    let value = prop_oneof![
        4 => plausible,
        1 => live,
        2 => bearer,
        1 => cookie,
        2 => vec(any::<u8>(), 0..60),
    ];
    (select(HEADERS), value)
}

/// A parameter that some endpoint knows.
pub(super) fn parameter() -> impl Strategy<Value = (String, String)> {
    let grant = select(GRANTS).prop_map(|grant| ("grant_type".to_owned(), grant.to_owned()));
    let client = select(CLIENTS).prop_map(|id| ("client_id".to_owned(), id.to_owned()));
    let name = select(NAMES).prop_map(str::to_owned);
    let value = prop_oneof![
        6 => select(VALUES).prop_map(str::to_owned),
        2 => live_text(),
        2 => token_of_nobody(),
        1 => weird_text(),
        1 => any::<String>(),
        1 => (0_usize..200).prop_map(|depth| "{\"a\":".repeat(depth) + &"[".repeat(depth)),
    ];
    prop_oneof![
        3 => grant,
        3 => client,
        10 => (name, value),
        1 => (any::<String>(), any::<String>()),
    ]
}

/// A well-formed token with odd members, signed with an unknown key.
pub(super) fn token_of_nobody() -> impl Strategy<Value = String> {
    let part = |texts: &'static [&'static str]| {
        select(texts).prop_map(|text| URL_SAFE_NO_PAD.encode(text.replace("WEB", WEB)))
    };
    (part(JOSE), part(CLAIMS), "[A-Za-z0-9_-]{0,12}")
        .prop_map(|(header, claims, signature)| format!("{header}.{claims}.{signature}"))
}

/// Something that the emulator has sealed or signed, whole or damaged.
fn live_text() -> impl Strategy<Value = String> {
    let damage = option::of((any::<prop::sample::Index>(), any::<u8>()));
    (any::<prop::sample::Index>(), damage, 0_usize..8).prop_map(|(which, damage, cut)| {
        let live = live();
        let texts = [
            &live.refresh_token,
            &live.access_token,
            &live.id_token,
            &live.code,
            &live.secret_refresh_token,
            &live.flow,
            &live.session,
            &live.browser,
        ];
        let mut bytes = which.get(&texts).as_bytes().to_vec();
        if let Some((place, byte)) = damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
            bytes.truncate(bytes.len().saturating_sub(cut));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

pub(super) fn encoded(form: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}

const JOSE: &[&str] = &[
    "{}",
    "[]",
    "{\"alg\":1}",
    "{\"alg\":\"none\"}",
    "{\"alg\":\"RS256\",\"x5t\":\"AAAA\"}",
    "{\"alg\":\"PS256\",\"x5t#S256\":7,\"x5c\":[]}",
    "{\"alg\":\"RS256\",\"x5c\":[\"AAAA\"]}",
    "{\"alg\":\"RS256\",\"x5c\":{\"0\":\"AAAA\"},\"kid\":[]}",
    "{\"alg\":\"RS256\",\"x5c\":\"\u{e9}\"}",
];

const CLAIMS: &[&str] = &[
    "{}",
    "7",
    "{\"iss\":\"WEB\",\"sub\":\"WEB\"}",
    "{\"iss\":\"WEB\",\"sub\":\"WEB\",\"aud\":[],\"exp\":-1,\"nbf\":1e300}",
    "{\"iss\":\"WEB\",\"sub\":\"WEB\",\"aud\":\"https://\",\"exp\":18446744073709551615}",
    "{\"iss\":{},\"sub\":null,\"upn\":\"alice@contoso.example\"}",
];

/// One path or more for each endpoint.
const ENDPOINTS: &[&str] = &[
    "/adfs/.well-known/openid-configuration",
    "/adfs/oauth2/authorize",
    "/adfs/oauth2/devicecode",
    "/adfs/oauth2/token",
    "/adfs/services/trust/13/usernamemixed",
    "/adfs/services/trust/2005/usernamemixed",
    "/adfs/services/trust/mex",
    "/common/.well-known/openid-configuration",
    "/common//v2.0/.well-known/openid-configuration",
    "/common/discovery/instance",
    "/common/discovery/keys",
    "/common/login",
    "/common/oauth2/authorize",
    "/common/oauth2/devicecode",
    "/common/oauth2/logout",
    "/common/oauth2/token",
    "/common/oauth2/v2.0/logout",
    "/common/openid/userinfo",
    "/common/userrealm/alice@contoso.example",
    "/consumers/oauth2/v2.0/token",
    "/contoso.example/b2c_1_susi/login",
    "/contoso.example/b2c_1_susi/oauth2/v2.0/authorize",
    "/contoso.example/b2c_1_susi/oauth2/v2.0/token",
    "/contoso.example/b2c_1_nosuch/oauth2/v2.0/token",
    "/contoso.example/discovery/v2.0/keys",
    "/contoso.example/oauth2/v2.0/authorize",
    "/contoso.example/oauth2/v2.0/devicecode",
    "/contoso.example/oauth2/v2.0/token",
    "/devicelogin",
    "/form_post.js",
    "/metadata/identity/oauth2/token",
    "/metadata/instance/compute",
    "/msi/token",
    "/nowhere.example/oauth2/v2.0/token",
    "/oauth2/token",
    "/oauth2/v2.0/token",
    "/oidc/userinfo",
    "/organizations/oauth2/v2.0/token",
    "/subscriptions",
    "/tenants",
    "/tfp/contoso.example/custom/oauth2/v2.0/authorize",
    "/v1.0/me",
];

const SEGMENTS: &[&str] = &[
    "adfs",
    "authorize",
    "common",
    "contoso.example",
    "discovery",
    "instance",
    "login",
    "oauth2",
    "tfp",
    "token",
    "userrealm",
    "v1.0",
    "v2.0",
    "b2c_1_",
    "",
];

const HEADERS: &[&str] = &[
    "accept",
    "authorization",
    "client-request-id",
    "content-type",
    "cookie",
    "host",
    "metadata",
    "origin",
    "return-client-request-id",
    "secret",
    "x-client-sku",
    "x-identity-header",
];

const GRANTS: &[&str] = &[
    "authorization_code",
    "client_credentials",
    "device_code",
    "password",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml1_1-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "user_fic",
];

const CLIENTS: &[&str] = &[DESKTOP, FAMILY_MAIL, PAGE, WEB, WORKER];

const NAMES: &[&str] = &[
    "api-version",
    "assertion",
    "authorization_endpoint",
    "claims",
    "client_assertion",
    "client_assertion_type",
    "client_info",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "device_code",
    "do",
    "domain_hint",
    "flow",
    "fmi_path",
    "id_token_hint",
    "login_hint",
    "logout_hint",
    "max_age",
    "nonce",
    "object_id",
    "otc",
    "password",
    "pick",
    "post_logout_redirect_uri",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "requested_token_use",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "user_code",
    "user_federated_identity_credential",
    "user_id",
    "username",
];

/// A plausible value of some header or parameter.
const VALUES: &[&str] = &[
    "1",
    "1.1",
    "2018-02-01",
    "2019-07-01-preview",
    "2020-06-01",
    "Basic emulator-identity-header",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "S256",
    "Sample-Passw0rd",
    "accept",
    "alice@contoso.example",
    "application/json",
    "application/x-www-form-urlencoded",
    "cancel",
    "code",
    "code id_token",
    "consent",
    "emulator-identity-header",
    "form_post",
    "fragment",
    "http://localhost:1",
    "http://localhost:3000/",
    "https://graph.microsoft.com",
    "https://graph.microsoft.com/.default openid offline_access",
    "https://localhost/callback",
    "https://login.microsoftonline.com/common/oauth2/authorize",
    "localhost:8443",
    "login",
    "name",
    "none",
    "on_behalf_of",
    "openid profile",
    "password",
    "sample-secret",
    "select_account",
    "text/html",
    "true",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "{\"access_token\":{\"xms_cc\":{\"values\":[\"cp1\"]}}}",
    "//",
];
