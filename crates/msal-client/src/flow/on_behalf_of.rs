//! A token for the next API, on behalf of the user whose token the application was called with (RFC 7523 §2.1).

use std::fmt;

use msal_core::{
    Account, ApiId, Cached, CachedAccessToken, ForwardedClaims, HomeAccountId, IntoScopes,
    OnBehalfKey, OnBehalfOfGrant, OnBehalfRequest, OnBehalfTokens, Party, RefreshCandidate,
    RefreshReason, TokenCache, TokenEvent, UserAssertion,
};
use tracing::Span;

use super::call_options::{CallOptions, call_options};
use super::redemption::Redemption;
use super::service::{Asked, Wanted, remove_with};
use crate::at_tenant::Place;
use crate::call_key::CallParty;
use crate::client::{Client, TokenRequest};
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
/// due for renewal is returned when no new one is to be had, whatever the reason, unless it was removed meanwhile; a new one
/// that cannot be saved is in an [`Error::Store`].
///
/// # Errors
/// [`Error::InteractionRequired`] when the user must sign in, consent or meet a policy of the next API: [`Error::claims`] is
/// the challenge to answer the caller with. [`Error::Service`] when the application's registration or credential is wrong, or
/// when the assertion is not one to act on: its message says so. [`Error::Http`] when nobody answers; [`Error::Protocol`] for an
/// answer that may not be trusted, such as one for another user than the assertion's; [`Error::Store`] when the cache cannot be
/// saved: the token is in the error.
///
/// Dropping the future hands the request over to an equal call that waits for it, or else abandons it. At hosts other than
/// Microsoft's that may leave a session's refresh token spent without its successor being kept, and whoever takes over may
/// send the spent one: such a service finishes the call on a task of its own.
#[must_use = "nothing happens until it is awaited"]
pub struct AcquireTokenOnBehalfOf {
    handle: Handle,
    basis: Basis,
    asked: Asked,
    options: CallOptions,
}

call_options!(AcquireTokenOnBehalfOf, options);

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

    async fn run(self) -> Result<AuthenticationResult, Error> {
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
        let party = call.party(found.candidates.first());
        let fallback = match found.access_token {
            Cached::Hit(token) => return Ok(call.hit(token, found.home_account_id.as_ref())),
            Cached::Ask { fallback, .. } => fallback.map(|token| (token, found.home_account_id)),
            _ => None,
        };
        call.request(party, fallback).await.map_err(of_call)
    }

    /// The call in its span. By itself: a hit would make room on the stack for the state of a request.
    #[inline(never)]
    fn in_span(self, span: Span) -> BoxFuture<'static, Result<AuthenticationResult, Error>> {
        Box::pin(observe::token_call(span, self.run()))
    }
}

/// Ends a session.
pub(crate) async fn end_session(handle: &Handle, session_key: &str) -> Result<(), Error> {
    let (client, session) = (&handle.client, OnBehalfKey::of_session(session_key));
    let remove = |cache: &mut TokenCache| remove(client, &session, cache);
    let span = observe::stop_long_running_on_behalf_of(client.caller());
    observe::plain_call(&span, remove_with(handle, remove)).await
}

/// Removes what a session has, under every name that it may stand under.
fn remove(client: &Client, session: &OnBehalfKey, cache: &mut TokenCache) {
    for environment in &client.environments {
        cache.remove_on_behalf(&client.client_id, session, environment);
    }
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
    /// `candidate` is what the cache goes on with where this is a call of a session.
    fn party(&self, candidate: Option<&RefreshCandidate>) -> CallParty {
        let (begins_with, goes_on_with) = match self.basis {
            Basis::Assertion(_) => (None, None),
            Basis::Beginning(assertion, _) => (Some(OnBehalfKey::of_assertion(assertion)), None),
            Basis::Session(_) => (None, candidate.map(|candidate| candidate.secret.clone())),
        };
        CallParty::OnBehalf {
            key: self.key.clone(),
            begins_with,
            goes_on_with,
        }
    }

    /// What the cache in memory has for this call. A session that is to begin takes nothing from one that was there before.
    fn decide(&self) -> OnBehalfTokens {
        let (client, wanted) = (&self.handle.client, &self.wanted);
        let now = client.runtime.clock().now();
        let realm = wanted.place.realm();
        let realms = wanted.place.realms(realm.as_deref());
        let (id, environments) = (&client.client_id, &client.environments);
        let mut request =
            OnBehalfRequest::new(id, &self.key, environments, &realms, wanted.scopes, now);
        request.fields = &wanted.fields;
        request.takes_home_tenant = wanted.place.tenant().is_shared();
        request.force_refresh = wanted.is_fresh || matches!(self.basis, Basis::Beginning(..));
        self.handle.cache.read(|cache| cache.on_behalf(&request))
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
        let (cache, environments) = (&self.handle.cache, &self.handle.client.environments);
        cache.read(|cache| cache.account(home_account_id, environments))
    }

    /// What a request brings, or that of an equal call. By itself and in a box of its own: its state takes kilobytes, which
    /// every hit would move otherwise.
    #[inline(never)]
    fn request(
        &self,
        party: CallParty,
        fallback: Option<(CachedAccessToken, Option<HomeAccountId>)>,
    ) -> BoxFuture<'_, Result<AuthenticationResult, Error>> {
        let key = self.wanted.key(self.handle, party);
        Box::pin(self.handle.client.shared(key, self.renew(fallback)))
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
        let (token, home) = fallback.unzip();
        let home = home.flatten();
        let now = || self.decide().access_token;
        let hit = |token| self.hit(token, home.as_ref());
        Wanted::or_fallback(&self.handle.client, outcome, token, now, hit)
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
        observe::renewing(self.handle.client.caller(), self.wanted.scopes, reason);
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
        let (client_id, scopes) = (&client.client_id, self.wanted.scopes);
        let metadata = self.wanted.place.endpoints().await?;
        let authentication = client.authenticate(&metadata, None).await?;
        let claims = self.wanted.claims(client)?;
        let mut grant = OnBehalfOfGrant::new(client_id, &authentication, assertion, scopes);
        grant.claims = claims.as_deref();
        let context = client.context(
            &metadata,
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
        let (requested, now) = (scopes.with_reserved(), client.runtime.clock().now());
        let event = TokenEvent::issued(client_id, &metadata, &requested, &response, now)
            .of_party(Party::OnBehalf(&self.key), &self.wanted.fields);
        let is_session = matches!(self.basis, Basis::Beginning(..));
        let add = |cache: &mut TokenCache| {
            if is_session {
                // Whatever had this name before, it was another session, and may have been another user's.
                remove(client, &self.key, cache);
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
            scopes: self.wanted.scopes,
            claims: claims.as_deref(),
            api: ApiId::Silent,
            reason,
            home_account_id: session_of,
            extra: self.wanted.extra,
            attempt: 1,
        };
        let response = redemption.send().await?;
        let requested = self.wanted.scopes.with_reserved();
        let event = redemption.event(&requested, &response);
        let event = event.of_party(Party::OnBehalf(&self.key), &self.wanted.fields);
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
            false => self.in_span(span),
        }
    }
}
