//! What `token` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::network::NetworkArgs;
use super::sdk::Sdk;
use super::secrets::SecretArgs;

#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// The token cache. A service may leave it out: then its token is kept nowhere.
    pub(crate) target: Option<PathBuf>,

    /// The account: its user name, or its home account id. It may be left out where the cache has one account. With a
    /// credential and without an account, the token is the application's own.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Option<String>,

    /// A scope to ask for; repeat it for several.
    #[arg(long, value_name = "SCOPE", required = true)]
    pub(crate) scope: Vec<String>,

    /// The client: where several hold tokens of the account, and of a service.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,

    /// The authority. The account's own tenant in its cloud when absent; that of a service names its tenant.
    #[arg(long, value_name = "URL")]
    pub(crate) authority: Option<String>,

    /// Asks for a token at this directory, by its GUID or its domain: as a guest there, for example.
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,

    /// What is printed of it.
    #[arg(long = "as", value_enum, default_value_t = Form::Token, value_name = "FORM")]
    pub(crate) form: Form,

    /// The mailbox to open with `--as xoauth2`, such as a shared one. The account's user name when absent.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mailbox: Option<String>,

    /// Asks for a fresh token even when a cached one is still good.
    #[arg(long)]
    pub(crate) force_refresh: bool,

    /// Passes on what an API demanded when it refused a token: a file, or - for standard input, with its
    /// `WWW-Authenticate` header or the JSON of its claims.
    #[arg(long, value_name = "FILE")]
    pub(crate) claims_challenge: Option<PathBuf>,

    /// The MSAL that reads the cache.
    #[arg(long, value_enum, default_value_t = Sdk::Python)]
    pub(crate) sdk: Sdk,

    #[command(flatten)]
    pub(crate) secrets: SecretArgs,

    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// What is printed of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// The token alone.
    Token,
    /// A line for HTTP clients: Authorization: Bearer TOKEN.
    Header,
    /// What mail servers take over IMAP, POP and SMTP (SASL XOAUTH2), in base64.
    Xoauth2,
    /// Lines for a shell to eval: MSAL_ACCESS_TOKEN, MSAL_TOKEN_TYPE and MSAL_EXPIRES_ON.
    Env,
}

pub(super) const HELP: &str = "\
Examples:
  msal token cache.json --account alice@contoso.com --scope User.Read

  For curl, and for a shell:
    msal token cache.json --scope User.Read --as header | curl -H @- URL
    eval \"$(msal token cache.json --scope User.Read --as env)\"

  For a service, which proves itself with a certificate or a secret:
    msal token --client-id ID --tenant T --certificate a.pem --scope S/.default

  For a mail program. Its scope is one of https://outlook.office.com:
  IMAP.AccessAsUser.All, POP.AccessAsUser.All or SMTP.Send:
    msal token cache.json --scope SCOPE --as xoauth2

Exit status: 0 there is a token; 3 the user must sign in: msal login; 75 the server is busy or out of reach, or it was \
stopped: run the same command again; 2 bad usage; 1 failed.";
