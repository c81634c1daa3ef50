//! What a run does about each thing that finished: the steps that follow from a verdict.

use std::sync::Arc;
use std::time::Duration;

use msal::ProtocolError;
use msal_core::{DiscoveryError, ProviderMetadata};

use super::lane::Halt;
use super::published::Published;
use super::queue::{Attempt, QueueId, TokenEndpoint};
use super::redeemed::Redeemed;
use super::send::{Reply, stored_secret};
use super::verdict::{Expectation, Next, Order, TRIES, Verdict, in_run};
use super::work::{Finished, Work};
use crate::error::MigrationError;
use crate::journal::{Class, Position, Reason};

impl Work<'_> {
    /// Does what follows from something that finished.
    pub(super) fn handle(&mut self, finished: Finished) {
        match finished {
            Finished::Discovery(id, found) => self.discovered(id, *found),
            Finished::Publication(published) => {
                self.is_publishing = false;
                self.published(published);
            }
            Finished::Recording(Err(error)) => self.fail(error),
            Finished::Recording(Ok(())) => {}
            Finished::Returning(id, attempt, recorded) => {
                if let Err(error) = recorded {
                    self.fail(error);
                }
                self.return_to_queue(id, attempt);
            }
            Finished::Sending(sent) => {
                self.in_flight -= 1;
                let id = sent.queue;
                match sent.reply {
                    Ok(reply) => self.judge(id, sent.attempt, &sent.endpoint, reply),
                    Err(error) => self.fail(error),
                }
                self.queues.make_ready(id);
            }
        }
    }

    /// Goes on where single users' caches cannot be used. Where nothing of a batch was published, the store cannot be used,
    /// and what comes next would meet the same.
    fn published(&mut self, published: Published) {
        let Published { there, losses } = published;
        for error in &losses.of_users {
            self.observer.refused_cache(error);
        }
        let is_of_all = losses.are_of_all() || there.is_empty();
        self.losses.append(losses);
        if !there.is_empty() {
            self.conclude_migrated(there);
        }
        if is_of_all && let Some(error) = std::mem::take(&mut self.losses).into_error() {
            self.fail(error);
        }
    }

    fn judge(&mut self, id: QueueId, attempt: Attempt, endpoint: &TokenEndpoint, reply: Reply) {
        let expected = Expectation {
            client_id: &attempt.redemption.client_id,
            metadata: &endpoint.metadata,
            user: &attempt.redemption.user,
            is_released: self
                .engine
                .released
                .contains(&attempt.redemption.fingerprint),
            settings: self.engine.settings,
        };
        let now = self.engine.runtime.clock().now();
        let (order, sealed) = match reply {
            Reply::Nothing(error) => (in_run(Err(error), expected, attempt.tries, now), Ok(None)),
            Reply::Response(response, sealed) => {
                (in_run(Ok(&response), expected, attempt.tries, now), sealed)
            }
            Reply::SentByAnother => {
                self.queues[id].lane.step_back();
                return self.leave_to_another(&attempt);
            }
            Reply::SentForOtherClient => {
                self.queues[id].lane.step_back();
                let reason = Reason::named("sent_for_other_client");
                return self.conclude(&attempt, Class::Failed, &reason);
            }
        };
        let sealed = match sealed {
            Ok(sealed) => sealed,
            Err(error) => {
                self.has_unsealed = true;
                self.fail(error.into());
                // Nothing is held back where nothing is sealed: the token stays in doubt.
                if matches!(order, Order::Settle(Verdict::HoldBack(..))) {
                    return self.queues[id].lane.arrive();
                }
                None
            }
        };
        match order {
            Order::AskAtHome(reason) => {
                self.queues[id].lane.arrive();
                self.ask_at_home(attempt, reason);
            }
            // The secret of one row: another may have the right one.
            Order::HaltLane(reason)
                if stored_secret(self.engine, &attempt.redemption).is_some() =>
            {
                self.queues[id].lane.arrive();
                self.conclude(&attempt, Class::Failed, &reason);
            }
            Order::HaltLane(reason) => {
                self.queues[id].lane.refuse();
                self.halt(id, attempt, reason);
            }
            Order::Settle(verdict) => {
                self.queues[id].lane.arrive();
                self.settle(attempt, endpoint, verdict, sealed);
            }
            Order::SlowDown { wait, reason, next } => {
                self.slow_down(id, attempt, wait, reason, next);
            }
            Order::Stop(source) => {
                let host = attempt.redemption.authority.host().to_owned();
                // Nothing was sent. With no more than its intent in the journal, the token would be in doubt.
                self.conclude(&attempt, Class::Retryable, &Reason::from(&source));
                self.fail(MigrationError::Http { host, source });
            }
        }
    }

    fn settle(
        &mut self,
        attempt: Attempt,
        endpoint: &TokenEndpoint,
        verdict: Verdict,
        sealed: Option<Position>,
    ) {
        match verdict {
            Verdict::Conclude(class, reason) => self.conclude(&attempt, class, &reason),
            Verdict::HoldBack(reason, found) => self.hold_back(&attempt, &reason, &found, sealed),
            Verdict::LeaveInDoubt(reason) => self.leave_in_doubt(&attempt, &reason),
            Verdict::Publish(tokens, home_account_id) => {
                self.driven.migrated_at_home += u64::from(attempt.is_at_home());
                let now = self.engine.runtime.clock().now();
                let redeemed = Redeemed::new(attempt, &endpoint.authority, now);
                let target = self.engine.target;
                let token = target.add(redeemed, &endpoint.metadata, tokens, home_account_id);
                self.observer.redeemed(&token.observed());
                self.unpublished.push(token);
            }
        }
    }

    /// Has a token that was refused, because its user is of another tenant, asked for where they are at home. That it was
    /// refused is the server's word that it is not spent.
    fn ask_at_home(&mut self, mut attempt: Attempt, reason: Reason) {
        match attempt.send_home(reason) {
            Ok(()) => {
                let id = self.queue_of(&attempt.redemption);
                self.send_again(id, attempt);
            }
            Err(reason) => self.conclude(&attempt, Class::Failed, &reason),
        }
    }

    /// Slows the lane down, and does with the token what comes next.
    fn slow_down(
        &mut self,
        id: QueueId,
        attempt: Attempt,
        asked: Option<Duration>,
        reason: Reason,
        next: Next,
    ) {
        let jitter = self.engine.jitter();
        let is_in_doubt = next == Next::LeaveInDoubt;
        if is_in_doubt {
            self.leave_in_doubt(&attempt, &reason);
        }
        let lane = &mut self.queues[id].lane;
        let wait = lane.stumble(asked, jitter);
        // An outage puts no more tokens in doubt than it would have one token sent.
        let is_open = lane.halt().is_none();
        if is_in_doubt && is_open && asked.is_none() && lane.setbacks() >= TRIES {
            lane.exhaust();
        }
        match (lane.halt(), wait) {
            (Some(halt), _) if is_in_doubt => return self.abandon(id, halt.class(), reason),
            (Some(_), _) => return self.halt(id, attempt, reason),
            (None, Some(wait)) => self.wait(id, wait, asked.is_some(), &reason),
            // The lane waits already: the requests that were in flight together fail together.
            (None, None) => {}
        }
        match next {
            Next::GiveUp => self.conclude(&attempt, Class::Retryable, &reason),
            Next::LeaveInDoubt => {}
            Next::SendAgain => self.send_again(id, attempt),
        }
    }

    /// Gives every redemption of a halted lane its outcome, the one that halted it included.
    fn halt(&mut self, id: QueueId, attempt: Attempt, reason: Reason) {
        let class = self.queues[id]
            .lane
            .halt()
            .map_or(Class::Retryable, Halt::class);
        self.conclude(&attempt, class, &reason);
        self.abandon(id, class, reason);
    }

    /// Gives every waiting redemption of a halted lane the same outcome, and those that come later as well.
    fn abandon(&mut self, id: QueueId, class: Class, reason: Reason) {
        for attempt in self.queues.empty(id) {
            self.conclude(&attempt, class, &reason);
        }
        self.queues[id].reason = reason;
    }

    fn discovered(&mut self, id: QueueId, found: Result<ProviderMetadata, msal::Error>) {
        match found {
            Ok(metadata) => {
                let queue = &self.queues[id];
                let endpoint = TokenEndpoint {
                    authority: Arc::new((*queue.authority).clone()),
                    authority_text: queue.authority.to_string(),
                    metadata,
                };
                self.queues[id].endpoint = Some(Arc::new(endpoint));
                self.queues.make_ready(id);
            }
            Err(error) if error.is_transient() => self.authority_is_busy(id, &error),
            Err(msal::Error::Http(source)) => {
                let host = self.queues[id].authority.host().to_owned();
                self.fail(MigrationError::Http {
                    host,
                    source: source.into_inner(),
                });
            }
            Err(error) => {
                self.queues[id].lane.refuse();
                self.refuse_authority(id, &error);
                self.abandon(id, Class::Failed, refused_authority(&error));
            }
        }
    }

    /// Asks the authority again after a wait, unless it has been asked often enough.
    fn authority_is_busy(&mut self, id: QueueId, error: &msal::Error) {
        let (jitter, asked) = (self.engine.jitter(), error.retry_after());
        let reason = busy_authority(error);
        let lane = &mut self.queues[id].lane;
        // A look-up counts as a request of the lane, so that both wait by one rule.
        lane.depart();
        match lane.stumble(asked, jitter) {
            // A host that has never answered is not waited for as long as one that names a wait.
            Some(wait) if asked.is_some() || lane.setbacks() < TRIES => {
                self.wait(id, wait, asked.is_some(), &reason);
            }
            _ => {
                lane.exhaust();
                self.refuse_authority(id, error);
                self.abandon(id, Class::Retryable, reason);
            }
        }
    }

    fn refuse_authority(&mut self, id: QueueId, error: &msal::Error) {
        let authority = self.queues[id].authority.to_string();
        self.observer.refused_authority(&authority, error);
    }
}

/// Why an authority cannot be asked, as its server says.
fn refused_authority(error: &msal::Error) -> Reason {
    let mut reason = Reason::named("authority_refused");
    if let Some(DiscoveryError::Status { codes, .. }) = discovery_error(error) {
        let codes = codes.iter().filter_map(|code| u32::try_from(*code).ok());
        reason.aadsts = codes.collect();
    }
    reason
}

/// Why an authority does not answer for now: in the words that stand for the same at a token endpoint.
fn busy_authority(error: &msal::Error) -> Reason {
    match (error, discovery_error(error)) {
        (msal::Error::Http(error), _) => Reason::from(&**error),
        (_, Some(DiscoveryError::Status { status, .. })) => Reason::of_status(*status),
        _ => Reason::named("authority_busy"),
    }
}

fn discovery_error(error: &msal::Error) -> Option<&DiscoveryError> {
    let msal::Error::Protocol(problem) = error else {
        return None;
    };
    match &**problem {
        ProtocolError::Discovery(error) => Some(error),
        _ => None,
    }
}
