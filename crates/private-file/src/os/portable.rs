//! What is asked of a system that is not Unix, with the standard library alone. Names are paths here, permissions are
//! those the folder hands down, and nothing says which process runs.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::access::Access;

/// A folder.
#[derive(Debug)]
pub(crate) struct Handle(PathBuf);

impl Handle {
    /// The folder at `path`, or `None` when there is nothing.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(Some(Self(path.to_owned()))),
            Ok(_) => Err(ErrorKind::NotADirectory.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Not known here.
    pub(crate) fn exposure(&self) -> io::Result<Option<&'static str>> {
        Ok(None)
    }

    pub(crate) fn open_to_read(&self, name: &OsStr) -> io::Result<File> {
        self.open_file(name, OpenOptions::new().read(true))
    }

    pub(crate) fn open_to_write(&self, name: &OsStr) -> io::Result<File> {
        self.open_file(name, OpenOptions::new().read(true).write(true))
    }

    pub(crate) fn open_or_create(&self, name: &OsStr) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        self.open_file(name, &options)
    }

    /// Makes a file that must not exist yet.
    pub(crate) fn create_file(&self, name: &OsStr) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(self.0.join(name))
    }

    /// Makes a folder, and says whether there was none.
    pub(crate) fn make_folder(&self, name: &OsStr) -> io::Result<bool> {
        match fs::create_dir(self.0.join(name)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        fs::rename(self.0.join(from), self.0.join(to))
    }

    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    /// Nothing to do: there is no portable way to make names durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn contains(&self, name: &OsStr) -> io::Result<bool> {
        match fs::symlink_metadata(self.0.join(name)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether `name` still is the file that was opened: as far as can be told here, whether it exists. Where an open
    /// file cannot be deleted, that is the same.
    pub(crate) fn is_same(&self, name: &OsStr, _file: &File) -> io::Result<bool> {
        self.contains(name)
    }

    fn open_file(&self, name: &OsStr, options: &OpenOptions) -> io::Result<File> {
        let path = self.0.join(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => Err(io::Error::other(Link)),
            Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
            _ => options.open(path),
        }
    }
}

/// Looks at an open file: who can reach it, or why it must be neither read nor written.
pub(crate) fn vet(file: &File) -> io::Result<Result<Access, &'static str>> {
    Ok(if file.metadata()?.is_file() {
        Ok(Access::Private)
    } else {
        Err("it is not a regular file")
    })
}

/// Why opening a name was refused, if it was for what the name is.
pub(crate) fn refusal(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::IsADirectory => Some("it is a directory"),
        ErrorKind::NotADirectory => Some("a part of its path is not a directory"),
        _ if error.get_ref().is_some_and(|inner| inner.is::<Link>()) => {
            Some("it is a symbolic link")
        }
        _ => None,
    }
}

/// Not known here, so a process is believed to run for five seconds, as long as msal-extensions waits.
pub(crate) fn is_alive(_pid: u32, age: Duration) -> bool {
    age < Duration::from_secs(5)
}

/// Nothing to do: there is no portable way to keep room without making the file longer.
pub(crate) fn reserve(_file: &File, _offset: u64, _len: u64) -> io::Result<()> {
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("symbolic link")]
struct Link;
