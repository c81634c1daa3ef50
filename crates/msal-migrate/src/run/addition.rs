//! The tokens of an answer, and how they go into a cache.

use std::fmt;

use msal_core::{
    HomeAccountId, ProviderMetadata, RefreshToken, ScopeSet, TokenCache, TokenEvent, TokenResponse,
    UnixTime,
};

/// How old an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// It has just come.
    New,
    /// It was sealed some time ago, by a process that may have stored its tokens.
    Sealed,
}

/// The tokens of an answer, and what the cache must know of them.
pub(super) struct Tokens<'a> {
    pub(super) client_id: &'a str,
    /// As the cache's dialect spells it.
    pub(super) environment: &'a str,
    pub(super) metadata: &'a ProviderMetadata,
    pub(super) requested: &'a ScopeSet,
    pub(super) response: &'a TokenResponse,
    pub(super) redeemed: &'a RefreshToken,
    pub(super) at: UnixTime,
    /// The account that the verdict is about, and not one found by a second look at the answer.
    pub(super) home_account_id: &'a HomeAccountId,
}

impl Tokens<'_> {
    /// Adds the tokens to a cache that was loaded. Those of a sealed answer are left out where they are there already, or
    /// later ones are.
    pub(super) fn add_to(&self, cache: &mut TokenCache, age: Age) {
        if age == Age::New || !self.are_there(cache) {
            let event = TokenEvent::redeemed(
                self.client_id,
                self.metadata,
                self.requested,
                self.response,
                self.redeemed,
                self.at,
            );
            cache.add(&event.of_account(Some(self.home_account_id)));
        }
    }

    fn are_there(&self, cache: &TokenCache) -> bool {
        // RFC 6749 §6: where the answer brings no other, the old one stays the one to keep.
        let kept = self.response.refresh_token.as_ref();
        let kept = kept.unwrap_or(self.redeemed);
        cache.holds_successor(
            self.client_id,
            self.home_account_id,
            self.environment,
            (kept, self.at),
            &|stored| stored == self.redeemed,
        )
    }
}

/// The tokens of an answer that wait for their user's cache.
pub(super) struct Addition {
    pub(super) age: Age,
    pub(super) client_id: String,
    pub(super) environment: String,
    pub(super) metadata: ProviderMetadata,
    pub(super) requested: ScopeSet,
    pub(super) response: Box<TokenResponse>,
    pub(super) redeemed: RefreshToken,
    pub(super) at: UnixTime,
    pub(super) home_account_id: HomeAccountId,
}

impl Addition {
    pub(super) fn add_to(&self, cache: &mut TokenCache) {
        let tokens = Tokens {
            client_id: &self.client_id,
            environment: &self.environment,
            metadata: &self.metadata,
            requested: &self.requested,
            response: &self.response,
            redeemed: &self.redeemed,
            at: self.at,
            home_account_id: &self.home_account_id,
        };
        tokens.add_to(cache, self.age);
    }
}

impl fmt::Debug for Addition {
    /// Leaves out whose tokens they are.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Addition({:?})", self.age)
    }
}
