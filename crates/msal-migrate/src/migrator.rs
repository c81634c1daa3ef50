//! Lazy migration: a user's token is redeemed when that user comes back.

mod flights;

use std::collections::HashSet;
use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use msal::{Runtime, SharedTokenCache};
use msal_core::RefreshToken;

use self::flights::{Flight, Flights};
use crate::credentials::Credentials;
use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::first_use::FirstUse;
use crate::journal::{Destination, Holder, Journal, JournalError};
use crate::plan::{AuthorityOverride, Plan, PlanOptions, Redemption};
use crate::record::Record;
use crate::run::{Engine, Pauses, Target, redeem};
use crate::settings::Settings;
use crate::source::Records;
use crate::spa_origin::SpaOrigin;

/// Redeems tokens one at a time, when their users come back: for applications that cannot stop for a batch. Cloned
/// cheaply.
///
/// It keeps the journal of a [`Migration`](crate::Migration) and goes by its rules. Any number of processes that have one
/// open on the same file, and a batch beside them, send each token once between them: whoever is about to send it claims it
/// first, and then reads what the others wrote. A claim ends with its process, so that a server that is killed keeps nobody
/// waiting.
///
/// # Cost
/// Opening reads the journal once, and keeps some 50 bytes for each token in it. A call for a token that is migrated asks no
/// network: it reads one record of the journal, and the cache's store where the cache is not loaded or has no such account.
/// Any other call takes a lock and reads what others appended since the last one.
pub struct Migrator {
    journal: Arc<Journal>,
    rules: Arc<Rules>,
    flights: Flights,
    pauses: Arc<Pauses>,
}

/// What an operator decides.
#[derive(Clone)]
struct Rules {
    runtime: Runtime,
    plan: PlanOptions,
    credentials: Credentials,
    settings: Settings,
    patience: Duration,
    spa_origin: Option<SpaOrigin>,
}

impl Migrator {
    /// Opens the journal at `journal`, or begins it for `destination`, as a batch does that is to use it as well. Where
    /// tokens go is said in each call.
    ///
    /// It makes the folder `<journal>.claims`, by which processes tell each other what they are sending; it belongs to
    /// the journal. A batch that has the journal for itself notices, and shares it from then on.
    ///
    /// # Errors
    /// [`MigrationError::Journal`]: it is in use by a batch that does not share it, damaged, or has lost its key.
    pub async fn open(
        journal: impl Into<PathBuf>,
        destination: Destination,
        runtime: Runtime,
    ) -> Result<Self, MigrationError> {
        let (path, random) = (journal.into(), Arc::clone(runtime.random()));
        let open = move || Journal::open(path, &destination, random, Holder::FirstUse);
        let opened = tokio::task::spawn_blocking(open).await;
        let (journal, _) = opened.map_err(|_cancelled| MigrationError::ShutDown)??;
        let rules = Rules {
            runtime,
            plan: PlanOptions::default(),
            credentials: Credentials::none(),
            settings: Settings::default(),
            patience: PATIENCE,
            spa_origin: None,
        };
        Ok(Self {
            journal: Arc::new(journal),
            rules: Arc::new(rules),
            flights: Flights::default(),
            pauses: Arc::default(),
        })
    }

    /// Decides how records are mapped. Name what a batch is told, so that both ask for the same.
    #[must_use]
    pub fn plan(mut self, options: PlanOptions) -> Self {
        Arc::make_mut(&mut self.rules).plan = options;
        self
    }

