//! Opening a source: its format is detected, or checked where the user names it.

use std::io::Read;
use std::path::Path;

use msal::SecureRandom;
use msal_core::Passphrase;

use super::Source;
use super::at_path::AtPath;
use super::dialect::in_dialect;
use super::error::SourceError;
use super::format::adal::AdalSource;
use super::format::adal_net::AdalNetSource;
use super::format::bare::BareSource;
use super::format::csv::{self, CsvSource};
use super::format::detect::{self, signature};
use super::format::directory::DirectorySource;
use super::format::ini::IniSource;
use super::format::json_objects::JsonSource;
use super::format::msal_cache::MsalCacheSource;
use super::format::nothing::NothingSource;
use super::format::query::QuerySource;
use super::format::rclone::RcloneSource;
use super::kind::SourceKind;
use super::known_store::{self, Exported};
use super::mapping_file::{MappingFile, TextFormat};
use super::read::database::{Database, DatabaseError, DatabaseLogin, DatabaseUrl};
use super::read::input::Input;
use super::recognised::Recognised;
use super::row::mapping::{Mapping, MappingError};
use super::row::recipe::Recipe;

/// How to read an input. By default its format is detected, and its fields are found by their usual names.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SourceOptions {
    /// The format; detected from the content when absent.
    pub from: Option<SourceKind>,
    /// Where the fields are, on top of what the mapping file says. Without either, columns and members are found by their
    /// usual names.
    pub map: Mapping,
    /// How the rows of a store are read: a preset, or a file of one's own.
    pub mapping_file: MappingFile,
    /// What the input is encrypted with, where it is: an `rclone` configuration may be.
    pub password: Option<Passphrase>,
    /// What to read of a database: one SELECT, whose columns are the fields. Others are refused.
    pub query: Option<String>,
    /// How to log in to the server of a database.
    pub login: DatabaseLogin,
}

impl SourceOptions {
    /// The format that is named, by the options themselves or by the mapping file.
    fn named_kind(&self) -> Option<SourceKind> {
        let spec = &self.mapping_file.input;
        let of_file = match spec.format {
            Some(TextFormat::Text(kind)) => Some(kind),
            Some(TextFormat::Sql) | None => None,
        };
        let by_records = spec.records.is_some().then_some(SourceKind::Jsonl);
        let by_separator = spec.separator.map(|_separator| SourceKind::Csv);
        self.from.or(of_file).or(by_records).or(by_separator)
    }
}

/// Opens the file, or the directory of token files, at `path` for reading.
///
/// The format is detected from the content, never from the file's name. Where `options` names a format, the content is
/// checked against it, and formats that are recognised and not supported are refused all the same.
///
/// # Errors
/// [`SourceError`]; its [`hint`](SourceError::hint) says what to do.
pub fn open(path: &Path, options: &SourceOptions) -> Result<Box<dyn Source>, SourceError> {
    Ok(Box::new(AtPath::new(open_path(path, options)?, path)))
}

fn open_path(path: &Path, options: &SourceOptions) -> Result<Box<dyn Source>, SourceError> {
    let is_of_files = matches!(options.named_kind(), None | Some(SourceKind::TokenJson));
    if path.is_dir() && is_of_files {
        let name = path.display().to_string();
        if options.query.is_some() {
            return Err(SourceError::database(&name, DatabaseError::NoDatabase));
        }
        let recipe = recipe(&name, options)?;
        let records = options.mapping_file.input.records.clone();
        let source = Box::new(DirectorySource::open(path, recipe, records)?);
        return Ok(match options.named_kind() {
            Some(_) => source,
            None => Box::new(Recognised {
                source,
                by: "it is a folder of files with a token response each".to_owned(),
            }),
        });
    }
    let input = Input::open(path)?;
    match signature::is_sqlite(&input.head()?) {
        true => open_sqlite(path, input, options),
        false => open_input(input, options),
    }
}

