//! The emulator: one request in, one response out.

use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response};

use crate::answer::new_grant;
use crate::audit::{AuditLog, AuditRecord, Endpoint, Version};
use crate::call::Call;
use crate::directory::Directory;
use crate::endpoint::token::{Presented, TokenRequest};
use crate::endpoint::{authorize, discovery, instance, keys, realm, token};
use crate::envelope::refuse;
use crate::fault::{Action, Fault, FaultPlans, Sighting, Strike, Tampering};
use crate::grant::with_policy_claims;
use crate::identifiers::Identifiers;
use crate::issuer::{Issuer, SigningKey};
use crate::moment::Moment;
use crate::people::{Cut, People};
use crate::redemptions::{Ledger, Redemptions};
use crate::refresh_token::{Grant, RefreshTokenId};
use crate::refusal::Refusal;
use crate::reply::{Reply, to_json};
use crate::request::is_get;
use crate::sealed::Sealer;
use crate::secret::Secret;
use crate::settings::{Settings, Signatures};

/// The Microsoft identity platform, v1 and v2.0, for a [`Directory`].
///
/// It has no clock, no sockets and no randomness: a request and the time go in, a response comes out.
/// It may be shared: every method takes `&self`, and requests of many threads do not wait for each other
/// longer than a map takes to be read.
#[derive(Debug)]
pub struct Emulator {
    directory: Directory,
    settings: Settings,
    issuer: Issuer,
    sealer: Sealer,
    identifiers: Identifiers,
    ledger: Ledger,
    people: People,
    faults: FaultPlans,
    audit: AuditLog,
}

impl Emulator {
    /// An emulator with the default [`Settings`] and the built-in signing key.
    #[must_use]
    pub fn new(directory: Directory) -> Self {
        Self::with_settings(directory, Settings::default())
    }

    /// An emulator with the built-in signing key, which is public knowledge.
    #[must_use]
    pub fn with_settings(directory: Directory, settings: Settings) -> Self {
        Self::with_key(directory, settings, SigningKey::development())
    }

    /// An emulator that signs with `key`.
    #[must_use]
    pub fn with_key(directory: Directory, settings: Settings, key: SigningKey) -> Self {
        Self {
            issuer: Issuer::new(key, settings.signatures),
            sealer: Sealer::new(settings.seed),
            identifiers: Identifiers::new(settings.seed),
            ledger: Ledger::new(),
            people: People::default(),
            faults: FaultPlans::default(),
            audit: AuditLog::new(settings.audit_capacity),
            directory,
            settings,
        }
    }

    /// Answers a request that arrives at `now`.
    ///
    /// Whatever the request is, the answer is one of the protocol: tokens, a document, an error envelope,
    /// or 404 for what is no endpoint. URLs in the answer are on the host that the request names.
    pub fn handle(&self, request: Request<Bytes>, now: SystemTime) -> Response<Bytes> {
        let call = Call::read(&request, Moment::from(now), &self.identifiers);
        match call.target.endpoint {
            Endpoint::Token(version) => self.handle_token(&call, version),
            _ => self.handle_document(&call),
        }
    }

    fn handle_token(&self, call: &Call<'_>, version: Version) -> Response<Bytes> {
        let request = TokenRequest::read(self, call, version);
        token::count(self, &request);
        let sighting = Sighting {
            endpoint: call.target.endpoint,
            client_id: request.client_id.as_deref(),
            grant_type: request.grant_type,
            user: request.user(),
        };
        let issued = match &request.refresh_token {
            Presented::Token(grant) => Some(grant.issued),
            _ => None,
        };
        let strike = self.faults.strike(&sighting);
        let answer = || self.settle(call, token::answer(self, &request), issued);
        let reply = self.perform(call, strike.as_ref(), issued, answer);
        self.record(call, Some(&request), &reply, strike.is_some());
        reply.response
    }

    fn handle_document(&self, call: &Call<'_>) -> Response<Bytes> {
        let sighting = Sighting {
            endpoint: call.target.endpoint,
            client_id: call.parameter("client_id"),
            grant_type: None,
            user: Some(&*call.target.user).filter(|user| !user.is_empty()),
        };
        let strike = self.faults.strike(&sighting);
        let reply = self.perform(call, strike.as_ref(), None, || {
            self.settle(call, self.document(call), None)
        });
        self.record(call, None, &reply, strike.is_some());
        reply.response
    }

