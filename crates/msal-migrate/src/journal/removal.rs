//! The end of a journal: its files go, and nobody takes what is left of them for a journal.
//!
//! First the keys are overwritten, which is one write of 98 bytes. From then on nothing in the journal can be read, and whoever
//! opens it is told that it is finished. The key file goes last, so that an interrupted removal is known as one, and is gone
//! on with.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::claims::{self, Claims, Holder};
use super::error::JournalError;
use super::key::{self, Keys};
use super::opening::Locked;
use super::reader::JournalReader;
use super::{file, journal_files};

impl JournalReader {
    /// The files of the journal: itself, its key, and the folder of claims where programs share it.
    pub fn files(&self) -> Vec<PathBuf> {
        let claims = Some(claims::path(&self.path)).filter(|path| path.is_dir());
        journal_files(&self.path)
            .into_iter()
            .chain(claims)
            .collect()
    }

    /// Removes the journal, which ends the migration: its keys are overwritten, then its [files](Self::files) are deleted. A
    /// run with a new journal redeems once more what this one has migrated, so keep its report, and do it when nobody will
    /// run the migration again. Interrupted, it is gone on with by [`remove_finished_journal`]. Blocks.
    ///
    /// Answers that are [sealed](Self::sealed_answers) in it are gone with it, those that are to be published excepted: they
    /// keep it. Programs that redeem with it when users come back can do so no more, and are told that it is finished.
    ///
    /// # Security
    /// What was overwritten may still be read where the system writes elsewhere than it is told: on flash memory, on file systems
    /// that copy on write, in snapshots and backups.
    ///
    /// # Errors
    /// [`JournalError::Unpublished`] when answers are to be published, [`JournalError::InUse`],
    /// [`JournalError::Changed`] when it is not what was read, [`JournalError::Io`]. Before the keys are overwritten nothing
    /// has changed.
    pub fn remove(self) -> Result<(), JournalError> {
        let unpublished = self.counts().unpublished;
        if unpublished > 0 {
            return Err(JournalError::Unpublished {
                answers: unpublished,
            });
        }
        let claims = Claims::new(&self.path);
        let _locked = Locked::new(&self.path, &claims, Holder::Batch)?;
        let now = Self::open(&self.path)?;
        if now.keys.id != self.keys.id || now.end != self.end {
            return Err(JournalError::Changed {
                path: self.path.display().to_string(),
            });
        }
        Keys::wipe(&self.path)?;
        remove_files(&self.path)
    }
}

/// Goes on with the removal of the journal at `path` where that was interrupted, and says whether it was.
///
/// # Errors
/// [`JournalError::Io`].
pub fn remove_finished_journal(path: &Path) -> Result<bool, JournalError> {
    match Keys::read(path) {
        Err(JournalError::Finished { .. }) => remove_files(path).map(|()| true),
        _ => Ok(false),
    }
}

/// Deletes the files of a journal whose keys are overwritten.
fn remove_files(path: &Path) -> Result<(), JournalError> {
    let claims = claims::path(path);
    absent_is_fine(fs::remove_dir_all(&claims), &claims)?;
    absent_is_fine(fs::remove_file(path), path)?;
    file::sync_folder(path)?;
    let key = key::path(path);
    absent_is_fine(fs::remove_file(&key), &key)?;
    file::sync_folder(path)
}

fn absent_is_fine(removed: std::io::Result<()>, path: &Path) -> Result<(), JournalError> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(JournalError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}
