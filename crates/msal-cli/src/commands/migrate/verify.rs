//! `msal migrate verify`: does every account of a target answer?

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use msal::{Error, SharedTokenCache};
use msal_migrate::{Asked, JournalReader, Proof, Verification, Verifier};
use serde_json::{Value, json};

use super::{places, verification};
use crate::cli::VerifyArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{DIM, Printer};
use crate::outside::Outside;
use crate::runtime::block_on;
use crate::user_files::UserFiles;
use crate::{authority, credentials, network, signal, target};

pub(crate) fn run(arguments: &VerifyArgs, printer: &Printer) -> Result<Exit, Failure> {
    let credentials = credentials::read(&arguments.secrets, None)?;
    let (runtime, sends) = network::stoppable(&arguments.network)?;
    let authority = authority::of_accounts(arguments.authority.as_deref(), printer)?;
    let journal = journal(arguments);
    let mut answers = Vec::new();
    let verification = block_on(async {
        let own = journal.as_deref().map(migrated).transpose()?;
        let dialect = arguments.sdk.dialect();
        let verifier = |target: SharedTokenCache| {
            let target = Arc::new(target.rehearsing());
            let verifier = match arguments.offline {
                true => Verifier::offline(target, &runtime),
                false => Verifier::new(target, runtime.clone()),
            };
            let (credentials, authority) = (credentials.clone(), authority.clone());
            let verifier = verifier.credentials(credentials).authority(authority);
            match arguments.renew {
                true => verifier.renewing(),
                false => verifier,
            }
        };
        let users = UserFiles::of(&arguments.target)?;
        let mut each = |asked: &Asked<'_>| {
            sends.saved();
            let is_silent = asked.proof == Proof::Untried && !arguments.offline;
            let has_failed = matches!(asked.proof, Proof::Broken | Proof::Untrusted);
            if arguments.list || has_failed || is_silent {
                let answer = Answer::new(asked, is_silent || has_failed);
                // Offline, nobody was asked: whatever kept a request from being answered is no reason.
                let is_told = asked.proof != Proof::Untried || is_silent;
                answers.push(Answer {
                    why: answer.why.filter(|_| is_told),
                    ..answer
                });
            }
        };
        let stop = async {
            match arguments.offline {
                // Nothing is sent, and the system stops it.
                true => std::future::pending().await,
                false => signal::stop().await,
            }
        };
        let asked = async {
            let Some(users) = &users else {
                let target = target::open(&arguments.target, dialect).await?;
                let verifier = named(verifier(target), own);
                let verification = verifier.run(&mut each).await;
                return verification.map_err(|error| Failure::from(error).about(&arguments.target));
            };
            let mut verification = Verification::default();
            for (partition, own) in users.to_verify(own)? {
                let verifier = named(verifier(users.cache(partition, dialect)), own);
                verification += verifier
                    .run(&mut each)
                    .await
                    .map_err(|error| Failure::from(error).about(users.folder()))?;
            }
            Ok(verification)
        };
        let verification = sends.unless(stop, asked, printer).await;
        verification.ok_or_else(|| Failure::stopped("not all accounts were asked"))?
    });
    network::tell_clock(&runtime, printer);
    let verification = verification?;
    // A cache has no order that could be relied on.
    answers.sort_by(|one, other| one.place().cmp(&other.place()));
    match printer.is_json() {
        true => printer.json(&to_json(
            &verification,
            &answers,
            journal.as_deref(),
            arguments,
        )),
        false => {
            for answer in &answers {
                printer.prose(&answer.to_text());
            }
            printer.prose(&verification::to_text(&verification));
            printer.prose(&verification::renewals(&verification));
            if journal.is_none() {
                printer.prose(&format!(
                    "{DIM}there is no journal that says which accounts were migrated: all of them count{DIM:#}\n"
                ));
            }
        }
    }
    let mut failures = answers
        .iter()
        .filter(|answer| answer.is_own && answer.has_failed);
    let only_users_help = verification.missing == 0 && failures.all(|answer| answer.needs_user);
    Ok(match (verification.is_sound(), verification.untried) {
        (true, 0) => Exit::Success,
        (true, _) if arguments.offline => Exit::Success,
        (true, _) => Exit::RetryLeft,
        _ if only_users_help => Exit::UsersNeeded,
        _ => Exit::ToCorrect,
    })
}

