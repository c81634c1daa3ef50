//! Opening a journal: locked, checked, replayed, its torn tail cut, a session begun.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use msal::SecureRandom;
use private_file::Lock;

use super::destination::Destination;
use super::error::JournalError;
use super::file;
use super::key::{self, Fingerprinter, Keys};
use super::scan::{Scan, Sessions};
use super::states::{SharedStates, States};
use super::writer::Writer;
use super::{frame, header};

/// A journal that is open, before anything is appended to it.
pub(super) struct Opened {
    pub(super) condition: Condition,
    pub(super) fingerprinter: Fingerprinter,
    pub(super) states: SharedStates,
    pub(super) writer: Writer,
}

/// In what condition a journal was found when it was opened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Condition {
    /// Whether there was no journal before.
    pub(crate) is_new: bool,
    /// How many bytes of an incomplete write were cut from its end. They had not been acknowledged to anybody.
    pub(crate) torn: u64,
}

/// Opens the journal at `path`, or begins it. Blocks: it reads the whole file.
pub(super) fn open(
    path: &Path,
    destination: &Destination,
    random: &dyn SecureRandom,
) -> Result<Opened, JournalError> {
    let mut file = lock(path)?;
    let found_keys = Keys::read(path)?;
    let header = match &found_keys {
        Some(keys) => header::read(&mut file, path, keys)?,
        // A key is on the disk before its journal is: a journal without one has lost it.
        None if !is_empty(&file, path)? => {
            return Err(JournalError::Key {
                path: key::path(path).display().to_string(),
            });
        }
        None => None,
    };
    let mut keys = match found_keys {
        Some(keys) => keys,
        None => Keys::create(path, random)?,
    };
    let mut beginning = match header {
        Some((recorded, start)) => {
            // Before anything is changed: a journal that is refused stays as it was.
            header::compare(destination, &recorded, path)?;
            replay(&mut file, path, &keys, start)?
        }
        None => begin(&mut file, path, &keys, destination, random)?,
    };
    // A journal that was finished has no answer key. A new one opens none of the old answers.
    keys.renew(path, random)?;
    beginning.open_session(&mut file, path, &keys, random)?;
    Ok(Opened {
        condition: beginning.condition,
        fingerprinter: keys.fingerprinter(),
        states: beginning.states.clone(),
        writer: beginning.into_writer(path.to_owned(), file),
    })
}

/// Everything that is known of a journal before it is written to.
struct Beginning {
    condition: Condition,
    states: SharedStates,
    sessions: Sessions,
    end: u64,
    number: u64,
}

impl Beginning {
    /// Draws a session, and records it, so that its keys can be derived again.
    fn open_session(
        &mut self,
        file: &mut File,
        path: &Path,
        keys: &Keys,
        random: &dyn SecureRandom,
    ) -> Result<(), JournalError> {
        let (mut session, mut bytes) = ([0; 16], Vec::new());
        key::fill(random, &mut session)?;
        frame::put_opened(&mut bytes, &session, self.number);
        // Synced before anything is sealed: without its session, what was sealed in it cannot be opened.
        let written = header::sign(file, Some(std::process::id()))
            .and_then(|()| file.seek(SeekFrom::Start(self.end)))
            .and_then(|_| file.write_all(&bytes))
            .and_then(|()| file.sync_data());
        written.map_err(JournalError::io("write", path))?;
        self.sessions.push(self.end, keys.session(&session));
        self.end += bytes.len() as u64;
        self.number += 1;
        Ok(())
    }

    fn into_writer(self, path: PathBuf, file: Lock) -> Writer {
        Writer {
            path,
            file,
            sessions: self.sessions,
            states: self.states,
            end: self.end,
            number: self.number,
            group: Vec::new(),
            waiting: Vec::new(),
            broken: None,
        }
    }
}

/// Opens or makes the file, and locks it.
fn lock(path: &Path) -> Result<Lock, JournalError> {
    // Never made over one that exists: that is vetted first, and may be refused.
    let file = match file::open_to_write(path)? {
        Some(file) => file,
        None => file::create(path)?,
    };
    let locked = Lock::try_new(file).map_err(JournalError::io("lock", path))?;
    locked.map_err(|mut file| JournalError::InUse {
        path: path.display().to_string(),
        pid: header::holder(&mut file),
    })
}

fn is_empty(file: &File, path: &Path) -> Result<bool, JournalError> {
    Ok(file
        .metadata()
        .map_err(JournalError::io("read", path))?
        .len()
        == 0)
}

/// Begins a journal, over whatever is left of a beginning that was interrupted.
fn begin(
    file: &mut File,
    path: &Path,
    keys: &Keys,
    destination: &Destination,
    random: &dyn SecureRandom,
) -> Result<Beginning, JournalError> {
    let torn = file
        .metadata()
        .and_then(|found| file.set_len(0).map(|()| found.len()));
    let torn = torn.map_err(JournalError::io("write", path))?;
    let start = header::write(file, path, keys, destination, random)?;
    file::sync_folder(path)?;
    Ok(Beginning {
        condition: Condition { is_new: true, torn },
        states: SharedStates::default(),
        sessions: Sessions::default(),
        end: start,
        number: 0,
    })
}

/// Reads what is recorded, and cuts a torn tail.
fn replay(
    file: &mut File,
    path: &Path,
    keys: &Keys,
    start: u64,
) -> Result<Beginning, JournalError> {
    let mut states = States::default();
    let mut scan = Scan::new(file, path, keys, start)?;
    while let Some((position, entry)) = scan.next()? {
        states.set(entry.fingerprint, entry.step.standing(), position);
    }
    let (torn, end, number) = (scan.torn(), scan.offset, scan.number);
    let sessions = std::mem::take(&mut scan.sessions);
    if torn > 0 {
        let cut = file.set_len(end).and_then(|()| file.sync_data());
        cut.map_err(JournalError::io("write", path))?;
        tracing::warn!(journal = %path.display(), torn, "cut an incomplete write from the journal");
    }
    Ok(Beginning {
        condition: Condition {
            is_new: false,
            torn,
        },
        states: SharedStates::new(states),
        sessions,
        end,
        number,
    })
}
