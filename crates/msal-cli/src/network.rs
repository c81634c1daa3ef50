//! What the arguments about the network mean.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use msal::{
    HttpClient, HttpSettings, HttpVersion, HttpsClient, ReqwestClient, Runtime, SystemClock,
    SystemRandom,
};

use crate::cli::NetworkArgs;
use crate::error::Failure;

/// Up to so many requests in flight cost less over HTTP/1.1, with a connection for each; more are better carried by
/// one HTTP/2 connection.
const WIDEST_HTTP1: usize = 64;

/// The real world, with the certificate authorities that were named, for so many requests in flight.
pub(crate) fn runtime(arguments: &NetworkArgs, width: usize) -> Result<Runtime, Failure> {
    let version = match width {
        0..=WIDEST_HTTP1 => HttpVersion::Http1,
        _ => HttpVersion::Negotiated,
    };
    let mut settings = HttpSettings::default()
        .version(version)
        .largest_idle_pool(width);
    if let Some(path) = &arguments.ca_file {
        settings = settings
            .authorities_pem(&certificates(path)?)
            .map_err(|error| {
                Failure::usage(
                    format!("{}: {error}", path.display()),
                    "name a file of PEM certificates",
                )
            })?;
    }
    // What costs less for each request knows no proxies.
    let http: Arc<dyn HttpClient> = match has_proxy(&Matcher::from_system()) {
        true => Arc::new(ReqwestClient::new(settings)),
        false => Arc::new(HttpsClient::new(settings)),
    };
    Ok(Runtime {
        http,
        clock: Arc::new(SystemClock::default()),
        random: Arc::new(SystemRandom::default()),
    })
}

/// Whether there is a proxy for https, by the matcher that reqwest asks for every request.
///
/// Whom requests go to is not known yet. This host stands for all of them: a proxy that only some are kept from is
/// one, and reqwest knows which.
fn has_proxy(proxies: &Matcher) -> bool {
    proxies
        .intercept(&Uri::from_static("https://host.invalid"))
        .is_some()
}

fn certificates(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        Failure::usage(
            format!(
                "cannot read the certificates in {}: {error}",
                path.display()
            ),
            "name a file of PEM certificates",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_for_some_hosts_is_one() {
        let none = || Matcher::builder();
        let proxy = "http://proxy.example:8080";
        for (proxies, expected) in [
            (none(), false),
            (none().http(proxy), false),
            (none().https(""), false),
            (none().https(proxy), true),
            (none().all(proxy), true),
            (none().all("proxy.example:8080"), true),
            (none().all("socks5://proxy.example"), true),
            (
                none().https(proxy).no("microsoftonline.com,10.0.0.0/8"),
                true,
            ),
            (none().https(proxy).no("*"), false),
        ] {
            let proxies = proxies.build();
            assert_eq!(has_proxy(&proxies), expected, "{proxies:?}");
        }
    }
}
