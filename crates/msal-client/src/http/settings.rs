//! What all clients keep to, and what can be chosen.

use std::time::Duration;

/// A token response is a few kilobytes; whatever is larger is none.
pub(super) const LARGEST_BODY: usize = 1024 * 1024;
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

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
