//! What every source emits: for each row a record with its refresh token, or the reason why there is none.

mod locator;
mod skip;
pub(crate) mod token_shape;

pub use locator::{Locator, Place};
pub use skip::{Remedy, SkipReason};

use std::fmt;
use std::sync::Arc;

use msal_core::{ClientSecret, HomeAccountId, RefreshToken, Scope, UnixTime};

/// One stored refresh token and what its store says about it.
///
/// Nothing in it has been checked with a server. What the store does not say is absent; the plan decides what to assume.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record {
    /// The token as stored, but for white space around it.
    pub refresh_token: RefreshToken,
    /// Where it was found.
    pub locator: Locator,
    /// The application the token was issued to. Compare it without regard to case: stores keep the case they were given.
    pub client_id: Option<String>,
    /// What that application proves itself with, where the store has it in the same row. It is not used unless
    /// [`PlanOptions::use_stored_client_secret`](crate::PlanOptions::use_stored_client_secret) says so.
    pub client_secret: Option<ClientSecret>,
    /// Where the token was issued, as stored: the URL of an authority or of a token endpoint, or only a tenant.
    ///
    /// # Security
    /// It comes from the file and is not trusted: the plan decides which hosts a token may be sent to.
    pub authority: Option<String>,
    /// The v2 scopes in stored order, without the three that MSAL adds to each request: `openid`, `profile` and
    /// `offline_access`.
    pub scopes: Vec<Scope>,
    /// The v1 resource as stored. Where there is one, `scopes` do not count: a v1 scope is relative to its resource, and
    /// would mean another resource at the v2 endpoint.
    pub resource: Option<String>,
    /// Whose token it is, according to the store.
    pub user: UserHints,
    /// About when the token was last refreshed. Most stores do not say, and then it is when the access token beside it was
    /// issued.
    pub last_refreshed: Option<UnixTime>,
    /// What is special about it.
    pub flags: RecordFlags,
}

impl Record {
    /// A record of a program's own, found at `locator`, of which nothing more is known. Set the fields that are: the client
    /// and the authority above all.
    pub fn new(refresh_token: impl Into<RefreshToken>, locator: Locator) -> Self {
        let refresh_token = refresh_token.into();
        let stored = refresh_token.expose_secret();
        let is_bare = stored.trim().len() == stored.len();
        Self {
            refresh_token: match is_bare {
                true => refresh_token,
                false => RefreshToken::from(stored.trim()),
            },
            locator,
            client_id: None,
            client_secret: None,
            authority: None,
            scopes: Vec::new(),
            resource: None,
            user: UserHints::default(),
            last_refreshed: None,
            flags: RecordFlags::default(),
        }
    }
}

/// Whose token a record is, according to its store. These are hints, because stores mix users up: only the answer to the
/// redemption is certain.
///
/// `Debug` redacts the user name, so that a logged record names nobody.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserHints {
    /// A user principal name or an e-mail address. Both can change, and people may sign in with a third name.
    pub username: Option<String>,
    /// The user's object identifier in the tenant that issued the token, which for a guest is not the home tenant.
    pub oid: Option<String>,
    /// The tenant that issued the token.
    pub tid: Option<String>,
    /// The subject of the ID token. At v2 it differs from application to application (OpenID Connect Core §8, "pairwise").
    pub sub: Option<String>,
    /// Known only where MSAL wrote the store, or where a token response was stored with its `client_info`.
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
    /// ADAL's `isMRRT` (multi-resource refresh token): it can be redeemed for every resource of its client.
    pub multi_resource: bool,
    /// The family of client ids that share the token; `1` is the only family there is.
    pub family: Option<String>,
    /// The store says that the user is a guest of the tenant that issued the token.
    pub guest: bool,
    /// The store says that a personal Microsoft account signed in.
    pub personal_account: bool,
    /// The authority's host may have a port that the store does not say: MSALs leave it out of `environment`.
    pub port_left_out: bool,
}

/// One row of a source.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Row {
    /// A refresh token.
    Record(Box<Record>),
    /// A row whose refresh token cannot be migrated, or that has none.
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

    /// The same row, in the file at this path.
    pub(crate) fn at_path(self, path: &Arc<str>) -> Self {
        match self {
            Self::Record(mut record) => {
                record.locator = record.locator.at_path(path);
                Self::Record(record)
            }
            Self::Skipped { locator, reason } => Self::Skipped {
                locator: locator.at_path(path),
                reason,
            },
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
    /// A record whose token cannot be one becomes a row that is skipped.
    fn from(record: Record) -> Self {
        match token_shape::refusal(record.refresh_token.expose_secret()) {
            Some(reason) => Self::Skipped {
                locator: record.locator,
                reason,
            },
            None => Self::Record(Box::new(record)),
        }
    }
}
