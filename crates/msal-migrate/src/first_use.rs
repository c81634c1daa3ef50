//! What came of the token of a user who has come back.

use std::time::Duration;

use msal_core::HomeAccountId;

use crate::journal::Reason;
use crate::record::SkipReason;

/// What came of the token of a user who has come back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FirstUse {
    /// The token was redeemed before, and is not sent again.
    #[non_exhaustive]
    AlreadyMigrated {
        /// Whose token it turned out to be.
        home_account_id: HomeAccountId,
        /// Whether the cache that was given has a refresh token of this account for the client. If not, it was migrated
        /// into another cache, such as the target of a batch, or the user has signed out since: let the user sign in.
        is_in_cache: bool,
    },
    /// The answer must not be used as it is, the token was migrated as another user's, or nobody knows whether it is spent.
    /// Nothing is sent again unless the
    /// operator says so, with [`Migration::retry`](crate::Migration::retry) or
    /// [`Migration::release`](crate::Migration::release). Let the user sign in.
    HeldBack(Reason),
    /// Nothing came of it yet: the server is busy, or somebody else has the token in hand. Try again when the user comes
    /// the next time, or let them sign in.
    #[non_exhaustive]
    Later {
        /// Why.
        reason: Reason,
        /// How long the server asks to be left alone, or how much of that is left: until then, calls for the same authority
        /// and client are answered like this one without a request.
        wait: Option<Duration>,
    },
    /// The token was redeemed, and its successor is in the cache that was given, in its store, and read back.
    #[non_exhaustive]
    Migrated {
        /// Whose token it turned out to be.
        home_account_id: HomeAccountId,
    },
    /// The server wants the user to take part, and says so for this authority, client and scopes. It is not asked again.
    NeedsUser(Reason),
    /// No record can be redeemed. Let the user sign in.
    Nothing(Option<SkipReason>),
    /// The server refuses for a reason that the operator corrects: the client, its secret, the tenant or the scopes. Each
    /// call asks it once more. Let the user sign in.
    Refused(Reason),
}

impl FirstUse {
    /// Whether the cache has an account now that is asked for silently: there is no need to sign in.
    pub fn is_signed_in(&self) -> bool {
        matches!(
            self,
            Self::Migrated { .. }
                | Self::AlreadyMigrated {
                    is_in_cache: true,
                    ..
                }
        )
    }

    /// Nothing yet, for a reason of the migration's own.
    pub(crate) fn later(reason: &'static str) -> Self {
        Self::Later {
            reason: Reason::named(reason),
            wait: None,
        }
    }
}
