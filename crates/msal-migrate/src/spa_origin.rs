//! The origin of a single-page application, for tokens that were issued to one.

use std::fmt;

use http::{HeaderValue, Uri};
use thiserror::Error;

/// The origin of a single-page application (RFC 6454 §6.2): `https://app.contoso.example`, or `http://localhost:3000`.
///
/// Entra redeems what was issued to a redirect URI of the kind "single-page application" only where a page asks, which it
/// tells by the `Origin` header (AADSTS9002327), and nothing else with that header (AADSTS9002326). Such tokens expire a day
/// after the sign-in, and so do their successors.
#[derive(Clone, PartialEq, Eq)]
pub struct SpaOrigin(HeaderValue);

impl SpaOrigin {
    /// Parses an origin: a scheme and a host, with a port where it is not the usual one, and nothing behind it.
    ///
    /// # Errors
    /// [`InvalidSpaOrigin`] when it is anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidSpaOrigin> {
        let uri: Uri = text.parse().map_err(|_not_quoted| InvalidSpaOrigin)?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let is_local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
        // Nowhere else does Entra take a redirect URI without TLS.
        let scheme = match uri.scheme_str() {
            Some("https") => "https",
            Some("http") if is_local => "http",
            _ => return Err(InvalidSpaOrigin),
        };
        let origin = format!("{scheme}://{authority}");
        match text == origin && !authority.contains('@') {
            true => HeaderValue::try_from(origin)
                .map(Self)
                .map_err(|_not_quoted| InvalidSpaOrigin),
            false => Err(InvalidSpaOrigin),
        }
    }

    pub(crate) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for SpaOrigin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SpaOrigin({:?})", self.0)
    }
}

/// Text that is not the origin of a single-page application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[error("not the origin of a page: https://HOST, or http://localhost:PORT, without a path")]
pub struct InvalidSpaOrigin;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_origin_is_one() {
        for good in [
            "https://app.contoso.example",
            "https://app.contoso.example:8443",
            "http://localhost:3000",
            "http://[::1]",
        ] {
            assert_eq!(SpaOrigin::parse(good).unwrap().header(), good);
        }
        for bad in [
            "",
            "null",
            "*",
            "app.contoso.example",
            "https://",
            "https://app.contoso.example/",
            "https://app.contoso.example/callback",
            "https://app.contoso.example?x",
            "https://user@app.contoso.example",
            "http://app.contoso.example",
            "HTTPS://app.contoso.example",
            "https://app.contoso.example\r\nx: y",
        ] {
            assert_eq!(SpaOrigin::parse(bad), Err(InvalidSpaOrigin), "{bad}");
        }
    }
}
