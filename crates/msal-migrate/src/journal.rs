//! What makes a migration resumable: an append-only record of what was tried and what came of it.
//!
//! A refresh token may be good for one redemption only, so that an answer that is lost is a user who must sign in again.
//! Hence the order: an intent is on the disk before the request leaves, the answer is on the disk before any field of it
//! is interpreted, and an outcome is recorded when the target holds the new token for certain. By replay, every token
//! stands in exactly one [`State`].
//!
//! # What is in the file
//!
//! A header (`header.rs`), then records, numbered and checksummed (`frame.rs`). A record holds one [`Entry`], and behind
//! it the [`Answer`] if the entry is about one; both are encoded in one way (`encoding.rs`) and sealed (`key.rs`). Of the
//! source's refresh tokens there are fingerprints, made with a key, and the token itself only beside the answer to its
//! redemption. Answers are sealed with a second key, and [`Journal::finish`] overwrites it. The keys are in
//! `<journal>.key`: whoever has both files has the answers, so the two deserve the care that the target does.
//!
//! A journal notices damage, and records taken from another journal or moved. It does not notice that an older copy of
//! the whole file was put back.

mod answer;
mod asked;
mod authorities;
mod claims;
mod counts;
mod destination;
mod encoding;
mod entry;
mod error;
mod file;
mod frame;
mod header;
mod key;
mod latest_run;
mod left_out;
mod milestone;
mod opening;
mod position;
mod reader;
mod reason;
mod removal;
mod running;
mod scan;
mod standing;
mod state;
mod states;
#[cfg(test)]
mod tests;
mod turns;
mod unsealed;
mod writer;

pub use counts::Counts;
pub use destination::Destination;
pub use error::JournalError;
pub use latest_run::LatestRun;
pub use milestone::Pause;
pub use reader::{JournalReader, RowReport, TokenReport};
pub use reason::Reason;
pub use removal::remove_finished_journal;
pub use running::{Running, running};
pub use state::{Class, State};

pub(crate) use answer::Answer;
pub(crate) use asked::Asked;
pub(crate) use claims::{Claim, Claims, Holder};
pub(crate) use entry::{Doubt, Entry, Origin, Outcome, Step, Users};
pub(crate) use left_out::{Known, LeftOut};
pub(crate) use milestone::Begun;
pub(crate) use opening::Condition;
pub(crate) use position::Position;
pub(crate) use states::States;
pub(crate) use unsealed::Unsealed;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll, ready};
use std::thread::{self, JoinHandle};
use std::{fmt, io};

use msal::SecureRandom;
use tokio::sync::oneshot;

use self::key::Fingerprinter;
use self::states::SharedStates;
use self::writer::{Command, Pending, ReplyTo, Writer};
use crate::fingerprint::Fingerprint;

/// A journal that is being written: by one process, or in turns by all that [share](claims) it.
///
/// Dropping it brings what was appended to the disk, and waits for that.
pub(crate) struct Journal {
    path: Arc<Path>,
    fingerprinter: Fingerprinter,
    /// As the disk has it. Shared with the thread that writes.
    states: SharedStates,
    claims: Arc<Claims>,
    /// Taken out when the thread is to end.
    commands: Option<SyncSender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Journal {
    /// Opens the journal at `path`, or begins it, for a migration to `destination`. Blocks: it reads the whole file, and
    /// waits for a moment where others may be writing.
    ///
    /// # Errors
    ///
    /// [`JournalError::InUse`] when another process has it, [`JournalError::OtherDestination`] when it is of another
    /// migration, [`JournalError::KeyMissing`], [`JournalError::Missing`] when only its key is there, [`JournalError::Damaged`] when it is not what was
    /// written.
    pub(crate) fn open(
        path: impl Into<PathBuf>,
        destination: &Destination,
        random: Arc<dyn SecureRandom>,
        holder: Holder,
    ) -> Result<(Self, Condition), JournalError> {
        let path = path.into();
        let opened = opening::open(&path, destination, random, holder)?;
        let claims = Arc::clone(&opened.writer.claims);
        let (commands, thread) =
            start(opened.writer).map_err(JournalError::io("start a thread for", &path))?;
        let journal = Self {
            path: path.into(),
            fingerprinter: opened.fingerprinter,
            states: opened.states,
            claims,
            commands: Some(commands),
            thread: Some(thread),
        };
        Ok((journal, opened.condition))
    }

    /// Identifies a refresh token of a client, in this journal only, without revealing it.
    pub(crate) fn fingerprint(&self, client_id: &str, refresh_token: &[u8]) -> Fingerprint {
        self.fingerprinter.fingerprint(client_id, refresh_token)
    }

    /// Where each token stands, by what is on the disk. Nothing is recorded while the guard is held.
    pub(crate) fn states(&self) -> MutexGuard<'_, States> {
        self.states.lock()
    }

