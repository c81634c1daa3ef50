//! The URL of an authority: https, and nothing in it that could be meant for somebody else.

use url::{Host, Url};

use super::error::AuthorityError;

/// Parses a URL that tokens may be sent to.
pub(super) fn parse_https(text: &str) -> Result<Url, AuthorityError> {
    let bad = |reason| AuthorityError::Url { reason };
    let url = Url::parse(text.trim()).map_err(|_unspecific| bad("it does not parse"))?;
    // RFC 6749 §3.2: the token endpoint must be reached over TLS; OpenID Connect Discovery §3: an issuer is an https
    // URL.
    if url.scheme() != "https" {
        return Err(AuthorityError::NotHttps {
            scheme: url.scheme().to_owned(),
        });
    }
    // RFC 3986 §7.6: user information can make a URL look like that of another host.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it holds a user name or password"));
    }
    // OpenID Connect Discovery §3 and RFC 6749 §3.2: no fragment.
    if url.fragment().is_some() {
        return Err(bad("it holds a fragment"));
    }
    match url.host() {
        Some(Host::Domain("")) | None => Err(bad("it has no host")),
        Some(_) => Ok(url),
    }
}

/// Reads text that is a host, with or without a port, and nothing else. It may come from a file.
pub(super) fn parse_host(text: &str) -> Result<String, AuthorityError> {
    let refused = || AuthorityError::Host {
        host: text.escape_debug().to_string(),
    };
    let url = Url::parse(&format!("https://{text}/")).map_err(|_unspecific| refused())?;
    let host = host_of(&url);
    // A URL's parser removes, replaces and decodes much. What it had to change may be meant for its eyes only, and so is
    // refused; only the case (RFC 3986 §3.2.2) and the scheme's own port (§3.2.3) may be written in two ways.
    let lower = text.to_ascii_lowercase();
    let given = lower.strip_suffix(":443").unwrap_or(&lower);
    // A dot at either end leads to the same server under a name that is in no table.
    let has_dot_at_an_end = given.starts_with('.') || bare_host(given).ends_with('.');
    match given == host && url.path() == "/" && !has_dot_at_an_end {
        true => Ok(host),
        false => Err(refused()),
    }
}

/// The host, with its port where it is not the scheme's own.
///
/// RFC 3986 §3.2.2: "The host subcomponent is case-insensitive." The parser has made it lower case.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// A host without its port; an IPv6 address keeps its brackets.
pub(crate) fn bare_host(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
