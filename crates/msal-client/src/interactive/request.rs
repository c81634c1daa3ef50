//! What came over a connection to the receiver: as much of HTTP/1.1 (RFC 9112) as a browser needs that brings an answer, and
//! nothing else.

use http::StatusCode;

use msal_core::{AuthResponse, AuthResponseError, ResponseMode};

/// The longest head of a request: browsers send one or two KiB. An answer in the query is in it.
pub(super) const LONGEST_HEAD: usize = 8 * 1024;
/// The longest form.
pub(super) const LONGEST_BODY: usize = 64 * 1024;

/// Where the receiver is, and how the answer comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) port: u16,
    pub(super) mode: ResponseMode,
}

/// The head of a request that may bring an answer.
#[derive(Debug, PartialEq)]
pub(super) enum Head<'a> {
    /// A form of so many bytes follows.
    Form(usize),
    /// The query.
    Query(&'a str),
}

/// A request that brings no answer: what to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) StatusCode);

/// Reads a head, without the empty line at its end.
pub(super) fn head<'a>(bytes: &'a [u8], place: Place) -> Result<Head<'a>, Refused> {
    let bad = Refused(StatusCode::BAD_REQUEST);
    let text = std::str::from_utf8(bytes).map_err(|_unspecific| bad)?;
    let mut lines = text.split("\r\n");
    let mut line = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
        (line.next(), line.next(), line.next(), line.next())
    else {
        return Err(bad);
    };
    let headers = Headers::parse(lines)?;
    // A page of another site may have made its own name mean this machine: RFC 9110 §7.2 has browsers say which name it was.
    check_host(headers.one("host")?.ok_or(bad)?, place.port)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    // The redirect URI has no path, which is the root (RFC 9112 §3.2.1).
    if path != "/" {
        return Err(Refused(StatusCode::NOT_FOUND));
    }
    // RFC 9112 §6.1: what has both of these may be an attempt to smuggle a request; browsers send forms with a length.
    if headers.one("transfer-encoding")?.is_some() {
        return Err(bad);
    }
    let length = headers.one("content-length")?;
    match (method, place.mode) {
        ("POST", ResponseMode::FormPost) => {
            let kind = headers.one("content-type")?.unwrap_or_default();
            let kind = kind.split(';').next().unwrap_or_default().trim();
            if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
                return Err(Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE));
            }
            let length = length.ok_or(Refused(StatusCode::LENGTH_REQUIRED))?;
            form_length(length).map(Head::Form)
        }
        ("GET", ResponseMode::Query) if length.is_none_or(|length| length == "0") => {
            Ok(Head::Query(query))
        }
        _ => Err(Refused(StatusCode::METHOD_NOT_ALLOWED)),
    }
}

/// What a form or a query says.
pub(super) fn answer(
    parsed: Result<AuthResponse, AuthResponseError>,
) -> Result<AuthResponse, Refused> {
    parsed.map_err(|_shown_to_whoever_sent_it| Refused(StatusCode::BAD_REQUEST))
}

/// RFC 9110 §8.6: digits and nothing else.
fn form_length(text: &str) -> Result<usize, Refused> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(Refused(StatusCode::BAD_REQUEST));
    }
    match text.parse() {
        Ok(length) if length <= LONGEST_BODY => Ok(length),
        _ => Err(Refused(StatusCode::PAYLOAD_TOO_LARGE)),
    }
}

fn check_host(host: &str, port: u16) -> Result<(), Refused> {
    let is_ours = ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
        let own = format!("{name}:{port}");
        host.eq_ignore_ascii_case(&own) || port == 80 && host.eq_ignore_ascii_case(name)
    });
    match is_ours {
        true => Ok(()),
        false => Err(Refused(StatusCode::MISDIRECTED_REQUEST)),
    }
}

