//! A second look at a row in which no refresh token was found, before anybody is told that there is none.
//!
//! Applications nest tokens deeper than is read, keep JSON as text in JSON, and encrypt some rows of a store and not
//! others. Only a row of which all is understood has no token.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::alias::field_named;
use super::field::Field;
use super::value::StoredValue;
use crate::record::SkipReason;
use crate::record::token_shape::{is_encrypted, is_microsofts};

/// Why there is no refresh token in an object. `is_mapped` says that the operator named the place where it would be.
pub(crate) fn at_object(json: &[u8], is_mapped: bool) -> SkipReason {
    let mut seen = Seen {
        names_token: is_mapped,
        ..Seen::default()
    };
    seen.look_at(&mut serde_json::Deserializer::from_slice(json), 0);
    seen.reason()
}

/// Whether a value that nobody asked for is encrypted, or has a refresh token in it.
pub(crate) fn may_hide_token(json: &[u8]) -> bool {
    let mut seen = Seen::default();
    seen.look_at(&mut serde_json::Deserializer::from_slice(json), 0);
    seen.doubt > Some(Doubt::Unread)
}

/// Why there is no refresh token in a row of a table that has a column for them.
pub(crate) fn at_texts<'a>(texts: impl Iterator<Item = &'a str>) -> SkipReason {
    let mut seen = Seen {
        names_token: true,
        ..Seen::default()
    };
    texts.for_each(|text| seen.see_text(text, 0));
    seen.reason()
}

/// What a row holds besides the refresh token that it lacks.
#[derive(Default)]
struct Seen {
    /// The worst of all doubts.
    doubt: Option<Doubt>,
    /// A member is called like a token.
    names_token: bool,
    /// A client's secret or certificate.
    has_credential: bool,
    /// Something that is none of a client's own.
    has_more: bool,
}

/// Why it cannot be said that a row has no refresh token. The worst is last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doubt {
    Unread,
    Encrypted,
    Hidden,
}

impl Seen {
    fn reason(&self) -> SkipReason {
        match self.doubt {
            Some(Doubt::Hidden) => {
                SkipReason::NotUnderstood("a refresh token stands where none is looked for")
            }
            Some(Doubt::Encrypted) => SkipReason::NotUnderstood(
                "there is no refresh token, but a value that is encrypted and may be one",
            ),
            Some(Doubt::Unread) => SkipReason::NotUnderstood(
                "there is no refresh token, but a value that looks like JSON and cannot be read",
            ),
            None if self.names_token => SkipReason::NoRefreshToken,
            None if self.has_credential && !self.has_more => SkipReason::ServicePrincipal,
            None => SkipReason::NotUnderstood("nothing in the entry is called like a token"),
        }
    }

    fn suspect(&mut self, doubt: Doubt) {
        self.doubt = self.doubt.max(Some(doubt));
    }

    /// Walks through a JSON text, which stands in as many JSON strings as `nesting` says.
    fn look_at<'de>(&mut self, json: impl Deserializer<'de>, nesting: u8) {
        let look = Look {
            seen: self,
            meaning: Meaning::Other,
            depth: nesting,
            nesting,
        };
        if look.deserialize(json).is_err() {
            self.suspect(Doubt::Unread);
        }
    }

    fn see_text(&mut self, text: &str, nesting: u8) {
        let start = text.trim_start();
        if is_microsofts(text) {
            self.suspect(Doubt::Hidden);
        } else if is_encrypted(text) {
            self.suspect(Doubt::Encrypted);
        } else if start.starts_with(['{', '"'])
            || start.starts_with("[{")
            || start.starts_with("[\"")
        {
            match nesting < DEEPEST {
                true => self.look_at(&mut serde_json::Deserializer::from_str(start), nesting + 1),
                false => self.suspect(Doubt::Unread),
            }
        }
    }

    /// Takes note of what a member's name says.
    fn see_name(&mut self, name: &str, depth: u8) -> Meaning {
        let plain: String = name
            .chars()
            .filter(|it| it.is_ascii_alphanumeric())
            .collect();
        let plain = plain.to_ascii_lowercase();
        let field = field_named(name);
        // `rt` and `refresh` name many other things.
        if matches!(field, Some((Field::RefreshToken, ..=2))) {
            self.names_token = true;
            return Meaning::RefreshToken;
        }
        self.names_token |= TOKENS.contains(&plain.as_str());
        let is_clients = matches!(
            field,
            Some((
                Field::Authority | Field::ClientId | Field::Tenant | Field::TokenEndpoint,
                _
            ))
        );
        match (depth, CREDENTIALS.contains(&plain.as_str())) {
            (0, true) => return Meaning::Credential,
            (0, false) => self.has_more |= !is_clients,
            _ => {}
        }
        Meaning::Other
    }

    fn see_value(&mut self, text: &str, meaning: Meaning) {
        if StoredValue::from_text(text).text().is_none() {
            return;
        }
        match meaning {
            Meaning::Credential => self.has_credential = true,
            Meaning::RefreshToken => self.suspect(Doubt::Hidden),
            Meaning::Other => {}
        }
    }
}

/// What a member is, by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Credential,
    Other,
    RefreshToken,
}

