//! A migration from end to end: plan, recover, redeem, publish, verify, report.
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
use crate::journal::Identity;
use crate::observer::Observer;
use crate::plan::{Plan, PlanError, PlanOptions, Redemption};
use crate::report::Report;
use crate::run::{Closed, Engine, Feed, Ledger, Run, Target, channel};
use crate::settings::Settings;
use crate::source::Source;

/// A migration that can be run, and run again.
pub struct Migration {
    source: Arc<dyn Source>,
    target: Arc<SharedTokenCache>,
    journal: PathBuf,
    identity: Identity,
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
    /// `identity` says where the tokens go. A journal that was begun with another identity is refused, so that a run is
    /// not resumed into another target.
    pub fn new(
        source: Box<dyn Source>,
        target: Arc<SharedTokenCache>,
        journal: impl Into<PathBuf>,
        identity: Identity,
        runtime: Runtime,
    ) -> Self {
        Self {
            source: Arc::from(source),
            target,
            journal: journal.into(),
            identity,
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
        let ledger = Arc::new(self.open_journal().await?);
        let plan = match self.make_plan(&ledger).await {
            Ok(plan) => plan,
            Err(error) => {
                // A source that cannot be read leaves nothing behind.
                if let Some(ledger) = Arc::into_inner(ledger) {
                    ledger.withdraw();
                }
                return Err(error);
            }
        };
        let metadata = MetadataCache::default();
        let engine = Engine {
            runtime: &self.runtime,
            ledger: &ledger,
            target: &target,
            credentials: &self.credentials,
            settings: &self.settings,
            metadata: &metadata,
        };
        observer.planned(plan.summary(), ledger.counts());
        let recovered = engine.recover(observer).await?;
        let (feed, jobs) = channel();
        let feeder = self.feed(&ledger, plan, feed);
        let driven = Run::new(&engine, observer, recovered)
            .drive(jobs, &mut stop)
            .await;
        let plan = blocking(feeder).await??;
        driven?;
        let report = Report::new(
            ledger.counts(),
            plan.summary(),
            target.writes(),
            ledger.was_torn,
        );
        // The feeder has ended, so that nobody else holds the ledger any more.
        if let Some(ledger) = Arc::into_inner(ledger) {
            ledger.settle().await?;
        }
        Ok(report)
    }

    async fn open_journal(&self) -> Result<Ledger, MigrationError> {
        let (path, identity, runtime) = (
            self.journal.clone(),
            self.identity.clone(),
            self.runtime.clone(),
        );
        let open = move || Ledger::open(&path, &identity, &*runtime.random, runtime.clock);
        blocking(tokio::task::spawn_blocking(open)).await?
    }

    async fn make_plan(&self, ledger: &Arc<Ledger>) -> Result<Plan, MigrationError> {
        let (source, options, ledger) = (
            Arc::clone(&self.source),
            self.plan.clone(),
            Arc::clone(ledger),
        );
        let make = move || {
            Plan::make(&*source, &options, &|client, token| {
                ledger.fingerprint(client, token)
            })
        };
        Ok(blocking(tokio::task::spawn_blocking(make)).await??)
    }

    /// Reads the source again and hands out the redemptions that are due, at the pace at which they are taken.
    fn feed(
        &self,
        ledger: &Arc<Ledger>,
        plan: Plan,
        mut feed: Feed<Box<Redemption>>,
    ) -> JoinHandle<Result<Plan, PlanError>> {
        let (source, ledger) = (Arc::clone(&self.source), Arc::clone(ledger));
        tokio::task::spawn_blocking(move || {
            let fingerprint =
                |client: &str, token: &RefreshToken| ledger.fingerprint(client, token);
            let read = plan.redemptions(&*source, &fingerprint, &mut |redemption| {
                let due = ledger
                    .is_due(&redemption.fingerprint)
                    .then(|| Box::new(redemption));
                match feed.row(due) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(Closed) => ControlFlow::Break(()),
                }
            });
            // Jobs in front of what has changed are right. An engine that has stopped takes none.
            let _taken = feed.flush();
            read.map(|()| plan)
        })
    }
}

/// Waits for a task on a blocking thread, which ends early only when the whole runtime does.
async fn blocking<T>(task: JoinHandle<T>) -> Result<T, MigrationError> {
    task.await.map_err(|_cancelled| MigrationError::ShutDown)
}
