//! The core's only notion of time: whole seconds since the Unix epoch.
//!
//! The core never asks what time it is; callers pass `now`.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z.
///
/// Arithmetic saturates, so a hostile lifetime cannot wrap around into the past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The time `seconds` after the epoch; negative before it.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub fn as_secs(self) -> i64 {
        self.0
    }

    /// How long it is from `self` until `later`; zero when `later` is not later.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_secs(later.0.saturating_sub(self.0).max(0).unsigned_abs())
    }
}

impl Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_seconds(duration)))
    }
}

impl Sub<Duration> for UnixTime {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(whole_seconds(duration)))
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        let end = UnixTime::from_secs(i64::MAX);
        assert_eq!(end + Duration::from_secs(u64::MAX), end);
        let start = UnixTime::from_secs(i64::MIN);
        assert_eq!(start - Duration::from_secs(u64::MAX), start);
    }

    #[test]
    fn until_the_past_is_zero() {
        let (early, late) = (UnixTime::from_secs(10), UnixTime::from_secs(70));
        assert_eq!(early.until(late), Duration::from_secs(60));
        assert_eq!(late.until(early), Duration::ZERO);
    }
}
