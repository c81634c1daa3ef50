//! Files with keys.

use std::path::Path;

use msal_core::SecretBuffer;

use crate::credential::secret_file;
use crate::error::CertificateError;

pub(super) fn file(path: &Path) -> Result<SecretBuffer, CertificateError> {
    secret_file::read(path, LARGEST).map_err(|error| CertificateError::Unreadable {
        place: path.display().to_string(),
        kind: error.kind(),
    })
}

/// A key and a long chain have a hundredth of it.
const LARGEST: usize = 1 << 20;
