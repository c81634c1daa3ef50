//! Which proxy leads to a server, as the environment and the system say.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use http::Uri;
use http::header::HeaderValue;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// The proxies there are, as they were when this was made.
#[derive(Clone, Default)]
pub(super) struct Proxies(Option<Arc<Matcher>>);

impl Proxies {
    /// Those of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`); where it names none, on macOS and Windows,
    /// those of the system.
    pub(super) fn of_system() -> Self {
        Self::from(Matcher::from_system())
    }

    /// The proxy that leads to a server, or `None` when nothing stands between.
    pub(super) fn to(&self, server: &Uri) -> Option<Proxy> {
        self.0.as_ref()?.intercept(server).map(Proxy)
    }
}

impl From<Matcher> for Proxies {
    fn from(matcher: Matcher) -> Self {
        Self(Some(Arc::new(matcher)))
    }
}

/// Names none of them: what is in an environment variable may hold a password in a place where nobody looks for one.
impl fmt::Debug for Proxies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Some(_) => "Proxies(system)",
            None => "Proxies(none)",
        })
    }
}

/// One proxy. It is shown without its credentials.
#[derive(Clone)]
pub(super) struct Proxy(Intercept);

impl Proxy {
    pub(super) fn uri(&self) -> &Uri {
        self.0.uri()
    }

    /// What the proxy wants to be told: user name and password of its URL, as RFC 7617 encodes them.
    pub(super) fn credentials(&self) -> Option<&HeaderValue> {
        self.0.basic_auth()
    }

    /// Whether it is asked for a way with CONNECT (RFC 9110 §9.3.6). SOCKS proxies are not.
    pub(super) fn speaks_http(&self) -> bool {
        matches!(self.uri().scheme_str(), Some("http" | "https"))
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the authority, where credentials stand.
        let host = self.uri().host().unwrap_or_default();
        let scheme = self.uri().scheme_str().unwrap_or_default();
        write!(formatter, "{scheme}://{host}")?;
        match self.uri().port() {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Proxy({self})")
    }
}

/// Why a proxy did not lead to the server.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProxyError {
    #[error("the proxy {proxy} opened no connection to the server")]
    Closed {
        proxy: Proxy,
        source: Box<dyn Error + Send + Sync>,
    },
    #[error("the proxy {proxy} is of a kind that is not supported: name an http or https proxy")]
    Unsupported { proxy: Proxy },
}

#[cfg(test)]
mod tests {
    use hyper_util::client::proxy::matcher::Builder;

    use super::*;

    fn none() -> Builder {
        Matcher::builder()
    }

    fn shown(proxies: Builder, server: &'static str) -> Option<String> {
        let proxies = Proxies::from(proxies.build());
        let proxy = proxies.to(&Uri::from_static(server))?;
        Some(proxy.to_string())
    }

    #[test]
    fn the_proxy_for_https_is_asked_unless_the_host_is_an_exception() {
        let proxy = "http://proxy.example:8080";
        for (proxies, expected) in [
            (none(), false),
            (none().http(proxy), false),
            (none().https(""), false),
            (none().https(proxy), true),
            (none().all(proxy), true),
            (none().all("proxy.example:8080"), true),
            (none().all(proxy).https("http://other.example"), true),
            (
                none().https(proxy).no("microsoftonline.com,10.0.0.0/8"),
                true,
            ),
            (none().https(proxy).no("contoso.example"), false),
            (none().https(proxy).no(".contoso.example"), false),
            (none().https(proxy).no("example"), false),
            (none().https(proxy).no("*"), false),
        ] {
            let found = shown(proxies, "https://login.contoso.example/t");
            assert_eq!(found.is_some(), expected, "{found:?}");
        }
        let exceptions = || {
            none()
                .https(proxy)
                .no("10.0.0.0/8, 2001:db8::/32, 192.0.2.1")
        };
        for (server, expected) in [
            ("https://10.1.2.3/t", false),
            ("https://11.1.2.3/t", true),
            ("https://192.0.2.1/t", false),
            ("https://[2001:db8::1]/t", false),
            ("https://[2001:db9::1]/t", true),
        ] {
            assert_eq!(shown(exceptions(), server).is_some(), expected, "{server}");
        }
    }

    #[test]
    fn a_proxy_is_shown_without_its_credentials() {
        for (given, expected) in [
            (
                "http://user:s3cret@proxy.example:8080",
                "http://proxy.example:8080",
            ),
            ("https://s3cret@proxy.example", "https://proxy.example"),
            (
                "user:s3cret@proxy.example:8080",
                "http://proxy.example:8080",
            ),
            (
                "socks5://user:s3cret@proxy.example:1080",
                "socks5://proxy.example:1080",
            ),
            (
                "http://user:%73%33cret@proxy.example:8080",
                "http://proxy.example:8080",
            ),
        ] {
            let proxies = Proxies::from(none().https(given).build());
            assert_eq!(format!("{proxies:?}"), "Proxies(system)");
            let proxy = proxies.to(&Uri::from_static("https://h")).unwrap();
            assert_eq!(format!("{proxy}"), expected);
            assert_eq!(format!("{proxy:?}"), format!("Proxy({expected})"));
            assert_eq!(proxy.speaks_http(), !given.starts_with("socks"));
        }
        // A second `@` makes it no URL: whether it is taken for a proxy or not, the password is not shown.
        let odd = Proxies::from(none().https("http://user:s3@cret@proxy.example").build());
        let odd = odd.to(&Uri::from_static("https://h"));
        assert!(!format!("{odd:?}").contains("cret"), "{odd:?}");
    }
}
