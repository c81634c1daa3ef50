//! Names of columns and members, as far as an error may show them.

/// How many names are listed in an error.
const LISTED: usize = 30;

/// Columns have shorter names than this, and refresh tokens are much longer.
const LONGEST_NAME: usize = 40;

/// The names, for an error. None at all if one could be a person or a token: a file without a header line has its first
/// row in the place of names.
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

/// A name as it may be shown.
pub(super) fn shown(name: &str) -> String {
    listed([name].into_iter())
}

fn is_harmless(name: &str) -> bool {
    let is_visible = |character: char| !character.is_control() && character != '@';
    name.chars().count() <= LONGEST_NAME && name.chars().all(is_visible)
}
