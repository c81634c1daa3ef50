//! What can be typed. What it means is decided in the commands.

mod cache;
mod early;
mod format;
mod formats;
mod login;
mod migrate;
mod network;
mod sdk;
mod secrets;
mod serve;
mod settings;
mod shell;
mod token;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::terminal;

pub(crate) use cache::{AccountsArgs, CacheCommand, InspectArgs, LogoutArgs};
pub(crate) use early::Early;
pub(crate) use format::{Color, Format};
pub(crate) use login::LoginArgs;
pub(crate) use migrate::{
    DatabaseArgs, FinishArgs, GiveUp, MigrateCommand, Mode, PartArgs, PasswordArgs, PlanArgs,
    ReportArgs, ReportBy, RetryArgs, RetryClass, Rotation, RunArgs, SourceArgs, StatusArgs,
    VerifyArgs,
};
pub(crate) use network::NetworkArgs;
pub(crate) use sdk::Sdk;
pub(crate) use secrets::SecretArgs;
pub(crate) use serve::{ServeArgs, ServeRotation};
pub(crate) use settings::Settings;
pub(crate) use shell::{CompletionsArgs, ManArgs, Shell};
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

    /// What is set, and not heeded.
    #[arg(skip)]
    pub(crate) unheeded: Option<String>,

    /// How results are printed.
    #[arg(long, global = true, display_order = 900, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) format: Format,

    /// Prints no progress.
    #[arg(long, short, global = true, display_order = 901)]
    pub(crate) quiet: bool,

    /// Whether output is coloured. When `auto`, it is on a terminal, unless NO_COLOR is set; CLICOLOR_FORCE colours all.
    #[arg(long, global = true, display_order = 902, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,

    /// Reads settings from this file: what would be typed every time. MSAL_CONFIG_FILE names it as well; what is typed
    /// comes first, then variables such as MSAL_AUTHORITY, then the file.
    #[arg(long, global = true, display_order = 903, value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
}

impl Cli {
    /// Reads what was typed. Help is as wide as the terminal, and no wider than is read with ease.
    pub(crate) fn read(settings: &Settings) -> Result<Self, clap::Error> {
        let parse = |settings: &Settings| {
            let command = settings.applied(Self::whole());
            let mut command = command.term_width(terminal::columns().min(WIDEST));
            let matches = command.try_get_matches_from_mut(std::env::args_os())?;
            Ok::<_, clap::Error>((command, matches))
        };
        let (mut command, mut matches) = parse(settings)?;
        if let Some(left) = settings.beside(&matches) {
            (command, matches) = parse(&left)?;
        }
        formats::check(&mut command, &matches)?;
        Ok(Self {
            unheeded: settings.unheeded(&matches),
            ..Self::from_arg_matches(&matches)?
        })
    }

    /// All that can be typed, for whoever describes it.
    pub(crate) fn whole() -> clap::Command {
        formats::offered(Self::command())
    }
}

/// The widest lines of help.
const WIDEST: usize = 100;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the accounts in a token cache.
    #[command(after_help = cache::ACCOUNTS_HELP)]
    Accounts(AccountsArgs),
    /// Looks into a token cache.
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Prints what completes this command in a shell when Tab is pressed.
    #[command(after_help = shell::COMPLETIONS_HELP)]
    Completions(CompletionsArgs),
    /// Shows the whole job on an emulator: nothing else is needed, nothing leaves this machine.
    #[command(after_help = DEMO_HELP)]
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
    /// Writes the manual pages, one for each command.
    #[command(after_help = shell::MAN_HELP)]
    Man(ManArgs),
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
    #[command(after_help = "Examples:\n  msal sources list\n  msal sources list --format json")]
    List,
    /// Prints how an application's store is read, as a mapping file: edit a copy, and pass it with `--from COPY.toml`.
    #[command(after_help = SHOW_HELP)]
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
    #[command(after_help = serve::HELP)]
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How many users to migrate.
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) users: u32,
}

const DEMO_HELP: &str = "\
Examples:
  msal demo
  msal demo --users 1000

Exit status: 0 every token migrated; 1 failed.";

const SHOW_HELP: &str = "\
Examples:
  msal sources show flask-dance
  msal sources show flask-dance > mine.toml
  msal migrate plan tokens.db --from mine.toml";
