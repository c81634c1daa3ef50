//! The sections of the unified cache, streamed entry by entry.

use std::io::Read;
use std::ops::ControlFlow;

use crate::source::read::json::error::JsonError;
use crate::source::read::json::slice::JsonSlice;
use crate::source::read::json::stream::JsonStream;

/// The sections of the unified cache.
pub(crate) const SECTIONS: [&str; 5] = [
    "AccessToken",
    "Account",
    "AppMetadata",
    "IdToken",
    "RefreshToken",
];

/// Visits the entries of the sections that matter, with the section's name.
pub(super) fn for_each_entry(
    stream: &mut JsonStream<impl Read>,
    mut visit: impl FnMut(&str, JsonSlice<'_>) -> Result<ControlFlow<()>, JsonError>,
) -> Result<ControlFlow<()>, JsonError> {
    stream.enter(b'{')?;
    let mut first = true;
    while stream.advance(b'}', first)? {
        first = false;
        let section = stream.name()?;
        if stream.peek()? != Some(b'{') || !READ.contains(&section.as_str()) {
            stream.skip()?;
            continue;
        }
        let flow = stream.for_each_member(|value| visit(&section, value))?;
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(ControlFlow::Continue(()))
}

const READ: [&str; 3] = ["AccessToken", "Account", "RefreshToken"];
