//! What a report is about, in numbers.

use msal_migrate::Counts;

/// What a report is about, and how it was asked for.
pub(super) struct Summary {
    pub(super) journal: String,
    pub(super) counts: Counts,
    /// Of those that need their user.
    pub(super) superseded: u64,
    /// Rows that are in no run.
    pub(super) skipped: u64,
    /// Lines with a name that is not shown.
    pub(super) hidden: u64,
    pub(super) all: bool,
    pub(super) by_user: bool,
    pub(super) show_users: bool,
}

/// How many are in one class.
pub(super) struct ClassCount {
    /// The name for programs.
    pub(super) class: &'static str,
    /// The name for people.
    pub(super) title: &'static str,
    pub(super) meaning: &'static str,
    pub(super) count: u64,
}

impl Summary {
    pub(super) fn classes(&self) -> [ClassCount; 9] {
        let counts = &self.counts;
        let needs_user = counts.needs_user.saturating_sub(self.superseded);
        [
            (
                "migrated",
                "migrated",
                "in the target, on disk, read back",
                counts.migrated,
            ),
            (
                "needs_user",
                "need their user",
                "the server wants the user to take part",
                needs_user,
            ),
            (
                "superseded",
                "superseded",
                "refused, but their users have another token that is migrated",
                self.superseded,
            ),
            (
                "failed",
                "failed",
                "not migrated for a reason that you correct",
                counts.failed,
            ),
            (
                "quarantined",
                "held back",
                "sealed in the journal: the answers are not what they should be",
                counts.quarantined,
            ),
            (
                "retryable",
                "left to retry",
                "the same command tries them again",
                counts.retryable,
            ),
            (
                "in_doubt",
                "in doubt",
                "sent, and nothing says whether they were redeemed",
                counts.in_doubt,
            ),
            (
                "unpublished",
                "answered, not yet published",
                "the same command publishes them",
                counts.unpublished,
            ),
            (
                "skipped",
                "rows skipped",
                "no token of them was sent",
                self.skipped,
            ),
        ]
        .map(|(class, title, meaning, count)| ClassCount {
            class,
            title,
            meaning,
            count,
        })
    }
}
