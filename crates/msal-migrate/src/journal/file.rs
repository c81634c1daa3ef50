//! The journal's private files: never used where other users can reach them.

use std::{ffi::OsStr, fs::File, path::Path};

use private_file::{Access, Error, Folder, Gate};

use super::error::JournalError;

/// Opens an existing file for reading, or `None` when there is none.
pub(super) fn open_to_read(path: &Path) -> Result<Option<File>, JournalError> {
    open(path, Folder::open_to_read)
}

/// Opens an existing file for reading and writing, or `None` when there is none: in a folder where nobody else may
/// replace it.
pub(super) fn open_to_write(path: &Path) -> Result<Option<File>, JournalError> {
    open(path, |folder, name| {
        folder.require_own()?;
        folder.open_to_write(name)
    })
}

/// Makes a file for this user only, which must not exist yet.
pub(super) fn create(path: &Path) -> Result<File, JournalError> {
    let (folder, name) = split(path)?;
    let folder = Folder::create(folder, &Gate::default());
    let folder = folder.map_err(|error| JournalError::private(path, error))?;
    folder
        .create_file(name)
        .map_err(|error| JournalError::private(path, error))
}

/// Whether `file` still is what stands at `path`.
pub(super) fn is_at(path: &Path, file: &File) -> Result<bool, JournalError> {
    let (folder, name) = split(path)?;
    match open_folder(folder)? {
        Some(folder) => folder
            .is_same(name, file)
            .map_err(|error| JournalError::private(path, error)),
        None => Ok(false),
    }
}

/// Returns when the names in the folder of `path` are on the disk.
pub(super) fn sync_folder(path: &Path) -> Result<(), JournalError> {
    let (path, _) = split(path)?;
    let missing = || JournalError::io("sync", path)(std::io::ErrorKind::NotFound.into());
    let synced = open_folder(path)?.ok_or_else(missing)?.sync();
    synced.map_err(|error| JournalError::private(path, error))
}

type Opened = Result<Option<(File, Access)>, Error>;

fn open(
    path: &Path,
    open: impl Fn(&Folder, &OsStr) -> Opened,
) -> Result<Option<File>, JournalError> {
    let failed = |error| JournalError::private(path, error);
    let (folder, name) = split(path)?;
    let Some(folder) = Folder::open(folder, &Gate::default()).map_err(failed)? else {
        return Ok(None);
    };
    match open(&folder, name).map_err(failed)? {
        Some((_, Access::Exposed)) => Err(JournalError::not_ours(
            path,
            "other users may read or write it",
        )),
        Some((file, Access::Private)) => Ok(Some(file)),
        None => Ok(None),
    }
}

fn open_folder(path: &Path) -> Result<Option<Folder>, JournalError> {
    Folder::open(path, &Gate::default()).map_err(|error| JournalError::private(path, error))
}

fn split(path: &Path) -> Result<(&Path, &OsStr), JournalError> {
    private_file::folder_and_name(path).map_err(|error| JournalError::private(path, error))
}
