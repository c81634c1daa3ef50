//! The journal of a migration that ends.

use std::path::{Path, PathBuf};

use msal_migrate::{Counts, JournalError, JournalReader};

use crate::error::Failure;
use crate::same_file::is_same;
use crate::user_files::UserFiles;

/// A journal, as it was read.
pub(super) struct Journal {
    pub(super) path: PathBuf,
    pub(super) reader: JournalReader,
    pub(super) counts: Counts,
    /// Answers that are in no target.
    pub(super) sealed: u64,
}

impl Journal {
    /// Reads the journal, which must be of this target.
    pub(super) fn open(path: &Path, target: &Path) -> Result<Self, Failure> {
        let reader = JournalReader::open(path).map_err(|error| {
            let hint = match error {
                JournalError::Finished { .. } => {
                    Some("the same command with --remove-journal removes the rest".to_owned())
                }
                JournalError::Io { .. } => Some(
                    "name the journal of the run with --journal; a migration that has none is finished, or was never begun"
                        .to_owned(),
                ),
                ref other => other.hint(),
            };
            let failure = Failure::new(&error);
            match hint {
                Some(hint) => failure.with_hint(hint),
                None => failure,
            }
        })?;
        let recorded = reader.destination().fact("target").map(Path::new);
        // One that is gone was moved: whether this is it, its accounts tell.
        let is_another = |recorded: &&Path| is_there(recorded) && !is_same(recorded, target);
        if let Some(other) = recorded.filter(is_another) {
            return Err(Failure::usage(
                format!("{} is the journal of {}", path.display(), other.display()),
                format!(
                    "name that with --to, or the journal of {} with --journal",
                    target.display()
                ),
            ));
        }
        Ok(Self {
            path: path.to_owned(),
            counts: reader.counts(),
            sealed: reader.sealed_answers(),
            reader,
        })
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.reader.files()
    }

    pub(super) fn remove(self) -> Result<(), Failure> {
        let removed = self.reader.remove();
        removed.map_err(|error| msal_migrate::MigrationError::from(error).into())
    }
}

/// Whether there is a target of this name.
fn is_there(target: &Path) -> bool {
    match UserFiles::of(target) {
        Ok(Some(users)) => users.folder().exists(),
        _ => target.exists(),
    }
}
