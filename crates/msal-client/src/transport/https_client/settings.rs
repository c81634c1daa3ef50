//! What the client keeps to, and what can be chosen.

use std::time::Duration;

use super::certificates::Authorities;
use crate::error::ConfigError;

/// Which version of HTTP to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpVersion {
    /// HTTP/2 where the server offers it: few connections, many requests in flight.
    #[default]
    Negotiated,
    /// HTTP/1.1 always: less work for each request, one connection for each in flight.
    Http1,
}

/// What can be chosen of [`HttpsClient`](super::HttpsClient).
#[derive(Clone, Debug)]
pub struct HttpSettings {
    pub(super) authorities: Authorities,
    pub(super) version: HttpVersion,
    pub(super) largest_idle_pool: Option<usize>,
    pub(super) uses_proxies: bool,
}

impl HttpSettings {
    /// Trusts the certificate authorities in a PEM bundle, besides the platform's.
    ///
    /// # Errors
    /// [`ConfigError::Certificate`] when there is no certificate in it, or one that cannot be read.
    pub fn authorities_pem(mut self, bundle: &[u8]) -> Result<Self, ConfigError> {
        self.authorities.add_pem(bundle)?;
        Ok(self)
    }

    /// Chooses the version of HTTP.
    #[must_use]
    pub fn version(mut self, version: HttpVersion) -> Self {
        self.version = version;
        self
    }

    /// Keeps at most this many idle connections open to a host.
    #[must_use]
    pub fn largest_idle_pool(mut self, connections: usize) -> Self {
        self.largest_idle_pool = Some(connections);
        self
    }

    /// Sends nothing through a proxy, whatever the environment and the system say: for a server on this machine.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.uses_proxies = false;
        self
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            authorities: Authorities::default(),
            version: HttpVersion::default(),
            // As many as there were requests in flight.
            largest_idle_pool: None,
            uses_proxies: true,
        }
    }
}

/// A token response is a few kilobytes; whatever is larger is none.
pub(super) const LARGEST_BODY: usize = 1024 * 1024;
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Shorter than the limit for the whole connection, which began before: of two equal limits that one would end first,
/// and its error names no proxy.
pub(super) const TUNNEL_TIMEOUT: Duration = Duration::from_secs(4);
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
