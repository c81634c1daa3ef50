//! The rows that a source cannot use, as plan and run show them.

use msal_migrate::SkipCount;
use serde_json::{Value, json};

use crate::text;

/// Skipped rows by reason, with what can be done about each.
pub(super) fn to_text(skipped: &[SkipCount]) -> String {
    let rows: Vec<_> = skipped
        .iter()
        .map(|skip| {
            let reason = format!("{} {}", text::count(skip.count), skip.reason.code());
            let hosts = match skip.hosts.is_empty() {
                true => String::new(),
                false => format!(" ({})", skip.hosts.join(", ")),
            };
            let why = format!("{}{hosts}; {}", skip.reason, skip.reason.hint());
            (reason, why)
        })
        .collect();
    text::table(&rows)
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
