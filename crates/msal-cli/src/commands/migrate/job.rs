//! A migration as the commands run it: into a file, with progress, verified at the end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use msal::{BoxFuture, CacheStore, FileStore, Partition, Runtime, SharedTokenCache};
use msal_core::{Dialect, HomeAccountId};
use msal_migrate::{
    Caches, Credentials, Destination, JournalReader, Migration, MigrationError, PlanOptions,
    Report, Retry, RotationPolicy, Settings, Source, SpaOrigin, Verification, Verifier,
};

use super::outcome::Outcome;
use crate::cli::Sdk;
use crate::error::Failure;
use crate::output::Printer;
use crate::progress::{Progress, Talk};
use crate::signal;
use crate::user_files::UserFiles;

/// All that a migration needs.
pub(crate) struct Job {
    pub(crate) source: Box<dyn Source>,
    pub(crate) plan: PlanOptions,
    pub(crate) credentials: Credentials,
    /// The clients that a credential was named for.
    pub(crate) clients: Vec<String>,
    pub(crate) runtime: Runtime,
    pub(crate) target: PathBuf,
    pub(crate) journal: PathBuf,
    pub(crate) sdk: Sdk,
    pub(crate) settings: Settings,
    pub(crate) spa_origin: Option<SpaOrigin>,
    pub(crate) retry: Retry,
    /// Rows whose tokens may be another user's.
    pub(crate) release: Vec<String>,
}

impl Job {
    /// Migrates, then asks every account of the target for a token from its cache.
    pub(crate) async fn migrate(self, printer: &Printer) -> Result<Outcome, Failure> {
        let started = Instant::now();
        let (users, caches) = caches(&self.target, self.sdk.dialect())?;
        let target =
            std::path::absolute(&self.target).unwrap_or_else(|_unknown| self.target.clone());
        let destination = Destination::new()
            .with("target", target.display().to_string())
            .with("sdk", self.sdk.name());
        let limit = self.settings.limit;
        let retries = self.retry != Retry::default();
        let mut progress = Progress::new(printer)
            .with_credentials_of(self.clients)
            .with_clock_of(self.runtime.clone())
            .with_limit(limit);
        let talk = progress.talk();
        let leaving = leaving(self.settings.rotation);
        let migration = Migration::new(
            self.source,
            caches.clone(),
            &self.journal,
            destination,
            self.runtime.clone(),
        )
        .plan(self.plan)
        .credentials(self.credentials)
        .settings(self.settings)
        .retry(self.retry);
        let migration = match self.spa_origin {
            Some(origin) => migration.spa_origin(origin),
            None => migration,
        };
        let migration = self.release.into_iter().fold(migration, Migration::release);
        let report = tokio::select! {
            report = migration.run(&mut progress, interrupted(talk, leaving)) => Some(report),
            () = signal::insisted() => None,
        };
        progress.finish();
        let Some(report) = report else {
            return Err(Failure::stopped(leaving));
        };
        let report = report.map_err(|error| match error {
            MigrationError::Store(error) => {
                let place = users.as_ref().map_or(&*self.target, UserFiles::folder);
                Failure::from(error).about(place)
            }
            error => error.into(),
        })?;
        let verification = match report.migrated {
            0 => None,
            _ => Some(
                verify(
                    &caches,
                    users.is_some(),
                    &self.runtime,
                    &report,
                    &self.journal,
                    progress.migrated_before(),
                )
                .await?,
            ),
        };
        Ok(Outcome {
            report,
            verification,
            took: started.elapsed(),
            retries,
            limit,
            command: None,
        })
    }
}

/// Where the tokens go: into the file that `target` names, or into one for each user.
pub(super) fn caches(
    target: &Path,
    dialect: Dialect,
) -> Result<(Option<UserFiles>, Caches), Failure> {
    if let Some(users) = UserFiles::of(target)? {
        let caches = users.caches(dialect);
        return Ok((Some(users), caches));
    }
    let store: Arc<dyn CacheStore> = Arc::new(FileStore::new(target));
    let cache = SharedTokenCache::new(store, Partition::default(), dialect);
    Ok((None, Caches::from(Arc::new(cache))))
}

/// Asks the accounts of the target, which was read back after the last write. It may hold others than the report's; those
/// are told apart where one does not answer.
async fn verify(
    caches: &Caches,
    is_per_user: bool,
    runtime: &Runtime,
    report: &Report,
    journal: &Path,
    migrated_before: u64,
) -> Result<Verification, Failure> {
    let own = || {
        let own = JournalReader::open(journal).and_then(|journal| report.accounts(&journal));
        own.map_err(|error| Failure::new(&error))
    };
    if is_per_user {
        let mut verification = Verification::default();
        for id in own()? {
            let cache = caches.of_user(&HomeAccountId::new(&id));
            let verifier = Verifier::offline(cache, runtime).own([id].into());
            verification += verifier.run(&mut |_asked| {}).await?;
        }
        return Ok(of_this_target(verification, journal));
    }
    // All are in the same one.
    let cache = caches.of_user(&HomeAccountId::new(""));
    let all = Verifier::offline(Arc::clone(&cache), runtime);
    let verification = all.run(&mut |_asked| {}).await?;
    // Reading a large journal takes a while, and there is nothing to tell apart in a target that holds no more accounts than
    // tokens were migrated, all of which this run has read back.
    if migrated_before == 0 && verification.is_sound() && verification.accounts <= report.migrated {
        return Ok(verification);
    }
    let own = Verifier::offline(cache, runtime).own(own()?);
    let verification = own.run(&mut |_asked| {}).await?;
    Ok(of_this_target(verification, journal))
}

/// Programs that share a journal, which they do by a folder beside it, migrate users into caches of their own when these come
/// back: who is not in this target may be there.
fn of_this_target(verification: Verification, journal: &Path) -> Verification {
    let mut folder = journal.to_owned().into_os_string();
    folder.push(".claims");
    let mut verification = verification;
    if Path::new(&folder).exists() {
        verification.missing = 0;
    }
    verification
}

/// Completes when the command is asked to stop, and says what happens then.
fn interrupted<'a>(talk: Talk<'a>, leaving: &'a str) -> BoxFuture<'a, ()> {
    Box::pin(async move {
        signal::stop().await;
        talk.say(&format!(
            "stopping: what is in flight is finished, and nothing new is sent.\n\
             Run the same command again to go on. Ctrl-C once more leaves at once:\n\
             {leaving}."
        ));
    })
}

/// What becomes of tokens that are in flight when the user insists.
fn leaving(rotation: RotationPolicy) -> &'static str {
    match rotation {
        RotationPolicy::SingleUse => "what is in flight may be spent then, and is in doubt",
        _ => "what is in flight is sent again by the next run",
    }
}
