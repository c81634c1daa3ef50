//! The lock of msal-extensions, so that programs using MSAL Python's `PersistedTokenCache` wait for us and we for them.
//!
//! Their protocol: create `<cache>.lockfile` with `O_EXCL`; with portalocker installed, also `flock` it; write
//! `<pid> <name>` into it; delete it when done. Without portalocker a file left by a killed program blocks them until
//! somebody deletes it; here it is taken over once its writer is known to be gone. We delete before we unlock: the
//! other order lets a third process lock a new file of that name while a second one locks the old.
//!
//! It cannot be made safe from this side alone, since they go on without the lock after five seconds: hence our own
//! lock among ourselves, and versions that notice a change made behind our back.

use std::{
    fs::{File, TryLockError},
    io::{self, ErrorKind, Read as _, Seek as _, Write as _},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use private_file::{Error, Folder, Lock, is_alive};

use super::cache_path::CachePath;
use crate::store::StoreError;

/// The lock, held until dropped.
#[derive(Debug)]
pub(super) struct Lockfile<'a> {
    folder: &'a Folder,
    path: CachePath,
    lock: Lock,
    was_held_by_others: bool,
}

impl<'a> Lockfile<'a> {
    /// Takes the lock of the file at `cache`, waiting up to `wait` for whoever holds it. The caller holds our own lock already, so that
    /// nobody of ours competes for a file left behind.
    ///
    /// There is nothing to block on, as the lock is the existence of a file: hence the looking again and again, only
    /// while a foreign program holds it.
    pub(super) fn acquire(
        folder: &'a Folder,
        cache: &CachePath,
        wait: Duration,
    ) -> Result<Self, StoreError> {
        let path = cache.beside(SUFFIX);
        let deadline = Instant::now() + wait;
        let mut pause = FIRST_PAUSE;
        let mut was_held_by_others = false;
        loop {
            let holder = match attempt(folder, &path)? {
                Attempt::Taken(lock) => {
                    return Ok(Self {
                        folder,
                        path,
                        lock,
                        was_held_by_others,
                    });
                }
                Attempt::Held(holder) => holder,
            };
            was_held_by_others = true;
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StoreError::locked(path.to_string(), holder));
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether somebody else held it first. That was not one of ours, who hold our own lock meanwhile.
    pub(super) fn was_held_by_others(&self) -> bool {
        self.was_held_by_others
    }

    /// Whether a program that is still running holds the lock. Changes nothing, and takes what cannot be looked at for
    /// nobody.
    pub(super) fn is_held(folder: &Folder, cache: &CachePath) -> bool {
        let Ok(Some(mut file)) = folder.open_unvetted(cache.beside(SUFFIX).name()) else {
            return false;
        };
        Holder::read(&mut file).is_ok_and(|holder| {
            !holder.is_gone() || matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
        })
    }

    /// Who says to hold the lock, for messages.
    pub(super) fn holder(folder: &Folder, cache: &CachePath) -> Option<String> {
        let mut file = folder.open_unvetted(cache.beside(SUFFIX).name()).ok()??;
        Holder::read(&mut file).ok()?.name()
    }
}

impl Drop for Lockfile<'_> {
    fn drop(&mut self) {
        let name = self.path.name();
        // The file goes first, then the lock on it.
        if self.folder.is_same(name, &self.lock).unwrap_or(false)
            && self.folder.remove(name).is_err()
        {
            // Best effort: a file without a signature is soon taken over, one that names a living process is not.
            drop(self.lock.set_len(0));
        }
    }
}

enum Attempt {
    Taken(Lock),
    Held(Option<String>),
}

fn attempt(folder: &Folder, path: &CachePath) -> Result<Attempt, StoreError> {
    match folder.create_file(path.name()) {
        Ok(file) => take(folder, path, file),
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {
            take_over(folder, path)
        }
        Err(error) => Err(path.failed("lock", error)),
    }
}

/// Takes the file of somebody who is gone.
fn take_over(folder: &Folder, path: &CachePath) -> Result<Attempt, StoreError> {
    let opened = folder.open_to_write(path.name());
    let Some((mut file, _)) = opened.map_err(|error| path.failed("lock", error))? else {
        return Ok(Attempt::Held(None));
    };
    let holder = Holder::read(&mut file).map_err(|error| path.io_failed("lock", error))?;
    if holder.is_gone() {
        take(folder, path, file)
    } else {
        Ok(Attempt::Held(holder.name()))
    }
}

fn take(folder: &Folder, path: &CachePath, file: File) -> Result<Attempt, StoreError> {
    let failed = |error| path.io_failed("lock", error);
    match Lock::try_new(file).map_err(failed)? {
        Ok(mut lock) => {
            let is_same = folder.is_same(path.name(), &lock);
            // Its holder, or somebody who waited for it, may have deleted it in the meantime.
            if !is_same.map_err(|error| path.failed("lock", error))? {
                return Ok(Attempt::Held(None));
            }
            sign(&mut lock).map_err(failed)?;
            Ok(Attempt::Taken(lock))
        }
        Err(mut file) => Ok(Attempt::Held(
            Holder::read(&mut file).map_err(failed)?.name(),
        )),
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(signature().as_bytes())
}

/// Who a lock file says holds it.
struct Holder {
    text: String,
    age: Duration,
}

impl Holder {
    fn read(file: &mut File) -> io::Result<Self> {
        let mut text = Vec::new();
        file.rewind()?;
        file.take(LONGEST_NAME).read_to_end(&mut text)?;
        Ok(Self {
            text: String::from_utf8_lossy(&text).into_owned(),
            age: private_file::age(file)?,
        })
    }

    /// Whether the process that made the file has ended. One that has not signed yet is given a moment. A signature of
    /// our own is something we failed to delete: we hold our own lock, so no other thread of ours is at work.
    fn is_gone(&self) -> bool {
        if self.text == signature() {
            return true;
        }
        match self.text.split_whitespace().next().map(str::parse) {
            Some(Ok(pid)) => !is_alive(pid, self.age),
            Some(Err(_)) | None => self.age > TIME_TO_SIGN,
        }
    }

    /// For messages: one line without control characters.
    fn name(&self) -> Option<String> {
        let line: String = self
            .text
            .trim()
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        if line.is_empty() { None } else { Some(line) }
    }
}

/// What msal-extensions writes: the process id and the program's name.
fn signature() -> String {
    let program = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&program).file_name().unwrap_or_default();
    format!("{} {}", std::process::id(), name.to_string_lossy())
}

const SUFFIX: &str = ".lockfile";
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
const TIME_TO_SIGN: Duration = Duration::from_secs(1);
const LONGEST_NAME: u64 = 200;
