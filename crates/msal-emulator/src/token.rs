//! The token endpoint (RFC 6749 §3.2), v1 and v2.0: what all grants have in common.
//!
//! A request walks down: it is read (`request`), its client is identified (`client`), its grant is judged (`grant`),
//! and what was granted is written as an answer (`answer`).

mod answer;
mod authorization_code;
mod client;
mod client_assertion;
mod device_authorization;
mod device_code;
mod grant;
mod granted;
mod refresh_token;
mod request;

use http::Method;

pub(crate) use answer::{client_info, front_channel_tokens};
pub(crate) use authorization_code::AuthorizationCode;
pub(crate) use device_authorization::authorize_device;
pub(crate) use granted::{Granted, Person};
pub(crate) use refresh_token::{Descent, RefreshToken};
pub(crate) use request::{Presented, TokenRequest};

use crate::access::Realm;
use crate::memory::Platform;
use crate::protocol::{Reply, Shape, Version};
use crate::refusal::{Refusal, telemetry};
use client::Client;

/// Counts the refresh token that a request presents, however the request ends.
pub(crate) fn count_presented(platform: Platform<'_>, request: &TokenRequest<'_>) {
    let app = request
        .client_id
        .as_deref()
        .and_then(|id| platform.directory().find_app(id));
    match &request.refresh_token {
        Presented::Nothing => {}
        Presented::Token(token) => platform.ledger().saw(token.id(), app.map(|app| app.index)),
        Presented::Unreadable => platform.ledger().saw_unreadable(),
    }
}

/// Judges a request and answers with tokens.
pub(crate) fn respond(
    platform: Platform<'_>,
    request: &TokenRequest<'_>,
) -> Result<Reply, Refusal> {
    let TokenRequest { call, version, .. } = *request;
    if call.method() == Method::OPTIONS {
        return Ok(Reply::preflight(call));
    }
    // RFC 6749 §3.2: "The client MUST use the HTTP "POST" method when making access token requests."
    if call.method() != Method::POST {
        let refusal = Refusal::new(900_561).with("method", "POST");
        return Err(refusal.with("received", call.method().as_str()));
    }
    let directory = platform.directory();
    let realm = Realm::find(&call.target.tenant, directory)?;
    // RFC 6749 §3.2: "Request and response parameters MUST NOT be included more than once."
    if let Some(name) = call.parameters.duplicate() {
        return Err(Refusal::new(9_000_411).with("parameter", name));
    }
    let grant_type = request
        .grant_type
        .ok_or_else(|| Refusal::missing("grant_type"))?;
    let judge =
        grant::find(grant_type).ok_or_else(|| Refusal::new(70003).with("grant", grant_type))?;
    // The grant type comes first: one that is not known is refused whoever asks.
    let client = Client::identify(platform, request, realm)?;
    let v2 = version == Version::V2 && call.target.shape != Shape::Adfs;
    // v2.0 is asked by scope. A `resource` shows that a client mixes both versions up.
    if v2 && call.parameter("resource").is_some() {
        return Err(Refusal::new(901_002));
    }
    let granted = judge(platform, request, realm, &client)?;
    let body = answer::write_answer(platform, call, version, &granted);
    let person = granted.person.as_ref();
    let user = person.map(|person| person.account.upn.as_str());
    Ok(Reply::token(call, 200, body, &telemetry(0, None)).about(None, user))
}
