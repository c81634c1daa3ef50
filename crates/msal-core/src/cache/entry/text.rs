//! The JSON text of an entry.

use std::borrow::Cow;
use std::io::Write as _;

use super::{Entry, Value};
use crate::Text;
use crate::json::{RawObject, write_line, write_string};

/// Appends the text of an entry: its members, and after them those of `previous` that it does not know.
pub(crate) fn write_entry(out: &mut Vec<u8>, entry: &impl Entry, previous: Option<&Text>) {
    out.push(b'{');
    entry.members(&mut |name, member| {
        if matches!(member, Value::Absent) {
            return;
        }
        start_line(out);
        // The names that are known need no escapes.
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\": ");
        write_member(out, &member);
    });
    // Other SDKs know members that we do not. They lose none of them when an entry is renewed here; of those that are known,
    // what is no longer said is gone.
    let previous = previous.and_then(|text| RawObject::parse(text.as_str()));
    if let Some(previous) = previous {
        let mut known = Vec::new();
        entry.members(&mut |name, _| known.push(name));
        let unknown = |(name, _): &(Cow<'_, str>, _)| !known.contains(&name.as_ref());
        for (name, value) in previous.0.into_iter().filter(unknown) {
            start_line(out);
            write_string(out, &name);
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
        }
    }
    write_line(out, 2);
    out.push(b'}');
}

/// The size of what [`write_entry`] appends if nothing needs an escape, or a few bytes more.
pub(crate) fn entry_size(entry: &impl Entry, previous: Option<&Text>) -> usize {
    // Each member of the previous text may need a line and an indentation that it had not.
    let mut size = 24 + previous.map_or(0, |text| text.as_bytes().len() * 3);
    entry.members(&mut |name, member| size += name.len() + member.size() + 24);
    size
}

fn start_line(out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    write_line(out, 3);
}

fn write_member(out: &mut Vec<u8>, member: &Value<'_>) {
    match member {
        Value::Absent => {}
        Value::Null => out.extend_from_slice(b"null"),
        Value::Text(text) => write_string(out, text),
        // All numbers of the cache are strings.
        Value::Time(time) => {
            let _infallible = write!(out, "\"{}\"", time.as_secs());
        }
        Value::List(items) => {
            out.push(b'[');
            for item in items {
                if out.last() != Some(&b'[') {
                    out.push(b',');
                }
                write_line(out, 4);
                write_string(out, item);
            }
            write_line(out, 3);
            out.push(b']');
        }
    }
}
