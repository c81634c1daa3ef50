//! The state of a run, and the steps of which it is made.
//!
//! Whatever takes time is a future here that ends in a [`Finished`], so that a run is one task and nothing is locked.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use msal::{BoxFuture, RandomError};
use msal_core::{ApiId, ProviderMetadata, RequestContext, Telemetry, UnixTime};

use super::correlation::CorrelationIds;
use super::engine::Engine;
use super::pace::Pace;
use super::published::{Losses, Published};
use super::queue::{Attempt, QueueId, Queues};
use super::recovery::{Judged, Recovered};
use super::redeemed::Unpublished;
use super::send::{Sent, claim_and_send};
use super::spent::Spent;
use crate::cause::Causes;
use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::journal::{Appending, Class, Position, Reason, State};
use crate::observer::{Conclusion, ObservedToken, Observer};
use crate::plan::Redemption;
use crate::record::UserHints;

/// Something that took time, and its result.
pub(super) enum Finished {
    /// An authority was asked for its endpoints.
    Discovery(QueueId, Box<Result<ProviderMetadata, msal::Error>>),
    /// A batch was written to the target.
    Publication(Published),
    /// Outcomes were written down.
    Recording(Result<(), MigrationError>),
    /// A token that is sent again was written down as not spent.
    Returning(QueueId, Attempt, Result<(), MigrationError>),
    /// A token was sent.
    Sending(Sent),
}

/// What a run came to, apart from what the journal says.
#[derive(Default)]
pub(crate) struct Driven {
    /// Why tokens did not get into the target.
    pub(crate) causes: Causes,
    /// How many were redeemed where their users are at home, and not where their rows place them.
    pub(crate) migrated_at_home: u64,
}

