//! Going down into a JSON text to the values that are wanted, without building what stands around them.

use std::io::Read;
use std::ops::ControlFlow;

use super::error::JsonError;
use super::slice::JsonSlice;
use super::stream::JsonStream;

/// Takes a value, with its name if it is a member.
pub(crate) type Each<'e> =
    dyn FnMut(Option<&str>, JsonSlice<'_>) -> Result<ControlFlow<()>, JsonError> + 'e;

/// Why the values cannot be visited.
pub(crate) enum DescentError {
    Json(JsonError),
    /// The pointer leads nowhere, where these members are instead.
    NotThere {
        members: Vec<String>,
    },
}

impl From<JsonError> for DescentError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

/// Visits the values that `segments` of a JSON pointer lead to: the elements of an array, another value as it is, and what
/// is in either kind of container where the last segment is `*`. What follows in the text must be well-formed.
pub(crate) fn descend(
    stream: &mut JsonStream<impl Read>,
    segments: &[String],
    each: &mut Each<'_>,
) -> Result<ControlFlow<()>, DescentError> {
    let flow = enter(stream, segments, each)?;
    if flow.is_continue() {
        stream.end()?;
    }
    Ok(flow)
}

fn enter(
    stream: &mut JsonStream<impl Read>,
    segments: &[String],
    each: &mut Each<'_>,
) -> Result<ControlFlow<()>, DescentError> {
    let opens_with = stream.peek()?;
    let Some((wanted, rest)) = segments.split_first() else {
        return Ok(match opens_with {
            Some(b'[') => stream.for_each_element(|_index, value| each(None, value))?,
            _ => each(None, stream.value()?)?,
        });
    };
    match (opens_with, wanted.as_str()) {
        (Some(b'['), "*") => Ok(stream.for_each_element(|_index, value| each(None, value))?),
        (Some(b'{'), "*") => {
            Ok(stream.for_each_named_member(|name, value| each(Some(name), value))?)
        }
        (Some(b'['), index) => element(stream, index.parse().ok(), rest, each),
        (Some(b'{'), name) => member(stream, name, rest, each),
        _ => Err(DescentError::NotThere {
            members: Vec::new(),
        }),
    }
}

fn element(
    stream: &mut JsonStream<impl Read>,
    wanted: Option<u64>,
    rest: &[String],
    each: &mut Each<'_>,
) -> Result<ControlFlow<()>, DescentError> {
    stream.enter(b'[')?;
    let mut index = 0;
    let mut is_found = false;
    while stream.advance(b']', index == 0)? {
        if Some(index) != wanted {
            stream.skip()?;
        } else if enter(stream, rest, each)?.is_break() {
            return Ok(ControlFlow::Break(()));
        } else {
            is_found = true;
        }
        index += 1;
    }
    found(is_found, Vec::new())
}

fn member(
    stream: &mut JsonStream<impl Read>,
    wanted: &str,
    rest: &[String],
    each: &mut Each<'_>,
) -> Result<ControlFlow<()>, DescentError> {
    stream.enter(b'{')?;
    let mut members = Vec::new();
    let (mut is_first, mut is_found) = (true, false);
    while stream.advance(b'}', is_first)? {
        is_first = false;
        let name = stream.name()?;
        // RFC 8259 §4 leaves open which of two members of one name counts. Their rows would be counted twice.
        if name != wanted || is_found {
            stream.skip()?;
            if members.len() < MOST_NAMES {
                members.push(name);
            }
        } else if enter(stream, rest, each)?.is_break() {
            return Ok(ControlFlow::Break(()));
        } else {
            is_found = true;
        }
    }
    found(is_found, members)
}

fn found(is_found: bool, members: Vec<String>) -> Result<ControlFlow<()>, DescentError> {
    match is_found {
        true => Ok(ControlFlow::Continue(())),
        false => Err(DescentError::NotThere { members }),
    }
}

/// How many names an error may list, and one more.
const MOST_NAMES: usize = 31;

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pointer: &[&str], json: &str) -> String {
        let segments: Vec<String> = pointer.iter().map(|it| (*it).to_owned()).collect();
        let mut seen = Vec::new();
        let mut stream = JsonStream::new(json.as_bytes());
        let flow = descend(&mut stream, &segments, &mut |name, value| {
            let value = String::from_utf8_lossy(value.bytes);
            seen.push(format!(
                "{}{value}",
                name.map(|it| format!("{it}:")).unwrap_or_default()
            ));
            Ok(ControlFlow::Continue(()))
        });
        match flow {
            Ok(_) => seen.join(" "),
            Err(DescentError::Json(error)) => error.to_string(),
            Err(DescentError::NotThere { members }) => format!("not in {}", members.join(" ")),
        }
    }

    #[test]
    fn pointers_lead_to_rows() {
        let json =
            r#"{"meta":{"n":[9]},"data":{"a":[{"x":1},{"x":2}],"b":{"k":3,"l":4}},"end":[]}"#;
        for (pointer, expected) in [
            (&["data", "a"][..], r#"{"x":1} {"x":2}"#),
            (&["data", "a", "*"], r#"{"x":1} {"x":2}"#),
            (&["data", "a", "1"], r#"{"x":2}"#),
            (&["data", "b"], r#"{"k":3,"l":4}"#),
            (&["data", "b", "*"], "k:3 l:4"),
            (&["end"], ""),
            (&["data", "c"], "not in a b"),
            (&["nothing"], "not in meta data end"),
            (&["data", "a", "2"], "not in "),
            (&["meta", "n", "0", "x"], "not in "),
        ] {
            assert_eq!(values(pointer, json), expected, "{pointer:?}");
        }
    }

    #[test]
    fn damage_behind_the_rows_is_found() {
        let cut = r#"{"data":[1],"more":"#;
        assert!(
            values(&["data"], cut).contains("ends at byte"),
            "{}",
            values(&["data"], cut)
        );
        assert!(values(&["data"], r#"{"data":[1]}]"#).contains("byte 12"));
        assert_eq!(values(&["a"], r#"{"a":1,"a":2}"#), "1");
    }
}
