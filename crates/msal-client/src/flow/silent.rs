//! A token without the user: from the cache, or with a refresh token from the cache.

use std::fmt;

use msal_core::{
    AccessToken, Account, ApiId, CachedAccessToken, ExtraParameters, IntoScopes, Party,
    RefreshCandidate, RefreshReason, Renewal, ScopeError, ScopeSet, Silent, SilentRequest,
    TokenCache,
};

use super::call_options::{CallOptions, call_options, checked};
use super::redemption::Redemption;
use crate::at_tenant::Place;
use crate::call_key::{CallKey, CallParty};
use crate::client::Client;
use crate::error::{Error, InteractionRequired};
use crate::handle::Handle;
use crate::keyed_lock::KeyGuard;
use crate::observe;
use crate::ports::BoxFuture;
use crate::result::{AuthenticationResult, TokenSource};

/// A call to `acquire_token_silent`, not yet made: set options, then await it.
///
/// A cached token is returned without asking the network. Otherwise the account's refresh tokens are redeemed, own
/// and family ones, until one leads to a token; equal calls that run at the same time share one request, and at hosts
/// other than Microsoft's an account's renewals for different scopes follow one another, as a server may revoke a
/// token's whole family when one is used twice. A token that is only due for renewal is returned when renewing fails,
/// whatever the reason. While a token endpoint wants no more requests, nothing is sent, and the call fails at once with what is
/// left of the wait.
///
/// # Errors
/// [`Error::InteractionRequired`] when nothing is cached, the server wants the user, or the user was signed out while the
/// token was on its way; otherwise as
/// [`AcquireTokenByRefreshToken`](crate::AcquireTokenByRefreshToken).
///
/// Dropping the future hands the request over to an equal call that waits for it, or else abandons it.
#[must_use = "nothing happens until it is awaited"]
pub struct AcquireTokenSilent {
    handle: Handle,
    account: Account,
    scopes: Result<ScopeSet, ScopeError>,
    force_refresh: bool,
    options: CallOptions,
    rejected: Option<AccessToken>,
}

call_options!(AcquireTokenSilent);

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
    /// it brought: also with a [claims challenge](Self::claims_challenge), which that one was asked for with.
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

    async fn run(mut self) -> Result<AuthenticationResult, Error> {
        let scopes = self.scopes?;
        let client = &self.handle.client;
        // Before anything else: a challenge that cannot be passed on is never met.
        let claims = match self.options.is_challenged() {
            true => self.options.claims(client)?,
            false => None,
        };
        let tenant = self.options.tenant(client)?;
        let extra = checked(&self.options.extra)?;
        let call = Call {
            handle: &self.handle,
            place: Place::new(client, tenant.as_ref()),
            client: &self.handle.client,
            account: &self.account,
            scopes: &scopes,
            force_refresh: self.force_refresh || claims.is_some() && self.rejected.is_none(),
            claims: claims.as_deref(),
            rejected: self.rejected.as_ref(),
            extra,
        };
        let of_call = |error: Error| call.place.of_call(error);
        let cache = &self.handle.cache;
        self.handle.ensure_loaded().await.map_err(of_call)?;
        let fallback = match call.decide() {
            Silent::Hit(token) => {
                call.client.record_hit();
                if cache.has_leftover() {
                    // In a box of its own, as every hit would move it otherwise.
                    let now = call.client.runtime.clock().now();
                    Box::pin(cache.save_leftover(now)).await;
                }
                return Ok(AuthenticationResult::cached(token, self.account));
            }
            Silent::Renew(renewal) => renewal.fallback,
            // Not the last word: another program may have signed the user in since the cache was loaded.
            _ => None,
        };
        // Of many tasks that find the same token expired, one asks. More requests would bring nothing more, and a server
        // that rotates refresh tokens may take the second use of one for theft (RFC 6749 §10.4).
        // In a box of its own: a renewal's state takes kilobytes, which every hit would move otherwise.
        Box::pin(async {
            let renewal = call.renew(fallback);
            let outcome = call.client.shared(call.key(), renewal).await;
            call.confirm(outcome).await
        })
        .await
        .map_err(of_call)
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
            false => Box::pin(observe::token_call(span, self.run())),
        }
    }
}

