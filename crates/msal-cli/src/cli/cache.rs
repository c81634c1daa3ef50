//! What `logout` and `cache` can be told.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct LogoutArgs {
    /// The token cache.
    pub(crate) target: PathBuf,

    /// The account: its user name, or its home account id. It may be left out where the cache has one account.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,

    /// Signs every account out.
    #[arg(long, conflicts_with = "account")]
    pub(crate) all: bool,

    /// Leaves other clients their refresh tokens. All else of the account goes, as in every MSAL.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Tells what is in a token cache, and what is odd about it. No token is shown, and nobody's name.
    #[command(after_help = INSPECT_HELP)]
    Inspect(InspectArgs),
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The token cache.
    pub(crate) target: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct AccountsArgs {
    /// The token cache.
    pub(crate) target: PathBuf,
}

pub(super) const ACCOUNTS_HELP: &str = "\
Examples:
  msal accounts cache.json
  msal accounts cache.json --format json

It reads the file only, and renews nothing.";

pub(super) const LOGOUT_HELP: &str = "\
Examples:
  msal logout cache.json
  msal logout cache.json --account alice@contoso.com
  msal logout cache.json --all

It asks no network: the tokens are gone from this file. The session of the browser lives on, and so does what was handed \
out before; to end those, sign out at https://login.microsoftonline.com/common/oauth2/v2.0/logout, or have an \
administrator revoke the user's sign-ins.

Exit status: 0 signed out, or nobody was there; 2 no such account, or bad usage; 1 failed.";

const INSPECT_HELP: &str = "\
Examples:
  msal cache inspect cache.json
  msal cache inspect cache.json --format json

It reads the file only: what is odd is no error, and the exit status is 0. It is 1 where the file is no token cache.";
