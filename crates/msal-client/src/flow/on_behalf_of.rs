//! A token for the next API, on behalf of the user whose token the application was called with (RFC 7523 §2.1).

use std::fmt;

use msal_core::{
    Account, ApiId, Cached, CachedAccessToken, ForwardedClaims, HomeAccountId, IntoScopes,
    OnBehalfKey, OnBehalfOfGrant, OnBehalfRequest, OnBehalfTokens, Party, RefreshCandidate,
    RefreshReason, TokenCache, TokenEvent, UserAssertion,
};

use super::call_options::{CallOptions, call_options};
use super::redemption::Redemption;
use super::service::{Asked, Wanted, remove_with};
use crate::at_tenant::Place;
use crate::call_key::CallParty;
use crate::client::TokenRequest;
use crate::error::{CallDetails, Error, InteractionRequired, ProtocolError};
use crate::handle::Handle;
use crate::keyed_lock::KeyGuard;
use crate::observe;
use crate::ports::BoxFuture;
use crate::result::AuthenticationResult;

/// A call on behalf of a user, not yet made: set options, then await it.
///
/// A cached token is returned without asking the network: one that was got for the same assertion or session, and no other,
/// so that one cache can serve many users. Equal calls that run at the same time share one request. A token that is only
/// due for renewal is returned when renewing fails, whatever the reason.
///
/// # Errors
/// [`Error::InteractionRequired`] when the user must sign in, consent or meet a policy of the next API: [`Error::claims`] is
/// the challenge to answer the caller with. [`Error::Service`] when the application's registration or credential is wrong, or
/// when the assertion is not one to act on: its message says so. [`Error::Http`] when nobody answers; [`Error::Protocol`] for an
/// answer that may not be trusted, such as one for another user than the assertion's; [`Error::Store`] when the cache cannot be
/// saved: the token is in the error.
///
/// Dropping the future hands the request over to an equal call that waits for it, or else abandons it.
#[must_use = "nothing happens until it is awaited"]
pub struct AcquireTokenOnBehalfOf {
    handle: Handle,
    basis: Basis,
    asked: Asked,
    options: CallOptions,
}

call_options!(AcquireTokenOnBehalfOf);

/// What a call has to act on.
enum Basis {
    /// The assertion of this call.
    Assertion(UserAssertion),
    /// An assertion that a session is to begin with.
    Beginning(UserAssertion, OnBehalfKey),
    /// A session that has begun.
    Session(OnBehalfKey),
}

impl AcquireTokenOnBehalfOf {
    pub(crate) fn of_assertion(
        handle: Handle,
        assertion: &UserAssertion,
        scopes: impl IntoScopes,
    ) -> Self {
        Self::new(handle, Basis::Assertion(assertion.clone()), scopes)
    }

    pub(crate) fn of_new_session(
        handle: Handle,
        assertion: &UserAssertion,
        session_key: &str,
        scopes: impl IntoScopes,
    ) -> Self {
        let session = OnBehalfKey::of_session(session_key);
        Self::new(handle, Basis::Beginning(assertion.clone(), session), scopes)
    }

    pub(crate) fn of_session(handle: Handle, session_key: &str, scopes: impl IntoScopes) -> Self {
        let session = OnBehalfKey::of_session(session_key);
        Self::new(handle, Basis::Session(session), scopes)
    }

    fn new(handle: Handle, basis: Basis, scopes: impl IntoScopes) -> Self {
        Self {
            handle,
            basis,
            asked: Asked::new(scopes),
            options: CallOptions::default(),
        }
    }

    /// Asks for a fresh token even when a cached one is still good.
    pub fn force_refresh(mut self, force: bool) -> Self {
        self.asked.force_refresh = force;
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
            basis: &self.basis,
            key: self.basis.key(),
            wanted: self.asked.checked(&self.options, client, place)?,
        };
        let of_call = |error: Error| place.of_call(error);
        self.handle.ensure_loaded().await.map_err(of_call)?;
        let found = call.decide();
        let fallback = match found.access_token {
            Cached::Hit(token) => return Ok(call.hit(token, found.home_account_id.as_ref())),
            Cached::Ask { fallback, .. } => fallback.map(|token| (token, found.home_account_id)),
            _ => None,
        };
        // In a box of its own: a request's state takes kilobytes, which every hit would move otherwise.
        let key = call.wanted.key(call.handle, call.party());
        let renewal = Box::pin(client.shared(key, call.renew(fallback)));
        renewal.await.map_err(of_call)
    }
}

