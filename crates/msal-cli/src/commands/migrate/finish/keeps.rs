//! What keeps the journal and the input from being removed, and what to type about it.

use msal_migrate::{Class, Remains, State};

use super::input::Input;
use super::journal::Journal;
use super::target::Target;
use crate::cli::GiveUp;
use crate::shell::quoted;
use crate::text;

/// A reason to keep something.
pub(super) struct Keeps {
    pub(super) what: String,
    pub(super) way: String,
}

/// What keeps the journal: tokens that it alone knows, and tokens that a run has yet to decide about.
pub(super) fn of_journal(
    journal: &Journal,
    target: &Target,
    remains: Option<&Remains>,
    given_up: &[GiveUp],
) -> Vec<Keeps> {
    let counts = journal.counts;
    let mut keeps = Vec::new();
    if counts.unpublished > 0 {
        keeps.push(Keeps {
            what: format!(
                "{} in the journal and nowhere else",
                is_or_are(counts.unpublished, "answer")
            ),
            way: RUN_AGAIN.to_owned(),
        });
    }
    let unknown = remains.map_or(0, |remains| left_at(remains, None));
    let held_back = journal.sealed.saturating_sub(counts.unpublished);
    let report = reported(journal);
    let classes = [
        (
            counts.retryable + unknown,
            GiveUp::Retryable,
            "left to retry",
            RUN_AGAIN,
        ),
        (
            counts.failed,
            GiveUp::Failed,
            "not migrated for a reason that you correct",
            &report,
        ),
        (counts.in_doubt, GiveUp::InDoubt, "in doubt", &report),
        (
            held_back.max(counts.quarantined),
            GiveUp::Quarantined,
            "held back, and the answers are in the journal only",
            &report,
        ),
    ];
    for (count, class, what, way) in classes {
        if count > 0 && !given_up.contains(&class) {
            keeps.push(Keeps {
                what: format!("{} {what}", is_or_are(count, "token")),
                way: or_given_up(way, class),
            });
        }
    }
    keeps.extend(of_target(target, given_up));
    keeps
}

/// What keeps the input: whatever would be lost with it.
pub(super) fn of_input(
    input: &Input,
    journal: &Journal,
    target: &Target,
    given_up: &[GiveUp],
) -> Vec<Keeps> {
    let mut keeps = Vec::new();
    if let Some(why) = input.unremovable {
        keeps.push(Keeps {
            what: why.to_owned(),
            way: "leave --remove-input out".to_owned(),
        });
    }
    if let Some(remains) = input.remains().filter(|remains| !remains.are_none()) {
        let left: u64 = remains.left.iter().map(|(_, count)| count).sum();
        if left > 0 {
            let places = remains.examples.iter().map(|row| row.place().to_string());
            let mut places: Vec<_> = places.collect();
            if left > places.len() as u64 {
                places.push("…".to_owned());
            }
            keeps.push(Keeps {
                what: format!(
                    "{} of its {} {} not migrated: {}",
                    text::count(left),
                    text::counted(remains.tokens, "token"),
                    verb(left),
                    places.join(", ")
                ),
                way: reported(journal),
            });
        }
        for skip in remains.skipped_with_secrets() {
            keeps.push(Keeps {
                what: format!(
                    "{} skipped, and may hold a token: {}",
                    is_or_are(skip.count, "row"),
                    skip.reason
                ),
                way: skip.reason.hint().to_owned(),
            });
        }
    }
    keeps.extend(of_target(target, given_up));
    keeps
}

fn of_target(target: &Target, given_up: &[GiveUp]) -> Option<Keeps> {
    let counts = target.gone > 0 && !given_up.contains(&GiveUp::Missing);
    counts.then(|| Keeps {
        what: format!(
            "{} not in {}",
            is_or_are(target.gone, "migrated account"),
            target.path.display()
        ),
        way: or_given_up(
            "put the target back as it was after the run",
            GiveUp::Missing,
        ),
    })
}

/// How many of a source's tokens stand there.
fn left_at(remains: &Remains, state: Option<State>) -> u64 {
    let at = remains.left.iter().find(|(at, _)| *at == state);
    at.map_or(0, |(_, count)| *count)
}

fn or_given_up(way: &str, class: GiveUp) -> String {
    format!("{way}; --give-up {} does without them", class.name())
}

fn is_or_are(count: u64, noun: &str) -> String {
    format!("{} {}", text::counted(count, noun), verb(count))
}

fn verb(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// What programs call where a token stands.
pub(super) fn code(state: Option<State>) -> &'static str {
    match state {
        None => "not_tried",
        Some(State::Concluded(Class::Failed)) => "failed",
        Some(State::Concluded(Class::Migrated)) => "migrated",
        Some(State::Concluded(Class::NeedsUser)) => "needs_user",
        Some(State::Concluded(Class::Quarantined)) => "quarantined",
        Some(State::InDoubt) => "in_doubt",
        Some(State::Unpublished) => "unpublished",
        Some(_) => "retryable",
    }
}

/// Where it is said who does what about tokens that are not migrated.
fn reported(journal: &Journal) -> String {
    let journal = quoted(&journal.path.to_string_lossy()).into_owned();
    format!("msal migrate report {journal} says who does what about that")
}

const RUN_AGAIN: &str = "run the migration again, as it was run before";
