//! `msal migrate run`: redeem, publish, verify, report.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use msal::{BoxFuture, CacheStore, FileStore, Partition, Runtime, SharedTokenCache};
use msal_migrate::{
    Completion, Credentials, Destination, Migration, MigrationError, PlanOptions, Report,
    RotationPolicy, Settings, Source, Verification, Verifier,
};
use serde_json::{Value, json};

use super::block_on;
use super::migrate_plan::{skipped, skipped_json};
use crate::cli::{Rotation, RunArgs, Sdk};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{BAD, BOLD, DIM, GOOD, HINT, Printer};
use crate::progress::Progress;
use crate::{credentials, input, network, text};

/// How many requests are in flight where tokens are spent by use: what a crash can lose is no more than that.
const STRICT_CONCURRENCY: usize = 4;

/// All that a migration needs.
pub(super) struct Job {
    pub(super) source: Box<dyn Source>,
    pub(super) plan: PlanOptions,
    pub(super) credentials: Credentials,
    pub(super) runtime: Runtime,
    pub(super) target: PathBuf,
    pub(super) journal: PathBuf,
    pub(super) sdk: Sdk,
    pub(super) settings: Settings,
}

/// What a migration did, and how long it took.
pub(super) struct Outcome {
    pub(super) report: Report,
    pub(super) verification: Option<Verification>,
    pub(super) took: Duration,
}

pub(super) fn run(arguments: &RunArgs, printer: &Printer) -> Result<Exit, Failure> {
    let credentials = credentials::read(&arguments.secrets, arguments.source.client_id.as_deref())?;
    let settings = settings(arguments);
    let runtime = network::runtime(&arguments.network, settings.concurrency)?;
    let (source, plan) = input::open(&arguments.source)?;
    let job = Job {
        source,
        plan,
        credentials,
        runtime,
        target: arguments.to.clone(),
        journal: arguments
            .journal
            .clone()
            .unwrap_or_else(|| beside(&arguments.to)),
        sdk: arguments.sdk,
        settings,
    };
    let (target, journal) = (job.target.clone(), job.journal.clone());
    let outcome = block_on(migrate(job, printer))?;
    match printer.is_json() {
        true => printer.json(&to_json(&outcome, &target, &journal)),
        false => printer.text(&to_text(&outcome, &target, &journal)),
    }
    Ok(exit_of(&outcome))
}

fn settings(arguments: &RunArgs) -> Settings {
    let rotation = match arguments.rotation {
        Rotation::Reusable => RotationPolicy::Reusable,
        Rotation::SingleUse => RotationPolicy::SingleUse,
    };
    let default = match rotation {
        RotationPolicy::SingleUse => STRICT_CONCURRENCY,
        _ => Settings::default().concurrency,
    };
    Settings {
        concurrency: arguments.concurrency.map_or(default, usize::from),
        rotation,
        allow_user_mismatch: arguments.allow_user_mismatch,
        ..Settings::default()
    }
}

fn beside(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".journal");
    PathBuf::from(name)
}

/// Migrates, then asks every account of the target for a token from its cache.
pub(super) async fn migrate(job: Job, printer: &Printer) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let store: Arc<dyn CacheStore> = Arc::new(FileStore::new(&job.target));
    let cache = SharedTokenCache::new(store, Partition::default(), job.sdk.dialect());
    let cache = Arc::new(cache);
    let sdk = match job.sdk {
        Sdk::Node => "node",
        Sdk::Node3 => "node3",
        Sdk::Python => "python",
    };
    let target = std::path::absolute(&job.target).unwrap_or_else(|_unknown| job.target.clone());
    let destination = Destination::new()
        .with("target", target.display().to_string())
        .with("sdk", sdk);
    let mut progress = Progress::new(printer);
    let migration = Migration::new(
        job.source,
        Arc::clone(&cache),
        job.journal,
        destination,
        job.runtime.clone(),
    )
    .plan(job.plan)
    .credentials(job.credentials)
    .settings(job.settings);
    let report = migration.run(&mut progress, interrupted(printer)).await;
    progress.finish();
    let report = report.map_err(|error| match error {
        MigrationError::Store(error) => Failure::from(error).about(&job.target),
        error => error.into(),
    })?;
    let verification = match report.migrated {
        0 => None,
        _ => Some(
            // What it holds was read back from the target after the last write.
            Verifier::offline(cache, &job.runtime)
                .run(&mut |_answer| {})
                .await?,
        ),
    };
    Ok(Outcome {
        report,
        verification,
        took: started.elapsed(),
    })
}

