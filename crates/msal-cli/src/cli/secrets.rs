//! What confidential clients can be told to prove themselves with.

use clap::Args;

/// What confidential clients prove with who they are. Nothing secret is ever taken from the command line itself.
#[derive(Debug, Args)]
pub(crate) struct SecretArgs {
    /// The environment variable that holds a client's secret.
    #[arg(long, value_name = "[CLIENT_ID=]NAME")]
    pub(crate) client_secret_env: Vec<String>,

    /// The file that holds a client's secret; yours, a regular file, and closed to others (chmod 600).
    #[arg(long, value_name = "[CLIENT_ID=]FILE")]
    pub(crate) client_secret_file: Vec<String>,

    /// The file with a client's certificate and its key, in PEM or PFX; closed to others as well.
    #[arg(long, value_name = "[CLIENT_ID=]FILE")]
    pub(crate) certificate: Vec<String>,

    /// The environment variable that holds the passphrase of the certificate.
    #[arg(
        long,
        value_name = "NAME",
        requires = "certificate",
        conflicts_with = "certificate_passphrase_file"
    )]
    pub(crate) certificate_passphrase_env: Option<String>,

    /// The file that holds the passphrase of the certificate; closed to others as well.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) certificate_passphrase_file: Option<String>,

    /// Sends the certificate and its issuers along: for an application that is registered to accept all certificates of a
    /// subject name and an issuer.
    #[arg(long, requires = "certificate")]
    pub(crate) send_chain: bool,
}

impl SecretArgs {
    /// Whether there is any.
    pub(crate) fn are_given(&self) -> bool {
        [
            &self.client_secret_env,
            &self.client_secret_file,
            &self.certificate,
        ]
        .iter()
        .any(|named| !named.is_empty())
    }
}
