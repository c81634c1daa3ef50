//! Reading JSON objects member by member.

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A JSON object as its members in order, each value still as text.
pub(crate) struct RawObject<'a>(pub(crate) Vec<(Cow<'a, str>, &'a str)>);

impl<'a> RawObject<'a> {
    /// Splits an object into its members. `None` when `text` is anything but one JSON object.
    ///
    /// Strings are scanned for their ends only, because answers and caches consist of strings for the most part.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        Self::split(text, value_end)
    }

    /// Splits an object whose values need not be JSON, such as `NaN`, as long as their brackets and strings are whole.
    pub(crate) fn outline(text: &'a str) -> Option<Self> {
        Self::split(text, outline_end)
    }

    fn split(text: &'a str, value_end: impl Fn(&str) -> Option<usize>) -> Option<Self> {
        let mut rest = after_blanks(text)
            .trim_end_matches(BLANKS)
            .strip_prefix('{')?;
        // Room for the largest entry of a cache.
        let mut members = Vec::with_capacity(16);
        loop {
            rest = after_blanks(rest);
            if rest == "}" && members.is_empty() {
                return Some(Self(members));
            }
            let name = StringToken::at_start_of(rest)?;
            let behind = after_blanks(rest.get(name.text.len()..)?).strip_prefix(':')?;
            let behind = after_blanks(behind);
            let (value, behind) = behind.split_at_checked(value_end(behind)?)?;
            members.push((name.value()?, value));
            let behind = after_blanks(behind);
            match behind.strip_prefix(',') {
                Some(next) => rest = next,
                None => return (behind == "}").then_some(Self(members)),
            }
        }
    }
}

impl<'a> RawObject<'a> {
    /// The text of the first member with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let mut members = self.0.iter();
        members
            .find(|(member, _)| member == name)
            .map(|(_, value)| *value)
    }

    /// Whether more than one member has this name.
    pub(crate) fn repeats(&self, name: &str) -> bool {
        self.0.iter().filter(|(member, _)| member == name).count() > 1
    }

    /// Whether any two members have the same name.
    pub(crate) fn repeats_a_name(&self) -> bool {
        let mut rest = self.0.as_slice();
        while let [(name, _), others @ ..] = rest {
            if others.iter().any(|(other, _)| other == name) {
                return true;
            }
            rest = others;
        }
        false
    }
}

/// The text of a JSON value that is a string; `None` for any other.
pub(crate) fn string(value: &str) -> Option<Cow<'_, str>> {
    let token = StringToken {
        text: value,
        has_escapes: memchr(b'\\', value.as_bytes()).is_some(),
    };
    match value.starts_with('"') {
        true => token.value(),
        false => None,
    }
}

/// A string as it stands in JSON text, with its quotes.
pub(super) struct StringToken<'a> {
    pub(super) text: &'a str,
    has_escapes: bool,
}

impl<'a> StringToken<'a> {
    /// The string that `text` begins with, if it begins with one.
    pub(super) fn at_start_of(text: &'a str) -> Option<Self> {
        text.strip_prefix('"')?;
        let (mut end, mut has_escapes) = (1, false);
        let end = loop {
            let found = end + memchr2(b'"', b'\\', text.as_bytes().get(end..)?)?;
            match text.as_bytes().get(found)? {
                b'"' => break found + 1,
                _ => (end, has_escapes) = (found + 2, true),
            }
        };
        let text = text.get(..end)?;
        // RFC 8259 §7: control characters must be escaped.
        let is_sound = match has_escapes {
            true => serde_json::from_str::<IgnoredAny>(text).is_ok(),
            false => text
                .bytes()
                .fold(true, |so_far, byte| so_far & (byte >= b' ')),
        };
        is_sound.then_some(Self { text, has_escapes })
    }

    /// What it says. Without escapes that is what stands between its quotes.
    pub(super) fn value(&self) -> Option<Cow<'a, str>> {
        match self.has_escapes {
            true => serde_json::from_str(self.text).ok().map(|Name(text)| text),
            false => {
                let text = self.text.strip_prefix('"')?.strip_suffix('"')?;
                Some(Cow::Borrowed(text))
            }
        }
    }
}

/// The length of the value that `text` begins with, if it begins with one.
pub(super) fn value_end(text: &str) -> Option<usize> {
    if text.starts_with('"') {
        return Some(StringToken::at_start_of(text)?.text.len());
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

/// The length of what `text` begins with, which has the outline of a value: a string, something in brackets, or a word.
fn outline_end(text: &str) -> Option<usize> {
    match text.as_bytes().first()? {
        b'"' => string_end(text),
        b'{' | b'[' => brackets_end(text),
        _ => {
            let end = text.find([',', '}'])?;
            let word = text.get(..end)?.trim_end_matches(BLANKS);
            let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
            (!word.is_empty() && word.bytes().all(is_of_word)).then_some(word.len())
        }
    }
}

/// The length of what stands in the brackets that `text` begins with, and of those.
fn brackets_end(text: &str) -> Option<usize> {
    let (mut open, mut at) = (Vec::new(), 0);
    loop {
        let rest = text.get(at..)?;
        let found = rest.find(['"', '{', '[', '}', ']'])?;
        let behind = rest.get(found..)?;
        at += found + 1;
        match behind.as_bytes().first()? {
            b'"' => at += string_end(behind)? - 1,
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            closing if open.pop() != Some(*closing) => return None,
            _ if open.is_empty() => return Some(at),
            _ => {}
        }
    }
}

/// The length of the string that `text` begins with.
fn string_end(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        let found = at + memchr2(b'"', b'\\', text.as_bytes().get(at..)?)?;
        match text.as_bytes().get(found)? {
            b'"' => return Some(found + 1),
            _ => at = found + 2,
        }
    }
}

pub(super) fn after_blanks(text: &str) -> &str {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let blanks = text.bytes().take_while(is_blank).count();
    text.get(blanks..).unwrap_or_default()
}

/// A member name, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Name<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// White space, as RFC 8259 §2 has it.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

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

    #[test]
    fn the_outline_of_an_object_needs_whole_brackets_and_strings_only() {
        for (text, values) in [
            ("{}", Some(vec![])),
            (r#"{"a": NaN}"#, Some(vec!["NaN"])),
            (
                r#"{"a": -Infinity , "b": {"c": [NaN, "}"]}}"#,
                Some(vec!["-Infinity", r#"{"c": [NaN, "}"]}"#]),
            ),
            (r#"{"a": "x", "b": tru}"#, Some(vec![r#""x""#, "tru"])),
            (r#"{"a": }"#, None),
            (r#"{"a": NaN"#, None),
            (r#"{"a": [}]}"#, None),
            (r#"{"a": {"b": NaN}"#, None),
            (r#"{"a": "x}"#, None),
            (r#"{"a": NaN} x"#, None),
            (r#"{"a": NaN, }"#, None),
            ("NaN", None),
        ] {
            let outline = RawObject::outline(text);
            let found = outline.map(|outline| outline.0.iter().map(|(_, value)| *value).collect());
            assert_eq!(found, values, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_an_object_has_its_outline(
            text in r#"\{([ "\\{}\[\]:,a1ntu0-]|"a":|"b\\"":|true|"\u{1}"|"\\u00e5"){0,12}\}"#
        ) {
            if let Some(RawObject(members)) = RawObject::parse(&text) {
                prop_assert_eq!(RawObject::outline(&text).map(|outline| outline.0), Some(members));
            }
        }

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
