//! Where a cache file is, and what the store says of it when something is wrong there.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    fs::File,
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use private_file::{Access, Error, Folder, Gate};

use crate::store::StoreError;

/// The folder of a cache file and its name. It is shown as the file's path.
#[derive(Debug)]
pub(super) struct CachePath {
    folder: PathBuf,
    name: OsString,
}

/// See [`CachePath::stamp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: SystemTime,
    length: u64,
}

impl CachePath {
    pub(super) fn new(path: &Path) -> Result<Self, StoreError> {
        let (folder, name) = private_file::folder_and_name(path)
            .map_err(|error| store_error("name", path.display(), error))?;
        Ok(Self {
            folder: folder.into(),
            name: name.into(),
        })
    }

    pub(super) fn name(&self) -> &OsStr {
        &self.name
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// The path of a file beside it, whose name is longer.
    pub(super) fn beside(&self, suffix: &str) -> Self {
        let mut name = self.name.clone();
        name.push(suffix);
        Self {
            folder: self.folder.clone(),
            name,
        }
    }

    /// The first name for ruins that nothing has yet.
    pub(super) fn unused_name(&self, folder: &Folder) -> Result<OsString, Error> {
        let mut n = 1_u32;
        loop {
            let name = self.beside(&format!(".corrupt-{n}")).name;
            if !folder.contains(&name)? {
                return Ok(name);
            }
            n += 1;
        }
    }

    pub(super) fn open_folder(&self, gate: &Gate) -> Result<Option<Folder>, StoreError> {
        Folder::open(&self.folder, gate)
            .map_err(|error| store_error("open", self.folder.display(), error))
    }

    pub(super) fn make_folder(&self, gate: &Gate) -> Result<Folder, StoreError> {
        Folder::create(&self.folder, gate)
            .map_err(|error| store_error("make", self.folder.display(), error))
    }

    /// The folders that [`make_folder`](Self::make_folder) would make, the lowest first.
    pub(super) fn missing_folders(&self) -> Vec<PathBuf> {
        let mut missing = Vec::new();
        let mut folder = Some(self.folder.as_path());
        while let Some(path) = folder.filter(|path| !path.exists()) {
            missing.push(path.to_owned());
            folder = private_file::parent(path);
        }
        missing
    }

    pub(super) fn open(&self, folder: &Folder) -> Result<Option<(File, Access)>, StoreError> {
        let opened = folder.open_to_read(&self.name);
        opened.map_err(|error| self.failed("read", error))
    }

    /// When the file was last written and how long it is, or `None` when there is none: for less than reading it, this
    /// tells whether somebody has written it since.
    pub(super) fn stamp(&self, folder: &Folder) -> Result<Option<Stamp>, StoreError> {
        let Some((file, _)) = self.open(folder)? else {
            return Ok(None);
        };
        let metadata = file.metadata();
        let stamp = metadata.and_then(|metadata| {
            Ok(Stamp {
                modified: metadata.modified()?,
                length: metadata.len(),
            })
        });
        stamp
            .map(Some)
            .map_err(|error| self.io_failed("read", error))
    }

    /// Returns when what happened to the file's name is on the disk.
    pub(super) fn sync(&self, folder: &Folder) -> Result<(), StoreError> {
        folder.sync().map_err(|error| match error {
            Error::Io { source, .. } => StoreError::not_durable(self.to_string(), source),
            refused @ Error::Refused { .. } => self.failed("sync", refused),
        })
    }

    /// A failed `action`, which the caller names because it knows what the file is for.
    pub(super) fn failed(&self, action: &'static str, error: Error) -> StoreError {
        store_error(action, self, error)
    }

    /// A failed `action` on the open file.
    pub(super) fn io_failed(&self, action: &'static str, error: io::Error) -> StoreError {
        StoreError::io(action, self.to_string(), error)
    }
}

impl fmt::Display for CachePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().display().fmt(formatter)
    }
}

fn store_error(action: &'static str, place: impl fmt::Display, error: Error) -> StoreError {
    match error {
        Error::Io { source, .. } => StoreError::io(action, place.to_string(), source),
        Error::Refused { path, reason } => StoreError::not_ours(path.display().to_string(), reason),
    }
}
