//! What every source emits: one record per stored refresh token, or the reason why a row has none to offer.

mod locator;
mod skip;

pub use locator::{Locator, Place};
pub use skip::{Remedy, SkipReason};

use std::fmt;

use msal_core::{HomeAccountId, RefreshToken, Scope, UnixTime};

/// One stored refresh token and what its store says about it.
///
/// Nothing here is checked against a server. What the store does not say is absent; the plan decides what to assume.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record {
    /// The token, byte for byte as stored.
    pub refresh_token: RefreshToken,
    /// Where it was found.
    pub locator: Locator,
    /// The application the token was issued to, in the case it was stored.
    pub client_id: Option<String>,
    /// Where the token was issued, as stored: the URL of an authority or of a token endpoint, or only a tenant.
    ///
    /// # Security
    /// It comes from the file and is not trusted: the plan decides which hosts a token may be sent to.
    pub authority: Option<String>,
    /// The v2 scopes in stored order, without the three that MSAL adds by itself.
    pub scopes: Vec<Scope>,
    /// The v1 resource, untouched. Where there is one it beats `scopes`, because a v1 scope is relative to it.
    pub resource: Option<String>,
    /// Whose token it is said to be.
    pub user: UserHints,
    /// About when the token was last refreshed, from the access token stored beside it.
    pub last_refreshed: Option<UnixTime>,
    /// What is special about it.
    pub flags: RecordFlags,
}

/// Whose token a record is said to be. Hints, because stores mix users up; the redeemed answer knows.
///
/// `Debug` leaves the name out, so that a logged record names nobody.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserHints {
    /// A user principal name or an e-mail address. It can change, and an e-mail address need not be the sign-in name.
    pub username: Option<String>,
    /// The user's object identifier in the tenant that issued the token, which for a guest is not the home tenant.
    pub oid: Option<String>,
    /// The tenant that issued the token.
    pub tid: Option<String>,
    /// The subject, pairwise per application at v2.
    pub sub: Option<String>,
    /// Known only where MSAL wrote the record, or where the raw answer with its `client_info` was kept.
    pub home_account_id: Option<HomeAccountId>,
}

impl fmt::Debug for UserHints {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UserHints")
            .field(
                "username",
                &self.username.as_ref().map(|_name| "[redacted]"),
            )
            .field("oid", &self.oid)
            .field("tid", &self.tid)
            .field("sub", &self.sub)
            .field("home_account_id", &self.home_account_id)
            .finish()
    }
}

/// What is special about a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordFlags {
    /// ADAL's `isMRRT`: the token is good for every resource of its client.
    pub multi_resource: bool,
    /// The family of client ids that share the token; `1` is the only one there is.
    pub family: Option<String>,
    /// The store says that a personal Microsoft account signed in.
    pub personal_account: bool,
}

/// One row of a source.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Row {
    /// A refresh token.
    Record(Box<Record>),
    /// A row without a refresh token that could be migrated.
    Skipped {
        /// Where the row is.
        locator: Locator,
        /// Why it is skipped.
        reason: SkipReason,
    },
}

impl Row {
    pub(crate) fn malformed(locator: Locator, what: &'static str) -> Self {
        Self::Skipped {
            locator,
            reason: SkipReason::Malformed(what),
        }
    }

    /// Where the row is.
    pub fn locator(&self) -> &Locator {
        match self {
            Self::Record(record) => &record.locator,
            Self::Skipped { locator, .. } => locator,
        }
    }
}

impl From<Record> for Row {
    fn from(record: Record) -> Self {
        Self::Record(Box::new(record))
    }
}