/// Reads `reader` to its end, and opens what it gave. `name` is what messages call it.
///
/// For what can be read only once: standard input, or the output of a command. It is kept in a temporary file without a
/// name, encrypted with a key from `random` that is in memory alone, so that it can be read more than once. The file takes
/// as much room as the input, in the system's folder for temporary files.
///
/// # Errors
/// As [`open`].
pub fn open_reader(
    name: &str,
    reader: impl Read,
    random: &dyn SecureRandom,
    options: &SourceOptions,
) -> Result<Box<dyn Source>, SourceError> {
    let input = Input::of_reader(name, reader, random)?;
    match signature::is_sqlite(&input.head()?) {
        true => Err(SourceError::PathNeeded {
            file: name.to_owned(),
        }),
        false => open_input(input, options),
    }
}

fn open_input(input: Input, options: &SourceOptions) -> Result<Box<dyn Source>, SourceError> {
    if let Some(format) = signature::of_bytes(&input.head()?) {
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
    let recipe = recipe(input.name(), options)?;
    let is_mapped = !recipe.is_by_usual_names();
    let named = options.named_kind();
    let kind = match named {
        Some(kind) => detect::check(&input, kind, is_mapped).map(|()| kind)?,
        None => detect::kind(&input, is_mapped)?,
    };
    if named.is_some() {
        return open_as(kind, input, recipe, options);
    }
    // Where the user names the format, nothing in it is a store without tokens.
    if detect::is_nothing(&input)? {
        if detect::is_in_keyring(&input) {
            return Err(SourceError::Empty {
                file: input.name().to_string(),
                in_keyring: true,
            });
        }
        return Ok(Box::new(NothingSource::new(input, kind)));
    }
    let mut by = detect::reason(kind).to_owned();
    if let Some(Exported { preset, .. }) = exported(kind, &input, &recipe, options)? {
        by.push_str(&format!(
            ", those of `{preset}`; with --from {preset} they are read as that application means them"
        ));
    }
    let source = open_as(kind, input, recipe, options)?;
    Ok(Box::new(Recognised { source, by }))
}

/// The application from whose store a table was exported that nobody has said more of.
fn exported(
    kind: SourceKind,
    input: &Input,
    recipe: &Recipe,
    options: &SourceOptions,
) -> Result<Option<Exported>, SourceError> {
    let is_table = matches!(kind, SourceKind::Csv | SourceKind::Tsv);
    if !is_table || !recipe.is_by_usual_names() {
        return Ok(None);
    }
    let header = csv::header(input, separator(kind, options))?;
    Ok(known_store::exported(&header))
}

/// What stands between the columns of a table.
fn separator(kind: SourceKind, options: &SourceOptions) -> u8 {
    match kind {
        SourceKind::Tsv => b'\t',
        _ => options.mapping_file.input.separator.unwrap_or(b','),
    }
}

/// Opens a table. Where no column is called like a refresh token, the error has the preset that reads it.
fn open_table(
    kind: SourceKind,
    input: Input,
    recipe: &Recipe,
    options: &SourceOptions,
) -> Result<Box<dyn Source>, SourceError> {
    let known = exported(kind, &input, recipe, options)?;
    let opened = CsvSource::open(input, kind, separator(kind, options), recipe);
    match (opened, known) {
        (Ok(source), _) => Ok(Box::new(source)),
        (
            Err(SourceError::Mapping {
                file,
                problem: MappingError::NoTokenColumn { columns, .. },
            }),
            Some(Exported { preset, has_token }),
        ) => Err(SourceError::Mapping {
            file,
            problem: MappingError::NoTokenColumn {
                columns,
                likely: has_token.then(|| format!("--from {preset}")),
                store: Some(preset.to_owned()),
            },
        }),
        (Err(error), _) => Err(error),
    }
}

/// Reads a database, if the user names no other format.
fn open_sqlite(
    path: &Path,
    input: Input,
    options: &SourceOptions,
) -> Result<Box<dyn Source>, SourceError> {
    let other = options.named_kind();
    if let Some(kind) = other.filter(|kind| *kind != SourceKind::Sqlite) {
        return Err(SourceError::WrongKind {
            file: input.name().to_string(),
            kind,
            problem: "it is an SQLite database",
        });
    }
    let name = input.name().to_string();
    let file = input.into_file();
    let file = file.ok_or(SourceError::PathNeeded { file: name })?;
    of_database(Database::sqlite(path, file)?, options)
}

/// Opens the database at `url` for reading: what `options` have a query for, else what a known application keeps in it.
/// Nothing but that is read of its fields.
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
    of_database(Database::server(url, &options.login)?, options)
}

