//! What entries are found by.

use std::hash::{Hash, Hasher};

use crate::{Cloud, same_cloud};

/// One thing that an entry can be found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Term<'a> {
    /// The client that application metadata describes.
    Client {
        client_id: &'a str,
        environment: Host<'a>,
    },
    /// A scope that an access token grants to a client for an account.
    ///
    /// Fields are compared in this order. The scope comes first because a token has several, and most are not meant.
    Granted {
        scope: &'a str,
        client_id: &'a str,
        home_account_id: &'a str,
        environment: Host<'a>,
    },
    /// The account that an entry belongs to.
    Owner {
        home_account_id: &'a str,
        environment: Host<'a>,
    },
    /// The name of an account's user.
    Named(Username<'a>),
}

/// A host that entries are stored under, which stands for its cloud: MSALs write different aliases of one, and an
/// application's entries may stand under several. Case does not count (RFC 3986 §3.2.2).
#[derive(Clone, Copy, Debug)]
pub(super) struct Host<'a>(pub(super) &'a str);

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        same_cloud(self.0, other.0)
    }
}

impl Eq for Host<'_> {}

impl Hash for Host<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        if let Some(cloud) = Cloud::of(self.0) {
            return cloud.preferred_network.hash(hasher);
        }
        // Nearly all hosts are in lower case. Without a branch for each byte the check takes a few instructions.
        let has_capitals = self
            .0
            .bytes()
            .fold(false, |found, byte| found | byte.is_ascii_uppercase());
        match has_capitals {
            true => self.0.to_ascii_lowercase().hash(hasher),
            false => self.0.hash(hasher),
        }
    }
}

/// The name of a user: its case does not count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Username<'a>(pub(super) &'a str);

impl PartialEq for Username<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_lowercase() == other.0.to_lowercase()
    }
}

impl Eq for Username<'_> {}

impl Hash for Username<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.to_lowercase().hash(hasher);
    }
}
