//! Who may send which token, where several processes migrate with one journal.
//!
//! A batch has its journal for itself until somebody asks to share it, by making the folder `<journal>.claims`. From then
//! on the journal is locked for each write only, and what others wrote is read before: the index in memory is brought up
//! to date by what was appended. Whoever sends a token claims it first, then looks where it stands, and lets go when what
//! came of it is in the journal. So each token is sent by one, and all others find the outcome.
//!
//! A claim is the operating system's lock on one of [`STRIPES`] files, which is gone with its process. Tokens that share a
//! file wait for each other, and nothing else: a process that has the file claims any number of them. The file `batch` is
//! locked by the batch, of which there is one at a time.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashSet;
use private_file::{Folder, Gate, Lock};

use super::error::JournalError;
use crate::fingerprint::{Fingerprint, OfToken};

/// What a journal is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A run over a whole source, of which there is one at a time. It has the journal for itself until somebody asks to
    /// share it.
    Batch,
    /// One of any number of programs that redeem when a user comes back. The destination counts only where the journal is
    /// begun: each redemption says where it goes.
    FirstUse,
}

/// The tokens that this process is sending, and the locks by which others know.
#[derive(Debug)]
pub(crate) struct Claims {
    path: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// `None` while nobody shares the journal.
    folder: Option<Folder>,
    tokens: HashSet<OfToken>,
    stripes: HashMap<u16, Stripe>,
}

#[derive(Debug, Default)]
struct Stripe {
    /// How many claimed tokens it stands for.
    tokens: usize,
    /// `None` while nobody shares the journal.
    lock: Option<Lock>,
}

/// The right to send one token, until this is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    claims: Arc<Claims>,
    token: OfToken,
}

impl Claims {
    /// The claims of the journal at `journal`, which nobody shares yet.
    pub(super) fn new(journal: &Path) -> Self {
        Self {
            path: path(journal),
            held: Mutex::default(),
        }
    }

    /// Whether others may have the journal open.
    pub(crate) fn are_shared(&self) -> bool {
        self.lock().folder.is_some()
    }

    /// Whether somebody has asked to share the journal.
    pub(super) fn are_wanted(&self) -> bool {
        self.path.is_dir()
    }

    /// Makes the folder, which asks whoever has the journal for itself to share it.
    pub(super) fn ask(&self) -> Result<(), JournalError> {
        let made = Folder::create(&self.path, &Gate::default());
        made.map(drop)
            .map_err(|error| JournalError::private(&self.path, error))
    }

    /// Tells others of what is claimed, from now on; false where somebody else has claimed some of it, and then nothing is
    /// changed.
    pub(super) fn share(&self) -> Result<bool, JournalError> {
        let folder = Folder::create(&self.path, &Gate::default());
        let folder = folder.map_err(|error| JournalError::private(&self.path, error))?;
        let mut held = self.lock();
        let mut locks = Vec::new();
        for number in held.stripes.keys() {
            match self.try_lock(&folder, *number)? {
                Some(lock) => locks.push((*number, lock)),
                None => return Ok(false),
            }
        }
        for (number, lock) in locks {
            held.stripes.entry(number).or_default().lock = Some(lock);
        }
        held.folder = Some(folder);
        Ok(true)
    }

    /// Claims a token; `None` while somebody else is sending it, here or elsewhere.
    pub(crate) fn try_claim(
        self: &Arc<Self>,
        token: &Fingerprint,
    ) -> Result<Option<Claim>, JournalError> {
        let token = token.of_token();
        let number = stripe_of(&token);
        let mut guard = self.lock();
        let held = &mut *guard;
        if held.tokens.contains(&token) {
            return Ok(None);
        }
        if !held.stripes.contains_key(&number) {
            let lock = match &held.folder {
                None => None,
                Some(folder) => match self.try_lock(folder, number)? {
                    Some(lock) => Some(lock),
                    None => return Ok(None),
                },
            };
            held.stripes.insert(number, Stripe { tokens: 0, lock });
        }
        held.stripes.entry(number).or_default().tokens += 1;
        held.tokens.insert(token);
        Ok(Some(Claim {
            claims: Arc::clone(self),
            token,
        }))
    }

    /// How many tokens this process is sending.
    pub(crate) fn held(&self) -> usize {
        self.lock().tokens.len()
    }

