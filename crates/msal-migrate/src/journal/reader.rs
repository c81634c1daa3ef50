//! Reading a journal for a report: no lock, no writing, no secret.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use msal_core::{RefreshToken, UnixTime};

use super::asked::Asked;
use super::counts::Counts;
use super::destination::Destination;
use super::entry::{Entry, Step};
use super::error::JournalError;
use super::key::{self, Keys};
use super::latest_run::{Latest, LatestRun};
use super::left_out::LeftOutRow;
use super::reason::Reason;
use super::scan::Scan;
use super::state::{Class, State};
use super::states::States;
use super::{file, header};
use crate::fingerprint::Fingerprint;
use crate::record::{Locator, Remedy, SkipReason, UserHints};

/// A journal that is only looked at. A migration may be writing it at the same time.
pub struct JournalReader {
    pub(super) path: PathBuf,
    pub(super) keys: Keys,
    destination: Destination,
    start: u64,
    /// Where what was read ends.
    pub(super) end: u64,
    pub(super) states: States,
    latest_run: Option<LatestRun>,
}

impl JournalReader {
    /// Reads the journal at `path` once.
    ///
    /// # Errors
    ///
    /// [`JournalError::Io`] when there is none, [`JournalError::NotAJournal`], [`JournalError::KeyMissing`],
    /// [`JournalError::Key`] when its key is another's, [`JournalError::Finished`], and [`JournalError::Damaged`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, JournalError> {
        let path = path.into();
        header::refuse_others(&path)?;
        let mut file = existing(&path)?;
        let keys = Keys::read(&path)?;
        let keys = keys.ok_or_else(|| key::missing(&path))?;
        let incomplete = || JournalError::damaged(&path, 0, "it was never begun");
        let (destination, start) = header::read(&mut file, &path, &keys)?.ok_or_else(incomplete)?;
        let mut states = States::default();
        let mut scan = Scan::new(&mut file, &path, &keys, start)?;
        let mut latest_run = Latest::default();
        while let Some((position, entry)) = scan.next()? {
            latest_run.note(&entry, position, &states);
            states.set(entry.fingerprint, entry.step.standing(), position);
        }
        let end = scan.offset;
        Ok(Self {
            path,
            keys,
            destination,
            start,
            end,
            states,
            latest_run: latest_run.into_run(),
        })
    }

    /// Where the tokens of its migration go.
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Where a token of a client stands, if the journal knows it.
    pub(crate) fn state_of(&self, fingerprint: &Fingerprint) -> Option<State> {
        self.states.get(fingerprint)
    }

    /// What identifies tokens in this journal.
    pub(crate) fn fingerprinter(&self) -> impl Fn(&str, &RefreshToken) -> Fingerprint + use<> {
        let fingerprinter = self.keys.fingerprinter();
        move |client: &str, token: &RefreshToken| {
            fingerprinter.fingerprint(client, token.expose_secret().as_bytes())
        }
    }

    /// How many answers are sealed in the journal and in no target: those to be published, and those that are held back, some
    /// of which may be the newest tokens of their users.
    pub fn sealed_answers(&self) -> u64 {
        self.states.answers_needed()
    }

    /// How far the latest run has come, as far as it is on the disk: what is read is what was there when the reading began.
    /// `None` where no run has sent anything, as with a [`Migrator`](crate::Migrator) alone.
    pub fn latest_run(&self) -> Option<&LatestRun> {
        self.latest_run.as_ref()
    }

    /// How many tokens stand where.
    pub fn counts(&self) -> Counts {
        self.states.counts()
    }

    /// The home account ids of the accounts that tokens were migrated to. What else a target holds came from elsewhere.
    ///
    /// # Errors
    ///
    /// As for [`JournalReader::open`].
    pub fn accounts(&self) -> Result<HashSet<String>, JournalError> {
        let mut accounts = HashSet::new();
        self.tokens(&mut |token| {
            if token.state == State::Concluded(Class::Migrated) {
                accounts.extend(token.home_account_id);
            }
        })?;
        Ok(accounts)
    }

    /// Reads the journal again and visits each token once, in the order in which their fates were decided.
    ///
    /// # Errors
    ///
    /// As for [`JournalReader::open`].
    pub fn tokens(&self, visit: &mut dyn FnMut(TokenReport)) -> Result<(), JournalError> {
        let mut file = existing(&self.path)?;
        let mut scan = Scan::new(&mut file, &self.path, &self.keys, self.start)?;
        while let Some((position, entry)) = scan.next()? {
            // Earlier entries about the token are history, and later ones were written since the states were read.
            if self.states.decided_at(&entry.fingerprint) == Some(position) {
                let is_open = entry.step.state() != State::Concluded(Class::Migrated);
                let has_sealed_token =
                    is_open && self.states.held_back(&entry.fingerprint).is_some();
                visit(TokenReport {
                    has_sealed_token,
                    ..entry.into()
                });
            }
        }
        Ok(())
    }
}

