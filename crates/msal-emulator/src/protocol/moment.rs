//! The time of a request, as the protocol writes it.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment after 1970, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    millis: u64,
}

impl Moment {
    pub(crate) const fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    pub(crate) const fn secs(self) -> u64 {
        self.millis / 1000
    }

    pub(crate) const fn millis(self) -> u64 {
        self.millis
    }

    pub(crate) fn plus(self, span: Duration) -> Self {
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self {
            millis: self.millis.saturating_add(span).min(LATEST),
        }
    }

    /// The time from `earlier` to here; nothing when `earlier` is later.
    pub(crate) const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.millis.saturating_sub(earlier.millis))
    }

    /// ISO 8601 with a `T` and seven decimals, as in the texts of AADSTS50173 and AADSTS700082.
    pub(crate) fn precise(self) -> String {
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self.civil();
        let ticks = self.millis % 1000 * 10_000;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ticks:07}Z")
    }

    /// The date of HTTP headers (RFC 9110 §5.6.7).
    pub(crate) fn http_date(self) -> String {
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self.civil();
        // 1970-01-01 was a Thursday.
        let name = |names: &'static str, index: u64| {
            let start = usize::try_from(index * 3).unwrap_or_default();
            names.get(start..start + 3).unwrap_or_default()
        };
        let weekday = name("ThuFriSatSunMonTueWed", self.secs() / 86_400 % 7);
        let month = name("JanFebMarAprMayJunJulAugSepOctNovDec", month - 1);
        format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }

    fn civil(self) -> Civil {
        let secs = self.secs();
        let (year, month, day) = civil_date(secs / 86_400);
        Civil {
            year,
            month,
            day,
            hour: secs / 3600 % 24,
            minute: secs / 60 % 60,
            second: secs % 60,
        }
    }
}

/// The form of `timestamp` in an error envelope: `2026-08-13 21:24:29Z`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self.civil();
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

/// Times before 1970 count as 1970, times after 9999 as the end of 9999.
impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        Self::from_millis(0).plus(time.duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

struct Civil {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

/// Gregorian date of a day counted from 1970-01-01, by whole cycles of 400, 100, 4 and 1 years
/// that start on a 1st of March, so that the leap day is the last of its year.
fn civil_date(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_FROM_MARCH_OF_YEAR_0;
    let (cycle, day_of_cycle) = (days / 146_097, days % 146_097);
    let century = (day_of_cycle / 36_524).min(3);
    let day_of_century = day_of_cycle - century * 36_524;
    let (quad, day_of_quad) = (day_of_century / 1_461, day_of_century % 1_461);
    let year_of_quad = (day_of_quad / 365).min(3);
    let day_of_year = day_of_quad - year_of_quad * 365;
    let year = cycle * 400 + century * 100 + quad * 4 + year_of_quad;
    // Months from March: 31 30 31 30 31, twice, then 31 and February.
    let month = (day_of_year * 5 + 2) / 153;
    let day = day_of_year - (month * 153 + 2) / 5 + 1;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

const DAYS_FROM_MARCH_OF_YEAR_0: u64 = 719_468;

/// 9999-12-31 23:59:59.999.
const LATEST: u64 = 253_402_300_799_999;

impl From<Moment> for SystemTime {
    fn from(moment: Moment) -> Self {
        UNIX_EPOCH + Duration::from_millis(moment.millis())
    }
}

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