struct Headers<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Headers<'a> {
    fn parse(lines: impl Iterator<Item = &'a str>) -> Result<Self, Refused> {
        let field = |line: &'a str| {
            let (name, value) = line.split_once(':')?;
            // RFC 9112 §5.1: no space before the colon; §5.2: a line that begins with one is refused.
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            let is_sound = !name.is_empty()
                && name.bytes().all(is_name)
                && !value
                    .bytes()
                    .any(|byte| byte.is_ascii_control() && byte != b'\t');
            is_sound.then(|| (name, value.trim_matches([' ', '\t'])))
        };
        let fields: Option<Vec<_>> = lines.map(field).collect();
        fields.map(Self).ok_or(Refused(StatusCode::BAD_REQUEST))
    }

    /// The one header of that name. Two of those that are looked at mean that somebody is lying to somebody.
    fn one(&self, name: &str) -> Result<Option<&'a str>, Refused> {
        let mut found = self
            .0
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (first, None) => Ok(first.map(|(_, value)| *value)),
            _ => Err(Refused(StatusCode::BAD_REQUEST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, mode: ResponseMode) -> Result<Head<'_>, u16> {
        let place = Place { port: 8400, mode };
        head(text.as_bytes(), place).map_err(|Refused(status)| status.as_u16())
    }

    const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

    #[test]
    fn a_browser_brings_a_form_or_a_query() {
        for host in [
            "localhost:8400",
            "127.0.0.1:8400",
            "[::1]:8400",
            "LOCALHOST:8400",
        ] {
            let post = format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\n{FORM}; charset=utf-8\r\ncontent-length: 12"
            );
            assert_eq!(read(&post, ResponseMode::FormPost), Ok(Head::Form(12)));
            let get = format!("GET /?code=c&state=s HTTP/1.1\r\nHost:{host}\r\nAccept: */*");
            assert_eq!(
                read(&get, ResponseMode::Query),
                Ok(Head::Query("code=c&state=s"))
            );
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let post = |more: &str| format!("POST / HTTP/1.1\r\nHost: localhost:8400\r\n{more}");
        let host =
            |host: &str| format!("POST / HTTP/1.1\r\nHost: {host}\r\n{FORM}\r\nContent-Length: 1");
        let length = |length: &str| post(&format!("{FORM}\r\nContent-Length: {length}"));
        for (text, status) in [
            (String::new(), 400),
            ("\u{16}\u{3}\u{1}".to_owned(), 400),
            ("GET /".to_owned(), 400),
            ("GET / HTTP/2.0\r\nHost: localhost:8400".to_owned(), 400),
            ("GET  / HTTP/1.1\r\nHost: localhost:8400".to_owned(), 400),
            ("POST / HTTP/1.1".to_owned(), 400),
            (host("evil.example:8400"), 421),
            (host("localhost:8401"), 421),
            (host("localhost"), 421),
            (host("localhost:8400.evil.example"), 421),
            (host(""), 421),
            (host("localhost:8400\r\nHost: evil.example"), 400),
            (post("Content-Type: text/plain\r\nContent-Length: 1"), 415),
            (
                post("Content-Type: application/json\r\nContent-Length: 1"),
                415,
            ),
            (post("Content-Length: 1"), 415),
            (post(FORM), 411),
            (length("-1"), 400),
            (length("+1"), 400),
            (length(""), 400),
            (length("1, 1"), 400),
            (length("0x10"), 400),
            (length("1\r\nContent-Length: 2"), 400),
            (length("65537"), 413),
            (length("99999999999999999999999"), 413),
            (length("5\r\nTransfer-Encoding: chunked"), 400),
            (
                post(&format!("{FORM}\r\nBad Header: x\r\nContent-Length: 1")),
                400,
            ),
            (
                post(&format!("{FORM}\r\n folded\r\nContent-Length: 1")),
                400,
            ),
            (
                format!(
                    "POST /callback HTTP/1.1\r\nHost: localhost:8400\r\n{FORM}\r\nContent-Length: 1"
                ),
                404,
            ),
            (
                format!("POST // HTTP/1.1\r\nHost: localhost:8400\r\n{FORM}\r\nContent-Length: 1"),
                404,
            ),
            (
                format!(
                    "POST http://localhost:8400/ HTTP/1.1\r\nHost: localhost:8400\r\n{FORM}\r\nContent-Length: 1"
                ),
                404,
            ),
            (
                "GET /favicon.ico HTTP/1.1\r\nHost: localhost:8400".to_owned(),
                404,
            ),
            (
                "GET /?code=c&state=s HTTP/1.1\r\nHost: localhost:8400".to_owned(),
                405,
            ),
            ("OPTIONS / HTTP/1.1\r\nHost: localhost:8400".to_owned(), 405),
            ("HEAD / HTTP/1.1\r\nHost: localhost:8400".to_owned(), 405),
        ] {
            assert_eq!(read(&text, ResponseMode::FormPost), Err(status), "{text:?}");
        }
        let posted = length("5");
        assert_eq!(read(&posted, ResponseMode::Query), Err(405));
    }
}
