//! Opening a source: its format is detected, or checked where the user names it.

use std::io::Read;
use std::path::Path;

use msal::SecureRandom;

use super::Source;
use super::error::SourceError;
use super::format::adal::AdalSource;
use super::format::csv::CsvSource;
use super::format::detect::{self, signature};
use super::format::directory::DirectorySource;
use super::format::ini::IniSource;
use super::format::json_objects::JsonSource;
use super::format::msal_cache::MsalCacheSource;
use super::format::nothing::NothingSource;
use super::kind::SourceKind;
use super::mapping_file::{MappingFile, TextFormat};
use super::read::input::Input;
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
    let is_of_files = matches!(options.named_kind(), None | Some(SourceKind::TokenJson));
    if path.is_dir() && is_of_files {
        let name = path.display().to_string();
        let recipe = recipe(&name, options)?;
        let records = options.mapping_file.input.records.clone();
        return Ok(Box::new(DirectorySource::open(path, recipe, records)?));
    }
    open_input(Input::open(path)?, options)
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
    open_input(Input::of_reader(name, reader, random)?, options)
}

fn open_input(input: Input, options: &SourceOptions) -> Result<Box<dyn Source>, SourceError> {
    if let Some(format) = signature::of_bytes(&input.head()?) {
        return Err(SourceError::UnsupportedFormat {
            file: input.name().to_string(),
            format,
        });
    }
    let recipe = recipe(input.name(), options)?;
    let is_mapped = !recipe.is_by_usual_names();
    let named = options.named_kind();
    let kind = match named {
        Some(kind) => detect::check(&input, kind, is_mapped).map(|()| kind)?,
        None => detect::kind(&input, is_mapped)?,
    };
    // Where the user names the format, nothing in it is a store without tokens.
    if named.is_none() && detect::is_nothing(&input)? {
        return Ok(Box::new(NothingSource::new(input, kind)));
    }
    open_as(kind, input, recipe, options)
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
        SourceKind::AdalNode | SourceKind::AdalPython | SourceKind::MsalCache
            if !recipe.is_empty() =>
        {
            return Err(SourceError::Mapping {
                file: input.name().to_string(),
                problem: MappingError::NotMapped { kind },
            });
        }
        SourceKind::AdalNode | SourceKind::AdalPython => Box::new(AdalSource::new(input, kind)),
        SourceKind::Csv => {
            let separator = spec.separator.unwrap_or(b',');
            Box::new(CsvSource::open(input, kind, separator, &recipe)?)
        }
        SourceKind::Ini => Box::new(IniSource::open(input, recipe)?),
        SourceKind::Jsonl | SourceKind::TokenJson => {
            Box::new(JsonSource::open(input, kind, recipe, spec.records.clone())?)
        }
        SourceKind::MsalCache => Box::new(MsalCacheSource::new(input)),
        SourceKind::Records => {
            return Err(SourceError::WrongKind {
                file: input.name().to_string(),
                kind,
                problem: "records are given by a program",
            });
        }
        SourceKind::Tsv => Box::new(CsvSource::open(input, kind, b'\t', &recipe)?),
    })
}
