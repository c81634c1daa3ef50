//! The times that stores write beside an access token.
//!
//! They only tell roughly when a token was last refreshed. So a time without a zone is taken as UTC, although ADAL Python
//! writes local time, and fractions of a second are dropped.

use msal_core::UnixTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::parsing::Parsed;
use time::{PrimitiveDateTime, UtcOffset};

/// Reads a date and a time as ISO 8601 and its relatives write them: `YYYY-MM-DD`, then `T` or a space, then
/// `HH:MM[:SS[.fraction]]`, then `Z`, an offset or nothing; a number of seconds or milliseconds; or `/Date(…)/` around
/// such a number, as .NET writes times in JSON.
pub(crate) fn parse(text: &str) -> Option<UnixTime> {
    let text = text.trim();
    let dotnet = text
        .strip_prefix("/Date(")
        .and_then(|text| text.strip_suffix(")/"));
    if let Some(milliseconds) = dotnet {
        // An offset only says in which zone the time is shown.
        let end = milliseconds.get(1..)?.find(['+', '-']);
        return parse(milliseconds.get(..end.map_or(milliseconds.len(), |end| end + 1))?);
    }
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number);
    }
    let mut parsed = Parsed::new();
    let zone = parsed.parse_items(text.as_bytes(), DATE_AND_TIME).ok()?;
    let date_and_time = PrimitiveDateTime::try_from(parsed).ok()?;
    let time = date_and_time.assume_offset(offset(zone.trim_ascii_start()));
    Some(UnixTime::from_secs(time.unix_timestamp()))
}

/// Seconds since the epoch, or milliseconds where seconds would lie beyond the year 5000.
pub(crate) fn from_number(number: f64) -> Option<UnixTime> {
    let seconds = if number > 1e11 {
        number / 1000.0
    } else {
        number
    };
    (seconds.is_finite() && seconds > 0.0).then(|| UnixTime::from_secs(seconds as i64))
}

/// The offset that `zone` begins with: `+01:00` or `-0500`. Anything else is UTC, such as `Z`, or oama's ` UTC`.
fn offset(zone: &[u8]) -> UtcOffset {
    let mut parsed = Parsed::new();
    match parsed.parse_items(zone, OFFSET) {
        Ok(_rest) => UtcOffset::try_from(parsed).unwrap_or(UtcOffset::UTC),
        Err(_other) => UtcOffset::UTC,
    }
}

const DATE_AND_TIME: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[year]-[month]-[day][first [T][ ]][hour]:[minute][optional [:[second][optional [.[subsecond]]]]]"
);

const OFFSET: &[BorrowedFormatItem<'_>] = format_description!(
    version = 2,
    "[offset_hour sign:mandatory][optional [:]][offset_minute]"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_time_is_read() {
        let table = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29 23:59:59", Some(951_868_799)),
            ("2026-11-22 14:22:23.771552", Some(1_795_357_343)),
            ("2026-11-22T14:27:49.578Z", Some(1_795_357_669)),
            ("2026-11-22T14:30:05.123456789+01:00", Some(1_795_354_205)),
            ("2026-11-22T14:30:05-0530", Some(1_795_377_605)),
            ("2026-11-22 14:30 UTC", Some(1_795_357_800)),
            ("1795357490", Some(1_795_357_490)),
            ("1795357490.25", Some(1_795_357_490)),
            ("1795357490123", Some(1_795_357_490)),
            ("/Date(1795357490123)/", Some(1_795_357_490)),
            ("/Date(1795357490123+0200)/", Some(1_795_357_490)),
            ("/Date(-62135596800000)/", None),
            ("/Date()/", None),
            ("/Date(é)/", None),
            ("0001-01-01T00:00:00Z", Some(-62_135_596_800)),
            ("", None),
            ("tomorrow", None),
            ("NaN", None),
            ("inf", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-22T", None),
            ("2026-11T14:30", None),
            ("é-é-éTé:é", None),
        ];
        for (text, seconds) in table {
            assert_eq!(parse(text).map(UnixTime::as_secs), seconds, "{text}");
        }
    }
}
