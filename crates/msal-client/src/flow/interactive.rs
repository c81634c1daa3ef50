//! Signing a user in at the browser of this machine, from beginning to end.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use msal_core::{
    ApiId, AuthCodeFlow, AuthResponse, AuthorizationRequest, ExtraParameters, IntoScopes,
    RedirectUri, ResponseMode, ScopeError, ScopeSet,
};

use super::auth_code::{begin, redeem};
use super::authorization_options::authorization_options;
use super::call_options::checked;
use crate::at_tenant::ChosenTenant;
use crate::browser::Browser;
use crate::error::{ConfigError, Error, SignInError};
use crate::handle::Handle;
use crate::interactive::{Receiver, SystemBrowser};
use crate::observe;
use crate::ports::BoxFuture;
use crate::result::AuthenticationResult;

/// A call to `acquire_token_interactive`, not yet made: await it.
///
/// # Errors
/// [`Error::SignIn`] when there is no browser, the port is taken, the user takes too long or says no; else as
/// [`AcquireTokenByAuthCodeFlow`](super::AcquireTokenByAuthCodeFlow). A cache that cannot be loaded is told before the user
/// is asked.
///
/// Dropping the future closes the port at once; the browser's page stays open, and leads nowhere.
#[must_use = "nothing happens until it is awaited"]
pub struct AcquireTokenInteractive {
    handle: Handle,
    scopes: Result<ScopeSet, ScopeError>,
    extra_scopes: Result<ScopeSet, ScopeError>,
    tenant: ChosenTenant,
    request: AuthorizationRequest,
    extra: ExtraParameters,
    mode: ResponseMode,
    port: Option<u16>,
    time_limit: Duration,
    browser: Box<dyn Browser>,
    without_browser: Option<Show>,
}

type Show = Box<dyn FnOnce(&str) + Send>;

authorization_options!(AcquireTokenInteractive);

impl AcquireTokenInteractive {
    pub(crate) fn new(handle: Handle, scopes: impl IntoScopes) -> Self {
        Self {
            handle,
            scopes: scopes.into_scopes(),
            extra_scopes: Ok(ScopeSet::default()),
            tenant: ChosenTenant::default(),
            request: AuthorizationRequest::default(),
            extra: ExtraParameters::default(),
            mode: ResponseMode::FormPost,
            port: None,
            time_limit: TIME_LIMIT,
            browser: Box::new(SystemBrowser),
            without_browser: None,
        }
    }

    /// Opens this browser instead of the system's.
    pub fn browser(mut self, browser: impl Browser + 'static) -> Self {
        self.browser = Box::new(browser);
        self
    }

    /// Gives the address of the sign-in page to `show` where no browser can be opened, as over ssh, in a container or in WSL,
    /// and goes on waiting. The user opens it in a browser from which `localhost` at the [`port`](Self::port) is this machine.
    ///
    /// The address may name the user: it belongs on the screen, and into no log.
    pub fn without_browser(mut self, show: impl FnOnce(&str) + Send + 'static) -> Self {
        self.without_browser = Some(Box::new(show));
        self
    }

    /// Listens at this port: for registrations that name one, and to forward it. Without it, at one that is free, which
    /// Microsoft allows for the registered redirect URI `http://localhost`.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Scopes that the user is asked to consent to as well, so that a later silent call gets tokens for them.
    pub fn extra_scopes_to_consent(mut self, scopes: impl IntoScopes) -> Self {
        self.extra_scopes = scopes.into_scopes();
        self
    }

    /// Adds a field to the form of the token request, which follows the answer of the browser. The token is found in the
    /// cache by the same fields only. One that the request has itself, or that is there twice, is a
    /// [`ConfigError::ExtraParameter`], before the user is asked.
    pub fn extra_form_field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra.add_field(name, value);
        self
    }

    /// Has the browser bring the answer in the query, for servers that cannot have it post a form. The code is then in the
    /// browser's history, where it is worth nothing once it is redeemed.
    pub fn answer_in_query(mut self) -> Self {
        self.mode = ResponseMode::Query;
        self
    }

    /// How long the user may take: ten minutes where nothing is said.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    async fn run(mut self) -> Result<AuthenticationResult, Error> {
        let handle = self.handle.clone();
        let extra = std::mem::take(&mut self.extra);
        checked(&extra)?;
        let (flow, response) = match Box::pin(self.ask_user()).await {
            Ok(answered) => answered,
            Err(error) => return Err(error.of(handle.client.details())),
        };
        redeem(&handle, flow, response, ApiId::Interactive, &extra).await
    }

    /// What the user was asked, and the answer that the browser brought.
    async fn ask_user(self) -> Result<(AuthCodeFlow, AuthResponse), Error> {
        let scopes = self.scopes?;
        let mut request = self.request;
        request.response_mode = Some(self.mode);
        request.extra_scopes_to_consent = self.extra_scopes?;
        request.time_limit = Some(self.time_limit);
        tokio::runtime::Handle::try_current().map_err(|_none| ConfigError::NoRuntime)?;
        // Nobody should sign in for tokens that cannot be kept.
        self.handle.ensure_loaded().await?;
        let receiver = Receiver::listen(self.port, self.mode).await?;
        let redirect_uri = RedirectUri::parse(&receiver.redirect_uri())?;
        let client = Arc::clone(&self.handle.client);
        let flow = begin(&client, self.tenant, scopes, redirect_uri, request).await?;
        let answer = wait(&flow, receiver, &*self.browser, self.without_browser);
        match tokio::time::timeout(self.time_limit, answer).await {
            Ok(answer) => Ok((flow, answer?)),
            Err(_elapsed) => Err(SignInError::TimedOut.into()),
        }
    }
}

/// Opens the browser, and listens meanwhile: it may bring the answer before it says that it is open.
async fn wait(
    flow: &AuthCodeFlow,
    receiver: Receiver,
    browser: &dyn Browser,
    mut without_browser: Option<Show>,
) -> Result<AuthResponse, SignInError> {
    let mut answer = pin!(receiver.answer(|response| flow.is_answered_by(response)));
    let mut open = Some(browser.open(flow.auth_uri()));
    poll_fn(move |context| {
        if let Poll::Ready(response) = answer.as_mut().poll(context) {
            return Poll::Ready(Ok(response));
        }
        let Some(opening) = &mut open else {
            return Poll::Pending;
        };
        let Poll::Ready(opened) = opening.as_mut().poll(context) else {
            return Poll::Pending;
        };
        open = None;
        match (opened, without_browser.take()) {
            (Ok(()), _) => Poll::Pending,
            (Err(_), Some(show)) => {
                show(flow.auth_uri());
                Poll::Pending
            }
            (Err(none), None) => Poll::Ready(Err(none.into())),
        }
    })
    .await
}

impl fmt::Debug for AcquireTokenInteractive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AcquireTokenInteractive")
            .field("scopes", &self.scopes)
            .field("request", &self.request)
            .field("port", &self.port)
            .field("time_limit", &self.time_limit)
            .field("browser", &self.browser)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for AcquireTokenInteractive {
    type Output = Result<AuthenticationResult, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let span = observe::acquire_token_interactive(self.handle.client.caller());
        Box::pin(observe::token_call(span, self.run()))
    }
}

const TIME_LIMIT: Duration = Duration::from_secs(600);
