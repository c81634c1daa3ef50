//! Reading a journal for a report: no lock, no writing, no secret.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use msal_core::UnixTime;

use super::{
    Identity, JournalError,
    entry::{Event, Outcome},
    file, header,
    key::{self, Keys},
    scan::Scan,
    states::{State, States},
};
use crate::{Fingerprint, Locator};

/// A journal that is only looked at. A migration may be writing it at the same time.
pub struct JournalReader {
    path: PathBuf,
    keys: Keys,
    identity: Identity,
    start: u64,
    states: States,
}

impl JournalReader {
    /// Reads the journal at `path` once.
    ///
    /// # Errors
    ///
    /// [`JournalError::Io`] when there is none, [`JournalError::Key`] when its key is missing or another's, and
    /// [`JournalError::Damaged`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        let mut file = existing(&path)?;
        let keys = Keys::read(&path)?;
        let keys = keys.ok_or_else(|| JournalError::Key {
            place: key::path(&path).display().to_string(),
        })?;
        let incomplete = || JournalError::damaged(&path, 0, "it was never begun");
        let (identity, start) = header::read(&mut file, &path, &keys)?.ok_or_else(incomplete)?;
        let mut states = States::default();
        let mut scan = Scan::new(&mut file, &path, &keys, start)?;
        while let Some((position, event)) = scan.next()? {
            states.apply(&event, position);
        }
        Ok(Self {
            path,
            keys,
            identity,
            start,
            states,
        })
    }

    /// Which run it is of.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Where all tokens stand.
    pub fn states(&self) -> &States {
        &self.states
    }

    /// Reads the journal again and visits each token once, in the order in which their fates were decided.
    ///
    /// # Errors
    ///
    /// As for [`JournalReader::open`].
    pub fn entries(&self, visit: &mut dyn FnMut(JournalEntry)) -> Result<(), JournalError> {
        let mut file = existing(&self.path)?;
        let mut scan = Scan::new(&mut file, &self.path, &self.keys, self.start)?;
        while let Some((position, event)) = scan.next()? {
            let Some(entry) = self.entry(event) else {
                continue;
            };
            if self.states.decided_at(&entry.fingerprint) == Some(position) {
                visit(entry);
            }
        }
        Ok(())
    }

    fn entry(&self, event: Event) -> Option<JournalEntry> {
        let (fingerprint, locator, at, outcome) = match event {
            Event::Intent(intent) => (intent.fingerprint, intent.locator, intent.at, None),
            Event::Outcome(outcome) => (
                outcome.fingerprint,
                outcome.locator.clone(),
                outcome.at,
                Some(outcome),
            ),
            Event::Published(_) => return None,
            Event::Redeemed(redeemed) => {
                (redeemed.fingerprint, redeemed.locator, redeemed.at, None)
            }
        };
        let state = self.states.get(&fingerprint)?;
        Some(JournalEntry {
            fingerprint,
            state,
            locator,
            at,
            outcome,
        })
    }
}

impl std::fmt::Debug for JournalReader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("JournalReader")
            .field("path", &self.path)
            .field("identity", &self.identity)
            .field("counts", &self.states.counts())
            .finish_non_exhaustive()
    }
}

/// One token in a report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JournalEntry {
    /// The token.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: State,
    /// Where it came from. May name a person.
    pub locator: Locator,
    /// Since when it stands there.
    pub at: UnixTime,
    /// The particulars, unless a request is in doubt or its answer unfinished.
    pub outcome: Option<Outcome>,
}

fn existing(path: &Path) -> Result<File, JournalError> {
    let missing = || JournalError::io("open", path)(std::io::ErrorKind::NotFound.into());
    file::open_to_read(path)?.ok_or_else(missing)
}
