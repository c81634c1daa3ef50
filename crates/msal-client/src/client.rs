//! What every flow needs: the application's state, its endpoints, sending, checking and the result.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use msal_core::{
    Account, ApiId, Authority, ClientCredential, Cloud, HomeAccountId, ProviderMetadata,
    RefreshToken, RefreshTokenGrant, RequestContext, ScopeSet, Telemetry, TokenEvent, TokenOutcome,
    TokenResponse, retry_after,
};

use crate::cache::SharedTokenCache;
use crate::error::{Error, ProtocolError, StoreFailure};
use crate::flow::SilentKey;
use crate::metadata::MetadataCache;
use crate::single_flight::SingleFlight;
use crate::turns::Turns;
use crate::{AuthenticationResult, Runtime, StoreError};

/// The state behind every clone of an application.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) client_id: String,
    pub(crate) credential: ClientCredential,
    pub(crate) authority: Authority,
    /// The host names under which tokens of the application's cloud may be stored: see [`environments`].
    pub(crate) environments: Vec<String>,
    /// Whether the caller named the authority's host as one to trust with tokens.
    pub(crate) is_known_authority: bool,
    pub(crate) runtime: Runtime,
    pub(crate) cache: Arc<SharedTokenCache>,
    pub(crate) metadata: MetadataCache,
    pub(crate) renewals: SingleFlight<SilentKey, Result<AuthenticationResult, Error>>,
    pub(crate) turns: Turns<HomeAccountId>,
    pub(crate) telemetry: Mutex<Telemetry>,
}

/// A refresh token on its way to the token endpoint.
pub(crate) struct Redemption<'a> {
    pub(crate) refresh_token: &'a RefreshToken,
    pub(crate) scopes: &'a ScopeSet,
    pub(crate) api: ApiId,
    /// Why the network is asked, as telemetry counts it.
    pub(crate) reason: u8,
    /// Whose token it is, where that is known.
    pub(crate) home_account_id: Option<&'a HomeAccountId>,
}

impl Client {
    pub(crate) async fn endpoints(&self, authority: &Authority) -> Result<ProviderMetadata, Error> {
        self.metadata
            .resolve(authority, self.is_known_authority, &self.runtime)
            .await
    }

    /// Whether the endpoints of the application's authority can be told without asking.
    pub(crate) fn knows_endpoints(&self) -> bool {
        ProviderMetadata::built_in(&self.authority).is_some()
            || self.metadata.realm(&self.authority).is_some()
    }

    /// Every account of the cache that belongs to the application's cloud.
    pub(crate) async fn accounts(&self) -> Result<Vec<Account>, Error> {
        self.cache.reload().await?;
        let environments = &self.environments;
        Ok(self.cache.read(|cache| cache.accounts_in(environments)))
    }

    pub(crate) async fn remove_account(&self, account: &Account) -> Result<(), Error> {
        self.cache.reload().await?;
        let remove = |cache: &mut msal_core::TokenCache| {
            cache.remove_account(&self.client_id, account);
        };
        Ok(self.cache.update(remove).await?)
    }

    /// Redeems a refresh token that comes from elsewhere, and caches what it brings.
    pub(crate) async fn redeem_foreign(
        &self,
        refresh_token: &RefreshToken,
        scopes: &ScopeSet,
    ) -> Result<AuthenticationResult, Error> {
        // A cache that cannot be loaded cannot be saved: that must be known before the token is spent.
        self.cache.ensure_loaded().await?;
        let metadata = self.endpoints(&self.authority).await?;
        let redemption = Redemption {
            refresh_token,
            scopes,
            api: ApiId::ByRefreshToken,
            reason: 1,
            home_account_id: None,
        };
        let response = self.redeem(&metadata, &redemption).await?;
        let requested = scopes.with_reserved();
        let event = self.event(&metadata, &requested, &response, &redemption);
        let saved = self.cache.update(|cache| cache.add(&event)).await;
        self.result(saved, &event, None)
    }

