//! The input of a migration that ends: what of it is migrated, and its removal as one whole file.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use msal_migrate::{DatabaseUrl, Remains, SourceKind};
use private_file::{Folder, Gate};

use super::journal::Journal;
use crate::cli::FinishArgs;
use crate::error::Failure;
use crate::input;
use crate::output::Printer;
use crate::outside::Outside;
use crate::reading;
use crate::same_file::is_same;

use super::super::places;
use super::super::run::select;

pub(super) struct Input {
    pub(super) path: PathBuf,
    /// Why it cannot be removed, whatever is in it.
    pub(super) unremovable: Option<&'static str>,
    kind: Option<SourceKind>,
    remains: Option<Remains>,
    /// What tells whether it is still the file that was read.
    seen: Option<Seen>,
}

impl Input {
    /// Reads the input as its run has read it; `None` where none is named.
    pub(super) fn look(
        arguments: &FinishArgs,
        journal: &Journal,
        printer: &Printer,
    ) -> Result<Option<Self>, Failure> {
        let source = &arguments.run.source;
        if source.input_command.is_some() {
            return Ok(None);
        }
        let Some(path) = source
            .input
            .as_deref()
            .filter(|path| path.as_os_str() != "-")
        else {
            return Ok(None);
        };
        if is_gone(path) {
            let name = Outside(path.display());
            printer.say(&format!("note: {name} is not there, and is left out: it is removed already, or named otherwise"));
            return Ok(None);
        }
        let seen = Seen::of(path);
        let (opened, mut options) = input::open(source, printer)?;
        select(&mut options, &arguments.run.part);
        let kind = opened.kind();
        let unremovable = unremovable(path, kind, arguments, journal);
        let opened = reading::shown(opened, printer);
        let remains = journal.reader.remains(&*opened, &options)?;
        Ok(Some(Self {
            path: path.to_owned(),
            unremovable,
            kind: Some(kind),
            remains: Some(remains),
            seen,
        }))
    }

    pub(super) fn remains(&self) -> Option<&Remains> {
        self.remains.as_ref()
    }

    pub(super) fn kind(&self) -> Option<SourceKind> {
        self.kind
    }

    /// Deletes the file, if it still is what was read.
    pub(super) fn remove(&self) -> Result<(), Failure> {
        let changed = || {
            Failure::usage(
                format!(
                    "nothing was removed: {} has changed meanwhile",
                    self.path.display()
                ),
                "stop what writes to it, migrate what is new in it, and type the same command again",
            )
        };
        if self.seen.is_none() || Seen::of(&self.path) != self.seen {
            return Err(changed());
        }
        let (folder, name) = private_file::folder_and_name(&self.path)?;
        // The folder may be reached by a link, the file is none.
        let folder = fs::canonicalize(folder).unwrap_or_else(|_unknown| folder.to_owned());
        let folder = Folder::open(&folder, &Gate::default())?.ok_or_else(changed)?;
        folder.remove(name)?;
        Ok(folder.sync()?)
    }
}

/// Whether there is nothing of that name, as after a removal that was interrupted.
pub(super) fn is_gone(path: &Path) -> bool {
    let is_database = path.to_str().is_some_and(DatabaseUrl::is_meant_by);
    let found = path.symlink_metadata();
    !is_database && found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Why a file is never removed, as far as it is not its rows that matter.
fn unremovable(
    path: &Path,
    kind: SourceKind,
    arguments: &FinishArgs,
    journal: &Journal,
) -> Option<&'static str> {
    if path.to_str().is_some_and(DatabaseUrl::is_meant_by) || kind == SourceKind::Sqlite {
        return Some(
            "msal writes to no database: have its application or its administrator clear the tokens",
        );
    }
    if matches!(kind, SourceKind::Ini | SourceKind::Rclone) {
        return Some("it is a configuration, and another program needs the rest of it");
    }
    let Ok(found) = fs::symlink_metadata(path) else {
        return Some("it cannot be looked at");
    };
    if found.is_dir() {
        return Some("it is a folder: name its files one by one");
    }
    if found.is_symlink() {
        return Some("it is a link: name the file that it leads to");
    }
    if !found.is_file() {
        return Some("it is no regular file");
    }
    if names_of(&found) > 1 {
        return Some("it has another name (a hard link), under which it would stay");
    }
    let is_own = places::is_of_target(path, &arguments.run.to)
        || journal.files().iter().any(|file| is_same(file, path));
    is_own.then_some("it is the target, which your application needs")
}

#[cfg(unix)]
fn names_of(found: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    found.nlink()
}

#[cfg(not(unix))]
fn names_of(_: &fs::Metadata) -> u64 {
    1
}

/// A file at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    length: u64,
    modified: Option<std::time::SystemTime>,
    identity: Option<(u64, u64)>,
}

impl Seen {
    fn of(path: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        Some(Self {
            length: found.len(),
            modified: found.modified().ok(),
            identity: identity(&found),
        })
    }
}

#[cfg(unix)]
fn identity(found: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}
