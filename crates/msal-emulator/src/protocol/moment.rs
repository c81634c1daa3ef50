//! The time of a request, as the protocol writes it.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::{Date, UtcDateTime};

/// A moment after 1970, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    millis: u64,
}

impl Moment {
    pub(crate) fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    /// A moment as JWTs write it (RFC 7519 §2, `NumericDate`).
    pub(crate) fn from_secs(secs: u64) -> Self {
        Self::from_millis(secs.saturating_mul(1000))
    }

    pub(crate) fn secs(self) -> u64 {
        self.millis / 1000
    }

    /// The `nbf` of a token issued now: five minutes earlier, for APIs whose clocks are slow.
    pub(crate) fn not_before(self) -> u64 {
        self.secs().saturating_sub(300)
    }

    pub(crate) fn millis(self) -> u64 {
        self.millis
    }

    pub(crate) fn plus(self, span: Duration) -> Self {
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self {
            millis: self.millis.saturating_add(span).min(LATEST),
        }
    }

    /// The time from `earlier` to here; nothing when `earlier` is later.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.millis.saturating_sub(earlier.millis))
    }

    /// ISO 8601 with a `T` and seven decimals, as in the texts of AADSTS50173 and AADSTS700082.
    pub(crate) fn precise(self) -> String {
        let (date, (hour, minute, second)) = self.civil();
        let ticks = self.millis % 1000 * 10_000;
        format!("{date}T{hour:02}:{minute:02}:{second:02}.{ticks:07}Z")
    }

    /// The date of HTTP headers (RFC 9110 §5.6.7).
    pub(crate) fn http_date(self) -> String {
        let (date, (hour, minute, second)) = self.civil();
        let (year, month, day) = date.to_calendar_date();
        let weekday = date.weekday();
        format!("{weekday:.3}, {day:02} {month:.3} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }

    /// The Gregorian date, and hour, minute and second.
    fn civil(self) -> (Date, (u8, u8, u8)) {
        let secs = self.secs().min(LATEST / 1000);
        let secs = i64::try_from(secs).unwrap_or_default();
        // Every second of the years 1970 to 9999 has a date, so the fallback is never taken.
        let time = UtcDateTime::from_unix_timestamp(secs).unwrap_or(UtcDateTime::UNIX_EPOCH);
        (time.date(), time.as_hms())
    }
}

/// The form of `timestamp` in an error envelope: `2026-08-13 21:24:29Z`.
impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, (hour, minute, second)) = self.civil();
        write!(formatter, "{date} {hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Times before 1970 count as 1970, times after 9999 as the last second of 9999.
impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        Self::from_millis(0).plus(time.duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

impl From<Moment> for SystemTime {
    fn from(moment: Moment) -> Self {
        UNIX_EPOCH + Duration::from_millis(moment.millis())
    }
}

/// 9999-12-31 23:59:59.999.
const LATEST: u64 = 253_402_300_799_999;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_gregorian() {
        for (secs, text) in [
            (0, "1970-01-01 00:00:00Z"),
            (951_782_400, "2000-02-29 00:00:00Z"),
            (951_868_800, "2000-03-01 00:00:00Z"),
            (1_786_656_269, "2026-08-13 21:24:29Z"),
            (1_709_251_199, "2024-02-29 23:59:59Z"),
            (4_107_542_400, "2100-03-01 00:00:00Z"),
            (253_402_300_799, "9999-12-31 23:59:59Z"),
        ] {
            assert_eq!(Moment::from_millis(secs * 1000).to_string(), text);
        }
    }

    #[test]
    fn times_out_of_range_are_clamped() {
        let before = Moment::from(UNIX_EPOCH - Duration::from_secs(1));
        assert_eq!(before.millis(), 0);
        let after = before.plus(Duration::MAX);
        assert_eq!(after.to_string(), "9999-12-31 23:59:59Z");
    }

    #[test]
    fn http_dates_are_those_of_the_standard() {
        let moment = Moment::from_millis(784_111_777_000);
        assert_eq!(moment.http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn the_precise_form_has_seven_decimals() {
        let moment = Moment::from_millis(1_786_656_269_042);
        assert_eq!(moment.precise(), "2026-08-13T21:24:29.0420000Z");
    }
}