    fn document(&self, call: &Call<'_>) -> Result<Reply, Refusal> {
        if call.target.endpoint != Endpoint::Unknown && !is_get(call.method()) {
            let refusal = Refusal::new(900_561).with("method", "GET");
            return Err(refusal.with("received", call.method().as_str()));
        }
        match call.target.endpoint {
            Endpoint::Authorize(version) => authorize::answer(self, call, version),
            Endpoint::InstanceDiscovery => instance::answer(call),
            Endpoint::Keys(_) => Ok(keys::answer(self, call)),
            Endpoint::OpenIdConfiguration(version) => discovery::answer(self, call, version),
            Endpoint::UserRealm => Ok(realm::answer(call, &self.directory)),
            _ => Ok(Reply::not_found(call)),
        }
    }

    fn settle(
        &self,
        call: &Call<'_>,
        outcome: Result<Reply, Refusal>,
        issued: Option<Moment>,
    ) -> Reply {
        outcome.unwrap_or_else(|refusal| refuse(call, &refusal, &self.directory, issued))
    }

    /// Answers as a fault plan says, or as it should be.
    fn perform(
        &self,
        call: &Call<'_>,
        strike: Option<&Strike>,
        issued: Option<Moment>,
        answer: impl FnOnce() -> Reply,
    ) -> Reply {
        let Some(strike) = strike else {
            return answer();
        };
        if let Action::Tamper(list) = &strike.action {
            return tamper(answer(), list);
        }
        if strike.after_effect {
            drop(answer());
        }
        match &strike.action {
            Action::Aadsts {
                code,
                suberror,
                claims,
            } => {
                let refusal = fault_refusal(*code, suberror.as_deref(), claims.as_deref(), issued);
                refuse(call, &refusal, &self.directory, issued)
            }
            Action::Respond {
                status,
                headers,
                body,
            } => Reply::raw(*status, headers, body.clone()),
            Action::Tamper(_) => unreachable!("answered above"),
        }
    }

    fn record(
        &self,
        call: &Call<'_>,
        request: Option<&TokenRequest<'_>>,
        reply: &Reply,
        faulted: bool,
    ) {
        if !self.audit.is_on() {
            return;
        }
        let owned = |text: &str| text.chars().take(MAX_RECORDED).collect::<String>();
        let token = request.and_then(|request| match &request.refresh_token {
            Presented::Token(grant) => Some(grant.id()),
            _ => None,
        });
        let user = request
            .and_then(TokenRequest::user)
            .unwrap_or(&call.target.user);
        self.audit.push(AuditRecord {
            at: call.now.into(),
            method: call.method().to_string(),
            path: owned(call.request.uri().path()),
            endpoint: call.target.endpoint,
            grant_type: request.and_then(|request| request.grant_type).map(owned),
            client_id: request
                .and_then(|request| request.client_id.as_deref())
                .map(owned),
            user: Some(user).filter(|user| !user.is_empty()).map(owned),
            refresh_token: token,
            asked_for: call
                .parameter("scope")
                .or_else(|| call.parameter("resource"))
                .map(owned),
            parameters: call.parameters.names(),
            client_sku: call
                .header("x-client-sku")
                .or_else(|| call.parameter("x-client-SKU"))
                .map(owned),
            correlation_id: call.correlation_id.to_string(),
            status: reply.response.status().as_u16(),
            aadsts: reply.aadsts,
            faulted,
        });
    }
}

/// What tests and administrators do beside the protocol.
impl Emulator {
    /// Issues a refresh token as if the user had signed in to the client at `now`.
    ///
    /// # Errors
    ///
    /// Fails when the directory has no such user or client.
    pub fn issue_refresh_token(
        &self,
        upn: &str,
        client_id: &str,
        now: SystemTime,
    ) -> Result<String, UnknownParty> {
        let account = self.directory.account(upn).ok_or(UnknownParty::User)?;
        let app = self
            .directory
            .find_app(client_id)
            .ok_or(UnknownParty::Client)?;
        let grant = new_grant(self, app, &account, !app.public, None, now.into());
        Ok(grant.seal(&self.sealer, self.settings.refresh_token_chars))
    }

