//! The clock of an emulator: that of its callers, moved by what a test asked for.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use crate::protocol::Moment;

/// How far the emulator's time is from its callers' time.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// In milliseconds; negative when the emulator is behind.
    ahead: AtomicI64,
}

impl Clock {
    /// The emulator's time when its caller's is `now`.
    pub(super) fn read(&self, now: SystemTime) -> Moment {
        let now = Moment::from(now).millis();
        Moment::from_millis(now.saturating_add_signed(self.ahead.load(Ordering::Relaxed)))
    }

    pub(super) fn advance(&self, millis: i64) {
        let ahead = self.ahead.load(Ordering::Relaxed);
        self.ahead
            .store(ahead.saturating_add(millis), Ordering::Relaxed);
    }

    /// Makes the emulator's time `then` at the caller's time `now`.
    pub(super) fn set(&self, then: SystemTime, now: SystemTime) {
        let millis = |time| i64::try_from(Moment::from(time).millis()).unwrap_or(i64::MAX);
        self.ahead
            .store(millis(then).saturating_sub(millis(now)), Ordering::Relaxed);
    }
}
