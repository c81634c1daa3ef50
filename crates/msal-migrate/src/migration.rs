//! A migration from end to end: plan, recover, redeem, publish, report.
//!
//! Every step can be interrupted and run again. What an earlier run finished is not done twice; what it had sealed and
//! not yet published is published from the journal, even if the source is gone.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use msal::{BoxFuture, Runtime};
use msal_core::{Authority, RefreshToken};
use tokio::task::JoinHandle;

use crate::caches::Caches;
use crate::credentials::Credentials;
use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::journal::{
    Class, Condition, Destination, Holder, Journal, JournalError, JournalReader, State,
};
use crate::left_out;
use crate::named::{Found, Named};
use crate::observer::Observer;
use crate::plan::{AuthorityOverride, Plan, PlanError, PlanOptions};
use crate::report::Report;
use crate::retry::{Again, Retry};
use crate::run::{Attempt, Closed, Engine, Feed, Target, channel, drive, due, recover};
use crate::settings::Settings;
use crate::source::Source;
use crate::spa_origin::SpaOrigin;
use crate::users::Users;

/// A migration that can be run, and run again.
pub struct Migration {
    source: Arc<dyn Source>,
    target: Caches,
    journal: PathBuf,
    destination: Destination,
    runtime: Runtime,
    plan: PlanOptions,
    credentials: Credentials,
    settings: Settings,
    retry: Retry,
    released: Vec<String>,
    spa_origin: Option<SpaOrigin>,
}

