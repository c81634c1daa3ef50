//! Sources: where refresh tokens are read from.
//!
//! A source is a file (or a directory of files) that the user names; nothing is searched for. It is only ever read, and
//! it is streamed: memory is bounded by the largest entry, not by the size of the file.

mod error;
mod format;
mod read;
mod row;

pub use error::SourceError;
pub use format::foreign::Foreign;
pub use row::mapping::{Mapping, MappingError};

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::str::FromStr;

use thiserror::Error;

use self::format::adal::AdalSource;
use self::format::csv::CsvSource;
use self::format::detect;
use self::format::directory::DirectorySource;
use self::format::json::JsonSource;
use self::format::msal_cache::MsalCacheSource;
use self::read::input::Input;
use crate::record::Row;

/// How much of a file is looked at to tell its format.
const HEAD: usize = 64 * 1024;

/// Something that holds refresh tokens.
///
/// An implementation never writes to what it reads, and sends nothing anywhere.
pub trait Source: fmt::Debug + Send + Sync {
    /// The format.
    fn kind(&self) -> SourceKind;

    /// Visits every row in order, until the visitor breaks.
    ///
    /// May be called again, and then visits the same rows in the same order unless the input has changed: the plan reads
    /// once, the engine reads again. Blocks on the file, so asynchronous callers run it on a blocking thread.
    ///
    /// # Errors
    /// [`SourceError`] when the input cannot be read to its end. Rows before the damage have been visited by then, so
    /// nothing may be redeemed before a first pass has succeeded.
    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError>;
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SourceKind {
    /// ADAL Python's cache; also ADAL Node's, and Azure CLI's before version 2.30.
    AdalPython,
    /// A table with a header line, separated by commas (RFC 4180).
    Csv,
    /// JSON objects, one after the other or in an array, read with a mapping.
    Jsonl,
    /// The unified token cache of another application or another MSAL.
    MsalCache,
    /// Token responses as an OAuth 2.0 library stored them: one, many, or a directory of files.
    TokenJson,
}

impl SourceKind {
    /// All formats.
    pub const ALL: &[Self] = &[
        Self::AdalPython,
        Self::Csv,
        Self::Jsonl,
        Self::MsalCache,
        Self::TokenJson,
    ];

    /// The name for the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdalPython => "adal-python",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::MsalCache => "msal-cache",
            Self::TokenJson => "token-json",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for SourceKind {
    type Err = UnknownSourceKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownSourceKind(text.to_owned()))
    }
}

/// A name that is no [`SourceKind`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a source")]
pub struct UnknownSourceKind(String);

/// How to read an input.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SourceOptions {
    /// The format; detected from the content when absent.
    pub from: Option<SourceKind>,
    /// Where the fields are, for `csv` and `jsonl`. Columns and members with the usual names are found without.
    pub map: Mapping,
}

/// Opens the file, or the directory of token files, at `path` for reading.
///
/// The format is told from the content, never from the file's name, unless `options` names it. Formats that are
/// recognised and not read are refused even then.
///
/// # Errors
/// [`SourceError`], with a hint what to do.
pub fn open(path: &Path, options: &SourceOptions) -> Result<Box<dyn Source>, SourceError> {
    if path.is_dir() && matches!(options.from, None | Some(SourceKind::TokenJson)) {
        return Ok(Box::new(DirectorySource::open(path)?));
    }
    let input = Input::open(path)?;
    if let Some(format) = Foreign::of_bytes(&input.head(HEAD)?) {
        return Err(SourceError::Foreign {
            file: input.name().to_string(),
            format,
        });
    }
    let kind = match options.from {
        Some(kind) => detect::check(&input, kind).map(|()| kind)?,
        None => detect::kind(&input, &options.map)?,
    };
    open_as(kind, input, options)
}

fn open_as(
    kind: SourceKind,
    input: Input,
    options: &SourceOptions,
) -> Result<Box<dyn Source>, SourceError> {
    if !options.map.is_empty() && !matches!(kind, SourceKind::Csv | SourceKind::Jsonl) {
        return Err(SourceError::Mapping {
            file: input.name().to_string(),
            problem: MappingError::NotMapped { kind },
        });
    }
    Ok(match kind {
        SourceKind::AdalPython => Box::new(AdalSource::new(input)),
        SourceKind::Csv => Box::new(CsvSource::open(input, &options.map)?),
        SourceKind::Jsonl | SourceKind::TokenJson => {
            Box::new(JsonSource::open(input, kind, options.map.clone())?)
        }
        SourceKind::MsalCache => Box::new(MsalCacheSource::new(input)),
    })
}
