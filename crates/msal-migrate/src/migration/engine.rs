//! The engine: takes jobs from the plan, redeems them at the pace of their lanes, and hands the answers on.
//!
//! One task, many requests in flight. Each turn of the loop handles one event to its end, so there is nothing to lock:
//! an answer arrived, a lane opened, a batch was published. What is waiting is bounded by [`QUEUE`], whatever the size
//! of the input.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::{Response, Uri};
use msal::{BoxFuture, HttpError, HttpErrorKind, MetadataCache, RandomError, Runtime};
use msal_core::{
    ApiId, Authority, ClientCredential, ProviderMetadata, RefreshTokenGrant, Refusal,
    RequestContext, ServiceError, Telemetry,
};
use tokio::sync::mpsc;

use super::correlation::CorrelationIds;
use super::interpret::{Expectation, Verdict, interpret};
use super::lane::{Halt, Lane};
use super::ledger::Ledger;
use super::reason::Reason;
use super::target::{Facts, Row, Target};
use super::{MigrationError, Observer, Settings};
use crate::credentials::Credentials;
use crate::journal::{Class, Position};
use crate::plan::Job;

/// How many jobs wait for their lanes at most.
const QUEUE: usize = 4096;

/// How often one token is sent when the server fails in a way that concerns this token only.
const TRIES: u32 = 5;

/// A track, by its place in [`Run::tracks`].
type TrackId = usize;

/// A job on its way, and how often it was sent.
struct Attempt {
    /// Boxed, as it goes through several queues and futures.
    job: Box<Job>,
    tries: u32,
}

/// A lane with its jobs and, once they are known, its endpoints.
struct Track {
    authority: Authority,
    /// In lower case.
    client_id: String,
    lane: Lane,
    jobs: VecDeque<Attempt>,
    provider: Option<Arc<Provider>>,
    /// Whether the track stands in the queue of those that may send.
    is_ready: bool,
    /// Why the lane was halted.
    reason: Reason,
}

/// What all requests of a lane have in common.
struct Provider {
    /// The authority as text.
    authority: String,
    credential: ClientCredential,
    metadata: ProviderMetadata,
    /// The token endpoint, parsed once for all requests. `None` when it cannot be: sending to it says what is wrong.
    token_endpoint: Option<Uri>,
}

enum Event {
    Answered(TrackId, Attempt, Result<Answer, MigrationError>),
    Discovered(TrackId, Box<Result<ProviderMetadata, msal::Error>>),
    Published(Vec<Row>, Result<(), MigrationError>),
    Recorded(Result<(), MigrationError>),
}

/// What came back, already sealed if it may hold a token.
enum Answer {
    Nothing(HttpError),
    Response(Response<Bytes>, Option<Position>),
}

/// What the engine works with.
pub(super) struct Engine<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) ledger: &'a Ledger,
    pub(super) target: &'a Target,
    pub(super) credentials: &'a Credentials,
    pub(super) settings: &'a Settings,
    pub(super) metadata: &'a MetadataCache,
}

/// One run of the engine.
pub(super) struct Run<'a> {
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

impl Track {
    fn takes(&self, job: &Job) -> bool {
        self.authority == job.authority && self.client_id.eq_ignore_ascii_case(&job.client_id)
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(
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
    pub(super) async fn drive(
        mut self,
        mut jobs: mpsc::Receiver<Box<Job>>,
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

    fn accept(&mut self, job: Box<Job>) {
        let id = match self.tracks.get(self.latest) {
            Some(track) if track.takes(&job) => self.latest,
            _ => self.track_of(&job),
        };
        self.latest = id;
        self.queue(id, Attempt { job, tries: 0 }, Place::Last);
    }

    fn track_of(&mut self, job: &Job) -> TrackId {
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
            let (class, reason) = (class_of(halt), track.reason.clone());
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

    fn judge(
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

    fn unanswered(&mut self, id: TrackId, attempt: Attempt, error: HttpError) {
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
        let class = track.lane.halt().map_or(Class::Retry, class_of);
        track.reason = reason.clone();
        let waiting = std::mem::take(&mut track.jobs);
        self.queued -= waiting.len();
        for attempt in std::iter::once(attempt).chain(waiting) {
            self.conclude(attempt.job, class, reason.clone());
        }
    }

    fn discovered(&mut self, id: TrackId, found: Result<ProviderMetadata, msal::Error>) {
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

    fn conclude(&mut self, job: Box<Job>, class: Class, reason: Reason) {
        self.observer.concluded(class);
        let ledger = self.engine.ledger;
        self.record(ledger.conclude(job.fingerprint, job.locator, class, reason, None));
    }

    fn hold_back(&mut self, job: Box<Job>, reason: Reason, sealed: Option<Position>) {
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

impl Engine<'_> {
    /// Sends one token. A response that may hold a successor is sealed before anybody looks at it.
    async fn redeem(
        &self,
        attempt: &Attempt,
        provider: &Provider,
        context: Result<RequestContext, RandomError>,
    ) -> Result<Answer, MigrationError> {
        let job = &attempt.job;
        if !self.settings.rotation.allows_repeat() {
            self.ledger.intend(job, attempt.tries).await?;
        }
        let context = context?;
        let grant = RefreshTokenGrant::new(
            &job.client_id,
            &provider.credential,
            &job.refresh_token,
            &job.scopes,
        );
        let request = match &provider.token_endpoint {
            Some(endpoint) => grant.request_to(endpoint, &context),
            None => grant.request(&provider.metadata.token_endpoint, &context)?,
        };
        let response = match self.runtime.http.send(request).await {
            Ok(response) => response,
            Err(error) => return Ok(Answer::Nothing(error)),
        };
        if may_hold_a_token(&response) {
            let sealed = self
                .ledger
                .seal(job, &provider.authority, &response)
                .await?;
            return Ok(Answer::Response(response, Some(sealed)));
        }
        Ok(Answer::Response(response, None))
    }
}

fn may_hold_a_token(response: &Response<Bytes>) -> bool {
    response.status().is_success()
        || memchr::memmem::find(response.body(), b"refresh_token").is_some()
}

/// Where in its lane a job waits.
enum Place {
    First,
    Last,
}

fn class_of(halt: Halt) -> Class {
    match halt {
        Halt::Refused => Class::Failed,
        Halt::Exhausted => Class::Retry,
    }
}
