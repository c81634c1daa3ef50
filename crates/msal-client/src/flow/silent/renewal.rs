//! Renewing a user's token with a refresh token from the cache.

use std::sync::Arc;

use msal_core::{
    ApiId, CachedAccessToken, Party, RefreshCandidate, RefreshReason, Renewal, Silent, TokenCache,
};

use super::Call;
use crate::client::Client;
use crate::detached::to_the_end;
use crate::error::{Error, InteractionRequired};
use crate::flow::redemption::Redemption;
use crate::keyed_lock::KeyGuard;
use crate::observe;
use crate::result::AuthenticationResult;

impl Call {
    /// Renews the token. `fallback` is what the cache had before it was brought up to date.
    ///
    /// Where a refresh token is spent by its use, the request and the save are no longer the caller's once it is their turn:
    /// whoever drops the call would lose the successor, and the next call would send the spent one.
    pub(super) async fn renew(
        self: &Arc<Self>,
        fallback: Option<CachedAccessToken>,
    ) -> Result<AuthenticationResult, Error> {
        let Some(turn) = self.wait_for_other_renewals().await else {
            return self.renew_now(fallback).await;
        };
        let call = Arc::clone(self);
        to_the_end(async move {
            let outcome = call.renew_now(fallback).await;
            drop(turn);
            outcome
        })
        .await
    }

    async fn renew_now(
        &self,
        fallback: Option<CachedAccessToken>,
    ) -> Result<AuthenticationResult, Error> {
        match self.look_again().await {
            Ok(Silent::Hit(token)) => Ok(self.hit(token)),
            Ok(Silent::Renew(renewal)) => self.redeem_any(renewal).await,
            Ok(_) => Err(InteractionRequired::default().into()),
            // A store that is out of reach is no reason to refuse a token that is still valid.
            Err(error) => match fallback {
                Some(token) => Ok(self.fall_back(token, &error)),
                None => Err(error),
            },
        }
    }

    /// Waits for renewals of the account for other scopes, except at Microsoft's own hosts, where a redeemed refresh
    /// token stays valid. A server that rotates may take a second use of a token for theft and sign the user out (RFC
    /// 6749 §10.4): the second renewal must find the successor of the first one's token in the cache.
    async fn wait_for_other_renewals(&self) -> Option<KeyGuard> {
        let Client {
            authority,
            renewals,
            ..
        } = self.client();
        match authority.is_well_known() {
            true => None,
            false => {
                let partition = self.handle.cache.partition().clone();
                let account = self.account.home_account_id.clone();
                Some(renewals.lock((partition, account)).await)
            }
        }
    }

    /// Somebody else may have renewed the token since the cache was loaded, so the store is asked before the network.
    /// Where the tenant was given by its domain, the authority is asked for the name that tokens are stored under.
    async fn look_again(&self) -> Result<Silent, Error> {
        self.handle.cache.reload().await?;
        let decision = self.decide();
        let is_undecided = matches!(decision, Silent::Renew(_)) && self.place().realm().is_none();
        // When the authority does not answer, neither will it answer the renewal, which reports that.
        match is_undecided && self.place().endpoints().await.is_ok() {
            true => Ok(self.decide()),
            false => Ok(decision),
        }
    }

    /// Redeems one refresh token after the other, the client's own and those of its family, until one brings a token.
    async fn redeem_any(&self, renewal: Renewal) -> Result<AuthenticationResult, Error> {
        let mut last: Error = InteractionRequired::default().into();
        let mut is_own_refused = false;
        if !renewal.candidates.is_empty() {
            observe::renewing(self.client().caller(), &self.scopes, renewal.reason);
        }
        for (candidate, attempt) in renewal.candidates.iter().zip(1..) {
            let error = match self.redeem(candidate, renewal.reason, attempt).await {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            // Only a refusal is about the token. After anything else the next one would fare no better.
            let is_refusal = matches!(error, Error::InteractionRequired(_) | Error::Service(_));
            let is_final = !is_refusal || error.is_transient() || self.is_signed_out();
            // Why the client's own token is refused tells the caller more than why a family's is not for it.
            if is_final || !candidate.is_family || !is_own_refused {
                last = error;
            }
            if is_final {
                break;
            }
            is_own_refused |= !candidate.is_family;
        }
        match (renewal.fallback, &last) {
            // A token was issued; only keeping it failed, which the caller must learn.
            (_, Error::Store(failure)) if failure.result().is_some() => Err(last),
            (None, _) => Err(last),
            (Some(token), _) => Ok(self.fall_back(token, &last)),
        }
    }

    async fn redeem(
        &self,
        candidate: &RefreshCandidate,
        reason: RefreshReason,
        attempt: usize,
    ) -> Result<AuthenticationResult, Error> {
        let client = self.client();
        // A token that is stored under an alias of the cloud is sent to that alias, and stays under it.
        let metadata = self.place().endpoints_of(&candidate.environment).await?;
        let capabilities = client.claims("", None)?;
        let redemption = Redemption {
            handle: &self.handle,
            metadata: &metadata,
            refresh_token: &candidate.secret,
            scopes: &self.scopes,
            claims: self.claims.as_deref().or(capabilities.as_deref()),
            api: ApiId::Silent,
            reason,
            home_account_id: Some(&self.account.home_account_id),
            extra: &self.extra,
            attempt,
        };
        let response = redemption.send().await?;
        if let Some(claims) = &self.claims {
            let met_claims = &client.runtime.shared().met_claims;
            met_claims.note(&response.access_token, claims);
        }
        let requested = self.scopes.with_reserved();
        let fields: Vec<_> = self.extra.all().collect();
        let event = redemption.event(&requested, &response);
        let event = event.of_party(Party::User, &fields);
        // Renewed, not added: the tokens of a user who was signed out meanwhile must not come back.
        let mut is_kept = true;
        let renew = |cache: &mut TokenCache| is_kept = cache.renew(&event);
        let saved = self.handle.cache.update(renew).await;
        match is_kept {
            true => self.handle.result(saved, &event, Some(&self.account)),
            false => Err(self.signed_out_meanwhile()),
        }
    }

    /// Whether there is nothing of the user in memory any more.
    fn is_signed_out(&self) -> bool {
        matches!(self.decide(), Silent::InteractionRequired)
    }

    pub(super) fn signed_out_meanwhile(&self) -> Error {
        observe::signed_out_meanwhile(self.client().caller());
        InteractionRequired::default().into()
    }

    /// Hands out a token that is still valid, though it could not be renewed.
    fn fall_back(&self, token: CachedAccessToken, error: &Error) -> AuthenticationResult {
        observe::fallback(self.client().caller(), error);
        self.hit(token)
    }
}
