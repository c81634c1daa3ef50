//! What a migration did: how many tokens are in each class, and how many other rows there are for each reason.

use std::collections::HashSet;

use crate::cause::Cause;
use crate::fingerprint::Fingerprint;
use crate::journal::{Counts, JournalError, JournalReader, TokenReport};
use crate::plan::{SkipCount, Summary};
use crate::record::Remedy;
use crate::users::Users;

/// The result of a run: what has become of the tokens of its source, in this run or an earlier one, in numbers. The seven
/// classes add up to [`Report::tokens`]. [`Report::outcomes`] goes through the tokens one by one.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Rows of the source.
    pub rows: u64,
    /// Distinct refresh tokens and clients among them; and those that another source gave to a run that was interrupted,
    /// which this run took in from the journal.
    pub tokens: u64,
    /// Rows whose token stands in another row as well.
    pub duplicates: u64,
    /// Rows without a token that could be migrated, by reason.
    pub skipped: Vec<SkipCount>,
    /// In the target, on disk, read back and found.
    pub migrated: u64,
    /// How many of the migrated tokens are in the target themselves, because their answers brought no other refresh token:
    /// they serve for as long as they did before, and are not renewed by what was redeemed.
    pub kept_old_rt: u64,
    /// How many of the migrated tokens were redeemed at another authority than this run names. They are not sent again:
    /// their successors are in the target. To have them at this authority too, migrate the target itself, with another
    /// journal.
    pub migrated_elsewhere: u64,
    /// How many of the migrated tokens were redeemed where their users are at home, because the server said that they are of
    /// another tenant than their rows place them in: see [`Redemption::home`](crate::Redemption::home).
    pub migrated_at_home: u64,
    /// Refused by the server until their user takes part.
    pub needs_user: u64,
    /// How many users those are.
    pub users_needed: u64,
    /// Refused by the server, of users who have another token of the same client that is migrated: nobody has to sign in.
    pub superseded: u64,
    /// Not migrated for a reason that the operator corrects: the authority, the client, its secret, the scopes, or an input
    /// that lists a token for several clients where it is spent by use.
    pub failed: u64,
    /// Answered, and held back in the journal because publishing the answer would be wrong.
    pub quarantined: u64,
    /// Not tried yet, or to be tried again.
    pub retryable: u64,
    /// Sent, and nobody knows whether they were redeemed.
    pub in_doubt: u64,
    /// Why tokens that this run tried are not in the target, the most frequent cause first. What earlier runs settled is in
    /// the journal.
    pub causes: Vec<Cause>,
    /// How many tokens that earlier runs had set aside this run tried again, because it was told to.
    pub retried: u64,
    /// How often the target was written in this run.
    pub target_writes: usize,
    /// Whether the journal had lost its last, unacknowledged record to a crash.
    pub journal_was_torn: bool,
    /// The tokens that it is about, in order.
    fingerprints: Vec<Fingerprint>,
}

/// What is left to do after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Completion {
    /// Every token is migrated.
    Complete,
    /// Something failed that the operator must correct.
    Failed,
    /// The same command will get further.
    RetryLeft,
    /// What is left needs its users.
    UsersNeeded,
}

impl Report {
    /// The report about the tokens of `fingerprints`, which stand as `counts` says.
    pub(crate) fn new(
        mut fingerprints: Vec<Fingerprint>,
        counts: Counts,
        users: Users,
        plan: &Summary,
    ) -> Self {
        fingerprints.sort_unstable();
        let tokens = fingerprints.len() as u64;
        let settled = counts.migrated
            + counts.needs_user
            + counts.failed
            + counts.quarantined
            + counts.in_doubt;
        Self {
            rows: plan.rows,
            tokens,
            duplicates: plan.duplicates,
            skipped: plan.skipped.clone(),
            migrated: counts.migrated,
            kept_old_rt: counts.kept_old_rt,
            needs_user: counts.needs_user.saturating_sub(users.superseded),
            users_needed: users.needed,
            superseded: users.superseded,
            failed: counts.failed,
            quarantined: counts.quarantined,
            // Those that were never sent are not in the journal, so what is left is what did not come to an end.
            retryable: tokens.saturating_sub(settled),
            in_doubt: counts.in_doubt,
            fingerprints,
            ..Self::default()
        }
    }

