//! Clients and tenants that Entra hardly knows by their names, as a plan and a run show them.

use msal_migrate::OddName;
use serde_json::{Value, json};

use super::skipped::place;
use crate::text;

/// For people.
pub(super) fn to_text(names: &[OddName]) -> String {
    let shown = names.iter().take(SHOWN);
    let mut out: String = shown
        .map(|name| format!("{}\n", text::note(&words(name), name.hint())))
        .collect();
    if names.len() > SHOWN {
        let more = text::counted((names.len() - SHOWN) as u64, "name");
        let more = format!("{more} of clients and tenants more; --format json has them");
        out.push_str(&text::wrapped(&more, 0));
        out.push('\n');
    }
    out
}

/// For people who run; nothing where no name is odd.
pub(crate) fn to_line(names: &[OddName]) -> Option<String> {
    let sent: Vec<_> = names.iter().filter(|name| !name.is_skipped).collect();
    let shown = sent.iter().take(FEW).map(|name| match &name.name {
        Some(text) => format!("{} `{text}`", name.of.as_str()),
        None => format!("a {} that is not shown", name.of.as_str()),
    });
    let shown: Vec<_> = shown.collect();
    let more = match sent.len().saturating_sub(FEW) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let words = format!(
        "note: Entra hardly knows {}{more}, sent as it stands: `msal migrate plan` tells the rows and what to do",
        shown.join(", ")
    );
    (!sent.is_empty()).then(|| text::wrapped(&words, 0).trim_end().to_owned())
}

/// For programs: the same.
pub(super) fn to_json(names: &[OddName]) -> Value {
    let names = names.iter().map(|name| {
        json!({
            "of": name.of.as_str(), "name": name.name, "looks_like": name.looks_like.code(),
            "explanation": words(name), "hint": name.hint(), "rows": name.rows,
            "first": name.first.place().to_string(), "skipped": name.is_skipped,
        })
    });
    names.collect()
}

/// How many rows have it, and where the first is.
fn words(name: &OddName) -> String {
    let rows = text::counted(name.rows, "row");
    let has = if name.rows == 1 { "has" } else { "have" };
    let looks_like = name.looks_like.words();
    let what = match &name.name {
        Some(shown) => format!("{looks_like} as the {}, `{shown}`", name.of.as_str()),
        None => format!(
            "{looks_like} as the {}, which is not shown",
            name.of.as_str()
        ),
    };
    let becomes = match name.is_skipped {
        true => "skipped",
        false => "sent as it stands",
    };
    format!(
        "{rows} {has} {what}; {becomes}; first {}",
        place(&name.first)
    )
}

/// How many names are in a line.
const FEW: usize = 3;

/// How many names are shown to people.
const SHOWN: usize = 8;
