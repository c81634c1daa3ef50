//! The error envelope: the members of RFC 6749 §5.2, and those that Entra adds.

use serde::Serialize;

use super::Refusal;
use super::b2c::B2cError;
use super::catalogue::fill;
use crate::directory::Directory;
use crate::protocol::{Call, Endpoint, Guid, Moment, Reply, Version, to_json};

#[derive(Serialize)]
struct Envelope<'a> {
    error: &'a str,
    error_description: String,
    error_codes: [u32; 1],
    timestamp: String,
    trace_id: Guid,
    correlation_id: Guid,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suberror: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'a str>,
}

/// Answers a call with a refusal. `token_issued` is when the presented refresh token was issued.
pub(crate) fn refuse(
    call: &Call<'_>,
    refusal: &Refusal,
    directory: &Directory,
    token_issued: Option<Moment>,
) -> Reply {
    let code = refusal.code;
    // Azure AD B2C has the members of RFC 6749 only, and texts of its own.
    if let Some(error) = B2cError::of(call, refusal) {
        let body = serde_json::json!({
            "error": error.name(),
            "error_description": error.description(call),
        });
        let telemetry = telemetry(code, None);
        let reply = Reply::token(call, 400, to_json(&body), &telemetry);
        return Reply {
            aadsts: Some(code),
            ..reply
        };
    }
    let envelope = Envelope {
        error: refusal.error.unwrap_or_else(|| error_name(call, refusal)),
        error_description: description(call, refusal, directory),
        error_codes: [code],
        timestamp: call.now.to_string(),
        trace_id: call.trace_id,
        correlation_id: call.correlation_id,
        error_uri: refusal.error_uri(call),
        suberror: refusal.suberror.as_deref(),
        claims: refusal.claims.as_deref(),
    };
    let telemetry = telemetry(
        code,
        token_issued.map(|issued| call.now.since(issued).as_millis()),
    );
    let reply = Reply::token(call, refusal.status, to_json(&envelope), &telemetry);
    Reply {
        aadsts: Some(code),
        ..reply
    }
}

/// The value of `x-ms-clitelem`: version, error, suberror number, age of the refresh token, ring.
pub(crate) fn telemetry(code: u32, age_millis: Option<u128>) -> String {
    let age = age_millis
        .map(|millis| format!("{millis}.0000"))
        .unwrap_or_default();
    format!("1,{code},0,{age},")
}

fn error_name(call: &Call<'_>, refusal: &Refusal) -> &'static str {
    match call.target.endpoint {
        Endpoint::Token(Version::V1) | Endpoint::Authorize(Version::V1) => {
            refusal.definition.error.at_v1()
        }
        _ => refusal.definition.error.at_v2(),
    }
}

/// The `error_description` of a refusal.
pub(crate) fn description(call: &Call<'_>, refusal: &Refusal, directory: &Directory) -> String {
    let fact = |placeholder: &str| {
        let value = refusal
            .fact(placeholder)
            .or_else(|| known(call, directory, placeholder))?;
        // Facts repeat what the client sent, and an answer should not grow with it.
        Some(value.chars().take(MAX_FACT).collect())
    };
    let mut text = format!("AADSTS{}: ", refusal.code);
    // Writing to a string does not fail.
    let _ = fill(&mut text, refusal.definition.text, fact);
    let Call {
        trace_id,
        correlation_id,
        now,
        ..
    } = call;
    text + &format!(" Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {now}")
}

/// The value of a placeholder as far as the request itself tells it.
fn known(call: &Call<'_>, directory: &Directory, placeholder: &str) -> Option<String> {
    let segment = call.target.tenant.as_ref();
    let tenant = || {
        directory
            .find_tenant(segment)
            .map(|index| directory.tenant(index))
    };
    let owned = |text: &str| text.to_owned();
    match placeholder {
        "client" => call.parameter("client_id").map(owned),
        "app" => directory
            .find_app(call.parameter("client_id")?)
            .map(|app| app.name.clone()),
        "grant" => call.parameter("grant_type").map(owned),
        "scope" => call.parameter("scope").map(owned),
        "resource" => call
            .parameter("resource")
            .or_else(|| call.parameter("scope"))
            .map(owned),
        "redirect" => call.parameter("redirect_uri").map(owned),
        "origin" => call.header("origin").map(owned),
        "response_mode" => call.parameter("response_mode").map(owned),
        "response_type" => call.parameter("response_type").map(owned),
        "tenant" => Some(segment.to_owned()),
        "tenant_name" => {
            Some(tenant().map_or_else(|| segment.to_owned(), |tenant| tenant.name.clone()))
        }
        "issuer" => Some(call.base.clone()),
        // A refusal of a fault plan names no facts; these complete its text.
        "from" | "issued" | "now" | "until" | "valid_from" => Some(call.now.precise()),
        "lifetime" => Some("3600".to_owned()),
        "method" => Some("POST".to_owned()),
        "problem" => Some("is not enabled for the application.".to_owned()),
        "reason" => Some("The key was not found.".to_owned()),
        "received" => Some(call.method().to_string()),
        _ => None,
    }
}

const MAX_FACT: usize = 300;
