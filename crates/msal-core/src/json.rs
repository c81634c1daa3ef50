//! Writing JSON the way Python's `json.dumps(…, indent=4)` does, and reading objects member by member.
//!
//! A cache that this library rewrote and one that MSAL Python rewrote differ in no byte that was not changed.

use std::borrow::Cow;

use memchr::memchr2;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Appends `text` as a JSON string in ASCII, with Python's choice of escapes.
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    match needs_escape(text) {
        true => write_escaped(out, text),
        false => out.extend_from_slice(text.as_bytes()),
    }
    out.push(b'"');
}

/// As many bytes as [`write_string`] appends where nothing needs an escape, which is not looked for here.
pub(crate) fn string_size(text: &str) -> usize {
    text.len() + 2
}

/// No byte of UTF-8 takes more than this when it is escaped: `\u0001` for one, `\ud83d\ude00` for four.
pub(crate) const LONGEST_ESCAPE: usize = 6;

/// Whether any byte cannot stand for itself. It looks at each without branching and keeps no more than a byte of what
/// it saw, which compilers turn into a few instructions for sixteen of them: tokens are long and never need an escape.
fn needs_escape(text: &str) -> bool {
    let found = text.bytes().fold(0, |found, byte| {
        found | u8::from(!(b' '..=b'\x7f').contains(&byte) | (byte == b'"') | (byte == b'\\'))
    });
    found != 0
}

fn write_escaped(out: &mut Vec<u8>, text: &str) {
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        let is_plain =
            (' '..='\u{7f}').contains(&character) && character != '"' && character != '\\';
        if is_plain {
            continue;
        }
        out.extend_from_slice(text.get(plain..at).unwrap_or_default().as_bytes());
        write_escape(out, character);
        plain = at + character.len_utf8();
    }
    out.extend_from_slice(text.get(plain..).unwrap_or_default().as_bytes());
}

fn write_escape(out: &mut Vec<u8>, character: char) {
    let short = match character {
        '"' => b'"',
        '\\' => b'\\',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        _ => {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Starts a new line at an indentation of `depth` steps of four blanks, of which there are four at most.
pub(crate) fn write_line(out: &mut Vec<u8>, depth: usize) {
    out.extend_from_slice(LINE.get(..=depth * 4).unwrap_or(LINE.as_slice()));
}

const LINE: &[u8; 17] = b"\n                ";

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

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        write_string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_escaped_as_python_does() {
        assert_eq!(written("plain /~"), "\"plain /~\"");
        assert_eq!(written("Åd\u{1F600}"), r#""\u00c5d\ud83d\ude00""#);
        assert_eq!(
            written("\"\\\n\r\t\u{8}\u{c}\u{1}\u{7f}"),
            "\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\u{7f}\""
        );
    }

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

    #[test]
    fn what_is_written_reads_back() {
        for text in ["", "Å\u{1F600}\u{0}", "a\"b\\c"] {
            assert_eq!(
                serde_json::from_str::<String>(&written(text)).unwrap(),
                text
            );
            assert!(LONGEST_ESCAPE * string_size(text) >= written(text).len());
        }
    }
}
