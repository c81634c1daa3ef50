//! What a silent call asks the cache.

use crate::{AccessToken, HomeAccountId, ScopeSet, UnixTime};

/// What a silent call asks the cache.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SilentRequest<'a> {
    /// The client that asks.
    pub client_id: &'a str,
    /// Whose token.
    pub home_account_id: &'a HomeAccountId,
    /// The host of the authority, without its port and with it, in order of preference. The aliases of a cloud need not be
    /// named to be found, but they may be, for their order.
    pub environments: &'a [String],
    /// The tenants whose access tokens will do: the authority's and, where that stands for many, the user's own.
    pub realms: &'a [&'a str],
    /// The scopes, without the reserved ones.
    pub scopes: &'a ScopeSet,
    /// Passes over access tokens: the caller wants a fresh one.
    pub force_refresh: bool,
    /// The form fields that go beyond those of every request: see [`TokenEvent::fields`](crate::TokenEvent::fields).
    pub fields: &'a [(&'a str, &'a str)],
    /// A token that its API has just refused: if it is what would be found, the caller wants a fresh one.
    pub rejected: Option<&'a AccessToken>,
    /// The time.
    pub now: UnixTime,
}

impl<'a> SilentRequest<'a> {
    /// A request that is content with a cached token.
    pub fn new(
        client_id: &'a str,
        home_account_id: &'a HomeAccountId,
        environments: &'a [String],
        realms: &'a [&'a str],
        scopes: &'a ScopeSet,
        now: UnixTime,
    ) -> Self {
        Self {
            client_id,
            home_account_id,
            environments,
            realms,
            scopes,
            force_refresh: false,
            fields: &[],
            rejected: None,
            now,
        }
    }
}
