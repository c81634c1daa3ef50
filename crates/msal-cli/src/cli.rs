//! What can be typed. What it means is decided in the commands.

mod cache;
mod login;
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
pub(crate) enum MigrateCommand {
    /// Says what a migration would do. Asks no network and writes nothing.
    Plan(PlanArgs),
    /// Tells how each token of a migration ended.
    Report(ReportArgs),
    /// Redeems each refresh token once and stores its successor. Run it again to continue where it stopped.
    #[command(
        after_help = "Exit status: 0 every token migrated; 3 the rest need their users; 75 something is left to \
                      retry: run the same command again; 2 bad usage; 1 failed."
    )]
    Run(Box<RunArgs>),
    /// Asks every account of a migrated cache for a token, the way an application would.
    #[command(
        after_help = "Exit status: 0 every account answers; 75 a server could not answer, or it was stopped: run the same command again; \
                      2 bad usage; 1 an account does not answer, or was not asked. Accounts that the journal does not \
                      know decide nothing."
    )]
    Verify(VerifyArgs),
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

/// Where tokens come from and how their rows are read.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// The file with the refresh tokens, a folder of files with one token response each, `-` for standard input, or a
    /// database: the file of SQLite, `postgres://USER@HOST/DATABASE` or `mysql://USER@HOST/DATABASE`. It is only read.
    #[arg(
        required_unless_present = "input_command",
        conflicts_with = "input_command"
    )]
    pub(crate) input: Option<PathBuf>,

    /// Reads what this command of the shell prints, such as `gpg --decrypt FILE`. Its output is never shown.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) input_command: Option<String>,

    /// What the input is: a format or an application, see `msal sources list`, or the path of a mapping file. It is
    /// detected when absent.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) from: Option<String>,

    /// Where a field stands in a row: a column, a JSON pointer, `column:/pointer`, or `const:VALUE`.
    #[arg(long, value_name = "FIELD=EXPR")]
    pub(crate) map: Vec<String>,

    /// What to read of a database: one SELECT, whose columns are the fields. Nothing is ever written to a database.
    #[arg(long, value_name = "SELECT")]
    pub(crate) query: Option<String>,

    /// Which rows count: those whose column has this value, or begins so where it ends with `*`.
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    pub(crate) condition: Vec<String>,

    /// What stands between the columns of a table: one character, or `tab`.
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<String>,

    /// Where the rows are in a JSON text: `/data/entries/*`.
    #[arg(long, value_name = "POINTER")]
    pub(crate) records: Option<String>,

    #[command(flatten)]
    pub(crate) password: PasswordArgs,

    #[command(flatten)]
    pub(crate) database: DatabaseArgs,

    /// The client of rows that name none; rows of other clients are skipped.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,

    /// Trusts this host with tokens besides Microsoft's; with a tenant, redeems them there, and they go under it. Where
    /// the application that will read the target signs in at `organizations` or `common`, name that as the tenant: else
    /// it finds no token under its own authority, and redeems each user once more. Name it from the first run on: what
    /// is migrated is not sent again. Personal accounts stay at `consumers` then, as neither takes their tokens.
    #[arg(long, value_name = "URL")]
    pub(crate) authority: Option<String>,

    /// Asks for resource B where a row has resource A.
    #[arg(long, value_name = "A=B")]
    pub(crate) map_resource: Vec<String>,

    /// What to ask for where a row names nothing. Microsoft Graph when absent.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) default_scope: Vec<String>,
}

/// The password of an encrypted input. It is never taken from the command line itself.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// The environment variable that holds the password of the input: that of an encrypted rclone configuration.
    #[arg(long, value_name = "NAME")]
    pub(crate) password_env: Option<String>,

    /// The file that holds it; yours, a regular file, and closed to others (chmod 600).
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    pub(crate) password_file: Option<PathBuf>,
}

/// How to log in to the server of a database. A password is never taken from the command line itself.
#[derive(Debug, Args)]
pub(crate) struct DatabaseArgs {
    /// The environment variable that holds the database's password. Without this and the next one: PGPASSWORD or the file
    /// that PGPASSFILE names, else `~/.pgpass`, for PostgreSQL; MYSQL_PWD for MySQL and MariaDB.
    #[arg(long, value_name = "NAME", conflicts_with = "database_password_file")]
    pub(crate) database_password_env: Option<String>,

    /// The file that holds the database's password; yours, a regular file, and closed to others (chmod 600).
    #[arg(long, value_name = "FILE")]
    pub(crate) database_password_file: Option<PathBuf>,

    /// Trusts the certificate authorities in this file to vouch for the database's server, instead of the system's.
    #[arg(long, value_name = "PEM")]
    pub(crate) database_tls_ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// Lists every row with what becomes of it. Names of rows may be user names.
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// The MSAL token cache to write. It is created when absent, and added to otherwise. A file for each user as
    /// `FOLDER/{home_account_id}.json`, typed as it stands here.
    #[arg(long, value_name = "TARGET")]
    pub(crate) to: PathBuf,

