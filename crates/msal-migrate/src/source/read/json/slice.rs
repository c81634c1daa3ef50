//! One value of a JSON text as its bytes, and parsing it.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::error::JsonError;

/// One value of the text: where it starts, and its bytes.
#[derive(Clone, Copy)]
pub(crate) struct JsonSlice<'a> {
    pub(crate) offset: u64,
    pub(crate) bytes: &'a [u8],
}

/// Parses the object that `text` starts with, and returns its length beside it.
pub(crate) fn parse_first<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<(T, usize)> {
    let mut objects = Deserializer::from_slice(text).into_iter();
    let object = objects.next()?.ok()?;
    Some((object, objects.byte_offset()))
}

/// Parses a value that should be an object.
///
/// Tells a text that is not JSON, after which no boundary can be trusted, from an object of other fields than expected,
/// which concerns only itself.
pub(crate) fn parse_object<'a, T: Deserialize<'a>>(value: JsonSlice<'a>) -> Result<T, Unparsed> {
    let is_object = value.bytes.first() == Some(&b'{');
    let parsed = is_object.then(|| serde_json::from_slice(value.bytes));
    if let Some(Ok(object)) = parsed {
        return Ok(object);
    }
    match serde_json::from_slice::<IgnoredAny>(value.bytes) {
        Ok(_) if !is_object => Err(Unparsed::Entry("the entry is not an object")),
        Ok(_) => Err(Unparsed::Entry(
            "the entry's fields cannot be read: one occurs twice or is not text",
        )),
        Err(_error) => Err(Unparsed::Text(JsonError::Syntax {
            offset: value.offset,
            expected: "well-formed JSON in the value that starts here",
        })),
    }
}

/// Why a value could not be parsed.
#[derive(Debug)]
pub(crate) enum Unparsed {
    /// It is JSON, but not what was expected; the rest of the text is not affected.
    Entry(&'static str),
    /// The text is not JSON.
    Text(JsonError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_other_fields_are_told_from_text_that_is_not_json() {
        #[derive(Debug, Deserialize)]
        struct Entry {
            #[expect(dead_code, reason = "only its type matters")]
            a: u8,
        }
        let parse = |bytes| parse_object::<Entry>(JsonSlice { offset: 9, bytes });
        assert!(parse(br#"{"a":1}"#).is_ok());
        for other in [
            &br#"{"a":"x"}"#[..],
            b"{}",
            b"[1]",
            b"1",
            br#"{"a":1,"a":2}"#,
        ] {
            assert!(matches!(parse(other), Err(Unparsed::Entry(_))));
        }
        for broken in [&b"{a:1}"[..], b"{]", b"tru", br#"{"a":1}}"#] {
            assert!(matches!(
                parse(broken),
                Err(Unparsed::Text(JsonError::Syntax { offset: 9, .. }))
            ));
        }
    }
}
