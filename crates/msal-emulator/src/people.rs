//! What happened to people since the start: changed passwords, revoked sessions, closed accounts.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::directory::Account;
use crate::moment::Moment;
use crate::refresh_token::Grant;
use crate::secret::Secret;

/// Only people to whom something happened are here.
#[derive(Debug, Default)]
pub(crate) struct People(RwLock<HashMap<String, Changes>>);

#[derive(Debug, Default)]
struct Changes {
    password: Option<Secret>,
    enabled: Option<bool>,
    sessions_from: Option<Cut>,
    public_sessions_from: Option<Cut>,
}

/// A point in the sequence of everything issued. Tokens issued up to it are no longer valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cut {
    pub(crate) at: Moment,
    pub(crate) serial: u64,
}

impl People {
    pub(crate) fn change_password(&self, upn: &str, password: Secret, cut: Cut) {
        self.change(upn, |changes| {
            changes.password = Some(password);
            changes.public_sessions_from = Some(cut);
        });
    }

    pub(crate) fn revoke_sessions(&self, upn: &str, cut: Cut) {
        self.change(upn, |changes| changes.sessions_from = Some(cut));
    }

    pub(crate) fn set_enabled(&self, upn: &str, enabled: bool) {
        self.change(upn, |changes| changes.enabled = Some(enabled));
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

    /// Since when tokens of this person are valid, if `grant` is older.
    pub(crate) fn revoked_since(&self, grant: &Grant) -> Option<Moment> {
        let issued = Cut {
            at: grant.issued,
            serial: grant.serial,
        };
        self.look(&grant.upn, |changes| {
            // A change of the password ends what a public client holds. What a confidential
            // client holds survives it, and ends when sessions are revoked.
            let public = changes.public_sessions_from.filter(|_| !grant.confidential);
            let cuts = [changes.sessions_from, public];
            cuts.into_iter()
                .flatten()
                .filter(|cut| issued <= *cut)
                .max()
                .map(|cut| cut.at)
        })
    }

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
