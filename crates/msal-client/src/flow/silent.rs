//! A token without the user: from the cache, or with a refresh token from the cache.

mod renewal;

use std::fmt;
use std::sync::Arc;

use msal_core::{
    AccessToken, Account, CachedAccessToken, ExtraParameters, IntoScopes, ScopeError, ScopeSet,
    Silent, SilentRequest,
};
use tracing::Span;

use super::call_options::{CallOptions, call_options, checked};
use crate::at_tenant::{AtTenant, Place};
use crate::call_key::{CallKey, CallParty};
use crate::client::Client;
use crate::error::Error;
use crate::handle::Handle;
use crate::observe;
use crate::ports::BoxFuture;
use crate::result::{AuthenticationResult, TokenSource};

/// A call to `acquire_token_silent`, not yet made: set options, then await it.
///
/// A cached token is returned without asking the network. Otherwise the account's refresh tokens are redeemed, own
/// and family ones, until one leads to a token; equal calls that run at the same time share one request, and at hosts
/// other than Microsoft's an account's renewals for different scopes follow one another, as a server may revoke a
/// token's whole family when one is used twice. A token that is only due for renewal is returned when no new one
/// is to be had, whatever the reason; a new one that cannot be saved is in an [`Error::Store`]. While a token endpoint wants no
/// more requests, nothing is sent, and the call fails at once with what is left of the wait.
///
/// # Errors
/// [`Error::InteractionRequired`] when nothing is cached, the server wants the user, or the user was signed out while the
/// token was on its way; otherwise as
/// [`AcquireTokenByRefreshToken`](crate::AcquireTokenByRefreshToken).
///
/// Dropping the future hands the request over to an equal call that waits for it, or else abandons it. At hosts other than
/// Microsoft's a renewal that has begun is finished and saved all the same, on a task of the tokio runtime; in a program
/// that has none it is abandoned, and its refresh token may be spent without its successor being kept.
#[must_use = "nothing happens until it is awaited"]
pub struct AcquireTokenSilent {
    handle: Handle,
    account: Account,
    scopes: Result<ScopeSet, ScopeError>,
    force_refresh: bool,
    options: CallOptions,
    rejected: Option<AccessToken>,
}

call_options!(AcquireTokenSilent, options);

impl AcquireTokenSilent {
    pub(crate) fn new(handle: Handle, scopes: impl IntoScopes, account: &Account) -> Self {
        Self {
            handle,
            account: account.clone(),
            scopes: scopes.into_scopes(),
            force_refresh: false,
            options: CallOptions::default(),
            rejected: None,
        }
    }

    /// Asks for a fresh token even when a cached one is still good: after a change of roles, for example.
    pub fn force_refresh(mut self, force: bool) -> Self {
        self.force_refresh = force;
        self
    }

    /// Asks for a fresh token if the cached one is still `rejected`, which an API has just refused. Of many tasks whose
    /// requests were refused with the same token, one redeems the refresh token, and those that come later are given what
    /// it brought. With a [claims challenge](Self::claims_challenge) they are given only what was got with the same one, by a
    /// silent call of the same [`Runtime`](crate::Runtime).
    ///
    /// # Examples
    /// ```
    /// # async fn call(app: &msal::PublicClientApplication, account: &msal::Account, answer: http::Response<()>)
    /// # -> Result<(), msal::Error> {
    /// use msal::BearerChallenge;
    ///
    /// let token = app.acquire_token_silent("User.Read", account).await?;
    /// // … the API answers 401:
    /// let challenge = BearerChallenge::find(answer.headers()).unwrap_or_default();
    /// let fresh = app
    ///     .acquire_token_silent("User.Read", account)
    ///     .claims_challenge(challenge.claims.unwrap_or_default())
    ///     .refresh_unless(&token.access_token)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn refresh_unless(mut self, rejected: &AccessToken) -> Self {
        self.rejected = Some(rejected.clone());
        self
    }

    async fn run(self) -> Result<AuthenticationResult, Error> {
        let scopes = self.scopes?;
        let client = &self.handle.client;
        // Before anything else: a challenge that cannot be passed on is never met.
        let claims = match self.options.is_challenged() {
            true => self.options.claims(client)?,
            false => None,
        };
        let tenant = self.options.tenant(client)?.map(AtTenant::into_owned);
        checked(&self.options.extra)?;
        let call = Call {
            handle: self.handle,
            tenant,
            account: self.account,
            scopes,
            force_refresh: self.force_refresh || claims.is_some() && self.rejected.is_none(),
            claims,
            rejected: self.rejected,
            extra: self.options.extra,
        };
        let loaded = call.handle.ensure_loaded().await;
        loaded.map_err(|error| call.place().of_call(error))?;
        let fallback = match call.decide() {
            Silent::Hit(token) => {
                call.client().record_hit();
                let cache = &call.handle.cache;
                if cache.has_leftover() {
                    // In a box of its own, as every hit would move it otherwise.
                    let now = call.client().runtime.clock().now();
                    Box::pin(cache.save_leftover(now)).await;
                }
                return Ok(AuthenticationResult::cached(token, call.account));
            }
            Silent::Renew(renewal) => renewal.fallback,
            // Not the last word: another program may have signed the user in since the cache was loaded.
            _ => None,
        };
        call.ask(fallback).await
    }

    /// The call in its span. By itself: a hit would make room on the stack for the state of a request.
    #[inline(never)]
    fn in_span(self, span: Span) -> BoxFuture<'static, Result<AuthenticationResult, Error>> {
        Box::pin(observe::token_call(span, self.run()))
    }
}