    /// Takes the place of the batch; `None` where one has it.
    pub(super) fn try_be_the_batch(&self) -> Result<Option<Lock>, JournalError> {
        let failed = |error| JournalError::private(&self.path, error);
        let folder = Folder::create(&self.path, &Gate::default()).map_err(failed)?;
        folder.try_lock(OsStr::new(BATCH)).map_err(failed)
    }

    /// Whether a batch is running that may have answers in memory which it has yet to publish.
    pub(crate) fn has_batch(&self) -> Result<bool, JournalError> {
        let failed = |error| JournalError::private(&self.path, error);
        let folder = Folder::create(&self.path, &Gate::default()).map_err(failed)?;
        folder.is_locked(OsStr::new(BATCH)).map_err(failed)
    }

    fn try_lock(&self, folder: &Folder, stripe: u16) -> Result<Option<Lock>, JournalError> {
        let name = format!("{stripe:03x}");
        let locked = folder.try_lock(OsStr::new(&name));
        locked.map_err(|error| JournalError::private(&self.path, error))
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let number = stripe_of(&self.token);
        let mut held = self.claims.lock();
        held.tokens.remove(&self.token);
        if let Some(stripe) = held.stripes.get_mut(&number) {
            stripe.tokens -= 1;
            if stripe.tokens == 0 {
                held.stripes.remove(&number);
            }
        }
    }
}

/// Where the claims of the journal at `journal` are.
pub(super) fn path(journal: &Path) -> PathBuf {
    let mut path = journal.as_os_str().to_owned();
    path.push(".claims");
    path.into()
}

/// The first bytes of a keyed hash: evenly spread, and the same in every process.
fn stripe_of(token: &OfToken) -> u16 {
    let [low, high, ..] = *token;
    u16::from_le_bytes([low, high]) % STRIPES
}

/// The file that the batch locks.
const BATCH: &str = "batch";

/// Four times as many as a batch sends at once, so that two tokens seldom share one.
const STRIPES: u16 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn token(n: u8) -> Fingerprint {
        Fingerprint::from_bytes([n; 16])
    }

    #[test]
    fn a_token_is_claimed_by_one_whoever_shares_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal");
        let (one, other) = (Claims::new(&journal), Claims::new(&journal));
        let (one, other) = (Arc::new(one), Arc::new(other));
        other.ask().unwrap();
        assert!(one.share().unwrap() && other.share().unwrap());
        let claim = one.try_claim(&token(7)).unwrap().unwrap();
        assert!(one.try_claim(&token(7)).unwrap().is_none());
        assert!(other.try_claim(&token(7)).unwrap().is_none());
        let another = other.try_claim(&token(8)).unwrap();
        drop(claim);
        assert!(other.try_claim(&token(7)).unwrap().is_some() && another.is_some());
    }

    #[test]
    fn tokens_of_one_file_are_claimed_together_and_given_up_with_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal");
        let of = |last: u8| Fingerprint::new([5, 0, 0, 0, 0, 0, 0, last], [0; 8]);
        let (one, other) = (Claims::new(&journal), Claims::new(&journal));
        let (one, other) = (Arc::new(one), Arc::new(other));
        one.ask().unwrap();
        assert!(one.share().unwrap() && other.share().unwrap());
        let first = one.try_claim(&of(1)).unwrap();
        let second = one.try_claim(&of(2)).unwrap();
        drop(first);
        assert!(other.try_claim(&of(3)).unwrap().is_none());
        drop(second);
        assert!(other.try_claim(&of(3)).unwrap().is_some());
    }

    #[test]
    fn what_was_claimed_before_it_was_shared_is_claimed_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal");
        let (batch, other) = (Claims::new(&journal), Claims::new(&journal));
        let (batch, other) = (Arc::new(batch), Arc::new(other));
        let claim = batch.try_claim(&token(7)).unwrap();
        assert!(!batch.are_wanted());
        other.ask().unwrap();
        assert!(batch.are_wanted() && !batch.are_shared());
        assert!(batch.share().unwrap() && other.share().unwrap());
        assert!(other.try_claim(&token(7)).unwrap().is_none());
        drop(claim);
        assert!(other.try_claim(&token(7)).unwrap().is_some());
    }

    #[test]
    fn one_batch_runs_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let claims = Claims::new(&folder.path().join("journal"));
        assert!(!claims.has_batch().unwrap());
        let batch = claims.try_be_the_batch().unwrap();
        assert!(batch.is_some() && claims.has_batch().unwrap());
        drop(batch);
        assert!(!claims.has_batch().unwrap());
    }
}