/// One silent call.
struct Call<'a> {
    handle: &'a Handle,
    place: Place<'a>,
    client: &'a Client,
    account: &'a Account,
    scopes: &'a ScopeSet,
    force_refresh: bool,
    /// What the token must have beside its scopes, with the client's capabilities; `None` where nobody has demanded anything.
    claims: Option<&'a str>,
    rejected: Option<&'a AccessToken>,
    /// What the program adds to a request: a cached token must have been asked for with the same.
    extra: &'a ExtraParameters,
}

impl Call<'_> {
    fn key(&self) -> CallKey {
        let fields = self.extra.all();
        CallKey {
            partition: self.handle.cache.partition().clone(),
            authority: self.place.authority().clone(),
            party: CallParty::User {
                home_account_id: self.account.home_account_id.clone(),
                rejected: self.rejected.cloned(),
            },
            scopes: self.scopes.clone(),
            force_refresh: self.force_refresh,
            claims: self.claims.map(str::to_owned),
            fields: fields
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// What the cache in memory has for this call.
    fn decide(&self) -> Silent {
        let Client {
            authority,
            environments,
            ..
        } = self.client;
        let realm = self.place.realm();
        let realms = self.realms(realm.as_deref());
        let mut request = SilentRequest::new(
            &self.client.client_id,
            &self.account.home_account_id,
            environments,
            &realms,
            self.scopes,
            self.client.runtime.clock().now(),
        );
        request.force_refresh = self.force_refresh;
        request.rejected = self.rejected;
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
        let authority = self.place.authority();
        let own = authority.realm();
        let home = match authority.tenant().is_shared() {
            true => self.account.home_account_id.as_str().rsplit('.').next(),
            false => None,
        };
        [own, known.unwrap_or(own), home.unwrap_or(own)]
    }

    fn hit(&self, token: CachedAccessToken) -> AuthenticationResult {
        self.client.record_hit();
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
        let is_gone = match (source, self.decide()) {
            (TokenSource::Cache, Silent::Renew(renewal)) => renewal.fallback.is_none(),
            (_, Silent::InteractionRequired) => true,
            _ => false,
        };
        match is_gone {
            true => Err(self.signed_out_meanwhile()),
            false => outcome,
        }
    }

    /// Whether there is nothing of the user in memory any more.
    fn is_signed_out(&self) -> bool {
        matches!(self.decide(), Silent::InteractionRequired)
    }

    /// Renews the token. `fallback` is what the cache had before it was brought up to date.
    async fn renew(
        &self,
        fallback: Option<CachedAccessToken>,
    ) -> Result<AuthenticationResult, Error> {
        let _guard = self.wait_for_other_renewals().await;
        match self.look_again().await {
            Ok(Silent::Hit(token)) => Ok(self.hit(token)),
            Ok(Silent::Renew(renewal)) => self.redeem_any(renewal).await,
            Ok(_) => Err(InteractionRequired::default().into()),
            // A store that is out of reach is no reason to refuse a token that is still valid.
            Err(error) => match fallback {
                Some(token) => Ok(self.fall_back(token, &error)),
                None => Err(error),
            },
        }
    }

    /// Waits for renewals of the account for other scopes, except at Microsoft's own hosts, where a redeemed refresh
    /// token stays valid. A server that rotates may take a second use of a token for theft and sign the user out (RFC
    /// 6749 §10.4): the second renewal must find the successor of the first one's token in the cache.
    async fn wait_for_other_renewals(&self) -> Option<KeyGuard> {
        let Client {
            authority,
            renewals,
            ..
        } = self.client;
        match authority.is_well_known() {
            true => None,
            false => {
                let partition = self.handle.cache.partition().clone();
                let account = self.account.home_account_id.clone();
                Some(renewals.lock((partition, account)).await)
            }
        }
    }

    /// Somebody else may have renewed the token since the cache was loaded, so the store is asked before the network.
    /// Where the tenant was given by its domain, the authority is asked for the name that tokens are stored under.
    async fn look_again(&self) -> Result<Silent, Error> {
        self.handle.cache.reload().await?;
        let decision = self.decide();
        let is_undecided = matches!(decision, Silent::Renew(_)) && self.place.realm().is_none();
        // When the authority does not answer, neither will it answer the renewal, which reports that.
        match is_undecided && self.place.endpoints().await.is_ok() {
            true => Ok(self.decide()),
            false => Ok(decision),
        }
    }

    /// Redeems one refresh token after the other, the client's own and those of its family, until one brings a token.
    async fn redeem_any(&self, renewal: Renewal) -> Result<AuthenticationResult, Error> {
        let mut last: Error = InteractionRequired::default().into();
        let mut is_own_refused = false;
        if !renewal.candidates.is_empty() {
            observe::renewing(self.client.caller(), self.scopes, renewal.reason);
        }
        for (candidate, attempt) in renewal.candidates.iter().zip(1..) {
            let error = match self.redeem(candidate, renewal.reason, attempt).await {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            // Only a refusal is about the token. After anything else the next one would fare no better.
            let is_refusal = matches!(error, Error::InteractionRequired(_) | Error::Service(_));
            let is_final = !is_refusal || error.is_transient() || self.is_signed_out();
            // Why the client's own token is refused tells the caller more than why a family's is not for it.
            if is_final || !candidate.is_family || !is_own_refused {
                last = error;
            }
            if is_final {
                break;
            }
            is_own_refused |= !candidate.is_family;
        }
        match (renewal.fallback, &last) {
            // A token was issued; only keeping it failed, which the caller must learn.
            (_, Error::Store(failure)) if failure.result().is_some() => Err(last),
            (None, _) => Err(last),
            (Some(token), _) => Ok(self.fall_back(token, &last)),
        }
    }

    async fn redeem(
        &self,
        candidate: &RefreshCandidate,
        reason: RefreshReason,
        attempt: usize,
    ) -> Result<AuthenticationResult, Error> {
        let client = self.client;
        // A token that is stored under an alias of the cloud is sent to that alias, and stays under it.
        let metadata = self.place.endpoints_of(&candidate.environment).await?;
        let capabilities = client.claims("", None)?;
        let redemption = Redemption {
            handle: self.handle,
            metadata: &metadata,
            refresh_token: &candidate.secret,
            scopes: self.scopes,
            claims: self.claims.or(capabilities.as_deref()),
            api: ApiId::Silent,
            reason,
            home_account_id: Some(&self.account.home_account_id),
            extra: self.extra,
            attempt,
        };
        let response = redemption.send().await?;
        let requested = self.scopes.with_reserved();
        let fields: Vec<_> = self.extra.all().collect();
        let event = redemption.event(&requested, &response);
        let event = event.of_party(Party::User, &fields);
        // Renewed, not added: the tokens of a user who was signed out meanwhile must not come back.
        let mut is_kept = true;
        let renew = |cache: &mut TokenCache| is_kept = cache.renew(&event);
        let saved = self.handle.cache.update(renew).await;
        match is_kept {
            true => self.handle.result(saved, &event, Some(self.account)),
            false => Err(self.signed_out_meanwhile()),
        }
    }

    fn signed_out_meanwhile(&self) -> Error {
        observe::signed_out_meanwhile(self.client.caller());
        InteractionRequired::default().into()
    }

    /// Hands out a token that is still valid, though it could not be renewed.
    fn fall_back(&self, token: CachedAccessToken, error: &Error) -> AuthenticationResult {
        observe::fallback(self.client.caller(), error);
        self.hit(token)
    }
}
