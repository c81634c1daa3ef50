//! How to log in to the server of a database.

use std::path::PathBuf;

use super::password::DatabasePassword;

/// How to log in to the server of a database.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DatabaseLogin {
    /// The password, where one is asked for.
    pub password: Option<DatabasePassword>,
    /// The certificate authorities in this file, as PEM, are trusted instead of the system's.
    pub tls_ca: Option<PathBuf>,
}
