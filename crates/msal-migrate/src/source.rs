//! Sources: where refresh tokens are read from.
//!
//! A source is a file, or a directory of files, that the user names; nothing is searched for. It is never written to, and
//! it is streamed: memory is bounded by the largest entry, not by the size of the file. A program can bring rows of its own.
//!
//! `open` finds out the format and makes the source. A format (`format`) takes the file's text apart into rows with the
//! readers of `read`, says which value of a row is which field, and leaves it to `row` to make a record of them. A new
//! format is a file in `format`, a [`SourceKind`], a line in `open` and one in `format/detect`.

mod at_path;
mod closest;
mod dialect;
mod error;
mod format;
mod full_path;
mod kind;
mod known_store;
mod mapping_file;
mod open;
mod other_files;
mod presets;
mod read;
mod recognised;
mod records;
mod row;
mod unsupported;

pub(crate) use full_path::full_path;

pub use error::SourceError;
pub use kind::{SourceKind, UnknownSourceKind};
pub use mapping_file::{MappingFile, MappingFileError};
pub use open::{SourceOptions, open, open_database, open_reader};
pub use other_files::OtherFiles;
pub use presets::Preset;
pub use read::database::{
    DatabaseError, DatabaseLogin, DatabasePassword, DatabaseUrl, DatabaseUrlError,
};
pub use records::Records;
pub use row::decoding::{DecodingKey, KeySource};
pub use row::layout::{FieldPlace, KnownBy, LikelyPlace, RowLayout};
pub use row::mapping::{Mapping, MappingError};
pub use unsupported::UnsupportedFormat;

use std::fmt;
use std::ops::ControlFlow;

use crate::record::Row;

/// Something that holds refresh tokens.
///
/// [`open`] makes one of a file, [`Records`] of what a program has in memory. A program that has its tokens in a database
/// implements it, so that they are streamed: its kind is [`SourceKind::Records`], its errors are [`SourceError::other`].
///
/// An implementation never writes to what it reads, and sends nothing anywhere.
pub trait Source: fmt::Debug + Send + Sync {
    /// The format, for summaries.
    fn kind(&self) -> SourceKind;

    /// What of the input told how it is read, where nobody has named it; for people.
    fn recognised_by(&self) -> Option<&str> {
        None
    }

    /// Which column or member of a row became which field; `None` where the format itself says it.
    ///
    /// The beginning of the input is read for it. It blocks as [`Source::read`] does, and what is wrong with the input is left
    /// for that to say.
    fn layout(&self) -> Option<RowLayout> {
        None
    }

    /// What a folder has besides the files that are read; `None` for what is no folder.
    fn other_files(&self) -> Option<&OtherFiles> {
        None
    }

    /// How many rows a reading visits, for whoever shows progress; `None` where only a reading tells.
    ///
    /// A database is asked to count its answer, which takes it as long as its query does without sending the rows. It blocks
    /// as [`Source::read`] does, and what is wrong with the input is left for that to say.
    fn count(&self) -> Option<u64> {
        None
    }

    /// Visits every row in order, until the visitor breaks.
    ///
    /// Can be called again, and then visits the same rows in the same order unless the input has changed: the plan reads
    /// once, and the migration reads again. It blocks on the file, so asynchronous callers run it on a blocking thread.
    ///
    /// # Errors
    /// [`SourceError`] when the input cannot be read to its end. The rows before the damage have been visited by then, so
    /// redeem nothing before a first pass has succeeded.
    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError>;
}
