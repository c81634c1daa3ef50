//! `msal completions`: what completes the command in a shell.

use clap_complete::shells;

use crate::cli::{Cli, CompletionsArgs, Shell};
use crate::exit::Exit;
use crate::output::Printer;

pub(super) fn run(arguments: &CompletionsArgs, printer: &Printer) -> Exit {
    let shell = match arguments.shell {
        Shell::Bash => shells::Shell::Bash,
        Shell::Fish => shells::Shell::Fish,
        Shell::Pwsh => shells::Shell::PowerShell,
        Shell::Zsh => shells::Shell::Zsh,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::whole(), NAME, &mut script);
    printer.bytes(&script);
    Exit::Success
}

/// What is typed for the command.
const NAME: &str = "msal";
