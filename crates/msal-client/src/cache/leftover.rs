//! What a save could not save, until one can.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use msal_core::UnixTime;

/// Whether the last save failed, and when that was tried again.
#[derive(Debug, Default)]
pub(super) struct Leftover {
    is_there: AtomicBool,
    tried_at: Mutex<Option<UnixTime>>,
}

impl Leftover {
    /// Takes note of how a save ended.
    pub(super) fn note(&self, is_saved: bool) {
        self.is_there.store(!is_saved, Ordering::Relaxed);
    }

    /// Whether the last save failed, so that something is in memory alone.
    pub(super) fn is_there(&self) -> bool {
        self.is_there.load(Ordering::Relaxed)
    }

    /// Whether it is time to try again. The time of the answer is that of the next attempt.
    pub(super) fn is_due(&self, now: UnixTime) -> bool {
        let mut tried_at = self.tried_at.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not put the next attempt off.
        let is_too_soon = tried_at.is_some_and(|at| at <= now && at.until(now) < PAUSE);
        if !is_too_soon {
            *tried_at = Some(now);
        }
        !is_too_soon
    }
}

/// A save may wait for ten seconds for a lock that somebody holds.
const PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_down_is_asked_now_and_then() {
        let leftover = Leftover::default();
        let due: Vec<_> = [100, 101, 129, 130, 131, 20, 21]
            .map(|second| leftover.is_due(UnixTime::from_secs(second)))
            .into();
        assert_eq!(due, [true, false, false, true, false, true, false]);
    }
}
