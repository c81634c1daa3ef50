//! The token endpoint, v1 and v2.0: what all grants have in common.

mod answer;
mod authorization_code;
mod client;
mod client_assertion;
mod device_authorization;
mod grant;
mod refresh_token;

use std::borrow::Cow;

use http::Method;

pub(crate) use answer::{Granted, Person, client_info, in_front, lookup_audience};
pub(crate) use authorization_code::Code;
pub(crate) use device_authorization::authorize_device;
pub(crate) use refresh_token::{Descent, Grant};

use crate::access::{Asked, Realm};
use crate::directory::{AppEntry, Directory};
use crate::memory::Platform;
use crate::protocol::{Call, Reply, Shape, Version, basic_credentials};
use crate::refusal::{Refusal, telemetry};
use client::Client;

/// A token request, read but not judged.
#[derive(Debug)]
pub(crate) struct TokenRequest<'c> {
    pub(crate) call: &'c Call<'c>,
    pub(crate) version: Version,
    pub(crate) grant_type: Option<&'c str>,
    pub(crate) client_id: Option<Cow<'c, str>>,
    pub(crate) client_secret: Option<Cow<'c, str>>,
    pub(crate) refresh_token: Presented,
}

/// The refresh token of a request.
#[derive(Debug)]
pub(crate) enum Presented {
    Nothing,
    Token(Grant),
    /// Something that is not a refresh token of ours.
    Unreadable,
}

impl<'c> TokenRequest<'c> {
    pub(crate) fn read(platform: Platform<'_>, call: &'c Call<'c>, version: Version) -> Self {
        let (mut client_id, mut client_secret) = (None, None);
        if let Some((id, secret)) = basic_credentials(call.request.headers()) {
            (client_id, client_secret) = (Some(Cow::Owned(id)), Some(Cow::Owned(secret)));
        }
        let grant_type = call.parameter("grant_type");
        let presented = call
            .parameter("refresh_token")
            .filter(|_| grant_type == Some("refresh_token"));
        Self {
            call,
            version,
            grant_type,
            client_id: call.parameter("client_id").map(Cow::Borrowed).or(client_id),
            client_secret: call
                .parameter("client_secret")
                .map(Cow::Borrowed)
                .or(client_secret),
            refresh_token: presented.map_or(Presented::Nothing, |text| {
                Grant::open(platform.sealer(), text).map_or(Presented::Unreadable, Presented::Token)
            }),
        }
    }

    /// The user the request is about, as far as it says.
    pub(crate) fn user(&self) -> Option<&str> {
        match &self.refresh_token {
            Presented::Token(grant) => Some(&grant.upn),
            _ => self.call.parameter("username"),
        }
    }

    /// What the request asks for.
    pub(crate) fn asked<'d>(
        &self,
        app: &AppEntry,
        directory: &'d Directory,
    ) -> Result<Asked<'d>, Refusal> {
        let text = self.call.parameter(self.version.scope_parameter());
        Asked::read(self.version, text.unwrap_or_default(), app, directory)
    }

    /// The value of a parameter that must be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.call
            .parameter(name)
            .ok_or_else(|| Refusal::missing(name))
    }
}

/// Counts the refresh token that a request presents, whatever becomes of it.
pub(crate) fn count_presented(platform: Platform<'_>, request: &TokenRequest<'_>) {
    let app = request
        .client_id
        .as_deref()
        .and_then(|id| platform.directory().find_app(id));
    match &request.refresh_token {
        Presented::Nothing => {}
        Presented::Token(grant) => platform.ledger().saw(grant.id(), app.map(|app| app.index)),
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
    if call.method() != Method::POST {
        let refusal = Refusal::new(900_561).with("method", "POST");
        return Err(refusal.with("received", call.method().as_str()));
    }
    let directory = platform.directory();
    let realm = Realm::find(&call.target.tenant, directory)?;
    if let Some(name) = call.parameters.duplicate() {
        return Err(Refusal::new(9_000_411).with("parameter", name));
    }
    let grant_type = request
        .grant_type
        .ok_or_else(|| Refusal::missing("grant_type"))?;
    let judge =
        grant::find(grant_type).ok_or_else(|| Refusal::new(70003).with("grant", grant_type))?;
    let client = Client::identify(platform, request, realm)?;
    let v2 = version == Version::V2 && call.target.shape != Shape::Adfs;
    if v2 && call.parameter("resource").is_some() {
        return Err(Refusal::new(901_002));
    }
    let granted = judge(platform, request, realm, &client)?;
    let body = answer::write(platform, call, version, &granted);
    Ok(Reply::token(call, 200, body, &telemetry(0, None)))
}