impl JournalReader {
    /// Reads the journal again and visits each row that the latest plan of its source has left out. A row whose token the
    /// journal knows from a plan with other options is told with the tokens.
    ///
    /// # Errors
    ///
    /// As for [`JournalReader::open`].
    pub fn rows_left_out(&self, visit: &mut dyn FnMut(RowReport)) -> Result<(), JournalError> {
        let known = self.left_out_by_options()?;
        self.visit_left_out(&mut |row, at| {
            if !known.contains(&place_of(&row.locator())) {
                visit(RowReport::new(row, at));
            }
        })
    }

    /// The places of tokens at which the latest plan leaves a row out because of its options: 16 bytes each.
    fn left_out_by_options(&self) -> Result<HashSet<u64>, JournalError> {
        let mut by_options = HashSet::new();
        self.visit_left_out(&mut |row, _| {
            let reason = SkipReason::of_code(row.reason());
            if reason.is_some_and(SkipReason::is_of_options) {
                by_options.insert(place_of(&row.locator()));
            }
        })?;
        let mut known = HashSet::new();
        if !by_options.is_empty() {
            self.tokens(&mut |token| {
                let place = place_of(&token.locator);
                if by_options.contains(&place) {
                    known.insert(place);
                }
            })?;
        }
        Ok(known)
    }