impl fmt::Debug for Migration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Migration")
            .field("source", &self.source)
            .field("journal", &self.journal)
            .field("plan", &self.plan)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Migration {
    /// Moves the tokens of `source` into `target`, which is one cache or [one for each user](Caches::per_user), keeping a journal at `journal`.
    ///
    /// `destination` says where that is. A journal that was begun for another destination is refused, so that a migration
    /// is not resumed into another target.
    pub fn new(
        source: Box<dyn Source>,
        target: impl Into<Caches>,
        journal: impl Into<PathBuf>,
        destination: Destination,
        runtime: Runtime,
    ) -> Self {
        Self {
            source: Arc::from(source),
            target: target.into(),
            journal: journal.into(),
            destination,
            runtime,
            plan: PlanOptions::default(),
            credentials: Credentials::none(),
            settings: Settings::default(),
            retry: Retry::default(),
            released: Vec::new(),
            spa_origin: None,
        }
    }

    /// Decides how records are mapped.
    #[must_use]
    pub fn plan(mut self, options: PlanOptions) -> Self {
        self.plan = options;
        self
    }

    /// Gives the secrets of confidential clients.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// Chooses how the migration behaves.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Redeems tokens that were issued to a single-page application, all of the source: as its page would. The program that
    /// reads the target has to send the same header.
    #[must_use]
    pub fn spa_origin(mut self, origin: SpaOrigin) -> Self {
        self.spa_origin = Some(origin);
        self
    }

    /// Tries tokens again that earlier runs have set aside.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Publishes the tokens of this row, as a report names it, although they are of another user than the source says.
    /// An answer that is held back for another reason stays so.
    ///
    /// A place alone, such as `:12`, is a row of the source. With its file in front, or an end of the file's path, it may be
    /// one of another source whose answer the journal holds back. A name of several tokens' rows is refused.
    #[must_use]
    pub fn release(mut self, row: impl Into<String>) -> Self {
        self.released.push(row.into());
        self
    }

    /// Runs until every token has an outcome, or until `stop` completes: then nothing new is sent, what is in flight
    /// is brought home and published, and the rest is left to the next run.
    ///
    /// Dropping the future loses nothing that was answered: answers are sealed in the journal before they are looked
    /// at, and the next run publishes them.
    ///
    /// # Errors
    /// [`MigrationError`] for what concerns the whole run; what concerns one token is told to the observer, counted in the
    /// report and kept in the journal, from where [`Report::outcomes`] reads it.
    pub async fn run(
        self,
        observer: &mut dyn Observer,
        mut stop: BoxFuture<'_, ()>,
    ) -> Result<Report, MigrationError> {
        let target = Target::new(self.target.clone(), self.runtime.clock().now());
        target.prepare().await?;
        let (journal, found) = self.open_journal().await?;
        let journal = Arc::new(journal);
        let (plan, named) = match self.prepare(&journal, found.is_new).await {
            Ok(prepared) => prepared,
            Err(error) => {
                // A source that cannot be read leaves nothing behind, and neither does a disk without room.
                if let Some(journal) = Arc::into_inner(journal).filter(|_| found.is_new) {
                    journal.withdraw().await;
                }
                return Err(error);
            }
        };
        let plan = self.name_left_out(&journal, plan).await?;
        let engine = Engine {
            runtime: &self.runtime,
            journal: &journal,
            target: &target,
            credentials: &self.credentials,
            settings: &self.settings,
            patience: self.settings.patience,
            released: &named.released,
            spa_origin: self.spa_origin.as_ref(),
            named: self
                .plan
                .authority
                .as_ref()
                .map(AuthorityOverride::authority),
        };
        let earlier = journal.states().counts_of(plan.fingerprints());
        engine.begin(&plan, earlier.settled().saturating_sub(named.settled));
        observer.planned(plan.summary(), earlier, named.settled);
        let mut taken_in: HashSet<_> = journal.states().unpublished().collect();
        let recovered = recover(&engine, observer).await?;
        let published: HashMap<_, _> = recovered.tokens().collect();
        taken_in.extend(published.keys());
        let (feed, redemptions) = channel();
        let feeder = self.feed(&journal, plan, named.again.clone(), published, feed);
        let driven = drive(&engine, observer, recovered, redemptions, &mut stop).await;
        // The feeder ends when nobody takes what it reads, so it is waited for before a failure is returned.
        let (plan, found_there) = blocking(feeder).await??;
        let driven = driven?;
        let mut report = self.report(&journal, &plan, taken_in).await?;
        report.causes = driven.causes.into_sorted();
        report.migrated_elsewhere = found_there.elsewhere;
        report.migrated_at_home = found_there.at_home + driven.migrated_at_home;
        report.retried = found_there.retried;
        report.target_writes = target.writes();
        report.journal_was_torn = found.torn > 0;
        let answers_needed = journal.states().answers_needed();
        // What is held back or not yet published is opened again by the next run, with the key that finishing erases.
        if answers_needed == 0
            && let Some(journal) = Arc::into_inner(journal)
        {
            match journal.finish().await {
                // Somebody who shares the journal has sealed an answer since, and publishes it.
                Ok(()) | Err(JournalError::Unpublished { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(report)
    }

    /// Writes down which rows are in no run, for reports.
    async fn name_left_out(
        &self,
        journal: &Arc<Journal>,
        plan: Plan,
    ) -> Result<Plan, MigrationError> {
        let (source, journal) = (Arc::clone(&self.source), Arc::clone(journal));
        let now = self.runtime.clock().now();
        let name = move || left_out::record(&journal, &plan, &*source, now).map(|()| plan);
        blocking(tokio::task::spawn_blocking(name)).await?
    }

    /// Reports on the tokens of the source, and on what other sources had left to be `taken_in`.
    async fn report(
        &self,
        journal: &Arc<Journal>,
        plan: &Plan,
        mut taken_in: HashSet<Fingerprint>,
    ) -> Result<Report, MigrationError> {
        let mut fingerprints: Vec<_> = plan.fingerprints().copied().collect();
        for fingerprint in &fingerprints {
            taken_in.remove(fingerprint);
        }
        fingerprints.extend(taken_in);
        let counts = journal.states().counts_of(fingerprints.iter());
        let users = match counts.needs_user {
            0 => Users::default(),
            _ => {
                fingerprints.sort_unstable();
                self.users(fingerprints.clone()).await?
            }
        };
        Ok(Report::new(fingerprints, counts, users, plan.summary()))
    }

    /// The users behind those of `tokens`, which are in order, that need them: as a report on the journal counts them.
    async fn users(&self, tokens: Vec<Fingerprint>) -> Result<Users, MigrationError> {
        let path = self.journal.clone();
        let count = move || JournalReader::open(path)?.users_of(&tokens);
        Ok(blocking(tokio::task::spawn_blocking(count)).await??)
    }

    async fn open_journal(&self) -> Result<(Journal, Condition), MigrationError> {
        let (path, destination) = (self.journal.clone(), self.destination.clone());
        let random = Arc::clone(self.runtime.random());
        let open = move || Journal::open(path, &destination, random, Holder::Batch);
        Ok(blocking(tokio::task::spawn_blocking(open)).await??)
    }

    /// Makes the plan, and room for what will be written down about it: what is answered cannot be asked again.
    async fn prepare(
        &self,
        journal: &Arc<Journal>,
        is_new: bool,
    ) -> Result<(Plan, Found), MigrationError> {
        let plan = self.make_plan(journal).await?;
        // A choice that leaves nothing: a name is wrong.
        if let Some(named) = self.plan.chosen().filter(|_| plan.summary().tokens == 0) {
            return Err(MigrationError::NotThere { named });
        }
        let (plan, found) = self.find_named(journal, plan, is_new).await?;
        let ahead = {
            let states = journal.states();
            let is_ahead = |token: &&Fingerprint| match states.get(token) {
                None | Some(State::Concluded(Class::Failed | Class::Retryable)) => true,
                Some(State::Concluded(Class::Migrated)) => false,
                Some(_) => self.retry != Retry::default(),
            };
            plan.fingerprints().filter(is_ahead).count()
        };
        let ahead = (ahead as u64).min(self.settings.limit.unwrap_or(u64::MAX));
        journal.reserve_for(ahead).await?;
        Ok((plan, found))
    }

    /// Finds what is named. Refuses names of what is not there, or is there several times.
    async fn find_named(
        &self,
        journal: &Arc<Journal>,
        plan: Plan,
        is_new: bool,
    ) -> Result<(Plan, Found), MigrationError> {
        if self.retry == Retry::default() && self.released.is_empty() {
            return Ok((plan, Found::default()));
        }
        let (source, journal) = (Arc::clone(&self.source), Arc::clone(journal));
        let (retry, released) = (self.retry.clone(), self.released.clone());
        let path = self.journal.clone();
        let find = move || {
            let fingerprint = |client: &str, token: &RefreshToken| {
                journal.fingerprint(client, token.expose_secret().as_bytes())
            };
            let mut named = Named::new(&retry, &released);
            if !is_new {
                JournalReader::open(path)?.tokens(&mut |token| named.saw_in_journal(&token))?;
            }
            plan.redemptions(&*source, &fingerprint, &mut |redemption| {
                let state = journal.states().get(&redemption.fingerprint);
                named.saw(&redemption, state);
                ControlFlow::Continue(())
            })?;
            let found = named.find(&|token| journal.states().get(token))?;
            Ok((plan, found))
        };
        blocking(tokio::task::spawn_blocking(find)).await?
    }

    async fn make_plan(&self, journal: &Arc<Journal>) -> Result<Plan, MigrationError> {
        let (source, options) = (Arc::clone(&self.source), self.plan.clone());
        let journal = Arc::clone(journal);
        let make = move || {
            let fingerprint = |client: &str, token: &RefreshToken| {
                journal.fingerprint(client, token.expose_secret().as_bytes())
            };
            Plan::make(&*source, &options, &fingerprint)
        };
        Ok(blocking(tokio::task::spawn_blocking(make)).await??)
    }

    /// Reads the source again and hands out the redemptions that are due, at the pace at which they are taken. Those of
    /// tokens whose answers are `published` are none. Counts those that are migrated, and were redeemed at another authority
    /// than the plan says first.
    fn feed(
        &self,
        journal: &Arc<Journal>,
        plan: Plan,
        again: Again,
        published: HashMap<Fingerprint, Arc<Authority>>,
        mut feed: Feed<Attempt>,
    ) -> JoinHandle<Result<(Plan, FoundThere), PlanError>> {
        let (source, journal) = (Arc::clone(&self.source), Arc::clone(journal));
        let rotation = self.settings.rotation;
        let mut left = self.settings.limit.unwrap_or(u64::MAX);
        tokio::task::spawn_blocking(move || {
            let fingerprint = |client: &str, token: &RefreshToken| {
                journal.fingerprint(client, token.expose_secret().as_bytes())
            };
            let mut found_there = FoundThere::default();
            let read = plan.redemptions(&*source, &fingerprint, &mut |redemption| {
                let (token, authority) = (&redemption.fingerprint, &redemption.authority);
                let published_at = published.get(token);
                let is_elsewhere_than = |authority: &Authority| match published_at {
                    Some(at) => **at != *authority,
                    None => journal.states().is_migrated_elsewhere(token, authority),
                };
                if is_elsewhere_than(authority) {
                    match redemption.home.as_deref() {
                        Some(home) if !is_elsewhere_than(home) => found_there.at_home += 1,
                        _ => found_there.elsewhere += 1,
                    }
                }
                let state = journal.states().get(token);
                let is_again = state.is_some_and(|state| again.selects(state, &redemption));
                let attempt = match published_at {
                    None if left > 0 => due(redemption, &journal, &again, rotation),
                    _ => None,
                };
                left -= u64::from(attempt.is_some());
                found_there.retried += u64::from(is_again && attempt.is_some());
                match feed.row(attempt) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(Closed) => ControlFlow::Break(()),
                }
            });
            // What was read before the source was found changed is right. A run that has stopped takes none of it.
            let _taken = feed.flush();
            read.map(|()| (plan, found_there))
        })
    }
}

/// What the source has besides tokens that are due for the first time: how many migrated ones were not redeemed where the
/// plan has them redeemed first, and how many are tried again.
#[derive(Default)]
struct FoundThere {
    /// But where their users are at home.
    at_home: u64,
    /// But at an authority that the plan does not know.
    elsewhere: u64,
    /// Tried again, because the operator asks for it.
    retried: u64,
}

/// Waits for a task on a blocking thread, which ends early only when the whole runtime does.
async fn blocking<T>(task: JoinHandle<T>) -> Result<T, MigrationError> {
    task.await.map_err(|_cancelled| MigrationError::ShutDown)
}
