//! What makes a migration resumable: an append-only record of what was tried and what came of it.
//!
//! A refresh token may be good for one redemption only, so that an answer that is lost is a user who must sign in again.
//! Hence the order: an [`Intent`] is on the disk before the request leaves, the [`Redeemed`] answer is on the disk
//! before anybody looks into it, and an [`Outcome`] is recorded when the target holds the new token for certain. By
//! replay, every token stands in exactly one [`State`].
//!
//! # What is in the file
//!
//! A header, then records of which each is sealed (see `key.rs`), numbered, and checksummed (`frame.rs`).
//! Of the source's refresh tokens there are only fingerprints, made with a key. Answers are sealed with a second key,
//! and [`Journal::finish`] overwrites it. The keys are in `<journal>.key`: whoever has both files and the key's
//! permissions has the answers, so the two deserve the care that the target does.
//!
//! A journal notices damage, and records taken from another journal or moved. It does not notice that an older copy of
//! the whole file was put back.

mod encoding;
mod entry;
mod error;
mod file;
mod frame;
mod header;
mod key;
mod reader;
mod scan;
mod states;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    fmt,
    fs::File,
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{SyncSender, sync_channel},
    },
    task::{Context, Poll, ready},
    thread::{self, JoinHandle},
};

use msal::SecureRandom;
use tokio::sync::oneshot;

pub use self::{
    entry::{Class, Event, Intent, Outcome, Published, RawResponse, Redeemed},
    error::JournalError,
    header::Identity,
    reader::{JournalEntry, JournalReader},
    states::{Counts, State, States},
};
use self::{
    file::Locked,
    key::{Fingerprinter, Keys},
    scan::{Scan, Sessions},
    writer::{Command, Writer},
};
use crate::fingerprint::Fingerprint;

/// A journal that is being written. One process at a time has it.
///
/// Dropping it brings what was appended to the disk, and waits for that.
pub struct Journal {
    path: Arc<Path>,
    fingerprinter: Fingerprinter,
    /// As the disk has it. Shared with the thread that writes.
    states: Arc<Mutex<States>>,
    /// Taken out when the thread is to end.
    commands: Option<SyncSender<Command>>,
    thread: Option<JoinHandle<()>>,
}

/// Where in a journal a record is. Later records have greater positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

/// How a journal was found when it was opened.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Replay {
    /// Whether there was no journal before.
    pub is_new: bool,
    /// How many bytes of an incomplete write were cut from its end. They had not been acknowledged to anybody.
    pub torn: u64,
}

impl Journal {
    /// Opens the journal at `path`, or begins it, for a run that `identity` describes. Blocks: it reads the whole file.
    ///
    /// # Errors
    ///
    /// [`JournalError::InUse`] when another process has it, [`JournalError::OtherRun`] when it is of another run,
    /// [`JournalError::Key`] when its key is missing, [`JournalError::Damaged`] when it is not what was written.
    pub fn open(
        path: impl Into<PathBuf>,
        identity: &Identity,
        random: &dyn SecureRandom,
    ) -> Result<(Self, Replay), JournalError> {
        let path = path.into();
        let mut file = lock(&path)?;
        let mut keys = Keys::read(&path)?;
        let header = match &keys {
            Some(keys) => header::read(&mut file, &path, keys)?,
            None if is_empty(&file, &path)? => None,
            None => {
                return Err(JournalError::Key {
                    place: key::path(&path).display().to_string(),
                });
            }
        };
        let mut keys = match keys.take() {
            Some(keys) => keys,
            None => Keys::create(&path, random)?,
        };
        let mut beginning = match header {
            Some((recorded, start)) => {
                header::compare(identity, &recorded, &path)?;
                replay(&mut file, &path, &keys, start)?
            }
            None => begin(&mut file, &path, &keys, identity, random)?,
        };
        keys.renew(&path, random)?;
        beginning.open_session(&mut file, &path, &keys, random)?;
        let (replay, states) = (beginning.replay, Arc::clone(&beginning.states));
        let fingerprinter = keys.fingerprinter();
        let writer = beginning.into_writer(path.clone(), file);
        let (commands, thread) =
            start(writer).map_err(JournalError::io("start a thread for", &path))?;
        Ok((
            Self {
                path: path.into(),
                fingerprinter,
                states,
                commands: Some(commands),
                thread: Some(thread),
            },
            replay,
        ))
    }

    /// Opens the journal at `path` for a report: takes no lock and changes nothing.
    ///
    /// # Errors
    ///
    /// See [`JournalReader::open`].
    pub fn read_only(path: impl Into<PathBuf>) -> Result<JournalReader, JournalError> {
        JournalReader::open(path)
    }

    /// Identifies a refresh token of a client, in this journal only, without revealing it.
    pub fn fingerprint(&self, client_id: &str, refresh_token: &[u8]) -> Fingerprint {
        self.fingerprinter.fingerprint(client_id, refresh_token)
    }

