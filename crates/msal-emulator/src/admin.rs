//! The admin API: directory, people, faults, clock, audit log and redemptions, as JSON.
//!
//! | | |
//! | --- | --- |
//! | `GET /directory` | tenants with a few of their users, and clients |
//! | `POST /directory` | adds what the body declares, with the keys of the configuration file; entries of the same name are replaced |
//! | `POST /users/{upn}/password` | `{"password": "…"}`: changes it |
//! | `POST /users/{upn}/enabled` | `{"enabled": false}`: disables or enables the account |
//! | `POST /users/{upn}/revoke-sessions` | as an administrator does |
//! | `POST /refresh-tokens` | `{"upn": "…", "client_id": "…"}`: answers a new `refresh_token` |
//! | `POST /refresh-tokens/revoke` | `{"refresh_token": "…"}` |
//! | `POST /devices/{user_code}` | `{"upn": "…"}` approves the device, `{}` declines it |
//! | `POST /faults`, `DELETE /faults` | adds a plan, with the keys of the configuration file; ends all |
//! | `GET /clock`, `POST /clock` | the time in seconds; `{"advance": 60}`, `{"set": 1786656269}` or `{"reset": true}` |
//! | `GET /audit`, `DELETE /audit` | the requests answered so far, oldest first |
//! | `GET /redemptions` | how often refresh tokens were presented and redeemed |
//! | `GET /catalogue` | every AADSTS error, with how certain it is |
//!
//! It is for this machine only. A request that names another host, or comes from a page of another origin, is refused,
//! so that no web page can use it, not even by a domain name that resolves to the loopback address.

mod answers;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::emulator::Emulator;
use crate::protocol::{header_text, host_of, is_loopback, percent_decoded};

/// Why the admin API refuses a request.
#[derive(Debug)]
struct AdminError(StatusCode, String);

type Outcome = Result<Value, AdminError>;

impl Emulator {
    /// Answers a request to the admin API, which [`Server`](crate::Server) offers on a port of its own.
    ///
    /// It takes and answers JSON: `GET /directory`, `/clock`, `/audit`, `/redemptions` and `/catalogue`;
    /// `POST /directory` and `/faults` with the keys of the configuration file; `POST /clock`,
    /// `/users/{upn}/password`, `/users/{upn}/enabled`, `/users/{upn}/revoke-sessions`, `/refresh-tokens`,
    /// `/refresh-tokens/revoke` and `/devices/{user_code}`; `DELETE /faults` and `/audit`.
    ///
    /// # Security
    ///
    /// It refuses every request whose `Host` or `Origin` is not a loopback name.
    pub fn administer(&self, request: &Request<Bytes>, now: SystemTime) -> Response<Bytes> {
        handle(self, request, now)
    }
}

fn handle(emulator: &Emulator, request: &Request<Bytes>, now: SystemTime) -> Response<Bytes> {
    let outcome = check_origin(request).and_then(|()| route(emulator, request, now));
    let (status, body) = match outcome {
        Ok(body) => (StatusCode::OK, body),
        Err(AdminError(status, reason)) => (status, json!({"error": reason})),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

fn check_origin(request: &Request<Bytes>) -> Result<(), AdminError> {
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let host = authority.or_else(|| header_text(request.headers(), header::HOST.as_str()));
    let origin = header_text(request.headers(), header::ORIGIN.as_str());
    // An origin has a scheme in front of its authority, a host has not.
    let foreign = |name: &str| {
        !is_loopback(host_of(
            name.rsplit_once("//").map_or(name, |(_, host)| host),
        ))
    };
    if host.is_none_or(foreign) || origin.is_some_and(foreign) {
        let reason = "the admin API is for this machine only";
        return Err(AdminError(StatusCode::FORBIDDEN, reason.to_owned()));
    }
    Ok(())
}

fn route(emulator: &Emulator, request: &Request<Bytes>, now: SystemTime) -> Outcome {
    let path = request.uri().path().trim_matches('/');
    let segments: Vec<_> = path.split('/').map(percent_decoded).collect();
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    let body = || read(request.body());
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["directory"]) => Ok(answers::directory(&emulator.directory())),
        (&Method::GET, ["clock"]) => Ok(answers::clock(emulator, now)),
        (&Method::GET, ["audit"]) => Ok(answers::audit(emulator)),
        (&Method::GET, ["redemptions"]) => Ok(answers::redemptions(emulator)),
        (&Method::GET, ["catalogue"]) => Ok(answers::catalogue()),
        (&Method::DELETE, ["audit"]) => {
            emulator.clear_audit();
            Ok(json!({}))
        }
        (&Method::DELETE, ["faults"]) => {
            emulator.clear_faults();
            Ok(json!({}))
        }
        (&Method::POST, ["directory"]) => declare(emulator, body()?),
        (&Method::POST, ["faults"]) => {
            let config = configured(json!({"fault": [body()?]}))?;
            config
                .into_faults()
                .into_iter()
                .for_each(|fault| emulator.add_fault(fault));
            Ok(json!({}))
        }
        (&Method::POST, ["clock"]) => clock(emulator, &body()?, now),
        (&Method::POST, ["users", upn, what]) => user(emulator, upn, what, &body()?, now),
        (&Method::POST, ["refresh-tokens"]) => {
            let body = body()?;
            let issued =
                emulator.issue_refresh_token(text(&body, "upn")?, text(&body, "client_id")?, now);
            let token =
                issued.map_err(|error| AdminError(StatusCode::NOT_FOUND, error.to_string()))?;
            Ok(json!({"refresh_token": token}))
        }
        (&Method::POST, ["refresh-tokens", "revoke"]) => {
            let revoked = emulator.revoke_refresh_token(text(&body()?, "refresh_token")?);
            found(revoked, "no refresh token of this emulator")
        }
        (&Method::POST, ["devices", code]) => {
            let body = body()?;
            let settled = match body.get("upn").and_then(Value::as_str) {
                Some(upn) => emulator.approve_device(code, upn, now),
                None => emulator.decline_device(code, now),
            };
            found(
                settled,
                "no such user, or no device that waits with this code",
            )
        }
        _ => found(false, "no such resource of the admin API"),
    }
}

