//! What becomes of a token: an answer is judged, a failure waited out, an outcome written down.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use msal::{HttpError, HttpErrorKind};
use msal_core::{ProviderMetadata, Refusal, ServiceError};

use super::batch::Facts;
use super::lane::Halt;
use super::queue::{Attempt, Provider};
use super::reason::Reason;
use super::verdict::{Expectation, Verdict, interpret};
use super::{Place, Run, TrackId};
use crate::error::MigrationError;
use crate::journal::{Class, Position};
use crate::plan::Redemption;

/// How often one token is sent when the server fails in a way that concerns this token only.
const TRIES: u32 = 5;

impl Run<'_> {
    pub(super) fn judge(
        &mut self,
        id: TrackId,
        attempt: Attempt,
        response: &Response<Bytes>,
        sealed: Option<Position>,
    ) {
        let Some(track) = self.tracks.get_mut(id) else {
            return;
        };
        let Some(provider) = track.provider.clone() else {
            return;
        };
        let metadata = &provider.metadata;
        let expectation = Expectation {
            client_id: &attempt.job.client_id,
            metadata,
            user: &attempt.job.user,
            allow_user_mismatch: self.engine.settings.allow_user_mismatch,
        };
        match interpret(response, &expectation) {
            Verdict::Publish(tokens) => {
                track.lane.arrive();
                let now = self.engine.runtime.clock.now();
                let row = self
                    .engine
                    .target
                    .add(&Facts::of(&attempt.job), metadata, &tokens, now);
                self.unpublished.extend(row);
                self.observer.redeemed();
            }
            Verdict::Quarantine(reason) => {
                track.lane.arrive();
                self.hold_back(attempt.job, Reason::named(reason.code()), sealed);
            }
            Verdict::Refused(error, refusal) => {
                self.refused(id, attempt, &error, refusal, response)
            }
            Verdict::Unreadable => {
                self.stumble(id, attempt, None, Reason::named("unreadable_response"))
            }
        }
    }

    fn refused(
        &mut self,
        id: TrackId,
        attempt: Attempt,
        error: &ServiceError,
        refusal: Refusal,
        response: &Response<Bytes>,
    ) {
        let reason = Reason::from(error);
        let Some(track) = self.tracks.get_mut(id) else {
            return;
        };
        match refusal {
            Refusal::Transient => {
                let wait =
                    msal_core::retry_after(response.headers(), self.engine.runtime.clock.now());
                self.stumble(id, attempt, wait, reason);
            }
            Refusal::InteractionRequired => {
                track.lane.arrive();
                self.conclude(attempt.job, Class::NeedsUser, reason);
            }
            // The client itself is refused, whatever token it shows: a thousand requests would say the same.
            _ if matches!(
                error.error.as_str(),
                "invalid_client" | "unauthorized_client"
            ) =>
            {
                track.lane.refuse();
                self.halt(id, attempt, reason);
            }
            _ => {
                track.lane.arrive();
                self.conclude(attempt.job, Class::Failed, reason);
            }
        }
    }

    pub(super) fn unanswered(&mut self, id: TrackId, attempt: Attempt, error: HttpError) {
        match error.kind() {
            HttpErrorKind::Certificate | HttpErrorKind::Request => {
                self.fail(MigrationError::Http {
                    host: attempt.job.authority.host().to_owned(),
                    source: error,
                })
            }
            _ if error.may_have_been_sent() && !self.engine.settings.rotation.allows_repeat() => {
                if let Some(track) = self.tracks.get_mut(id) {
                    track.lane.arrive();
                }
                // The intent stands in the journal without an outcome: that is what "in doubt" means there.
                self.observer.lost_sight();
            }
            _ => self.stumble(id, attempt, None, Reason::named("no_answer")),
        }
    }

    /// Slows the lane down and sends the token again later, unless it has been sent often enough.
    fn stumble(
        &mut self,
        id: TrackId,
        attempt: Attempt,
        retry_after: Option<Duration>,
        reason: Reason,
    ) {
        let jitter = self.jitter();
        let Some(track) = self.tracks.get_mut(id) else {
            return;
        };
        let wait = track.lane.stumble(retry_after, jitter);
        if track.lane.halt().is_some() {
            return self.halt(id, attempt, reason);
        }
        if let Some(wait) = wait {
            self.wait(id, wait);
        }
        // A server that names a wait is expected to answer after it; one that does not may never.
        match retry_after.is_none() && attempt.tries >= TRIES {
            true => self.conclude(attempt.job, Class::Retry, reason),
            false => self.queue(id, attempt, Place::First),
        }
    }

    /// Gives every job of a halted lane its outcome.
    fn halt(&mut self, id: TrackId, attempt: Attempt, reason: Reason) {
        let Some(track) = self.tracks.get_mut(id) else {
            return;
        };
        let class = track.lane.halt().map_or(Class::Retry, Halt::class);
        track.reason = reason.clone();
        let waiting = std::mem::take(&mut track.jobs);
        self.queued -= waiting.len();
        for attempt in std::iter::once(attempt).chain(waiting) {
            self.conclude(attempt.job, class, reason.clone());
        }
    }

    pub(super) fn discovered(&mut self, id: TrackId, found: Result<ProviderMetadata, msal::Error>) {
        let jitter = self.jitter();
        let Some(track) = self.tracks.get_mut(id) else {
            return;
        };
        match found {
            Ok(metadata) => {
                track.provider = Some(Arc::new(Provider {
                    authority: track.authority.to_string(),
                    credential: self.engine.credentials.of(&track.client_id),
                    token_endpoint: metadata.token_endpoint.parse().ok(),
                    metadata,
                }));
                self.make_ready(id);
            }
            Err(error) if error.is_transient() => {
                track.lane.depart();
                let asked = error.retry_after();
                match track.lane.stumble(asked, jitter) {
                    // A host that has never answered is not waited for as long as one that names a wait.
                    Some(wait) if asked.is_some() || track.lane.setbacks() < TRIES => {
                        self.wait(id, wait);
                    }
                    _ => {
                        track.lane.exhaust();
                        self.observer
                            .refused_authority(&track.authority.to_string(), &error);
                        let reason = match error {
                            msal::Error::Http(_) => "no_answer",
                            _ => "authority_busy",
                        };
                        self.abandon(id, Class::Retry, Reason::named(reason));
                    }
                }
            }
            Err(msal::Error::Http(source)) => {
                let host = track.authority.host().to_owned();
                self.fail(MigrationError::Http { host, source });
            }
            Err(error) => {
                track.lane.refuse();
                self.observer
                    .refused_authority(&track.authority.to_string(), &error);
                self.abandon(id, Class::Failed, Reason::named("authority_refused"));
            }
        }
    }

    /// Gives every waiting job of a lane the same outcome, and those that come later as well.
    fn abandon(&mut self, id: TrackId, class: Class, reason: Reason) {
        let Some(track) = self.tracks.get_mut(id) else {
            return;
        };
        track.reason = reason.clone();
        let waiting = std::mem::take(&mut track.jobs);
        self.queued -= waiting.len();
        for attempt in waiting {
            self.conclude(attempt.job, class, reason.clone());
        }
    }

    pub(super) fn conclude(&mut self, job: Box<Redemption>, class: Class, reason: Reason) {
        self.observer.concluded(class);
        let ledger = self.engine.ledger;
        self.record(ledger.conclude(job.fingerprint, job.locator, class, reason, None));
    }

    fn hold_back(&mut self, job: Box<Redemption>, reason: Reason, sealed: Option<Position>) {
        self.observer.concluded(Class::Quarantined);
        let ledger = self.engine.ledger;
        self.record(ledger.conclude(
            job.fingerprint,
            job.locator,
            Class::Quarantined,
            reason,
            sealed,
        ));
    }
}
