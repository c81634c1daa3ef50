//! Whether clients that were given a secret or a certificate have a row: with a slip in one's id, its tokens would go out
//! without the proof that was meant for them.

use std::ops::ControlFlow;

use msal_migrate::{Row, Source};

use crate::cli::SecretArgs;
use crate::error::Failure;
use crate::outside::Outside;

/// Refuses a credential for a client that no row names. Reads the source where clients were named with their credentials,
/// until all of them were seen.
pub(super) fn require(
    source: &dyn Source,
    secrets: &SecretArgs,
    client_id: Option<&str>,
) -> Result<(), Failure> {
    let given = secrets
        .client_secret_env
        .iter()
        .chain(&secrets.client_secret_file)
        .chain(&secrets.certificate);
    let named = given.filter_map(|argument| Some(argument.split_once('=')?.0));
    let mut unseen: Vec<_> = named.collect();
    if unseen.is_empty() {
        return Ok(());
    }
    let mut has_tokens = false;
    source.read(&mut |row| {
        if let Row::Record(record) = row {
            has_tokens = true;
            let client = record.client_id.as_deref().or(client_id);
            unseen.retain(|id| client.is_none_or(|client| !id.eq_ignore_ascii_case(client)));
        }
        match unseen.is_empty() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    match unseen.first().filter(|_| has_tokens) {
        None => Ok(()),
        Some(id) => Err(Failure::usage(
            format!(
                "a secret or certificate is given for client {}, and no row has it",
                Outside(id)
            ),
            "correct the id, or leave it out; `msal migrate plan INPUT` shows which clients there are",
        )),
    }
}