    /// Where each token stands, by what is on the disk. Nothing is recorded while the guard is held.
    pub fn states(&self) -> MutexGuard<'_, States> {
        locked(&self.states)
    }

    /// Records `event`. The future completes when it is on the disk.
    ///
    /// The event is on its way when this returns: dropping the future does not take it back. Events reach the disk in
    /// the order of the calls. When very many are on their way, the call itself waits for the disk.
    ///
    /// # Errors
    ///
    /// The future fails with [`JournalError::Broken`] when the disk has refused this write or an earlier one, and with
    /// [`JournalError::TooLarge`].
    pub fn append(&self, event: Event) -> Appending {
        Appending {
            reply: self.ask(|reply| Command::Append(Box::new(event), reply)),
            place: Arc::clone(&self.path),
        }
    }

    /// Reads the response that was recorded at `position`.
    ///
    /// # Errors
    ///
    /// [`JournalError::Erased`] when there is none, or none any more.
    pub async fn response(&self, position: Position) -> Result<RawResponse, JournalError> {
        let reply = self.ask(|reply| Command::Read(position, reply));
        reply.await.unwrap_or_else(|_gone| Err(gone(&self.path)))
    }

    /// Ends the journal's work: erases the key of all responses. What became of each token can still be read, and the
    /// journal can be opened again.
    ///
    /// Responses that were quarantined are erased too.
    ///
    /// # Errors
    ///
    /// [`JournalError::Unfinished`] when responses are not yet in the target and read back from it; nothing is erased.
    pub async fn finish(self) -> Result<(), JournalError> {
        let reply = self.ask(Command::Finish);
        reply.await.unwrap_or_else(|_gone| Err(gone(&self.path)))
    }

    /// Removes a journal that nothing was written into, and its key; what cannot be removed stays, and does no harm.
    /// The journal goes first: a key alone is replaced by the next run.
    pub(crate) fn withdraw(self) {
        drop(
            std::fs::remove_file(&self.path)
                .and_then(|()| std::fs::remove_file(key::path(&self.path))),
        );
    }

    fn ask<T>(
        &self,
        command: impl FnOnce(writer::Reply<T>) -> Command,
    ) -> oneshot::Receiver<Result<T, JournalError>> {
        let (reply, answer) = oneshot::channel();
        if let Some(commands) = &self.commands {
            // Fails when the thread has ended, and then so does the answer.
            drop(commands.send(command(reply)));
        }
        answer
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.commands.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Journal")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A record on its way to the disk. See [`Journal::append`].
#[derive(Debug)]
#[must_use = "that it is on the disk is known only when this completes; drop it where that does not matter"]
pub struct Appending {
    reply: oneshot::Receiver<Result<Position, JournalError>>,
    place: Arc<Path>,
}

impl Future for Appending {
    type Output = Result<Position, JournalError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.reply).poll(context));
        Poll::Ready(answer.unwrap_or_else(|_gone| Err(gone(&self.place))))
    }
}

/// Everything that is known of a journal before it is written to.
struct Beginning {
    replay: Replay,
    states: Arc<Mutex<States>>,
    sessions: Sessions,
    end: u64,
    number: u64,
}

impl Beginning {
    /// Draws new keys, and records how to derive them.
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

    fn into_writer(self, path: PathBuf, file: Locked) -> Writer {
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
fn lock(path: &Path) -> Result<Locked, JournalError> {
    let file = match file::open_to_write(path)? {
        Some(file) => file,
        None => file::create(path)?,
    };
    let locked = Locked::new(file).map_err(JournalError::io("lock", path))?;
    locked.map_err(|mut file| JournalError::InUse {
        place: path.display().to_string(),
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
    identity: &Identity,
    random: &dyn SecureRandom,
) -> Result<Beginning, JournalError> {
    let torn = file
        .metadata()
        .and_then(|found| file.set_len(0).map(|()| found.len()));
    let torn = torn.map_err(JournalError::io("write", path))?;
    let start = header::write(file, path, keys, identity, random)?;
    file::sync_folder(path)?;
    Ok(Beginning {
        replay: Replay { is_new: true, torn },
        states: Arc::default(),
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
    while let Some((position, event)) = scan.next()? {
        states.apply(&event, position);
    }
    let (torn, end, number) = (scan.torn(), scan.offset, scan.number);
    let sessions = std::mem::take(&mut scan.sessions);
    if torn > 0 {
        let cut = file.set_len(end).and_then(|()| file.sync_data());
        cut.map_err(JournalError::io("write", path))?;
        tracing::warn!(journal = %path.display(), torn, "cut an incomplete write from the journal");
    }
    Ok(Beginning {
        replay: Replay {
            is_new: false,
            torn,
        },
        states: Arc::new(Mutex::new(states)),
        sessions,
        end,
        number,
    })
}

fn start(writer: Writer) -> io::Result<(SyncSender<Command>, JoinHandle<()>)> {
    let (commands, receiver) = sync_channel(QUEUE);
    let thread = thread::Builder::new()
        .name("journal".into())
        .spawn(move || writer.run(&receiver))?;
    Ok((commands, thread))
}

fn locked(states: &Mutex<States>) -> MutexGuard<'_, States> {
    // Whoever panicked was counting; an event is applied whole.
    states.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread is gone, which only a panic in it can bring about.
fn gone(path: &Path) -> JournalError {
    let source = Arc::new(io::Error::other("the journal's thread has ended"));
    JournalError::Broken {
        place: path.display().to_string(),
        source,
    }
}

/// How many records may wait for the disk before whoever appends does.
const QUEUE: usize = 1024;
