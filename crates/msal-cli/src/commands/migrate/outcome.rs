//! What came of a migration, as the commands show it.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use msal_migrate::{Completion, Report, SkipCount, SkipReason, Verification};
use serde_json::{Value, json};

use super::{causes, skipped, verification};
use crate::exit::Exit;
use crate::output::{BAD, BOLD, DIM, GOOD, HINT};
use crate::outside::Outside;
use crate::shell::quoted;
use crate::text;
use crate::user_files::UserFiles;

/// What a migration did, and how long it took.
pub(crate) struct Outcome {
    pub(crate) report: Report,
    pub(crate) verification: Option<Verification>,
    pub(crate) took: Duration,
    /// Whether the run was told to try again what earlier runs have set aside.
    pub(crate) retries: bool,
    /// How many tokens it was to try at most.
    pub(crate) limit: Option<u64>,
    /// What was typed, if more can be typed behind it.
    pub(crate) command: Option<String>,
}

impl Outcome {
    /// The exit status that follows from it.
    pub(crate) fn exit(&self) -> Exit {
        let verification = self.verification.as_ref();
        let is_others = |skip: &SkipCount| skip.reason == SkipReason::OtherClient;
        match self.report.completion() {
            // The client that was named has no token: with a slip in its id, that must not be taken for "all is done".
            Completion::Complete
                if self.report.tokens == 0 && self.report.skipped.iter().any(is_others) =>
            {
                Exit::ToCorrect
            }
            Completion::Complete if !verification.is_none_or(Verification::is_sound) => {
                Exit::ToCorrect
            }
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
            .map(|(name, count, meaning)| (format!("{:>9} {name}", text::count(count)), meaning))
            .collect();
        out.push_str(&text::table(&rows));
        if report.failed + report.retryable > 0 {
            out.push_str(&causes::to_text(&report.causes));
        }
        if self.retries && report.retried == 0 {
            out.push_str(&format!(
                "\n{DIM}nothing was tried again: no token is set aside as --retry and its like say{DIM:#}\n"
            ));
        }
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
        out.push_str(&notes(report));
        if report.migrated_elsewhere > 0 {
            out.push_str(&elsewhere(report.migrated_elsewhere, target));
        }
        if report.migrated < report.tokens {
            out.push_str(&format!(
                "\n{HINT}hint{HINT:#}: msal migrate report {} tells why, token by token\n",
                typed(journal.display())
            ));
            out.push_str(&set_aside(report, self.command.as_deref()));
            if let Some(limit) = self.limit.filter(|_| report.retryable > 0) {
                out.push_str(&format!(
                    "      a run with --limit tries {} at most: the same command without it goes on with the others\n",
                    text::counted(limit, "token")
                ));
            }
        } else if report.completion() == Completion::Failed {
            out.push_str(&format!(
                "\n{HINT}hint{HINT:#}: correct what was skipped as said above, and run the same command again\n      \
                 msal migrate report {} lists every such row\n",
                typed(journal.display())
            ));
        }
        out.push_str(&self.missing(target));
        out
    }

    /// What to do about accounts that an earlier run has migrated, and that are gone from the target since.
    fn missing(&self, target: &Path) -> String {
        let missing = self
            .verification
            .map_or(0, |verification| verification.missing);
        if missing == 0 {
            return String::new();
        }
        let journal = typed(format!("{}.2.journal", target.display()));
        format!(
            "\n{HINT}hint{HINT:#}: put {} back as it was after the earlier run; if it is lost, redeem the input again with a journal of\n      \
             its own, which signs users out where tokens are spent by use: --journal {journal}\n",
            typed(target.display()),
        )
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
            "kept_old_rt": report.kept_old_rt,
            "migrated_at_home": report.migrated_at_home,
            "migrated_elsewhere": report.migrated_elsewhere,
            "needs_user": report.needs_user,
            "users_needed": report.users_needed,
            "superseded": report.superseded,
            "failed": report.failed,
            "quarantined": report.quarantined,
            "retryable": report.retryable,
            "in_doubt": report.in_doubt,
            "causes": causes::to_json(&report.causes),
            "retried": report.retried,
            "target_writes": report.target_writes,
            "journal_was_torn": report.journal_was_torn,
            "verification": self.verification.as_ref().map(verification::to_json),
            "seconds": self.took.as_secs_f64(),
        })
    }
}

