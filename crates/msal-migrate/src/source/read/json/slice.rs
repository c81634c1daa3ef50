//! One value of a JSON text as its bytes, and how an object is parsed from them.

use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny};
use serde_json::Deserializer;

use super::error::JsonError;

/// The bytes of one value of a text.
#[derive(Clone, Copy)]
pub(crate) struct JsonSlice<'a> {
    /// Where the value starts in the text.
    pub(crate) offset: u64,
    pub(crate) bytes: &'a [u8],
}

/// Parses the object that `text` starts with, and returns it with its length.
pub(crate) fn parse_first<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<(T, usize)> {
    let mut objects = Deserializer::from_slice(text).into_iter();
    let object = objects.next()?.ok()?;
    Some((object, objects.byte_offset()))
}

/// Parses a value that should be an object.
///
/// # Errors
/// The outer error is a text that is not JSON, after which no boundary can be trusted. The inner one is JSON that is not
/// what was expected, which concerns only this value.
pub(crate) fn parse_object<'a, T: Deserialize<'a>>(
    value: JsonSlice<'a>,
) -> Result<Parsed<T>, JsonError> {
    parse_object_as(value, PhantomData::<T>)
}

/// As [`parse_object`], as `seed` parses it.
///
/// # Errors
/// As [`parse_object`].
pub(crate) fn parse_object_as<'a, S: DeserializeSeed<'a>>(
    value: JsonSlice<'a>,
    seed: S,
) -> Result<Parsed<S::Value>, JsonError> {
    let is_object = value.bytes.first() == Some(&b'{');
    let parsed = is_object.then(|| {
        let mut deserializer = Deserializer::from_slice(value.bytes);
        let object = seed.deserialize(&mut deserializer)?;
        deserializer.end().map(|()| object)
    });
    if let Some(Ok(object)) = parsed {
        return Ok(Ok(object));
    }
    match serde_json::from_slice::<IgnoredAny>(value.bytes) {
        Ok(_) if !is_object => Ok(Err("the entry is not an object")),
        Ok(_) => Ok(Err(
            "the entry's fields cannot be read: one occurs twice or is not text",
        )),
        Err(_error) => Err(JsonError::Syntax {
            offset: value.offset,
            expected: "well-formed JSON in the value that starts here",
        }),
    }
}

/// What was made of an entry, or why nothing could be.
pub(crate) type Parsed<T> = Result<T, &'static str>;

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
        assert!(matches!(parse(br#"{"a":1}"#), Ok(Ok(_))));
        for other in [
            &br#"{"a":"x"}"#[..],
            b"{}",
            b"[1]",
            b"1",
            br#"{"a":1,"a":2}"#,
        ] {
            assert!(matches!(parse(other), Ok(Err(_))));
        }
        for broken in [&b"{a:1}"[..], b"{]", b"tru", br#"{"a":1}}"#] {
            assert!(matches!(
                parse(broken),
                Err(JsonError::Syntax { offset: 9, .. })
            ));
        }
    }
}
