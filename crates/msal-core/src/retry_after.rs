//! When a request may be sent again (`Retry-After`, RFC 9110 §10.2.3).

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use httpdate::parse_http_date;

use crate::UnixTime;

/// How long to wait, from the header's seconds or its HTTP date, kept between one second and one hour.
///
/// `None` when the header is absent or is neither. A negative or past value asks for the shortest wait rather than
/// none, so that a server's mistake does not turn into a tight loop.
pub fn retry_after(headers: &HeaderMap, now: UnixTime) -> Option<Duration> {
    // RFC 9110 §10.2.3: Retry-After = HTTP-date / delay-seconds
    delay_seconds(headers).or_else(|| {
        let date = date(headers.get(RETRY_AFTER)?.to_str().ok()?.trim())?;
        Some(now.until(date).clamp(SHORTEST, LONGEST))
    })
}

/// Whether a status says that the same request may succeed later.
pub(crate) fn is_temporary(status: StatusCode) -> bool {
    // RFC 6585 §4 (429), RFC 9110 §15.5.9 (408) and §15.6 (5xx, where the server is aware that it has erred).
    let is_busy = matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
    );
    is_busy || status.is_server_error()
}

/// The header's delay-seconds form.
pub(crate) fn delay_seconds(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    // RFC 9110 §10.2.3 has whole seconds only. A fraction is rounded up, so that no request comes too early.
    let seconds: f64 = text.parse().ok()?;
    if !seconds.is_finite() {
        return None;
    }
    let whole = Duration::from_secs(seconds.max(0.0).ceil() as u64);
    Some(whole.clamp(SHORTEST, LONGEST))
}

/// RFC 9110 §5.6.7: "A recipient that parses a timestamp value in an HTTP field MUST accept all three HTTP-date
/// formats."
fn date(text: &str) -> Option<UnixTime> {
    parse_http_date(text).ok().map(UnixTime::from)
}

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3600);

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
        // The two obsolete formats, with the examples of RFC 9110 §5.6.7.
        for date in ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(wait(date, 784_111_747), Some(30), "{date}");
        }
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
