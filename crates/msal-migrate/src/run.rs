//! A run: takes jobs from the plan, has them redeemed at the pace of their lanes, and hands the answers on.
//!
//! One task, many requests in flight. Each turn of the loop handles one event to its end, so there is nothing to lock:
//! an answer arrived, a lane opened, a batch was published. What is waiting is bounded by [`QUEUE`], whatever the size
//! of the input.

mod batch;
mod capsule;
mod correlation;
mod feed;
mod lane;
mod ledger;
mod obey;
mod queue;
mod reason;
mod recovery;
mod send;
mod verdict;

pub(crate) use self::batch::Target;
pub(crate) use self::feed::{Closed, Feed, channel};
pub(crate) use self::ledger::Ledger;
pub(crate) use self::send::Engine;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use msal::{BoxFuture, RandomError};
use msal_core::{ApiId, Authority, ProviderMetadata, RequestContext, Telemetry};
use tokio::sync::mpsc;

use self::batch::Row;
use self::correlation::CorrelationIds;
use self::lane::Lane;
use self::queue::{Attempt, Track};
use self::reason::Reason;
use self::send::Answer;
use crate::error::MigrationError;
use crate::journal::Class;
use crate::observer::Observer;
use crate::plan::Redemption;

/// How many jobs wait for their lanes at most.
const QUEUE: usize = 4096;

/// A track, by its place in [`Run::tracks`].
type TrackId = usize;

enum Event {
    Answered(TrackId, Attempt, Result<Answer, MigrationError>),
    Discovered(TrackId, Box<Result<ProviderMetadata, msal::Error>>),
    Published(Vec<Row>, Result<(), MigrationError>),
    Recorded(Result<(), MigrationError>),
}