    /// The id of a refresh token that this emulator, or another with the same seed, has issued.
    #[must_use]
    pub fn refresh_token_id(&self, refresh_token: &str) -> Option<RefreshTokenId> {
        Grant::open(&self.sealer, refresh_token).map(|grant| grant.id())
    }

    /// Revokes one refresh token: it answers AADSTS50173 from now on.
    ///
    /// Answers whether it is a token of this emulator.
    pub fn revoke_refresh_token(&self, refresh_token: &str) -> bool {
        let id = self.refresh_token_id(refresh_token);
        if let Some(id) = id {
            self.ledger.revoke(id);
        }
        id.is_some()
    }

    /// Revokes every refresh token of a user issued so far, as an administrator does.
    pub fn revoke_sessions(&self, upn: &str, now: SystemTime) {
        self.people.revoke_sessions(upn, self.cut(now));
    }

    /// Changes a password. What public clients hold is revoked, what confidential clients hold survives.
    pub fn change_password(&self, upn: &str, password: impl Into<Secret>, now: SystemTime) {
        self.people
            .change_password(upn, password.into(), self.cut(now));
    }

    /// Opens or closes an account.
    pub fn set_enabled(&self, upn: &str, enabled: bool) {
        self.people.set_enabled(upn, enabled);
    }

    /// Puts a fault plan in force.
    pub fn add_fault(&self, fault: Fault) {
        self.faults.add(fault);
    }

    /// Ends all fault plans.
    pub fn clear_faults(&self) {
        self.faults.clear();
    }

    /// How often refresh tokens were presented and redeemed since the start. Every request is counted.
    #[must_use]
    pub fn redemptions(&self) -> Redemptions {
        self.ledger
            .snapshot(|index| self.directory.app(index).map(|app| app.client_id.clone()))
    }

    /// The last requests, oldest first, as many as [`Settings::audit_capacity`] says.
    #[must_use]
    pub fn audit(&self) -> Vec<AuditRecord> {
        self.audit.snapshot()
    }

    /// Empties the audit log.
    pub fn clear_audit(&self) {
        self.audit.clear();
    }

    /// Whether tokens can be verified with the published keys.
    #[must_use]
    pub fn signatures(&self) -> Signatures {
        self.issuer.signatures()
    }

    /// Who exists.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    fn cut(&self, now: SystemTime) -> Cut {
        Cut {
            at: now.into(),
            serial: self.identifiers.serial(),
        }
    }
}

impl Emulator {
    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    pub(crate) const fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    pub(crate) const fn identifiers(&self) -> &Identifiers {
        &self.identifiers
    }

    pub(crate) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) const fn people(&self) -> &People {
        &self.people
    }
}

/// A user or client that the directory does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownParty {
    /// No application has this client id.
    #[error("the directory has no such client")]
    Client,
    /// Nobody has this sign-in name.
    #[error("the directory has no such user")]
    User,
}

fn tamper(mut reply: Reply, list: &[Tampering]) -> Reply {
    if !reply.response.status().is_success() {
        return reply;
    }
    let Ok(mut answer) = serde_json::from_slice(reply.response.body()) else {
        return reply;
    };
    for tampering in list {
        tampering.apply(&mut answer);
    }
    *reply.response.body_mut() = to_json(&answer).into();
    reply
}

fn fault_refusal(
    code: u32,
    suberror: Option<&str>,
    claims: Option<&str>,
    issued: Option<Moment>,
) -> Refusal {
    let mut refusal = Refusal::new(code);
    if let Some(issued) = issued {
        refusal = refusal
            .with("issued", issued.precise())
            .with("valid_from", issued.precise());
    }
    if refusal.row.needs_claims() {
        refusal = with_policy_claims(refusal, crate::guid::Guid::derived(b"fault", "policy"));
    }
    if let Some(suberror) = suberror {
        refusal = refusal.suberror(suberror);
    }
    if let Some(claims) = claims {
        refusal = refusal.claims(claims);
    }
    refusal
}

const MAX_RECORDED: usize = 512;