/// Counts the accounts that are named, if any are.
fn named(verifier: Verifier, own: Option<HashSet<String>>) -> Verifier {
    match own {
        Some(own) => verifier.own(own),
        None => verifier,
    }
}

/// The journal that was named, or the one that a run leaves beside its target.
fn journal(arguments: &VerifyArgs) -> Option<PathBuf> {
    // Whatever stands there: one that cannot be read must not be taken for none.
    let is_there = |path: &PathBuf| path.symlink_metadata().is_ok();
    let beside = || Some(places::journal_beside(&arguments.target)).filter(is_there);
    arguments.journal.clone().or_else(beside)
}

/// The accounts that count.
fn migrated(journal: &Path) -> Result<HashSet<String>, Failure> {
    let accounts = JournalReader::open(journal).and_then(|journal| journal.accounts());
    accounts.map_err(|error| {
        let hint = "name the migration's journal with --journal, or move this one away to have all accounts count";
        Failure::new(&error).with_hint(error.hint().unwrap_or_else(|| hint.to_owned()))
    })
}

/// How one silent call was answered.
struct Answer {
    account: String,
    client: String,
    environment: String,
    tenant: String,
    is_own: bool,
    how: &'static str,
    has_failed: bool,
    /// Whether a sign-in helps.
    needs_user: bool,
    why: Option<String>,
}

impl Answer {
    fn new(asked: &Asked<'_>, has_failed: bool) -> Self {
        Self {
            account: asked.account.home_account_id.to_string(),
            client: asked.client_id.to_owned(),
            environment: asked.account.environment.clone(),
            tenant: asked.tenant.to_owned(),
            is_own: asked.is_own,
            how: match asked.proof {
                Proof::Cached => "cached",
                Proof::Renewed => "renewed",
                Proof::Untried => "untried",
                Proof::Untrusted => "untrusted",
                _ => "broken",
            },
            has_failed,
            needs_user: asked.proof == Proof::Broken
                && matches!(asked.error, None | Some(Error::InteractionRequired(_))),
            why: why_not(asked),
        }
    }

    /// What tells it from others.
    fn place(&self) -> [&str; 4] {
        [&self.account, &self.client, &self.environment, &self.tenant]
    }

    fn to_text(&self) -> String {
        let how = match self.how {
            "cached" => "from the cache, no request",
            "renewed" => "renewed, by a request",
            "untried" if self.why.is_none() => "would have to be renewed first",
            _ => self.why.as_deref().unwrap_or_default(),
        };
        let elsewhere = match self.is_own {
            true => String::new(),
            false => format!(" {DIM}(came from elsewhere){DIM:#}"),
        };
        format!(
            "{}  {}  {}/{}  {}{elsewhere}\n",
            Outside(&self.account),
            Outside(&self.client),
            Outside(&self.environment),
            Outside(&self.tenant),
            Outside(how)
        )
    }

    fn to_json(&self) -> Value {
        json!({
            "home_account_id": self.account, "client_id": self.client,
            "environment": self.environment, "tenant": self.tenant,
            "migrated_here": self.is_own, "answer": self.how, "why": self.why,
        })
    }
}

fn to_json(
    verification: &Verification,
    answers: &[Answer],
    journal: Option<&Path>,
    arguments: &VerifyArgs,
) -> Value {
    let mut document = verification::to_json(verification);
    document["journal"] = journal.map(|path| path.display().to_string()).into();
    let failures = answers.iter().filter(|answer| answer.has_failed);
    document["failures"] = failures.map(Answer::to_json).collect();
    if arguments.list {
        document["list"] = answers.iter().map(Answer::to_json).collect();
    }
    document
}

/// Why there is no token, unless there is one or nobody was asked for it.
fn why_not(asked: &Asked<'_>) -> Option<String> {
    match asked.proof {
        Proof::Broken => Some(
            asked
                .error
                .map_or_else(|| "no client holds its refresh token".to_owned(), explained),
        ),
        Proof::Untried => asked.error.map(explained),
        Proof::Untrusted => Some(format!(
            "not asked: host {} is not one of Microsoft's; name it with --authority",
            asked.account.environment.escape_debug()
        )),
        _ => None,
    }
}

/// What went wrong, and what the operator corrects.
fn explained(error: &Error) -> String {
    let failure = Failure::from(error.clone());
    match failure.hint {
        // The error says that already.
        Some(hint) if !matches!(error, Error::InteractionRequired(_)) => format!("{error}: {hint}"),
        _ => error.to_string(),
    }
}
