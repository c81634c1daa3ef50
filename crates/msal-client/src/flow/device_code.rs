//! Signing in on another device (RFC 8628): for programs without a browser.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use msal_core::{
    ApiId, DeviceAuthorization, DeviceAuthorizationError, DeviceAuthorizationRequest,
    DeviceCodeGrant, DevicePolling, ExtraParameters, IntoScopes, Party, ProviderMetadata,
    ScopeError, ScopeSet, TokenEvent, TokenResponse, UnixTime, retry_after,
};

use super::call_options::{CallOptions, call_options, checked, checked_at};
use crate::at_tenant::Place;
use crate::client::TokenRequest;
use crate::error::{
    BlockedWay, CallDetails, ConfigError, Error, InteractionRequired, ProtocolError,
};
use crate::handle::Handle;
use crate::observe;
use crate::ports::BoxFuture;
use crate::result::AuthenticationResult;
use crate::throttling::{Refused, Throttled};

/// A call to `initiate_device_flow`, not yet made: await it.
///
/// # Errors
/// [`ConfigError::NoDeviceFlow`] when the authority has no device flow; [`Error::Protocol`] when the server would send the
/// user to an address that is not its own: that may not be shown to anybody; otherwise as
/// [`AcquireTokenByRefreshToken`](crate::AcquireTokenByRefreshToken).
///
/// Dropping the future costs nothing: a code that nobody was shown expires.
#[must_use = "nothing happens until it is awaited"]
pub struct InitiateDeviceFlow {
    handle: Handle,
    scopes: Result<ScopeSet, ScopeError>,
    options: CallOptions,
}

/// A device flow that has begun (RFC 8628 §3.2): what to tell the user, and what this program asks with meanwhile.
///
/// It is used once, by [`acquire_token_by_device_flow`](crate::Application::acquire_token_by_device_flow), and at the
/// authority that it began at. `Debug` shows none of its codes.
///
/// # Security
/// Whoever enters the code lets this program in as themselves. Attackers begin such flows and send the code to others, who
/// enter it (Storm-2372; RFC 8628 §5.4): show the code to nobody but the user who asked for it, and never open
/// [`verification_uri_complete`](Self::verification_uri_complete) unasked. Where an interactive sign-in is possible, prefer
/// it; Microsoft recommends that tenants block the device code flow by policy.
#[must_use = "the user has still to sign in, and the tokens have to be asked for"]
pub struct DeviceFlow {
    authorization: DeviceAuthorization,
    expires_on: UnixTime,
    metadata: ProviderMetadata,
    scopes: ScopeSet,
    claims: Option<String>,
    extra: ExtraParameters,
    correlation_id: String,
}

/// A call to `acquire_token_by_device_flow`, not yet made: await it.
///
/// It asks the token endpoint until the user has signed in, has said no, or the code has expired, as often as the server
/// allows (RFC 8628 §3.5). While the server is busy or out of reach it asks less often, and goes on. Time passes through the
/// [`Clock`](crate::Clock) of the runtime.
///
/// # Errors
/// [`Error::InteractionRequired`] when the user said no, the code has expired, or a policy blocks the flow, which AADSTS53003
/// says; [`Error::Http`] when the code expired while nobody could be reached; otherwise as
/// [`AcquireTokenByRefreshToken`](crate::AcquireTokenByRefreshToken).
///
/// Dropping the future ends the flow: the code expires unused, unless the user has signed in at that moment.
#[must_use = "nothing happens until it is awaited"]
pub struct AcquireTokenByDeviceFlow {
    handle: Handle,
    flow: DeviceFlow,
}

impl DeviceFlow {
    /// What to tell the user, in the server's words: where to go and what to enter there.
    pub fn message(&self) -> &str {
        &self.authorization.message
    }

    /// What the user enters.
    pub fn user_code(&self) -> &str {
        &self.authorization.user_code
    }

