//! Which users a run leaves to sign in: a user with one dead token and a good one need not.

use std::hash::BuildHasher as _;
use std::ops::ControlFlow;

use hashbrown::{DefaultHashBuilder, HashSet};
use msal_core::comparable_username;

use crate::fingerprint::{Fingerprint, FingerprintFn};
use crate::journal::{Class, JournalError, JournalReader, State, TokenReport};
use crate::plan::{Plan, PlanError, Redemption};
use crate::record::UserHints;
use crate::source::Source;

/// The users behind the tokens of a source that the server refused until their user takes part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Users {
    /// How many users there are.
    pub(crate) needed: u64,
    /// Tokens of users who have another token of the same client that is migrated.
    pub(crate) superseded: u64,
}

impl Users {
    /// Reads the source twice more, and keeps some 40 bytes for each token that needs its user.
    pub(crate) fn of(
        plan: &Plan,
        source: &dyn Source,
        fingerprint: &FingerprintFn<'_>,
        state_of: &dyn Fn(&Redemption) -> Option<State>,
    ) -> Result<Self, PlanError> {
        let names = Names::default();
        let mut refused = Vec::new();
        plan.redemptions(source, fingerprint, &mut |redemption| {
            if state_of(&redemption) == Some(State::Concluded(Class::NeedsUser)) {
                refused.push(names.of(&redemption));
            }
            ControlFlow::Continue(())
        })?;
        let asked: HashSet<u64> = refused.iter().flatten().copied().collect();
        let mut good = HashSet::new();
        plan.redemptions(source, fingerprint, &mut |redemption| {
            if state_of(&redemption) == Some(State::Concluded(Class::Migrated)) {
                let names = names.of(&redemption).into_iter();
                good.extend(names.filter(|name| asked.contains(name)));
            }
            ControlFlow::Continue(())
        })?;
        let has_good = |names: &&Vec<u64>| names.iter().any(|name| good.contains(name));
        let (superseded, left): (Vec<_>, Vec<_>) = refused.iter().partition(has_good);
        // Who has no name is somebody of their own.
        let nameless = left.iter().filter(|names| names.is_empty()).count();
        let named: HashSet<_> = left.iter().filter_map(|names| names.first()).collect();
        Ok(Self {
            needed: (named.len() + nameless) as u64,
            superseded: superseded.len() as u64,
        })
    }
}

impl JournalReader {
    /// The tokens that were refused until their user takes part, of users who have another token of the same client that is
    /// migrated: nobody has to sign in for these. Journals of before version 4 do not say whose tokens are theirs.
    ///
    /// Reads the journal twice, and keeps some 60 bytes for each token that needs its user.
    ///
    /// # Errors
    /// As for [`JournalReader::tokens`].
    pub fn superseded(&self) -> Result<std::collections::HashSet<Fingerprint>, JournalError> {
        let counts = self.counts();
        if counts.needs_user == 0 || counts.migrated == 0 {
            return Ok(Default::default());
        }
        let names = Names::default();
        let names_of = |token: &TokenReport| {
            let client = token.client_id.as_deref().unwrap_or_default();
            names.of_user(client, &token.user)
        };
        let mut refused = Vec::new();
        self.tokens(&mut |token| {
            if token.state == State::Concluded(Class::NeedsUser) {
                let names = names_of(&token).into_iter();
                refused.extend(names.map(|name| (name, token.fingerprint)));
            }
        })?;
        let asked: HashSet<u64> = refused.iter().map(|(name, _)| *name).collect();
        let mut good = HashSet::new();
        self.tokens(&mut |token| {
            if token.state == State::Concluded(Class::Migrated) {
                let names = names_of(&token).into_iter();
                good.extend(names.filter(|name| asked.contains(name)));
            }
        })?;
        let superseded = refused.into_iter().filter(|(name, _)| good.contains(name));
        Ok(superseded.map(|(_, token)| token).collect())
    }
}

/// Tells users of a client apart by hashes of what a source calls them.
#[derive(Default)]
struct Names(DefaultHashBuilder);

impl Names {
    fn of(&self, redemption: &Redemption) -> Vec<u64> {
        self.of_user(&redemption.client_id, &redemption.user)
    }

    /// What the user of a token is called, each hashed with the client, the surest of what most rows have first.
    fn of_user(&self, client_id: &str, user: &UserHints) -> Vec<u64> {
        let client = client_id.to_ascii_lowercase();
        let named = |kind: u8, name: &str| {
            self.0
                .hash_one((kind, client.as_str(), name.to_lowercase()))
        };
        // A name without an at sign may be a display name, which several users have.
        let username = user.username.as_deref().filter(|name| name.contains('@'));
        let home = user.home_account_id.as_ref().map(|id| id.as_str());
        // An object identifier is the tenant's own.
        let oid = user.oid.as_deref().zip(user.tid.as_deref());
        let oid = oid.map(|(oid, tid)| named(2, &format!("{oid} {tid}")));
        let names = [
            username.map(|name| named(0, &comparable_username(name))),
            home.map(|id| named(1, id)),
            oid,
        ];
        names.into_iter().flatten().collect()
    }
}
