//! The key file of Azure Arc: programs that can read it can get tokens of the machine's identity.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::directory::Secret;

/// A key file, which is removed when this value is dropped.
#[derive(Debug)]
pub(super) struct ArcKey(PathBuf);

impl ArcKey {
    /// Writes the file, readable by its owner alone, and the folder it is in.
    pub(super) fn write(path: PathBuf, key: &Secret) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(&path)?;
        // From here on the file is removed with this value, even if it was written in part.
        let kept = Self(path);
        file.write_all(key.expose_secret().as_bytes())?;
        Ok(kept)
    }
}

impl Drop for ArcKey {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
