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
    ffi::OsStr,
    fs::{File, TryLockError},
    io::{self, ErrorKind, Read as _, Seek as _, Write as _},
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime},
};

use private_file::{Folder, is_alive, vet};

use super::cache_file::failure;
use crate::store::StoreError;

/// The lock, held until dropped.
#[derive(Debug)]
pub(super) struct Lockfile<'a> {
    folder: &'a Folder,
    name: &'a OsStr,
    file: File,
}

impl<'a> Lockfile<'a> {
    /// Takes the lock, waiting up to `wait` for whoever holds it. The caller holds our own lock already, so that
    /// nobody of ours competes for a file left behind.
    ///
    /// There is nothing to block on, as the lock is the existence of a file: hence the looking again and again, only
    /// while a foreign program holds it.
    pub(super) fn acquire(
        folder: &'a Folder,
        name: &'a OsStr,
        wait: Duration,
    ) -> Result<Self, StoreError> {
        let deadline = Instant::now() + wait;
        let mut pause = FIRST_PAUSE;
        loop {
            let holder = match attempt(folder, name)? {
                Attempt::Taken(file) => return Ok(Self { folder, name, file }),
                Attempt::Held(holder) => holder,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StoreError::locked(folder.place(name), holder));
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether a program that is still running holds the lock. Changes nothing.
    pub(super) fn is_held(folder: &Folder, name: &OsStr) -> io::Result<bool> {
        let Some(mut file) = folder.open_file(name)? else {
            return Ok(false);
        };
        Ok(!Holder::read(&mut file)?.is_gone()
            || matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Who says to hold the lock, for messages.
    pub(super) fn holder(folder: &Folder, name: &OsStr) -> Option<String> {
        let mut file = folder.open_file(name).ok()??;
        Holder::read(&mut file).ok()?.name()
    }
}

impl Drop for Lockfile<'_> {
    fn drop(&mut self) {
        if self.folder.is_same(self.name, &self.file).unwrap_or(false)
            && self.folder.remove(self.name).is_err()
        {
            // Best effort: a file without a signature is soon taken over, one that names a living process is not.
            drop(self.file.set_len(0));
        }
        // Closing alone would leave the lock to a child process that is just being started and has a copy of the file.
        drop(self.file.unlock());
    }
}

enum Attempt {
    Taken(File),
    Held(Option<String>),
}

fn attempt(folder: &Folder, name: &OsStr) -> Result<Attempt, StoreError> {
    let failed = |error| failure("lock", folder.place(name), error);
    match folder.create_file(name) {
        Ok(file) => take(folder, name, file).map_err(failed),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => take_over(folder, name),
        Err(error) => Err(failed(error)),
    }
}

/// Takes the file of somebody who is gone.
fn take_over(folder: &Folder, name: &OsStr) -> Result<Attempt, StoreError> {
    let failed = |error| failure("lock", folder.place(name), error);
    let Some(mut file) = folder.open_lock(name).map_err(failed)? else {
        return Ok(Attempt::Held(None));
    };
    if let Err(reason) = vet(&file).map_err(failed)? {
        return Err(StoreError::not_ours(folder.place(name), reason));
    }
    let holder = Holder::read(&mut file).map_err(failed)?;
    if holder.is_gone() {
        take(folder, name, file).map_err(failed)
    } else {
        Ok(Attempt::Held(holder.name()))
    }
}

fn take(folder: &Folder, name: &OsStr, mut file: File) -> io::Result<Attempt> {
    match file.try_lock() {
        // Its holder, or somebody who waited for it, may have deleted it in the meantime.
        Ok(()) if !folder.is_same(name, &file)? => Ok(Attempt::Held(None)),
        Ok(()) => {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(signature().as_bytes())?;
            Ok(Attempt::Taken(file))
        }
        Err(TryLockError::WouldBlock) => Ok(Attempt::Held(Holder::read(&mut file)?.name())),
        Err(TryLockError::Error(error)) => Err(error),
    }
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
        let modified = file.metadata()?.modified()?;
        Ok(Self {
            text: String::from_utf8_lossy(&text).into_owned(),
            // A time in the future is a clock that was set back: the file may be new.
            age: SystemTime::now()
                .duration_since(modified)
                .unwrap_or_default(),
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

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
const TIME_TO_SIGN: Duration = Duration::from_secs(1);
const LONGEST_NAME: u64 = 200;
