//! The commands, one file each.

mod accounts;
mod cache;
mod completions;
mod demo;
mod emulator;
mod login;
mod logout;
mod man;
pub(crate) mod migrate;
mod sources;
mod token;

use crate::cli::{CacheCommand, Cli, Command, EmulatorCommand, MigrateCommand};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::Printer;

/// Runs what was typed.
pub(crate) fn run(cli: Cli, printer: &Printer) -> Result<Exit, Failure> {
    match cli.command {
        Command::Accounts(arguments) => accounts::run(&arguments, printer),
        Command::Cache(CacheCommand::Inspect(arguments)) => cache::run(&arguments, printer),
        Command::Completions(arguments) => Ok(completions::run(&arguments, printer)),
        Command::Demo(arguments) => demo::run(&arguments, printer),
        Command::Emulator(EmulatorCommand::Serve(arguments)) => emulator::run(&arguments, printer),
        Command::Login(arguments) => login::run(&arguments, printer),
        Command::Logout(arguments) => logout::run(&arguments, printer),
        Command::Man(arguments) => man::run(&arguments, printer),
        Command::Migrate(MigrateCommand::Finish(arguments)) => {
            migrate::finish::run(&arguments, printer)
        }
        Command::Migrate(MigrateCommand::Plan(arguments)) => {
            migrate::plan::run(&arguments, printer)
        }
        Command::Migrate(MigrateCommand::Report(arguments)) => {
            migrate::report::run(&arguments, printer)
        }
        Command::Migrate(MigrateCommand::Run(arguments)) => migrate::run::run(&arguments, printer),
        Command::Migrate(MigrateCommand::Status(arguments)) => {
            migrate::status::run(&arguments, printer)
        }
        Command::Migrate(MigrateCommand::Verify(arguments)) => {
            migrate::verify::run(&arguments, printer)
        }
        Command::Sources(arguments) => sources::run(&arguments, printer),
        Command::Token(arguments) => token::run(&arguments, printer),
    }
}
