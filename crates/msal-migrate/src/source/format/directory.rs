//! A directory with one token response per file, as sasl-xoauth2 and mutt_oauth2.py keep them. The file's name is often
//! the user's.

mod others;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::detect::signature;
use super::json_layout::Sample;
use super::json_objects::JsonSource;
use crate::record::{Locator, Place, Row, SkipReason};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::other_files::OtherFiles;
use crate::source::read::input::Input;
use crate::source::row::json_pointer::JsonPointer;
use crate::source::row::layout::RowLayout;
use crate::source::row::recipe::Recipe;

/// The token files of a directory, without those of its sub-directories.
pub(crate) struct DirectorySource {
    name: Arc<str>,
    path: PathBuf,
    /// The names of the files, sorted, each with its number among all files. They need not be UTF-8.
    files: Vec<(u64, OsString)>,
    others: OtherFiles,
    recipe: Recipe,
    records: Option<JsonPointer>,
}

impl DirectorySource {
    pub(crate) fn open(
        path: &Path,
        recipe: Recipe,
        records: Option<JsonPointer>,
    ) -> Result<Self, SourceError> {
        let name: Arc<str> = path.display().to_string().into();
        let failed = |source| SourceError::Io {
            file: name.to_string(),
            source,
        };
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            names.push(entry.map_err(failed)?.file_name());
        }
        names.sort_unstable();
        let mut others = OtherFiles::default();
        let (mut files, mut number) = (Vec::new(), 0);
        for name in names {
            let path = path.join(&name);
            // Symbolic links are followed: this is about the file that a link leads to.
            let is_file = fs::metadata(&path).is_ok_and(|metadata| metadata.is_file());
            let reason = match is_file {
                true => others::reason(&path),
                false if path.is_dir() => Some(others::FOLDER),
                false => Some(others::NO_FILE),
            };
            match reason {
                Some(reason) => others.add(&name, reason),
                None => files.push((number, name)),
            }
            number += u64::from(is_file);
        }
        if files.is_empty() {
            return Err(SourceError::NoFiles {
                file: name.to_string(),
                others,
            });
        }
        Ok(Self {
            path: path.to_owned(),
            name,
            files,
            others,
            recipe,
            records,
        })
    }

    fn open_file(&self, input: Input) -> Result<JsonSource, SourceError> {
        JsonSource::open(
            input,
            SourceKind::TokenJson,
            self.recipe.clone(),
            self.records.clone(),
        )
    }

    fn read_file(
        &self,
        number: u64,
        file: &OsStr,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, SourceError> {
        let input = Input::open(&self.path.join(file))?;
        let file = file.to_string_lossy();
        let locator = |element| {
            Locator::new(
                &self.name,
                Place::File {
                    file: number,
                    element,
                },
            )
        };
        let skipped = |reason| Row::Skipped {
            locator: locator(0).with_key(&file),
            reason,
        };
        let head = input.head()?;
        if signature::of_bytes(&head).is_some() || signature::is_sqlite(&head) {
            return Ok(visit(skipped(SkipReason::Undecryptable)));
        }
        let user = user_of(&file);
        let mut flow = ControlFlow::Continue(());
        let mut is_empty = true;
        let read = self.open_file(input).and_then(|source| {
            source.read_named(Some(user), locator, &mut |row| {
                is_empty = false;
                flow = visit(row);
                flow
            })
        });
        match read {
            Ok(()) if is_empty => Ok(visit(skipped(SkipReason::NotUnderstood(
                "the file has nothing in it",
            )))),
            Ok(()) => Ok(flow),
            Err(error @ SourceError::Io { .. }) => Err(error),
            // A file that is something else costs its own row, and not the other files.
            Err(_not_tokens) => Ok(visit(skipped(SkipReason::Malformed(
                "the file is not a JSON text with token responses",
            )))),
        }
    }
}

impl Source for DirectorySource {
    fn kind(&self) -> SourceKind {
        SourceKind::TokenJson
    }

    fn layout(&self) -> Option<RowLayout> {
        let mut sample = Sample::new(&self.recipe);
        for (_, file) in self.files.iter().take(SAMPLE) {
            // What is wrong with a file is for the reading to say.
            let opened = Input::open(&self.path.join(file)).and_then(|input| self.open_file(input));
            if let Ok(source) = opened {
                source.sample(&mut sample);
            }
        }
        Some(sample.into_layout())
    }

    fn other_files(&self) -> Option<&OtherFiles> {
        Some(&self.others)
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        for (number, file) in &self.files {
            if self.read_file(*number, file, visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DirectorySource {
    /// Without the names of the files, which are often names of people.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DirectorySource")
            .field("name", &self.name)
            .field("files", &self.files.len())
            .finish()
    }
}

/// The user's name: the file's name without an extension. Only known extensions are taken off, because the last part of
/// an e-mail address looks like one.
fn user_of(file: &str) -> &str {
    let extensions = [".json", ".tokens", ".token", ".oama", ".txt"];
    extensions
        .iter()
        .find_map(|extension| file.strip_suffix(extension))
        .unwrap_or(file)
}

/// How many files are looked at for what their members are called.
const SAMPLE: usize = 20;
