//! A migration from end to end: plan, recover, redeem, publish, verify, report.
//!
//! Every step can be interrupted and run again. What an earlier run finished is not done twice; what it had sealed and
//! not yet published is published from the journal, even if the source is gone.

mod capsule;
mod correlation;
mod engine;
mod feed;
mod interpret;
mod lane;
mod ledger;
mod reason;
mod run;
mod target;
mod track;

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use msal::{
    BoxFuture, HttpError, MetadataCache, RandomError, Runtime, SharedTokenCache, StoreError,
};
use msal_core::{RefreshToken, Refusal, RequestError};
use thiserror::Error;
use tokio::task::JoinHandle;

use self::engine::Engine;
use self::feed::{Closed, Feed};
use self::interpret::{Expectation, Verdict, interpret};
use self::ledger::Ledger;
use self::reason::Reason;
use self::run::Run;
use self::target::{Row, Target};
use crate::credentials::Credentials;
use crate::journal::{Class, Counts, Identity, JournalError};
use crate::plan::{Job, Plan, PlanError, PlanOptions, Summary};
use crate::report::Report;
use crate::source::Source;

/// What an issuer does with a refresh token once it has been redeemed: it decides what is safe after a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RotationPolicy {
    /// It stays valid, as at Entra: sending it again does no harm.
    #[default]
    Reusable,
    /// It is spent. Each request is written down before it is sent, and one whose answer was lost is reported as in
    /// doubt instead of being sent again.
    SingleUse,
}

impl RotationPolicy {
    fn allows_repeat(self) -> bool {
        self == Self::Reusable
    }
}

/// How a migration behaves.
///
/// | setting | default | why |
/// | --- | --- | --- |
/// | `concurrency` | 256, or 4 where tokens are spent by use | one HTTP/2 connection carries as many; what a crash can lose where tokens are spent is what is in flight |
/// | `patience` | 10 minutes | longer waits are better left to a later run |
/// | `rotation` | `Reusable` | Entra does not revoke a token that was redeemed |
/// | `allow_user_mismatch` | no | a mixed-up source would hand one user another's tokens |
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "users build it with `..Settings::default()`"
)]
pub struct Settings {
    /// How many requests are in flight at most.
    pub concurrency: usize,
    /// How long a lane waits without a success before it is left to a later run.
    pub patience: Duration,
    /// What the issuer does with redeemed tokens.
    pub rotation: RotationPolicy,
    /// Publishes tokens of another user than the source says.
    pub allow_user_mismatch: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 256,
            patience: Duration::from_secs(600),
            rotation: RotationPolicy::default(),
            allow_user_mismatch: false,
        }
    }
}

/// Is told how a migration goes on. Every method has an empty default.
pub trait Observer: Send {
    /// The plan is made, and this is what earlier runs left in the journal.
    fn planned(&mut self, plan: &Summary, earlier: Counts) {
        let _ignored = (plan, earlier);
    }

    /// A token was redeemed; it counts as migrated once it is in the target.
    fn redeemed(&mut self) {}

    /// A token has its outcome.
    fn concluded(&mut self, class: Class) {
        let _ignored = class;
    }

    /// A token was sent, no answer came, and sending it again could do harm: it is in doubt.
    fn lost_sight(&mut self) {}

    /// A lane waits.
    fn waiting(&mut self, wait: Duration) {
        let _ignored = wait;
    }

    /// An authority could not be used, or did not answer.
    fn refused_authority(&mut self, authority: &str, error: &msal::Error) {
        let _ignored = (authority, error);
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct NoObserver;

impl Observer for NoObserver {}

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
        let (feed, jobs) = feed::channel();
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

    /// Reads the source again and hands out the jobs that are due, at the pace at which they are taken.
    fn feed(
        &self,
        ledger: &Arc<Ledger>,
        plan: Plan,
        mut feed: Feed<Box<Job>>,
    ) -> JoinHandle<Result<Plan, PlanError>> {
        let (source, ledger) = (Arc::clone(&self.source), Arc::clone(ledger));
        tokio::task::spawn_blocking(move || {
            let fingerprint =
                |client: &str, token: &RefreshToken| ledger.fingerprint(client, token);
            let read = plan.jobs(&*source, &fingerprint, &mut |job| {
                let due = ledger.is_due(&job.fingerprint).then(|| Box::new(job));
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

impl Engine<'_> {
    /// Takes in the answers that earlier runs sealed and did not publish. What was held back is judged again: the
    /// operator may have decided otherwise since.
    async fn recover(&self, observer: &mut dyn Observer) -> Result<Vec<Row>, MigrationError> {
        let mut rows = Vec::new();
        for sealed in self.ledger.sealed()? {
            let capsule = self.ledger.open_sealed(&sealed).await?;
            let metadata = match self
                .metadata
                .resolve(&capsule.authority, true, self.runtime)
                .await
            {
                Ok(metadata) => metadata,
                // The answer stays sealed; a later run finds the authority.
                Err(_unavailable) => continue,
            };
            let expectation = Expectation {
                client_id: &capsule.client_id,
                metadata: &metadata,
                user: &capsule.user,
                allow_user_mismatch: self.settings.allow_user_mismatch,
            };
            let (class, reason) = match interpret(&capsule.response, &expectation) {
                // Only an answer with a token deep inside it can look as if it brought one and bring none.
                Verdict::Publish(tokens)
                    if tokens.refresh_token.is_none() && capsule.redeemed.is_empty() =>
                {
                    (Class::Retry, Reason::named("no_refresh_token"))
                }
                Verdict::Publish(tokens) => {
                    let facts = capsule.facts(&sealed);
                    rows.extend(self.target.add(&facts, &metadata, &tokens, capsule.at));
                    observer.redeemed();
                    continue;
                }
                Verdict::Quarantine(reason) => (Class::Quarantined, Reason::named(reason.code())),
                Verdict::Refused(error, Refusal::InteractionRequired) => {
                    (Class::NeedsUser, Reason::from(&*error))
                }
                Verdict::Refused(error, _) => (Class::Retry, Reason::from(&*error)),
                Verdict::Unreadable => (Class::Retry, Reason::named("unreadable_response")),
            };
            observer.concluded(class);
            let held_back = (class == Class::Quarantined).then_some(sealed.position);
            let (fingerprint, locator) = (sealed.fingerprint, sealed.locator);
            self.ledger
                .conclude(fingerprint, locator, class, reason, held_back)
                .await?;
        }
        Ok(rows)
    }
}

/// What stops a whole migration. Nothing that was answered is lost: run the same command again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// A sealed answer is not what was sealed.
    #[error("an answer sealed in the journal cannot be read")]
    Capsule,
    /// A host cannot be talked to at all.
    #[error("cannot send tokens to `{host}`")]
    #[non_exhaustive]
    Http {
        /// The host.
        host: String,
        /// Why.
        source: HttpError,
    },
    /// The journal cannot be opened or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The target was written and does not hold what was written: another program overwrote it.
    #[error(
        "{missing} tokens that were written to the target are not in it any more: is another program writing it?"
    )]
    #[non_exhaustive]
    NotReadBack {
        /// How many.
        missing: usize,
    },
    /// The source cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The operating system gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// A request cannot be built.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A task of the migrator's own was cancelled: the runtime is shutting down.
    #[error("the migration was shut down")]
    ShutDown,
    /// The target cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}