    /// Where the user enters it: https, and on a host of the authority's.
    pub fn verification_uri(&self) -> &str {
        &self.authorization.verification_uri
    }

    /// The same with the code in it, for a QR code (RFC 8628 §3.3.1), where the server has one.
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.authorization.verification_uri_complete.as_deref()
    }

    /// When the code expires.
    pub fn expires_on(&self) -> UnixTime {
        self.expires_on
    }

    /// How long the server wants to be left alone between two questions.
    pub fn interval(&self) -> Duration {
        self.authorization.interval
    }
}

call_options!(InitiateDeviceFlow, options);

impl InitiateDeviceFlow {
    pub(crate) fn new(handle: Handle, scopes: impl IntoScopes) -> Self {
        Self {
            handle,
            scopes: scopes.into_scopes(),
            options: CallOptions::default(),
        }
    }

    async fn run(self) -> Result<DeviceFlow, Error> {
        let client = Arc::clone(&self.handle.client);
        let outcome = self.begin().await;
        outcome.map_err(|error| error.of(client.details()))
    }

    async fn begin(self) -> Result<DeviceFlow, Error> {
        let (client, scopes) = (&*self.handle.client, self.scopes?);
        let tenant = self.options.tenant(client)?;
        let claims = self.options.claims(client)?;
        checked(&self.options.extra)?;
        // What could not be saved is better known before the user is asked to do anything.
        self.handle.ensure_loaded().await?;
        self.handle.cache.prepare_to_save().await?;
        let metadata = Place::new(client, tenant.as_ref()).endpoints().await?;
        let endpoints = [
            Some(metadata.token_endpoint()),
            metadata.device_authorization_endpoint(),
        ];
        for endpoint in endpoints.into_iter().flatten() {
            checked_at(&self.options.extra, endpoint)?;
        }
        let mut context = client.bare_context()?;
        context.extra.clone_from(&self.options.extra);
        let mut request = DeviceAuthorizationRequest::new(&client.client_id, &scopes);
        request.claims = claims.as_deref();
        let request = request
            .request(&metadata, &context)
            .ok_or(ConfigError::NoDeviceFlow)?;
        let correlation_id = context.correlation_id;
        let of_request = |error: Error| error.of(CallDetails::sent_with(&correlation_id));
        let throttling = &client.runtime.shared().throttling;
        let throttled = Throttled::at(request.uri(), &client.client_id, &scopes);
        let caller = client.at(metadata.authority());
        let now = client.runtime.clock().now();
        throttling
            .check(&throttled, caller, now)
            .map_err(of_request)?;
        let span = observe::device_authorization(metadata.authority());
        let exchange = async {
            let answer = client.runtime.http().send(request).await;
            observe::answered(&span, &answer);
            let answer = answer?;
            let now = client.runtime.clock().now();
            DeviceAuthorization::read(&metadata, &answer).map_err(|error| match error {
                DeviceAuthorizationError::Refused(mut refused) => {
                    refused.retry_after = retry_after(answer.headers(), now);
                    throttling.note(throttled, caller, Refused::Service(refused.clone()), now);
                    Error::from(*refused)
                }
                error => Error::from(ProtocolError::DeviceAuthorization(error)),
            })
        };
        let authorization = observe::request(&span, exchange)
            .await
            .map_err(of_request)?;
        let now = client.runtime.clock().now();
        Ok(DeviceFlow {
            expires_on: now + authorization.expires_in,
            authorization,
            metadata,
            scopes,
            claims,
            extra: self.options.extra,
            correlation_id,
        })
    }
}

impl AcquireTokenByDeviceFlow {
    pub(crate) fn new(handle: Handle, flow: DeviceFlow) -> Self {
        Self { handle, flow }
    }

    async fn run(self) -> Result<AuthenticationResult, Error> {
        let outcome = self.poll().await;
        outcome.map_err(|error| error.of(self.handle.client.details()))
    }