    /// Who may send which token at this moment.
    pub(crate) fn claims(&self) -> &Arc<Claims> {
        &self.claims
    }

    /// Takes in what other processes have written since, all of it: what was on the disk when this was called is in
    /// [`states`](Self::states) when it completes.
    ///
    /// # Errors
    ///
    /// [`JournalError::Broken`] when it cannot be read.
    pub(crate) async fn refresh(&self) -> Result<(), JournalError> {
        // Nobody else writes.
        if !self.claims.are_shared() {
            return Ok(());
        }
        let reply = self.ask(Command::Refresh);
        reply.await.unwrap_or_else(|_gone| Err(gone(&self.path)))
    }

    /// Where a token stands and why, as a report says it; `None` for one that the journal does not know.
    ///
    /// # Errors
    ///
    /// [`JournalError`] when the entry cannot be read.
    pub(crate) async fn report_of(
        &self,
        token: &Fingerprint,
    ) -> Result<Option<TokenReport>, JournalError> {
        let decided_at = self.states().decided_at(token);
        let Some(position) = decided_at else {
            return Ok(None);
        };
        let record = self.read(position).await?;
        Ok(record.entry().map(TokenReport::from))
    }

    /// Records `entry`, and seals `answer` behind it when the entry is that it was answered. The future completes when
    /// both are on the disk.
    ///
    /// The record is on its way when this returns: dropping the future does not take it back. Records reach the disk in
    /// the order of the calls. When very many are on their way, the call itself waits for the disk.
    ///
    /// # Errors
    ///
    /// The future fails with [`JournalError::Broken`] when the disk has refused this write or an earlier one, and with
    /// [`JournalError::TooLarge`].
    pub(crate) fn append(&self, entry: &Entry<'_>, answer: Option<&Answer<'_>>) -> Appending {
        self.put(entry, answer, false)
    }

    /// Records `entry` like [`append`](Self::append), unless another process has decided about its token since the journal
    /// was opened: for tokens that are not claimed.
    pub(crate) fn append_unless_decided(&self, entry: &Entry<'_>) -> Appending {
        self.put(entry, None, true)
    }

    fn put(&self, entry: &Entry<'_>, answer: Option<&Answer<'_>>, yields: bool) -> Appending {
        let pending = Pending {
            fingerprint: entry.fingerprint,
            standing: entry.step.standing(),
            record: Unsealed::new(entry, answer),
            yields,
        };
        Appending {
            reply: self.ask(|reply| Command::Append(pending, reply)),
            path: Arc::clone(&self.path),
        }
    }

