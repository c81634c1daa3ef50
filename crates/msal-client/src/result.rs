//! What an application gets when it asks for a token.

use msal_core::{
    AccessToken, Account, CachedAccessToken, IdTokenClaims, ScopeSet, TokenResponse, UnixTime,
};

/// An access token and what is known about it. `Debug` shows no token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthenticationResult {
    /// The token to send to the resource.
    pub access_token: AccessToken,
    /// `Bearer`, in whatever letter case the server sent it (RFC 6749 §5.1: it is case insensitive).
    pub token_type: String,
    /// When it expires. A token from the cache has at least five minutes left, unless it is the fallback for a renewal
    /// that failed.
    pub expires_on: UnixTime,
    /// When it will be renewed although it is still valid; `None` when the server did not ask for that.
    pub refresh_on: Option<UnixTime>,
    /// The scopes that were granted, which may be more or fewer than those asked for.
    pub scopes: ScopeSet,
    /// Whose token it is; `None` when the server said nothing about the user.
    pub account: Option<Account>,
    /// The claims of the ID token that came with it; `None` for a token from the cache.
    pub id_token_claims: Option<IdTokenClaims>,
    /// Where it comes from.
    pub token_source: TokenSource,
}

/// Where a token comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenSource {
    /// The token cache: the network was not asked, or it failed and this token is still valid.
    Cache,
    /// The authority's token endpoint.
    IdentityProvider,
}

impl AuthenticationResult {
    pub(crate) fn cached(token: CachedAccessToken, account: Account) -> Self {
        Self {
            access_token: token.secret,
            token_type: token.token_type.to_string(),
            expires_on: token.expires_on,
            refresh_on: token.refresh_on,
            scopes: ScopeSet::from_text(&token.target),
            account: Some(account),
            id_token_claims: None,
            token_source: TokenSource::Cache,
        }
    }

    pub(crate) fn issued(
        response: &TokenResponse,
        requested: &ScopeSet,
        account: Option<Account>,
        now: UnixTime,
    ) -> Self {
        Self {
            access_token: response.access_token.clone(),
            token_type: response.token_type.clone(),
            expires_on: now + response.expires_in,
            refresh_on: response.refresh_in.map(|wait| now + wait),
            scopes: response.scopes.as_ref().unwrap_or(requested).clone(),
            account,
            id_token_claims: response.claims().cloned(),
            token_source: TokenSource::IdentityProvider,
        }
    }
}
