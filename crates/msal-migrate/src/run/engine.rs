//! What a run works with.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use msal::Runtime;
use msal_core::{TrustedAuthority, UnixTime};
use tokio::task::yield_now;

use super::batch::Target;
use super::queue::Attempt;
use super::redeemed::Unpublished;
use crate::credentials::Credentials;
use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::journal::{
    Appending, Asked, Begun, Claim, Class, Doubt, Entry, Journal, Origin, Outcome, Pause, Position,
    Reason, Step, Users,
};
use crate::plan::{Plan, Redemption};
use crate::record::{Locator, Place, UserHints};
use crate::settings::Settings;
use crate::spa_origin::SpaOrigin;

/// What a run works with.
pub(crate) struct Engine<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) journal: &'a Journal,
    pub(crate) target: &'a Target,
    pub(crate) credentials: &'a Credentials,
    pub(crate) settings: &'a Settings,
    /// How long it is waited for somebody else who is sending a token.
    pub(crate) patience: Duration,
    /// The tokens that may be another user's.
    pub(crate) released: &'a HashSet<Fingerprint>,
    /// The page that tokens were issued to, if they were issued to one.
    pub(crate) spa_origin: Option<&'a SpaOrigin>,
    /// The authority that the operator named, which is trusted besides Microsoft's.
    pub(crate) named: Option<&'a TrustedAuthority>,
}

impl<'a> From<&'a Redemption> for Origin<'a> {
    fn from(redemption: &'a Redemption) -> Self {
        (&redemption.locator, &redemption.user).into()
    }
}

