//! Telling formats apart by what is in the file, never by its name.

use std::io::Read;

use zeroize::Zeroizing;

use super::csv;
use super::msal_cache::sections::SECTIONS;
use super::token_object::is_telling;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::input::Input;
use crate::source::read::json::error::JsonError;
use crate::source::read::json::stream::JsonStream;
use crate::source::row::mapping::Mapping;
use crate::source::row::shown_name::listed;
use crate::source::unsupported::UnsupportedFormat;

/// How much of a file is looked at to tell its format.
pub(crate) const HEAD: usize = 64 * 1024;

/// How many members of an object are looked at.
const MEMBERS: usize = 64;

/// How many elements of an array are looked at for the first object.
const ELEMENTS: u64 = 16;

/// Members that only ADAL writes, or Azure CLI beside it.
const ADAL: [&str; 6] = [
    "_authority",
    "_clientId",
    "isMRRT",
    "isUserIdDisplayable",
    "servicePrincipalId",
    "servicePrincipalTenant",
];

/// Members that ADAL always writes, and others only singly.
const ADAL_TOGETHER: [&str; 3] = ["expiresOn", "resource", "tokenType"];

/// What a JSON text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Adal,
    Unsupported(UnsupportedFormat),
    MsalCache,
    /// Token responses: one, an array, or one after the other.
    Tokens,
    /// An object of token responses by name.
    TokenMap,
    Unknown,
}

/// The format of `input`.
pub(crate) fn kind(input: &Input, mapping: &Mapping) -> Result<SourceKind, SourceError> {
    let head = text_head(input)?;
    if head.trim().is_empty() {
        return Err(empty(input));
    }
    if let Some(format) = UnsupportedFormat::of_text(&head) {
        return Err(foreign(input, format));
    }
    if head.trim_start().starts_with(['[', '{', '"']) {
        return json_kind(input, mapping);
    }
    let header = head.trim_start().lines().next().unwrap_or_default();
    if !mapping.is_empty() && header.contains(',') || csv::is_header(header) {
        return Ok(SourceKind::Csv);
    }
    if [';', '\t']
        .iter()
        .any(|separator| csv::is_header(&header.replace(*separator, ",")))
    {
        return Err(foreign(input, UnsupportedFormat::SeparatedOtherwise));
    }
    Err(SourceError::Unrecognised {
        file: input.name().to_string(),
    })
}

fn json_kind(input: &Input, mapping: &Mapping) -> Result<SourceKind, SourceError> {
    if !mapping.is_empty() {
        return Ok(SourceKind::Jsonl);
    }
    match shape_of_json(input)? {
        Shape::Adal => Ok(SourceKind::AdalPython),
        Shape::MsalCache => Ok(SourceKind::MsalCache),
        Shape::Tokens | Shape::TokenMap => Ok(SourceKind::TokenJson),
        Shape::Unsupported(format) => Err(foreign(input, format)),
        Shape::Unknown => Err(SourceError::Unmapped {
            file: input.name().to_string(),
            members: first_members(input)?,
        }),
    }
}

/// Checks that `input` can be of the kind that the user named.
pub(crate) fn check(input: &Input, kind: SourceKind) -> Result<(), SourceError> {
    let head = text_head(input)?;
    if head.trim().is_empty() {
        return Err(empty(input));
    }
    // A column may be called anything, so a table is taken at the user's word.
    if kind == SourceKind::Csv {
        return Ok(());
    }
    if let Some(format) = UnsupportedFormat::of_text(&head) {
        return Err(foreign(input, format));
    }
    let wrong = |problem| {
        Err(SourceError::WrongKind {
            file: input.name().to_string(),
            kind,
            problem,
        })
    };
    if !head.trim_start().starts_with(['[', '{']) {
        return wrong("it is no JSON array or object");
    }
    match (kind, shape_of_json(input)?) {
        (_, Shape::Unsupported(format)) => Err(foreign(input, format)),
        (SourceKind::Jsonl, _) => Ok(()),
        (SourceKind::MsalCache, Shape::MsalCache) => Ok(()),
        (SourceKind::MsalCache, _) => wrong("it has none of the sections of an MSAL cache"),
        (_, Shape::MsalCache) => wrong("it is an MSAL cache"),
        _ => Ok(()),
    }
}

/// What the JSON text in `input` holds, told from the members of its first object.
pub(crate) fn shape_of_json(input: &Input) -> Result<Shape, SourceError> {
    let mut stream = JsonStream::new(input.text()?);
    shape(&mut stream).map_err(|error| error.in_file(input.name()))
}

