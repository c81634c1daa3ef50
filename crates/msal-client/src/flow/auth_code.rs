//! Signing a user in at a browser that the program does not drive itself: the authorization code flow.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use msal_core::{
    ApiId, AuthCodeFlow, AuthResponse, AuthorizationRequest, AuthorizedCode, ExtraParameters,
    IntoScopes, Party, ProviderMetadata, RedirectUri, ResponseMode, ScopeError, ScopeSet,
    TokenEvent, TokenResponse,
};

use super::authorization_options::authorization_options;
use super::call_options::{checked, extra_parameters};
use crate::at_tenant::{AtTenant, ChosenTenant, Place};
use crate::client::{Client, TokenRequest};
use crate::error::{CallDetails, Error, ProtocolError};
use crate::handle::Handle;
use crate::observe;
use crate::ports::BoxFuture;
use crate::result::AuthenticationResult;

/// A call to `initiate_auth_code_flow`, not yet made: await it.
///
/// # Errors
/// [`Error::Config`] for scopes, a redirect URI or an extra parameter that may not be sent; [`Error::Http`] and
/// [`Error::Protocol`] when the authority's endpoints are not known and cannot be found out.
#[must_use = "nothing happens until it is awaited"]
pub struct InitiateAuthCodeFlow {
    handle: Handle,
    scopes: Result<ScopeSet, ScopeError>,
    redirect_uri: String,
    tenant: ChosenTenant,
    request: AuthorizationRequest,
}

authorization_options!(InitiateAuthCodeFlow);

impl InitiateAuthCodeFlow {
    pub(crate) fn new(handle: Handle, scopes: impl IntoScopes, redirect_uri: String) -> Self {
        Self {
            handle,
            scopes: scopes.into_scopes(),
            redirect_uri,
            tenant: ChosenTenant::default(),
            request: AuthorizationRequest::default(),
        }
    }

    /// How the browser brings the answer: by its query where nothing is said. [`ResponseMode::FormPost`] keeps the code out
    /// of addresses and histories.
    pub fn response_mode(mut self, mode: ResponseMode) -> Self {
        self.request.response_mode = Some(mode);
        self
    }

    /// How long the user may take: ten minutes where nothing is said.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.request.time_limit = Some(limit);
        self
    }

    async fn run(self) -> Result<AuthCodeFlow, Error> {
        let client = Arc::clone(&self.handle.client);
        let (scopes, redirect_uri) = (self.scopes?, RedirectUri::parse(&self.redirect_uri)?);
        let begun = begin(&client, self.tenant, scopes, redirect_uri, self.request).await;
        begun.map_err(|error| error.of(client.details()))
    }
}

impl fmt::Debug for InitiateAuthCodeFlow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("InitiateAuthCodeFlow")
            .field("scopes", &self.scopes)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for InitiateAuthCodeFlow {
    type Output = Result<AuthCodeFlow, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let span = observe::initiate_auth_code_flow(self.handle.client.caller());
        Box::pin(async move { observe::plain_call(&span, self.run()).await })
    }
}

/// A call to `acquire_token_by_auth_code_flow`, not yet made: await it.
///
/// # Errors
/// [`Error::SignIn`] when the answer is not one to this sign-in, came too late, or says no; [`Error::InteractionRequired`]
/// when the server wants something of the user that [`Prompt::None`](msal_core::Prompt::None) forbade it to ask for, or when
/// the code has expired; [`Error::Protocol`] when the tokens may not be trusted, such as those of another user: nothing is
/// cached then. The others as for every call.
///
/// Dropping the future may leave the code redeemed and its tokens lost: the user signs in again.
#[must_use = "nothing happens until it is awaited"]
#[derive(Debug)]
pub struct AcquireTokenByAuthCodeFlow {
    handle: Handle,
    flow: AuthCodeFlow,
    response: AuthResponse,
    extra: ExtraParameters,
}

extra_parameters!(AcquireTokenByAuthCodeFlow, extra);

impl AcquireTokenByAuthCodeFlow {
    pub(crate) fn new(handle: Handle, flow: AuthCodeFlow, response: AuthResponse) -> Self {
        Self {
            handle,
            flow,
            response,
            extra: ExtraParameters::default(),
        }
    }

    async fn run(self) -> Result<AuthenticationResult, Error> {
        let api = ApiId::ByAuthCodeFlow;
        redeem(&self.handle, self.flow, self.response, api, &self.extra).await
    }
}

impl IntoFuture for AcquireTokenByAuthCodeFlow {
    type Output = Result<AuthenticationResult, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let span = observe::acquire_token_by_auth_code_flow(self.handle.client.caller());
        Box::pin(observe::token_call(span, self.run()))
    }
}