/// Walks through a value.
struct Look<'s> {
    seen: &'s mut Seen,
    /// What the member is whose value this is.
    meaning: Meaning,
    /// How many objects stand around the value.
    depth: u8,
    nesting: u8,
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(StoredValue::Text(name)) = map.next_key()? {
            if self.meaning == Meaning::RefreshToken {
                self.seen.suspect(Doubt::Hidden);
            }
            let meaning = self.seen.see_name(&name, self.depth);
            map.next_value_seed(Look {
                seen: &mut *self.seen,
                meaning,
                depth: self.depth.saturating_add(1),
                nesting: self.nesting,
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            let look = Look {
                seen: &mut *self.seen,
                meaning: self.meaning,
                depth: self.depth.max(1),
                nesting: self.nesting,
            };
            if list.next_element_seed(look)?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.seen.see_value(text, self.meaning);
        self.seen.see_text(text, self.nesting);
        Ok(())
    }

    fn visit_bool<E>(self, _value: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _value: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _value: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _value: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Names of an access token and its type, in lower case without `_` and `-`. omniauth's is `token`.
const TOKENS: [&str; 3] = ["accesstoken", "token", "tokentype"];

/// What Azure CLI and others keep of a client that signs in by itself.
const CREDENTIALS: [&str; 6] = [
    "certificate",
    "certificatefile",
    "clientassertion",
    "clientsecret",
    "thumbprint",
    "usecertsnissuer",
];

/// How many JSON strings may stand around a JSON text: older installations of python-social-auth have two.
const DEEPEST: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn code(json: &str) -> &'static str {
        at_object(json.as_bytes(), false).code()
    }

    #[test]
    fn only_what_is_understood_has_no_token() {
        let deep = format!(
            r#"{{"access_token":"x","more":{}{}}}"#,
            "[".repeat(500),
            "]".repeat(500)
        );
        let inner = r#"{\"refresh_token\":\"0.a\"}"#;
        for (json, expected) in [
            (
                r#"{"access_token":"x","token_type":"Bearer"}"#,
                "no_refresh_token",
            ),
            (
                r#"{"client_id":"c","refresh_token":null}"#,
                "no_refresh_token",
            ),
            (
                r#"{"client_id":"c","refresh_token":""}"#,
                "no_refresh_token",
            ),
            (r#"{"token":"x","expires":true}"#, "no_refresh_token"),
            (
                r#"{"access_token":"x","note":"[draft] {x}","claims":"[1]"}"#,
                "no_refresh_token",
            ),
            (
                r#"{"access_token":"x","claims":"{\"name\":\"Alice\"}"}"#,
                "no_refresh_token",
            ),
            // Nothing says that it is about tokens at all.
            ("{}", "not_understood"),
            (r#"{"name":"x","version":1}"#, "not_understood"),
            (r#"{"client_id":"c","user":"a@x"}"#, "not_understood"),
            // Deeper than is read, or under another name.
            (
                r#"{"access_token":"x","a":{"b":[{"refreshToken":"0.a"}]}}"#,
                "not_understood",
            ),
            (
                r#"{"access_token":"x","a":{"RefreshToken":{"k":{}}}}"#,
                "not_understood",
            ),
            (
                r#"{"access_token":"x","renewal":"0.AXYA0123456789abcdefghijkl"}"#,
                "not_understood",
            ),
            // JSON as text.
            (
                &format!(r#"{{"access_token":"x","data":"{inner}"}}"#),
                "not_understood",
            ),
            (
                &format!(r#"{{"provider":"aad","extra_data":" {inner}"}}"#),
                "not_understood",
            ),
            (
                r#"{"access_token":"x","data":"\"{\\\"refresh_token\\\":\\\"0.a\\\"}\""}"#,
                "not_understood",
            ),
            (
                r#"{"access_token":"x","data":"{\"refresh_tok"}"#,
                "not_understood",
            ),
            // Encrypted.
            (
                r#"{"access_token":"x","data":"gAAAAABrAu_5"}"#,
                "not_understood",
            ),
            (
                r#"{"access_token":"eyJpdiI6Imw5","token_type":"Bearer"}"#,
                "not_understood",
            ),
            (&deep, "not_understood"),
            // A client's own credential.
            (
                r#"{"client_id":"c","tenant":"t","client_secret":"s"}"#,
                "service_principal",
            ),
            (
                r#"{"client_id":"c","tenant":"t","certificate":"-----BEGIN"}"#,
                "service_principal",
            ),
            (
                r#"{"client_id":"c","client_secret":"","tenant":"t"}"#,
                "not_understood",
            ),
            (
                r#"{"client_id":"c","client_secret":"s","user":"a@x"}"#,
                "not_understood",
            ),
        ] {
            assert_eq!(code(json), expected, "{json:.80}");
        }
    }

    #[test]
    fn a_table_s_row_without_a_token_is_looked_through() {
        for (texts, expected) in [
            (["1", "", "alice@x", "NULL"], "no_refresh_token"),
            (["1", "", "[note]", "eyJ0eXAi.e30.x"], "no_refresh_token"),
            (
                ["1", "", r#"{"refresh_token":"0.a"}"#, ""],
                "not_understood",
            ),
            (
                ["1", "", r#""{\"refresh_token\":\"0.a\"}""#, ""],
                "not_understood",
            ),
            (["1", "", "U2FsdGVkX18", ""], "not_understood"),
            (
                ["1", "", "M.C555_BAY.0.U.-abcdefghijkl", ""],
                "not_understood",
            ),
        ] {
            assert_eq!(at_texts(texts.into_iter()).code(), expected, "{texts:?}");
        }
    }
}
