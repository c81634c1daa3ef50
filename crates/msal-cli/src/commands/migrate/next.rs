//! What comes after a run, as it is typed.

use msal_migrate::Completion;

use super::outcome::Outcome;
use crate::cli::{RunArgs, Sdk, SecretArgs};
use crate::exit::Exit;
use crate::output::HINT;
use crate::outside::Outside;
use crate::shell::quoted;

/// What to do after a run that has nothing more to do.
pub(super) fn after(outcome: &Outcome, arguments: &RunArgs) -> String {
    let report = &outcome.report;
    let is_over = matches!(
        report.completion(),
        Completion::Complete | Completion::UsersNeeded
    );
    if !is_over || report.migrated == 0 || outcome.exit() == Exit::ToCorrect {
        return String::new();
    }
    format!(
        "\n{HINT}next{HINT:#}: prove that the new tokens can be renewed:\n      {}\n      \
         then this command with `finish` for `run` says what is secret and may be removed\n",
        Outside(verification(arguments) + &secrets(&arguments.secrets)),
    )
}

/// The command that has each account of the target renewed, with what it takes of the options of the run, but for those about
/// secrets: whoever has not read them does not know whether one was typed in the place of its name.
pub(super) fn verification(arguments: &RunArgs) -> String {
    let mut words = vec![
        "msal migrate verify".to_owned(),
        quoted(&arguments.to.to_string_lossy()).into_owned(),
        "--renew".to_owned(),
    ];
    let mut add = |option: &str, value: &str| words.push(format!("{option} {}", quoted(value)));
    if let Some(authority) = &arguments.source.authority {
        add("--authority", authority);
    }
    if let Some(file) = &arguments.network.ca_file {
        add("--ca-file", &file.to_string_lossy());
    }
    if arguments.sdk != Sdk::Python {
        add("--sdk", &arguments.sdk.name());
    }
    if let Some(journal) = &arguments.journal {
        add("--journal", &journal.to_string_lossy());
    }
    words.join(" ")
}

/// The options about secrets, which the run has read.
fn secrets(secrets: &SecretArgs) -> String {
    let mut out = String::new();
    let mut add = |option: &str, value: &str| out.push_str(&format!(" {option} {}", quoted(value)));
    for name in &secrets.client_secret_env {
        add("--client-secret-env", name);
    }
    for file in &secrets.client_secret_file {
        add("--client-secret-file", file);
    }
    for file in &secrets.certificate {
        add("--certificate", file);
    }
    if let Some(name) = &secrets.certificate_passphrase_env {
        add("--certificate-passphrase-env", name);
    }
    if let Some(file) = &secrets.certificate_passphrase_file {
        add("--certificate-passphrase-file", file);
    }
    if secrets.send_chain {
        out.push_str(" --send-chain");
    }
    out
}
