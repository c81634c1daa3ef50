//! Both locks of a cache file.

use std::time::Duration;

use private_file::{Folder, Lock};

use super::{cache_path::CachePath, lockfile::Lockfile};
use crate::store::StoreError;

/// Nobody else writes while this is held, as far as they keep to the locks.
#[derive(Debug)]
pub(super) struct Locks<'a> {
    // Declared first, so released first.
    _lockfile: Lockfile<'a>,
    _own: Lock,
}

impl<'a> Locks<'a> {
    /// Takes the lock among programs that use this library, then that of msal-extensions; waits up to `wait` for each.
    pub(super) fn acquire(
        folder: &'a Folder,
        path: &CachePath,
        wait: Duration,
    ) -> Result<Self, StoreError> {
        let own = path.beside(".lock");
        match folder.lock(own.name(), wait) {
            Ok(Some(lock)) => Ok(Self {
                _lockfile: Lockfile::acquire(folder, path, wait)?,
                _own: lock,
            }),
            // Whoever holds it holds the other one too, which has a name in it.
            Ok(None) => Err(StoreError::locked(
                own.to_string(),
                Lockfile::holder(folder, path),
            )),
            Err(error) => Err(own.failed("lock", error)),
        }
    }
}