impl Engine<'_> {
    /// The journal's entry about a token, at this moment.
    pub(super) fn entry<'e>(
        &self,
        fingerprint: Fingerprint,
        origin: impl Into<Origin<'e>>,
        step: Step<'e>,
    ) -> Entry<'e> {
        Entry {
            fingerprint,
            origin: origin.into(),
            at: self.runtime.clock().now(),
            step,
        }
    }

    /// Writes down that a run begins, for whoever asks how far it is.
    pub(crate) fn begin(&self, plan: &Plan, settled: u64) {
        self.note(Step::Begun(Begun {
            tokens: plan.summary().tokens,
            settled,
            limit: self.settings.limit,
        }));
    }

    /// Writes down that a lane waits.
    pub(super) fn pause(&self, until: UnixTime, is_asked: bool) {
        self.note(Step::Paused(Pause { until, is_asked }));
    }

    /// Writes down what is about no token.
    fn note(&self, step: Step<'_>) {
        let nowhere = Locator::new(&"".into(), Place::Element(0));
        let entry = self.entry(Fingerprint::from_bytes([0; 16]), &nowhere, step);
        // Nothing depends on it; a disk that refuses it refuses what comes next.
        drop(self.journal.append(&entry, None));
    }

    /// Writes down what became of a token.
    pub(super) fn conclude<'e>(
        &self,
        fingerprint: Fingerprint,
        origin: impl Into<Origin<'e>>,
        outcome: Outcome<'e>,
    ) -> Appending {
        let entry = self.entry(fingerprint, origin, Step::Concluded(outcome));
        self.journal.append(&entry, None)
    }

    /// Writes down what became of an attempt: no tokens came of it. Where an earlier answer is held back, that one stays so,
    /// as the operator may still publish it.
    pub(super) fn conclude_attempt(
        &self,
        attempt: &Attempt,
        class: Class,
        reason: &Reason,
    ) -> Appending {
        if attempt.held_back.is_some() {
            return self.hold_back(attempt, reason, &UserHints::default(), None);
        }
        let (authority, reason) = attempt.ends(class, reason);
        let authority = authority.to_string();
        let outcome = Outcome::new(class, asked(&attempt.redemption, &authority), reason);
        self.write(attempt, Step::Concluded(outcome))
    }

    /// Writes down that a token is not spent, before it is sent a second time; `None` where it stays valid, and that need not
    /// be written down. Its first intent alone would mean that it may be spent, to whoever reads the journal until then.
    pub(super) fn record_unspent(&self, attempt: &Attempt) -> Option<Appending> {
        let reason = Reason::named("no_answer");
        let is_spent_by_use = !self.settings.rotation.allows_repeat();
        is_spent_by_use.then(|| self.conclude_attempt(attempt, Class::Retryable, &reason))
    }

    /// Keeps the answer to an attempt in the journal, where it is `sealed`; `found` is whose tokens are in it.
    pub(super) fn hold_back(
        &self,
        attempt: &Attempt,
        reason: &Reason,
        found: &UserHints,
        sealed: Option<Position>,
    ) -> Appending {
        let redemption = &*attempt.redemption;
        let authority = redemption.authority.to_string();
        let users = Users {
            expected: (&redemption.user).into(),
            found: found.into(),
        };
        let outcome = Outcome {
            held_back: sealed.or(attempt.held_back),
            users: Some(users),
            ..Outcome::new(Class::Quarantined, asked(redemption, &authority), reason)
        };
        self.write(attempt, Step::Concluded(outcome))
    }

    /// Writes down that a token may be spent, and why nobody knows.
    pub(super) fn leave_in_doubt(&self, attempt: &Attempt, reason: &Reason) -> Appending {
        let redemption = &*attempt.redemption;
        let authority = redemption.authority.to_string();
        let step = Step::LeftInDoubt(Doubt {
            reason: Cow::Borrowed(reason),
            asked: asked(redemption, &authority),
        });
        self.write(attempt, step)
    }

    /// Writes down a step of an attempt. One that has no claim was not sent, and what others wrote meanwhile counts.
    fn write(&self, attempt: &Attempt, step: Step<'_>) -> Appending {
        let redemption = &*attempt.redemption;
        let entry = self.entry(redemption.fingerprint, redemption, step);
        match attempt.claim {
            Some(_) => self.journal.append(&entry, None),
            None => self.journal.append_unless_decided(&entry),
        }
    }

    /// Claims a token, and knows then all that others wrote about it. Waits while somebody else is sending it; `None` when
    /// that takes too long.
    pub(super) async fn claim(
        &self,
        token: &Fingerprint,
    ) -> Result<Option<Arc<Claim>>, MigrationError> {
        let mut waited = Duration::ZERO;
        let claim = loop {
            if let Some(claim) = self.journal.claims().try_claim(token)? {
                break claim;
            }
            if waited >= self.patience {
                return Ok(None);
            }
            self.runtime.clock().sleep(PAUSE).await;
            // A clock that jumps has not waited for anybody.
            yield_now().await;
            waited += PAUSE;
        };
        self.journal.refresh().await?;
        Ok(Some(Arc::new(claim)))
    }

    /// Whether somebody else who shares the journal has sent the token for another client that lists it, where tokens are
    /// spent by use.
    pub(super) fn is_spent_for_another(&self, attempt: &Attempt) -> bool {
        // What is sent for an answer that is held back is another token.
        !self.settings.rotation.allows_repeat()
            && attempt.held_back.is_none()
            && self.journal.claims().are_shared()
            && self
                .journal
                .states()
                .is_spent_for_another(&attempt.redemption.fingerprint)
    }

    /// Between 0 and 1.
    pub(super) fn jitter(&self) -> f64 {
        let mut byte = [0; 1];
        // Without randomness all wait equally long, which is no worse than having no jitter.
        let _unavailable = self.runtime.random().fill(&mut byte);
        f64::from(byte[0]) / 255.0
    }

    /// Writes down that a batch is in the target and was read back; completes when that is on the disk.
    pub(super) async fn record_migrated(
        &self,
        batch: &[Unpublished],
    ) -> Result<(), MigrationError> {
        for part in batch.chunks(RECORDS_AT_A_TIME) {
            let of_token = |token: &Unpublished| {
                let authority = token.authority.to_string();
                let asked = Asked {
                    authority: &authority,
                    client_id: &token.client_id,
                    scopes: token.scopes.as_str(),
                };
                let outcome =
                    Outcome::migrated(token.home_account_id.as_str(), asked, token.spent.is_none());
                self.conclude(token.fingerprint, token.origin(), outcome)
            };
            let appending: Vec<_> = part.iter().map(of_token).collect();
            for recorded in appending {
                recorded.await?;
            }
        }
        Ok(())
    }
}

/// How many outcomes are on their way to the disk at once: fewer than the journal takes without waiting.
const RECORDS_AT_A_TIME: usize = 512;

/// How long it is waited for a token that somebody else is sending, before it is looked again.
const PAUSE: Duration = Duration::from_millis(20);

/// What is asked for a redemption; `authority` is its authority as text.
pub(super) fn asked<'a>(redemption: &'a Redemption, authority: &'a str) -> Asked<'a> {
    Asked {
        authority,
        client_id: &redemption.client_id,
        scopes: redemption.scopes.as_str(),
    }
}
