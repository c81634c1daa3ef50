//! Reading a request: what it carries, who sends it.
//!
//! No function here refuses a request: what cannot be read counts as missing.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use url::form_urlencoded;

/// The parameters of a form or a query, in the order sent.
#[derive(Debug, Default)]
pub(crate) struct Parameters<'r>(Vec<(Cow<'r, str>, Cow<'r, str>)>);

impl<'r> Parameters<'r> {
    /// Reads `application/x-www-form-urlencoded` text, as the URL standard does: every byte
    /// sequence means something, and broken percent-encoding stands for itself.
    pub(crate) fn read(text: &'r [u8]) -> Self {
        // Looking for duplicates compares every pair with those before it, so their number is bounded.
        Self(form_urlencoded::parse(text).take(MAX_PARAMETERS).collect())
    }

    /// Reads the body of a request whose content is, or may be, a form.
    pub(crate) fn of_body(request: &'r Request<Bytes>) -> Self {
        // A body whose type is not named may be a form, and is read as one.
        let content_type =
            header_text(request.headers(), header::CONTENT_TYPE.as_str()).unwrap_or(FORM);
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if media_type.eq_ignore_ascii_case(FORM) {
            Self::read(request.body())
        } else {
            Self::default()
        }
    }

    pub(crate) fn of_query(request: &'r Request<Bytes>) -> Self {
        Self::read(request.uri().query().unwrap_or_default().as_bytes())
    }

    /// The value of `name`; an empty one counts as missing.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        // RFC 6749 §3.1 and §3.2: "Parameters sent without a value MUST be treated as if they were omitted from
        // the request."
        Some(value.as_ref()).filter(|value| !value.is_empty())
    }

    /// Whether `name` is there without a value.
    pub(crate) fn is_empty(&self, name: &str) -> bool {
        let mut named = self.0.iter().filter(|(key, _)| key == name);
        named
            .next()
            .is_some_and(|(_, value)| value.trim().is_empty())
    }

    /// The first name that is there twice. RFC 6749 §3.1 and §3.2: parameters "MUST NOT be included more than once".
    pub(crate) fn duplicate(&self) -> Option<&str> {
        let before = |index: usize| &self.0[..index];
        let mut indexed = self.0.iter().enumerate();
        let found = indexed
            .find(|(index, (key, _))| before(*index).iter().any(|(earlier, _)| earlier == key));
        found.map(|(_, (key, _))| key.as_ref())
    }

    /// The pairs whose names `keep` takes, as a form.
    pub(crate) fn form(&self, keep: impl Fn(&str) -> bool) -> String {
        let kept = self.0.iter().filter(|(name, _)| keep(name));
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .finish()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0
            .iter()
            // Clients choose the names, and the audit log keeps them: long ones are cut.
            .map(|(name, _)| name.chars().take(64).collect())
            .collect()
    }
}

/// What a request says in an `Authorization: Basic` header (RFC 6749 §2.3.1).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BasicCredentials {
    Absent,
    Pair {
        client_id: String,
        secret: String,
    },
    /// A client that tries to authenticate, and sends what nobody can read.
    Unreadable,
}

impl BasicCredentials {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let value = headers.get(header::AUTHORIZATION);
        let value = value.map(|value| value.as_bytes()).unwrap_or_default();
        let (scheme, credentials) = value.split_at_checked(BASIC.len()).unwrap_or_default();
        let ends = credentials.first().is_none_or(u8::is_ascii_whitespace);
        if !scheme.eq_ignore_ascii_case(BASIC) || !ends {
            return Self::Absent;
        }
        Self::read(credentials.trim_ascii()).unwrap_or(Self::Unreadable)
    }

    fn read(credentials: &[u8]) -> Option<Self> {
        let pair = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
        let (client_id, secret) = pair.split_once(':')?;
        // RFC 6749 §2.3.1: id and secret are form-encoded before they are joined by a colon.
        Some(Self::Pair {
            client_id: form_decoded(client_id)?,
            secret: form_decoded(secret)?,
        })
    }
}