/// What is worth knowing of tokens that are migrated.
fn notes(report: &Report) -> String {
    let kept = format!(
        "answered without a new refresh token: the old one is in the target, and as old as before; \
         msal migrate report --all names {}",
        if report.kept_old_rt == 1 {
            "it"
        } else {
            "them"
        },
    );
    let at_home = "redeemed where the user is at home, who is not in the tenant of the row: an application that signs \
                   in at that tenant finds no token there";
    let notes = [
        (report.kept_old_rt, "kept_old_rt", kept.as_str()),
        (report.migrated_at_home, "at home", at_home),
    ];
    notes
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, name, what)| {
            let tokens = text::counted(count, "token");
            format!("\n{BOLD}note{BOLD:#}: {name}: {tokens} {what}\n")
        })
        .collect()
}

/// What to do for tokens that an earlier run redeemed at another authority. The input's tokens may be spent, so that it is
/// the target that has the ones to redeem.
fn elsewhere(tokens: u64, target: &Path) -> String {
    let way = match UserFiles::of(target) {
        // No source reads the files of all users at once.
        Ok(Some(users)) => format!(
            "migrate each file of {} into itself, as its tokens are newer than the input's: msal migrate run FILE --to FILE",
            Outside(users.folder().display()),
        ),
        _ => {
            let journal = typed(format!("{}.2.journal", target.display()));
            let target = typed(target.display());
            format!(
                "migrate the target itself, whose tokens are newer than the input's, with a journal of its own:\n      \
                 msal migrate run {target} --to {target} --journal {journal}"
            )
        }
    };
    format!(
        "\n{BOLD}note{BOLD:#}: {} migrated before, at another authority than this command names, and nothing was sent for \
         them: an application that signs in at the new one redeems each user once more\n\
         {HINT}hint{HINT:#}: to have that done, {way}, and the other options of this command but --from and --map\n",
        text::counted(tokens, "token") + if tokens == 1 { " was" } else { " were" },
    )
}

/// A path as it is typed into a shell.
fn typed(path: impl Display) -> String {
    Outside(quoted(&path.to_string())).to_string()
}

/// What the next run leaves alone unless it is told otherwise, and how to tell it.
fn set_aside(report: &Report, command: Option<&str>) -> String {
    let ways = [
        (
            report.quarantined,
            "held back",
            "quarantined",
            "--release ROW publishes one, --retry quarantined asks again",
        ),
        (
            report.in_doubt,
            "in doubt",
            "in-doubt",
            "--retry in-doubt sends them again, which signs the user out where the issuer detects reuse",
        ),
        (
            report.needs_user,
            "that need their user",
            "needs-user",
            "--retry needs-user asks again",
        ),
    ];
    ways.into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, class, way)| {
            let count = text::count(count);
            let typed = command.map_or_else(String::new, |command| {
                format!("        {} --retry {class}\n", Outside(command))
            });
            format!("      the same command does not try the {count} {what}: {way}\n{typed}")
        })
        .collect()
}

/// Each class with its count and what it means.
fn classes(report: &Report) -> Vec<(&'static str, u64, String)> {
    let users = text::counted(report.users_needed, "user");
    let users = format!("the server wants {users} to sign in again");
    let classes = [
        (
            "migrated",
            report.migrated,
            "in the target, on disk, read back",
        ),
        ("need their user", report.needs_user, users.as_str()),
        (
            "superseded",
            report.superseded,
            "refused, but their users have another token that is migrated",
        ),
        (
            "failed",
            report.failed,
            "not migrated for a reason that you correct",
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
        (
            "in doubt",
            report.in_doubt,
            "sent, and nothing says whether they were redeemed",
        ),
    ];
    classes
        .into_iter()
        .map(|(name, count, meaning)| (name, count, meaning.to_owned()))
        .collect()
}