impl fmt::Debug for AcquireTokenSilent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AcquireTokenSilent")
            .field("scopes", &self.scopes)
            .field("force_refresh", &self.force_refresh)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for AcquireTokenSilent {
    type Output = Result<AuthenticationResult, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let caller = self.handle.client.caller();
        let span = observe::acquire_token_silent(caller, self.scopes.as_ref().ok());
        match span.is_disabled() {
            // A hit takes a microsecond: nothing comes between it and its caller where nobody listens.
            true => Box::pin(self.run()),
            false => self.in_span(span),
        }
    }
}

/// One silent call.
struct Call {
    handle: Handle,
    tenant: Option<AtTenant<'static>>,
    account: Account,
    scopes: ScopeSet,
    force_refresh: bool,
    /// What the token must have beside its scopes, with the client's capabilities; `None` where nobody has demanded anything.
    claims: Option<String>,
    rejected: Option<AccessToken>,
    /// What the program adds to a request: a cached token must have been asked for with the same.
    extra: ExtraParameters,
}

impl Call {
    fn client(&self) -> &Client {
        &self.handle.client
    }

    fn place(&self) -> Place<'_> {
        Place::new(self.client(), self.tenant.as_ref())
    }

    fn key(&self) -> CallKey {
        let fields = self.extra.all();
        CallKey {
            partition: self.handle.cache.partition().clone(),
            authority: self.place().authority().clone(),
            party: CallParty::User {
                home_account_id: self.account.home_account_id.clone(),
                rejected: self.rejected.clone(),
            },
            scopes: self.scopes.clone(),
            force_refresh: self.force_refresh,
            claims: self.claims.clone(),
            fields: fields
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// What a request brings. `fallback` is what the cache had before it was brought up to date.
    ///
    /// By itself and in a box of its own: its state takes kilobytes, which every hit would move otherwise.
    #[inline(never)]
    fn ask(
        self,
        fallback: Option<CachedAccessToken>,
    ) -> BoxFuture<'static, Result<AuthenticationResult, Error>> {
        // Of many tasks that find the same token expired, one asks. More requests would bring nothing more, and a server
        // that rotates refresh tokens may take the second use of one for theft (RFC 6749 §10.4).
        Box::pin(async move {
            let call = Arc::new(self);
            let renewal = call.renew(fallback);
            let outcome = call.client().shared(call.key(), renewal).await;
            let outcome = call.confirm(outcome).await;
            outcome.map_err(|error| call.place().of_call(error))
        })
    }

    /// What the cache in memory has for this call.
    fn decide(&self) -> Silent {
        let decision = self.look(self.force_refresh);
        match self.lacks_claims(&decision) {
            true => self.look(true),
            false => decision,
        }
    }

    /// Whether the token that was found may have been got without what this call demands: by a renewal that knew nothing of
    /// it, or for another challenge.
    fn lacks_claims(&self, decision: &Silent) -> bool {
        let found = match decision {
            Silent::Hit(token) => Some(token),
            Silent::Renew(renewal) => renewal.fallback.as_ref(),
            _ => None,
        };
        let met_claims = &self.client().runtime.shared().met_claims;
        let has = |token: &CachedAccessToken, claims| met_claims.has(&token.secret, claims);
        self.claims
            .as_deref()
            .zip(found)
            .is_some_and(|(claims, token)| !has(token, claims))
    }

    /// What the cache in memory has, whatever the claims.
    fn look(&self, force_refresh: bool) -> Silent {
        let Client {
            authority,
            environments,
            ..
        } = self.client();
        let realm = self.place().realm();
        let realms = self.realms(realm.as_deref());
        let mut request = SilentRequest::new(
            &self.client().client_id,
            &self.account.home_account_id,
            environments,
            &realms,
            &self.scopes,
            self.client().runtime.clock().now(),
        );
        request.force_refresh = force_refresh;
        request.rejected = self.rejected.as_ref();
        let fields: Vec<_> = self.extra.all().collect();
        request.fields = &fields;
        debug_assert!(
            environments
                .iter()
                .any(|host| host == authority.environment())
        );
        self.handle.cache.read(|cache| cache.silent(&request))
    }

    /// The tenants whose access tokens will do: the authority's and, where it stands for many tenants, the one that the
    /// user is at home in, as that is the one it would ask; and what the authority itself calls its tenant, where that is
    /// known. Where there is nothing to add, the authority's tenant stands twice.
    fn realms<'r>(&'r self, known: Option<&'r str>) -> [&'r str; 3] {
        let tenant = self.place().tenant();
        let own = tenant.as_str();
        let home = match tenant.is_shared() {
            true => self.account.home_account_id.as_str().rsplit('.').next(),
            false => None,
        };
        [own, known.unwrap_or(own), home.unwrap_or(own)]
    }

    fn hit(&self, token: CachedAccessToken) -> AuthenticationResult {
        self.client().record_hit();
        AuthenticationResult::cached(token, self.account.clone())
    }

    /// Hands a token out, unless the user was signed out while it was on its way: everybody who waited for it asks.
    async fn confirm(
        &self,
        outcome: Result<AuthenticationResult, Error>,
    ) -> Result<AuthenticationResult, Error> {
        let source = match &outcome {
            Ok(result) => result.token_source,
            // Tokens that could not be saved are in the error.
            Err(Error::Store(failure)) if failure.result().is_some() => {
                TokenSource::IdentityProvider
            }
            Err(_) => return outcome,
        };
        self.handle.ensure_loaded().await?;
        // Whatever the claims: the token may have been replaced by one that was got with others.
        let is_gone = match (source, self.look(self.force_refresh)) {
            (TokenSource::Cache, Silent::Renew(renewal)) => renewal.fallback.is_none(),
            (_, Silent::InteractionRequired) => true,
            _ => false,
        };
        match is_gone {
            true => Err(self.signed_out_meanwhile()),
            false => outcome,
        }
    }
}
