//! `Retry-After` (RFC 9110 §10.2.3): how long a server asks to be left alone.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;

use crate::UnixTime;

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3600);

/// How long to wait, from the header's seconds or its HTTP date, kept between one second and one hour.
///
/// `None` when the header is absent or is neither. A negative or past value asks for the shortest wait rather than
/// none, so that a server's mistake does not turn into a tight loop.
pub fn retry_after(headers: &HeaderMap, now: UnixTime) -> Option<Duration> {
    delay_seconds(headers).or_else(|| {
        let date = parse_http_date(headers.get(RETRY_AFTER)?.to_str().ok()?)?;
        Some(now.until(date).clamp(SHORTEST, LONGEST))
    })
}

/// The header's delta-seconds form.
pub(crate) fn delay_seconds(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds: f64 = text.parse().ok()?;
    if !seconds.is_finite() {
        return None;
    }
    let whole = Duration::from_secs(seconds.max(0.0).ceil() as u64);
    Some(whole.clamp(SHORTEST, LONGEST))
}

/// An IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`, the only form RFC 9110 §5.6.7 lets a sender produce.
fn parse_http_date(text: &str) -> Option<UnixTime> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (_weekday, rest) = text.trim().split_once(", ")?;
    let mut words = rest.split(' ');
    let day: i64 = words.next()?.parse().ok()?;
    let name = words.next()?;
    let month = i64::try_from(MONTHS.iter().position(|month| *month == name)?).ok()? + 1;
    let year: i64 = words.next()?.parse().ok()?;
    let clock = words.next()?;
    if words.next() != Some("GMT") || !(1..=31).contains(&day) || !(1970..=9999).contains(&year) {
        return None;
    }
    let mut fields = clock.splitn(3, ':').map(|field| field.parse::<i64>().ok());
    let (hour, minute, second) = (fields.next()??, fields.next()??, fields.next()??);
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return None;
    }
    let days = days_from_civil(year, month, day);
    Some(UnixTime::from_secs(
        ((days * 24 + hour) * 60 + minute) * 60 + second,
    ))
}

/// Days since 1970-01-01 of a date in the Gregorian calendar, counting years from March so that the leap day is last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(value: &'static str, now: i64) -> Option<u64> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
        retry_after(&headers, UnixTime::from_secs(now)).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_are_kept_within_bounds() {
        for (value, expected) in [
            ("60", 60),
            (" 5 ", 5),
            ("0", 1),
            ("-5", 1),
            ("99999", 3600),
            ("1.2", 2),
        ] {
            assert_eq!(wait(value, 0), Some(expected), "{value}");
        }
    }

    #[test]
    fn a_date_is_a_wait_from_now() {
        // RFC 9110 §5.6.7's own example is 784111777.
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_747), Some(30));
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_999),
            Some(1),
            "past"
        );
        assert_eq!(
            wait("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_790),
            Some(10)
        );
    }

    #[test]
    fn garbage_is_no_wait() {
        for value in [
            "soon",
            "inf",
            "",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 8 GMT",
        ] {
            assert_eq!(wait(value, 0), None, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), UnixTime::from_secs(0)), None);
    }
}
