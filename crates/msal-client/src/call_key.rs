//! What makes calls equal.

use msal_core::{AccessToken, Authority, HomeAccountId, OnBehalfKey, ScopeSet};

use crate::store::Partition;

/// What makes two calls equal: one request answers both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CallKey {
    pub(crate) partition: Partition,
    pub(crate) authority: Authority,
    pub(crate) party: CallParty,
    pub(crate) scopes: ScopeSet,
    pub(crate) force_refresh: bool,
    /// What the token must have beside its scopes.
    pub(crate) claims: Option<String>,
    /// What else it is asked for with.
    pub(crate) fields: Vec<(String, String)>,
}

/// Whom a call wants a token for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CallParty {
    /// The application itself.
    Application,
    /// Whoever an assertion or a session stands for.
    OnBehalf {
        key: OnBehalfKey,
        /// The assertion that the session is to begin with.
        begins_with: Option<OnBehalfKey>,
    },
    /// A user who has signed in.
    User {
        home_account_id: HomeAccountId,
        /// The token that an API has just refused.
        rejected: Option<AccessToken>,
    },
}
