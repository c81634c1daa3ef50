//! The keys that new entries are stored under. Keys are never parsed, because other SDKs write other keys.

use crate::Text;
use crate::cache::dialect::Dialect;

/// Joins the parts with dashes, in lower case as every MSAL does.
pub(super) fn joined(parts: &[&str]) -> String {
    let mut key = parts.join("-");
    if !key.is_ascii() {
        return key.to_lowercase();
    }
    key.make_ascii_lowercase();
    key
}

/// The last parts of a credential's key in MSAL Node's spelling, for tokens that are neither bound nor asked for with
/// claims: the scheme of a bound token and, up to version 3, the hash of the claims before it.
pub(super) fn suffix(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Python => &[],
        Dialect::Node => &[""],
        Dialect::Node3 => &["", ""],
    }
}

pub(super) fn or_empty(text: &Option<Text>) -> &str {
    text.as_ref().map(Text::as_str).unwrap_or_default()
}