/// Form-encoded text (RFC 6749 appendix B), unless an escape is broken or is not of UTF-8.
fn form_decoded(text: &str) -> Option<String> {
    let is_whole = |after: &str| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    text.split('%').skip(1).all(is_whole).then_some(())?;
    let decoded = percent_decoded(&text.replace('+', " ")).into_owned();
    Some(decoded).filter(|decoded| !decoded.contains(char::REPLACEMENT_CHARACTER))
}

/// The base of the URLs that an answer names: the host the client used.
pub(crate) fn base_url(request: &Request<Bytes>) -> String {
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let host = authority.or_else(|| header_text(request.headers(), header::HOST.as_str()));
    // The host is repeated in URLs and headers of the answer, so only what can be a host is taken over.
    let host = host.filter(|host| is_host(host)).unwrap_or(DEFAULT_HOST);
    format!("https://{}", host.to_ascii_lowercase())
}

pub(crate) fn header_text<'r>(headers: &'r HeaderMap, name: &str) -> Option<&'r str> {
    headers.get(name)?.to_str().ok()
}

/// The value of a cookie (RFC 6265 §5.4).
pub(crate) fn cookie<'r>(headers: &'r HeaderMap, name: &str) -> Option<&'r str> {
    let lines = headers.get_all(header::COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = header_text(headers, header::AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

pub(crate) fn is_get(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The host of an authority, without its port.
pub(crate) fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        // An address of IPv6 ends in a bracket, not in a port.
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Whether a host is a name of the loopback interface.
pub(crate) fn is_loopback(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host.eq_ignore_ascii_case(name))
}

fn is_host(host: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    !host.is_empty() && host.len() <= 255 && host.bytes().all(allowed)
}

pub(crate) fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    // The form decoder would turn a plus sign into a space; here it stands for itself.
    let escaped = text
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    let (decoded, _) = form_urlencoded::parse(escaped.as_bytes())
        .next()
        .unwrap_or_default();
    Cow::Owned(decoded.into_owned())
}

const BASIC: &[u8] = b"basic";

const FORM: &str = "application/x-www-form-urlencoded";

/// The host in URLs when the client names none: Entra's own.
const DEFAULT_HOST: &str = "login.microsoftonline.com";

const MAX_PARAMETERS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_forms_are_read_as_far_as_they_go() {
        let parameters = Parameters::read(b"a=1&b=%zz&=&c&a=2&d=%ff");
        assert_eq!(parameters.value("a"), Some("1"));
        assert_eq!(parameters.value("b"), Some("%zz"));
        assert_eq!(parameters.value("c"), None);
        assert_eq!(parameters.value("d"), Some("\u{fffd}"));
        assert_eq!(parameters.duplicate(), Some("a"));
    }

    #[test]
    fn basic_credentials_are_form_encoded_first() {
        let mut headers = HeaderMap::new();
        let value = format!("Basic {}", STANDARD.encode("my%20app:s%2Bc%3Aret+"));
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        let pair = BasicCredentials::Pair {
            client_id: "my app".to_owned(),
            secret: "s+c:ret ".to_owned(),
        };
        assert_eq!(BasicCredentials::of(&headers), pair);
        headers.insert(header::AUTHORIZATION, "Basically Zm9v".parse().unwrap());
        assert_eq!(BasicCredentials::of(&headers), BasicCredentials::Absent);
    }

    #[test]
    fn the_base_is_the_host_of_the_client_when_it_is_one() {
        let base = |host: &str| {
            let request = Request::get("/")
                .header(header::HOST, host)
                .body(Bytes::new())
                .unwrap();
            base_url(&request)
        };
        assert_eq!(base("LocalHost:8443"), "https://localhost:8443");
        assert_eq!(base("[::1]:8443"), "https://[::1]:8443");
        assert_eq!(base("evil/\"host"), "https://login.microsoftonline.com");
    }
}