    fn visit_left_out(
        &self,
        visit: &mut dyn FnMut(&LeftOutRow<'_>, UnixTime),
    ) -> Result<(), JournalError> {
        if self.states.listings().rows() == 0 {
            return Ok(());
        }
        let mut file = existing(&self.path)?;
        let mut scan = Scan::new(&mut file, &self.path, &self.keys, self.start)?;
        while let Some((position, entry)) = scan.next()? {
            let Step::LeftOut(part) = entry.step else {
                continue;
            };
            if self.states.listings().counts(&entry.fingerprint, position) {
                let rows = part.rows.iter();
                rows.for_each(|row| visit(row, entry.at));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for JournalReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JournalReader")
            .field("path", &self.path)
            .field("counts", &self.states.counts())
            .finish_non_exhaustive()
    }
}

/// One token in a report.
#[derive(Clone)]
#[non_exhaustive]
pub struct TokenReport {
    /// The token.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: State,
    /// Where it came from. May name a person.
    pub locator: Locator,
    /// Since when it stands there.
    pub at: UnixTime,
    /// Why; empty where it is migrated, and where a run ended before anything came back.
    pub reason: Reason,
    /// Whose token it is: what the source says and, once it is migrated, what the server said besides. Names somebody.
    pub user: UserHints,
    /// Whose token it turned out to be, once it is migrated.
    pub home_account_id: Option<String>,
    /// The client that asked; `None` for a run that ended before anything came back.
    pub client_id: Option<String>,
    /// The authority that was asked, where the client is known.
    pub authority: Option<String>,
    /// Whether it is migrated and in the target itself: the answer brought no other refresh token, and MSAL Python would have
    /// kept none.
    pub kept_old_rt: bool,
    /// Whether an answer with a newer token is sealed in the journal: what tries again sends that one, and not the source's,
    /// which is spent where tokens are spent by use.
    pub has_sealed_token: bool,
    /// Whose token it is said to be, where its answer is held back. May name a person.
    pub expected: Option<UserHints>,
    /// Whose the answer is that is held back. May name a person.
    pub found: Option<UserHints>,
}

impl From<Entry<'_>> for TokenReport {
    fn from(entry: Entry<'_>) -> Self {
        let state = entry.step.state();
        let bare = Self {
            fingerprint: entry.fingerprint,
            state,
            locator: Locator::from(&entry.origin),
            at: entry.at,
            reason: Reason::default(),
            user: (&entry.origin.user).into(),
            home_account_id: None,
            client_id: None,
            authority: None,
            kept_old_rt: false,
            has_sealed_token: false,
            expected: None,
            found: None,
        };
        match entry.step {
            Step::Answered
            | Step::Begun(_)
            | Step::Intended
            | Step::LeftOut(_)
            | Step::Paused(_) => bare,
            Step::Concluded(outcome) => Self {
                kept_old_rt: outcome.kept_old_rt(),
                reason: match outcome.class {
                    Class::Migrated => Reason::default(),
                    _ => outcome.reason.into_owned(),
                },
                home_account_id: outcome.home_account_id.map(str::to_owned),
                expected: outcome.users.as_ref().map(|users| (&users.expected).into()),
                found: outcome.users.as_ref().map(|users| (&users.found).into()),
                ..bare.about(outcome.asked)
            },
            Step::LeftInDoubt(doubt) => Self {
                reason: doubt.reason.into_owned(),
                ..bare.about(Some(doubt.asked))
            },
        }
    }
}

impl TokenReport {
    /// The same token, for which this was asked.
    fn about(self, asked: Option<Asked<'_>>) -> Self {
        Self {
            client_id: asked.map(|asked| asked.client_id.to_owned()),
            authority: asked.map(|asked| asked.authority.to_owned()),
            ..self
        }
    }
}

impl fmt::Debug for TokenReport {
    /// Leaves out whose token it is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenReport")
            .field("fingerprint", &self.fingerprint)
            .field("state", &self.state)
            .field("locator", &self.locator)
            .field("at", &self.at)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// A row in a report that a plan has left out: no token of it was sent.
#[derive(Clone)]
#[non_exhaustive]
pub struct RowReport {
    /// Where it is. May name a person.
    pub locator: Locator,
    /// When it was left out first.
    pub at: UnixTime,
    /// Whose it is said to be. Names somebody.
    pub user: UserHints,
    /// The client that it names.
    pub client_id: Option<String>,
    /// The tenant that it names.
    pub tenant: Option<String>,
    /// The stable name of the reason: that of [`SkipReason::code`].
    pub reason: String,
    /// Why, in one sentence.
    pub explanation: String,
    /// What can be done about it.
    pub hint: String,
    /// Who can do it.
    pub remedy: Remedy,
}

impl RowReport {
    fn new(row: &LeftOutRow<'_>, at: UnixTime) -> Self {
        let reason = SkipReason::of_code(row.reason());
        let said = reason.map(SkipReason::explanation).unwrap_or_default();
        Self {
            locator: row.locator(),
            at,
            user: row.user(),
            client_id: row.client_id().map(str::to_owned),
            tenant: row.tenant().map(str::to_owned),
            reason: row.reason().to_owned(),
            explanation: row.explanation().unwrap_or(said).to_owned(),
            hint: reason.map(SkipReason::hint).unwrap_or_default().to_owned(),
            remedy: reason.map_or(Remedy::Operator, SkipReason::remedy),
        }
    }
}

impl fmt::Debug for RowReport {
    /// Leaves out whose row it is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RowReport")
            .field("locator", &self.locator)
            .field("at", &self.at)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// A place in eight bytes.
fn place_of(locator: &Locator) -> u64 {
    let mut hasher = DefaultHasher::new();
    (locator.path(), locator.place()).hash(&mut hasher);
    hasher.finish()
}

pub(super) fn existing(path: &Path) -> Result<File, JournalError> {
    let missing = || JournalError::io("open", path)(ErrorKind::NotFound.into());
    file::open_to_read(path)?.ok_or_else(missing)
}
