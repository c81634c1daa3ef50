//! Which settings what was typed excludes: it comes first.

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::cli::Mode;

/// The options whose settings are left out.
pub(super) fn to(typed: &ArgMatches) -> Vec<&'static str> {
    let mut command = typed;
    while let Some((_, below)) = command.subcommand() {
        command = below;
    }
    let mut gone: Vec<&str> = Vec::new();
    // A credential that was typed is the one that is meant.
    if NAMES_OF_SECRETS.iter().any(|key| is_typed(command, key)) {
        gone.extend_from_slice(NAMES_OF_SECRETS);
    }
    if mode(command) == Some(Mode::Copy) {
        gone.extend_from_slice(NAMES_OF_SECRETS);
        gone.extend_from_slice(OF_REDEEMING);
    }
    gone.retain(|key| !is_typed(command, key));
    gone
}

fn is_typed(command: &ArgMatches, key: &str) -> bool {
    let id = key.replace('-', "_");
    // Whoever asks for the source of what a command does not have ends the program.
    command.try_contains_id(&id).is_ok()
        && command.value_source(&id) == Some(ValueSource::CommandLine)
}

fn mode(command: &ArgMatches) -> Option<Mode> {
    command.try_get_one::<Mode>("mode").ok().flatten().copied()
}

/// The options that name a secret's variable or file.
pub(super) const NAMES_OF_SECRETS: &[&str] =
    &["certificate", "client-secret-env", "client-secret-file"];

/// What says how tokens are redeemed, and is refused where none is.
const OF_REDEEMING: &[&str] = &["concurrency", "default-scope", "map-resource", "rotation"];
