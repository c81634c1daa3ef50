//! Finding a refresh token in a body that cannot be read as a token response.
//!
//! A server that rotates has already revoked the old token when a cut or garbled answer arrives. The new one is in
//! those bytes and nowhere else, so it is looked for even where JSON cannot be parsed.

use crate::RefreshToken;

/// Every distinct, complete, non-empty string that stands as a value of `refresh_token` in `body`, or in a list there, in
/// order.
///
/// The text around it may be anything. A string that is cut off by the end of the body is not returned: half a token
/// is none.
pub(super) fn refresh_tokens(body: &[u8]) -> Vec<RefreshToken> {
    let text = String::from_utf8_lossy(body);
    let mut found: Vec<RefreshToken> = Vec::new();
    for (at, name) in text.match_indices(NAME) {
        let after = text.get(at + name.len()..).unwrap_or_default();
        for token in values_after_colon(after).unwrap_or_default() {
            if !token.is_empty() && !found.contains(&token) {
                found.push(token);
            }
        }
    }
    found
}

/// Whether there is such a string.
pub(super) fn has_token(body: &[u8]) -> bool {
    !refresh_tokens(body).is_empty()
}

fn values_after_colon(after: &str) -> Option<Vec<RefreshToken>> {
    let value = after.trim_start().strip_prefix(':')?.trim_start();
    // The first complete JSON value, whatever follows it.
    if value.starts_with('[') {
        let mut lists = serde_json::Deserializer::from_str(value).into_iter::<Vec<String>>();
        return Some(
            lists
                .next()?
                .ok()?
                .into_iter()
                .map(RefreshToken::new)
                .collect(),
        );
    }
    let mut values = serde_json::Deserializer::from_str(value).into_iter::<String>();
    values
        .next()?
        .ok()
        .map(|token| vec![RefreshToken::new(token)])
}

const NAME: &str = "\"refresh_token\"";

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(body: &str) -> Vec<String> {
        refresh_tokens(body.as_bytes())
            .iter()
            .map(|token| token.expose_secret().to_owned())
            .collect()
    }

    #[test]
    fn a_complete_value_is_found_in_broken_json() {
        assert_eq!(
            tokens(r#"{"expires_in":Infinity,"refresh_token" : "0.A","x":"#),
            ["0.A"]
        );
        assert_eq!(tokens(r#"<html>{"refresh_token":"a\/b"}"#), ["a/b"]);
    }

    #[test]
    fn both_of_two_values_are_kept() {
        assert_eq!(
            tokens(r#"{"refresh_token":"a","refresh_token":"b","refresh_token":"a"}"#),
            ["a", "b"]
        );
    }

    #[test]
    fn every_token_of_a_list_is_kept() {
        assert_eq!(
            tokens(r#"{"refresh_token": ["a", "b", ""],"x":"#),
            ["a", "b"]
        );
        assert!(tokens(r#"{"refresh_token":["a","#).is_empty());
        assert!(tokens(r#"{"refresh_token":[["a"]]"#).is_empty());
    }

    #[test]
    fn half_a_token_is_none() {
        let whole = r#"{"refresh_token":"0.ABC""#;
        for end in 0..whole.len() {
            assert!(tokens(&whole[..end]).is_empty(), "{end}");
        }
        assert_eq!(tokens(whole), ["0.ABC"]);
    }

    #[test]
    fn what_is_no_string_is_no_token() {
        for value in ["5", "null", "[]", "{}", "\"\""] {
            assert!(tokens(&format!("{{\"refresh_token\":{value}}}")).is_empty());
        }
    }
}
