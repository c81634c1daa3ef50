//! What a JSON text holds, told from the members of its first object.

use std::io::Read;

use crate::source::error::SourceError;
use crate::source::format::adal;
use crate::source::format::msal_cache::sections::{are_odd_sections, is_section};
use crate::source::format::token_object::{is_telling, names_token};
use crate::source::read::input::Input;
use crate::source::read::json::error::JsonError;
use crate::source::read::json::members::{MOST, Member, first_members};
use crate::source::read::json::stream::JsonStream;
use crate::source::unsupported::UnsupportedFormat;

/// What a JSON text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// ADAL's entries: one, or an array.
    Adal,
    /// A context of Azure PowerShell, with ADAL.NET's cache in it.
    AdalNetContext,
    EmptyArray,
    EmptyObject,
    /// The sections of a unified cache, or MSAL.NET 2's dictionaries.
    MsalCache,
    /// An object of token responses by name.
    TokenMap,
    /// Token responses: one, an array, or one after the other.
    Tokens,
    Unknown,
    Unsupported(UnsupportedFormat),
}

impl Shape {
    pub(crate) fn of(input: &Input) -> Result<Self, SourceError> {
        let mut stream = JsonStream::new(input.text()?);
        Self::of_text(&mut stream).map_err(|error| error.in_file(input.name()))
    }

    /// Whether an object of objects has token responses in it: whether one of those has a token.
    pub(crate) fn is_of_tokens(input: &Input) -> Result<bool, SourceError> {
        let mut stream = JsonStream::new(input.text()?);
        has_object_with_token(&mut stream).map_err(|error| error.in_file(input.name()))
    }

    fn of_text(stream: &mut JsonStream<impl Read>) -> Result<Self, JsonError> {
        match stream.peek()? {
            Some(b'[') => Self::of_array(stream),
            Some(b'{') => Ok(Self::of_object(&first_members(stream, is_section)?)),
            Some(b'"') => Ok(Self::Unsupported(UnsupportedFormat::JsonString)),
            _ => Ok(Self::Unknown),
        }
    }

    fn of_array(stream: &mut JsonStream<impl Read>) -> Result<Self, JsonError> {
        stream.enter(b'[')?;
        let mut index = 0;
        while stream.advance(b']', index == 0)? {
            if stream.peek()? == Some(b'{') {
                return Ok(Self::of_element(&first_members(stream, is_section)?));
            }
            stream.skip()?;
            index += 1;
            if index == MOST_ELEMENTS {
                return Ok(Self::Unknown);
            }
        }
        Ok(if index == 0 {
            Self::EmptyArray
        } else {
            Self::Unknown
        })
    }

    /// The shape of an array of objects like this one. Only MSAL.NET 2 wrote a cache into an array.
    fn of_element(members: &[Member]) -> Self {
        if has_all(members, &["Key", "Value"]) {
            return Self::MsalCache;
        }
        match Self::of_object(members) {
            Self::Adal => Self::Adal,
            // Only the outermost object is taken for one of names.
            Self::TokenMap | Self::Unknown => Self::Unknown,
            _ => Self::Tokens,
        }
    }

    fn of_object(members: &[Member]) -> Self {
        if members.is_empty() {
            return Self::EmptyObject;
        }
        if members.iter().any(is_section) || are_odd_sections(members) {
            return Self::MsalCache;
        }
        if adal::is_entry(members) {
            return Self::Adal;
        }
        if members.iter().any(is_telling) {
            return Self::Tokens;
        }
        let is_adal_net = |member: &Member| member.is_object() && member.name == "TokenCache";
        if members.iter().any(is_adal_net) {
            return Self::AdalNetContext;
        }
        if has_all(members, &["logins", "nextId"]) {
            return Self::Unsupported(UnsupportedFormat::MozillaLogins);
        }
        if has_all(members, &["iv", "mac", "value"]) {
            return Self::Unsupported(UnsupportedFormat::Laravel);
        }
        if members.iter().all(Member::is_object) {
            return Self::TokenMap;
        }
        Self::Unknown
    }
}

fn has_object_with_token(stream: &mut JsonStream<impl Read>) -> Result<bool, JsonError> {
    stream.enter(b'{')?;
    let mut count = 0;
    while stream.advance(b'}', count == 0)? {
        count += 1;
        stream.name()?;
        if stream.peek()? != Some(b'{') {
            stream.skip()?;
            continue;
        }
        let members = first_members(stream, names_token)?;
        // What has more members than are looked at is not said to have none.
        if members.len() == MOST || members.iter().any(names_token) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_all(members: &[Member], names: &[&str]) -> bool {
    let has = |name: &&str| members.iter().any(|member| member.name == **name);
    names.iter().all(has)
}

/// How many elements of an array are looked at for the first object.
const MOST_ELEMENTS: u64 = 16;
