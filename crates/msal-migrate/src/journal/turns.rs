//! Taking turns at a journal that is shared: locked, brought up to date, written, and given to the others.
//!
//! Numbers go on where the others left off, so that they do not repeat within a session, whoever began it. A new session is
//! begun where they might: behind a torn tail, whose numbers are given again, and behind another answer key.

use std::fs::TryLockError;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::claims::Holder;
use super::error::JournalError;
use super::key::{self, Keys};
use super::scan::Scan;
use super::writer::Writer;
use super::{frame, header};

impl Writer {
    /// Lets others have the journal, if they want it and it can be.
    pub(super) fn share_if_wanted(&mut self) {
        if !self.claims.are_wanted() || self.broken.is_some() {
            return;
        }
        if let Err(error) = self.share() {
            tracing::warn!(%error, "the journal cannot be shared");
        }
    }

    /// Lets others have the journal between two groups, from now on, unless another batch is about to have it.
    pub(super) fn share(&mut self) -> Result<(), JournalError> {
        if self.batch.is_none() && self.holder == Holder::Batch {
            self.batch = self.claims.try_be_the_batch()?;
            if self.batch.is_none() {
                return Ok(());
            }
        }
        if self.claims.share()? {
            let signed = header::sign(&mut self.file, None);
            signed
                .and_then(|()| self.file.unlock())
                .map_err(JournalError::io("unlock", &self.path))?;
        }
        Ok(())
    }

    /// Has the journal alone, until the turn ends, and knows all that is in it.
    pub(super) fn begin_turn(&mut self) {
        if !self.claims.are_shared() || self.broken.is_some() {
            return;
        }
        if let Err(error) = self.lock().and_then(|()| self.try_to_catch_up()) {
            tracing::warn!(%error, "the journal cannot be read");
            self.broken = Some(Arc::new(std::io::Error::other(error)));
            self.lacks_turn = true;
        }
    }

    /// Locks the journal. Whoever has it has it for a moment, unless it is stopped in its turn: that ends no wait.
    fn lock(&mut self) -> Result<(), JournalError> {
        let began = Instant::now();
        loop {
            match self.file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => {
                    thread::sleep(PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(JournalError::InUse {
                        path: self.path.display().to_string(),
                        pid: header::holder(&mut self.file),
                    });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(JournalError::io("lock", &self.path)(error));
                }
            }
        }
    }

    /// Tries more than once: what is refused in a turn may be an answer that nobody gives twice.
    fn try_to_catch_up(&mut self) -> Result<(), JournalError> {
        for _ in 1..TRIES {
            match self.catch_up() {
                Ok(()) => return Ok(()),
                Err(JournalError::Damaged { .. }) => break,
                Err(_) => thread::sleep(PAUSE),
            }
        }
        self.catch_up()
    }

    /// Lets the others have it.
    pub(super) fn end_turn(&mut self) {
        if std::mem::take(&mut self.lacks_turn) {
            // Nothing was written. The next turn may find it as it should be.
            self.broken = None;
        }
        match self.claims.are_shared() {
            true => drop(self.file.unlock()),
            // Between two groups nothing is half done.
            false => self.share_if_wanted(),
        }
    }

    /// Takes in what others appended.
    fn catch_up(&mut self) -> Result<(), JournalError> {
        let keys = Keys::read(&self.path)?.ok_or_else(|| key::missing(&self.path))?;
        if !keys.seals_as(&self.keys) {
            // Whoever has erased the key had nothing more to publish.
            self.keys = keys;
            self.lacks_session = true;
        }
        let torn = self.read_on()?;
        if torn > 0 {
            // Whoever writes next must not go on in the session of the torn record, with its number.
            self.begin_session()?;
            self.write_group();
            if self.broken.is_some() {
                // It is not there: cut, the journal would end in the session of the torn record.
                return Ok(());
            }
            let cut = self.file.set_len(self.end);
            cut.map_err(JournalError::io("write", &self.path))?;
        }
        Ok(())
    }

    /// Reads what others appended, and says how many bytes are not a whole record.
    fn read_on(&mut self) -> Result<u64, JournalError> {
        let found = self.file.metadata();
        let found = found.map_err(JournalError::io("read", &self.path))?.len();
        if found == self.end {
            return Ok(0);
        }
        if found < self.end {
            let reason = "it was longer before";
            return Err(JournalError::damaged(&self.path, found, reason));
        }
        let mut scan = Scan::new(&mut self.file, &self.path, &self.keys, self.end)?;
        scan.sessions = std::mem::take(&mut self.sessions);
        scan.number = self.number;
        let mut read = Vec::new();
        let whole = loop {
            match scan.next() {
                Ok(Some((position, entry))) => {
                    read.push((entry.fingerprint, entry.step.standing(), position));
                }
                Ok(None) => break Ok(scan.torn()),
                Err(error) => break Err(error),
            }
        };
        (self.end, self.number) = (scan.offset, scan.number);
        self.sessions = std::mem::take(&mut scan.sessions);
        let mut states = self.states.lock();
        for (fingerprint, standing, position) in read {
            states.set_by_another(fingerprint, standing, position);
        }
        whole
    }

    /// Begins a session in the group, with a key that has not been erased.
    pub(super) fn begin_session(&mut self) -> Result<(), JournalError> {
        self.keys.renew(&self.path, &*self.random)?;
        let mut session = [0; 16];
        key::fill(&*self.random, &mut session)?;
        let at = self.end + self.group.len() as u64;
        self.sessions.push(at, self.keys.session(&session));
        frame::put_opened(&mut self.group, &session, self.number);
        self.number += 1;
        self.lacks_session = false;
        Ok(())
    }
}

/// How long a turn is waited for. Whoever is about to send a token, or has its answer, must not wait for ever.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 5 } else { 30 });

/// How long it is waited before it is tried again.
const PAUSE: Duration = Duration::from_millis(1);

/// How often a turn is tried.
const TRIES: u32 = 5;
