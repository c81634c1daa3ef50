//! Who watches a migration.

use std::time::Duration;

use msal::StoreError;
use msal_core::{Authority, HomeAccountId};

use crate::fingerprint::Fingerprint;
use crate::journal::{Counts, Reason, State};
use crate::plan::Summary;
use crate::record::{Locator, UserHints};

/// Is told how a migration goes on. Every method has an empty default.
///
/// The run waits for each method to return: what takes long belongs elsewhere.
pub trait Observer: Send {
    /// The plan is made, and this is what earlier runs left in the journal. Of the tokens that need not be tried any more,
    /// this run tries so many `again`, because it was told to.
    fn planned(&mut self, plan: &Summary, earlier: Counts, again: u64) {
        let _ignored = (plan, earlier, again);
    }

    /// A token was redeemed; it counts as migrated once it is in the target. At most once for a token and run.
    fn redeemed(&mut self, token: &ObservedToken<'_>) {
        let _ignored = token;
    }

    /// A token has its outcome. Once for each token that the run settles or tries, however often it was sent; those that
    /// earlier runs settled, and that are left as they are, were counted in `planned`.
    fn concluded(&mut self, token: &ObservedToken<'_>, conclusion: &Conclusion<'_>) {
        let _ignored = (token, conclusion);
    }

    /// A lane waits because its server asks for it.
    fn waiting(&mut self, wait: Duration) {
        let _ignored = wait;
    }

    /// A lane waits of its own accord: its server failed, or did not answer, for this reason.
    fn backing_off(&mut self, wait: Duration, reason: &Reason) {
        let _ignored = (wait, reason);
    }

    /// The cache of a user cannot be used. Its tokens stay sealed in the journal, and the run goes on with all others.
    ///
    /// The error may name a file that is named after the user.
    fn refused_cache(&mut self, error: &StoreError) {
        let _ignored = error;
    }

    /// An authority could not be used, or did not answer.
    fn refused_authority(&mut self, authority: &str, error: &msal::Error) {
        let _ignored = (authority, error);
    }
}

/// A token as an observer is told of it: whose it is and where it was found, and not the token.
///
/// # Security
/// The locator and the user may name a person. `Debug` shows neither's name.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ObservedToken<'a> {
    /// Identifies the token and its client in the journal.
    pub fingerprint: Fingerprint,
    /// The row it came from.
    pub locator: &'a Locator,
    /// Whose token it is, according to the source.
    pub user: &'a UserHints,
    /// The client it is redeemed for.
    pub client_id: &'a str,
    /// Where it is redeemed, which says the tenant.
    pub authority: &'a Authority,
    /// Where it stood before this run, if an earlier one knew it.
    pub earlier: Option<State>,
}

/// The outcome of a token.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Conclusion<'a> {
    /// Where the token stands: it has a class, or is in doubt.
    pub state: State,
    /// Why; empty where it is migrated.
    pub reason: &'a Reason,
    /// Whose token it turned out to be, where it is migrated.
    pub home_account_id: Option<&'a HomeAccountId>,
}

impl<'a> Conclusion<'a> {
    /// The token did not get into the target.
    pub(crate) fn without_tokens(state: State, reason: &'a Reason) -> Self {
        Self {
            state,
            reason,
            home_account_id: None,
        }
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a name is all there is to it")]
pub struct NoObserver;

impl Observer for NoObserver {}
