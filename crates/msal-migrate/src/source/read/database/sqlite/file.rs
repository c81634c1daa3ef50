//! The file of an SQLite database, and how it is opened so that nothing is written beside it.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::super::error::DatabaseError;

/// The file, held open.
pub(super) struct DatabaseFile {
    /// With all links followed: the files beside it are named after this.
    path: PathBuf,
    /// Never closed. When a process closes any descriptor of a file, POSIX drops all its locks on that file: an application
    /// that has the same database open would write without one, and damage it (sqlite.org/howtocorrupt.html §2.2).
    file: ManuallyDrop<File>,
    /// What the file was before the first read, where no lock keeps others from changing it.
    unlocked: Option<State>,
}

impl DatabaseFile {
    pub(super) fn new(path: &Path, file: File) -> io::Result<Self> {
        Ok(Self {
            path: path.canonicalize()?,
            file: ManuallyDrop::new(file),
            unlocked: None,
        })
    }

    /// The URI under which SQLite opens it.
    ///
    /// A database with a write-ahead log needs two files beside it, which SQLite would make. Where an application has it open
    /// or has crashed, both are there. Where neither is, nobody has it open, and it is read as if nobody would change it.
    pub(super) fn uri(&mut self) -> Result<String, DatabaseError> {
        let log = self.beside("-wal");
        let log_length = fs::metadata(&log).map(|log| log.len());
        let has_index = self.beside("-shm").exists();
        let how = match log_length {
            Ok(_) if has_index => "mode=ro&readonly_shm=1",
            Ok(1..) => return Err(DatabaseError::LogWithoutIndex),
            _ if self
                .has_log()
                .map_err(|error| DatabaseError::lost(&error))? =>
            {
                self.unlocked = Some(self.state()?);
                "mode=ro&immutable=1"
            }
            _ => "mode=ro&readonly_shm=1",
        };
        Ok(format!("file:{}?{how}", encoded(&self.path)))
    }

    /// Checks that what has been read was not changed meanwhile.
    pub(super) fn check(&self) -> Result<(), DatabaseError> {
        match &self.unlocked {
            Some(before) if *before != self.state()? => Err(DatabaseError::Changed),
            _ => Ok(()),
        }
    }

    /// Whether it is a database with a write-ahead log: "The file format write version. 1 for legacy; 2 for WAL"
    /// (sqlite.org/fileformat2.html §1.3).
    fn has_log(&self) -> io::Result<bool> {
        let mut header = Vec::with_capacity(HEADER);
        let mut file = &*self.file;
        file.rewind()?;
        file.take(HEADER as u64).read_to_end(&mut header)?;
        Ok(header
            .get(18..20)
            .is_some_and(|versions| versions.contains(&2)))
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        name.into()
    }

    fn state(&self) -> Result<State, DatabaseError> {
        let metadata = self.file.metadata();
        metadata
            .and_then(|metadata| State::of(&metadata))
            .map_err(|error| DatabaseError::lost(&error))
    }
}

/// How much of the file says what it is.
const HEADER: usize = 100;

/// What changes when a file is written to.
#[derive(PartialEq)]
struct State {
    length: u64,
    modified: SystemTime,
}

impl State {
    fn of(metadata: &Metadata) -> io::Result<Self> {
        Ok(Self {
            length: metadata.len(),
            modified: metadata.modified()?,
        })
    }
}

/// The path as SQLite takes it in a URI: every byte that could mean something else as `%XX`.
fn encoded(path: &Path) -> String {
    percent_encoding::percent_encode(path.as_os_str().as_encoded_bytes(), NOT_IN_PATH).to_string()
}

const NOT_IN_PATH: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');
