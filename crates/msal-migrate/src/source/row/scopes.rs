//! The scopes of a row, in any of the ways in which stores write them.

use std::borrow::Cow;

use msal_core::Scope;
use percent_encoding::percent_decode_str;

use super::value::StoredValue;

/// The scopes in stored order, each once, without the three that MSAL adds to each request.
pub(crate) fn parse(stored: &StoredValue<'_>) -> Vec<Scope> {
    let mut scopes = Vec::new();
    match stored {
        StoredValue::Text(text) => add_scopes(&mut scopes, text),
        StoredValue::List(list) => list.iter().for_each(|text| add_scopes(&mut scopes, text)),
        _ => {}
    }
    scopes
}

/// Takes scopes apart that are stored as one text: separated by spaces (RFC 6749 §3.3), by commas (Spring Security and
/// better-auth), or as a JSON list. No scope of Microsoft's contains white space or a comma.
fn add_scopes(scopes: &mut Vec<Scope>, text: &str) {
    let text = text.trim();
    if text.starts_with('[')
        && let Ok(list) = serde_json::from_str::<Vec<String>>(text)
    {
        // A list in a list is not looked for, so that hostile text cannot lead ever deeper.
        for text in list.iter().filter(|text| !text.starts_with('[')) {
            add_scopes(scopes, text);
        }
        return;
    }
    for word in text.split(|character: char| character.is_whitespace() || character == ',') {
        // What is no scope is left out: the token may be good for the others.
        let Ok(scope) = Scope::parse(&percent_decoded(word)) else {
            continue;
        };
        let is_known = |known: &Scope| known.as_str().eq_ignore_ascii_case(scope.as_str());
        if !scope.is_reserved() && !scopes.iter().any(is_known) {
            scopes.push(scope);
        }
    }
}

/// Undoes percent-encoding where a scheme shows that the whole scope was encoded, and not only a character in it.
fn percent_decoded(word: &str) -> Cow<'_, str> {
    let is_encoded = !word.contains("://") && (word.contains("%3A") || word.contains("%3a"));
    if !is_encoded {
        return Cow::Borrowed(word);
    }
    let decoded = percent_decode_str(word).decode_utf8();
    decoded.unwrap_or(Cow::Borrowed(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_split_decoded_and_stripped() {
        let table = [
            ("openid User.Read  offline_access", "User.Read"),
            ("User.Read,Mail.Read", "User.Read Mail.Read"),
            ("b A b a", "b A"),
            (
                r#"["https://graph.microsoft.com/User.Read","profile"]"#,
                "https://graph.microsoft.com/User.Read",
            ),
            (
                "https%3A%2F%2Fgraph.microsoft.com%2FMail.Read",
                "https://graph.microsoft.com/Mail.Read",
            ),
            ("https://host/a%3Ab", "https://host/a%3Ab"),
            ("a%3", "a%3"),
            ("a%3Ab%zz", "a:b%zz"),
            ("", ""),
            ("[[[[", "[[[["),
        ];
        for (stored, scopes) in table {
            let mut parsed = Vec::new();
            add_scopes(&mut parsed, stored);
            let parsed: Vec<_> = parsed.iter().map(Scope::as_str).collect();
            assert_eq!(parsed.join(" "), scopes, "{stored}");
        }
    }
}
