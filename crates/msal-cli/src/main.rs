//! The `msal` command: sign users in, migrate refresh tokens into an MSAL cache, look into a cache, run the emulator.

mod account;
mod advice;
mod application;
mod bounded;
mod cli;
mod commands;
mod credentials;
mod database_login;
mod error;
mod exit;
mod input;
mod input_command;
mod network;
mod output;
mod outside;
mod private;
mod process;
mod progress;
mod reading;
mod runtime;
mod same_file;
mod sends;
mod shell;
mod signal;
mod target;
mod terminal;
mod text;
mod todo;

use std::process::ExitCode;

use mimalloc::MiMalloc;

use crate::cli::Cli;
use crate::output::Printer;

/// A migration makes and drops a few hundred small texts for each token; this allocator does that in two thirds of the
/// time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    process::harden();
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error).into(),
    };
    let printer = Printer::new(cli.format, cli.quiet);
    match commands::run(cli, &printer) {
        Ok(exit) => exit.into(),
        Err(error) => printer.failure(&error).into(),
    }
}
