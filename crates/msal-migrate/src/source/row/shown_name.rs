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

/// Whether a name can be neither a person's nor a token.
pub(crate) fn is_harmless(name: &str) -> bool {
    let is_visible = |character: char| !character.is_control() && character != '@';
    name.chars().count() <= LONGEST_NAME && name.chars().all(is_visible)
}

/// How many names are listed.
const LISTED: usize = 30;

/// Columns have shorter names than this, and refresh tokens are much longer.
const LONGEST_NAME: usize = 40;
