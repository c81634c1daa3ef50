//! Opening a journal: locked, checked, replayed, its torn tail cut, a session begun; and given to the others again, where
//! it is shared.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use msal::SecureRandom;
use private_file::Lock;

use super::claims::{Claims, Holder};
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
    random: Arc<dyn SecureRandom>,
    holder: Holder,
) -> Result<Opened, JournalError> {
    refuse_lost(path)?;
    let claims = Claims::new(path);
    if holder == Holder::FirstUse {
        claims.ask()?;
    }
    let Locked {
        mut file,
        is_shared,
        batch,
    } = Locked::new(path, &claims, holder)?;
    let found_keys = Keys::read(path)?;
    let header = match &found_keys {
        Some(keys) => header::read(&mut file, path, keys)?,
        // A key is on the disk before its journal is: a journal without one has lost it.
        None if !is_empty(&file, path)? => {
            return Err(key::missing(path));
        }
        None => None,
    };
    let mut keys = match found_keys {
        Some(keys) => keys,
        None => Keys::create(path, &*random)?,
    };
    let mut beginning = match header {
        Some((recorded, start)) => {
            // Before anything is changed: a journal that is refused stays as it was.
            if holder == Holder::Batch {
                header::compare(destination, &recorded, path)?;
            }
            let beginning = replay(&mut file, path, &keys, start)?;
            header::renew(&mut file, path)?;
            beginning
        }
        None => begin(&mut file, path, &keys, destination, &*random)?,
    };
    // A journal that was finished has no answer key. A new one opens none of the old answers.
    keys.renew(path, &*random)?;
    beginning.open_session(&mut file, path, &keys, &*random)?;
    let mut writer = Writer {
        path: path.to_owned(),
        file,
        keys,
        random,
        claims: Arc::new(claims),
        holder,
        batch,
        sessions: beginning.sessions,
        states: beginning.states.clone(),
        end: beginning.end,
        number: beginning.number,
        group: Vec::new(),
        waiting: Vec::new(),
        lacks_session: false,
        lacks_turn: false,
        broken: None,
    };
    if is_shared {
        writer.share()?;
    }
    Ok(Opened {
        condition: beginning.condition,
        fingerprinter: writer.keys.fingerprinter(),
        states: beginning.states,
        writer,
    })
}

/// Refuses to begin a journal in place of another file, or of a journal that is gone.
fn refuse_lost(path: &Path) -> Result<(), JournalError> {
    header::refuse_others(path)?;
    // The file of a journal is made before its key is, and removed after it. Looked at again, as somebody may be making or
    // removing both.
    let has_key = || Ok(Keys::read(path)?.is_some());
    let is_there = || std::fs::symlink_metadata(path).is_ok();
    match has_key()? && !is_there() && has_key()? {
        true => Err(JournalError::Missing {
            path: path.display().to_string(),
        }),
        false => Ok(()),
    }
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
    /// Draws a session, and records it, so that its keys can be derived again. It goes over what is torn, which is cut behind
    /// it: were it cut first, somebody else could go on in the session of the torn record, with its number.
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
            .and_then(|()| file.set_len(self.end + bytes.len() as u64))
            .and_then(|()| file.sync_data());
        written.map_err(JournalError::io("write", path))?;
        self.sessions.push(self.end, keys.session(&session));
        self.end += bytes.len() as u64;
        self.number += 1;
        Ok(())
    }
}

/// The file of a journal, which nobody else has at the moment.
pub(super) struct Locked {
    file: Lock,
    is_shared: bool,
    batch: Option<Lock>,
}

impl Locked {
    pub(super) fn new(path: &Path, claims: &Claims, holder: Holder) -> Result<Self, JournalError> {
        if !claims.are_wanted() {
            let alone = Self::alone(path);
            // Looked at again: whoever shares it asks before anything else, and may have come and gone meanwhile.
            if !claims.are_wanted() {
                return alone;
            }
        }
        let batch = match holder {
            Holder::Batch => Some(be_the_batch(claims, path)?),
            Holder::FirstUse => None,
        };
        Ok(Self {
            file: lock(path, true)?,
            is_shared: true,
            batch,
        })
    }

    fn alone(path: &Path) -> Result<Self, JournalError> {
        Ok(Self {
            file: lock(path, false)?,
            is_shared: false,
            batch: None,
        })
    }
}

/// Opens or makes the file, and locks it. Waits where others have it for a moment each.
fn lock(path: &Path, is_shared: bool) -> Result<Lock, JournalError> {
    let rounds = if is_shared {
        PATIENCE
    } else {
        PATIENCE_WITH_A_BATCH
    };
    for round in 1.. {
        // Never made over one that exists: that is vetted first, and may be refused.
        let file = match file::open_to_write(path)? {
            Some(file) => file,
            None => match file::create(path) {
                // Somebody else has made it since.
                Err(_) if is_shared && round < rounds && path.exists() => continue,
                created => created?,
            },
        };
        match Lock::try_new(file).map_err(JournalError::io("lock", path))? {
            // A batch that had nothing to do may have removed the one that was waited for.
            Ok(locked) if file::is_at(path, &locked)? => return Ok(locked),
            Ok(_) if round < rounds => {}
            Err(_) if round < rounds => thread::sleep(PAUSE),
            Ok(_) => return Err(in_use(path, None)),
            Err(mut file) => return Err(in_use(path, header::holder(&mut file))),
        }
    }
    Err(in_use(path, None))
}

/// Takes the place of the batch. Others ask for it for a moment only, to see whether somebody has it.
fn be_the_batch(claims: &Claims, path: &Path) -> Result<Lock, JournalError> {
    for _ in 0..PATIENCE_WITH_A_BATCH {
        if let Some(batch) = claims.try_be_the_batch()? {
            return Ok(batch);
        }
        thread::sleep(PAUSE);
    }
    Err(in_use(path, None))
}

fn in_use(path: &Path, pid: Option<u32>) -> JournalError {
    JournalError::InUse {
        path: path.display().to_string(),
        pid,
    }
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

/// Reads what is recorded.
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

const PAUSE: Duration = Duration::from_millis(10);

/// How often a journal is tried that others have: whoever opens it reads it all.
const PATIENCE: u32 = 1000;

/// How often one is tried that a batch may have for hours, or that somebody asks for a moment whether one has it.
const PATIENCE_WITH_A_BATCH: u32 = 50;
