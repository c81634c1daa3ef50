//! The members of an entry as they stand in a document, read by name and tolerantly.
//!
//! Other SDKs leave members out, or write null, the empty string, or numbers where MSAL Python writes strings.

use std::borrow::Cow;

use crate::json::{Name, RawObject, string};
use crate::{Text, UnixTime};

/// The object of one entry.
pub(crate) struct Fields<'a> {
    object: RawObject<'a>,
    document: &'a Text,
}

impl<'a> Fields<'a> {
    /// Takes the object apart that stands at `text` in `document`. `None` where it is none, or where a name occurs
    /// twice: RFC 8259 §4 says that readers then differ in what they see.
    pub(crate) fn parse(text: &'a str, document: &'a Text) -> Option<Self> {
        let object = RawObject::parse(text).filter(|object| !object.repeats_a_name())?;
        Some(Self { object, document })
    }

    /// A secret, made by its type's `slice_of`; `None` where it is absent or empty.
    pub(super) fn secret<S>(
        &self,
        name: &str,
        slice_of: impl FnOnce(&Text, Cow<'_, str>) -> S,
    ) -> Option<S> {
        let secret = self.scalar(name).filter(|secret| !secret.is_empty())?;
        Some(slice_of(self.document, secret))
    }

    /// The text of a string or a number.
    pub(super) fn text(&self, name: &str) -> Option<Text> {
        self.scalar(name).map(|text| self.document.slice_of(text))
    }

    /// The text, unless it is empty: other SDKs write "" for null.
    pub(super) fn present(&self, name: &str) -> Option<Text> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// The text, or an empty one.
    pub(super) fn or_empty(&self, name: &str) -> Text {
        self.text(name).unwrap_or_default()
    }

    /// The texts of a list.
    pub(super) fn texts(&self, name: &str) -> Vec<Text> {
        let list = self.object.get(name).filter(|value| value.starts_with('['));
        let names: Option<Vec<Name<'_>>> = list.and_then(|list| serde_json::from_str(list).ok());
        let texts = names.into_iter().flatten();
        texts
            .map(|Name(text)| self.document.slice_of(text))
            .collect()
    }

    /// What the first member with one of `names` holds, unless it says nothing: text as it is, an object as JSON.
    pub(super) fn any_of(&self, names: &[&str]) -> Option<Text> {
        let is_meant = |(name, _): &&(Cow<'_, str>, _)| names.contains(&name.as_ref());
        let mut members = self.object.0.iter().filter(is_meant);
        members.find_map(|(name, value)| match value.starts_with('{') {
            true => RawObject::parse(value)
                .filter(|object| !object.0.is_empty())
                .map(|_| self.document.slice_of(Cow::Borrowed(value))),
            false => self.present(name),
        })
    }

    /// Whole seconds since the epoch; a fraction is cut off, and what is no number is nothing. Neither are milliseconds.
    pub(super) fn time(&self, name: &str) -> Option<UnixTime> {
        let text = self.scalar(name)?;
        let text = text.trim();
        let whole = text.parse().ok();
        let seconds = whole.or_else(|| {
            let number: f64 = text.parse().ok()?;
            number.is_finite().then_some(number as i64)
        })?;
        (seconds < LATEST).then(|| UnixTime::from_secs(seconds))
    }

    fn scalar(&self, name: &str) -> Option<Cow<'a, str>> {
        let value = self.object.get(name)?;
        match value.as_bytes().first() {
            Some(b'"') => string(value),
            Some(b'-' | b'0'..=b'9') => Some(Cow::Borrowed(value)),
            // An object, an array, null, true or false.
            _ => None,
        }
    }
}

/// The year 5138. What is more counts something else than seconds.
const LATEST: i64 = 100_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn of<T>(text: &str, read: impl FnOnce(&Fields<'_>) -> T) -> Option<T> {
        let document = Text::from(text);
        Fields::parse(document.as_str(), &document).map(|fields| read(&fields))
    }

    #[test]
    fn a_member_of_another_type_is_nothing_and_spoils_no_other() {
        for value in ["null", "true", "{}", "[\"x\"]", "\"\\ud800\""] {
            let text = format!("{{\"odd\": {value}, \"b\": \"\\u00e5\"}}");
            let read = of(&text, |fields| (fields.text("odd"), fields.or_empty("b")));
            assert_eq!(read, Some((None, Text::from("å"))), "{value}");
        }
    }

    #[test]
    fn times_are_numbers_or_strings() {
        for (value, seconds) in [
            ("17", Some(17)),
            ("\"17\"", Some(17)),
            ("\" 17.9 \"", Some(17)),
            ("17.9", Some(17)),
            ("-1", Some(-1)),
            ("1e3", Some(1000)),
            ("9999999999", Some(9_999_999_999)),
            ("\"1700003599000\"", None),
            ("1e300", None),
            ("1e999", None),
            ("\"junk\"", None),
            ("\"inf\"", None),
            ("null", None),
        ] {
            let time = of(&format!("{{\"t\": {value}}}"), |fields| fields.time("t"));
            assert_eq!(time, Some(seconds.map(UnixTime::from_secs)), "{value}");
        }
    }

    #[test]
    fn what_is_no_object_of_distinct_members_is_no_entry() {
        for text in [
            "[]",
            "null",
            "5",
            "[\"x\", \"y\"]",
            r#"{"a": 1, "\u0061": 2}"#,
        ] {
            assert!(of(text, |_| ()).is_none(), "{text}");
        }
    }
}
