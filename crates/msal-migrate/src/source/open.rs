//! Opening a source: its format is detected, or checked where the user names it.

use std::path::Path;

use msal_core::Passphrase;

use super::Source;
use super::error::SourceError;
use super::format::adal::AdalSource;
use super::format::adal_net::AdalNetSource;
use super::format::bare::BareSource;
use super::format::csv::CsvSource;
use super::format::detect::{self, signature};
use super::format::directory::DirectorySource;
use super::format::json_objects::JsonSource;
use super::format::msal_cache::MsalCacheSource;
use super::format::nothing::NothingSource;
use super::format::rclone::RcloneSource;
use super::kind::SourceKind;
use super::read::input::Input;
use super::row::mapping::{Mapping, MappingError};

/// How to read an input. By default its format is detected, and its fields are found by their usual names.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SourceOptions {
    /// The format; detected from the content when absent.
    pub from: Option<SourceKind>,
    /// Where the fields are, for `csv` and `jsonl`. Without it, columns and members are found by their usual names.
    pub map: Mapping,
    /// What the input is encrypted with, where it is: an `rclone` configuration may be.
    pub password: Option<Passphrase>,
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
        return Ok(Box::new(DirectorySource::open(path)?));
    }
    let input = Input::open(path)?;
    if let Some(format) = signature::of_bytes(&input.head()?) {
        return Err(SourceError::UnsupportedFormat {
            file: input.name().to_string(),
            format,
        });
    }
    let kind = match options.from {
        Some(kind) => detect::check(&input, kind).map(|()| kind)?,
        None => detect::kind(&input, &options.map)?,
    };
    // Where the user names the format, nothing in it is a store without tokens.
    if options.from.is_none() && detect::is_nothing(&input)? {
        if detect::is_in_keyring(&input) {
            return Err(SourceError::Empty {
                file: input.name().to_string(),
                in_keyring: true,
            });
        }
        return Ok(Box::new(NothingSource::new(input, kind)));
    }
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
        SourceKind::AdalNet => Box::new(AdalNetSource::open(input)?),
        SourceKind::AdalNode | SourceKind::AdalPython => Box::new(AdalSource::new(input, kind)),
        SourceKind::Bare => Box::new(BareSource::new(input)),
        SourceKind::Csv => Box::new(CsvSource::open(input, &options.map)?),
        SourceKind::Jsonl | SourceKind::TokenJson => {
            Box::new(JsonSource::open(input, kind, options.map.clone())?)
        }
        SourceKind::MsalCache => Box::new(MsalCacheSource::new(input)),
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
