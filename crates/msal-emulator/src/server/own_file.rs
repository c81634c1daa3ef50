//! Files that the server writes: new ones, and those that a server has written before.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::directory::{Certificate, der};

/// Who may read a file that is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Whoever the user's settings let.
    Anybody,
    Owner,
}

/// Writes `content` to a file. One that holds anything is replaced only if `is_ours` knows what it holds; answers whether
/// it was written. What is no regular file, such as `/dev/stdout`, keeps nothing that could be lost.
pub(super) fn write(
    path: &Path,
    content: &[u8],
    access: Access,
    is_ours: impl Fn(&[u8]) -> bool,
) -> io::Result<bool> {
    let kept = std::fs::metadata(path).is_ok_and(|known| !known.is_file());
    if kept {
        let mut file = OpenOptions::new().write(true).open(path)?;
        return file.write_all(content).map(|()| true);
    }
    let mut file = open(path, access)?;
    // It is read and written under one handle, so that nobody can put another file in between.
    let mut held = Vec::new();
    (&mut file).take(LARGEST).read_to_end(&mut held)?;
    if !held.is_empty() && !is_ours(&held) {
        return Ok(false);
    }
    file.set_len(0)?;
    file.rewind()?;
    let written = file.write_all(content);
    if written.is_err() {
        // Half a file would not be known as ours the next time.
        file.set_len(0)?;
    }
    written.map(|()| true)
}

/// Whether these bytes are one certificate of an authority of this crate, and nothing else.
pub(super) fn is_authority(held: &[u8], name: &str) -> bool {
    let one = || {
        let text = std::str::from_utf8(held).ok()?.trim();
        let body = text.strip_prefix("-----BEGIN CERTIFICATE-----")?;
        let body = body.strip_suffix("-----END CERTIFICATE-----")?;
        (!body.contains('-')).then_some(())?;
        der(body)
    };
    one().is_some_and(|der| {
        let mut parts = der.windows(name.len());
        parts.any(|part| part == name.as_bytes()) && Certificate::from_der(&der).is_ok()
    })
}

/// Opens a file, or makes one.
fn open(path: &Path, access: Access) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    if access == Access::Owner {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = access;
    options.open(path)
}

/// More than a certificate or a key is long.
const LARGEST: u64 = 64 * 1024;
