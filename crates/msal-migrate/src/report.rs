//! What a migration did: every token in exactly one class, every other row with its reason.

use crate::journal::Counts;
use crate::plan::{SkipCount, Summary};
use crate::record::Remedy;

/// The result of a run. The six classes add up to [`Report::tokens`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Rows of the source.
    pub rows: u64,
    /// Distinct refresh tokens and clients among them.
    pub tokens: u64,
    /// Rows whose token stands in another row as well.
    pub duplicates: u64,
    /// Rows without a token that could be migrated, by reason.
    pub skipped: Vec<SkipCount>,
    /// In the target, on disk, read back and found.
    pub migrated: u64,
    /// Refused by the server until their user takes part.
    pub needs_user: u64,
    /// Refused because of the authority, the client, its secret or the scopes: what the operator corrects.
    pub failed: u64,
    /// Answered, and held back in the journal because publishing the answer would be wrong.
    pub quarantined: u64,
    /// Not tried yet, or to be tried again.
    pub retryable: u64,
    /// Sent, and nobody knows whether they were redeemed.
    pub in_doubt: u64,
    /// How often the target was written in this run.
    pub target_writes: usize,
    /// Whether the journal had lost its last, unacknowledged record to a crash.
    pub journal_was_torn: bool,
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
    pub(crate) fn new(
        counts: Counts,
        plan: &Summary,
        target_writes: usize,
        journal_was_torn: bool,
    ) -> Self {
        let settled = counts.migrated
            + counts.needs_user
            + counts.failed
            + counts.quarantined
            + counts.in_doubt;
        Self {
            rows: plan.rows,
            tokens: plan.tokens,
            duplicates: plan.duplicates,
            skipped: plan.skipped.clone(),
            migrated: counts.migrated,
            needs_user: counts.needs_user,
            failed: counts.failed,
            quarantined: counts.quarantined,
            // Those that were never sent are not in the journal, so what is left is what did not come to an end.
            retryable: plan.tokens.saturating_sub(settled),
            in_doubt: counts.in_doubt,
            target_writes,
            journal_was_torn,
        }
    }

    /// What is left to do. Retrying comes first: it may settle more.
    pub fn completion(&self) -> Completion {
        if self.retryable > 0 {
            Completion::RetryLeft
        } else if self.failed + self.quarantined + self.in_doubt > 0
            || self.has_skipped(Remedy::Operator)
        {
            Completion::Failed
        } else if self.needs_user > 0 || self.has_skipped(Remedy::User) {
            Completion::UsersNeeded
        } else {
            Completion::Complete
        }
    }

    /// Rows that were left out count as well: a run that leaves out what could be migrated is not complete.
    fn has_skipped(&self, remedy: Remedy) -> bool {
        self.skipped
            .iter()
            .any(|skipped| skipped.reason.remedy() == remedy)
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
