//! Why a server did not start.

use std::io;
use std::path::PathBuf;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The port cannot be bound.
    #[error("cannot listen on port {port} of the loopback interface")]
    #[non_exhaustive]
    Bind {
        /// The port asked for.
        port: u16,
        /// What the operating system says.
        source: io::Error,
    },
    /// No certificate can be made, mostly because of a name that is not a host name.
    #[error("cannot make a certificate: {reason}")]
    #[non_exhaustive]
    Certificate {
        /// What is wrong.
        reason: String,
    },
    /// A file that the server was told to write holds something else. It is left as it is.
    #[error("{} holds something else than {what}, and is not overwritten", path.display())]
    #[non_exhaustive]
    Occupied {
        /// The file.
        path: PathBuf,
        /// What it would hold if a server had written it.
        what: &'static str,
    },
    /// Azure Arc's key cannot be written.
    #[error("cannot write Azure Arc's key to {}", path.display())]
    #[non_exhaustive]
    WriteArcKey {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The certificate cannot be written.
    #[error("cannot write the certificate to {}", path.display())]
    #[non_exhaustive]
    WriteCa {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}
