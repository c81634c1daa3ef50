//! Both locks of a cache file.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use private_file::{Folder, Lock};

use super::{cache_path::CachePath, lockfile::Lockfile};
use crate::store::StoreError;

/// Nobody else writes while this is held, as far as they keep to the locks.
#[derive(Debug)]
pub(super) struct Locks<'a> {
    lockfile: Option<Lockfile<'a>>,
    own: Lock,
    since: Instant,
}

impl<'a> Locks<'a> {
    /// Takes the lock among programs that use this library, then that of msal-extensions; waits up to `wait` for each,
    /// and for as long again whenever the cache has been written meanwhile.
    pub(super) fn acquire(
        folder: &'a Folder,
        path: &CachePath,
        wait: Duration,
    ) -> Result<Self, StoreError> {
        let mut own = acquire_own(folder, path, wait)?;
        let lockfile = moving(folder, path, || Lockfile::acquire(folder, path, wait))?;
        if lockfile.was_held_by_others() {
            mark(&mut own);
        }
        Ok(Self {
            lockfile: Some(lockfile),
            own,
            since: Instant::now(),
        })
    }
}

impl Drop for Locks<'_> {
    fn drop(&mut self) {
        // The other way round, somebody would hold our lock and wait for the other one.
        self.lockfile = None;
        // msal-extensions cannot queue: it looks every quarter of a second, and after five seconds it goes on without a lock.
        // Where it has been seen, it is left half of the time, so that one of its twenty looks succeeds.
        if was_marked_lately(&self.own) {
            thread::sleep(self.since.elapsed().min(LONGEST_COURTESY));
        }
    }
}

/// Leaves a note in our own lock file that msal-extensions is at work. Best effort.
fn mark(own: &mut Lock) {
    let is_empty = own.metadata().is_ok_and(|metadata| metadata.len() == 0);
    let _best_effort = match is_empty {
        true => own.write_all(b"shared with msal-extensions"),
        false => private_file::touch(own),
    };
}

fn was_marked_lately(own: &Lock) -> bool {
    let is_marked = own.metadata().is_ok_and(|metadata| metadata.len() > 0);
    is_marked && private_file::age(own).is_ok_and(|age| age < COURTESY)
}

fn acquire_own(folder: &Folder, path: &CachePath, wait: Duration) -> Result<Lock, StoreError> {
    let own = path.beside(".lock");
    moving(folder, path, || match folder.lock(own.name(), wait) {
        Ok(Some(lock)) => Ok(lock),
        // Whoever holds it holds the other one too, which has a name in it.
        Ok(None) => Err(StoreError::locked(
            own.to_string(),
            Lockfile::holder(folder, path),
        )),
        Err(error) => Err(own.failed("lock", error)),
    })
}

/// Tries to `acquire` a lock until that succeeds or fails. That somebody held it all the time counts only when nobody
/// has written the cache in that time: there may be many before us, and each of them makes progress.
fn moving<T>(
    folder: &Folder,
    path: &CachePath,
    acquire: impl Fn() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut seen = path.stamp(folder)?;
    loop {
        let locked = match acquire() {
            Err(locked @ StoreError::Locked { .. }) => locked,
            done => return done,
        };
        let now = path.stamp(folder)?;
        if now == seen {
            return Err(locked);
        }
        seen = now;
    }
}

/// For how long msal-extensions is taken to be at work after it was last seen.
const COURTESY: Duration = Duration::from_secs(10);

/// No save takes longer, but for a computer that was asleep meanwhile.
const LONGEST_COURTESY: Duration = Duration::from_secs(1);
