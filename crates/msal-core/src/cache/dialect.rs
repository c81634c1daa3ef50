//! How the MSALs spell the same cache: one schema, three spellings.
//!
//! Every MSAL finds entries by their fields, but each writes keys, environment and realm in its own way, and some look
//! entries up under the keys they would have written themselves.

use crate::Cloud;
use crate::authority::bare_host;

/// Whose spelling new entries are written in. Reading accepts all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// MSAL Node from version 5 on: the cloud's preferred cache host, the user's own tenant as realm, keys with
    /// trailing dashes, a profile per tenant in the account.
    Node,
    /// MSAL Node up to version 3, whose keys have one part more.
    ///
    /// It matters which is written. MSAL Node uses the first refresh token that it finds for a user. Where our key is
    /// not the one that it would write, it stores the next token beside ours, and goes on using ours until that
    /// expires.
    Node3,
    /// MSAL Python, and this library: the host and tenant of the token endpoint.
    #[default]
    Python,
}

impl Dialect {
    /// What this MSAL writes as `environment` for an authority on `host`, which may carry a port: MSAL Node keeps the
    /// port, MSAL Python does not.
    pub fn environment(self, host: &str) -> String {
        match (self, Cloud::of(host)) {
            (Self::Node | Self::Node3, Some(cloud)) => cloud.preferred_cache.to_owned(),
            (Self::Node | Self::Node3, None) => host.to_ascii_lowercase(),
            (Self::Python, _) => bare_host(host).to_ascii_lowercase(),
        }
    }

    /// What this MSAL writes as `realm` for a token endpoint of tenant `endpoint` and a user of tenant `tid`.
    pub(super) fn realm<'a>(self, endpoint: &'a str, tid: Option<&'a str>) -> &'a str {
        match self {
            Self::Node | Self::Node3 => tid.unwrap_or(endpoint),
            Self::Python => endpoint,
        }
    }
}
