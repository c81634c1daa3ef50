//! `msal migrate finish`: what is left of a migration that is secret, and the removal of what is needed no more.
//!
//! Nothing is removed that was not named, and nothing is named by default. The input goes first, as the journal proves what
//! of it is migrated; a command that was interrupted in between is repeated.

mod found;
mod input;
mod journal;
mod keeps;
mod shown;
mod target;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use msal_migrate::MigrationError;

use self::found::Found;
use super::places;
use crate::cli::{FinishArgs, Mode};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::Printer;
use crate::outside::Outside;

pub(crate) fn run(arguments: &FinishArgs, printer: &Printer) -> Result<Exit, Failure> {
    if arguments.run.mode == Mode::Copy {
        return Err(Failure::usage(
            "--mode copy has no journal, which would tell what of the input is in the target",
            "leave --mode copy out, or see to the copied cache yourself, once your application uses the new one",
        ));
    }
    let journal = arguments.run.journal.clone();
    let journal = journal.unwrap_or_else(|| places::journal_beside(&arguments.run.to));
    if arguments.remove_journal
        && msal_migrate::remove_finished_journal(&journal).map_err(MigrationError::from)?
    {
        let removed = msal_migrate::journal_files(&journal);
        shown::print_rest(&removed, printer);
        return Ok(Exit::Success);
    }
    let mut found = Found::look(arguments, &journal, printer)?;
    if !arguments.remove_input && !arguments.remove_journal {
        shown::print(&found, printer, &[]);
        return Ok(Exit::Success);
    }
    if !printer.is_json() {
        shown::print(&found, printer, &[]);
    }
    if let Some(kept) = found.refusal(arguments) {
        return Err(kept);
    }
    let paths = found.to_remove(arguments);
    confirm(arguments, &paths, printer)?;
    if let Some(input) = found.input.as_ref().filter(|_| arguments.remove_input) {
        input.remove()?;
    }
    if arguments.remove_journal
        && let Some(journal) = found.journal.take()
    {
        journal.remove()?;
    }
    shown::print_removed(&found, &paths, printer);
    Ok(Exit::Success)
}

/// Has somebody at the terminal confirm it, unless the command was told that it is.
fn confirm(arguments: &FinishArgs, paths: &[PathBuf], printer: &Printer) -> Result<(), Failure> {
    if arguments.yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() || printer.is_json() {
        return Err(Failure::usage(
            "nothing was removed: nobody is at a terminal to confirm it",
            "the same command with --yes does not ask",
        ));
    }
    let names: Vec<_> = paths
        .iter()
        .map(|path| Outside(path.display()).to_string())
        .collect();
    printer.prompt(&format!("Remove {}? [y/N] ", names.join(", ")));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    let is_confirmed = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    match read {
        Ok(_) if is_confirmed => Ok(()),
        _ => Err(Failure {
            exit: Exit::Failed,
            ..Failure::usage(
                "nothing was removed: it was not confirmed",
                "answer y, or type the same command with --yes",
            )
        }),
    }
}
