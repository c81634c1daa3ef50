//! Telling formats apart by what is in the file, never by its name.

pub(in crate::source) mod shape;
pub(in crate::source) mod signature;

use std::path::Path;

use self::shape::Shape;
use super::{adal, csv};
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::input::Input;
use crate::source::read::json::members::first_members;
use crate::source::read::json::stream::JsonStream;
use crate::source::row::shown_name::{likely_token, listed};
use crate::source::unsupported::UnsupportedFormat;

/// The format of `input`, whose first bytes are none that [`signature::of_bytes`] recognises. Where it `is_mapped`, its
/// fields may have any names.
pub(crate) fn kind(input: &Input, is_mapped: bool) -> Result<SourceKind, SourceError> {
    let head = input.text_head()?;
    let head = head.trim_start();
    if head.is_empty() {
        return Err(empty(input));
    }
    if signature::has_sections(head) {
        return Ok(SourceKind::Ini);
    }
    if let Some(format) = signature::of_text(head) {
        return Err(unsupported(input, format));
    }
    if head.starts_with(['[', '{', '"']) && !csv::is_quoted_field(head) {
        return json_kind(input, is_mapped);
    }
    let header = head.lines().next().unwrap_or_default();
    if is_mapped && header.contains(',') || csv::is_header(header) {
        return Ok(SourceKind::Csv);
    }
    if is_mapped && header.contains('\t') || csv::is_header(&header.replace('\t', ",")) {
        return Ok(SourceKind::Tsv);
    }
    if [";", "|"]
        .iter()
        .any(|separator| csv::is_header(&header.replace(separator, ",")))
    {
        return Err(unsupported(input, UnsupportedFormat::SeparatedOtherwise));
    }
    // A table of which nobody knows the names yet: opening it says which there are.
    if csv::is_table(input)? {
        return Ok(SourceKind::Csv);
    }
    Err(SourceError::Unrecognised {
        file: input.name().to_string(),
    })
}

fn json_kind(input: &Input, is_mapped: bool) -> Result<SourceKind, SourceError> {
    if is_mapped {
        return Ok(SourceKind::Jsonl);
    }
    match Shape::of(input)? {
        Shape::Adal => adal::kind(input),
        // What Microsoft's libraries write while nobody has signed in.
        Shape::EmptyArray => Ok(SourceKind::AdalPython),
        Shape::EmptyObject => Ok(SourceKind::MsalCache),
        Shape::MsalCache => Ok(SourceKind::MsalCache),
        Shape::Tokens | Shape::TokenMap => Ok(SourceKind::TokenJson),
        Shape::Unsupported(format) => Err(unsupported(input, format)),
        Shape::Unknown => Err(unmapped(input)?),
    }
}

/// What tells that an input is of this kind.
pub(crate) fn reason(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::AdalNode => "its entries are ADAL's, with times as JavaScript writes them",
        SourceKind::AdalPython => "its entries are ADAL's, with times as Python writes them",
        SourceKind::Csv => "its first line names columns, with commas between them",
        SourceKind::Ini => "it begins with a section and its settings",
        SourceKind::Jsonl => "it is JSON, and the fields are mapped",
        SourceKind::MsalCache => "it is JSON with the sections of an MSAL cache",
        SourceKind::TokenJson => "it is JSON with the members of token responses",
        SourceKind::Tsv => "its first line names columns, with tabs between them",
        SourceKind::Records | SourceKind::Sqlite => "its first bytes say it",
    }
}

/// Whether `input` is JSON with nothing in it.
pub(crate) fn is_nothing(input: &Input) -> Result<bool, SourceError> {
    let is_json = input.text_head()?.trim_start().starts_with(['[', '{']);
    Ok(is_json && matches!(Shape::of(input)?, Shape::EmptyArray | Shape::EmptyObject))
}

/// Checks that `input` can be of the kind that the user named.
pub(crate) fn check(input: &Input, kind: SourceKind, is_mapped: bool) -> Result<(), SourceError> {
    let head = input.text_head()?;
    let head = head.trim_start();
    if head.is_empty() {
        return Err(empty(input));
    }
    // The columns of a table may have any names, so nothing in it contradicts the user.
    if matches!(kind, SourceKind::Csv | SourceKind::Tsv) {
        return Ok(());
    }
    let format = signature::of_text(head);
    // With a mapping the settings of a program that is known are read as those of any other.
    let is_settings = |format: UnsupportedFormat| is_mapped && format.is_settings();
    if kind == SourceKind::Ini && format.is_none_or(is_settings) {
        return Ok(());
    }
    if let Some(format) = format {
        return Err(unsupported(input, format));
    }
    let wrong = |problem| {
        Err(SourceError::WrongKind {
            file: input.name().to_string(),
            kind,
            problem,
        })
    };
    if !head.starts_with(['[', '{']) {
        return wrong("it is no JSON array or object");
    }
    match (kind, Shape::of(input)?) {
        (_, Shape::Unsupported(format)) => Err(unsupported(input, format)),
        (SourceKind::Jsonl, _) | (SourceKind::MsalCache, Shape::EmptyObject | Shape::MsalCache) => {
            Ok(())
        }
        (SourceKind::MsalCache, _) => wrong("it has none of the sections of an MSAL cache"),
        (_, Shape::MsalCache) => wrong("it is an MSAL cache"),
        _ => Ok(()),
    }
}

/// The error that names the members of the text's first object.
fn unmapped(input: &Input) -> Result<SourceError, SourceError> {
    let mut stream = JsonStream::new(input.text()?);
    let is_array = matches!(stream.peek(), Ok(Some(b'[')));
    let entered = if is_array { stream.enter(b'[') } else { Ok(()) };
    let members = entered.and_then(|()| first_members(&mut stream, |_| false));
    // What cannot be read has no names to list: the error is about the names.
    let members = members.unwrap_or_default();
    let names = members.iter().map(|member| member.name.as_str());
    Ok(SourceError::Unmapped {
        file: input.name().to_string(),
        likely: likely_token(names.clone(), None),
        members: listed(names),
    })
}

fn unsupported(input: &Input, format: UnsupportedFormat) -> SourceError {
    SourceError::UnsupportedFormat {
        file: input.name().to_string(),
        format,
    }
}

/// msal-extensions leaves an empty file and a lock file beside it where the system's keyring holds the cache.
fn empty(input: &Input) -> SourceError {
    SourceError::Empty {
        file: input.name().to_string(),
        in_keyring: Path::new(&format!("{}.lockfile", input.name())).exists(),
    }
}
