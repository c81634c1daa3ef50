//! The core's only notion of time: whole seconds since the Unix epoch.
//!
//! The core never asks what time it is; callers pass `now`.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime};

use thiserror::Error;
use time::OffsetDateTime;

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z.
///
/// Arithmetic saturates, so a hostile lifetime cannot wrap around into the past. `Display` writes UTC as RFC 3339 does,
/// `2026-11-28T09:30:00Z`, and a time that has no such form, which a server may name, in seconds: `@99999999999999`.
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

/// RFC 3339 §5.6 has four digits for the year.
impl fmt::Display for UnixTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match OffsetDateTime::from_unix_timestamp(self.0) {
            Ok(date) if date.year() >= 0 => {
                let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
                let (hour, minute, second) = date.to_hms();
                write!(
                    formatter,
                    "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
                )
            }
            _ => write!(formatter, "@{}", self.0),
        }
    }
}

/// The whole second that `time` is in.
impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self::default() + after,
            Err(error) => {
                let before = error.duration();
                let part = u64::from(before.subsec_nanos() > 0);
                Self::default() - before - Duration::from_secs(part)
            }
        }
    }
}

impl TryFrom<UnixTime> for SystemTime {
    type Error = TimeOutOfRange;

    fn try_from(time: UnixTime) -> Result<Self, Self::Error> {
        let distance = Duration::from_secs(time.0.unsigned_abs());
        let found = match time.0 {
            ..0 => Self::UNIX_EPOCH.checked_sub(distance),
            0.. => Self::UNIX_EPOCH.checked_add(distance),
        };
        found.ok_or(TimeOutOfRange)
    }
}

/// The system's times do not reach that far: a server may name any lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the time is out of the range of the system's times")]
#[non_exhaustive]
pub struct TimeOutOfRange;

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
    fn a_system_time_is_the_second_it_is_in() {
        let at = |milliseconds: i64| {
            let distance = Duration::from_millis(milliseconds.unsigned_abs());
            match milliseconds < 0 {
                true => SystemTime::UNIX_EPOCH - distance,
                false => SystemTime::UNIX_EPOCH + distance,
            }
        };
        for (milliseconds, seconds) in [
            (0, 0),
            (999, 0),
            (1000, 1),
            (1_700_000_000_123, 1_700_000_000),
            (-1, -1),
            (-1000, -1),
            (-1001, -2),
        ] {
            let time = UnixTime::from(at(milliseconds));
            assert_eq!(time, UnixTime::from_secs(seconds), "{milliseconds}");
            assert_eq!(SystemTime::try_from(time), Ok(at(1000 * seconds)));
        }
    }

    #[test]
    fn a_time_that_the_system_has_not_is_an_error_and_no_panic() {
        for seconds in [i64::MIN, -i64::MAX, i64::MAX] {
            match SystemTime::try_from(UnixTime::from_secs(seconds)) {
                Ok(time) => assert_eq!(UnixTime::from(time).0, seconds.max(-i64::MAX)),
                Err(error) => assert_eq!(error, TimeOutOfRange),
            }
        }
    }

    #[test]
    fn a_time_is_shown_as_a_date_where_it_has_one() {
        for (seconds, shown) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (1_709_210_096, "2024-02-29T12:34:56Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (253_402_300_800, "@253402300800"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (-62_167_219_201, "@-62167219201"),
            (i64::MAX, "@9223372036854775807"),
            (i64::MIN, "@-9223372036854775808"),
        ] {
            assert_eq!(UnixTime::from_secs(seconds).to_string(), shown);
        }
    }

    #[test]
    fn until_the_past_is_zero() {
        let (early, late) = (UnixTime::from_secs(10), UnixTime::from_secs(70));
        assert_eq!(early.until(late), Duration::from_secs(60));
        assert_eq!(late.until(early), Duration::ZERO);
    }
}
