//! What the cache is told of a token response.

use crate::{
    AuthorityKind, HomeAccountId, OnBehalfKey, ProviderMetadata, RefreshToken, ScopeSet,
    TokenResponse, UnixTime,
};

/// A token response, and what the cache must know of the request that led to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenEvent<'a> {
    /// The client that asked.
    pub client_id: &'a str,
    /// The authority's host, with its port where it is not 443.
    pub host: &'a str,
    /// The tenant as the token endpoint's path has it.
    pub realm: &'a str,
    /// `MSSTS` for Entra, `ADFS` for ADFS.
    pub authority_type: &'a str,
    /// The scopes that were asked for, reserved ones included: they are taken as granted when the answer names none.
    pub requested: &'a ScopeSet,
    /// The answer.
    pub response: &'a TokenResponse,
    /// When it arrived.
    pub now: UnixTime,
    /// The refresh token that was redeemed: it is kept when the answer brings none, because Entra leaves it valid.
    pub redeemed: Option<&'a RefreshToken>,
    /// Whose refresh token that was, where it is known: the answer to a renewal need not name the user again.
    pub account: Option<&'a HomeAccountId>,
    /// How the user has just signed in, which MSAL keeps with the account: the grant that did it.
    pub account_source: Option<&'a str>,
    /// The name that the user signed in by, where this program knows it: for answers that name nobody.
    pub username: Option<&'a str>,
    /// Who the tokens are for.
    pub party: Party<'a>,
    /// Form fields that the tokens were asked for with, beside those of every request: such a token is found by them only.
    pub fields: &'a [(&'a str, &'a str)],
}

/// Who tokens are for, and found by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Party<'a> {
    /// The application itself, in one tenant.
    Application,
    /// The application on behalf of a user, for one assertion or session.
    OnBehalf(&'a OnBehalfKey),
    /// A user who signed in.
    #[default]
    User,
}

impl<'a> TokenEvent<'a> {
    /// The event of a user who has signed in at `metadata`'s authority, by the grant that `account_source` names.
    pub fn signed_in(
        client_id: &'a str,
        metadata: &'a ProviderMetadata,
        requested: &'a ScopeSet,
        response: &'a TokenResponse,
        account_source: &'a str,
        now: UnixTime,
    ) -> Self {
        Self {
            account_source: Some(account_source),
            ..Self::issued(client_id, metadata, requested, response, now)
        }
    }

    /// The event of a refresh token that was redeemed with `metadata`'s authority.
    pub fn redeemed(
        client_id: &'a str,
        metadata: &'a ProviderMetadata,
        requested: &'a ScopeSet,
        response: &'a TokenResponse,
        redeemed: &'a RefreshToken,
        now: UnixTime,
    ) -> Self {
        Self {
            redeemed: Some(redeemed),
            ..Self::issued(client_id, metadata, requested, response, now)
        }
    }

    /// The event of tokens that `metadata`'s authority issued for something else than a refresh token.
    pub fn issued(
        client_id: &'a str,
        metadata: &'a ProviderMetadata,
        requested: &'a ScopeSet,
        response: &'a TokenResponse,
        now: UnixTime,
    ) -> Self {
        Self {
            client_id,
            host: metadata.authority().host(),
            realm: &metadata.realm,
            authority_type: match metadata.authority().kind() {
                AuthorityKind::Adfs => "ADFS",
                _ => "MSSTS",
            },
            requested,
            response,
            now,
            redeemed: None,
            account: None,
            account_source: None,
            username: None,
            party: Party::User,
            fields: &[],
        }
    }

    /// The same event about tokens for `party`, asked for with these extra form fields.
    #[must_use]
    pub fn of_party(mut self, party: Party<'a>, fields: &'a [(&'a str, &'a str)]) -> Self {
        (self.party, self.fields) = (party, fields);
        self
    }

    /// The same event about the tokens of `account`: see [`ExpectedUser`](crate::ExpectedUser).
    #[must_use]
    pub fn of_account(mut self, account: Option<&'a HomeAccountId>) -> Self {
        self.account = account;
        self
    }

    /// Whose tokens these are.
    pub fn home_account_id(&self) -> Option<HomeAccountId> {
        if self.party == Party::Application {
            return None;
        }
        self.account
            .cloned()
            .or_else(|| self.response.home_account_id())
    }
}
