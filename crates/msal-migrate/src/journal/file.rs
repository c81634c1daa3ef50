//! Private files: opened without following links, looked at before they are believed, durable when they say so.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
};

use super::error::JournalError;

/// Opens an existing file for reading, or `None` when there is none.
pub(super) fn open_to_read(path: &Path) -> Result<Option<File>, JournalError> {
    open_existing(path, OpenOptions::new().read(true))
}

/// Opens an existing file for reading and writing, or `None` when there is none.
pub(super) fn open_to_write(path: &Path) -> Result<Option<File>, JournalError> {
    open_existing(path, OpenOptions::new().read(true).write(true))
}

/// Makes a file for this user only, which must not exist yet.
pub(super) fn create(path: &Path) -> Result<File, JournalError> {
    make_folder(path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    private(&mut options);
    let file = options.open(path).map_err(JournalError::io("make", path))?;
    restrict(&file).map_err(JournalError::io("make", path))?;
    Ok(file)
}

/// Returns when the names in the folder of `path` are on the disk.
pub(super) fn sync_folder(path: &Path) -> Result<(), JournalError> {
    let folder = folder(path);
    // Elsewhere a folder cannot be opened like a file, and there is no portable way to make names durable.
    if cfg!(unix) {
        let synced = File::open(&folder).and_then(|folder| folder.sync_all());
        synced.map_err(JournalError::io("sync", &folder))?;
    }
    Ok(())
}

/// A file that this process has for itself, until this is dropped.
#[derive(Debug)]
pub(super) struct Locked(File);

impl Locked {
    /// Locks `file`, or gives it back when somebody else has.
    pub(super) fn new(file: File) -> io::Result<Result<Self, File>> {
        match file.try_lock() {
            Ok(()) => Ok(Ok(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(Err(file)),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing alone would leave the lock to a child process that is just being started and has a copy of the file.
        drop(self.0.unlock());
    }
}

impl Deref for Locked {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl DerefMut for Locked {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.0
    }
}

fn open_existing(path: &Path, options: &mut OpenOptions) -> Result<Option<File>, JournalError> {
    private(options);
    match options.open(path) {
        Ok(file) => match vet(&file).map_err(JournalError::io("open", path))? {
            None => Ok(Some(file)),
            Some(reason) => Err(JournalError::not_ours(path, reason)),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(JournalError::io("open", path)(error)),
    }
}

fn make_folder(path: &Path) -> Result<(), JournalError> {
    let folder = folder(path);
    if !folder.exists() {
        // From the top, so that each new name is on the disk before anything stands in it.
        make_folder(&folder)?;
        make_private_folder(&folder).map_err(JournalError::io("make", &folder))?;
        sync_folder(&folder)?;
    }
    if is_exposed(&folder).map_err(JournalError::io("look at", &folder))? {
        return Err(JournalError::not_ours(
            &folder,
            "every user may replace files in this folder",
        ));
    }
    Ok(())
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::OFlags;

    // Neither follow a link nor wait for the other end of a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    options.mode(0o600).custom_flags(flags.cast_signed());
}

#[cfg(unix)]
fn restrict(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    // Whatever the umask took away.
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

/// Why a file must not be used, if so.
#[cfg(unix)]
fn vet(file: &File) -> io::Result<Option<&'static str>> {
    use std::os::unix::fs::MetadataExt as _;

    let found = file.metadata()?;
    Ok(if !found.is_file() {
        Some("it is not a regular file")
    } else if found.uid() != rustix::process::geteuid().as_raw() {
        Some("it belongs to another user")
    } else if found.nlink() > 1 {
        Some("it has several hard links")
    } else if found.mode() & 0o077 != 0 {
        Some("other users may read or write it")
    } else {
        None
    })
}

/// Whether every user may replace files in a folder. A sticky bit, as on `/tmp`, prevents that.
#[cfg(unix)]
fn is_exposed(folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;

    let mode = fs::metadata(folder)?.mode();
    Ok(mode & 0o002 != 0 && mode & 0o1000 == 0)
}

/// Why opening a name was refused, if it was for what the name is.
#[cfg(unix)]
pub(super) fn refusal(error: &io::Error) -> Option<&'static str> {
    use rustix::io::Errno;

    match Errno::from_io_error(error)? {
        Errno::LOOP | Errno::MLINK => Some("it is a symbolic link"),
        Errno::ISDIR => Some("it is a directory"),
        Errno::NOTDIR => Some("a part of its path is not a directory"),
        Errno::NXIO => Some("it is not a regular file"),
        _ => None,
    }
}

#[cfg(not(unix))]
fn private(_options: &mut OpenOptions) {}

#[cfg(not(unix))]
fn restrict(_file: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn vet(file: &File) -> io::Result<Option<&'static str>> {
    Ok(if file.metadata()?.is_file() {
        None
    } else {
        Some("it is not a regular file")
    })
}

#[cfg(not(unix))]
fn is_exposed(_folder: &Path) -> io::Result<bool> {
    Ok(false)
}

#[cfg(not(unix))]
pub(super) fn refusal(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::IsADirectory => Some("it is a directory"),
        ErrorKind::NotADirectory => Some("a part of its path is not a directory"),
        _ => None,
    }
}
