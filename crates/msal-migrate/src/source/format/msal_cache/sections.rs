//! The sections of the unified cache, streamed entry by entry.

use std::io::Read;
use std::ops::ControlFlow;

use crate::source::read::json::error::JsonError;
use crate::source::read::json::members::Member;
use crate::source::read::json::slice::JsonSlice;
use crate::source::read::json::stream::JsonStream;

/// Whether an object with this member is a unified cache.
pub(crate) fn is_section(member: &Member) -> bool {
    member.is_object() && SECTIONS.contains(&member.name.as_str())
}

/// Visits the entries of the sections that say something about refresh tokens, with the section's name.
pub(super) fn for_each_entry(
    stream: &mut JsonStream<impl Read>,
    mut visit: impl FnMut(&str, JsonSlice<'_>) -> Result<ControlFlow<()>, JsonError>,
) -> Result<ControlFlow<()>, JsonError> {
    stream.enter(b'{')?;
    let mut first = true;
    while stream.advance(b'}', first)? {
        first = false;
        let section = stream.name()?;
        // Members beside the sections are ignored: libraries add their own.
        if stream.peek()? != Some(b'{') || !SECTIONS_READ.contains(&section.as_str()) {
            stream.skip()?;
            continue;
        }
        let flow = stream.for_each_member(|entry| visit(&section, entry))?;
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(ControlFlow::Continue(()))
}

const SECTIONS: [&str; 5] = [
    "AccessToken",
    "Account",
    "AppMetadata",
    "IdToken",
    "RefreshToken",
];

const SECTIONS_READ: [&str; 3] = ["AccessToken", "Account", "RefreshToken"];
