//! Patterns with `*`, for policies and fault plans.

use std::fmt;

/// A pattern that matches without regard to ASCII case; `*` stands for any text, also none.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Glob(String);

impl Glob {
    pub(crate) fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into().to_ascii_lowercase())
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        let mut pieces = self.0.split('*');
        let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else {
            return false;
        };
        let Some(last) = pieces.next_back() else {
            return rest.is_empty();
        };
        for piece in pieces {
            // The first match is enough: a later one would leave less text for the pieces that follow.
            let Some(at) = rest.find(piece) else {
                return false;
            };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(last)
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, matches) in [
            ("*", "", true),
            ("*", "anything", true),
            ("alice@contoso.example", "Alice@Contoso.example", true),
            ("alice@contoso.example", "alice@contoso.example.org", false),
            ("*@contoso.example", "bob@contoso.example", true),
            ("*@contoso.example", "bob@fabrikam.example", false),
            ("user1*@contoso.*", "user17@contoso.example", true),
            ("a*a", "a", false),
            ("a*b*a", "aba", true),
            ("a**b", "ab", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(
                Glob::new(pattern).matches(text),
                matches,
                "{pattern} {text}"
            );
        }
    }
}