    /// Sends a refresh token and checks the answer. Nothing is cached here.
    pub(crate) async fn redeem(
        &self,
        metadata: &ProviderMetadata,
        redemption: &Redemption<'_>,
    ) -> Result<TokenResponse, Error> {
        let grant = RefreshTokenGrant::new(
            &self.client_id,
            &self.credential,
            redemption.refresh_token,
            redemption.scopes,
        );
        let context = self.context(redemption)?;
        let answer = self
            .send(grant.request(&metadata.token_endpoint, &context)?)
            .await?;
        match TokenOutcome::read(&answer, &self.client_id) {
            TokenOutcome::Tokens(response) => {
                self.telemetry().record_success();
                check_identity(metadata, &response, redemption.home_account_id)?;
                Ok(*response)
            }
            TokenOutcome::Refused(mut error) => {
                // The header may hold a date, and a date is a wait for whoever has a clock.
                error.retry_after = retry_after(answer.headers(), self.runtime.clock.now());
                self.telemetry().record_failure(
                    redemption.api,
                    &context.correlation_id,
                    &error.error,
                );
                Err(Error::from(*error))
            }
            TokenOutcome::Malformed(error) => Err(Error::from(error)),
            _ => Err(Error::Http(crate::HttpError::bare(
                crate::HttpErrorKind::Response,
            ))),
        }
    }

    /// What the cache is told of a redeemed token.
    pub(crate) fn event<'a>(
        &'a self,
        metadata: &'a ProviderMetadata,
        requested: &'a ScopeSet,
        response: &'a TokenResponse,
        redemption: &Redemption<'a>,
    ) -> TokenEvent<'a> {
        TokenEvent::redeemed(
            &self.client_id,
            metadata,
            requested,
            response,
            redemption.refresh_token,
            self.runtime.clock.now(),
        )
        .of_account(redemption.home_account_id)
    }

    /// The result of tokens that were issued, whether or not they could be saved. `account` is whom they were asked for;
    /// what the cache says of the user goes before it.
    pub(crate) fn result(
        &self,
        saved: Result<(), StoreError>,
        event: &TokenEvent<'_>,
        account: Option<&Account>,
    ) -> Result<AuthenticationResult, Error> {
        let account = event
            .home_account_id()
            .and_then(|id| {
                self.cache
                    .read(|cache| cache.account(&id, &self.environments))
            })
            .or_else(|| account.cloned());
        let result =
            AuthenticationResult::issued(event.response, event.requested, account, event.now);
        match saved {
            Ok(()) => Ok(result),
            Err(error) => Err(Error::Store(Box::new(StoreFailure::with_result(
                Arc::new(error),
                result,
            )))),
        }
    }

    pub(crate) fn record_hit(&self) {
        self.telemetry().record_hit();
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        Ok(self.runtime.http.send(request).await?)
    }

    fn context(&self, redemption: &Redemption<'_>) -> Result<RequestContext, Error> {
        Ok(RequestContext::new(
            self.runtime.correlation_id()?,
            Telemetry::current(redemption.api, redemption.reason),
            self.telemetry().last(),
            redemption
                .home_account_id
                .map(HomeAccountId::anchor_mailbox),
        ))
    }

    fn telemetry(&self) -> std::sync::MutexGuard<'_, Telemetry> {
        self.telemetry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The host names under which tokens of the authority's cloud may be stored, its own first. MSAL Node keeps a port, the
/// other MSALs do not.
pub(crate) fn environments(authority: &Authority) -> Vec<String> {
    let (own, host) = (authority.environment(), authority.host());
    let aliases = Cloud::of(own)
        .map(|cloud| cloud.aliases)
        .unwrap_or_default();
    let others = aliases.iter().copied().filter(|alias| *alias != own);
    let with_port = (host != own).then_some(host);
    std::iter::once(own)
        .chain(with_port)
        .chain(others)
        .map(str::to_owned)
        .collect()
}

/// OpenID Connect Core §12.2: the ID token of a refresh must come from the same issuer and be about the same user.
fn check_identity(
    metadata: &ProviderMetadata,
    response: &TokenResponse,
    expected: Option<&HomeAccountId>,
) -> Result<(), Error> {
    let refresh_token = || response.refresh_token.clone();
    if let Some(claims) = response.claims() {
        metadata
            .check_id_token_issuer(claims)
            .map_err(|source| ProtocolError::IdToken {
                source,
                refresh_token: refresh_token(),
            })?;
    }
    match expected.is_none_or(|account| response.can_be_of(account)) {
        true => Ok(()),
        false => Err(Error::from(ProtocolError::Identity {
            refresh_token: refresh_token(),
        })),
    }
}
