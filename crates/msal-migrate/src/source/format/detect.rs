//! Telling formats apart by what is in the file, never by its name.

mod likely_members;
pub(in crate::source) mod shape;
pub(in crate::source) mod signature;

use std::path::Path;

use self::shape::Shape;
use super::{adal, csv, rclone};
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::input::Input;
use crate::source::read::json::members::first_members;
use crate::source::read::json::stream::JsonStream;
use crate::source::row::shown_name::listed;
use crate::source::unsupported::UnsupportedFormat;

/// The format of `input`, whose first bytes are none that [`signature::of_bytes`] recognises. Where it `is_mapped`, its
/// fields may have any names.
pub(crate) fn kind(input: &Input, is_mapped: bool) -> Result<SourceKind, SourceError> {
    if signature::adal_net_schema(&input.head()?).is_some() {
        return Ok(SourceKind::AdalNet);
    }
    let head = input.text_head()?;
    let head = head.trim_start();
    if is_empty(head) {
        return Err(empty(input));
    }
    if rclone::is_configuration(head) && !is_mapped {
        return Ok(SourceKind::Rclone);
    }
    if signature::has_sections(head) {
        return Ok(SourceKind::Ini);
    }
    if let Some(format) = signature::of_text(head) {
        return Err(unsupported(input, format));
    }
    if signature::is_bare_token(head) {
        return Ok(SourceKind::Bare);
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
    for (separator, format) in SEPARATED_OTHERWISE {
        if csv::is_header(&header.replace(char::from(separator), ",")) {
            return Err(unsupported(input, format));
        }
    }
    // A table of which nobody knows the names yet: opening it says which there are.
    for (separator, kind) in [(b',', SourceKind::Csv), (b'\t', SourceKind::Tsv)] {
        if csv::is_table(input, separator)? {
            return Ok(kind);
        }
    }
    for (separator, format) in SEPARATED_OTHERWISE {
        if csv::is_table(input, separator)? {
            return Err(unsupported(input, format));
        }
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
        Shape::AdalNetContext => Ok(SourceKind::AdalNet),
        // What Microsoft's libraries write while nobody has signed in.
        Shape::EmptyArray => Ok(SourceKind::AdalPython),
        Shape::EmptyObject => Ok(SourceKind::MsalCache),
        Shape::MsalCache => Ok(SourceKind::MsalCache),
        Shape::Tokens => Ok(SourceKind::TokenJson),
        Shape::TokenMap => match Shape::is_of_tokens(input)? {
            true => Ok(SourceKind::TokenJson),
            false => token_map(input),
        },
        Shape::Unsupported(format) => Err(unsupported(input, format)),
        Shape::Unknown => Err(unmapped(input, Outermost::Members)?),
    }
}

/// An object of objects in which no token has a usual name: where one may be, the error says what to type; else each of the
/// objects is told to be none that is understood. What they are called may be the names of users, and is not shown.
fn token_map(input: &Input) -> Result<SourceKind, SourceError> {
    match unmapped(input, Outermost::Names)? {
        error @ SourceError::Unmapped {
            likely: Some(_), ..
        } => Err(error),
        _ => Ok(SourceKind::TokenJson),
    }
}

/// What tells that an input is of this kind.
pub(crate) fn reason(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::AdalNet => {
            "it begins as a cache of ADAL.NET, or is a context of Azure PowerShell"
        }
        SourceKind::Bare => "it holds words that can be refresh tokens, and nothing else",
        SourceKind::Rclone => "its sections are remotes of rclone, or it is encrypted by rclone",
        SourceKind::AdalNode => "its entries are ADAL's, with times as JavaScript writes them",
        SourceKind::AdalPython => "its entries are ADAL's, with times as Python writes them",
        SourceKind::Csv => "its first line names columns, with commas between them",
        SourceKind::Ini => "it begins with a section and its settings",
        SourceKind::Jsonl => "it is JSON, and the fields are mapped",
        SourceKind::MsalCache => "it is JSON with the sections of an MSAL cache",
        SourceKind::TokenJson => "it is JSON with the members of token responses",
        SourceKind::Tsv => "its first line names columns, with tabs between them",
        SourceKind::MySql | SourceKind::Postgres => "its URL says it",
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
    let wrong = |problem| {
        Err(SourceError::WrongKind {
            file: input.name().to_string(),
            kind,
            problem,
        })
    };
    if signature::adal_net_schema(&input.head()?).is_some() {
        return match kind {
            SourceKind::AdalNet => Ok(()),
            _ => wrong("it is a binary cache of ADAL.NET"),
        };
    }
    let head = input.text_head()?;
    let head = head.trim_start();
    if is_empty(head) {
        return Err(empty(input));
    }
    // The columns of a table may have any names, so nothing in it contradicts the user.
    if matches!(kind, SourceKind::Csv | SourceKind::Tsv) {
        return Ok(());
    }
    if kind == SourceKind::Ini {
        return check_settings(input, head, is_mapped);
    }
    match (kind, rclone::is_configuration(head)) {
        (SourceKind::Rclone, true) => return Ok(()),
        (SourceKind::Rclone, false) => return wrong("it has no remote of rclone's with a token"),
        (_, true) => return wrong("it is a configuration of rclone"),
        (_, false) => {}
    }
    if let Some(format) = signature::of_text(head) {
        return Err(unsupported(input, format));
    }
    let is_json = head.starts_with(['[', '{']);
    if kind == SourceKind::Bare {
        return match is_json || head.starts_with('"') {
            true => wrong("it is JSON"),
            false => Ok(()),
        };
    }
    if !is_json {
        return wrong("it is no JSON array or object");
    }
    match (kind, Shape::of(input)?) {
        (_, Shape::Unsupported(format)) => Err(unsupported(input, format)),
        (SourceKind::AdalNet, Shape::AdalNetContext) => Ok(()),
        (SourceKind::AdalNet, _) => wrong("it is no cache of ADAL.NET"),
        (_, Shape::AdalNetContext) => wrong("it is a context of Azure PowerShell"),
        (SourceKind::Jsonl, _) | (SourceKind::MsalCache, Shape::EmptyObject | Shape::MsalCache) => {
            Ok(())
        }
        (SourceKind::MsalCache, _) => wrong("it has none of the sections of an MSAL cache"),
        (_, Shape::MsalCache) => wrong("it is an MSAL cache"),
        _ => Ok(()),
    }
}

/// Checks what the user calls a configuration file. With a mapping, one of a program that is known is read as any other.
fn check_settings(input: &Input, head: &str, is_mapped: bool) -> Result<(), SourceError> {
    if rclone::is_configuration(head) && !is_mapped {
        return Err(SourceError::WrongKind {
            file: input.name().to_string(),
            kind: SourceKind::Ini,
            problem: "it is a configuration of rclone",
        });
    }
    let is_settings = |format: &UnsupportedFormat| is_mapped && format.is_settings();
    match signature::of_text(head).filter(|format| !is_settings(format)) {
        Some(format) => Err(unsupported(input, format)),
        None => Ok(()),
    }
}

/// What the members of the outermost object are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outermost {
    /// Those of a row, or of what stands around the rows.
    Members,
    /// Objects that are alike, each with a name of its own.
    Names,
}

