//! Reading JSON objects member by member.

use std::borrow::Cow;

use memchr::memchr2;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A JSON object as its members in order, each value still as text.
pub(crate) struct RawObject<'a>(pub(crate) Vec<(Cow<'a, str>, &'a str)>);

impl<'a> RawObject<'a> {
    /// Takes an object apart, and looks into its strings no more than it takes to find their ends: an answer and a cache
    /// are strings for the most part. `None` when `text` is anything but one JSON object.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text.trim_matches(BLANKS).strip_prefix('{')?;
        // As many as the largest entry of a cache has.
        let mut members = Vec::with_capacity(16);
        loop {
            rest = rest.trim_start_matches(BLANKS);
            if rest == "}" && members.is_empty() {
                return Some(Self(members));
            }
            let (name, behind) = rest.split_at_checked(string_end(rest)?)?;
            let behind = behind.trim_start_matches(BLANKS).strip_prefix(':')?;
            let behind = behind.trim_start_matches(BLANKS);
            let (value, behind) = behind.split_at_checked(value_end(behind)?)?;
            members.push((string(name)?, value));
            let behind = behind.trim_start_matches(BLANKS);
            match behind.strip_prefix(',') {
                Some(next) => rest = next,
                None => return (behind == "}").then_some(Self(members)),
            }
        }
    }
}

/// White space, as RFC 8259 §2 has it.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// As many bytes as the value takes that `text` begins with, if it begins with one.
fn value_end(text: &str) -> Option<usize> {
    if text.starts_with('"') {
        return string_end(text);
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

/// As many bytes as the string takes that `text` begins with, if it begins with one.
fn string_end(text: &str) -> Option<usize> {
    let (mut end, mut has_escapes) = (1, false);
    text.strip_prefix('"')?;
    let end = loop {
        let found = end + memchr2(b'"', b'\\', text.as_bytes().get(end..)?)?;
        match text.as_bytes().get(found)? {
            b'"' => break found + 1,
            _ => (end, has_escapes) = (found + 2, true),
        }
    };
    let string = text.get(..end)?;
    // RFC 8259 §7: control characters must be escaped.
    let is_sound = match has_escapes {
        true => serde_json::from_str::<IgnoredAny>(string).is_ok(),
        false => string
            .bytes()
            .fold(true, |so_far, byte| so_far & (byte >= b' ')),
    };
    is_sound.then_some(end)
}

/// The text of a JSON value that is a string; `None` for any other.
pub(crate) fn string(value: &str) -> Option<Cow<'_, str>> {
    let has_escapes = value
        .bytes()
        .fold(false, |found, byte| found | (byte == b'\\'));
    if has_escapes {
        return serde_json::from_str(value).ok().map(|Name(text)| text);
    }
    // Without escapes it stands for itself.
    let text = value.strip_prefix('"')?.strip_suffix('"')?;
    Some(Cow::Borrowed(text))
}

/// A member name, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Name<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn the_text_of_a_string_is_borrowed_where_it_has_no_escapes() {
        for (value, expected) in [
            ("\"a \u{e5}\"", Some(Cow::Borrowed("a \u{e5}"))),
            ("\"\"", Some(Cow::Borrowed(""))),
            (r#""a\/b""#, Some(Cow::Owned("a/b".to_owned()))),
            (r#"[1, "a"]"#, None),
            ("17", None),
            ("null", None),
            (r#"["\u0061"]"#, None),
        ] {
            let found = string(value);
            assert_eq!(found, expected, "{value}");
            let is_borrowed = |text: &Option<Cow<'_, str>>| matches!(text, Some(Cow::Borrowed(_)));
            assert_eq!(is_borrowed(&found), is_borrowed(&expected), "{value}");
        }
    }

    #[test]
    fn an_object_is_taken_apart_as_a_parser_would() {
        for text in [
            "{}",
            " { } ",
            r#"{"a":1}"#,
            r#" { "a" : "b\"c" , "d\u0061" : [1, {"}": "]"}], "e": -1.5e3,"f":null } "#,
            r#"{"a":"","":{},"b":"\\","c":"\\\""}"#,
            "",
            "[]",
            "{",
            "{}}",
            "{} x",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{,"a":1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":1}{"b":2}"#,
            r#"{"a":"b}"#,
            r#"{"a":"b\"}"#,
            r#"{"a":"\x"}"#,
            r#"{"a":tru}"#,
            r#"{"a":01}"#,
            r#"{a:1}"#,
            "{\"a\":\"\u{1}\"}",
            "{\"a\u{1}\":1}",
            "{\u{a0}\"a\":1}",
        ] {
            assert_eq!(taken_apart(text), parsed(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_as_a_parser_would(
            text in r#"\{([ "\\{}\[\]:,a1ntu0-]|"a":|"b\\"":|true|"\u{1}"|"\\u00e5"){0,12}\}"#
        ) {
            prop_assert_eq!(taken_apart(&text), parsed(&text));
        }
    }

    fn taken_apart(text: &str) -> Option<BTreeMap<String, String>> {
        let RawObject(members) = RawObject::parse(text)?;
        let owned = |(name, value): (Cow<'_, str>, &str)| (name.into_owned(), value.to_owned());
        Some(members.into_iter().map(owned).collect())
    }

    fn parsed(text: &str) -> Option<BTreeMap<String, String>> {
        let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).ok()?;
        let owned = |(name, value): (String, Box<RawValue>)| (name, value.get().to_owned());
        Some(members.into_iter().map(owned).collect())
    }
}