    /// Visits the tokens of this report, each once, with what became of it according to the `journal` of its run. Tokens that
    /// were never sent are not in a journal: they are counted in [`Report::retryable`] and not visited.
    ///
    /// The journal is read as it is visited, so that no more than one token is in memory, however many there are.
    ///
    /// # Errors
    /// As for [`JournalReader::tokens`].
    pub fn outcomes(
        &self,
        journal: &JournalReader,
        visit: &mut dyn FnMut(TokenReport),
    ) -> Result<(), JournalError> {
        journal.tokens(&mut |token| {
            if self.fingerprints.binary_search(&token.fingerprint).is_ok() {
                visit(token);
            }
        })
    }

    /// The home account ids of the accounts that the tokens of this report were migrated to, according to the journal of
    /// its run. What else a target holds is not the run's affair.
    ///
    /// # Errors
    /// As for [`JournalReader::tokens`].
    pub fn accounts(&self, journal: &JournalReader) -> Result<HashSet<String>, JournalError> {
        let mut accounts = HashSet::new();
        self.outcomes(journal, &mut |token| accounts.extend(token.home_account_id))?;
        Ok(accounts)
    }

    /// What is left to do. Retrying comes first: it may settle more.
    pub fn completion(&self) -> Completion {
        if self.retryable > 0 {
            return Completion::RetryLeft;
        }
        match completion_without(&self.skipped) {
            _ if self.failed + self.quarantined + self.in_doubt > 0 => Completion::Failed,
            Completion::Complete if self.needs_user > 0 => Completion::UsersNeeded,
            completion => completion,
        }
    }
}

/// What is left to do because of rows that were left out: a run that leaves out what could be migrated is not complete.
pub(crate) fn completion_without(skipped: &[SkipCount]) -> Completion {
    let has = |remedy| skipped.iter().any(|skip| skip.reason.remedy() == remedy);
    if has(Remedy::Operator) {
        Completion::Failed
    } else if has(Remedy::User) {
        Completion::UsersNeeded
    } else {
        Completion::Complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::SkipReason;

    fn completion(change: impl FnOnce(&mut Report)) -> Completion {
        let mut report = Report::default();
        change(&mut report);
        report.completion()
    }

    #[test]
    fn what_is_left_is_named_by_what_helps_first() {
        assert_eq!(
            completion(|report| report.migrated = 5),
            Completion::Complete
        );
        assert_eq!(
            completion(|report| report.needs_user = 1),
            Completion::UsersNeeded
        );
        assert_eq!(
            completion(|report| (report.needs_user, report.failed) = (1, 1)),
            Completion::Failed
        );
        assert_eq!(
            completion(|report| (report.failed, report.retryable) = (1, 1)),
            Completion::RetryLeft
        );
        assert_eq!(
            completion(|report| report.quarantined = 1),
            Completion::Failed
        );
    }

    #[test]
    fn a_dead_token_of_a_user_with_a_good_one_leaves_nothing_to_do() {
        assert_eq!(
            completion(|report| (report.migrated, report.superseded) = (1, 1)),
            Completion::Complete
        );
    }

    #[test]
    fn a_token_that_was_left_out_is_none_that_was_migrated() {
        let skipping = |reason| {
            completion(|report| {
                report.migrated = 5;
                report.skipped.push(SkipCount {
                    reason,
                    count: 1,
                    examples: Vec::new(),
                    hosts: Vec::new(),
                });
            })
        };
        assert_eq!(skipping(SkipReason::AppOnly), Completion::Complete);
        assert_eq!(skipping(SkipReason::Adfs), Completion::UsersNeeded);
        assert_eq!(skipping(SkipReason::UnknownAuthority), Completion::Failed);
    }
}