    /// Gives the secrets of confidential clients.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        Arc::make_mut(&mut self.rules).credentials = credentials;
        self
    }

    /// Chooses how it behaves. How many requests are in flight is up to the callers, and how long they wait for each other
    /// is said by [`patience`](Self::patience): those two settings are a batch's.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        Arc::make_mut(&mut self.rules).settings = settings;
        self
    }

    /// How long a call waits for another process that is sending the same token, before it is answered
    /// [`FirstUse::Later`]: 5 seconds unless it is said here, because somebody waits for a page. Few tokens share a lock, so
    /// that now and then it is another user's token that is waited for.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        Arc::make_mut(&mut self.rules).patience = patience;
        self
    }

    /// Redeems tokens that were issued to a single-page application, as its page would: see
    /// [`Migration::spa_origin`](crate::Migration::spa_origin).
    #[must_use]
    pub fn spa_origin(mut self, origin: SpaOrigin) -> Self {
        Arc::make_mut(&mut self.rules).spa_origin = Some(origin);
        self
    }

    /// Redeems the token of a user who has come back, unless that was done before, and puts its successor into `cache`:
    /// that of the user's partition ([`Application::token_cache`](msal::Application::token_cache)), or any other.
    ///
    /// `records` is what the old store has of this user for one client. A plan is made of them as of a source, so that copies
    /// count once; where several tokens are left, they are tried one after the other until one is migrated, and what came of
    /// the first is the answer otherwise. Many calls for a token at the same time make one redemption, whose tokens
    /// go into the cache of the first; the others look into their own.
    ///
    /// Dropping the future loses nothing: what has begun goes on in a task of its own.
    ///
    /// # Security
    /// Say in [`Record::user`] who has signed in or whose session it is, as your application knows it: an answer for
    /// another user is held back until the operator releases it, and whatever cache is given gets the tokens of nobody else.
    /// Nor is an account found in a cache of many for another user than its own: an identifier decides before a name, as in
    /// [`ExpectedUser`](msal_core::ExpectedUser). A record that names nobody is believed.
    ///
    /// # Errors
    /// [`MigrationError`]: the journal, the cache's store, or the authority cannot be used, or the credential cannot be
    /// had. What was answered is sealed in the journal, unless it is the journal that cannot be written;
    /// [`MigrationError::remedy`] says whether the next call may succeed.
    pub async fn redeem_on_first_use(
        &self,
        cache: &Arc<SharedTokenCache>,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<FirstUse, Arc<MigrationError>> {
        let (redemptions, nothing) = self.redemptions(records)?;
        let mut first = None;
        for redemption in redemptions {
            let used = self.redeem(cache, redemption).await?;
            if used.is_signed_in() {
                return Ok(used);
            }
            first.get_or_insert(used);
        }
        Ok(first.unwrap_or(nothing))
    }

    /// Ends the work of this process with the journal, and erases the key of all answers that are published: they cannot be
    /// read any more then. Where some are not, or calls are still under way, the key stays.
    ///
    /// # Errors
    /// [`MigrationError::Journal`] when the key cannot be erased.
    pub async fn close(self) -> Result<(), MigrationError> {
        let Some(journal) = Arc::into_inner(self.journal) else {
            return Ok(());
        };
        journal.refresh().await?;
        let answers_needed = journal.states().answers_needed();
        if answers_needed > 0 {
            return Ok(());
        }
        match journal.finish().await {
            // Another process has sealed an answer since, and publishes it.
            Ok(()) | Err(JournalError::Unpublished { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What is redeemed for the records, and what to say where nothing is.
    fn redemptions(
        &self,
        records: impl IntoIterator<Item = Record>,
    ) -> Result<(Vec<Redemption>, FirstUse), MigrationError> {
        let source = Records::new(records);
        let fingerprint = |client: &str, token: &RefreshToken| {
            self.journal
                .fingerprint(client, token.expose_secret().as_bytes())
        };
        let plan = Plan::make(&source, &self.rules.plan, &fingerprint)?;
        let mut redemptions = Vec::new();
        plan.redemptions(&source, &fingerprint, &mut |redemption| {
            redemptions.push(redemption);
            ControlFlow::Continue(())
        })?;
        let skipped = plan.summary().skipped.first();
        Ok((redemptions, FirstUse::Nothing(skipped.map(|it| it.reason))))
    }

    async fn redeem(
        &self,
        cache: &Arc<SharedTokenCache>,
        redemption: Redemption,
    ) -> Result<FirstUse, Arc<MigrationError>> {
        let token: Fingerprint = redemption.fingerprint;
        let work = self.clone().work(Arc::clone(cache), redemption.clone());
        match self.flights.join(token, work).await {
            Flight::Own(landed) => landed,
            // The tokens went into the cache of whoever was first, and this call may have another one.
            Flight::Joined(Ok(FirstUse::Migrated { .. } | FirstUse::AlreadyMigrated { .. })) => {
                self.own_work(cache, redemption).await
            }
            // It was the store of the first that could not be used.
            Flight::Joined(Err(error)) if error.is_of_store() => {
                self.own_work(cache, redemption).await
            }
            Flight::Joined(landed) => landed,
        }
    }

    async fn own_work(
        &self,
        cache: &Arc<SharedTokenCache>,
        redemption: Redemption,
    ) -> Result<FirstUse, Arc<MigrationError>> {
        let work = self.clone().work(Arc::clone(cache), redemption);
        work.await.map_err(Arc::new)
    }

    async fn work(
        self,
        cache: Arc<SharedTokenCache>,
        redemption: Redemption,
    ) -> Result<FirstUse, MigrationError> {
        let rules = &*self.rules;
        let target = Target::new(cache.into(), rules.runtime.clock().now());
        let engine = Engine {
            runtime: &rules.runtime,
            journal: &self.journal,
            target: &target,
            credentials: &rules.credentials,
            settings: &rules.settings,
            patience: rules.patience,
            released: &HashSet::new(),
            spa_origin: rules.spa_origin.as_ref(),
            named: rules
                .plan
                .authority
                .as_ref()
                .map(AuthorityOverride::authority),
        };
        redeem(&engine, &self.pauses, redemption).await
    }
}

impl Clone for Migrator {
    fn clone(&self) -> Self {
        Self {
            journal: Arc::clone(&self.journal),
            rules: Arc::clone(&self.rules),
            flights: self.flights.clone(),
            pauses: Arc::clone(&self.pauses),
        }
    }
}

impl fmt::Debug for Migrator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Migrator")
            .field("journal", &self.journal)
            .field("plan", &self.rules.plan)
            .field("settings", &self.rules.settings)
            .finish_non_exhaustive()
    }
}

/// How long a call waits for another process.
const PATIENCE: Duration = Duration::from_secs(5);