fn shape(stream: &mut JsonStream<impl Read>) -> Result<Shape, JsonError> {
    match stream.peek()? {
        Some(b'[') => shape_of_array(stream),
        Some(b'{') => Ok(shape_of_object(&members(stream)?)),
        Some(b'"') => Ok(Shape::Unsupported(UnsupportedFormat::JsonString)),
        _ => Ok(Shape::Unknown),
    }
}

fn shape_of_array(stream: &mut JsonStream<impl Read>) -> Result<Shape, JsonError> {
    stream.enter(b'[')?;
    let mut index = 0;
    while stream.advance(b']', index == 0)? {
        if stream.peek()? == Some(b'{') {
            let members = members(stream)?;
            return Ok(match shape_of_object(&members) {
                _ if has(&members, "Key") && has(&members, "Value") => {
                    Shape::Unsupported(UnsupportedFormat::MsalNetDictionary)
                }
                Shape::Adal => Shape::Adal,
                Shape::Unknown => Shape::Unknown,
                _ => Shape::Tokens,
            });
        }
        stream.skip()?;
        index += 1;
        if index == ELEMENTS {
            return Ok(Shape::Unknown);
        }
    }
    // The cache of an application that nobody has signed in to.
    Ok(if index == 0 {
        Shape::Adal
    } else {
        Shape::Unknown
    })
}

fn shape_of_object(members: &[Member]) -> Shape {
    let is_section =
        |member: &Member| member.starts_with == b'{' && SECTIONS.contains(&member.name.as_str());
    let holds_cache = |member: &Member| member.starts_with == b'{' && member.name == "TokenCache";
    if members.is_empty() || members.iter().any(is_section) {
        return Shape::MsalCache;
    }
    if ADAL.iter().any(|name| has(members, name))
        || ADAL_TOGETHER.iter().all(|name| has(members, name))
    {
        return Shape::Adal;
    }
    if members
        .iter()
        .any(|member| is_telling(&member.name, member.starts_with))
    {
        return Shape::Tokens;
    }
    if members.iter().any(holds_cache) {
        return Shape::Unsupported(UnsupportedFormat::AzureRmContext);
    }
    if ["iv", "mac", "value"].iter().all(|name| has(members, name)) {
        return Shape::Unsupported(UnsupportedFormat::Laravel);
    }
    if members.iter().all(|member| member.starts_with == b'{') {
        return Shape::TokenMap;
    }
    Shape::Unknown
}

/// A member of an object: its name, and the first byte of its value.
struct Member {
    name: String,
    starts_with: u8,
}

/// The first members of the object that starts here.
fn members(stream: &mut JsonStream<impl Read>) -> Result<Vec<Member>, JsonError> {
    stream.enter(b'{')?;
    let mut members: Vec<Member> = Vec::new();
    while members.len() < MEMBERS && stream.advance(b'}', members.is_empty())? {
        let name = stream.name()?;
        let starts_with = stream.peek()?.unwrap_or_default();
        // A section of a cache may be most of a large file, and says enough.
        let is_section = starts_with == b'{' && SECTIONS.contains(&name.as_str());
        members.push(Member { name, starts_with });
        if is_section {
            break;
        }
        stream.skip()?;
    }
    Ok(members)
}

/// The names of the members of the text's first object, for an error.
fn first_members(input: &Input) -> Result<String, SourceError> {
    let mut stream = JsonStream::new(input.text()?);
    let found = match stream.peek() {
        Ok(Some(b'[')) => stream.enter(b'[').and_then(|()| members(&mut stream)),
        _ => members(&mut stream),
    };
    let names = found.unwrap_or_default();
    Ok(listed(names.iter().map(|member| member.name.as_str())))
}

/// The names of the first members of an object.
pub(crate) fn member_names(object: &[u8]) -> Vec<String> {
    let members = members(&mut JsonStream::new(object)).unwrap_or_default();
    members.into_iter().map(|member| member.name).collect()
}

fn has(members: &[Member], name: &str) -> bool {
    members.iter().any(|member| member.name == name)
}

fn text_head(input: &Input) -> Result<Zeroizing<String>, SourceError> {
    let mut head = Zeroizing::new(Vec::with_capacity(HEAD + 1));
    input
        .text()?
        .take(HEAD as u64)
        .read_to_end(&mut head)
        .map_err(|error| input.failed(error))?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&head).into_owned()))
}

fn foreign(input: &Input, format: UnsupportedFormat) -> SourceError {
    SourceError::UnsupportedFormat {
        file: input.name().to_string(),
        format,
    }
}

/// msal-extensions leaves an empty file beside a lock file where the system's keyring holds the cache.
fn empty(input: &Input) -> SourceError {
    SourceError::Empty {
        file: input.name().to_string(),
        in_keyring: std::path::Path::new(&format!("{}.lockfile", input.name())).exists(),
    }
}
