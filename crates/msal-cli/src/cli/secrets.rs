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
        conflicts_with = "certificate_passphrase_file"
    )]
    pub(crate) certificate_passphrase_env: Option<String>,

    /// The file that holds the passphrase of the certificate; closed to others as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate_passphrase_file: Option<String>,

    /// Sends the certificate and its issuers along: for an application that is registered to accept all certificates of a
    /// subject name and an issuer.
    #[arg(long)]
    pub(crate) send_chain: bool,
}

impl SecretArgs {
    /// The option that says something about a certificate, where none is named. The parser cannot tell: a certificate that
    /// is set counts as absent for it.
    pub(crate) fn without_certificate(&self) -> Option<&'static str> {
        let options = [
            (
                "--certificate-passphrase-env",
                self.certificate_passphrase_env.is_some(),
            ),
            (
                "--certificate-passphrase-file",
                self.certificate_passphrase_file.is_some(),
            ),
            ("--send-chain", self.send_chain),
        ];
        let given = options.into_iter().find(|(_, is_given)| *is_given);
        given
            .filter(|_| self.certificate.is_empty())
            .map(|(option, _)| option)
    }

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
