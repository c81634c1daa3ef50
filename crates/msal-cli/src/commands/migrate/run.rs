//! `msal migrate run`: redeem, publish, verify, report.

use msal_migrate::{PlanOptions, Retry, RetryClass, RotationPolicy, Settings, SpaOrigin};

use super::job::Job;
use super::outcome::Outcome;
use super::{copy, next, other_files, places};
use crate::cli::{self, Mode, PartArgs, RetryArgs, Rotation, RunArgs};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::Printer;
use crate::runtime::block_on;
use crate::shell::this_command;
use crate::{credentials, input, network, reading};

pub(crate) fn run(arguments: &RunArgs, printer: &Printer) -> Result<Exit, Failure> {
    if arguments.mode == Mode::Copy {
        return copy::run(arguments, printer);
    }
    let journal = arguments.journal.clone();
    let journal = journal.unwrap_or_else(|| places::journal_beside(&arguments.to));
    places::check(arguments, &journal)?;
    block_on(places::ask_about_lost(arguments, &journal, printer))?;
    let credentials = credentials::read(&arguments.secrets, arguments.source.client_id.as_deref())?;
    let settings = settings(arguments);
    let runtime = network::runtime(&arguments.network, settings.most_in_flight())?;
    let (source, mut plan) = input::open(&arguments.source, printer)?;
    if let Some(line) = source.other_files().and_then(other_files::to_line) {
        printer.say(&line);
    }
    plan.use_stored_client_secret = arguments.use_stored_client_secret;
    select(&mut plan, &arguments.part);
    let spa_origin = arguments
        .spa_origin
        .as_deref()
        .map(spa_origin)
        .transpose()?;
    let job = Job {
        source: reading::shown(source, printer),
        plan,
        credentials,
        clients: expected_clients(arguments),
        runtime,
        target: arguments.to.clone(),
        journal,
        sdk: arguments.sdk,
        settings,
        spa_origin,
        retry: retry(&arguments.retry),
        release: arguments.release.clone(),
    };
    let (target, journal) = (job.target.clone(), job.journal.clone());
    let outcome = Outcome {
        // What narrows a retry would narrow it further.
        command: this_command().filter(|_| !is_narrowed(&arguments.retry)),
        ..block_on(job.migrate(printer))?
    };
    match printer.is_json() {
        true => printer.json(&outcome.to_json(&target, &journal)),
        false => {
            printer.prose(&outcome.to_text(&target, &journal));
            printer.prose(&next::after(&outcome, arguments));
        }
    }
    Ok(outcome.exit())
}

fn spa_origin(text: &str) -> Result<SpaOrigin, Failure> {
    SpaOrigin::parse(text).map_err(|error| {
        Failure::usage(
            format!("--spa-origin: {error}"),
            "write it as the page sends it, such as https://app.contoso.example",
        )
    })
}

/// The clients that a credential was named for, without those whose rows were not chosen.
fn expected_clients(arguments: &RunArgs) -> Vec<String> {
    let chosen = &arguments.part.only_client;
    let is_chosen = |client: &String| {
        chosen.is_empty() || chosen.iter().any(|it| it.eq_ignore_ascii_case(client))
    };
    let named = credentials::clients(&arguments.secrets);
    named.into_iter().filter(is_chosen).collect()
}

/// Leaves out what the operator has not chosen.
pub(super) fn select(plan: &mut PlanOptions, part: &PartArgs) {
    plan.only_clients.clone_from(&part.only_client);
    plan.only_tenants.clone_from(&part.only_tenant);
}

pub(super) fn settings(arguments: &RunArgs) -> Settings {
    let rotation = match arguments.rotation {
        Rotation::Reusable => RotationPolicy::Reusable,
        Rotation::SingleUse => RotationPolicy::SingleUse,
    };
    Settings {
        concurrency: arguments.concurrency.map(usize::from),
        rotation,
        allow_user_mismatch: arguments.allow_user_mismatch,
        limit: arguments.part.limit,
        rate: arguments.part.rate,
        ..Settings::default()
    }
}

fn is_narrowed(retry: &RetryArgs) -> bool {
    let RetryArgs {
        retry: _,
        retry_client,
        retry_tenant,
        retry_row,
    } = retry;
    !retry_client.is_empty() || !retry_tenant.is_empty() || !retry_row.is_empty()
}

fn retry(arguments: &RetryArgs) -> Retry {
    let class = |class: &cli::RetryClass| match class {
        cli::RetryClass::Failed => RetryClass::Failed,
        cli::RetryClass::InDoubt => RetryClass::InDoubt,
        cli::RetryClass::NeedsUser => RetryClass::NeedsUser,
        cli::RetryClass::Quarantined => RetryClass::Quarantined,
    };
    let mut retry = Retry::default();
    retry = arguments.retry.iter().map(class).fold(retry, Retry::class);
    retry = arguments.retry_client.iter().fold(retry, Retry::client);
    retry = arguments.retry_tenant.iter().fold(retry, Retry::tenant);
    arguments.retry_row.iter().fold(retry, Retry::row)
}