fn declare(emulator: &Emulator, body: Map<String, Value>) -> Outcome {
    for name in body.keys() {
        if !["tenant", "app", "resource", "managed_identity"].contains(&name.as_str()) {
            return Err(bad(format!("{name:?} is not part of a directory")));
        }
    }
    let declared = configured(Value::Object(body))?.into_declarations();
    emulator
        .declare(declared)
        .map_err(|error| bad(error.to_string()))?;
    Ok(answers::directory(&emulator.directory()))
}

fn user(
    emulator: &Emulator,
    upn: &str,
    what: &str,
    body: &Map<String, Value>,
    now: SystemTime,
) -> Outcome {
    if emulator.directory().account(upn).is_none() {
        return found(false, "no such user");
    }
    match what {
        "enabled" => {
            let enabled = body.get("enabled").and_then(Value::as_bool);
            let enabled = enabled.ok_or_else(|| bad("\"enabled\" must be true or false"))?;
            emulator.set_enabled(upn, enabled);
        }
        "password" => emulator.change_password(upn, text(body, "password")?, now),
        "revoke-sessions" => emulator.revoke_sessions(upn, now),
        _ => return found(false, "no such resource of the admin API"),
    }
    Ok(json!({}))
}

fn clock(emulator: &Emulator, body: &Map<String, Value>, now: SystemTime) -> Outcome {
    let seconds = |name: &str| body.get(name).and_then(Value::as_u64);
    match (seconds("advance"), seconds("set"), body.get("reset")) {
        (Some(advance), None, None) => emulator.advance_clock(Duration::from_secs(advance)),
        (None, Some(then), None) => {
            let then = UNIX_EPOCH.checked_add(Duration::from_secs(then));
            emulator.set_clock(then.ok_or_else(|| bad("\"set\" is too late"))?, now);
        }
        (None, None, Some(Value::Bool(true))) => emulator.set_clock(now, now),
        _ => return Err(bad("needs one of \"advance\", \"set\" and \"reset\"")),
    }
    Ok(answers::clock(emulator, now))
}

/// Reads JSON with the keys of the configuration file, by way of TOML, so that these keys have one reader.
fn configured(body: Value) -> Result<Config, AdminError> {
    // TOML can write all that JSON can, except `null`.
    let text = toml::to_string(&body).map_err(|_null| bad("a list must not contain null"))?;
    Config::from_toml(&text).map_err(|error| bad(error.without_line()))
}

fn read(body: &[u8]) -> Result<Map<String, Value>, AdminError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(body)
        .map_err(|error| bad(format!("the body is no JSON object: {error}")))
}

fn text<'b>(body: &'b Map<String, Value>, name: &str) -> Result<&'b str, AdminError> {
    let value = body.get(name).and_then(Value::as_str);
    value.ok_or_else(|| bad(format!("{name:?} must be a text")))
}

fn found(found: bool, otherwise: &str) -> Outcome {
    let missing = || AdminError(StatusCode::NOT_FOUND, otherwise.to_owned());
    found.then(|| json!({})).ok_or_else(missing)
}

fn bad(reason: impl Into<String>) -> AdminError {
    AdminError(StatusCode::BAD_REQUEST, reason.into())
}
