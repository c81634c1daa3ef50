//! Files with keys.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use msal_core::SecretBuffer;

use crate::error::CertificateError;

pub(super) fn file(path: &Path) -> Result<SecretBuffer, CertificateError> {
    read(path).map_err(|error| CertificateError::Unreadable {
        place: path.display().to_string(),
        kind: error.kind(),
    })
}

fn read(path: &Path) -> io::Result<SecretBuffer> {
    let mut bytes = SecretBuffer::with_capacity(16 << 10);
    let read = File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    match read as u64 > LARGEST {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(bytes),
    }
}

/// A key and a long chain have a hundredth of it.
const LARGEST: u64 = 1 << 20;
