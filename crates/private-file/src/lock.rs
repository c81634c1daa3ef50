//! The lock among programs that use this library: an operating-system lock on a file that is never deleted.
//!
//! Never deleted, because two processes could otherwise hold locks on two files of the same name. Never stale, because
//! the system releases it with the process.

use std::{
    fs::{File, TryLockError},
    io,
    sync::mpsc,
    thread,
    time::Duration,
};

/// The lock, held until dropped.
#[derive(Debug)]
pub struct OwnLock(File);

impl Drop for OwnLock {
    fn drop(&mut self) {
        // Closing alone would leave the lock to a child process that is just being started and has a copy of the file.
        drop(self.0.unlock());
    }
}

/// Locks `file` exclusively, waiting up to `wait`. `None` when somebody held it all that time.
pub fn lock_within(file: File, wait: Duration) -> io::Result<Option<OwnLock>> {
    match file.try_lock() {
        Ok(()) => Ok(Some(OwnLock(file))),
        Err(TryLockError::WouldBlock) => wait_for(file, wait),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The system wakes a waiter the moment the lock is free, but knows no time limit. So a thread waits, and whoever does
/// not want to wait any longer leaves it behind: it ends, and unlocks, as soon as it gets the lock.
fn wait_for(file: File, wait: Duration) -> io::Result<Option<OwnLock>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("cache-lock".into())
        .spawn(move || {
            let locked = file.lock().map(|()| OwnLock(file));
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
        let held = lock_within(open(), Duration::ZERO).unwrap().unwrap();
        assert!(
            lock_within(open(), Duration::from_millis(20))
                .unwrap()
                .is_none()
        );
        drop(held);
        // The thread left behind may get it first, but lets go at once.
        assert!(
            lock_within(open(), Duration::from_secs(60))
                .unwrap()
                .is_some()
        );
    }

    #[test]
    fn a_waiter_gets_the_lock_when_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let open = || File::create(folder.path().join("lock")).unwrap();
        let held = lock_within(open(), Duration::ZERO).unwrap().unwrap();
        let file = open();
        let waiter = thread::spawn(move || lock_within(file, Duration::from_secs(60)));
        drop(held);
        assert!(waiter.join().unwrap().unwrap().is_some());
    }
}
