//! The thread that writes: what is waiting goes to the disk in one write and one `fdatasync`, and is then acknowledged.
//!
//! While one group is being synced, the next gathers. Where many records are on their way, a group also waits a moment
//! for more of them: a sync costs more than everything else that happens to a record.
//!
//! A journal that is [shared](super::claims) is locked for each group, and what others appended is read first
//! (`turns.rs`).

use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use msal::SecureRandom;
use private_file::Lock;
use tokio::sync::oneshot;

use super::claims::{Claims, Holder};
use super::error::JournalError;
use super::key::{self, Keys};
use super::position::Position;
use super::scan::{self, LONGEST_WRITE, Sessions};
use super::standing::Standing;
use super::states::SharedStates;
use super::unsealed::Unsealed;
use super::{frame, header};
use crate::fingerprint::Fingerprint;

/// What the thread is asked to do.
pub(super) enum Command {
    Append(Pending, ReplyTo<Position>),
    Finish(ReplyTo<()>),
    Read(Position, ReplyTo<Unsealed>),
    Refresh(ReplyTo<()>),
    Reserve(u64, ReplyTo<()>),
    Withdraw(ReplyTo<()>),
}

/// A record that is not on the disk yet.
pub(super) struct Pending {
    pub(super) fingerprint: Fingerprint,
    /// Where the record brings the token, once it is on the disk.
    pub(super) standing: Standing,
    pub(super) record: Unsealed,
    /// Whether it is left out where another process has decided about the token: whoever writes it has not claimed that.
    pub(super) yields: bool,
}

pub(super) type ReplyTo<T> = oneshot::Sender<Result<T, JournalError>>;

/// The journal as the thread has it: nobody else of the process touches the file.
pub(super) struct Writer {
    pub(super) path: PathBuf,
    /// Locked all the time, or for each group where the journal is shared.
    pub(super) file: Lock,
    pub(super) keys: Keys,
    pub(super) random: Arc<dyn SecureRandom>,
    pub(super) claims: Arc<Claims>,
    pub(super) holder: Holder,
    /// The place of the batch, where this is one and the journal is shared.
    pub(super) batch: Option<Lock>,
    pub(super) sessions: Sessions,
    /// Brought up to date when a group is on the disk.
    pub(super) states: SharedStates,
    /// Where the next write begins; everything before is on the disk.
    pub(super) end: u64,
    /// The number of the next record.
    pub(super) number: u64,
    pub(super) group: Vec<u8>,
    pub(super) waiting: Vec<Written>,
    /// Whether the next record must not be sealed in the session of the last one.
    pub(super) lacks_session: bool,
    /// Whether it is only in this turn that nothing is written.
    pub(super) lacks_turn: bool,
    /// Why nothing more is written.
    pub(super) broken: Option<Arc<std::io::Error>>,
}

/// A record in the group.
pub(super) struct Written {
    position: Position,
    fingerprint: Fingerprint,
    standing: Standing,
    reply: ReplyTo<Position>,
}

