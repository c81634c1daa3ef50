//! Sources: where refresh tokens are read from.
//!
//! A source is a file (or a directory of files) that the user names; nothing is searched for. It is only ever read, and
//! it is streamed: memory is bounded by the largest entry, not by the size of the file.

mod adal;
mod draft;
mod error;
mod field;
mod foreign;
mod id_token;
mod input;
mod json_stream;
mod moment;
mod utf16;
mod window;

pub use error::SourceError;
pub use foreign::Foreign;

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::str::FromStr;

use thiserror::Error;

use self::adal::AdalSource;
use self::input::Input;
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
}

impl SourceKind {
    /// All formats.
    pub const ALL: [Self; 1] = [Self::AdalPython];

    /// The name for the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdalPython => "adal-python",
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
            .into_iter()
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
}

/// Opens the file at `path` for reading.
///
/// The format is told from the content, never from the file's name, unless `options` names it. Formats that are
/// recognised and not read are refused even then.
///
/// # Errors
/// [`SourceError`], with a hint what to do.
pub fn open(path: &Path, options: &SourceOptions) -> Result<Box<dyn Source>, SourceError> {
    let input = Input::open(path)?;
    if let Some(format) = Foreign::of_bytes(&input.head(HEAD)?) {
        return Err(SourceError::Foreign {
            file: input.name().to_string(),
            format,
        });
    }
    match options.from.unwrap_or(SourceKind::AdalPython) {
        SourceKind::AdalPython => Ok(Box::new(AdalSource::new(input))),
    }
}
