//! The `msal` command: sign users in, migrate refresh tokens into an MSAL cache, look into a cache, run the emulator.

mod account;
mod advice;
mod application;
mod authority;
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
mod trouble;
mod user_files;
mod wrap;

use std::process::ExitCode;

use mimalloc::MiMalloc;

use crate::cli::{Cli, Color, Early, Format, Settings};
use crate::output::Printer;

/// A migration makes and drops a few hundred small texts for each token; this allocator does that in two thirds of the
/// time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    process::harden();
    // What was typed wrongly is told in the way that was asked for.
    let early = Early::read();
    let settings = Settings::read(early.file.clone(), &Cli::whole());
    let early = early.or_set(settings.as_ref().ok());
    output::colour(early.color.unwrap_or(Color::Auto));
    let printer = Printer::new(early.format.unwrap_or(Format::Text), false);
    let settings = match settings {
        Ok(settings) => settings,
        Err(failure) => return printer.failure(&failure).into(),
    };
    let cli = match Cli::read(&settings) {
        Ok(cli) => cli,
        Err(error) => return output::ended(&printer, printer.usage(&error)).into(),
    };
    output::colour(cli.color);
    let printer = Printer::new(cli.format, cli.quiet);
    if let Some(note) = &cli.unheeded {
        printer.say(note);
    }
    let exit = commands::run(cli, &printer).unwrap_or_else(|error| printer.failure(&error));
    output::ended(&printer, exit).into()
}
