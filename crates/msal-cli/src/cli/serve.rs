//! What `emulator serve` can be told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Tenants, users, applications and behaviour, as TOML. A sample directory when absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The port; 0 takes a free one. What the configuration says when absent, and else 8443.
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,

    /// Serves the admin API on this port of this machine: clock, faults, users, what was asked. 0 takes a free one.
    #[arg(long, value_name = "N")]
    pub(crate) admin_port: Option<u16>,

    /// Serves the managed identity endpoints over plain HTTP on this port of this machine; 0 takes a free one.
    #[arg(long, value_name = "N")]
    pub(crate) managed_identity_port: Option<u16>,

    /// Keeps Azure Arc's key in this file while it runs; MSAL looks for it in /var/opt/azcmagent/tokens.
    #[arg(long, value_name = "FILE")]
    pub(crate) arc_key_file: Option<String>,

    /// Where to write the certificate authority that clients must trust; in the place of an earlier one, of nothing else.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_out: Option<PathBuf>,

    /// Appends one JSON line for each request; secrets are left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) audit: Option<PathBuf>,

    /// Answers token requests this much later.
    #[arg(long, default_value_t = 0, value_name = "MILLISECONDS")]
    pub(crate) latency: u64,

    /// Signs with a constant: for load tests. Such tokens cannot be verified.
    #[arg(long)]
    pub(crate) cheap_signatures: bool,

    /// What happens to a refresh token that was redeemed. What the configuration says when absent.
    #[arg(long, value_enum)]
    pub(crate) rotation: Option<ServeRotation>,
}

/// What happens to a refresh token that was redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServeRotation {
    /// It stays valid, as at Entra.
    Reusable,
    /// It is spent.
    SingleUse,
    /// It is spent, and presenting it again revokes all tokens of the sign-in.
    ReuseDetection,
}

pub(super) const HELP: &str = "\
Examples:
  msal emulator serve
  msal emulator serve --port 0 --ca-out ca.pem --format json
  msal emulator serve --config tenants.toml --admin-port 8444 --audit log.jsonl

Ports, delay and rotation may stand in the configuration; what is typed here comes first. SIGINT and SIGTERM stop it, with \
exit status 0; 2 bad usage; 1 it could not start.";
