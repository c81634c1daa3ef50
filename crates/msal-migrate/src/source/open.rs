//! Opening a source: its format is detected, or checked where the user names it.

use std::path::Path;

use super::Source;
use super::error::SourceError;
use super::format::adal::AdalSource;
use super::format::csv::CsvSource;
use super::format::detect::{self, signature};
use super::format::directory::DirectorySource;
use super::format::json_objects::JsonSource;
use super::format::msal_cache::MsalCacheSource;
use super::format::nothing::NothingSource;
use super::format::query::QuerySource;
use super::kind::SourceKind;
use super::read::database::{Database, DatabaseError, DatabaseLogin, DatabaseUrl};
use super::read::input::Input;
use super::row::mapping::{Mapping, MappingError};

/// How to read an input. By default its format is detected, and its fields are found by their usual names.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SourceOptions {
    /// The format; detected from the content when absent.
    pub from: Option<SourceKind>,
    /// Where the fields are, for `csv`, `jsonl` and databases. Without it, columns and members are found by their usual names.
    pub map: Mapping,
    /// What to read of a database: one SELECT, whose columns are the fields. Others are refused.
    pub query: Option<String>,
    /// How to log in to the server of a database.
    pub login: DatabaseLogin,
}

/// Opens the file, or the directory of token files, at `path` for reading.
///
/// The format is detected from the content, never from the file's name. Where `options` names a format, the content is
/// checked against it, and formats that are recognised and not supported are refused all the same.
///
/// # Errors
/// [`SourceError`]; its [`hint`](SourceError::hint) says what to do.
pub fn open(path: &Path, options: &SourceOptions) -> Result<Box<dyn Source>, SourceError> {
    if path.is_dir() && matches!(options.from, None | Some(SourceKind::TokenJson)) {
        if options.query.is_some() {
            let name = path.display().to_string();
            return Err(SourceError::database(&name, DatabaseError::NoDatabase));
        }
        return Ok(Box::new(DirectorySource::open(path)?));
    }
    let input = Input::open(path)?;
    let head = input.head()?;
    if signature::is_sqlite(&head) {
        return open_sqlite(path, input, options);
    }
    if let Some(format) = signature::of_bytes(&head) {
        return Err(SourceError::UnsupportedFormat {
            file: input.name().to_string(),
            format,
        });
    }
    if options.query.is_some() {
        return Err(SourceError::database(
            input.name(),
            DatabaseError::NoDatabase,
        ));
    }
    let kind = match options.from {
        Some(kind) => detect::check(&input, kind).map(|()| kind)?,
        None => detect::kind(&input, &options.map)?,
    };
    // Where the user names the format, nothing in it is a store without tokens.
    if options.from.is_none() && detect::is_nothing(&input)? {
        return Ok(Box::new(NothingSource::new(input, kind)));
    }
    open_as(kind, input, options)
}

/// Reads a database, if the user names no other format.
fn open_sqlite(
    path: &Path,
    input: Input,
    options: &SourceOptions,
) -> Result<Box<dyn Source>, SourceError> {
    if let Some(kind) = options.from.filter(|kind| *kind != SourceKind::Sqlite) {
        return Err(SourceError::WrongKind {
            file: input.name().to_string(),
            kind,
            problem: "it is an SQLite database",
        });
    }
    of_query(Database::sqlite(path, input.into_file())?, options)
}

/// Opens the database at `url` for reading: what `options` have a query for. Nothing but that is read of its fields.
///
/// One transaction is held from now on until the source is dropped, so that all readings see the same rows; it cannot write.
/// It blocks on the network, and can be called on any thread.
///
/// # Errors
/// [`SourceError::Database`], or [`SourceError::Mapping`] where the answer lacks a column.
pub fn open_database(
    url: &DatabaseUrl,
    options: &SourceOptions,
) -> Result<Box<dyn Source>, SourceError> {
    let kind = url.kind();
    if let Some(other) = options.from.filter(|from| *from != kind) {
        return Err(SourceError::WrongKind {
            file: url.to_string(),
            kind: other,
            problem: "it is a database on a server",
        });
    }
    of_query(Database::server(url, &options.login)?, options)
}

fn of_query(database: Database, options: &SourceOptions) -> Result<Box<dyn Source>, SourceError> {
    let Some(query) = &options.query else {
        return Err(database.failed(database.outline()?.without_query()));
    };
    Ok(Box::new(QuerySource::open(database, query, &options.map)?))
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
        SourceKind::AdalNode | SourceKind::AdalPython => Box::new(AdalSource::new(input, kind)),
        SourceKind::Csv => Box::new(CsvSource::open(input, &options.map)?),
        SourceKind::Jsonl | SourceKind::TokenJson => {
            Box::new(JsonSource::open(input, kind, options.map.clone())?)
        }
        SourceKind::MsalCache => Box::new(MsalCacheSource::new(input)),
        SourceKind::Sqlite => {
            return Err(SourceError::WrongKind {
                file: input.name().to_string(),
                kind,
                problem: "it does not begin as an SQLite database does",
            });
        }
        SourceKind::MySql | SourceKind::Postgres => {
            return Err(SourceError::WrongKind {
                file: input.name().to_string(),
                kind,
                problem: "such a database is named by its URL",
            });
        }
        SourceKind::Records => {
            return Err(SourceError::WrongKind {
                file: input.name().to_string(),
                kind,
                problem: "records are given by a program",
            });
        }
    })
}
