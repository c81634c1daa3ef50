//! Redirect URIs (RFC 6749 §3.1.2).

use std::fmt;

use url::{Host, Url};

use super::error::AuthorizationRequestError;

/// Where the browser brings the answer, in the spelling that was registered: servers compare it byte by byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Parses a redirect URI.
    ///
    /// # Errors
    /// [`AuthorizationRequestError::RedirectUri`] for what is no absolute URI, has a fragment or a password, or would
    /// bring the code over the network unencrypted.
    pub fn parse(text: &str) -> Result<Self, AuthorizationRequestError> {
        let refused = |reason| Err(AuthorizationRequestError::RedirectUri { reason });
        // A parser of URLs leaves out line breaks and spaces, and the server sees them.
        if text
            .bytes()
            .any(|byte| byte.is_ascii_control() || byte == b' ')
        {
            return refused("it has spaces or control characters");
        }
        // RFC 6749 §3.1.2: "The redirection endpoint URI MUST be an absolute URI".
        let Ok(url) = Url::parse(text) else {
            return refused("it is not an absolute URI");
        };
        // RFC 6749 §3.1.2: "The endpoint URI MUST NOT include a fragment component."
        if url.fragment().is_some() {
            return refused("it has a fragment");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("it has a user name or a password");
        }
        match url.scheme() {
            // RFC 9700 §2.6 lets native clients alone go without encryption, on the machine itself.
            "http" if !is_loopback(&url) => {
                refused("it is not encrypted: only the machine itself may be reached by http")
            }
            // RFC 8252 §7.1 has schemes of an application's own; these are everybody's.
            "javascript" | "data" | "file" | "vbscript" | "about" | "blob" => {
                refused("its scheme is not one for a redirect")
            }
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `received` is this place, whatever its parameters are.
    pub(super) fn is_place_of(&self, received: &Url) -> bool {
        Url::parse(&self.0).is_ok_and(|own| {
            let place = |url: &Url| {
                (
                    url.scheme().to_owned(),
                    url.authority().to_owned(),
                    url.path().to_owned(),
                )
            };
            place(&own) == place(received)
        })
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_is_kept_as_it_is_written() {
        for good in [
            "http://localhost",
            "http://localhost:5000/getAToken",
            "http://127.0.0.1:1/",
            "http://[::1]:8400/x",
            "https://App.example/CB?tenant=1",
            "msauth.com.example.app://auth",
            "urn:ietf:wg:oauth:2.0:oob",
            "https://login.microsoftonline.com/common/oauth2/nativeclient",
        ] {
            assert_eq!(RedirectUri::parse(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_could_bring_the_code_to_others_is_refused() {
        for bad in [
            "",
            "/callback",
            "localhost:5000 ",
            "http://app.example/cb",
            "http://localhost.evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "https://app.example/cb#x",
            "https://app.example/cb#",
            "https://user:pass@app.example/cb",
            "https://app.example/c b",
            "https://app.example/cb\r\nx",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///tmp/x",
        ] {
            assert!(RedirectUri::parse(bad).is_err(), "{bad}");
        }
    }
}
