//! What happened to people since the start: changed passwords, revoked sessions, disabled and locked accounts.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crate::directory::{Account, Secret};
use crate::protocol::{Guid, Moment};
use crate::refusal::Refusal;

/// Holds only people about whom something has changed.
#[derive(Debug, Default)]
pub(crate) struct People(RwLock<HashMap<String, Changes>>);

#[derive(Debug, Default)]
struct Changes {
    password: Option<Secret>,
    enabled: Option<bool>,
    sessions_from: Option<IssuePoint>,
    public_sessions_from: Option<IssuePoint>,
    /// Client ids and resources.
    consents: HashSet<(String, Guid)>,
    /// Wrong passwords in a row, and when the last was.
    failures: Option<(u32, Moment)>,
}

/// A point in the sequence of everything issued. Where it marks a revocation, what was issued up to it is no longer
/// valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IssuePoint {
    pub(crate) at: Moment,
    pub(crate) serial: u64,
}

impl People {
    pub(crate) fn change_password(&self, upn: &str, password: Secret, cut: IssuePoint) {
        self.change(upn, |changes| {
            changes.password = Some(password);
            changes.failures = None;
            changes.public_sessions_from = Some(cut);
        });
    }

    pub(crate) fn revoke_sessions(&self, upn: &str, cut: IssuePoint) {
        self.change(upn, |changes| changes.sessions_from = Some(cut));
    }

    pub(crate) fn set_enabled(&self, upn: &str, enabled: bool) {
        self.change(upn, |changes| changes.enabled = Some(enabled));
    }

    pub(crate) fn consent(&self, upn: &str, client_id: &str, resource: Guid) {
        self.change(upn, |changes| {
            changes
                .consents
                .insert((client_id.to_ascii_lowercase(), resource));
        });
    }

    pub(crate) fn has_consented(&self, upn: &str, client_id: &str, resource: Guid) -> bool {
        self.look(upn, |changes| {
            let consent = (client_id.to_ascii_lowercase(), resource);
            changes.consents.contains(&consent).then_some(())
        })
        .is_some()
    }

    /// Checks a password. Ten wrong ones in a row lock the account for a minute, as Entra's smart lockout does with
    /// its default settings.
    pub(crate) fn check_password(
        &self,
        account: &Account,
        presented: &str,
        now: Moment,
    ) -> Result<(), Refusal> {
        let failures = self.look(&account.upn, |changes| changes.failures);
        let (count, last) = failures.unwrap_or((0, now));
        // A locked account is refused whatever the password is, so that nobody can go on guessing.
        if count >= MAX_FAILURES && now <= last.plus(LOCKOUT) {
            return Err(Refusal::new(50053));
        }
        let is_right = self.is_password(account, presented);
        // The usual case, a right password after no wrong one, takes no write lock.
        if !is_right || failures.is_some() {
            let failures = (!is_right).then_some((count.saturating_add(1), now));
            self.change(&account.upn, |changes| changes.failures = failures);
        }
        if !is_right {
            return Err(Refusal::new(50126));
        }
        let is_changed = || {
            self.look(&account.upn, |changes| {
                changes.password.as_ref().map(|_| ())
            })
        };
        if account.password_expired && is_changed().is_none() {
            return Err(Refusal::new(50055));
        }
        Ok(())
    }

    pub(crate) fn is_password(&self, account: &Account, presented: &str) -> bool {
        self.look(&account.upn, |changes| {
            changes
                .password
                .as_ref()
                .map(|password| password.is(presented))
        })
        .unwrap_or_else(|| account.password.is(presented))
    }

    pub(crate) fn is_enabled(&self, account: &Account) -> bool {
        self.look(&account.upn, |changes| changes.enabled)
            .unwrap_or(account.enabled)
    }

    /// Since when refresh tokens of a person are valid, if one is older that was issued at `issued`.
    ///
    /// A change of the password ends what a public client holds. What a `confidential` client holds
    /// survives it, and ends when sessions are revoked.
    pub(crate) fn refresh_token_ended(
        &self,
        upn: &str,
        issued: IssuePoint,
        confidential: bool,
    ) -> Option<Moment> {
        self.ended(upn, issued, !confidential)
    }

    /// Since when sessions of a person are valid, if one is older that began at `begun`.
    pub(crate) fn session_ended(&self, upn: &str, begun: IssuePoint) -> Option<Moment> {
        self.ended(upn, begun, true)
    }

    /// Since when access tokens of a person are valid, if one is older that was issued in the second `iat`.
    pub(crate) fn access_token_ended(&self, upn: &str, iat: u64, serial: u64) -> Option<Moment> {
        self.look(upn, |changes| {
            let cuts = [changes.sessions_from, changes.public_sessions_from];
            // `iat` counts seconds. Somebody who signs in again in the second of the revocation gets a token of that
            // second, which only its serial number tells from the revoked ones.
            let later = cuts
                .into_iter()
                .flatten()
                .filter(|cut| (iat, serial) <= (cut.at.secs(), cut.serial));
            later.max().map(|cut| cut.at)
        })
    }

    fn ended(&self, upn: &str, issued: IssuePoint, by_password: bool) -> Option<Moment> {
        self.look(upn, |changes| {
            let public = changes.public_sessions_from.filter(|_| by_password);
            let cuts = [changes.sessions_from, public];
            let later = cuts.into_iter().flatten().filter(|cut| issued <= *cut);
            later.max().map(|cut| cut.at)
        })
    }

    /// Looks at what has changed about a person. An emulator without changes compares nothing.
    fn look<T>(&self, upn: &str, look: impl FnOnce(&Changes) -> Option<T>) -> Option<T> {
        let people = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if people.is_empty() {
            return None;
        }
        look(people.get(&upn.to_ascii_lowercase())?)
    }

    fn change(&self, upn: &str, change: impl FnOnce(&mut Changes)) {
        let mut people = self.0.write().unwrap_or_else(PoisonError::into_inner);
        change(people.entry(upn.to_ascii_lowercase()).or_default());
    }
}

const MAX_FAILURES: u32 = 10;
const LOCKOUT: Duration = Duration::from_secs(60);
