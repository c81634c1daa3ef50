//! How far this machine's clock is from a server's, by the `Date` of an answer (RFC 9110 §6.6.1).

use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use http::header::{AGE, DATE};
use httpdate::parse_http_date;

use crate::UnixTime;

/// How far this machine's clock is from a server's, where that is more than the five minutes that tokens and assertions
/// have to spare. `Display` says it in words: `this machine's clock is 24 hours behind the server's`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClockSkew {
    /// This machine's clock is ahead by so much.
    Ahead(Duration),
    /// This machine's clock is behind by so much.
    Behind(Duration),
}

impl ClockSkew {
    /// What the headers of an answer show that arrives at `now`; `None` where they name no time, or about the same.
    pub fn of(headers: &HeaderMap, now: UnixTime) -> Option<Self> {
        let server =
            UnixTime::from(parse_http_date(headers.get(DATE)?.to_str().ok()?.trim()).ok()?);
        // RFC 9111 §5.1: an answer out of a cache is older than it arrives by its age.
        let server = server + age(headers);
        let (ahead, behind) = (server.until(now), now.until(server));
        match () {
            () if ahead > TOLERANCE => Some(Self::Ahead(ahead)),
            () if behind > TOLERANCE => Some(Self::Behind(behind)),
            () => None,
        }
    }

    /// By how many seconds this machine's clock is ahead; negative where it is behind.
    pub fn as_secs(self) -> i64 {
        let secs = |by: Duration| i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        match self {
            Self::Ahead(by) => secs(by),
            Self::Behind(by) => -secs(by),
        }
    }
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (by, way) = match self {
            Self::Ahead(by) => (by, "ahead of"),
            Self::Behind(by) => (by, "behind"),
        };
        let by = match by.as_secs() / 60 {
            minutes @ ..120 => format!("{minutes} minutes"),
            minutes @ ..2880 => format!("{} hours", (minutes + 30) / 60),
            minutes => format!("{} days", (minutes + 720) / 1440),
        };
        write!(formatter, "this machine's clock is {by} {way} the server's")
    }
}

fn age(headers: &HeaderMap) -> Duration {
    let seconds = headers
        .get(AGE)
        .and_then(|age| age.to_str().ok()?.trim().parse().ok());
    // RFC 9111 §1.2.2: 2^31 stands for all that is more.
    Duration::from_secs(seconds.unwrap_or(0).min(1 << 31))
}

/// What Entra allows for in the times of an assertion.
const TOLERANCE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const NOON: &str = "Sun, 06 Nov 1994 12:00:00 GMT";
    const NOON_SECS: i64 = 784_123_200;

    fn skew(date: &'static str, age: Option<&'static str>, now: i64) -> Option<ClockSkew> {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static(date));
        if let Some(age) = age {
            headers.insert(AGE, HeaderValue::from_static(age));
        }
        ClockSkew::of(&headers, UnixTime::from_secs(now))
    }

    #[test]
    fn more_than_five_minutes_are_noticed_either_way() {
        for (now, expected) in [
            (NOON_SECS, None),
            (NOON_SECS + 300, None),
            (NOON_SECS - 300, None),
            (
                NOON_SECS + 301,
                Some("this machine's clock is 5 minutes ahead of the server's"),
            ),
            (
                NOON_SECS - 7200,
                Some("this machine's clock is 2 hours behind the server's"),
            ),
            (
                NOON_SECS - 86_400,
                Some("this machine's clock is 24 hours behind the server's"),
            ),
            (
                NOON_SECS + 10 * 86_400,
                Some("this machine's clock is 10 days ahead of the server's"),
            ),
        ] {
            let said = skew(NOON, None, now).map(|skew| skew.to_string());
            assert_eq!(said.as_deref(), expected, "{now}");
        }
        assert_eq!(
            skew(NOON, None, NOON_SECS - 600).map(ClockSkew::as_secs),
            Some(-600)
        );
    }

    #[test]
    fn an_answer_out_of_a_cache_is_as_old_as_it_says() {
        assert_eq!(skew(NOON, Some("86400"), NOON_SECS + 86_400), None);
        let odd = skew(NOON, Some("-1"), NOON_SECS + 600);
        assert_eq!(odd, Some(ClockSkew::Ahead(Duration::from_secs(600))));
    }

    #[test]
    fn what_is_no_date_says_nothing() {
        for odd in ["", "yesterday", "784123200"] {
            assert_eq!(skew(odd, None, 0), None, "{odd}");
        }
        assert_eq!(ClockSkew::of(&HeaderMap::new(), UnixTime::default()), None);
    }
}
