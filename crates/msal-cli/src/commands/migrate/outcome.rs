//! What came of a migration, as the commands show it.

use std::path::Path;
use std::time::Duration;

use msal_migrate::{Completion, Report, Verification};
use serde_json::{Value, json};

use super::{skipped, verification};
use crate::exit::Exit;
use crate::output::{BAD, BOLD, DIM, GOOD, HINT};
use crate::outside::Outside;
use crate::text;

/// What a migration did, and how long it took.
pub(crate) struct Outcome {
    pub(crate) report: Report,
    pub(crate) verification: Option<Verification>,
    pub(crate) took: Duration,
}

impl Outcome {
    /// The exit status that follows from it.
    pub(crate) fn exit(&self) -> Exit {
        let is_sound = self
            .verification
            .as_ref()
            .is_none_or(Verification::is_sound);
        match self.report.completion() {
            Completion::Complete if !is_sound => Exit::Failed,
            completion => completion.into(),
        }
    }

    /// The report for people.
    pub(crate) fn to_text(&self, target: &Path, journal: &Path) -> String {
        let report = &self.report;
        let style = if report.completion() == Completion::Complete {
            GOOD
        } else {
            BAD
        };
        let mut out = format!(
            "{style}{} of {} migrated{style:#} into {BOLD}{}{BOLD:#} {DIM}in {}{DIM:#}\n\n",
            text::count(report.migrated),
            text::counted(report.tokens, "token"),
            Outside(target.display()),
            text::duration(self.took),
        );
        let rows: Vec<_> = classes(report)
            .into_iter()
            .filter(|(name, count, _)| *count > 0 || *name == "migrated")
            .map(|(name, count, meaning)| {
                (
                    format!("{:>9} {name}", text::count(count)),
                    meaning.to_owned(),
                )
            })
            .collect();
        out.push_str(&text::table(&rows));
        if report.duplicates > 0 {
            out.push_str(&format!(
                "\n{DIM}{} repeated a token that was redeemed once{DIM:#}\n",
                text::counted(report.duplicates, "row")
            ));
        }
        if !report.skipped.is_empty() {
            out.push_str(&format!(
                "\n{DIM}skipped{DIM:#}\n{}",
                skipped::to_text(&report.skipped)
            ));
        }
        if let Some(verification) = &self.verification {
            out.push('\n');
            out.push_str(&verification::to_text(verification));
        }
        if report.migrated < report.tokens {
            out.push_str(&format!(
                "\n{HINT}hint{HINT:#}: msal migrate report {} tells why, token by token\n",
                Outside(journal.display())
            ));
        } else if report.completion() == Completion::Failed {
            out.push_str(&format!(
                "\n{HINT}hint{HINT:#}: correct what was skipped as said above, and run the same command again\n"
            ));
        }
        out
    }

    /// The report for programs.
    pub(crate) fn to_json(&self, target: &Path, journal: &Path) -> Value {
        let report = &self.report;
        json!({
            "target": target.display().to_string(),
            "journal": journal.display().to_string(),
            "rows": report.rows,
            "tokens": report.tokens,
            "duplicates": report.duplicates,
            "skipped": skipped::to_json(&report.skipped),
            "migrated": report.migrated,
            "needs_user": report.needs_user,
            "failed": report.failed,
            "quarantined": report.quarantined,
            "retryable": report.retryable,
            "in_doubt": report.in_doubt,
            "target_writes": report.target_writes,
            "journal_was_torn": report.journal_was_torn,
            "verification": self.verification.as_ref().map(verification::to_json),
            "seconds": self.took.as_secs_f64(),
        })
    }
}

/// Each class with its count and what it means.
fn classes(report: &Report) -> [(&'static str, u64, &'static str); 6] {
    [
        (
            "migrated",
            report.migrated,
            "in the target, on disk, read back",
        ),
        (
            "need their user",
            report.needs_user,
            "the server wants these users to sign in again",
        ),
        (
            "failed",
            report.failed,
            "the application's registration or secret is wrong",
        ),
        (
            "held back",
            report.quarantined,
            "sealed in the journal: the answers are not what they should be",
        ),
        (
            "left to retry",
            report.retryable,
            "run the same command again",
        ),
        ("in doubt", report.in_doubt, "sent, and no answer came"),
    ]
}