impl Writer {
    /// Obeys until nobody can ask any more.
    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        let mut is_busy = false;
        while let Some(command) = self.next(commands) {
            // Only then: a caller that waits for each record before it appends the next gains nothing by waiting longer.
            if is_busy {
                thread::sleep(GATHERING);
            }
            self.begin_turn();
            self.obey(command);
            // One more record cannot make the write longer than a write may be.
            while self.group.len() < LONGEST_WRITE - frame::LONGEST
                && let Ok(command) = commands.try_recv()
            {
                self.obey(command);
            }
            is_busy = self.waiting.len() >= BUSY;
            self.commit();
            self.end_turn();
        }
        self.close();
    }

    /// The next command; `None` when nobody can ask any more. While the journal is this process's alone, it looks now and
    /// then whether somebody wants to share it.
    fn next(&mut self, commands: &Receiver<Command>) -> Option<Command> {
        while !self.claims.are_shared() {
            match commands.recv_timeout(LOOK) {
                Ok(command) => return Some(command),
                Err(RecvTimeoutError::Timeout) => self.share_if_wanted(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        commands.recv().ok()
    }

    fn obey(&mut self, command: Command) {
        // Whoever asked may have stopped listening; what was asked is done all the same.
        match command {
            Command::Append(pending, reply) => self.append(&pending, reply),
            Command::Read(position, reply) => {
                self.commit();
                let read = scan::read(&mut self.file, &self.path, &self.sessions, position);
                drop(reply.send(read));
            }
            Command::Refresh(reply) => {
                self.commit();
                let is_read = self.broken.is_none();
                drop(reply.send(is_read.then_some(()).ok_or_else(|| self.refusal())));
            }
            Command::Reserve(bytes, reply) => {
                self.commit();
                let reserved = private_file::reserve(&self.file, self.end, bytes);
                let reserved = reserved.map_err(JournalError::io("make room in", &self.path));
                drop(reply.send(reserved));
            }
            Command::Withdraw(reply) => drop(reply.send(self.withdraw())),
            Command::Finish(reply) => {
                self.commit();
                drop(reply.send(self.finish()));
            }
        }
    }

    fn append(&mut self, pending: &Pending, reply: ReplyTo<Position>) {
        if pending.yields
            && let Some(position) = self.decided_by_another(&pending.fingerprint)
        {
            return drop(reply.send(Ok(position)));
        }
        if self.lacks_session
            && self.broken.is_none()
            && let Err(error) = self.begin_session()
        {
            return drop(reply.send(Err(error)));
        }
        let position = Position(self.end + self.group.len() as u64);
        let put = match (&self.broken, self.sessions.at(position.0)) {
            (None, Some(session)) => {
                let is_first = self.group.is_empty();
                let record = &pending.record;
                frame::put(&mut self.group, record, self.number, is_first, session)
            }
            _ => Err(self.refusal()),
        };
        match put {
            Ok(()) => {
                self.number += 1;
                self.waiting.push(Written {
                    position,
                    fingerprint: pending.fingerprint,
                    standing: pending.standing,
                    reply,
                });
            }
            Err(error) => drop(reply.send(Err(error))),
        }
    }

    fn decided_by_another(&self, token: &Fingerprint) -> Option<Position> {
        let states = self.states.lock();
        let is_another = states.is_decided_by_another(token);
        states.decided_at(token).filter(|_| is_another)
    }

    /// Brings the group to the disk and tells those who wait.
    fn commit(&mut self) {
        if !self.group.is_empty() {
            self.write_group();
        }
        let waiting = std::mem::take(&mut self.waiting);
        if self.broken.is_none() {
            let mut states = self.states.lock();
            for written in &waiting {
                states.set(written.fingerprint, written.standing, written.position);
            }
        }
        for written in waiting {
            let result = match self.broken {
                None => Ok(written.position),
                Some(_) => Err(self.refusal()),
            };
            drop(written.reply.send(result));
        }
    }

    pub(super) fn write_group(&mut self) {
        let written = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(&self.group))
            // After a failed sync the system may have dropped what it could not write: trying again proves nothing.
            .and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => self.end += self.group.len() as u64,
            Err(error) => self.broken = Some(Arc::new(error)),
        }
        self.group.clear();
    }

    fn finish(&self) -> Result<(), JournalError> {
        if self.broken.is_some() {
            return Err(self.refusal());
        }
        let answers = self.states.lock().answers_needed();
        match answers {
            0 => Keys::erase(&self.path),
            answers => Err(JournalError::Unpublished { answers }),
        }
    }

    /// Removes the files of a journal that is this process's alone. Whoever waits for the file sees that it is another one by then.
    fn withdraw(&self) -> Result<(), JournalError> {
        if self.claims.are_shared() {
            return Ok(());
        }
        // Emptied first: a key without its journal, and a journal without its key, are taken for a loss.
        let removed = (self.file.set_len(0))
            .and_then(|()| std::fs::remove_file(key::path(&self.path)))
            .and_then(|()| std::fs::remove_file(&self.path));
        removed.map_err(JournalError::io("remove", &self.path))
    }

    /// Marks the end, so that the next opening knows that nothing is torn.
    fn close(&mut self) {
        self.begin_turn();
        if self.broken.is_none() {
            frame::put_closed(&mut self.group, self.number);
            self.write_group();
            // Gives back what was reserved beyond the end.
            drop(self.file.set_len(self.end));
        }
        if let Err(error) = header::sign(&mut self.file, None) {
            tracing::debug!(%error, "the journal still names this process");
        }
    }

    fn refusal(&self) -> JournalError {
        let source = self
            .broken
            .clone()
            .unwrap_or_else(|| Arc::new(std::io::ErrorKind::NotConnected.into()));
        JournalError::Broken {
            path: self.path.display().to_string(),
            source,
        }
    }
}

/// How often it is looked whether somebody wants to share the journal: how long they wait, at most.
const LOOK: Duration = Duration::from_millis(50);

/// How long a group waits for more records: a small part of the round trip to a server, and of the sync on most disks.
const GATHERING: Duration = Duration::from_millis(1);

/// After a group of as many records, the next one waits for more.
const BUSY: usize = 4;