/// The error that names the members of the text's first object.
fn unmapped(input: &Input, outermost: Outermost) -> Result<SourceError, SourceError> {
    let mut stream = JsonStream::new(input.text()?);
    let is_array = matches!(stream.peek(), Ok(Some(b'[')));
    let entered = if is_array { stream.enter(b'[') } else { Ok(()) };
    let members = entered.and_then(|()| first_members(&mut stream, |_| false));
    // What cannot be read has no names to list: the error is about the names.
    let members = members.unwrap_or_default();
    let names = members.iter().map(|member| member.name.as_str());
    let mut text = JsonStream::new(input.text()?);
    let (likely, members) = match outermost {
        Outermost::Members => (likely_members::arguments(&mut text), listed(names)),
        Outermost::Names => (
            likely_members::arguments_of_each(&mut text),
            "objects whose names are not shown, because they may be of people".to_owned(),
        ),
    };
    Ok(SourceError::Unmapped {
        file: input.name().to_string(),
        likely,
        members,
    })
}

fn unsupported(input: &Input, format: UnsupportedFormat) -> SourceError {
    SourceError::UnsupportedFormat {
        file: input.name().to_string(),
        format,
    }
}

/// Whether a text is none. Where the keyring has the cache, some write one byte, so that the file's time tells of changes.
fn is_empty(head: &str) -> bool {
    head.chars().nth(1).is_none() && !head.starts_with(['[', '{', '"'])
}

fn empty(input: &Input) -> SourceError {
    SourceError::Empty {
        file: input.name().to_string(),
        in_keyring: is_in_keyring(input),
    }
}

/// msal-extensions leaves an empty file and a lock file beside it where the system's keyring holds the cache; MSAL Node's
/// extensions leave an empty object.
pub(crate) fn is_in_keyring(input: &Input) -> bool {
    Path::new(&format!("{}.lockfile", input.name())).exists()
}

/// Separators of tables that are only read where the user names them.
const SEPARATED_OTHERWISE: [(u8, UnsupportedFormat); 2] = [
    (b';', UnsupportedFormat::SeparatedBySemicolons),
    (b'|', UnsupportedFormat::SeparatedByBars),
];
