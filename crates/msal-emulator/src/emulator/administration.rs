//! What tests and administrators do outside the protocol.

use std::time::{Duration, SystemTime};

use super::Emulator;
use crate::access::OriginalGrant;
use crate::directory::Secret;
use crate::fault::Fault;
use crate::memory::{AuditRecord, IssuePoint, Redemptions, SignedIn, Verdict};
use crate::protocol::RefreshTokenId;
#[cfg(feature = "server")]
use crate::settings::Settings;
use crate::settings::Signatures;
use crate::token::{Descent, RefreshToken};

impl Emulator {
    /// Issues a refresh token as if the user had signed in to the client at `now` and it had asked for no
    /// API: a request that redeems it without a scope gets tokens of Microsoft Graph.
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
        let directory = self.directory();
        let account = directory.account(upn).ok_or(UnknownParty::User)?;
        let app = directory.find_app(client_id).ok_or(UnknownParty::Client)?;
        let descent = Descent::sign_in(!app.public, self.clock.read(now));
        let token = RefreshToken::new(
            &self.memory.identifiers,
            app,
            &account,
            directory.is_personal(account.home),
            &descent,
            &OriginalGrant::plain(),
            self.clock.read(now),
        );
        Ok(token.seal(
            &self.memory.sealer,
            self.memory.settings.refresh_token_chars,
        ))
    }

    /// The id of a refresh token that this emulator, or another with the same seed, has issued.
    pub fn refresh_token_id(&self, refresh_token: &str) -> Option<RefreshTokenId> {
        RefreshToken::open(&self.memory.sealer, refresh_token).map(|token| token.id())
    }

    /// Revokes one refresh token: it answers AADSTS50173 from now on.
    ///
    /// Answers whether it is a token of this emulator.
    pub fn revoke_refresh_token(&self, refresh_token: &str) -> bool {
        let id = self.refresh_token_id(refresh_token);
        if let Some(id) = id {
            self.memory.ledger.revoke(id);
        }
        id.is_some()
    }

    /// Revokes every refresh token of a user issued so far, as an administrator does.
    pub fn revoke_sessions(&self, upn: &str, now: SystemTime) {
        self.memory.people.revoke_sessions(upn, self.cut(now));
    }

    /// Changes a password. Refresh tokens of public clients are revoked, those of confidential clients stay valid.
    pub fn change_password(&self, upn: &str, password: impl Into<Secret>, now: SystemTime) {
        self.memory
            .people
            .change_password(upn, password.into(), self.cut(now));
    }

    /// Enables or disables an account.
    pub fn set_enabled(&self, upn: &str, enabled: bool) {
        self.memory.people.set_enabled(upn, enabled);
    }

    /// Approves the device that shows `user_code`, as if `upn` had signed in at its page. Answers whether there is such a
    /// user and such a device.
    pub fn approve_device(&self, user_code: &str, upn: &str, now: SystemTime) -> bool {
        let Some(account) = self.directory().account(upn) else {
            return false;
        };
        let now = self.clock.read(now);
        let serial = self.memory.identifiers.serial();
        let person = SignedIn::new(account.upn.clone(), now, false, serial);
        self.memory
            .devices
            .settle(user_code, Verdict::Approved(person), now)
    }

    /// Declines the device that shows `user_code`. Answers whether there is such a device.
    pub fn decline_device(&self, user_code: &str, now: SystemTime) -> bool {
        let now = self.clock.read(now);
        self.memory
            .devices
            .settle(user_code, Verdict::Declined, now)
    }

    /// Notes that a user has consented to what a client asks of an API, named by URI or application id. Answers whether
    /// the directory has the API.
    pub fn consent(&self, upn: &str, client_id: &str, resource: &str) -> bool {
        let directory = self.directory();
        let Some(resource) = directory.find_resource(resource) else {
            return false;
        };
        self.memory.people.consent(upn, client_id, resource.id);
        true
    }

    /// Moves the emulator's time forward from that of its callers; several calls add up.
    pub fn advance_clock(&self, by: Duration) {
        self.clock
            .advance(i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
    }

    /// Makes the emulator's time `then` at the caller's time `now`; both run on from there.
    /// With `then` equal to `now` they agree again.
    pub fn set_clock(&self, then: SystemTime, now: SystemTime) {
        self.clock.set(then, now);
    }

    /// The emulator's time at the caller's time `now`.
    pub fn time(&self, now: SystemTime) -> SystemTime {
        self.clock.read(now).into()
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
    pub fn redemptions(&self) -> Redemptions {
        let directory = self.directory();
        self.memory
            .ledger
            .snapshot(|index| directory.app(index).map(|app| app.client_id.clone()))
    }

    /// The last requests, oldest first, as many as [`Settings::audit_capacity`](crate::Settings::audit_capacity) says.
    pub fn audit(&self) -> Vec<AuditRecord> {
        self.memory.audit.snapshot()
    }

    /// The records since the last call, oldest first, to keep them elsewhere; at the first call, those of
    /// [`Self::audit`]. Neither that nor [`Self::clear_audit`] takes anything away from it, or it from them.
    ///
    /// From the first call on, up to a million records wait for the next one, whatever
    /// [`Settings::audit_capacity`](crate::Settings::audit_capacity) says.
    pub fn take_audit(&self) -> Vec<AuditRecord> {
        self.memory.audit.take()
    }

    /// Empties the audit log.
    pub fn clear_audit(&self) {
        self.memory.audit.clear();
    }

    /// Whether tokens can be verified with the published keys.
    pub fn signatures(&self) -> Signatures {
        self.memory.issuer.signatures()
    }

    #[cfg(feature = "server")]
    pub(crate) fn settings(&self) -> &Settings {
        &self.memory.settings
    }

    fn cut(&self, now: SystemTime) -> IssuePoint {
        IssuePoint {
            at: self.clock.read(now),
            serial: self.memory.identifiers.serial(),
        }
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
