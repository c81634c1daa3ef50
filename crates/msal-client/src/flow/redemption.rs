//! One redemption of a refresh token (RFC 6749 §6): what a silent call does with a token from the cache, and
//! `acquire_token_by_refresh_token` with one from elsewhere.

use msal_core::{
    ApiId, HomeAccountId, ProviderMetadata, RefreshReason, RefreshToken, RefreshTokenGrant,
    ScopeSet, TokenEvent, TokenResponse,
};

use crate::client::{Client, check_identity};
use crate::error::Error;
use crate::throttling::Throttled;

/// A refresh token on its way to the token endpoint.
pub(super) struct Redemption<'a> {
    pub(super) client: &'a Client,
    /// The authority's, or those of its alias that the token is stored under.
    pub(super) metadata: &'a ProviderMetadata,
    pub(super) refresh_token: &'a RefreshToken,
    pub(super) scopes: &'a ScopeSet,
    pub(super) api: ApiId,
    /// Why the network is asked.
    pub(super) reason: RefreshReason,
    /// Whose token it is, where that is known.
    pub(super) home_account_id: Option<&'a HomeAccountId>,
}

impl<'a> Redemption<'a> {
    /// Sends the token and checks the answer. Nothing is cached here.
    pub(super) async fn send(&self) -> Result<TokenResponse, Error> {
        let Client {
            client_id,
            credential,
            ..
        } = self.client;
        let context =
            self.client
                .context(self.api, self.reason.telemetry(), self.home_account_id)?;
        let grant = RefreshTokenGrant::new(client_id, credential, self.refresh_token, self.scopes);
        let request = grant.request(self.metadata, &context);
        let user = self.home_account_id;
        let throttled = Throttled::new(self.metadata, client_id, self.scopes, user);
        let response = self
            .client
            .send(request, throttled, self.api, &context.correlation_id)
            .await?;
        check_identity(self.metadata, &response, self.home_account_id)?;
        Ok(response)
    }

    /// What the cache is told of the answer.
    pub(super) fn event(
        &self,
        requested: &'a ScopeSet,
        response: &'a TokenResponse,
    ) -> TokenEvent<'a> {
        TokenEvent::redeemed(
            &self.client.client_id,
            self.metadata,
            requested,
            response,
            self.refresh_token,
            self.client.runtime.clock().now(),
        )
        .of_account(self.home_account_id)
    }
}
