//! `msal migrate run --mode copy`: a token cache into another of the same application, without asking any server.

use std::path::Path;
use std::sync::Arc;

use msal::{CacheStore, FileStore, Partition, SharedTokenCache};
use msal_migrate::{Completion, Copied, MigrationError, Verification, Verifier, copy_cache};
use serde_json::{Value, json};

use super::{places, skipped, verification};
use crate::cli::{RetryArgs, Rotation, RunArgs};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{BAD, BOLD, DIM, GOOD, HINT, Printer};
use crate::outside::Outside;
use crate::runtime::block_on;
use crate::user_files::UserFiles;
use crate::{input, network, text};

pub(super) fn run(arguments: &RunArgs, printer: &Printer) -> Result<Exit, Failure> {
    refuse_options_of_redeeming(arguments)?;
    if UserFiles::of(&arguments.to)?.is_some() {
        return Err(Failure::usage(
            "--mode copy takes a cache over as it is, into one file",
            "name a file with --to, or leave --mode copy out",
        ));
    }
    let input = arguments.source.input.as_deref();
    let Some(input) = input.filter(|path| path.as_os_str() != "-") else {
        return Err(Failure::usage(
            "a copy reads a token cache where it is",
            "name its file",
        ));
    };
    places::check(arguments, &places::journal_beside(&arguments.to))?;
    let plan = input::plan_options(&arguments.source, printer)?;
    let runtime = network::runtime(&arguments.network, 1)?;
    let store: Arc<dyn CacheStore> = Arc::new(FileStore::new(&arguments.to));
    let dialect = arguments.sdk.dialect();
    let target = Arc::new(SharedTokenCache::new(store, Partition::default(), dialect));
    let (copied, verification) = block_on(async {
        let copied = copy_cache(input, &target, &plan).await;
        let copied = copied.map_err(|error| match error {
            MigrationError::Store(error) => Failure::from(error).about(&arguments.to),
            error => error.into(),
        })?;
        let verifier = Verifier::offline(Arc::clone(&target), &runtime);
        let verification = verifier.run(&mut |_asked| {}).await?;
        Ok::<_, Failure>((copied, verification))
    })?;
    match printer.is_json() {
        true => printer.json(&to_json(&copied, &verification, &arguments.to)),
        false => printer.prose(&to_text(&copied, &verification, &arguments.to)),
    }
    Ok(match copied.completion() {
        Completion::Complete if !verification.is_sound() => Exit::ToCorrect,
        completion => completion.into(),
    })
}

/// What says how tokens are redeemed says nothing about a copy, and whoever typed it expects something else.
fn refuse_options_of_redeeming(arguments: &RunArgs) -> Result<(), Failure> {
    let RetryArgs {
        retry,
        retry_client,
        retry_tenant,
        retry_row,
    } = &arguments.retry;
    let secrets = &arguments.secrets;
    let given = [
        ("--from", arguments.source.from.is_some()),
        ("--map", !arguments.source.map.is_empty()),
        ("--where", !arguments.source.condition.is_empty()),
        ("--query", arguments.source.query.is_some()),
        ("--delimiter", arguments.source.delimiter.is_some()),
        ("--records", arguments.source.records.is_some()),
        ("--map-resource", !arguments.source.map_resource.is_empty()),
        (
            "--default-scope",
            !arguments.source.default_scope.is_empty(),
        ),
        ("--client-secret-env", !secrets.client_secret_env.is_empty()),
        (
            "--client-secret-file",
            !secrets.client_secret_file.is_empty(),
        ),
        ("--certificate", !secrets.certificate.is_empty()),
        (
            "--use-stored-client-secret",
            arguments.use_stored_client_secret,
        ),
        ("--journal", arguments.journal.is_some()),
        ("--new-journal", arguments.new_journal),
        (
            "--rotation single-use",
            arguments.rotation == Rotation::SingleUse,
        ),
        ("--spa-origin", arguments.spa_origin.is_some()),
        ("--concurrency", arguments.concurrency.is_some()),
        ("--limit", arguments.part.limit.is_some()),
        ("--only-client", !arguments.part.only_client.is_empty()),
        ("--only-tenant", !arguments.part.only_tenant.is_empty()),
        ("--rate", arguments.part.rate.is_some()),
        ("--allow-user-mismatch", arguments.allow_user_mismatch),
        ("--release", !arguments.release.is_empty()),
        ("--retry", !retry.is_empty()),
        ("--retry-client", !retry_client.is_empty()),
        ("--retry-tenant", !retry_tenant.is_empty()),
        ("--retry-row", !retry_row.is_empty()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((option, _)) => Err(Failure::usage(
            format!("{option} says how tokens are redeemed, and --mode copy redeems none"),
            format!("leave {option} out, or --mode copy"),
        )),
    }
}

fn to_text(copied: &Copied, verification: &Verification, target: &Path) -> String {
    let is_complete = copied.completion() == Completion::Complete;
    let style = if is_complete { GOOD } else { BAD };
    let mut out = format!(
        "{style}{} copied{style:#} into {BOLD}{}{BOLD:#}\n",
        text::counted(copied.copied, "token"),
        Outside(target.display()),
    );
    if copied.known > 0 {
        out.push_str(&format!(
            "{DIM}{} that are there already stay as they are{DIM:#}\n",
            text::counted(copied.known, "user"),
        ));
    }
    if !copied.summary.skipped.is_empty() {
        let skipped = skipped::to_text(&copied.summary.skipped);
        out.push_str(&format!("\n{DIM}skipped{DIM:#}\n{skipped}"));
    }
    out.push('\n');
    out.push_str(&verification::to_text(verification));
    out.push_str(&format!(
        "{HINT}hint{HINT:#}: nothing was asked of a server: msal migrate verify {} --renew renews one token of each user, which tells whether they are good\n",
        Outside(target.display())
    ));
    out
}

fn to_json(copied: &Copied, verification: &Verification, target: &Path) -> Value {
    json!({
        "mode": "copy",
        "target": target.display().to_string(),
        "rows": copied.summary.rows,
        "tokens": copied.summary.tokens,
        "copied": copied.copied,
        "known": copied.known,
        "skipped": skipped::to_json(&copied.summary.skipped),
        "verification": verification::to_json(verification),
    })
}
