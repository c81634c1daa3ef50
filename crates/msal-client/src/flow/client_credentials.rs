//! A token for the application itself (RFC 6749 §4.4), from the cache or from the authority.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use msal_core::{
    ApiId, Cached, CachedAccessToken, ClientCredentialsGrant, ForClientRequest, ForwardedClaims,
    IntoScopes, Party, RefreshReason, ScopeSet, TokenCache, TokenEvent,
};

use tracing::Span;

use super::call_options::{CallOptions, call_options};
use super::service::{Asked, Wanted, remove_with};
use crate::at_tenant::Place;
use crate::call_key::CallParty;
use crate::client::TokenRequest;
use crate::error::{CallDetails, ConfigError, Error, ProtocolError};
use crate::handle::Handle;
use crate::observe;
use crate::ports::BoxFuture;
use crate::result::AuthenticationResult;

/// A call to `acquire_token_for_client`, not yet made: set options, then await it.
///
/// A cached token is returned without asking the network. Otherwise the application proves who it is and gets a new one;
/// equal calls that run at the same time share one request. A token that is only due for renewal is returned when no
/// new one is to be had, whatever the reason, unless it was removed meanwhile; a new one that cannot be saved is in an
/// [`Error::Store`]. While a token endpoint wants no more requests, nothing is sent, and the call fails at once with what is
/// left of the wait.
///
/// # Errors
/// [`Error::Service`] when the application's registration, permissions or credential are wrong, or the service is busy;
/// [`Error::InteractionRequired`] when a policy for the application is not met; [`Error::Http`] when nobody answers;
/// [`Error::Protocol`] for an answer that may not be trusted, such as one that names a user; [`Error::Store`] when the cache
/// cannot be saved: the token is in the error. [`Error::Config`] for options that cannot be meant, and for an authority that is of no single
/// tenant, such as `organizations`.
///
/// Dropping the future hands the request over to an equal call that waits for it, or else abandons it.
#[must_use = "nothing happens until it is awaited"]
pub struct AcquireTokenForClient {
    /// The box is the future in the end: a hit would take longer to move what is in it than to find the token.
    call: Box<Call>,
}

call_options!(AcquireTokenForClient, call.options);

impl AcquireTokenForClient {
    pub(crate) fn new(handle: Handle, scopes: impl IntoScopes) -> Self {
        let call = Box::new(Call {
            handle,
            asked: Asked::new(scopes),
            options: CallOptions::default(),
            request: None,
        });
        Self { call }
    }

    /// Asks for a fresh token even when a cached one is still good: after a change of permissions, for example.
    pub fn force_refresh(mut self, force: bool) -> Self {
        self.call.asked.force_refresh = force;
        self
    }

    /// Gets the token for one of the identities that the application may act as (federated managed identities). It is cached
    /// apart from all others.
    pub fn fmi_path(mut self, path: impl Into<String>) -> Self {
        self.call.asked.fmi_path = Some(path.into());
        self
    }

    /// Passes claims on to the authority: the text of a JSON object. A token that was got with them is found again by the very
    /// same text only.
    pub fn forwarded_client_claims(mut self, claims: impl AsRef<str>) -> Self {
        self.call.asked.forwarded = Some(ForwardedClaims::parse(claims.as_ref()));
        self
    }
}

/// One call, as it was given.
struct Call {
    handle: Handle,
    asked: Asked,
    options: CallOptions,
    /// What has become of it where the cache has no answer.
    request: Option<BoxFuture<'static, Result<AuthenticationResult, Error>>>,
}

impl Call {
    /// The answer of the cache to a call without options but for a tenant, if it is up to date and has one: what
    /// [`run`](Self::run) would find first, without anything that only a request or an error needs.
    fn hit(&self) -> Option<CachedAccessToken> {
        let (handle, client) = (&self.handle, &self.handle.client);
        if !self.asked.is_plain() || !self.options.is_plain() || !handle.cache.is_up_to_date() {
            return None;
        }
        let tenant = self.options.tenant(client).ok()?;
        let place = Place::new(client, tenant.as_ref());
        let scopes = self.asked.scopes.as_ref().ok()?;
        match look(handle, place, scopes, &[], false) {
            Cached::Hit(token) if !place.tenant().is_shared() => Some(token),
            _ => None,
        }
    }

