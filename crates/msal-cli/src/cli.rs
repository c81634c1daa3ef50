//! What can be typed. What it means is decided in the commands.

mod cache;
mod login;
mod migrate;
mod network;
mod sdk;
mod secrets;
mod serve;
mod token;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::terminal;

pub(crate) use cache::{CacheCommand, InspectArgs, LogoutArgs};
pub(crate) use login::LoginArgs;
pub(crate) use migrate::{
    DatabaseArgs, MigrateCommand, Mode, PasswordArgs, PlanArgs, ReportArgs, ReportBy, RetryArgs,
    RetryClass, Rotation, RunArgs, SourceArgs, VerifyArgs,
};
pub(crate) use network::NetworkArgs;
pub(crate) use sdk::Sdk;
pub(crate) use secrets::SecretArgs;
pub(crate) use serve::{ServeArgs, ServeRotation};
pub(crate) use token::{Form, TokenArgs};

/// Sign-in tokens of Microsoft Entra ID: sign users in, bring refresh tokens into MSAL, look into a token cache, try it
/// all on an emulator.
#[derive(Debug, Parser)]
#[command(
    name = "msal",
    version,
    after_help = "New here? Run `msal demo`: it migrates a few hundred users on an emulator and needs nothing else."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// How results are printed.
    #[arg(long, global = true, display_order = 900, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) format: Format,

    /// Prints no progress.
    #[arg(long, short, global = true, display_order = 901)]
    pub(crate) quiet: bool,
}

impl Cli {
    /// Reads what was typed. Help is as wide as the terminal, and no wider than is read with ease.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        let command = Self::command().term_width(terminal::columns().min(WIDEST));
        Self::from_arg_matches(&command.try_get_matches()?)
    }
}

/// The widest lines of help.
const WIDEST: usize = 100;

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one JSON document.
    Json,
    /// For spreadsheets: one row for each token (`migrate report` only).
    Csv,
    /// A page for browsers, which needs nothing else (`migrate report` only).
    Html,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the accounts in a token cache.
    Accounts(AccountsArgs),
    /// Looks into a token cache.
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Shows the whole job on an emulator: nothing else is needed, nothing leaves this machine.
    Demo(DemoArgs),
    /// Runs the Microsoft identity platform on this machine.
    #[command(subcommand)]
    Emulator(EmulatorCommand),
    /// Signs a user in, and keeps their tokens in a token cache.
    #[command(after_help = login::HELP)]
    Login(LoginArgs),
    /// Signs a user out: removes their tokens from a token cache.
    #[command(after_help = cache::LOGOUT_HELP)]
    Logout(LogoutArgs),
    /// Moves refresh tokens from ADAL or another OAuth2 library into an MSAL token cache.
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Tells from what refresh tokens can be migrated.
    #[command(subcommand)]
    Sources(SourcesCommand),
    /// Prints an access token for an account of a token cache, or for a service.
    #[command(after_help = token::HELP)]
    Token(TokenArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourcesCommand {
    /// Lists the formats and the applications whose stores are known.
    List,
    /// Prints how an application's store is read, as a mapping file: edit a copy, and pass it with `--from COPY.toml`.
    Show(ShowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The name of the application's store, as `msal sources list` has it.
    pub(crate) name: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EmulatorCommand {
    /// Serves the emulator on https://localhost until it is interrupted.
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AccountsArgs {
    /// The token cache.
    pub(crate) target: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How many users to migrate.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) users: u32,
}
