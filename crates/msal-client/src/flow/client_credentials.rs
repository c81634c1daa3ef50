//! A token for the application itself (RFC 6749 §4.4), from the cache or from the authority.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use msal_core::{
    ApiId, Cached, CachedAccessToken, ClientCredentialsGrant, ForClientHit, ForClientRequest,
    ForwardedClaims, IntoScopes, Party, RefreshReason, ScopeError, ScopeSet, TokenCache,
    TokenEvent, UnixTime,
};

use tracing::Span;

use super::call_options::{CallOptions, claims_challenge, extra_parameters, tenant};
use super::service::{Asked, Wanted, remove_with};
use crate::at_tenant::{ChosenTenant, Place};
use crate::call_key::CallParty;
use crate::client::{Client, TokenRequest};
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

extra_parameters!(AcquireTokenForClient, call.more().options.extra);
claims_challenge!(AcquireTokenForClient, call.more().options);
tenant!(AcquireTokenForClient, call);

impl AcquireTokenForClient {
    pub(crate) fn new(handle: Handle, scopes: impl IntoScopes) -> Self {
        let call = Box::new(Call {
            handle,
            scopes: scopes.into_scopes(),
            tenant: ChosenTenant::default(),
            more: None,
            request: None,
        });
        Self { call }
    }

    /// Asks for a fresh token even when a cached one is still good: after a change of permissions, for example.
    pub fn force_refresh(mut self, force: bool) -> Self {
        self.call.more().asked.force_refresh = force;
        self
    }

    /// Gets the token for one of the identities that the application may act as (federated managed identities). It is cached
    /// apart from all others.
    pub fn fmi_path(mut self, path: impl Into<String>) -> Self {
        self.call.more().asked.fmi_path = Some(path.into());
        self
    }

    /// Passes claims on to the authority: the text of a JSON object. A token that was got with them is found again by the very
    /// same text only.
    pub fn forwarded_client_claims(mut self, claims: impl AsRef<str>) -> Self {
        self.call.more().asked.forwarded = Some(ForwardedClaims::parse(claims.as_ref()));
        self
    }
}

/// One call, as it was given.
struct Call {
    handle: Handle,
    scopes: Result<ScopeSet, ScopeError>,
    tenant: ChosenTenant,
    /// What few calls have. By itself, as a hit would take time to make room for it.
    more: Option<Box<More>>,
    /// What has become of it where the cache has no answer.
    request: Option<BoxFuture<'static, Result<AuthenticationResult, Error>>>,
}

/// What is asked for beside scopes, and the options beside a tenant.
#[derive(Default)]
struct More {
    asked: Asked,
    options: CallOptions,
}

impl Call {
    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    fn into_parts(self) -> (Handle, Asked, CallOptions) {
        let More { asked, options } = *self.more.unwrap_or_default();
        let (scopes, tenant) = (self.scopes, self.tenant);
        let (asked, options) = (Asked { scopes, ..asked }, CallOptions { tenant, ..options });
        (self.handle, asked, options)
    }

    /// The answer of the cache to a call without options but for a tenant, if it is up to date and has one: what
    /// [`run`](Self::run) would find first, without anything that only a request or an error needs.
    #[inline]
    fn hit(&self) -> Option<ForClientHit> {
        let (handle, client) = (&self.handle, &self.handle.client);
        if self.more.is_some() || !handle.cache.is_up_to_date() {
            return None;
        }
        let scopes = self.scopes.as_ref().ok()?;
        let now = client.runtime.clock().now();
        let at = |realm: &str| {
            let realms = &[realm];
            let request = request(client, realms, scopes, now);
            handle.cache.read(|cache| cache.hit_for_client(&request))
        };
        if let Some(guid) = self
            .tenant
            .guid()
            .filter(|_| client.authority.has_tenants())
        {
            return at(guid);
        }
        let tenant = self.tenant.of(client).ok()?;
        let place = Place::new(client, tenant.as_ref());
        if place.tenant().is_shared() {
            return None;
        }
        // The authority may have another name for it, which is of no matter where the token is found by this one.
        let own = place.tenant().as_str();
        at(own).or_else(|| at(&place.realm().filter(|known| known != own)?))
    }

    /// The scopes, which are looked at no more.
    fn take_scopes(&mut self) -> Result<ScopeSet, ScopeError> {
        std::mem::replace(&mut self.scopes, Ok(ScopeSet::default()))
    }

    async fn run(self) -> Result<AuthenticationResult, Error> {
        let (handle, asked, options) = self.into_parts();
        let client = &handle.client;
        let tenant = options.tenant(client)?;
        let place = Place::new(client, tenant.as_ref());
        if place.tenant().is_shared() {
            let tenant = place.tenant().to_string();
            return Err(place.of_call(ConfigError::OneTenant { tenant }.into()));
        }
        let call = Checked {
            handle: &handle,
            wanted: asked.checked(&options, client, place)?,
        };
        let of_call = |error: Error| place.of_call(error);
        handle.ensure_loaded().await.map_err(of_call)?;
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
            scopes: self.take_scopes(),
            tenant: std::mem::take(&mut self.tenant),
            more: self.more.take(),
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
                    let result =
                        AuthenticationResult::hit(token, || call.take_scopes().unwrap_or_default());
                    return Poll::Ready(Ok(result));
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

/// What the cache is asked for a token of the client itself.
fn request<'a>(
    client: &'a Client,
    realms: &'a [&'a str],
    scopes: &'a ScopeSet,
    now: UnixTime,
) -> ForClientRequest<'a> {
    ForClientRequest::new(&client.client_id, &client.environments, realms, scopes, now)
}

/// One call, its options checked.
struct Checked<'a> {
    handle: &'a Handle,
    wanted: Wanted<'a>,
}

impl Checked<'_> {
    /// What the cache in memory has for this call.
    fn decide(&self) -> Cached {
        let (client, wanted) = (&self.handle.client, &self.wanted);
        let realm = wanted.place.realm();
        let realms = wanted.place.realms(realm.as_deref());
        let now = client.runtime.clock().now();
        let mut request = request(client, &realms, wanted.scopes, now);
        request.fields = &wanted.fields;
        request.force_refresh = wanted.is_fresh;
        self.handle.cache.read(|cache| cache.for_client(&request))
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
        let more = self.call.more.as_ref();
        let force_refresh = more.is_some_and(|more| more.asked.force_refresh);
        formatter
            .debug_struct("AcquireTokenForClient")
            .field("scopes", &self.call.scopes)
            .field("tenant", &self.call.tenant)
            .field("force_refresh", &force_refresh)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for AcquireTokenForClient {
    type Output = Result<AuthenticationResult, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let call = self.call;
        let caller = call.handle.client.caller();
        let span = observe::acquire_token_for_client(caller, call.scopes.as_ref().ok());
        match span.is_disabled() {
            // Nothing comes between a hit and its caller where nobody listens.
            true => Box::into_pin(call),
            false => call.in_span(span),
        }
    }
}