/// The state of a run.
pub(super) struct Work<'a> {
    pub(super) engine: &'a Engine<'a>,
    pub(super) observer: &'a mut dyn Observer,
    pub(super) queues: Queues,
    pub(super) in_flight: usize,
    pub(super) running: FuturesUnordered<BoxFuture<'a, Finished>>,
    /// Lanes that wait. Nobody waits with them when nothing else is to be done.
    pub(super) waits: FuturesUnordered<BoxFuture<'a, QueueId>>,
    /// Until when a lane waits, of those whose waiting is written down.
    paused_until: Option<UnixTime>,
    /// When the next request may be sent.
    pub(super) pace: Pace<'a>,
    pub(super) unpublished: Vec<Unpublished>,
    /// Whether some of them are nowhere but here, because they could not be sealed.
    pub(super) has_unsealed: bool,
    pub(super) is_publishing: bool,
    /// Nothing new is started; what is in flight is brought home.
    pub(super) is_draining: bool,
    pub(super) failure: Option<MigrationError>,
    /// What could not be published, and keeps the run from nothing else.
    pub(super) losses: Losses,
    pub(super) driven: Driven,
    /// What sealed answers came to, and nobody was told: the run may yet send these tokens.
    judged: HashMap<Fingerprint, Judged>,
    /// `None` where tokens stay valid, and any number of clients may try one.
    spent: Option<Spent>,
    /// What all requests say of themselves, apart from their correlation ids.
    context: RequestContext,
    correlation_ids: CorrelationIds,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        engine: &'a Engine<'a>,
        observer: &'a mut dyn Observer,
        recovered: Recovered,
    ) -> Self {
        Self {
            engine,
            observer,
            queues: Queues::default(),
            in_flight: 0,
            running: FuturesUnordered::new(),
            waits: FuturesUnordered::new(),
            paused_until: None,
            pace: Pace::new(engine.settings.rate, &**engine.runtime.clock()),
            unpublished: recovered.unpublished,
            judged: recovered.judged,
            has_unsealed: false,
            is_publishing: false,
            is_draining: false,
            failure: None,
            losses: Losses::default(),
            driven: Driven::default(),
            spent: match engine.settings.rotation.allows_repeat() {
                true => None,
                false => Some(Spent::of(&engine.journal.states())),
            },
            context: RequestContext::new(
                String::new(),
                Telemetry::current(ApiId::ByRefreshToken, 1),
                Telemetry::default().last(),
                None,
            ),
            correlation_ids: CorrelationIds::default(),
        }
    }

    /// Puts a redemption into the queue of its authority and client.
    pub(super) fn accept(&mut self, mut attempt: Attempt) {
        if let Some(judged) = self.judged.get(&attempt.redemption.fingerprint) {
            attempt.earlier = judged.earlier;
        }
        let redemption = &*attempt.redemption;
        let fingerprint = redemption.fingerprint;
        // What is sent for an answer that is held back is another token.
        let spent = self.spent.as_ref().filter(|_| attempt.held_back.is_none());
        if spent.is_some_and(|spent| spent.by_another(&fingerprint)) {
            let reason = Reason::named("sent_for_other_client");
            return self.conclude(&attempt, Class::Failed, &reason);
        }
        let id = self.queue_of(redemption);
        if let Some(attempt) = self.refuse_if_halted(id, attempt) {
            if let Some(spent) = &mut self.spent {
                spent.add(fingerprint);
            }
            self.queues.push_last(id, attempt);
        }
    }

    /// The queue that a redemption belongs to.
    pub(super) fn queue_of(&mut self, redemption: &Redemption) -> QueueId {
        self.queues.find(redemption).unwrap_or_else(|| {
            let id = self.queues.open(redemption, self.engine.settings);
            self.discover(id);
            id
        })
    }

    /// Lets a redemption be sent again, before all that wait. It was not received, or may be sent as often as one likes.
    pub(super) fn send_again(&mut self, id: QueueId, attempt: Attempt) {
        if self.is_draining {
            return self.leave_to_a_later_run(&attempt);
        }
        if let Some(attempt) = self.refuse_if_halted(id, attempt) {
            match self.engine.record_unspent(&attempt) {
                Some(recorded) => self.running.push(Box::pin(async move {
                    let recorded = recorded.await.map(drop).map_err(MigrationError::from);
                    Finished::Returning(id, attempt, recorded)
                })),
                None => self.return_to_queue(id, attempt),
            }
        }
    }

    /// Puts a redemption before all that wait, which others may have sent until its turn comes.
    pub(super) fn return_to_queue(&mut self, id: QueueId, attempt: Attempt) {
        if self.is_draining {
            return self.leave_to_a_later_run(&attempt);
        }
        if let Some(mut attempt) = self.refuse_if_halted(id, attempt) {
            attempt.claim = None;
            self.queues.push_first(id, attempt);
        }
    }

    /// Concludes a redemption of a lane on which nothing more is sent; gives any other back.
    fn refuse_if_halted(&mut self, id: QueueId, attempt: Attempt) -> Option<Attempt> {
        let queue = &self.queues[id];
        let Some(halt) = queue.lane.halt() else {
            return Some(attempt);
        };
        let reason = queue.reason.clone();
        self.conclude(&attempt, halt.class(), &reason);
        None
    }

    /// Asks for the endpoints of a queue.
    pub(super) fn discover(&self, id: QueueId) {
        let (authority, engine) = (self.queues[id].authority.clone(), self.engine);
        self.running.push(Box::pin(async move {
            let found = engine.runtime.provider_metadata(&authority).await;
            Finished::Discovery(id, Box::new(found))
        }));
    }

    /// Sends what the lanes allow.
    pub(super) fn depart(&mut self) {
        let most = self.engine.settings.most_in_flight();
        while !self.is_draining
            && !self.pace.is_waiting()
            && self.in_flight < most
            && !self.has_too_many_unpublished()
        {
            let Some((id, attempt, endpoint)) = self.queues.depart() else {
                return;
            };
            self.in_flight += 1;
            self.pace.depart();
            let (engine, context) = (self.engine, self.context());
            self.running.push(Box::pin(async move {
                let mut attempt = attempt;
                let reply = claim_and_send(engine, &mut attempt, &endpoint, context).await;
                Finished::Sending(Sent {
                    queue: id,
                    attempt,
                    endpoint,
                    reply,
                })
            }));
        }
    }

    fn has_too_many_unpublished(&self) -> bool {
        let coming = self.unpublished.len() + self.in_flight;
        self.is_publishing && self.engine.target.is_full(coming)
    }

    fn context(&mut self) -> Result<RequestContext, RandomError> {
        let correlation_id = self.correlation_ids.next(&**self.engine.runtime.random())?;
        let mut context = self.context.clone();
        context.correlation_id = correlation_id;
        Ok(context)
    }

    /// Lets a lane wait that is blocked, because its server asks for it, or has failed.
    pub(super) fn wait(&mut self, id: QueueId, wait: Duration, is_asked: bool, reason: &Reason) {
        match is_asked {
            true => self.observer.waiting(wait),
            false => self.observer.backing_off(wait, reason),
        }
        let clock = self.engine.runtime.clock();
        // Not where another lane waits as long already: there may be thousands of lanes.
        let until = clock.now() + wait;
        if self.paused_until.is_none_or(|longest| longest < until) {
            self.paused_until = Some(until);
            self.engine.pause(until, is_asked);
        }
        self.waits.push(Box::pin(async move {
            clock.sleep(wait).await;
            id
        }));
    }

    /// A lane's wait is over.
    pub(super) fn reopen(&mut self, id: QueueId) {
        self.queues[id].lane.unblock();
        // The wait may have been one for the authority, which did not answer.
        if self.queues[id].lacks_endpoint() {
            self.discover(id);
        }
        self.queues.make_ready(id);
    }

    /// Writes to the target what is worth a write, or what is left when nothing more is to come.
    pub(super) fn publish_if_due(&mut self, is_exhausted: bool) {
        let is_last = (is_exhausted || self.is_draining)
            && self.in_flight == 0
            && (self.is_draining || self.queues.waiting() == 0);
        let now = self.engine.runtime.clock().now();
        let is_due = is_last || self.engine.target.is_due(self.unpublished.len(), now);
        // After a failure nothing more is written that is sealed: the next run publishes from the journal.
        let may_write = self.failure.is_none() || self.has_unsealed;
        if self.is_publishing || self.unpublished.is_empty() || !is_due || !may_write {
            return;
        }
        (self.is_publishing, self.has_unsealed) = (true, false);
        let batch = std::mem::take(&mut self.unpublished);
        let target = self.engine.target;
        self.running.push(Box::pin(async move {
            Finished::Publication(target.publish(batch).await)
        }));
    }

    /// Gives a redemption its outcome: no tokens came of it.
    pub(super) fn conclude(&mut self, attempt: &Attempt, class: Class, reason: &Reason) {
        // An earlier answer is held back, and stays so.
        let class = match attempt.held_back {
            Some(_) => Class::Quarantined,
            None => class,
        };
        let (authority, told) = attempt.ends(class, reason);
        let observed = attempt.observed_at(authority);
        self.tell(&observed, State::Concluded(class), told);
        self.add_cause(attempt, class, reason);
        let appending = self.engine.conclude_attempt(attempt, class, reason);
        self.record(attempt, appending);
    }

    /// Keeps the answer to a redemption in the journal, where it is `sealed`; `found` is whose tokens are in it.
    pub(super) fn hold_back(
        &mut self,
        attempt: &Attempt,
        reason: &Reason,
        found: &UserHints,
        sealed: Option<Position>,
    ) {
        let class = Class::Quarantined;
        self.tell(&attempt.observed(), State::Concluded(class), reason);
        self.add_cause(attempt, class, reason);
        let appending = self.engine.hold_back(attempt, reason, found, sealed);
        self.record(attempt, appending);
    }

    fn add_cause(&mut self, attempt: &Attempt, class: Class, reason: &Reason) {
        let (authority, reason) = attempt.ends(class, reason);
        let client_id = &attempt.redemption.client_id;
        self.driven.causes.add(class, reason, client_id, authority);
    }

    /// Leaves a redemption to a later run that was not received, or may be sent as often as one likes.
    pub(super) fn leave_to_a_later_run(&mut self, attempt: &Attempt) {
        self.conclude(attempt, Class::Retryable, &Reason::named("interrupted"));
    }

    /// Writes down that a token may be spent, and why nobody knows.
    pub(super) fn leave_in_doubt(&mut self, attempt: &Attempt, reason: &Reason) {
        self.tell(&attempt.observed(), State::InDoubt, reason);
        let appending = self.engine.leave_in_doubt(attempt, reason);
        self.record(attempt, appending);
    }

    /// Sees that what was written down gets to the disk. Until then nobody else may send the token.
    fn record(&self, attempt: &Attempt, appending: Appending) {
        let claim = attempt.claim.clone();
        self.running.push(Box::pin(async move {
            let recorded = appending.await;
            drop(claim);
            Finished::Recording(recorded.map(drop).map_err(MigrationError::from))
        }));
    }

    /// Somebody else who shares the journal has decided where the token stands.
    pub(super) fn leave_to_another(&mut self, attempt: &Attempt) {
        let token = attempt.redemption.fingerprint;
        let state = self.engine.journal.states().get(&token);
        // What is not concluded has nobody who would conclude it in this run.
        if let Some(state) = state {
            self.tell(&attempt.observed(), state, &Reason::default());
        }
    }

    /// Gives a batch its outcomes, once it is in the target and was read back.
    pub(super) fn conclude_migrated(&mut self, batch: Vec<Unpublished>) {
        for token in &batch {
            self.judged.remove(&token.fingerprint);
            let conclusion = Conclusion {
                state: State::Concluded(Class::Migrated),
                reason: &Reason::default(),
                home_account_id: Some(&token.home_account_id),
            };
            self.observer.concluded(&token.observed(), &conclusion);
        }
        let engine = self.engine;
        self.running.push(Box::pin(async move {
            Finished::Recording(engine.record_migrated(&batch).await)
        }));
    }

    /// Tells the observer what became of a token, for this run.
    fn tell(&mut self, token: &ObservedToken<'_>, state: State, reason: &Reason) {
        self.judged.remove(&token.fingerprint);
        let conclusion = Conclusion::without_tokens(state, reason);
        self.observer.concluded(token, &conclusion);
    }

    /// Tells what sealed answers came to, of tokens that were not sent since.
    pub(super) fn tell_judged(&mut self) {
        for judged in std::mem::take(&mut self.judged).into_values() {
            judged.tell(&mut *self.observer);
        }
    }

    /// Something that concerns the whole run: the first such error is the one that is reported.
    pub(super) fn fail(&mut self, error: MigrationError) {
        self.failure.get_or_insert(error);
        self.drain();
    }

    /// Starts nothing new. What waits to be sent again is written down as left: its intent alone would mean that it may
    /// be spent.
    pub(super) fn drain(&mut self) {
        self.is_draining = true;
        for attempt in self.queues.take_sent() {
            self.leave_to_a_later_run(&attempt);
        }
    }
}