    async fn run(self) -> Result<AuthenticationResult, Error> {
        let client = &self.handle.client;
        let tenant = self.options.tenant(client)?;
        let place = Place::new(client, tenant.as_ref());
        if place.tenant().is_shared() {
            let tenant = place.tenant().to_string();
            return Err(place.of_call(ConfigError::OneTenant { tenant }.into()));
        }
        let call = Checked {
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
        let key = call.wanted.key(call.handle, CallParty::Application);
        let renewal = client.shared(key, call.renew(fallback));
        renewal.await.map_err(of_call)
    }

    /// The call in its span. By itself: a hit would make room on the stack for the state of a request.
    #[inline(never)]
    fn in_span(self, span: Span) -> BoxFuture<'static, Result<AuthenticationResult, Error>> {
        Box::pin(observe::token_call(span, self.run()))
    }

    /// Begins with what a hit does not need. By itself, as the other.
    #[inline(never)]
    fn begin(&mut self) -> BoxFuture<'static, Result<AuthenticationResult, Error>> {
        let call = Self {
            handle: self.handle.clone(),
            asked: std::mem::take(&mut self.asked),
            options: std::mem::take(&mut self.options),
            request: None,
        };
        Box::pin(call.run())
    }
}

impl Future for Call {
    type Output = Result<AuthenticationResult, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let call = &mut *self;
        let request = match &mut call.request {
            Some(request) => request,
            None => {
                if let Some(token) = call.hit() {
                    call.handle.client.record_hit();
                    return Poll::Ready(Ok(AuthenticationResult::cached(token, None)));
                }
                let request = call.begin();
                call.request.insert(request)
            }
        };
        request.as_mut().poll(context)
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

/// What the cache in memory has.
fn look(
    handle: &Handle,
    place: Place<'_>,
    scopes: &ScopeSet,
    fields: &[(&str, &str)],
    force_refresh: bool,
) -> Cached {
    let client = &handle.client;
    let realm = place.realm();
    let realms = place.realms(realm.as_deref());
    let now = client.runtime.clock().now();
    let (id, environments) = (&client.client_id, &client.environments);
    let mut request = ForClientRequest::new(id, environments, &realms, scopes, now);
    request.fields = fields;
    request.force_refresh = force_refresh;
    handle.cache.read(|cache| cache.for_client(&request))
}

/// One call, its options checked.
struct Checked<'a> {
    handle: &'a Handle,
    wanted: Wanted<'a>,
}

impl Checked<'_> {
    /// What the cache in memory has for this call.
    fn decide(&self) -> Cached {
        let Wanted {
            place,
            scopes,
            fields,
            is_fresh,
            ..
        } = &self.wanted;
        look(self.handle, *place, scopes, fields, *is_fresh)
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
        let now = || self.decide();
        Wanted::or_fallback(&self.handle.client, outcome, fallback, now, |token| {
            self.hit(token)
        })
    }

    async fn ask(&self, reason: RefreshReason) -> Result<AuthenticationResult, Error> {
        let (handle, client) = (self.handle, &*self.handle.client);
        let (scopes, fmi_path) = (self.wanted.scopes, self.wanted.fmi_path);
        observe::renewing(client.caller(), scopes, reason);
        let metadata = self.wanted.place.endpoints().await?;
        let authentication = client.authenticate(&metadata, fmi_path).await?;
        let claims = self.wanted.claims(client)?;
        let mut grant = ClientCredentialsGrant::new(&client.client_id, &authentication, scopes);
        grant.claims = claims.as_deref();
        grant.fmi_path = fmi_path;
        let context = client.context(
            &metadata,
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
        let event = TokenEvent::issued(&client.client_id, &metadata, scopes, &response, now)
            .of_party(Party::Application, &self.wanted.fields);
        let add = |cache: &mut TokenCache| cache.add_for_client(&event);
        let saved = handle.cache.update(add).await;
        handle.result(saved, &event, None)
    }
}

impl fmt::Debug for AcquireTokenForClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AcquireTokenForClient")
            .field("scopes", &self.call.asked.scopes)
            .field("tenant", &self.call.options.tenant)
            .field("force_refresh", &self.call.asked.force_refresh)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for AcquireTokenForClient {
    type Output = Result<AuthenticationResult, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let call = self.call;
        let caller = call.handle.client.caller();
        let span = observe::acquire_token_for_client(caller, call.asked.scopes.as_ref().ok());
        match span.is_disabled() {
            // Nothing comes between a hit and its caller where nobody listens.
            true => Box::into_pin(call),
            false => call.in_span(span),
        }
    }
}
