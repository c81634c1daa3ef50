//! The operating system's lock on a file. Never stale, because the system releases it with the process.

use std::{
    fs::{File, TryLockError},
    io,
    ops::{Deref, DerefMut},
    sync::mpsc,
    thread,
    time::Duration,
};

/// A file that this process has for itself, until this is dropped.
///
/// Others are kept out only if they ask for the lock as well. The file must never be deleted while somebody may ask:
/// see [`Folder::lock`](crate::Folder::lock).
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Locks `file`, or gives it back when somebody else holds it.
    ///
    /// # Errors
    /// What the system said, where it cannot lock files.
    pub fn try_new(file: File) -> io::Result<Result<Self, File>> {
        match file.try_lock() {
            Ok(()) => Ok(Ok(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(Err(file)),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether somebody has locked `file`. Any number may ask at once without getting in each other's way; who tries to lock
    /// it at that moment may find it locked.
    ///
    /// # Errors
    /// What the system said, where it cannot lock files.
    pub fn is_held(file: &File) -> io::Result<bool> {
        match file.try_lock_shared() {
            Ok(()) => file.unlock().map(|()| false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Locks `file`, waiting up to `wait`. `None` when somebody held it all that time.
    pub(crate) fn within(file: File, wait: Duration) -> io::Result<Option<Self>> {
        match Self::try_new(file)? {
            Ok(lock) => Ok(Some(lock)),
            Err(file) => wait_for(file, wait),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave the lock to a child process that is just being started and has a copy of the file.
        drop(self.0.unlock());
    }
}

impl Deref for Lock {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl DerefMut for Lock {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.0
    }
}

/// The system wakes a waiter the moment the lock is free, but knows no time limit. So a thread waits, and whoever does
/// not want to wait any longer leaves it behind: it ends, and unlocks, as soon as it gets the lock.
fn wait_for(file: File, wait: Duration) -> io::Result<Option<Lock>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("file-lock".into())
        .spawn(move || {
            let locked = file.lock().map(|()| Lock(file));
            // Nobody waiting any more is the one way this fails, and then the file is dropped with the message.
            drop(sender.send(locked));
        })?;
    match receiver.recv_timeout(wait) {
        Ok(locked) => locked.map(Some),
        Err(_timeout) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_is_waited_for_only_so_long() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::create(folder.path().join("lock")).unwrap();
        let held = Lock::within(open(), Duration::ZERO).unwrap().unwrap();
        assert!(
            Lock::within(open(), Duration::from_millis(20))
                .unwrap()
                .is_none()
        );
        drop(held);
        // The thread left behind may get it first, but lets go at once.
        assert!(
            Lock::within(open(), Duration::from_secs(60))
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn asking_whether_a_file_is_locked_leaves_it_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::create(folder.path().join("lock")).unwrap();
        let asker = open();
        assert!(!Lock::is_held(&asker).unwrap());
        let held = Lock::try_new(open()).unwrap().unwrap();
        assert!(Lock::is_held(&asker).unwrap());
        drop(held);
        assert!(!Lock::is_held(&asker).unwrap());
        assert!(Lock::try_new(open()).unwrap().is_ok());
    }

    #[test]
    fn a_waiter_gets_the_lock_when_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::create(folder.path().join("lock")).unwrap();
        let held = Lock::within(open(), Duration::ZERO).unwrap().unwrap();
        let file = open();
        let waiter = thread::spawn(move || Lock::within(file, Duration::from_secs(60)));
        drop(held);
        assert!(waiter.join().unwrap().unwrap().is_some());
    }
}
