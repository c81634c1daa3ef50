//! What came of asking the accounts of a target.

use std::ops::AddAssign;

use hashbrown::HashSet;
use msal::Error;
use msal_core::Account;

/// How a silent call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// With a token from the cache.
    Cached,
    /// With a token that was renewed just now.
    Renewed,
    /// There is a refresh token, and it was not tried, or the server could not answer.
    Untried,
    /// It was not made: the account's host is neither Microsoft's nor the one that was named.
    Untrusted,
    /// With an error.
    Broken,
}

/// One silent call: an account, asked for by one client at one tenant.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Asked<'a> {
    /// The account.
    pub account: &'a Account,
    /// Whether the account is one of those that count.
    pub is_own: bool,
    /// The client; empty when no client holds a refresh token of the account.
    pub client_id: &'a str,
    /// The tenant at which it was asked, as the authority or the cache names it.
    pub tenant: &'a str,
    /// How it was answered.
    pub proof: Proof,
    /// Why there is no token.
    pub error: Option<&'a Error>,
}

/// How the accounts of a target answered. All counts but [`others`](Self::others) and
/// [`others_broken`](Self::others_broken) are of the accounts that were [named](super::Verifier::own), or of all where none
/// were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// Accounts of the target.
    pub accounts: u64,
    /// Silent calls that were made: one for each account, client and tenant.
    pub asked: u64,
    /// Answered with a token from the cache.
    pub cached: u64,
    /// Answered with a token that was renewed just now.
    pub renewed: u64,
    /// There is a refresh token, and it was not tried, or the server could not answer.
    pub untried: u64,
    /// Calls that were not made, because nobody has said that the account's host may be trusted.
    pub untrusted: u64,
    /// Answered with an error.
    pub broken: u64,
    /// How many users must sign in before they are answered.
    pub users_needed: u64,
    /// Named accounts that are not in the target.
    pub missing: u64,
    /// Silent calls for accounts that are in the target, and not among the named ones.
    pub others: u64,
    /// How many of these have no token to give.
    pub others_broken: u64,
}

impl Verification {
    /// Whether every account that counts answered, or would.
    pub fn is_sound(&self) -> bool {
        self.broken + self.untrusted + self.missing == 0
    }
}

impl AddAssign for Verification {
    /// Counts another target as well, which has other users.
    fn add_assign(&mut self, other: Self) {
        self.accounts += other.accounts;
        self.asked += other.asked;
        self.cached += other.cached;
        self.renewed += other.renewed;
        self.untried += other.untried;
        self.untrusted += other.untrusted;
        self.broken += other.broken;
        self.users_needed += other.users_needed;
        self.missing += other.missing;
        self.others += other.others;
        self.others_broken += other.others_broken;
    }
}

/// Counts answers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    verification: Verification,
    users: HashSet<String>,
}

impl Tally {
    pub(super) fn count(&mut self, asked: &Asked<'_>) {
        let counts = &mut self.verification;
        if !asked.is_own {
            counts.others += 1;
            counts.others_broken +=
                u64::from(matches!(asked.proof, Proof::Untrusted | Proof::Broken));
            return;
        }
        counts.asked += u64::from(asked.proof != Proof::Untrusted);
        *match asked.proof {
            Proof::Cached => &mut counts.cached,
            Proof::Renewed => &mut counts.renewed,
            Proof::Untried => &mut counts.untried,
            Proof::Untrusted => &mut counts.untrusted,
            Proof::Broken => &mut counts.broken,
        } += 1;
        let needs_user = matches!(asked.error, None | Some(Error::InteractionRequired(_)));
        if asked.proof == Proof::Broken && needs_user {
            self.users.insert(asked.account.home_account_id.to_string());
        }
    }

    pub(super) fn finish(self, accounts: u64, missing: u64) -> Verification {
        Verification {
            accounts,
            missing,
            users_needed: self.users.len() as u64,
            ..self.verification
        }
    }
}
