//! Sending forms to an emulator and looking at what comes back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, Request};
use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP, PASSWORD};
use msal_emulator::{Directory, Emulator};
use serde_json::Value;

pub(crate) const BASE: &str = "https://localhost:8443";
pub(crate) const GRAPH: &str = "https://graph.microsoft.com";
pub(crate) const ARM: &str = "https://management.core.windows.net/";
pub(crate) const SCOPE: &str = "https://graph.microsoft.com/.default offline_access openid profile";
pub(crate) const CORRELATION_ID: &str = "1cf2fc75-d801-4df7-8693-f3352dcecb0e";

/// 2026-08-13 21:24:29 UTC.
pub(crate) const START: u64 = 1_786_656_269;

pub(crate) type Form<'a> = &'a [(&'a str, &'a str)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    V1,
    V2,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self, member: &str) -> String {
        let json = self.json();
        json[member]
            .as_str()
            .unwrap_or_else(|| panic!("no {member} in {json}"))
            .to_owned()
    }

    pub(crate) fn code(&self) -> u64 {
        let json = self.json();
        json["error_codes"][0]
            .as_u64()
            .unwrap_or_else(|| panic!("no error in {json}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name}"))
            .to_str()
            .unwrap()
    }

    pub(crate) fn refresh_token(&self) -> String {
        self.text("refresh_token")
    }

    /// The claims of a token in the answer.
    pub(crate) fn claims(&self, member: &str) -> Value {
        claims(&self.text(member))
    }
}

/// The claims of a token, whoever signed it.
pub(crate) fn claims(token: &str) -> Value {
    let parts: Vec<_> = token.split('.').collect();
    let [_, claims, _] = parts[..] else {
        panic!("not a JWT: {token}")
    };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(START + seconds)
}

pub(crate) fn emulator() -> Emulator {
    Emulator::new(Directory::sample())
}

pub(crate) fn get(emulator: &Emulator, path: &str) -> Answer {
    send(
        emulator,
        Request::get(format!("{BASE}{path}")),
        Bytes::new(),
        at(0),
    )
}

/// Posts a form to a token endpoint.
pub(crate) fn token(
    emulator: &Emulator,
    protocol: Protocol,
    tenant: &str,
    form: Form<'_>,
) -> Answer {
    token_at(emulator, protocol, tenant, form, at(0))
}

pub(crate) fn token_at(
    emulator: &Emulator,
    protocol: Protocol,
    tenant: &str,
    form: Form<'_>,
    now: SystemTime,
) -> Answer {
    let path = if protocol == Protocol::V1 {
        "oauth2/token"
    } else {
        "oauth2/v2.0/token"
    };
    let request = Request::post(format!("{BASE}/{tenant}/{path}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("client-request-id", CORRELATION_ID);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    send(emulator, request, body.into(), now)
}

pub(crate) fn send(
    emulator: &Emulator,
    request: http::request::Builder,
    body: Bytes,
    now: SystemTime,
) -> Answer {
    let response = emulator.handle(request.body(body).unwrap(), now);
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    }
}

/// Signs Alice in with her password at v2.0.
pub(crate) fn sign_in(emulator: &Emulator) -> Answer {
    let answer = token(
        emulator,
        Protocol::V2,
        CONTOSO,
        &password_form(DESKTOP, ALICE),
    );
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

pub(crate) fn password_form<'a>(client: &'a str, user: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("client_id", client),
        ("grant_type", "password"),
        ("client_info", "1"),
        ("username", user),
        ("password", PASSWORD),
        ("scope", SCOPE),
    ]
}

/// What MSAL sends to redeem a refresh token.
pub(crate) fn refresh_form<'a>(client: &'a str, refresh_token: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("client_id", client),
        ("grant_type", "refresh_token"),
        ("client_info", "1"),
        ("refresh_token", refresh_token),
        ("scope", SCOPE),
    ]
}

/// What ADAL sends to redeem a refresh token.
pub(crate) fn refresh_form_v1<'a>(
    client: &'a str,
    refresh_token: &'a str,
    resource: &'a str,
) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "refresh_token"),
        ("client_id", client),
        ("resource", resource),
        ("refresh_token", refresh_token),
    ]
}
