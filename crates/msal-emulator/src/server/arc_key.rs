//! The key file of Azure Arc: who can read it may have tokens of the machine's identity.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::directory::Secret;

/// A key file, for as long as this is kept.
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
        // From here on the file goes when this does, even half written.
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