/// Begins a sign-in with the application's authority, or the same at the tenant that the call names.
pub(super) async fn begin(
    client: &Client,
    tenant: ChosenTenant,
    scopes: ScopeSet,
    redirect_uri: RedirectUri,
    mut request: AuthorizationRequest,
) -> Result<AuthCodeFlow, Error> {
    request.claims = client.claims(request.claims.as_deref().unwrap_or_default(), None)?;
    let tenant = tenant.of(client)?;
    let metadata = Place::new(client, tenant.as_ref()).endpoints().await?;
    request.tenant = tenant.map(AtTenant::into_tenant);
    let mut random = [0; AuthCodeFlow::RANDOM_BYTES];
    client.runtime.random().fill(&mut random)?;
    let now = client.runtime.clock().now();
    let client_id = &client.client_id;
    let flow = AuthCodeFlow::begin(
        client_id,
        &metadata,
        scopes,
        redirect_uri,
        request,
        random,
        now,
    );
    Ok(flow?)
}

/// Ends a sign-in: checks the answer, redeems its code, checks what comes, and keeps it.
pub(super) async fn redeem(
    handle: &Handle,
    flow: AuthCodeFlow,
    response: AuthResponse,
    api: ApiId,
    extra: &ExtraParameters,
) -> Result<AuthenticationResult, Error> {
    let call = CallDetails {
        redirect_uri: Some(flow.redirect_uri().to_owned()),
        ..handle.client.details()
    };
    let redeemed = redeem_answer(handle, flow, response, api, extra).await;
    redeemed.map_err(|error| error.of(call))
}

async fn redeem_answer(
    handle: &Handle,
    flow: AuthCodeFlow,
    response: AuthResponse,
    api: ApiId,
    extra: &ExtraParameters,
) -> Result<AuthenticationResult, Error> {
    let extra = checked(extra)?;
    let client = &*handle.client;
    // RFC 9700 §4.4: the application's own authority at the tenant of the flow, whatever the session says the authority is.
    let chosen = ChosenTenant::from(flow.tenant().cloned());
    let tenant = chosen.of(client)?;
    let metadata = Place::new(client, tenant.as_ref()).endpoints().await?;
    let now = client.runtime.clock().now();
    let code = flow.accept(response, &client.client_id, &metadata, now)?;
    // A cache that cannot be loaded cannot be saved: that must be known before the code is spent.
    handle.ensure_loaded().await?;
    handle.cache.prepare_to_save().await?;
    let response = send(client, &code, &metadata, api, extra).await?;
    let requested = code.scopes().with_reserved();
    let now = client.runtime.clock().now();
    let fields: Vec<_> = extra.all().collect();
    let event = TokenEvent::signed_in(
        &client.client_id,
        &metadata,
        &requested,
        &response,
        "authorization_code",
        now,
    );
    let event = event.of_party(Party::User, &fields);
    let saved = handle.cache.update(|cache| cache.add(&event)).await;
    handle.result(saved, &event, None)
}

/// Sends the code and checks what comes of it. Nothing is cached here.
async fn send(
    client: &Client,
    code: &AuthorizedCode,
    metadata: &ProviderMetadata,
    api: ApiId,
    extra: &ExtraParameters,
) -> Result<TokenResponse, Error> {
    let authentication = client.authenticate(metadata, None).await?;
    let context = client.context(metadata, api, 0, code.answered(), extra)?;
    let correlation_id = &context.correlation_id;
    let grant = code.grant(&client.client_id, &authentication);
    let request = TokenRequest {
        http: grant.request(metadata, &context),
        metadata,
        authentication: &authentication,
        scopes: code.scopes(),
        user: code.answered(),
        // Nothing is known of the user but what the flow checks below.
        expected: None,
        api,
        correlation_id,
        attempt: 1,
    };
    let answer = client.send(request).await;
    let checked = answer.and_then(|response| {
        check(client, code, &response)?;
        Ok(response)
    });
    checked.map_err(|error| error.of(CallDetails::sent_with(correlation_id)))
}

fn check(client: &Client, code: &AuthorizedCode, response: &TokenResponse) -> Result<(), Error> {
    let refresh_token = || response.refresh_token.clone();
    let checked = code.check(response, client.runtime.clock().now());
    checked.map_err(|source| ProtocolError::IdToken {
        source,
        refresh_token: refresh_token(),
    })?;
    match code.is_of_expected_user(response) {
        true => Ok(()),
        false => Err(Error::from(ProtocolError::Identity {
            refresh_token: refresh_token(),
        })),
    }
}
