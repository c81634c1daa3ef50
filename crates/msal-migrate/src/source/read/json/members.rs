//! The first members of a JSON object by name and type, which tell one store from another.

use std::io::Read;

use super::error::JsonError;
use super::stream::JsonStream;

/// A member of an object.
pub(crate) struct Member {
    pub(crate) name: String,
    /// The first byte of its value, which tells objects, arrays and strings apart.
    pub(crate) starts_with: u8,
}

impl Member {
    pub(crate) fn is_object(&self) -> bool {
        self.starts_with == b'{'
    }
}

/// The first members of the object that starts here. The last is one that `is_enough`, whose value is not passed over: it
/// may be most of a large file.
pub(crate) fn first_members(
    stream: &mut JsonStream<impl Read>,
    is_enough: impl Fn(&Member) -> bool,
) -> Result<Vec<Member>, JsonError> {
    stream.enter(b'{')?;
    let mut members: Vec<Member> = Vec::new();
    while members.len() < MOST && stream.advance(b'}', members.is_empty())? {
        let name = stream.name()?;
        let starts_with = stream.peek()?.unwrap_or_default();
        let member = Member { name, starts_with };
        let ends = is_enough(&member);
        members.push(member);
        if ends {
            break;
        }
        stream.skip()?;
    }
    Ok(members)
}

/// How many members are looked at, at most.
pub(crate) const MOST: usize = 64;
