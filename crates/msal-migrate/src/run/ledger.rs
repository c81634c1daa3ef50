//! The journal as the engine sees it: what is done, what is sealed, what to write down.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use msal::{BoxFuture, Clock, SecureRandom};
use msal_core::RefreshToken;

use super::batch::Row;
use super::capsule::{self, Capsule};
use super::reason::Reason;
use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::journal::{
    Class, Counts, Event, Identity, Intent, Journal, JournalReader, Outcome, Position, RawResponse,
    Redeemed, State,
};
use crate::plan::Redemption;
use crate::record::Locator;

/// How many outcomes are on their way to the disk at once: fewer than the journal takes without waiting.
const RECORDS_AT_A_TIME: usize = 512;

/// The journal, with what the engine wants to know of it.
#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    journal: Journal,
    clock: Arc<dyn Clock>,
    is_new: bool,
    /// Whether the journal had lost an unacknowledged record to a crash.
    pub(crate) was_torn: bool,
}

/// An answer that is sealed and whose tokens are not in the target, for all that is known.
pub(crate) struct Sealed {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) locator: Locator,
    pub(crate) position: Position,
}

impl Ledger {
    /// Opens the journal. Blocks.
    pub(crate) fn open(
        path: &Path,
        identity: &Identity,
        random: &dyn SecureRandom,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MigrationError> {
        let (journal, replay) = Journal::open(path, identity, random)?;
        Ok(Self {
            path: path.to_owned(),
            journal,
            is_new: replay.is_new,
            was_torn: replay.torn > 0,
            clock,
        })
    }

    /// Takes a journal away that this run began and wrote nothing into.
    pub(crate) fn withdraw(self) {
        if self.is_new {
            self.journal.withdraw();
        }
    }

    pub(crate) fn fingerprint(&self, client_id: &str, refresh_token: &RefreshToken) -> Fingerprint {
        self.journal
            .fingerprint(client_id, refresh_token.expose_secret().as_bytes())
    }

    /// Whether a token is to be redeemed in this run. What failed for a reason of the application's is tried again:
    /// the reason may have been corrected. What may have been spent is not.
    pub(crate) fn is_due(&self, fingerprint: &Fingerprint) -> bool {
        match self.journal.states().get(fingerprint) {
            None | Some(State::Retryable { .. } | State::Failed | State::Skipped) => true,
            Some(_) => false,
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.journal.states().counts()
    }

    /// Every answer that is sealed and not known to be published, those that were held back included. Blocks.
    pub(crate) fn sealed(&self) -> Result<Vec<Sealed>, MigrationError> {
        let counts = self.counts();
        if counts.unfinished + counts.quarantined == 0 {
            return Ok(Vec::new());
        }
        let mut sealed = Vec::new();
        JournalReader::open(&self.path)?.entries(&mut |entry| {
            let held_back = entry.outcome.as_ref().and_then(|outcome| outcome.response);
            let position = match entry.state {
                State::Redeemed { position } | State::Published { position } => Some(position),
                State::Quarantined => held_back,
                _ => None,
            };
            sealed.extend(position.map(|position| Sealed {
                fingerprint: entry.fingerprint,
                locator: entry.locator,
                position,
            }));
        })?;
        Ok(sealed)
    }

    /// Opens a sealed answer.
    pub(super) async fn open_sealed(&self, sealed: &Sealed) -> Result<Capsule, MigrationError> {
        let response = self.journal.response(sealed.position).await?;
        Capsule::decode(&response.body).ok_or(MigrationError::Capsule)
    }

    /// Writes down that a token is about to be sent.
    pub(crate) async fn intend(
        &self,
        job: &Redemption,
        attempt: u32,
    ) -> Result<(), MigrationError> {
        let intent = Event::Intent(Intent {
            fingerprint: job.fingerprint,
            locator: job.locator.clone(),
            attempt: u8::try_from(attempt).unwrap_or(u8::MAX),
            at: self.clock.now(),
        });
        self.journal.append(intent).await?;
        Ok(())
    }

    /// Seals an answer of `authority`, the job's as text; completes when it is on the disk, and says where.
    pub(crate) async fn seal(
        &self,
        job: &Redemption,
        authority: &str,
        response: &Response<Bytes>,
    ) -> Result<Position, MigrationError> {
        let at = self.clock.now();
        let redeemed = Event::Redeemed(Redeemed {
            fingerprint: job.fingerprint,
            locator: job.locator.clone(),
            at,
            response: RawResponse {
                status: response.status().as_u16(),
                body: capsule::encode(job, authority, response, at).into_shared(),
            },
        });
        Ok(self.journal.append(redeemed).await?)
    }

    /// Writes down what became of a token; `sealed` is the answer that is held back, if one is.
    pub(super) fn conclude(
        &self,
        fingerprint: Fingerprint,
        locator: Locator,
        class: Class,
        reason: Reason,
        sealed: Option<Position>,
    ) -> BoxFuture<'_, Result<(), MigrationError>> {
        let mut outcome = Outcome::new(fingerprint, locator, class, self.clock.now());
        reason.write_to(&mut outcome);
        outcome.response = sealed;
        self.record(outcome)
    }

    /// Writes down that tokens are in the target and were read back.
    pub(crate) fn migrated(&self, rows: Vec<Row>) -> BoxFuture<'_, Result<(), MigrationError>> {
        Box::pin(async move {
            let mut rows = rows.into_iter();
            while rows.len() > 0 {
                let recording: Vec<_> = rows
                    .by_ref()
                    .take(RECORDS_AT_A_TIME)
                    .map(|row| self.journal.append(self.outcome_of(row)))
                    .collect();
                for recorded in recording {
                    recorded.await?;
                }
            }
            Ok(())
        })
    }

    fn outcome_of(&self, row: Row) -> Event {
        let at = self.clock.now();
        let mut outcome = Outcome::new(row.fingerprint, row.locator, Class::Migrated, at);
        outcome.home_account_id = Some(row.home_account_id.to_string());
        outcome.message = row.kept_old.then(|| "kept_old_refresh_token".to_owned());
        Event::Outcome(outcome)
    }

    /// Erases the answers once every one of them is in the target; otherwise keeps them for the next run.
    pub(crate) async fn settle(self) -> Result<(), MigrationError> {
        let counts = self.counts();
        if counts.unfinished + counts.quarantined == 0 {
            self.journal.finish().await?;
        }
        Ok(())
    }

    fn record(&self, outcome: Outcome) -> BoxFuture<'_, Result<(), MigrationError>> {
        Box::pin(async move {
            self.journal.append(Event::Outcome(outcome)).await?;
            Ok(())
        })
    }
}