/// Reads of a database what the options say, or else what a known application keeps in it.
fn of_database(
    database: Database,
    options: &SourceOptions,
) -> Result<Box<dyn Source>, SourceError> {
    let recipe = recipe(database.name(), options)?;
    if let Some(query) = &options.query {
        return Ok(Box::new(QuerySource::open(database, query, &recipe)?));
    }
    let file = &options.mapping_file;
    let outline = database.outline()?;
    if !file.input.queries.is_empty() {
        let query =
            known_store::query_of(file, &outline).map_err(|missing| SourceError::OtherStore {
                file: database.name().to_string(),
                store: file.name().to_owned(),
                missing,
            })?;
        let query = in_dialect(query, database.kind());
        return Ok(Box::new(QuerySource::open(database, &query, &recipe)?));
    }
    // Where the user maps fields, they are those of a query that is missing.
    let known = match recipe.is_by_usual_names() {
        true => known_store::recognise(&outline),
        false => Vec::new(),
    };
    let [store] = known.as_slice() else {
        return Err(match known.is_empty() {
            true => database.failed(outline.without_query(database.kind())),
            false => SourceError::SeveralStores {
                file: database.name().to_string(),
                stores: known_store::names(&known),
            },
        });
    };
    let options = SourceOptions {
        mapping_file: options.mapping_file.on_top_of(store.file.clone()),
        ..options.clone()
    };
    let by = format!(
        "its tables are those of {}: {}",
        store.file.name(),
        store.tables
    );
    let source = of_database(database, &options)?;
    Ok(Box::new(Recognised { source, by }))
}

fn recipe(file: &str, options: &SourceOptions) -> Result<Recipe, SourceError> {
    let recipe = options.mapping_file.recipe(&options.map);
    recipe.map_err(|problem| SourceError::Mapping {
        file: file.to_owned(),
        problem,
    })
}

fn open_as(
    kind: SourceKind,
    input: Input,
    recipe: Recipe,
    options: &SourceOptions,
) -> Result<Box<dyn Source>, SourceError> {
    let spec = &options.mapping_file.input;
    Ok(match kind {
        SourceKind::AdalNet
        | SourceKind::AdalNode
        | SourceKind::AdalPython
        | SourceKind::Bare
        | SourceKind::MsalCache
        | SourceKind::Rclone
            if !recipe.is_empty() =>
        {
            return Err(SourceError::Mapping {
                file: input.name().to_string(),
                problem: MappingError::NotMapped { kind },
            });
        }
        SourceKind::AdalNet => Box::new(AdalNetSource::open(input)?),
        SourceKind::AdalNode | SourceKind::AdalPython => Box::new(AdalSource::new(input, kind)),
        SourceKind::Bare => Box::new(BareSource::new(input)),
        SourceKind::Csv | SourceKind::Tsv => open_table(kind, input, &recipe, options)?,
        SourceKind::Ini => Box::new(IniSource::open(input, recipe)?),
        SourceKind::Jsonl | SourceKind::TokenJson => {
            Box::new(JsonSource::open(input, kind, recipe, spec.records.clone())?)
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
        SourceKind::Rclone => Box::new(RcloneSource::open(input, options.password.clone())?),
        SourceKind::Records => {
            return Err(SourceError::WrongKind {
                file: input.name().to_string(),
                kind,
                problem: "records are given by a program",
            });
        }
    })
}
