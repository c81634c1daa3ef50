//! What the store asks of a system that is not Unix, with the standard library alone. Not tested by us anywhere but on
//! Linux: names are paths here, permissions are those the folder hands down, and nothing says which process runs.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{Content, gate::Gate};

/// A folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    gate: Gate,
}

impl Folder {
    /// The folder at `path`, or `None` when there is nothing.
    pub fn open(path: &Path, gate: &Gate) -> io::Result<Option<Self>> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(Some(Self {
                path: path.to_owned(),
                gate: gate.clone(),
            })),
            Ok(_) => Err(ErrorKind::NotADirectory.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The folder at `path`, made where it is missing.
    pub fn create(path: &Path, gate: &Gate) -> io::Result<Self> {
        gate.pass("make folder")?;
        fs::create_dir_all(path)?;
        Ok(Self {
            path: path.to_owned(),
            gate: gate.clone(),
        })
    }

    /// Whether every user may replace files in it: not known here.
    pub fn is_exposed(&self) -> io::Result<bool> {
        Ok(false)
    }

    /// The path of `name`, for messages.
    pub fn place(&self, name: &OsStr) -> String {
        self.path.join(name).display().to_string()
    }

    /// Opens an existing file, or `None` when there is none.
    pub fn open_file(&self, name: &OsStr) -> io::Result<Option<File>> {
        self.existing(name, OpenOptions::new().read(true))
    }

    /// Opens an existing lock file for reading and writing, or `None` when there is none.
    pub fn open_lock(&self, name: &OsStr) -> io::Result<Option<File>> {
        self.existing(name, OpenOptions::new().read(true).write(true))
    }

    /// Opens a lock file, and makes it where it is missing. Never truncates.
    pub fn open_or_create_lock(&self, name: &OsStr) -> io::Result<File> {
        self.gate.pass("open lock")?;
        self.refuse_link(name)?;
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path.join(name))
    }

    /// Makes a file that must not exist yet.
    pub fn create_file(&self, name: &OsStr) -> io::Result<File> {
        self.gate.pass("create")?;
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(self.path.join(name))
    }

    /// Makes a file that must not exist yet and returns when its content is on the disk.
    pub fn write_new(&self, name: &OsStr, content: Content<'_>) -> io::Result<()> {
        let mut file = self.create_file(name)?;
        self.gate.pass("write")?;
        content(&mut |piece| file.write_all(piece))?;
        self.gate.pass("sync")?;
        file.sync_all()
    }

    /// Renames `from` to `to`, which is replaced in one step if it exists.
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.gate.pass("rename")?;
        fs::rename(self.path.join(from), self.path.join(to))
    }

    /// Removes `name`. That it does not exist is fine.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        self.gate.pass("remove")?;
        match fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Nothing to do: there is no portable way to make names durable.
    pub fn sync(&self) -> io::Result<()> {
        self.gate.pass("sync folder")
    }

    /// Whether there is anything of that name.
    pub fn contains(&self, name: &OsStr) -> io::Result<bool> {
        match fs::symlink_metadata(self.path.join(name)) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether `name` still is the file that was opened: as far as can be told here, whether it exists. Where an open
    /// file cannot be deleted, that is the same.
    pub fn is_same(&self, name: &OsStr, _file: &File) -> io::Result<bool> {
        self.contains(name)
    }

    fn existing(&self, name: &OsStr, options: &OpenOptions) -> io::Result<Option<File>> {
        self.refuse_link(name)?;
        match options.open(self.path.join(name)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn refuse_link(&self, name: &OsStr) -> io::Result<()> {
        match fs::symlink_metadata(self.path.join(name)) {
            Ok(found) if found.is_symlink() => Err(io::Error::other(Link)),
            Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
            _ => Ok(()),
        }
    }
}

/// Whether other users can read or write a file of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Exposed,
    Private,
}

/// Looks at an open file: who can reach it, or why it is refused.
pub fn vet(file: &File) -> io::Result<Result<Access, &'static str>> {
    Ok(if file.metadata()?.is_file() {
        Ok(Access::Private)
    } else {
        Err("it is not a regular file")
    })
}

/// Why opening a name was refused, if it was for what the name is.
pub fn refusal(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        ErrorKind::IsADirectory => Some("it is a directory"),
        ErrorKind::NotADirectory => Some("a part of its path is not a directory"),
        _ if error.get_ref().is_some_and(|inner| inner.is::<Link>()) => {
            Some("it is a symbolic link")
        }
        _ => None,
    }
}

/// Whether the process `pid` runs. Not known here, so it is believed for the five seconds that msal-extensions waits.
pub fn is_alive(_pid: u32, age: Duration) -> bool {
    age < Duration::from_secs(5)
}

#[derive(Debug, thiserror::Error)]
#[error("symbolic link")]
struct Link;
