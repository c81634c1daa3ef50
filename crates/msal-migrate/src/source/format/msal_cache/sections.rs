//! The sections of the unified cache, streamed entry by entry. MSAL.NET 2 wrote the same entries in another way: as texts in
//! a list of dictionaries.

use std::io::Read;
use std::ops::ControlFlow;

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use crate::source::read::json::error::JsonError;
use crate::source::read::json::members::Member;
use crate::source::read::json::slice::JsonSlice;
use crate::source::read::json::stream::JsonStream;

/// Whether an object with this member is a unified cache.
pub(crate) fn is_section(member: &Member) -> bool {
    member.is_object() && SECTIONS.contains(&member.name.as_str())
}

/// Whether sections of a unified cache are among these members, though none is an object. PHP writes `[]` for an object
/// without members, and others write `null`. Where one is text, the members are those of a token response.
pub(crate) fn are_odd_sections(members: &[Member]) -> bool {
    let mut named = members
        .iter()
        .filter(|member| SECTIONS.contains(&member.name.as_str()))
        .peekable();
    named.peek().is_some() && named.all(|member| matches!(member.starts_with, b'[' | b'n'))
}

/// A part of a cache.
pub(super) enum Part<'a> {
    /// An entry of the section with this name.
    Entry(&'a str, JsonSlice<'a>),
    /// The section with this name, which has no entries because it is not an object.
    OddSection(&'a str),
    /// A member beside the sections that is text.
    Text(JsonSlice<'a>),
}

/// Visits the entries of the sections that say something about refresh tokens, and the sections that are none.
pub(super) fn for_each_part(
    stream: &mut JsonStream<impl Read>,
    visit: impl FnMut(Part<'_>) -> Result<ControlFlow<()>, JsonError>,
) -> Result<ControlFlow<()>, JsonError> {
    match stream.peek()? {
        Some(b'[') => for_each_part_of_dictionaries(stream, visit),
        _ => for_each_part_of_object(stream, visit),
    }
}

fn for_each_part_of_object(
    stream: &mut JsonStream<impl Read>,
    mut visit: impl FnMut(Part<'_>) -> Result<ControlFlow<()>, JsonError>,
) -> Result<ControlFlow<()>, JsonError> {
    stream.enter(b'{')?;
    let mut first = true;
    while stream.advance(b'}', first)? {
        first = false;
        let section = stream.name()?;
        let starts_with = stream.peek()?;
        let is_object = starts_with == Some(b'{');
        let flow = match SECTIONS_READ.contains(&section.as_str()) {
            true if is_object => {
                stream.for_each_member(|entry| visit(Part::Entry(&section, entry)))?
            }
            false if starts_with == Some(b'"') => visit(Part::Text(stream.value()?))?,
            is_read => {
                stream.skip()?;
                // Other members beside the sections are ignored: libraries add their own.
                match is_read {
                    true => visit(Part::OddSection(&section))?,
                    false => ControlFlow::Continue(()),
                }
            }
        };
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// `[{"Key":"refresh_tokens","Value":["{…}"]}]`: what MSAL.NET 2 wrote.
fn for_each_part_of_dictionaries(
    stream: &mut JsonStream<impl Read>,
    mut visit: impl FnMut(Part<'_>) -> Result<ControlFlow<()>, JsonError>,
) -> Result<ControlFlow<()>, JsonError> {
    stream.enter(b'[')?;
    let mut first = true;
    while stream.advance(b']', first)? {
        first = false;
        let flow = match stream.peek()? {
            Some(b'{') => dictionary(stream, &mut visit)?,
            _ => {
                stream.skip()?;
                visit(Part::OddSection(""))?
            }
        };
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// One dictionary. .NET writes its members in the order of their names.
fn dictionary(
    stream: &mut JsonStream<impl Read>,
    visit: &mut impl FnMut(Part<'_>) -> Result<ControlFlow<()>, JsonError>,
) -> Result<ControlFlow<()>, JsonError> {
    stream.enter(b'{')?;
    let mut section = "";
    let mut first = true;
    while stream.advance(b'}', first)? {
        first = false;
        let name = stream.name()?;
        let starts_with = stream.peek()?;
        let flow = match (name.as_str(), starts_with) {
            ("Key", _) => {
                let key = serde_json::from_slice::<String>(stream.value()?.bytes);
                section = section_of(&key.unwrap_or_default());
                ControlFlow::Continue(())
            }
            ("Value", Some(b'[')) if !section.is_empty() => {
                stream.for_each_element(|_index, entry| visit_text(section, entry, visit))?
            }
            ("Value", Some(b'n')) | (_, None) => {
                stream.skip()?;
                ControlFlow::Continue(())
            }
            _ => {
                stream.skip()?;
                visit(Part::OddSection(section))?
            }
        };
        if flow.is_break() {
            return Ok(flow);
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Visits the entry that stands in a text. Where there is none, the text itself is visited, which no entry is made of.
fn visit_text(
    section: &str,
    text: JsonSlice<'_>,
    visit: &mut impl FnMut(Part<'_>) -> Result<ControlFlow<()>, JsonError>,
) -> Result<ControlFlow<()>, JsonError> {
    let inner = serde_json::from_slice::<String>(text.bytes).map(Zeroizing::new);
    let is_json = |inner: &&Zeroizing<String>| serde_json::from_str::<IgnoredAny>(inner).is_ok();
    let entry = inner.as_ref().ok().filter(is_json).map(|inner| JsonSlice {
        offset: text.offset,
        bytes: inner.trim_start().as_bytes(),
    });
    visit(Part::Entry(section, entry.unwrap_or(text)))
}

fn section_of(key: &str) -> &'static str {
    match key {
        "access_tokens" => "AccessToken",
        "accounts" => "Account",
        "id_tokens" => "IdToken",
        "refresh_tokens" => "RefreshToken",
        _ => "",
    }
}

const SECTIONS: [&str; 5] = [
    "AccessToken",
    "Account",
    "AppMetadata",
    "IdToken",
    "RefreshToken",
];

const SECTIONS_READ: [&str; 3] = ["AccessToken", "Account", "RefreshToken"];
