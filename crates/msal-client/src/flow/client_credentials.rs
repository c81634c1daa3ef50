//! A token for the application itself (RFC 6749 §4.4), from the cache or from the authority.

use std::fmt;

use msal_core::{
    ApiId, Cached, CachedAccessToken, ClientCredentialsGrant, ForClientRequest, ForwardedClaims,
    IntoScopes, Party, RefreshReason, TokenCache, TokenEvent,
};

use super::call_options::{CallOptions, call_options};
use super::service::{Asked, Wanted, remove_with};
use crate::at_tenant::Place;
use crate::call_key::CallParty;
use crate::client::TokenRequest;
use crate::error::{CallDetails, Error, ProtocolError};
use crate::handle::Handle;
use crate::observe;
use crate::ports::BoxFuture;
use crate::result::AuthenticationResult;

/// A call to `acquire_token_for_client`, not yet made: set options, then await it.
///
/// A cached token is returned without asking the network. Otherwise the application proves who it is and gets a new one;
/// equal calls that run at the same time share one request. A token that is only due for renewal is returned when renewing
/// fails, whatever the reason. While a token endpoint wants no more requests, nothing is sent, and the call fails at once with
/// what is left of the wait.
///
/// # Errors
/// [`Error::Service`] when the application's registration, permissions or credential are wrong, or the service is busy;
/// [`Error::InteractionRequired`] when a policy for the application is not met; [`Error::Http`] when nobody answers;
/// [`Error::Protocol`] for an answer that may not be trusted, such as one that names a user; [`Error::Store`] when the cache
/// cannot be saved: the token is in the error. [`Error::Config`] for options that cannot be meant.
///
/// Dropping the future hands the request over to an equal call that waits for it, or else abandons it.
#[must_use = "nothing happens until it is awaited"]
pub struct AcquireTokenForClient {
    handle: Handle,
    asked: Asked,
    options: CallOptions,
}

call_options!(AcquireTokenForClient);

impl AcquireTokenForClient {
    pub(crate) fn new(handle: Handle, scopes: impl IntoScopes) -> Self {
        Self {
            handle,
            asked: Asked::new(scopes),
            options: CallOptions::default(),
        }
    }

    /// Asks for a fresh token even when a cached one is still good: after a change of permissions, for example.
    pub fn force_refresh(mut self, force: bool) -> Self {
        self.asked.force_refresh = force;
        self
    }

    /// Gets the token for one of the identities that the application may act as (federated managed identities). It is cached
    /// apart from all others.
    pub fn fmi_path(mut self, path: impl Into<String>) -> Self {
        self.asked.fmi_path = Some(path.into());
        self
    }

    /// Passes claims on to the authority: the text of a JSON object. A token that was got with them is found again by the very
    /// same text only.
    pub fn forwarded_client_claims(mut self, claims: impl AsRef<str>) -> Self {
        self.asked.forwarded = Some(ForwardedClaims::parse(claims.as_ref()));
        self
    }

    async fn run(mut self) -> Result<AuthenticationResult, Error> {
        let client = &self.handle.client;
        let tenant = self.options.tenant(client)?;
        let place = Place::new(client, tenant.as_ref());
        let call = Call {
            handle: &self.handle,
            wanted: self.asked.checked(&self.options, client, place)?,
        };
        let of_call = |error: Error| place.of_call(error);
        self.handle.ensure_loaded().await.map_err(of_call)?;
        let fallback = match call.decide() {
            Cached::Hit(token) => return Ok(call.hit(token)),
            Cached::Ask { fallback, .. } => fallback,
            _ => None,
        };
        // In a box of its own: a request's state takes kilobytes, which every hit would move otherwise.
        let key = call.wanted.key(call.handle, CallParty::Application);
        let renewal = Box::pin(client.shared(key, call.renew(fallback)));
        renewal.await.map_err(of_call)
    }
}

/// Removes the tokens of the application itself, of all tenants.
pub(crate) async fn remove_tokens(handle: &Handle) -> Result<(), Error> {
    let client = &handle.client;
    let remove = |cache: &mut TokenCache| {
        for environment in &client.environments {
            cache.remove_for_client(&client.client_id, environment);
        }
    };
    let span = observe::remove_tokens_for_client(client.caller());
    observe::plain_call(&span, remove_with(handle, remove)).await
}

