//! The key file of Azure Arc: programs that can read it can get tokens of the machine's identity.

use std::io;
use std::path::PathBuf;

use super::own_file::{self, Access};
use crate::directory::Secret;

/// A key file, which is removed when this value is dropped.
#[derive(Debug)]
pub(super) struct ArcKey(PathBuf);

impl ArcKey {
    /// Writes the file, readable by its owner alone, and the folder it is in. `None` if it holds another text: a server
    /// that was killed leaves its key behind, and nothing else.
    pub(super) fn write(path: PathBuf, key: &Secret) -> io::Result<Option<Self>> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let key = key.expose_secret().as_bytes();
        let written = own_file::write(&path, key, Access::Owner, |held| held == key)?;
        // A value that is made is dropped, and the file with it, so none is made for what is not ours.
        Ok(written.then(|| Self(path)))
    }
}

impl Drop for ArcKey {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
