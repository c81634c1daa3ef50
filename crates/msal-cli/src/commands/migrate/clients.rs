//! Whether clients that were given a secret or a certificate have a row: with a slip in one's id, its tokens would go out
//! without the proof that was meant for them.

use std::ops::ControlFlow;

use msal_migrate::{Row, Source};

use crate::cli::SecretArgs;
use crate::error::Failure;
use crate::output::Printer;
use crate::outside::Outside;

/// Says of credentials that their clients have no row. A script may give all that it has for every input, so that this stops
/// no run. Reads the source where clients were named with their credentials, until all of them were seen.
pub(super) fn note_unused(
    source: &dyn Source,
    secrets: &SecretArgs,
    client_id: Option<&str>,
    printer: &Printer,
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
    if has_tokens {
        for id in unseen {
            printer.say(&format!(
                "note: a secret or certificate is given for client {}, and no row has it; `msal migrate plan` shows which \
                 clients there are",
                Outside(id)
            ));
        }
    }
    Ok(())
}
