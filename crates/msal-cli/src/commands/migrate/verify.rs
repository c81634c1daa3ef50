//! `msal migrate verify`: does every account of a target answer?

use std::sync::Arc;

use msal::Error;
use msal_migrate::{Asked, Proof, Reason, Verifier};
use serde_json::json;

use super::verification;
use crate::advice::advice;
use crate::cli::VerifyArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::Printer;
use crate::outside::Outside;
use crate::runtime::block_on;
use crate::{credentials, input, network, target};

pub(crate) fn run(arguments: &VerifyArgs, printer: &Printer) -> Result<Exit, Failure> {
    let credentials = credentials::read(&arguments.secrets, None)?;
    let runtime = network::runtime(&arguments.network, 1)?;
    let authority = input::authority_of_accounts(arguments.authority.as_deref())?;
    let mut broken = Vec::new();
    let verification = block_on(async {
        let target = Arc::new(target::open(&arguments.target, arguments.sdk.dialect()).await?);
        let verifier = match arguments.offline {
            true => Verifier::offline(target, &runtime),
            false => Verifier::new(target, runtime.clone()),
        };
        let verifier = verifier.credentials(credentials).authority(authority);
        let mut each = |asked: &Asked<'_>| {
            if let Some(why) = why_not(asked) {
                broken.push((
                    asked.account.home_account_id.to_string(),
                    asked.client_id.to_owned(),
                    why,
                ));
            }
        };
        Ok(verifier.run(&mut each).await?)
    })?;
    if printer.is_json() {
        let mut document = verification::to_json(&verification);
        document["failures"] = broken
            .iter()
            .map(|(account, client, why)| json!({ "home_account_id": account, "client_id": client, "why": why }))
            .collect();
        printer.json(&document);
    } else {
        for (account, client, why) in &broken {
            let (account, client, why) = (Outside(account), Outside(client), Outside(why));
            printer.text(&format!("{account}  {client}  {why}\n"));
        }
        printer.text(&verification::to_text(&verification));
    }
    let failures = verification.broken + verification.untrusted;
    Ok(match (failures, verification.untried) {
        (0, 0) => Exit::Success,
        (0, _) if arguments.offline => Exit::Success,
        (0, _) => Exit::RetryLeft,
        _ => Exit::Failed,
    })
}

/// What the server says, and what the operator corrects.
fn explained(error: &Error) -> String {
    match error.service_error() {
        Some(refusal) if refusal.misplaced().is_some() => {
            format!("{error}: {}", advice(&Reason::from(refusal)))
        }
        _ => error.to_string(),
    }
}

/// Why a pair of account and client has no token, unless it has one or was not tried.
fn why_not(asked: &Asked<'_>) -> Option<String> {
    match asked.proof {
        Proof::Broken => Some(
            asked
                .error
                .map_or_else(|| "no client holds its refresh token".to_owned(), explained),
        ),
        Proof::Untrusted => Some(format!(
            "not asked: host {} is not one of Microsoft's; name it with --authority",
            asked.account.environment.escape_debug()
        )),
        _ => None,
    }
}
