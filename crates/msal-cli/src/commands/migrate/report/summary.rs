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
pub(in super::super) struct ClassCount {
    /// The name for programs.
    pub(in super::super) class: &'static str,
    /// The name for people.
    pub(in super::super) title: &'static str,
    pub(in super::super) meaning: &'static str,
    pub(in super::super) count: u64,
}

impl Summary {
    /// All that the report counts: tokens, and rows that are in no run.
    pub(super) fn classes(&self) -> Vec<ClassCount> {
        let superseded = ClassCount {
            class: "superseded",
            title: "superseded",
            meaning: "refused, but their users have another token that is migrated",
            count: self.superseded,
        };
        let skipped = ClassCount {
            class: "skipped",
            title: match self.skipped {
                1 => "row skipped",
                _ => "rows skipped",
            },
            meaning: "no token of them was sent",
            count: self.skipped,
        };
        let mut counts = self.counts;
        counts.needs_user = counts.needs_user.saturating_sub(self.superseded);
        let mut classes = Vec::from(classes(&counts));
        classes.insert(2, superseded);
        classes.push(skipped);
        classes
    }
}

/// The classes that a journal tells of tokens.
pub(in super::super) fn classes(counts: &Counts) -> [ClassCount; 7] {
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
            counts.needs_user,
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
    ]
    .map(|(class, title, meaning, count)| ClassCount {
        class,
        title,
        meaning,
        count,
    })
}
