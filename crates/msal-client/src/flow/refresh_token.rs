//! Redeeming a refresh token that another library obtained.

use std::fmt;
use std::sync::Arc;

use msal_core::{ApiId, IntoScopes, Party, RefreshReason, RefreshToken, ScopeError, ScopeSet};

use super::call_options::{CallOptions, call_options, checked};
use super::redemption::Redemption;
use crate::at_tenant::Place;
use crate::error::Error;
use crate::handle::Handle;
use crate::observe;
use crate::ports::BoxFuture;
use crate::result::AuthenticationResult;

/// A call to `acquire_token_by_refresh_token`, not yet made: await it.
///
/// # Errors
/// [`Error::InteractionRequired`] when the token is dead or a policy wants the user; [`Error::Service`] when the
/// application's registration or secret is wrong, or the service is busy; [`Error::Http`] when nobody answers: the old
/// token may then have been redeemed (see [`HttpError::may_have_been_sent`](crate::HttpError::may_have_been_sent));
/// [`Error::Protocol`] for an answer that may not be trusted: the refresh token in it is kept there, and nothing is
/// cached; [`Error::Store`] when the cache cannot be saved: the tokens are in the error.
///
/// Dropping the future may leave the token redeemed without its successor being kept.
#[must_use = "nothing happens until it is awaited"]
pub struct AcquireTokenByRefreshToken {
    handle: Handle,
    refresh_token: RefreshToken,
    scopes: Result<ScopeSet, ScopeError>,
    options: CallOptions,
}

call_options!(AcquireTokenByRefreshToken, options);

impl AcquireTokenByRefreshToken {
    pub(crate) fn new(
        handle: Handle,
        refresh_token: RefreshToken,
        scopes: impl IntoScopes,
    ) -> Self {
        Self {
            handle,
            refresh_token,
            options: CallOptions::default(),
            scopes: scopes.into_scopes(),
        }
    }

    async fn run(self) -> Result<AuthenticationResult, Error> {
        let client = Arc::clone(&self.handle.client);
        let outcome = self.redeem().await;
        outcome.map_err(|error| error.of(client.details()))
    }

    async fn redeem(self) -> Result<AuthenticationResult, Error> {
        let (handle, client, scopes) = (&self.handle, &*self.handle.client, self.scopes?);
        let tenant = self.options.tenant(client)?;
        let place = Place::new(client, tenant.as_ref());
        let claims = self.options.claims(client)?;
        let extra = checked(&self.options.extra)?;
        let fields: Vec<_> = extra.all().collect();
        // A cache that cannot be loaded cannot be saved: that must be known before the token is spent.
        handle.ensure_loaded().await?;
        let metadata = place.endpoints().await?;
        let redemption = Redemption {
            handle,
            metadata: &metadata,
            refresh_token: &self.refresh_token,
            scopes: &scopes,
            claims: claims.as_deref(),
            api: ApiId::ByRefreshToken,
            reason: RefreshReason::Forced,
            // The token says nothing of its user; the answer does.
            home_account_id: None,
            extra,
            attempt: 1,
        };
        let response = redemption.send().await?;
        let requested = scopes.with_reserved();
        let event = redemption.event(&requested, &response);
        let event = event.of_party(Party::User, &fields);
        let saved = handle.cache.update(|cache| cache.add(&event)).await;
        handle.result(saved, &event, None)
    }
}

/// Without the scopes: who mistakes the order of the arguments has put the token in their place.
impl fmt::Debug for AcquireTokenByRefreshToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AcquireTokenByRefreshToken")
            .finish_non_exhaustive()
    }
}

impl IntoFuture for AcquireTokenByRefreshToken {
    type Output = Result<AuthenticationResult, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let caller = self.handle.client.caller();
        let span = observe::acquire_token_by_refresh_token(caller);
        Box::pin(observe::token_call(span, self.run()))
    }
}