    /// How the tokens get there.
    #[arg(long, value_enum, default_value_t = Mode::Redeem)]
    pub(crate) mode: Mode,

    #[command(flatten)]
    pub(crate) secrets: SecretArgs,

    /// Uses the client secrets that the input has, each for the client of its own row; those that you give come first.
    #[arg(long)]
    pub(crate) use_stored_client_secret: bool,

    #[command(flatten)]
    pub(crate) network: NetworkArgs,

    /// The MSAL that will read the target.
    #[arg(long, value_enum, default_value_t = Sdk::Python)]
    pub(crate) sdk: Sdk,

    /// How many requests are in flight at most: 256, or 4 with `--rotation single-use`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) concurrency: Option<u16>,

    /// The journal that makes the run resumable. TARGET.journal when absent, or FOLDER.journal.
    #[arg(long, value_name = "PATH")]
    pub(crate) journal: Option<PathBuf>,

    /// What the issuer does with a refresh token that was redeemed.
    #[arg(long, value_enum, default_value_t = Rotation::Reusable)]
    pub(crate) rotation: Rotation,

    /// Redeems all tokens as the page at this origin would: for those that were issued to a single-page application, which
    /// are refused otherwise, as others are with it. They expire a day after the sign-in.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) spa_origin: Option<String>,

    /// Publishes tokens that turn out to be another user's than the input says: those of all rows.
    #[arg(long)]
    pub(crate) allow_user_mismatch: bool,

    /// Publishes the tokens of this row although they are another user's than the input says. Rows are named as
    /// `msal migrate report` shows them, such as :12 or #/3.
    #[arg(long, value_name = "ROW")]
    pub(crate) release: Vec<String>,

    #[command(flatten)]
    pub(crate) retry: RetryArgs,
}

/// What earlier runs have set aside, and no run tries again unasked.
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// Tries tokens again that earlier runs have set aside; repeat it for several classes.
    #[arg(long, value_enum, value_name = "CLASS")]
    pub(crate) retry: Vec<RetryClass>,

    /// Tries again only those of this client: of the classes that are named, or of all.
    #[arg(long, value_name = "ID")]
    pub(crate) retry_client: Vec<String>,

    /// Tries again only those redeemed at this tenant: of the classes that are named, or of all.
    #[arg(long, value_name = "TENANT")]
    pub(crate) retry_tenant: Vec<String>,

    /// Tries again only this row: of the classes that are named, or of all.
    #[arg(long, value_name = "ROW")]
    pub(crate) retry_row: Vec<String>,
}

/// A class of tokens that earlier runs have set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RetryClass {
    /// Not migrated for a reason that you correct. These are tried again in every run.
    Failed,
    /// Sent, and nothing says whether they were redeemed. An issuer that detects reuse may sign the user out.
    InDoubt,
    /// Refused until their user takes part.
    NeedsUser,
    /// Held back: asks for another answer with the newest token there is.
    Quarantined,
}

/// How tokens get into the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// As they are, from a token cache of the same application, which another MSAL or another version wrote. No server is
    /// asked. Both caches then hold the same tokens: right at Entra, wrong where tokens are spent by use.
    Copy,
    /// Each is redeemed, and its successor written.
    Redeem,
}

/// What the issuer does with a refresh token that was redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rotation {
    /// It stays valid, as at Entra.
    Reusable,
    /// It is spent: no token is sent twice without being asked.
    SingleUse,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The token cache; or those of each user, as `FOLDER/{home_account_id}.json`.
    pub(crate) target: PathBuf,

    /// Trusts this host besides Microsoft's; accounts of other hosts are not asked. AD FS and B2C as a whole URL. With a
    /// tenant, asks as an application that signs its users in there, such as
    /// `https://login.microsoftonline.com/organizations`; else at each tenant that an account has tokens for. Personal
    /// accounts are asked at `consumers` all the same where `organizations` or `common` is named.
    #[arg(long, value_name = "URL")]
    pub(crate) authority: Option<String>,

    /// The MSAL that reads the cache.
    #[arg(long, value_enum, default_value_t = Sdk::Python)]
    pub(crate) sdk: Sdk,

    /// The journal of the migration, which says whose accounts count. TARGET.journal when absent; where there is none,
    /// all accounts count.
    #[arg(long, value_name = "PATH")]
    pub(crate) journal: Option<PathBuf>,

    /// Lists every account, client and tenant, with where its token came from: the cache, or a renewal.
    #[arg(long)]
    pub(crate) list: bool,

    /// Asks the cache only, and sends nothing.
    #[arg(long)]
    pub(crate) offline: bool,

    #[command(flatten)]
    pub(crate) secrets: SecretArgs,

    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The journal of a migration.
    pub(crate) journal: PathBuf,

    /// Lists every token, not only those that are not migrated.
    #[arg(long)]
    pub(crate) all: bool,

    /// Shows what the source calls each row, which may be a user name or an e-mail address.
    #[arg(long)]
    pub(crate) show_users: bool,
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
