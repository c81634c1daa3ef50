//! What the sessions with servers share: a runtime that is only theirs, whom they trust, and how long they wait.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_native_certs::load_native_certs;
use tokio::runtime::{Builder, Runtime};

use super::error::DatabaseError;

/// A runtime that runs on the thread that waits for it.
pub(super) fn runtime() -> Result<Runtime, DatabaseError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| DatabaseError::lost(&error))
}

/// The certificate authorities that may vouch for a server: those in `file`, or the system's.
pub(super) fn authorities(
    file: Option<&Path>,
) -> Result<Vec<CertificateDer<'static>>, DatabaseError> {
    let Some(path) = file else {
        let mut system = load_native_certs().certs;
        // Systems have some that are none.
        system.retain(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
        return Ok(system);
    };
    let unreadable = |reason: &dyn std::fmt::Display| DatabaseError::Authorities {
        file: path.display().to_string(),
        reason: reason.to_string(),
    };
    let bytes = fs::read(path).map_err(|error| unreadable(&error))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(unreadable(&"it has no certificate")),
        Ok(certificates) => Ok(certificates),
        Err(_quotes) => Err(unreadable(&"it is not PEM")),
    }
}

/// How long a server is waited for when it is told that nothing more is wanted.
#[cfg(feature = "mysql")]
pub(super) const FAREWELL: Duration = Duration::from_millis(500);

/// How long a server may take to be reached and to log in.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// After this long without a word from a server it is asked whether it is still there.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(30);
