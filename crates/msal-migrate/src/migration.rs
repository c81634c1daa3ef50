//! A migration from end to end: plan, recover, redeem, publish, report.
//!
//! Every step can be interrupted and run again. What an earlier run finished is not done twice; what it had sealed and
//! not yet published is published from the journal, even if the source is gone.

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use msal::{BoxFuture, MetadataCache, Runtime, SharedTokenCache};
use msal_core::RefreshToken;
use tokio::task::JoinHandle;

use crate::credentials::Credentials;
use crate::error::MigrationError;
use crate::journal::{Class, Condition, Destination, Journal, State};
use crate::observer::Observer;
use crate::plan::{AuthorityOverride, Plan, PlanError, PlanOptions, Redemption};
use crate::report::Report;
use crate::run::{Closed, Engine, Feed, Target, channel, drive, recover};
use crate::settings::Settings;
use crate::source::Source;

/// A migration that can be run, and run again.
pub struct Migration {
    source: Arc<dyn Source>,
    target: Arc<SharedTokenCache>,
    journal: PathBuf,
    destination: Destination,
    runtime: Runtime,
    plan: PlanOptions,
    credentials: Credentials,
    settings: Settings,
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
    /// Moves the tokens of `source` into `target`, in the spelling of its dialect, keeping a journal at `journal`.
    ///
    /// `destination` says where that is. A journal that was begun for another destination is refused, so that a migration
    /// is not resumed into another target.
    pub fn new(
        source: Box<dyn Source>,
        target: Arc<SharedTokenCache>,
        journal: impl Into<PathBuf>,
        destination: Destination,
        runtime: Runtime,
    ) -> Self {
        Self {
            source: Arc::from(source),
            target,
            journal: journal.into(),
            destination,
            runtime,
            plan: PlanOptions::default(),
            credentials: Credentials::none(),
            settings: Settings::default(),
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

    /// Runs until every token has an outcome, or until `stop` completes: then nothing new is sent, what is in flight
    /// is brought home and published, and the rest is left to the next run.
    ///
    /// Dropping the future loses nothing that was answered: answers are sealed in the journal before they are looked
    /// at, and the next run publishes them.
    ///
    /// # Errors
    /// [`MigrationError`] for what concerns the whole run; what concerns one token is in the report.
    pub async fn run(
        self,
        observer: &mut dyn Observer,
        mut stop: BoxFuture<'_, ()>,
    ) -> Result<Report, MigrationError> {
        let target = Target::new(Arc::clone(&self.target), self.runtime.clock.now());
        target.prepare().await?;
        let (journal, found) = self.open_journal().await?;
        let journal = Arc::new(journal);
        let plan = match self.make_plan(&journal).await {
            Ok(plan) => plan,
            Err(error) => {
                // A source that cannot be read leaves nothing behind.
                if let Some(journal) = Arc::into_inner(journal).filter(|_| found.is_new) {
                    journal.withdraw();
                }
                return Err(error);
            }
        };
        let metadata = MetadataCache::default();
        let engine = Engine {
            runtime: &self.runtime,
            journal: &journal,
            target: &target,
            credentials: &self.credentials,
            settings: &self.settings,
            metadata: &metadata,
            named: self
                .plan
                .authority
                .as_ref()
                .map(AuthorityOverride::authority),
        };
        observer.planned(plan.summary(), journal.states().counts());
        let recovered = recover(&engine, observer).await?;
        let (feed, redemptions) = channel();
        let feeder = self.feed(&journal, plan, feed);
        let driven = drive(&engine, observer, recovered, redemptions, &mut stop).await;
        // The feeder ends when nobody takes what it reads, so it is waited for before a failure is returned.
        let plan = blocking(feeder).await??;
        driven?;
        let counts = journal.states().counts();
        let report = Report::new(counts, plan.summary(), target.writes(), found.torn > 0);
        // What is held back or not yet published is opened again by the next run, with the key that finishing erases.
        if counts.unpublished + counts.quarantined == 0
            && let Some(journal) = Arc::into_inner(journal)
        {
            journal.finish().await?;
        }
        Ok(report)
    }

    async fn open_journal(&self) -> Result<(Journal, Condition), MigrationError> {
        let (path, destination) = (self.journal.clone(), self.destination.clone());
        let random = Arc::clone(&self.runtime.random);
        let open = move || Journal::open(path, &destination, &*random);
        Ok(blocking(tokio::task::spawn_blocking(open)).await??)
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

    /// Reads the source again and hands out the redemptions that are due, at the pace at which they are taken.
    fn feed(
        &self,
        journal: &Arc<Journal>,
        plan: Plan,
        mut feed: Feed<Box<Redemption>>,
    ) -> JoinHandle<Result<Plan, PlanError>> {
        let (source, journal) = (Arc::clone(&self.source), Arc::clone(journal));
        tokio::task::spawn_blocking(move || {
            let fingerprint = |client: &str, token: &RefreshToken| {
                journal.fingerprint(client, token.expose_secret().as_bytes())
            };
            let read = plan.redemptions(&*source, &fingerprint, &mut |redemption| {
                let due = is_due(journal.states().get(&redemption.fingerprint));
                match feed.row(due.then(|| Box::new(redemption))) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(Closed) => ControlFlow::Break(()),
                }
            });
            // What was read before the source was found changed is right. A run that has stopped takes none of it.
            let _taken = feed.flush();
            read.map(|()| plan)
        })
    }
}

/// Whether a token that stands there is sent in this run.
fn is_due(state: Option<State>) -> bool {
    match state {
        // What failed for a reason of the application's is tried again: the reason may have been corrected.
        None | Some(State::Concluded(Class::Failed | Class::Retryable)) => true,
        Some(State::Concluded(Class::Migrated | Class::NeedsUser | Class::Quarantined)) => false,
        // Its answer is in the journal, or it may be spent.
        Some(State::Unpublished | State::InDoubt) => false,
    }
}

/// Waits for a task on a blocking thread, which ends early only when the whole runtime does.
async fn blocking<T>(task: JoinHandle<T>) -> Result<T, MigrationError> {
    task.await.map_err(|_cancelled| MigrationError::ShutDown)
}
