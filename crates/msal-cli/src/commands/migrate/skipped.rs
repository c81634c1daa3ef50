//! The rows that a source cannot use, as plan and run show them.

use msal_migrate::{Locator, Place, SkipCount};
use serde_json::{Value, json};

use crate::output::DIM;
use crate::outside::Outside;
use crate::text;

/// Skipped rows by reason: why, the first of them, and what can be done about each.
pub(super) fn to_text(skipped: &[SkipCount]) -> String {
    skipped.iter().map(reason).collect()
}

fn reason(skip: &SkipCount) -> String {
    let hosts = match skip.hosts.is_empty() {
        true => String::new(),
        false => format!(" ({})", skip.hosts.join(", ")),
    };
    let why = format!("{}{hosts}; {}", skip.reason, skip.reason.hint());
    format!(
        "  {} {}  {DIM}{}{DIM:#}\n{}",
        text::count(skip.count),
        skip.reason.code(),
        Outside(examples(skip)),
        text::wrapped(&why, 4)
    )
}

/// Where the first rows are, and how many there are more.
fn examples(skip: &SkipCount) -> String {
    let mut places = skip.examples.iter().enumerate().map(|(at, locator)| {
        // In one file, its name is said once.
        match (at, locator.place()) {
            (0, _) | (_, Place::File { .. }) => place(locator),
            (_, place) => place.to_string(),
        }
    });
    let shown: Vec<_> = places.by_ref().take(SHOWN).collect();
    match skip.count.saturating_sub(shown.len() as u64) {
        0 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), text::count(more)),
    }
}

/// Where a row is: in a folder, by the name of the file.
pub(super) fn place(locator: &Locator) -> String {
    match locator.place() {
        Place::File { .. } => locator.to_string(),
        place => format!("{}{place}", locator.file()),
    }
}

/// Skipped rows by reason, for programs.
pub(super) fn to_json(skipped: &[SkipCount]) -> Value {
    skipped
        .iter()
        .map(|skip| {
            json!({
                "reason": skip.reason.code(), "count": skip.count,
                "explanation": skip.reason.explanation(), "hint": skip.reason.hint(), "hosts": skip.hosts,
                "examples": skip.examples.iter().map(|locator| locator.place().to_string()).collect::<Vec<_>>(),
            })
        })
        .collect()
}

/// How many rows of a reason are named.
const SHOWN: usize = 3;
