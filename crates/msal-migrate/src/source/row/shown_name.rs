//! Names of columns and members, where an error may show them.

/// The names, for an error. If one of them could be a person's or a token, none is shown: a table without a header line has
/// its first row where the names should be.
pub(crate) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.take(LISTED + 1).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    if !names.iter().copied().all(is_harmless) {
        return "names that are not shown, because one may be a person or a token".to_owned();
    }
    let shown = names.get(..LISTED).unwrap_or(&names).join(", ");
    let more = if names.len() > LISTED { ", …" } else { "" };
    format!("{shown}{more}")
}

/// One name, for an error.
pub(crate) fn shown(name: &str) -> String {
    listed([name].into_iter())
}

/// The name that most probably stands for a refresh token, if one does and all can be shown. `by_value` is one whose value
/// looks like a token.
pub(crate) fn likely_token<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
    by_value: Option<&'a str>,
) -> Option<String> {
    if !names.clone().all(is_harmless) {
        return None;
    }
    let has = |name: &str, parts: &[&str]| {
        let name = name.to_ascii_lowercase();
        parts.iter().any(|part| name.contains(part))
    };
    let is_refresh = |name: &&str| has(name, &["refresh"]) && !has(name, OTHER_PARTS);
    let is_token = |name: &&str| has(name, &["token"]) && !has(name, OTHER_TOKENS);
    by_value
        .or_else(|| names.clone().find(is_refresh))
        .or_else(|| names.clone().find(is_token))
        .map(str::to_owned)
}

fn is_harmless(name: &str) -> bool {
    let is_visible = |character: char| !character.is_control() && character != '@';
    name.chars().count() <= LONGEST_NAME && name.chars().all(is_visible)
}

/// Parts of names of what stands beside a token: its time, its type.
const OTHER_PARTS: &[&str] = &["expire", "expiry", "_at", "_in", "type", "time", "date"];

/// Parts of names of other tokens, and of what stands beside a token.
const OTHER_TOKENS: &[&str] = &[
    "access", "id_token", "idtoken", "csrf", "expire", "expiry", "_at", "_in", "type", "time",
    "date",
];

/// How many names are listed.
const LISTED: usize = 30;

/// Columns have shorter names than this, and refresh tokens are much longer.
const LONGEST_NAME: usize = 40;