/// One run over all jobs.
pub(crate) struct Run<'a> {
    engine: &'a Engine<'a>,
    observer: &'a mut dyn Observer,
    /// One for each authority and client, in lower case: what a server throttles together.
    tracks: Vec<Track>,
    numbers: HashMap<Authority, HashMap<String, TrackId>>,
    /// Where the latest job went: the next one mostly goes there as well.
    latest: TrackId,
    ready: VecDeque<TrackId>,
    queued: usize,
    in_flight: usize,
    events: FuturesUnordered<BoxFuture<'a, Event>>,
    /// Lanes that wait. Nobody waits with them when no job does.
    waits: FuturesUnordered<BoxFuture<'a, TrackId>>,
    unpublished: Vec<Row>,
    is_publishing: bool,
    /// Nothing new is started; what is in flight is brought home.
    is_draining: bool,
    failure: Option<MigrationError>,
    /// What all requests say of themselves, apart from their correlation ids.
    context: RequestContext,
    correlation_ids: CorrelationIds,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        engine: &'a Engine<'a>,
        observer: &'a mut dyn Observer,
        recovered: Vec<Row>,
    ) -> Self {
        Self {
            engine,
            observer,
            tracks: Vec::new(),
            numbers: HashMap::new(),
            latest: 0,
            ready: VecDeque::new(),
            queued: 0,
            in_flight: 0,
            events: FuturesUnordered::new(),
            waits: FuturesUnordered::new(),
            unpublished: recovered,
            is_publishing: false,
            is_draining: false,
            failure: None,
            context: RequestContext::new(
                String::new(),
                Telemetry::current(ApiId::ByRefreshToken, 1),
                Telemetry::default().last(),
                None,
            ),
            correlation_ids: CorrelationIds::default(),
        }
    }

    /// Works until every job has an outcome, or until `stop` completes and what is in flight has come home.
    pub(crate) async fn drive(
        mut self,
        mut jobs: mpsc::Receiver<Box<Redemption>>,
        stop: &mut BoxFuture<'_, ()>,
    ) -> Result<(), MigrationError> {
        let mut is_exhausted = false;
        loop {
            self.publish_if_due(is_exhausted);
            self.depart();
            let wants_more = !is_exhausted && !self.is_draining && self.queued < QUEUE;
            if self.events.is_empty() && !wants_more && (self.is_draining || self.queued == 0) {
                break;
            }
            tokio::select! {
                biased;
                () = &mut *stop, if !self.is_draining => self.is_draining = true,
                Some(event) = self.events.next(), if !self.events.is_empty() => self.handle(event),
                Some(lane) = self.waits.next(), if !self.waits.is_empty() => self.reopen(lane),
                job = jobs.recv(), if wants_more => match job {
                    Some(job) => self.accept(job),
                    None => is_exhausted = true,
                },
            }
        }
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    fn accept(&mut self, job: Box<Redemption>) {
        let id = match self.tracks.get(self.latest) {
            Some(track) if track.takes(&job) => self.latest,
            _ => self.track_of(&job),
        };
        self.latest = id;
        self.queue(id, Attempt { job, tries: 0 }, Place::Last);
    }

    fn track_of(&mut self, job: &Redemption) -> TrackId {
        let client_id = job.client_id.to_ascii_lowercase();
        let known = self
            .numbers
            .get(&job.authority)
            .and_then(|clients| clients.get(&client_id));
        match known {
            Some(id) => *id,
            None => self.open_track(client_id, &job.authority),
        }
    }

    fn open_track(&mut self, client_id: String, authority: &Authority) -> TrackId {
        let (id, settings) = (self.tracks.len(), self.engine.settings);
        self.tracks.push(Track {
            authority: authority.clone(),
            client_id: client_id.clone(),
            lane: Lane::new(settings.concurrency, settings.patience),
            jobs: VecDeque::new(),
            provider: None,
            is_ready: false,
            reason: Reason::default(),
        });
        let clients = self.numbers.entry(authority.clone()).or_default();
        clients.insert(client_id, id);
        self.discover(id);
        id
    }

    /// Asks for the endpoints of a lane. Nothing departs before they are known.
    fn discover(&self, id: TrackId) {
        let Some(track) = self.tracks.get(id) else {
            return;
        };
        let (authority, engine) = (track.authority.clone(), self.engine);
        self.events.push(Box::pin(async move {
            // The plan admits no host but Microsoft's and those the operator named.
            let found = engine
                .metadata
                .resolve(&authority, true, engine.runtime)
                .await;
            Event::Discovered(id, Box::new(found))
        }));
    }

    fn queue(&mut self, id: TrackId, attempt: Attempt, place: Place) {
        let Some(track) = self.tracks.get_mut(id) else {
            return;
        };
        if let Some(halt) = track.lane.halt() {
            let (class, reason) = (halt.class(), track.reason.clone());
            return self.conclude(attempt.job, class, reason);
        }
        match place {
            Place::First => track.jobs.push_front(attempt),
            Place::Last => track.jobs.push_back(attempt),
        }
        self.queued += 1;
        self.make_ready(id);
    }

    fn make_ready(&mut self, id: TrackId) {
        let Some(track) = self.tracks.get_mut(id) else {
            return;
        };
        let may_send = track.provider.is_some() && track.lane.is_open() && !track.jobs.is_empty();
        if may_send && !track.is_ready {
            track.is_ready = true;
            self.ready.push_back(id);
        }
    }

    /// Sends what the lanes allow, one of each in turn.
    fn depart(&mut self) {
        while !self.is_draining && self.in_flight < self.engine.settings.concurrency {
            let Some(id) = self.ready.pop_front() else {
                return;
            };
            let Some(track) = self.tracks.get_mut(id) else {
                continue;
            };
            track.is_ready = false;
            if !track.lane.is_open() {
                continue;
            }
            let (Some(provider), Some(mut attempt)) =
                (track.provider.clone(), track.jobs.pop_front())
            else {
                continue;
            };
            track.lane.depart();
            attempt.tries += 1;
            self.queued -= 1;
            self.in_flight += 1;
            let engine = self.engine;
            let context = self.context();
            self.events.push(Box::pin(async move {
                let answer = engine.redeem(&attempt, &provider, context).await;
                Event::Answered(id, attempt, answer)
            }));
            self.make_ready(id);
        }
    }

    fn context(&mut self) -> Result<RequestContext, RandomError> {
        let correlation_id = self.correlation_ids.next(&*self.engine.runtime.random)?;
        let mut context = self.context.clone();
        context.correlation_id = correlation_id;
        Ok(context)
    }

    fn wait(&mut self, id: TrackId, wait: Duration) {
        self.observer.waiting(wait);
        let clock = &self.engine.runtime.clock;
        self.waits.push(Box::pin(async move {
            clock.sleep(wait).await;
            id
        }));
    }

    fn reopen(&mut self, id: TrackId) {
        if let Some(track) = self.tracks.get_mut(id) {
            track.lane.unblock();
        }
        let is_unknown = |track: &Track| track.provider.is_none() && !track.jobs.is_empty();
        if self.tracks.get(id).is_some_and(is_unknown) {
            self.discover(id);
        }
        self.make_ready(id);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Answered(id, attempt, answer) => {
                self.in_flight -= 1;
                match answer {
                    Ok(Answer::Response(response, sealed)) => {
                        self.judge(id, attempt, &response, sealed);
                    }
                    Ok(Answer::Nothing(error)) => self.unanswered(id, attempt, error),
                    Err(error) => self.fail(error),
                }
                self.make_ready(id);
            }
            Event::Discovered(id, found) => self.discovered(id, *found),
            Event::Published(rows, Ok(())) => {
                self.is_publishing = false;
                rows.iter()
                    .for_each(|_| self.observer.concluded(Class::Migrated));
                self.record(self.engine.ledger.migrated(rows));
            }
            Event::Published(_, Err(error)) => {
                self.is_publishing = false;
                self.fail(error);
            }
            Event::Recorded(Err(error)) => self.fail(error),
            Event::Recorded(Ok(())) => {}
        }
    }

    fn record(&self, recording: BoxFuture<'a, Result<(), MigrationError>>) {
        self.events
            .push(Box::pin(async move { Event::Recorded(recording.await) }));
    }

    fn publish_if_due(&mut self, is_exhausted: bool) {
        let is_last = (is_exhausted || self.is_draining)
            && self.in_flight == 0
            && (self.is_draining || self.queued == 0);
        let is_due = is_last
            || self
                .engine
                .target
                .is_due(self.unpublished.len(), self.engine.runtime.clock.now());
        if self.is_publishing || self.unpublished.is_empty() || !is_due || self.failure.is_some() {
            return;
        }
        self.is_publishing = true;
        let rows = std::mem::take(&mut self.unpublished);
        let target = self.engine.target;
        self.events.push(Box::pin(async move {
            let published = target.publish(&rows).await;
            Event::Published(rows, published)
        }));
    }

    /// Something that concerns the whole run: the first such error is the one that is reported.
    fn fail(&mut self, error: MigrationError) {
        self.failure.get_or_insert(error);
        self.is_draining = true;
    }

    fn jitter(&self) -> f64 {
        let mut byte = [0; 1];
        // Without randomness all wait equally long, which is no worse than having no jitter.
        let _unavailable = self.engine.runtime.random.fill(&mut byte);
        f64::from(byte[0]) / 255.0
    }
}

/// Where in its lane a job waits.
enum Place {
    First,
    Last,
}
