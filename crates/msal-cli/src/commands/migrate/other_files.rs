//! What a folder has besides token files, as a plan and a run show it.

use msal_migrate::OtherFiles;
use serde_json::{Value, json};

use crate::output::DIM;
use crate::text;

/// For people who plan.
pub(super) fn to_text(others: &OtherFiles) -> String {
    if others.count == 0 {
        return String::new();
    }
    let shown = others.first.iter().take(SHOWN);
    let mut rows: Vec<_> = shown
        .map(|(name, why)| (name.clone(), (*why).to_owned()))
        .collect();
    let more = others.count.saturating_sub(rows.len() as u64);
    if more > 0 {
        rows.push((format!("… and {} more", text::count(more)), String::new()));
    }
    format!(
        "{DIM}left out of the folder{DIM:#}\n{}\n",
        text::table(&rows)
    )
}

/// For people who run; nothing where nothing is left out.
pub(super) fn to_line(others: &OtherFiles) -> Option<String> {
    let first: Vec<_> = others
        .first
        .iter()
        .take(FEW)
        .map(|(name, _)| name.as_str())
        .collect();
    let more = match others.count.saturating_sub(first.len() as u64) {
        0 => String::new(),
        more => format!(" and {} more", text::count(more)),
    };
    let words = format!(
        "note: left out of the folder: {}{more}; `msal migrate plan` says why",
        first.join(", ")
    );
    (others.count > 0).then(|| text::wrapped(&words, 0).trim_end().to_owned())
}

/// For programs.
pub(super) fn to_json(others: &OtherFiles) -> Value {
    let files = others.first.iter();
    let files = files.map(|(name, why)| json!({ "name": name, "reason": why }));
    json!({ "count": others.count, "first": files.collect::<Value>() })
}

/// How many are shown in a plan.
const SHOWN: usize = 8;

/// How many are named in a line.
const FEW: usize = 3;
