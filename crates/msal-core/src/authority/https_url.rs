//! The URL of an authority.

use url::{Host, Url};

use super::error::AuthorityError;

pub(super) fn parse_https(text: &str) -> Result<Url, AuthorityError> {
    let bad = |reason| AuthorityError::Url { reason };
    let url = Url::parse(text.trim()).map_err(|_unspecific| bad("it does not parse"))?;
    if url.scheme() != "https" {
        return Err(AuthorityError::NotHttps {
            scheme: url.scheme().to_owned(),
        });
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it holds a user name or password"));
    }
    if url.fragment().is_some() {
        return Err(bad("it holds a fragment"));
    }
    match url.host() {
        Some(Host::Domain("")) | None => Err(bad("it has no host")),
        Some(_) => Ok(url),
    }
}

/// The host in lower case (the URL parser sees to that), with its port where it is not the scheme's own.
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