/// Completes when the user or the system asks the command to stop.
fn interrupted(printer: &Printer) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        signal().await;
        printer.say(
            "stopping: what is in flight is brought home; run the same command again to continue",
        );
    })
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_unavailable) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn signal() {
    drop(tokio::signal::ctrl_c().await);
}

pub(super) fn exit_of(outcome: &Outcome) -> Exit {
    let is_sound = outcome
        .verification
        .as_ref()
        .is_none_or(Verification::is_sound);
    match outcome.report.completion() {
        Completion::Complete if !is_sound => Exit::Failed,
        completion => completion.into(),
    }
}

/// Each class with its count and what it means.
fn classes(report: &Report) -> [(&'static str, u64, &'static str); 6] {
    [
        (
            "migrated",
            report.migrated,
            "in the target, on disk, read back",
        ),
        (
            "need their user",
            report.needs_user,
            "the server wants these users to sign in again",
        ),
        (
            "failed",
            report.failed,
            "the application's registration or secret is wrong",
        ),
        (
            "held back",
            report.quarantined,
            "sealed in the journal: the answers are not what they should be",
        ),
        (
            "left to retry",
            report.retryable,
            "run the same command again",
        ),
        ("in doubt", report.in_doubt, "sent, and no answer came"),
    ]
}

pub(super) fn to_text(outcome: &Outcome, target: &Path, journal: &Path) -> String {
    let report = &outcome.report;
    let style = if report.completion() == Completion::Complete {
        GOOD
    } else {
        BAD
    };
    let mut out = format!(
        "{style}{} of {} migrated{style:#} into {BOLD}{}{BOLD:#} {DIM}in {}{DIM:#}\n\n",
        text::count(report.migrated),
        text::counted(report.tokens, "token"),
        target.display(),
        text::duration(outcome.took),
    );
    let rows: Vec<_> = classes(report)
        .into_iter()
        .filter(|(name, count, _)| *count > 0 || *name == "migrated")
        .map(|(name, count, meaning)| {
            (
                format!("{:>9} {name}", text::count(count)),
                meaning.to_owned(),
            )
        })
        .collect();
    out.push_str(&text::table(&rows));
    if report.duplicates > 0 {
        out.push_str(&format!(
            "\n{DIM}{} repeated a token that was redeemed once{DIM:#}\n",
            text::counted(report.duplicates, "row")
        ));
    }
    if !report.skipped.is_empty() {
        out.push_str(&format!(
            "\n{DIM}skipped{DIM:#}\n{}",
            skipped(&report.skipped)
        ));
    }
    if let Some(verification) = &outcome.verification {
        out.push_str(&verified(verification));
    }
    if report.migrated < report.tokens {
        out.push_str(&format!(
            "\n{HINT}hint{HINT:#}: msal migrate report {} tells why, token by token\n",
            journal.display()
        ));
    } else if report.completion() == Completion::Failed {
        out.push_str(&format!(
            "\n{HINT}hint{HINT:#}: correct what was skipped as said above, and run the same command again\n"
        ));
    }
    out
}

/// How the accounts answered, in one line.
pub(super) fn verified(verification: &Verification) -> String {
    let answered = verification.cached + verification.renewed;
    let mut line = format!(
        "\nverified: {} of {} answer a silent call",
        text::count(answered),
        text::counted(verification.asked, "pair") + " of account and client",
    );
    if verification.untried > 0 {
        line.push_str(&format!(
            ", {} would have to be renewed first",
            text::count(verification.untried)
        ));
    }
    if verification.broken > 0 {
        line.push_str(&format!(
            ", {BAD}{} do not answer{BAD:#}",
            text::count(verification.broken)
        ));
    }
    line.push('\n');
    line
}

pub(super) fn verification_json(verification: &Verification) -> Value {
    json!({
        "accounts": verification.accounts,
        "asked": verification.asked,
        "cached": verification.cached,
        "renewed": verification.renewed,
        "untried": verification.untried,
        "broken": verification.broken,
    })
}

fn to_json(outcome: &Outcome, target: &Path, journal: &Path) -> Value {
    let report = &outcome.report;
    json!({
        "target": target.display().to_string(),
        "journal": journal.display().to_string(),
        "rows": report.rows,
        "tokens": report.tokens,
        "duplicates": report.duplicates,
        "skipped": skipped_json(&report.skipped),
        "migrated": report.migrated,
        "needs_user": report.needs_user,
        "failed": report.failed,
        "quarantined": report.quarantined,
        "retryable": report.retryable,
        "in_doubt": report.in_doubt,
        "target_writes": report.target_writes,
        "journal_was_torn": report.journal_was_torn,
        "verification": outcome.verification.as_ref().map(verification_json),
        "seconds": outcome.took.as_secs_f64(),
    })
}
