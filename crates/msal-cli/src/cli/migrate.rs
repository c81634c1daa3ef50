//! What `migrate` can be told.

mod finish;
mod help;
mod run;
mod source;

use std::path::PathBuf;

use clap::{Arg, Args, Subcommand, ValueEnum};

use super::network::NetworkArgs;
use super::sdk::Sdk;
use super::secrets::SecretArgs;

pub(crate) use finish::{FinishArgs, GiveUp};
pub(crate) use run::{Mode, PartArgs, RetryArgs, RetryClass, Rotation, RunArgs};
pub(crate) use source::{DatabaseArgs, PasswordArgs, SourceArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    /// Says what is secret after a migration, and removes what is named and not needed any more.
    #[command(after_help = help::FINISH, alias = "retire", mut_args(finish::of_finish))]
    Finish(Box<FinishArgs>),
    /// Says what a migration would do. Asks no network and writes nothing.
    #[command(after_help = help::plan(), mut_args(of_plan))]
    Plan(Box<PlanArgs>),
    /// Tells who must do what: how each token of a migration ended, and which rows were skipped.
    #[command(after_help = help::REPORT)]
    Report(ReportArgs),
    /// Redeems each refresh token once and stores its successor. Run it again to continue where it stopped.
    #[command(after_help = help::run())]
    Run(Box<RunArgs>),
    /// Tells how far a migration is, while it runs in another terminal or after it has stopped. Does not disturb it.
    #[command(after_help = help::STATUS)]
    Status(StatusArgs),
    /// Asks every account of a migrated cache for a token, the way an application would.
    #[command(after_help = help::VERIFY)]
    Verify(VerifyArgs),
}

/// What only a run heeds is taken and not shown; where it would write need not be said.
fn of_plan(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "to" => arg.required(false).default_value("target").hide(true),
        id if OF_A_RUN.contains(&id) => arg.hide(true),
        _ => arg,
    }
}

/// The options of `migrate run` that change nothing about a plan.
const OF_A_RUN: &[&str] = &[
    "allow_user_mismatch",
    "ca_file",
    "certificate",
    "certificate_passphrase_env",
    "certificate_passphrase_file",
    "client_secret_env",
    "client_secret_file",
    "journal",
    "mode",
    "new_journal",
    "release",
    "retry",
    "retry_client",
    "retry_row",
    "retry_tenant",
    "sdk",
    "send_chain",
    "spa_origin",
    "use_stored_client_secret",
];

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// All that a run takes, so that its command is edited in one word.
    #[command(flatten)]
    pub(crate) run: RunArgs,

    /// Lists every row with what becomes of it. Names of rows may be user names.
    #[arg(long)]
    pub(crate) list: bool,

    /// Lists every row that is skipped, with the reason. Names of rows may be user names.
    #[arg(long, conflicts_with = "list")]
    pub(crate) skipped: bool,
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

    /// Renews every token, also where the cache has one: only that proves that refresh tokens work. They are replaced in
    /// the target.
    #[arg(long, conflicts_with = "offline")]
    pub(crate) renew: bool,

    #[command(flatten)]
    pub(crate) secrets: SecretArgs,

    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// A list that a help desk can work from.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The journal of a migration: TARGET.journal, unless `run` was told another name.
    pub(crate) journal: PathBuf,

    /// What a line is about. Of a user there is one line for each application and for each thing to do, and none where
    /// nothing is to be done.
    #[arg(long, value_enum, default_value_t = ReportBy::Token, value_name = "WHAT")]
    pub(crate) by: ReportBy,

    /// Lists every token, migrated ones as well.
    #[arg(long)]
    pub(crate) all: bool,

    /// Shows the names of users, and of rows and files that are called like them. Identifiers are always shown.
    #[arg(long)]
    pub(crate) show_users: bool,

    /// Writes to this file, which is made, and which nobody but you can read.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The journal of a migration, or the target that it belongs to.
    #[arg(value_name = "JOURNAL|TARGET")]
    pub(crate) journal: PathBuf,
}

/// What a line of a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportBy {
    /// A token, or a row that was skipped.
    Token,
    /// A user.
    User,
}
