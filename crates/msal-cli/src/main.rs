//! The `msal` command: migrate refresh tokens into an MSAL cache, look into a cache, run the emulator.

mod cli;
mod commands;
mod credentials;
mod error;
mod exit;
mod input;
mod output;
mod progress;
mod text;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::output::Printer;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    let printer = Printer::new(cli.format, cli.quiet);
    match commands::run(cli, &printer) {
        Ok(exit) => exit.into(),
        Err(error) => printer.failure(&error).into(),
    }
}
