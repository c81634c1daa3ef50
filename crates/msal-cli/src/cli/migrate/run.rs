//! What `migrate run` can be told.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::source::SourceArgs;
use crate::cli::network::NetworkArgs;
use crate::cli::sdk::Sdk;
use crate::cli::secrets::SecretArgs;

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

    #[command(flatten)]
    pub(crate) part: PartArgs,

    /// The journal that makes the run resumable. TARGET.journal when absent, or FOLDER.journal.
    #[arg(long, value_name = "PATH")]
    pub(crate) journal: Option<PathBuf>,

    /// Begins a new journal although the target holds accounts: what an earlier run has migrated is redeemed again. Asked for
    /// with `--rotation single-use`, where that may sign users out.
    #[arg(long)]
    pub(crate) new_journal: bool,

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
    /// `msal migrate report` shows them, such as tokens.csv:12, or :12 or '#/3' for one of the input.
    #[arg(long, value_name = "ROW")]
    pub(crate) release: Vec<String>,

    #[command(flatten)]
    pub(crate) retry: RetryArgs,
}

/// Which part of the input a run takes, and how fast.
#[derive(Debug, Args)]
pub(crate) struct PartArgs {
    /// Tries so many tokens at most, in the order of the input, and leaves the others to the next run: a first run with a
    /// few of them shows what is wrong with all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,

    /// Redeems only tokens of this client; repeat it for several.
    #[arg(long, value_name = "ID")]
    pub(crate) only_client: Vec<String>,

    /// Redeems only tokens of this tenant, named as the plan names it; repeat it for several.
    #[arg(long, value_name = "TENANT")]
    pub(crate) only_tenant: Vec<String>,

    /// Sends so many token requests a second at most, to all servers together.
    #[arg(long, value_name = "N/s", value_parser = rate)]
    pub(crate) rate: Option<NonZeroU32>,
}

/// `20` or `20/s`.
fn rate(text: &str) -> Result<NonZeroU32, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    number
        .parse()
        .map_err(|_error| "write how many a second, such as 20/s".to_owned())
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

    /// Tries again only this row, named as `msal migrate report` shows it, such as :12 or '#/3': of the classes that are
    /// named, or of all.
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