/// Ends a session.
pub(crate) async fn end_session(handle: &Handle, session_key: &str) -> Result<(), Error> {
    let (client, session) = (&handle.client, OnBehalfKey::of_session(session_key));
    let remove = |cache: &mut TokenCache| {
        for environment in &client.environments {
            cache.remove_on_behalf(&client.client_id, &session, environment);
        }
    };
    let span = observe::stop_long_running_on_behalf_of(client.caller());
    observe::plain_call(&span, remove_with(handle, remove)).await
}

impl Basis {
    /// What the tokens are found by.
    fn key(&self) -> OnBehalfKey {
        match self {
            Self::Assertion(assertion) => OnBehalfKey::of_assertion(assertion),
            Self::Beginning(_, session) | Self::Session(session) => session.clone(),
        }
    }
}

/// One call.
struct Call<'a> {
    handle: &'a Handle,
    basis: &'a Basis,
    key: OnBehalfKey,
    wanted: Wanted<'a>,
}

impl Call<'_> {
    fn party(&self) -> CallParty {
        CallParty::OnBehalf {
            key: self.key.clone(),
            begins_with: match self.basis {
                Basis::Beginning(assertion, _) => Some(OnBehalfKey::of_assertion(assertion)),
                Basis::Assertion(_) | Basis::Session(_) => None,
            },
        }
    }

    /// What the cache in memory has for this call. A session that is to begin takes nothing from one that was there before.
    fn decide(&self) -> OnBehalfTokens {
        let (client, wanted) = (&self.handle.client, &self.wanted);
        let now = client.runtime.clock().now();
        let fields = wanted.fields();
        wanted.with_realms(|realms| {
            let (id, environments) = (&client.client_id, &client.environments);
            let mut request =
                OnBehalfRequest::new(id, &self.key, environments, realms, &wanted.scopes, now);
            request.fields = &fields;
            request.force_refresh = wanted.is_fresh || matches!(self.basis, Basis::Beginning(..));
            self.handle.cache.read(|cache| cache.on_behalf(&request))
        })
    }

    fn hit(
        &self,
        token: CachedAccessToken,
        home_account_id: Option<&HomeAccountId>,
    ) -> AuthenticationResult {
        self.handle.client.record_hit();
        let account = home_account_id.and_then(|id| self.account(id));
        AuthenticationResult::cached(token, account)
    }

    fn account(&self, home_account_id: &HomeAccountId) -> Option<Account> {
        let environments = &self.handle.client.environments;
        let cache = &self.handle.cache;
        cache.read(|cache| cache.account(home_account_id, environments))
    }

    /// Gets a new token. `fallback` is what the cache had before it was brought up to date.
    async fn renew(
        &self,
        fallback: Option<(CachedAccessToken, Option<HomeAccountId>)>,
    ) -> Result<AuthenticationResult, Error> {
        let _turn = self.wait_for_other_renewals().await;
        let (fallback, outcome) = match self
            .wanted
            .refresh(self.handle)
            .await
            .map(|()| self.decide())
        {
            Ok(found) => {
                let (candidates, session_of) = (found.candidates, found.session_of);
                let (fallback, reason) = match found.access_token {
                    Cached::Hit(token) => {
                        return Ok(self.hit(token, found.home_account_id.as_ref()));
                    }
                    Cached::Ask { fallback, reason } => (fallback, reason),
                    _ => (None, RefreshReason::NoAccessToken),
                };
                let outcome = self.ask(&candidates, session_of.as_ref(), reason).await;
                (
                    fallback.map(|token| (token, found.home_account_id)),
                    outcome,
                )
            }
            // A store that is out of reach is no reason to refuse a token that is still valid.
            Err(error) => (fallback, Err(error)),
        };
        let fallback = fallback.filter(|_| self.is_still_there());
        let (token, home) = fallback.unzip();
        let home = home.flatten();
        Wanted::or_fallback(&self.handle.client, outcome, token, |token| {
            self.hit(token, home.as_ref())
        })
    }

    /// Whether a session has not ended meanwhile.
    fn is_still_there(&self) -> bool {
        !matches!(self.basis, Basis::Session(_)) || !self.decide().candidates.is_empty()
    }

    /// A server that rotates may take a second use of a session's refresh token for theft (RFC 6749 §10.4).
    async fn wait_for_other_renewals(&self) -> Option<KeyGuard> {
        let client = &self.handle.client;
        if client.authority.is_well_known() || !matches!(self.basis, Basis::Session(_)) {
            return None;
        }
        let partition = self.handle.cache.partition().clone();
        // No user has this identifier.
        let session = HomeAccountId::new(self.key.as_str());
        Some(client.renewals.lock((partition, session)).await)
    }

    async fn ask(
        &self,
        candidates: &[RefreshCandidate],
        session_of: Option<&HomeAccountId>,
        reason: RefreshReason,
    ) -> Result<AuthenticationResult, Error> {
        observe::renewing(self.handle.client.caller(), &self.wanted.scopes, reason);
        match self.basis {
            Basis::Assertion(assertion) | Basis::Beginning(assertion, _) => {
                self.exchange(assertion, reason).await
            }
            Basis::Session(_) => match candidates.first() {
                Some(candidate) => self.redeem(candidate, session_of, reason).await,
                None => Err(InteractionRequired::no_session().into()),
            },
        }
    }

    /// Exchanges the assertion.
    async fn exchange(
        &self,
        assertion: &UserAssertion,
        reason: RefreshReason,
    ) -> Result<AuthenticationResult, Error> {
        let (handle, client) = (self.handle, &*self.handle.client);
        let (client_id, scopes) = (&client.client_id, &self.wanted.scopes);
        let metadata = self.wanted.place.endpoints().await?;
        let authentication = client.authenticate(&metadata, None).await?;
        let claims = self.wanted.claims(client)?;
        let mut grant = OnBehalfOfGrant::new(client_id, &authentication, assertion, scopes);
        grant.claims = claims.as_deref();
        let context = client.context(
            ApiId::OnBehalfOf,
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
            api: ApiId::OnBehalfOf,
            correlation_id: &context.correlation_id,
            attempt: 1,
        };
        let response = client.send(request).await?;
        if assertion.is_contradicted_by(&response) {
            let refresh_token = response.refresh_token;
            let error = Error::from(ProtocolError::Identity { refresh_token });
            return Err(error.of(CallDetails::sent_with(&context.correlation_id)));
        }
        let requested = scopes.with_reserved();
        let now = client.runtime.clock().now();
        let fields = self.wanted.fields();
        let event = TokenEvent::issued(client_id, &metadata, &requested, &response, now)
            .of_party(Party::OnBehalf(&self.key), &fields);
        let is_session = matches!(self.basis, Basis::Beginning(..));
        let add = |cache: &mut TokenCache| {
            if is_session {
                // Whatever had this name before, it was another session, and may have been another user's.
                cache.remove_on_behalf(client_id, &self.key, event.host);
            }
            // Whoever has the assertion can show it again, so that no refresh token need outlive it.
            cache.add_on_behalf(&event, is_session);
        };
        let saved = handle.cache.update(add).await;
        handle.result(saved, &event, None)
    }

    /// Redeems the refresh token of the session (RFC 6749 §6).
    async fn redeem(
        &self,
        candidate: &RefreshCandidate,
        session_of: Option<&HomeAccountId>,
        reason: RefreshReason,
    ) -> Result<AuthenticationResult, Error> {
        let (handle, client) = (self.handle, &*self.handle.client);
        // A token that is stored under an alias of the cloud is sent to that alias, and stays under it.
        let place = &self.wanted.place;
        let metadata = place.endpoints_of(&candidate.environment).await?;
        let claims = self.wanted.claims(client)?;
        let redemption = Redemption {
            handle,
            metadata: &metadata,
            refresh_token: &candidate.secret,
            scopes: &self.wanted.scopes,
            claims: claims.as_deref(),
            api: ApiId::Silent,
            reason,
            home_account_id: session_of,
            extra: self.wanted.extra,
            attempt: 1,
        };
        let response = redemption.send().await?;
        let requested = self.wanted.scopes.with_reserved();
        let fields = self.wanted.fields();
        let event = redemption.event(&requested, &response);
        let event = event.of_party(Party::OnBehalf(&self.key), &fields);
        let mut is_kept = true;
        let renew = |cache: &mut TokenCache| is_kept = cache.renew_on_behalf(&event);
        let saved = handle.cache.update(renew).await;
        match is_kept {
            true => handle.result(saved, &event, None),
            false => {
                observe::signed_out_meanwhile(client.caller());
                Err(InteractionRequired::no_session().into())
            }
        }
    }
}

/// Without the scopes: a program may mistake the assertion for them.
impl fmt::Debug for AcquireTokenOnBehalfOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AcquireTokenOnBehalfOf")
            .field("tenant", &self.options.tenant)
            .field("force_refresh", &self.asked.force_refresh)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for AcquireTokenOnBehalfOf {
    type Output = Result<AuthenticationResult, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let caller = self.handle.client.caller();
        let span = match &self.basis {
            Basis::Assertion(_) => observe::acquire_token_on_behalf_of(caller),
            Basis::Beginning(..) => observe::initiate_long_running_on_behalf_of(caller),
            Basis::Session(_) => observe::acquire_token_in_long_running_on_behalf_of(caller),
        };
        match span.is_disabled() {
            // Nothing comes between a hit and its caller where nobody listens.
            true => Box::pin(self.run()),
            false => Box::pin(observe::token_call(span, self.run())),
        }
    }
}
