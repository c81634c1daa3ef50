//! One token response, and what all the entries that are made of it have in common.

use super::dialect::Dialect;
use super::interner::Interner;
use super::token_event::{Party, TokenEvent};
use crate::ext_cache_key::ext_cache_key;
use crate::scope::is_reserved;
use crate::{ScopeSet, Text, case, same_cloud};

/// A token response on its way into the cache. Each kind of entry is made of one, in the file of that kind.
pub(crate) struct Issuance<'a> {
    pub(super) event: &'a TokenEvent<'a>,
    pub(super) dialect: Dialect,
    // Shared by the entries, not copied into each.
    pub(super) home_account_id: Option<Text>,
    pub(super) environment: Text,
    pub(super) client_id: Text,
    pub(super) realm: Text,
    pub(super) target: Text,
    /// The scopes that were asked for, where the server has given other names to what it granted.
    pub(super) renamed: Option<Text>,
    pub(super) token_type: Text,
    pub(super) authority_type: Text,
    /// The assertion or the session that the tokens were got for.
    pub(super) assertion: Option<Text>,
    /// What the access token was asked for with beside its scopes.
    pub(super) ext_cache_key: Option<Text>,
}

impl<'a> Issuance<'a> {
    /// The response of `event`, in the spelling of `dialect`.
    pub(super) fn new(
        event: &'a TokenEvent<'a>,
        environment: &str,
        dialect: Dialect,
        interner: &mut Interner,
    ) -> Self {
        let claims = event.response.claims();
        let tid = claims.and_then(|claims| claims.tenant_id.as_deref());
        // RFC 6749 §5.1: an answer without `scope` grants what was asked for.
        let granted = event.response.scopes.as_ref().unwrap_or(event.requested);
        Self {
            event,
            dialect,
            home_account_id: event.home_account_id().map(Text::from),
            environment: interner.intern(environment),
            client_id: interner.intern(&case::written(event.client_id)),
            realm: interner.intern(&case::written(dialect.realm(event.realm, tid))),
            target: interner.intern(granted.as_str()),
            renamed: renamed(event.requested, granted).map(|asked| interner.intern(asked.as_str())),
            token_type: interner.intern(&event.response.token_type),
            authority_type: interner.intern(event.authority_type),
            assertion: event.party.assertion().map(Text::from),
            ext_cache_key: purpose(event.party.assertion(), event.fields),
        }
    }

    /// The environments that the redeemed refresh token can stand under: that of this dialect, and the host that it was
    /// sent to, because another SDK may have written it.
    pub(super) fn environments(&self) -> Vec<String> {
        let host = self.event.host.to_ascii_lowercase();
        let without_port = Dialect::Python.environment(&host);
        let mut environments: Vec<String> = Vec::with_capacity(3);
        for environment in [self.environment.to_string(), without_port, host] {
            // Entries are found under any host of a cloud.
            if !environments
                .iter()
                .any(|known| same_cloud(known, &environment))
            {
                environments.push(environment);
            }
        }
        environments
    }
}

impl<'a> Party<'a> {
    pub(super) fn assertion(self) -> Option<&'a str> {
        match self {
            Self::OnBehalf(key) => Some(key.as_str()),
            Self::Application | Self::User => None,
        }
    }
}

/// What an entry has as `ext_cache_key`. The assertion is in it because MSALs that know no `user_assertion_hash` do not take a
/// token with an `ext_cache_key` for one of the user who signed in.
pub(super) fn purpose(assertion: Option<&str>, fields: &[(&str, &str)]) -> Option<Text> {
    let assertion = assertion.map(|assertion| ("user_assertion_hash", assertion));
    let all: Vec<_> = fields.iter().copied().chain(assertion).collect();
    ext_cache_key(&all)
}

/// What was asked for, if any of it is not granted under the name that it was asked by.
fn renamed(requested: &ScopeSet, granted: &ScopeSet) -> Option<ScopeSet> {
    let is_granted = |scope: &str| granted.iter().any(|granted| case::is_same(granted, scope));
    let is_renamed = |scope: &str| !is_reserved(scope) && !is_granted(scope);
    let is_any_renamed = requested != granted && requested.iter().any(is_renamed);
    is_any_renamed.then(|| requested.without_reserved())
}