/// One call.
struct Call<'a> {
    handle: &'a Handle,
    wanted: Wanted<'a>,
}

impl Call<'_> {
    /// What the cache in memory has for this call.
    fn decide(&self) -> Cached {
        let (client, wanted) = (&self.handle.client, &self.wanted);
        let now = client.runtime.clock().now();
        let fields = wanted.fields();
        wanted.with_realms(|realms| {
            let (id, environments) = (&client.client_id, &client.environments);
            let mut request = ForClientRequest::new(id, environments, realms, &wanted.scopes, now);
            request.fields = &fields;
            request.force_refresh = wanted.is_fresh;
            self.handle.cache.read(|cache| cache.for_client(&request))
        })
    }

    fn hit(&self, token: CachedAccessToken) -> AuthenticationResult {
        self.handle.client.record_hit();
        AuthenticationResult::cached(token, None)
    }

    /// Gets a new token. `fallback` is what the cache had before it was brought up to date.
    async fn renew(
        &self,
        fallback: Option<CachedAccessToken>,
    ) -> Result<AuthenticationResult, Error> {
        let (fallback, outcome) = match self
            .wanted
            .refresh(self.handle)
            .await
            .map(|()| self.decide())
        {
            Ok(Cached::Hit(token)) => return Ok(self.hit(token)),
            Ok(Cached::Ask { fallback, reason }) => (fallback, self.ask(reason).await),
            Ok(_) => (None, self.ask(RefreshReason::NoAccessToken).await),
            // A store that is out of reach is no reason to refuse a token that is still valid.
            Err(error) => (fallback, Err(error)),
        };
        Wanted::or_fallback(&self.handle.client, outcome, fallback, |token| {
            self.hit(token)
        })
    }

    async fn ask(&self, reason: RefreshReason) -> Result<AuthenticationResult, Error> {
        let (handle, client) = (self.handle, &*self.handle.client);
        let (scopes, fmi_path) = (&self.wanted.scopes, self.wanted.fmi_path.as_deref());
        observe::renewing(client.caller(), scopes, reason);
        let metadata = self.wanted.place.endpoints().await?;
        let authentication = client.authenticate(&metadata, fmi_path).await?;
        let claims = self.wanted.claims(client)?;
        let mut grant = ClientCredentialsGrant::new(&client.client_id, &authentication, scopes);
        grant.claims = claims.as_deref();
        grant.fmi_path = fmi_path;
        let context = client.context(
            ApiId::ForClient,
            reason.telemetry(),
            None,
            self.wanted.extra,
        )?;
        let request = TokenRequest {
            http: grant.request(&metadata, &context),
            metadata: &metadata,
            authentication: &authentication,
            scopes,
            user: None,
            expected: None,
            api: ApiId::ForClient,
            correlation_id: &context.correlation_id,
            attempt: 1,
        };
        let response = client.send(request).await?;
        // RFC 6749 §4.4.3: no refresh token comes with it, and there is no user whose token it could be.
        if response.home_account_id().is_some() {
            let refresh_token = response.refresh_token;
            let error = Error::from(ProtocolError::Identity { refresh_token });
            return Err(error.of(CallDetails::sent_with(&context.correlation_id)));
        }
        let now = client.runtime.clock().now();
        let fields = self.wanted.fields();
        let event = TokenEvent::issued(&client.client_id, &metadata, scopes, &response, now)
            .of_party(Party::Application, &fields);
        let add = |cache: &mut TokenCache| cache.add_for_client(&event);
        let saved = handle.cache.update(add).await;
        handle.result(saved, &event, None)
    }
}

impl fmt::Debug for AcquireTokenForClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AcquireTokenForClient")
            .field("scopes", &self.asked.scopes)
            .field("tenant", &self.options.tenant)
            .field("force_refresh", &self.asked.force_refresh)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for AcquireTokenForClient {
    type Output = Result<AuthenticationResult, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let caller = self.handle.client.caller();
        let span = observe::acquire_token_for_client(caller, self.asked.scopes.as_ref().ok());
        match span.is_disabled() {
            // Nothing comes between a hit and its caller where nobody listens.
            true => Box::pin(self.run()),
            false => Box::pin(observe::token_call(span, self.run())),
        }
    }
}
