//! A flow in a web session: the user comes back to another process, or after a restart.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::flow::AuthCodeFlow;
use super::redirect_uri::RedirectUri;
use crate::{HomeAccountId, ScopeSet, SecretBuffer, SessionSecret, Tenant, UnixTime};

impl AuthCodeFlow {
    /// The flow as text for the user's session.
    ///
    /// # Security
    /// It holds the code verifier: keep it on the server, or seal it where the session is a cookie. Who can change it can sign
    /// their own account in at the user's browser.
    pub fn to_session(&self) -> SessionSecret {
        let wire = SessionWire {
            version: VERSION,
            auth_uri: &self.auth_uri,
            client_id: &self.client_id,
            authority: &self.authority,
            tenant: self.tenant.as_ref().map(Tenant::as_str),
            issuer: &self.issuer,
            names_issuer: self.names_issuer,
            redirect_uri: &self.redirect_uri,
            scope: self.scopes.as_str(),
            state: self.state.expose_secret(),
            code_verifier: self.code_verifier.expose_secret(),
            nonce: &self.nonce,
            max_age: self.max_age.map(|age| age.as_secs()),
            claims: self.claims.as_deref(),
            account: self.account.as_ref().map(HomeAccountId::as_str),
            began: self.began.as_secs(),
            expires_on: self.expires_on.as_secs(),
        };
        // No map with keys that are not text, and nothing that fails to serialize.
        SessionSecret::new(serde_json::to_string(&wire).unwrap_or_default())
    }

    /// The flow that [`to_session`](Self::to_session) wrote. Take it out of the session, so that it is used once.
    ///
    /// # Errors
    /// [`InvalidSession`].
    pub fn from_session(session: impl Into<SessionSecret>) -> Result<Self, InvalidSession> {
        let session = session.into();
        // A copy without escapes, which is what `to_session` writes for all it has but claims.
        let text = SecretBuffer::from(session.expose_secret().as_bytes().to_vec());
        let wire: OwnedWire =
            serde_json::from_slice(&text).map_err(|_shows_its_text| InvalidSession)?;
        let redirect_uri = RedirectUri::parse(&wire.redirect_uri);
        let tenant = wire.tenant.as_deref().map(Tenant::parse).transpose();
        let tenant = tenant.map_err(|_no_tenant| InvalidSession)?;
        let is_whole = wire.version == VERSION
            // RFC 7636 §4.1; the rest is as long as this library makes it.
            && wire.code_verifier.len() == 43
            && wire.state.len() == 22
            && wire.nonce.len() == 64
            && redirect_uri.is_ok();
        if !is_whole {
            return Err(InvalidSession);
        }
        Ok(Self {
            auth_uri: wire.auth_uri,
            client_id: wire.client_id,
            authority: wire.authority,
            tenant,
            issuer: wire.issuer,
            names_issuer: wire.names_issuer,
            redirect_uri: wire.redirect_uri,
            scopes: ScopeSet::from_wire(&wire.scope),
            state: wire.state.into(),
            code_verifier: wire.code_verifier.into(),
            nonce: wire.nonce,
            max_age: wire.max_age.map(Duration::from_secs),
            claims: wire.claims,
            account: wire.account.as_deref().map(HomeAccountId::new),
            began: UnixTime::from_secs(wire.began),
            expires_on: UnixTime::from_secs(wire.expires_on),
        })
    }
}

/// What was in the session is not a flow that this library wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("what was in the session is no sign-in that has begun")]
#[non_exhaustive]
pub struct InvalidSession;

#[derive(Serialize)]
struct SessionWire<'a> {
    version: u8,
    auth_uri: &'a str,
    client_id: &'a str,
    authority: &'a str,
    tenant: Option<&'a str>,
    issuer: &'a str,
    names_issuer: bool,
    redirect_uri: &'a str,
    scope: &'a str,
    state: &'a str,
    code_verifier: &'a str,
    nonce: &'a str,
    max_age: Option<u64>,
    claims: Option<&'a str>,
    account: Option<&'a str>,
    began: i64,
    expires_on: i64,
}

#[derive(Deserialize)]
struct OwnedWire {
    version: u8,
    auth_uri: String,
    client_id: String,
    authority: String,
    tenant: Option<String>,
    issuer: String,
    names_issuer: bool,
    redirect_uri: String,
    scope: String,
    state: String,
    code_verifier: String,
    nonce: String,
    max_age: Option<u64>,
    claims: Option<String>,
    account: Option<String>,
    began: i64,
    expires_on: i64,
}

const VERSION: u8 = 1;
