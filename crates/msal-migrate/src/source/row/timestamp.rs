//! The times that stores write beside an access token, as seconds since the epoch.
//!
//! Only used to tell roughly when a token was last refreshed, so a time without a zone is taken as UTC.

use msal_core::UnixTime;

/// Reads `YYYY-MM-DD`, then `T` or a space, then `HH:MM[:SS[.fraction]]`, then `Z`, an offset or nothing; or a number
/// of seconds or milliseconds.
pub(crate) fn parse(text: &str) -> Option<UnixTime> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return from_number(number);
    }
    let (date, time) = text.split_once(['T', ' '])?;
    let mut date = date.splitn(3, '-').map(|part| digits(part, 4));
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let clock_ends = time
        .find(|character: char| !character.is_ascii_digit() && !matches!(character, ':' | '.'))
        .unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(clock_ends)?;
    let mut clock = clock.split('.').next()?.splitn(3, ':');
    let (hour, minute) = (digits(clock.next()?, 2)?, digits(clock.next()?, 2)?);
    let second = clock.next().map_or(Some(0), |part| digits(part, 2))?;
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 25;
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    in_range.then(|| UnixTime::from_secs(seconds - offset(zone.trim()).unwrap_or(0)))
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

fn digits(text: &str, longest: usize) -> Option<i64> {
    let plausible =
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plausible.then(|| text.parse().ok())?
}

/// `+01:00` and `-0500` as seconds.
fn offset(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_at_checked(2)?;
    Some(sign * (digits(hours, 2)? * 3600 + digits(minutes.trim_start_matches(':'), 2)? * 60))
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar. March is the first month of the year here, so
/// that the leap day is the last day of it.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

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
