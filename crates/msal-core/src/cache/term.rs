//! What entries are found by.

use std::hash::{Hash, Hasher};

use crate::{case, comparable_username, same_cloud};

/// One thing that an entry can be found by. Case counts where it does for the platform: see [`case`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Term<'a> {
    /// A scope that an access token grants to the application itself in a tenant.
    Application {
        scope: &'a str,
        client_id: &'a str,
        realm: &'a str,
        environment: Host<'a>,
        /// What it was asked for with beside its scopes.
        purpose: Option<&'a str>,
    },
    /// The client that application metadata describes.
    Client {
        client_id: &'a str,
        environment: Host<'a>,
    },
    /// A scope that an access token grants to a client for an account.
    Granted {
        scope: &'a str,
        client_id: &'a str,
        home_account_id: &'a str,
        environment: Host<'a>,
    },
    /// The assertion or the session that a client got an entry's token for.
    OnBehalf {
        key: &'a str,
        client_id: &'a str,
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

impl PartialEq for Term<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Application {
                    scope,
                    client_id,
                    realm,
                    environment,
                    purpose,
                },
                Self::Application {
                    scope: other_scope,
                    client_id: other_client,
                    realm: other_realm,
                    environment: elsewhere,
                    purpose: other_purpose,
                },
            ) => {
                case::is_same(scope, other_scope)
                    && case::is_same(realm, other_realm)
                    && case::is_same_client(client_id, other_client)
                    && purpose == other_purpose
                    && environment == elsewhere
            }
            (
                Self::OnBehalf {
                    key,
                    client_id,
                    environment,
                },
                Self::OnBehalf {
                    key: other,
                    client_id: other_client,
                    environment: elsewhere,
                },
            ) => {
                key == other
                    && case::is_same_client(client_id, other_client)
                    && environment == elsewhere
            }
            (
                Self::Client {
                    client_id,
                    environment,
                },
                Self::Client {
                    client_id: other,
                    environment: elsewhere,
                },
            ) => case::is_same_client(client_id, other) && environment == elsewhere,
            // The scope comes first because a token has several, and most are not meant.
            (
                Self::Granted {
                    scope,
                    client_id,
                    home_account_id,
                    environment,
                },
                Self::Granted {
                    scope: other_scope,
                    client_id: other_client,
                    home_account_id: other,
                    environment: elsewhere,
                },
            ) => {
                case::is_same(scope, other_scope)
                    && home_account_id == other
                    && case::is_same_client(client_id, other_client)
                    && environment == elsewhere
            }
            (
                Self::Owner {
                    home_account_id,
                    environment,
                },
                Self::Owner {
                    home_account_id: other,
                    environment: elsewhere,
                },
            ) => home_account_id == other && environment == elsewhere,
            (Self::Named(name), Self::Named(other)) => name == other,
            _ => false,
        }
    }
}

impl Eq for Term<'_> {}

/// What a term is told from most others by: a hash only proposes an entry, and whoever finds one compares all of the term.
impl Hash for Term<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Application {
                scope,
                realm,
                purpose,
                ..
            } => {
                case::hash(scope, state);
                case::hash(realm, state);
                // Most have none, and are told from others by comparing.
                if let Some(purpose) = purpose {
                    purpose.hash(state);
                }
            }
            Self::Client { client_id, .. } => case::hash(client_id, state),
            Self::OnBehalf { key, .. } => key.hash(state),
            Self::Granted {
                scope,
                home_account_id,
                ..
            } => {
                case::hash(scope, state);
                home_account_id.hash(state);
            }
            Self::Owner {
                home_account_id, ..
            } => home_account_id.hash(state),
            Self::Named(name) => name.hash(state),
        }
    }
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

/// The name of a user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Username<'a>(pub(super) &'a str);

impl PartialEq for Username<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || comparable_username(self.0) == comparable_username(other.0)
    }
}

impl Hash for Username<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        comparable_username(self.0).hash(state);
    }
}
