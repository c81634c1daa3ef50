//! One redemption of a refresh token (RFC 6749 §6): what a silent call does with a token from the cache, and
//! `acquire_token_by_refresh_token` with one from elsewhere.

use msal_core::{
    ApiId, ExtraParameters, HomeAccountId, ProviderMetadata, RefreshReason, RefreshToken,
    RefreshTokenGrant, ScopeSet, TokenEvent, TokenResponse,
};

use crate::client::TokenRequest;
use crate::error::Error;
use crate::handle::Handle;

/// A refresh token on its way to the token endpoint.
pub(super) struct Redemption<'a> {
    pub(super) handle: &'a Handle,
    /// The authority's, or those of its alias that the token is stored under.
    pub(super) metadata: &'a ProviderMetadata,
    pub(super) refresh_token: &'a RefreshToken,
    pub(super) scopes: &'a ScopeSet,
    /// What to send as `claims`.
    pub(super) claims: Option<&'a str>,
    pub(super) api: ApiId,
    /// Why the network is asked.
    pub(super) reason: RefreshReason,
    /// Whose token it is, where that is known.
    pub(super) home_account_id: Option<&'a HomeAccountId>,
    /// What the program adds to the request.
    pub(super) extra: &'a ExtraParameters,
    /// Which of the tokens it is that one call tries one after the other, from one.
    pub(super) attempt: usize,
}

impl<'a> Redemption<'a> {
    /// Sends the token and checks the answer. Nothing is cached here.
    pub(super) async fn send(&self) -> Result<TokenResponse, Error> {
        self.handle.cache.prepare_to_save().await?;
        let client = &*self.handle.client;
        let client_id = &client.client_id;
        let authentication = client.authenticate(self.metadata, None).await?;
        let context = client.context(
            self.api,
            self.reason.telemetry(),
            self.home_account_id,
            self.extra,
        )?;
        let mut grant =
            RefreshTokenGrant::new(client_id, &authentication, self.refresh_token, self.scopes);
        grant.claims = self.claims;
        let correlation_id = &context.correlation_id;
        let request = TokenRequest {
            http: grant.request(self.metadata, &context),
            metadata: self.metadata,
            authentication: &authentication,
            scopes: self.scopes,
            user: self.home_account_id,
            expected: self.home_account_id,
            api: self.api,
            correlation_id,
            attempt: self.attempt,
        };
        client.send(request).await
    }

    /// What the cache is told of the answer.
    pub(super) fn event(
        &self,
        requested: &'a ScopeSet,
        response: &'a TokenResponse,
    ) -> TokenEvent<'a> {
        TokenEvent::redeemed(
            &self.handle.client.client_id,
            self.metadata,
            requested,
            response,
            self.refresh_token,
            self.handle.client.runtime.clock().now(),
        )
        .of_account(self.home_account_id)
    }
}
