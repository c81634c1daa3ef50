//! What entries are found by.
//!
//! A term can be hashed and compared, and says in which of its parts case counts.

use std::hash::{Hash, Hasher};

/// One thing that an entry can be found by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Term<'a> {
    /// The client that application metadata describes.
    Client {
        client_id: &'a str,
        environment: &'a str,
    },
    /// A scope that an access token grants to a client for an account.
    Granted {
        home_account_id: &'a str,
        environment: &'a str,
        client_id: &'a str,
        scope: &'a str,
    },
    /// The account that an entry belongs to.
    Owner {
        home_account_id: &'a str,
        environment: &'a str,
    },
    /// The name of an account's user.
    Username(&'a str),
}

/// An environment is a host name, whose case does not count; neither does that of a user name. All else is exact.
impl PartialEq for Term<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (
                Self::Granted {
                    home_account_id,
                    environment,
                    client_id,
                    scope,
                },
                Self::Granted {
                    home_account_id: other_home,
                    environment: other_environment,
                    client_id: other_client,
                    scope: other_scope,
                },
            ) => {
                // The scope comes first because an entry that was found by its hash has others as well.
                scope == other_scope
                    && client_id == other_client
                    && home_account_id == other_home
                    && environment.eq_ignore_ascii_case(other_environment)
            }
            (
                Self::Owner {
                    home_account_id: name,
                    environment,
                },
                Self::Owner {
                    home_account_id: other_name,
                    environment: other_environment,
                },
            )
            | (
                Self::Client {
                    client_id: name,
                    environment,
                },
                Self::Client {
                    client_id: other_name,
                    environment: other_environment,
                },
            ) => name == other_name && environment.eq_ignore_ascii_case(other_environment),
            (Self::Username(name), Self::Username(other)) => {
                name.to_lowercase() == other.to_lowercase()
            }
            _ => false,
        }
    }
}

impl Eq for Term<'_> {}

/// Terms that are equal have the same hash.
impl Hash for Term<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match *self {
            Self::Owner {
                home_account_id,
                environment,
            } => {
                0_u8.hash(hasher);
                home_account_id.hash(hasher);
                hash_host(environment, hasher);
            }
            Self::Granted {
                home_account_id,
                environment,
                client_id,
                scope,
            } => {
                1_u8.hash(hasher);
                home_account_id.hash(hasher);
                client_id.hash(hasher);
                scope.hash(hasher);
                hash_host(environment, hasher);
            }
            Self::Username(name) => {
                2_u8.hash(hasher);
                name.to_lowercase().hash(hasher);
            }
            Self::Client {
                client_id,
                environment,
            } => {
                3_u8.hash(hasher);
                client_id.hash(hasher);
                hash_host(environment, hasher);
            }
        }
    }
}

/// Hashes a host name in lower case. Nearly all are in lower case already; compilers make a few instructions of the
/// check.
fn hash_host(host: &str, hasher: &mut impl Hasher) {
    let has_capitals = host
        .bytes()
        .fold(false, |found, byte| found | byte.is_ascii_uppercase());
    match has_capitals {
        true => host.to_ascii_lowercase().hash(hasher),
        false => host.hash(hasher),
    }
}