    /// Reads the answer of the entry at `position`, and says where it is sealed: behind that entry, or behind an earlier one
    /// where the entry holds it back. `None` for an entry that holds back nothing.
    ///
    /// # Errors
    ///
    /// [`JournalError::Erased`] when the answer was erased.
    pub(crate) async fn answered(
        &self,
        position: Position,
    ) -> Result<Option<(Position, Unsealed)>, JournalError> {
        let record = self.read(position).await?;
        let at = record.entry().map(|entry| entry.step.answer_at(position));
        let no_entry = || JournalError::damaged(&self.path, position.0, "it holds no entry");
        let Some(at) = at.ok_or_else(no_entry)? else {
            return Ok(None);
        };
        // What is held back was sealed by an earlier entry, which says what was asked for.
        let record = match at == position {
            true => record,
            false => self.read(at).await?,
        };
        match record.has_answer() {
            true => Ok(Some((at, record))),
            false => Err(JournalError::Erased { position: at.0 }),
        }
    }

    /// Keeps room on the disk for what will be written down about so many tokens more, where the system can, so that a full
    /// disk is found before anything is sent.
    ///
    /// # Errors
    ///
    /// [`JournalError::Io`] when there is no room.
    pub(crate) async fn reserve_for(&self, tokens: u64) -> Result<(), JournalError> {
        self.reserve(tokens * BYTES_PER_TOKEN).await
    }

    async fn reserve(&self, bytes: u64) -> Result<(), JournalError> {
        let reply = self.ask(|reply| Command::Reserve(bytes, reply));
        reply.await.unwrap_or_else(|_gone| Err(gone(&self.path)))
    }

    /// Ends the journal's work: erases the key of all answers. What became of each token can still be read, and the journal
    /// can be opened again.
    ///
    /// # Errors
    ///
    /// [`JournalError::Unpublished`] when answers are not yet in the target and read back from it, or are held back;
    /// nothing is erased.
    pub(crate) async fn finish(self) -> Result<(), JournalError> {
        let reply = self.ask(Command::Finish);
        reply.await.unwrap_or_else(|_gone| Err(gone(&self.path)))
    }

    /// Removes a journal that nothing was written into, and its key; what cannot be removed stays, and does no harm.
    /// One that others may have open stays.
    pub(crate) async fn withdraw(self) {
        // By the thread that may come to share it: here it could be shared between the question and the removal.
        drop(self.ask(Command::Withdraw).await);
    }

    async fn read(&self, position: Position) -> Result<Unsealed, JournalError> {
        let reply = self.ask(|reply| Command::Read(position, reply));
        reply.await.unwrap_or_else(|_gone| Err(gone(&self.path)))
    }

    fn ask<T>(
        &self,
        command: impl FnOnce(ReplyTo<T>) -> Command,
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
pub(crate) struct Appending {
    reply: oneshot::Receiver<Result<Position, JournalError>>,
    path: Arc<Path>,
}

impl Future for Appending {
    type Output = Result<Position, JournalError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.reply).poll(context));
        Poll::Ready(answer.unwrap_or_else(|_gone| Err(gone(&self.path))))
    }
}

fn start(writer: Writer) -> io::Result<(SyncSender<Command>, JoinHandle<()>)> {
    let (commands, receiver) = sync_channel(QUEUE);
    let thread = thread::Builder::new()
        .name("journal".into())
        .spawn(move || writer.run(&receiver))?;
    Ok((commands, thread))
}

/// The files of the journal at `path`: itself, and its key. For a program that is told other names besides, and must not
/// be told one of these.
pub fn journal_files(path: &Path) -> [PathBuf; 2] {
    [path.to_owned(), key::path(path)]
}

/// The thread is gone, which only a panic in it can bring about.
fn gone(path: &Path) -> JournalError {
    let source = Arc::new(io::Error::other("the journal's thread has ended"));
    JournalError::Broken {
        path: path.display().to_string(),
        source,
    }
}

/// How many records may wait for the disk before whoever appends does.
const QUEUE: usize = 1024;

/// What is written down about a token, about: Entra's answer is four to five kilobytes, and the redeemed token lies beside it.
const BYTES_PER_TOKEN: u64 = 6 * 1024;