    async fn poll(&self) -> Result<AuthenticationResult, Error> {
        self.handle.ensure_loaded().await?;
        self.handle.cache.prepare_to_save().await?;
        let (flow, clock) = (&self.flow, self.handle.client.runtime.clock());
        let mut polling = DevicePolling::new(flow.interval(), flow.expires_on);
        let mut last = Error::from(InteractionRequired::device_code_expired());
        while !polling.is_over(clock.now()) {
            let error = match self.ask().await {
                Ok(response) => return self.keep(&response).await,
                Err(error) => error,
            };
            let now = clock.now();
            let wait = match error.service_error() {
                Some(refusal) => polling.after_refusal(refusal, now),
                None => error.is_transient().then(|| polling.after_no_answer(now)),
            };
            let Some(wait) = wait else {
                return Err(error);
            };
            // Who could not be reached until the code expired has not heard whether the user has signed in.
            last = match error.is_transient() {
                true => error,
                false => InteractionRequired::device_code_expired().into(),
            };
            clock.sleep(wait).await;
        }
        Err(last)
    }

    /// Asks once. Nothing is cached here.
    async fn ask(&self) -> Result<TokenResponse, Error> {
        let (client, flow) = (&*self.handle.client, &self.flow);
        let client_id = &client.client_id;
        let authentication = client.authenticate(&flow.metadata, None).await?;
        let mut context =
            client.context(&flow.metadata, ApiId::ByDeviceFlow, 0, None, &flow.extra)?;
        // One flow has one, from its beginning to its end.
        context.correlation_id.clone_from(&flow.correlation_id);
        let device_code = &flow.authorization.device_code;
        let mut grant = DeviceCodeGrant::new(client_id, &authentication, device_code);
        grant.claims = flow.claims.as_deref();
        let correlation_id = &flow.correlation_id;
        let request = TokenRequest {
            http: grant.request(&flow.metadata, &context),
            metadata: &flow.metadata,
            authentication: &authentication,
            scopes: &flow.scopes,
            user: None,
            expected: None,
            api: ApiId::ByDeviceFlow,
            correlation_id,
            attempt: 1,
        };
        let answer = client.send(request).await;
        answer
            .map_err(|error| error.explained(BlockedWay::DeviceCode))
            .map_err(|error| error.of(CallDetails::sent_with(correlation_id)))
    }

    async fn keep(&self, response: &TokenResponse) -> Result<AuthenticationResult, Error> {
        let (handle, flow) = (&self.handle, &self.flow);
        let requested = flow.scopes.with_reserved();
        let fields: Vec<_> = flow.extra.all().collect();
        let event = TokenEvent::signed_in(
            &handle.client.client_id,
            &flow.metadata,
            &requested,
            response,
            ACCOUNT_SOURCE,
            handle.client.runtime.clock().now(),
        );
        let event = event.of_party(Party::User, &fields);
        let saved = handle.cache.update(|cache| cache.add(&event)).await;
        handle.result(saved, &event, None)
    }
}

/// What MSAL Python notes with an account that signed in this way: the name of the grant (RFC 8628 §3.4).
const ACCOUNT_SOURCE: &str = "urn:ietf:params:oauth:grant-type:device_code";

impl fmt::Debug for InitiateDeviceFlow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("InitiateDeviceFlow")
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for DeviceFlow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeviceFlow")
            .field("authorization", &self.authorization)
            .field("expires_on", &self.expires_on)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AcquireTokenByDeviceFlow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AcquireTokenByDeviceFlow")
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for InitiateDeviceFlow {
    type Output = Result<DeviceFlow, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let span = observe::initiate_device_flow(self.handle.client.caller());
        Box::pin(async move { observe::plain_call(&span, self.run()).await })
    }
}

impl IntoFuture for AcquireTokenByDeviceFlow {
    type Output = Result<AuthenticationResult, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let span = observe::acquire_token_by_device_flow(self.handle.client.caller());
        Box::pin(observe::token_call(span, self.run()))
    }
}
