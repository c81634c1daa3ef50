//! The keys entries are stored under. Nothing is ever looked up by parsing one: other SDKs write others.

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

/// What MSAL Node ends a credential's key with: the scheme of a bound token, and up to version 3 before it the hash of
/// the claims that were asked for.
pub(super) fn rest(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Python => &[],
        Dialect::Node => &[""],
        Dialect::Node3 => &["", ""],
    }
}

pub(super) fn or_empty(text: &Option<Text>) -> &str {
    text.as_ref().map(Text::as_str).unwrap_or_default()
}
