//! What `login` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use msal::Prompt;

use super::network::NetworkArgs;
use super::sdk::Sdk;

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// The token cache. It is created when absent, and added to otherwise.
    pub(crate) target: PathBuf,

    /// The application that the user signs in to: its client id.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,

    /// Where the user signs in; its host is trusted with tokens. `https://login.microsoftonline.com/common` when absent.
    #[arg(long, value_name = "URL")]
    pub(crate) authority: Option<String>,

    /// The directory to sign in to, by its GUID or its domain, or organizations or consumers.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,

    /// A scope to ask for; repeat it for several. User.Read of Microsoft Graph when absent.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,

    /// Shows a code that the user enters in a browser on any device, instead of opening one here.
    #[arg(long, conflicts_with_all = ["username", "port", "no_browser", "login_hint", "prompt"])]
    pub(crate) device_code: bool,

    /// Signs this user in with a password, which is read from standard input and never taken from the command line.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["port", "no_browser", "login_hint", "prompt"])]
    pub(crate) username: Option<String>,

    /// Listens for the browser at this port of this machine. A free one when absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,

    /// Opens no browser: prints the address of the sign-in page.
    #[arg(long)]
    pub(crate) no_browser: bool,

    /// The user's name, filled in on the sign-in page. They may still choose another account.
    #[arg(long, value_name = "NAME")]
    pub(crate) login_hint: Option<String>,

    /// What the user is asked, whatever session the browser has.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) prompt: Option<Asked>,

    /// How long the user may take.
    #[arg(long, default_value_t = 600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,

    /// The MSAL that the cache is written for.
    #[arg(long, value_enum, default_value_t = Sdk::Python)]
    pub(crate) sdk: Sdk,

    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// What the user is asked at the sign-in page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Asked {
    /// Which account to use.
    SelectAccount,
    /// To sign in, also where a session exists.
    Login,
    /// To consent, also where that was done before.
    Consent,
    /// To make an account.
    Create,
}

impl From<Asked> for Prompt {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Consent => Self::Consent,
            Asked::Create => Self::Create,
            Asked::Login => Self::Login,
            Asked::SelectAccount => Self::SelectAccount,
        }
    }
}

pub(super) const HELP: &str = "\
Examples:
  With the browser of this machine:
    msal login cache.json --client-id ID --scope User.Read

  Over ssh or in a container, with a browser on any device:
    msal login cache.json --client-id ID --device-code

  Over ssh, when the port is forwarded: ssh -L 8400:localhost:8400 HOST
    msal login cache.json --client-id ID --port 8400 --no-browser

  With a password, for test accounts; without a pipe, it is asked for:
    msal login cache.json --client-id ID --tenant T --username U < FILE

  Afterwards:
    msal token cache.json --scope User.Read

The application is registered with the redirect URI http://localhost, as a mobile and desktop application; a device \
code and a password need its setting for public client flows.

Exit status: 0 signed in; 3 nobody has signed in: declined, stopped, out of time, or the server asks for more; 75 the \
server is busy or out of reach: run the same command again; 2 bad usage; 1 failed.";
