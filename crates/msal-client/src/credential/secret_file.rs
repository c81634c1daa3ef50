//! Reading small files that hold a secret.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use msal_core::SecretBuffer;

/// Reads a file of at most so many bytes. The buffer has room for all of them, as one that grows leaves copies behind.
pub(super) fn read(path: &Path, largest: usize) -> io::Result<SecretBuffer> {
    let mut bytes = SecretBuffer::with_capacity(largest + PROBE);
    let file = File::open(path)?;
    let read = file.take(largest as u64 + 1).read_to_end(&mut bytes)?;
    match read > largest {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(bytes),
    }
}

/// What reading to the end asks for beyond what is there.
const PROBE: usize = 64;
