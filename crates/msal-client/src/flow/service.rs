//! What the calls of a service have in common, for itself and on behalf of users.

use msal_core::{
    Cached, CachedAccessToken, ExtraParameters, ForwardedClaims, IntoScopes, InvalidClaims,
    ScopeError, ScopeSet, TokenCache,
};

use super::call_options::{CallOptions, checked};
use crate::at_tenant::Place;
use crate::call_key::{CallKey, CallParty};
use crate::client::Client;
use crate::error::{ConfigError, Error};
use crate::handle::Handle;
use crate::observe;
use crate::result::AuthenticationResult;

/// What a call asks for beside the options of all calls, as it was given.
pub(super) struct Asked {
    pub(super) scopes: Result<ScopeSet, ScopeError>,
    pub(super) force_refresh: bool,
    pub(super) forwarded: Option<Result<ForwardedClaims, InvalidClaims>>,
    pub(super) fmi_path: Option<String>,
}

/// The same, checked, and where to ask. Nothing is copied: most calls are answered from the cache.
pub(super) struct Wanted<'a> {
    pub(super) place: Place<'a>,
    pub(super) scopes: &'a ScopeSet,
    /// Whether a cached token will not do: who answers a challenge holds one that was rejected.
    pub(super) is_fresh: bool,
    /// What the token must have beside its scopes, with the client's capabilities; `None` where nobody has demanded anything.
    claims: Option<String>,
    pub(super) fmi_path: Option<&'a str>,
    /// What the program adds to the request.
    pub(super) extra: &'a ExtraParameters,
    /// What a cached token must have been asked for with.
    pub(super) fields: Vec<(&'a str, &'a str)>,
}

impl Default for Asked {
    fn default() -> Self {
        Self::of(Ok(ScopeSet::default()))
    }
}

impl Asked {
    pub(super) fn new(scopes: impl IntoScopes) -> Self {
        Self::of(scopes.into_scopes())
    }

    fn of(scopes: Result<ScopeSet, ScopeError>) -> Self {
        Self {
            scopes,
            force_refresh: false,
            forwarded: None,
            fmi_path: None,
        }
    }

    pub(super) fn checked<'a>(
        &'a self,
        options: &'a CallOptions,
        client: &Client,
        place: Place<'a>,
    ) -> Result<Wanted<'a>, Error> {
        let forwarded = self.forwarded.as_ref().map(Result::as_ref).transpose();
        let forwarded = forwarded.map_err(|error| ConfigError::from(*error))?;
        let fmi_path = self.fmi_path.as_deref();
        let extra = checked(&options.extra)?;
        let mut fields = Vec::from_iter(fmi_path.map(|path| ("fmi_path", path)));
        // MSALs hash forwarded claims under this name, and never send them under it.
        fields.extend(forwarded.map(|claims| ("client_claims", claims.as_str())));
        fields.extend(extra.all());
        let claims = match options.is_challenged() || forwarded.is_some() {
            true => client.claims(&options.claims_challenge, forwarded)?,
            false => None,
        };
        Ok(Wanted {
            place,
            scopes: self.scopes.as_ref().map_err(ScopeError::clone)?,
            is_fresh: self.force_refresh || options.is_challenged(),
            claims,
            fields,
            extra,
            fmi_path,
        })
    }
}

impl Wanted<'_> {
    /// What makes this call equal to another one.
    pub(super) fn key(&self, handle: &Handle, party: CallParty) -> CallKey {
        let fields = self.fields.iter();
        CallKey {
            partition: handle.cache.partition().clone(),
            authority: self.place.authority().clone(),
            party,
            scopes: self.scopes.clone(),
            force_refresh: self.is_fresh,
            claims: self.claims.clone(),
            fields: fields
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        }
    }

    /// What is sent as `claims`.
    pub(super) fn claims(&self, client: &Client) -> Result<Option<String>, Error> {
        match &self.claims {
            Some(claims) => Ok(Some(claims.clone())),
            None => client.claims("", None),
        }
    }

    /// Brings up to date what the cache is asked with: another program may have got the token since the cache was loaded, and
    /// where the tenant was given by its domain, the authority knows the name that tokens are stored under.
    pub(super) async fn refresh(&self, handle: &Handle) -> Result<(), Error> {
        handle.cache.reload().await?;
        // When the authority does not answer, neither will it answer the request, which reports that.
        let _metadata = self.place.endpoints().await;
        Ok(())
    }

    /// What a call that wanted a new token answers: that, or a cached one that is still valid, unless what the cache has `now`
    /// is another: it was removed meanwhile, or a session of that name has begun anew.
    pub(super) fn or_fallback(
        client: &Client,
        outcome: Result<AuthenticationResult, Error>,
        fallback: Option<CachedAccessToken>,
        now: impl FnOnce() -> Cached,
        hit: impl FnOnce(CachedAccessToken) -> AuthenticationResult,
    ) -> Result<AuthenticationResult, Error> {
        match (outcome, fallback) {
            // A token was issued; only keeping it failed, which the caller must learn.
            (Err(Error::Store(failure)), _) if failure.result().is_some() => {
                Err(Error::Store(failure))
            }
            (Err(error), Some(token)) if is_offered(&now(), &token) => {
                observe::fallback(client.caller(), &error);
                Ok(hit(token))
            }
            (outcome, _) => outcome,
        }
    }
}

fn is_offered(cached: &Cached, token: &CachedAccessToken) -> bool {
    let offered = match cached {
        Cached::Hit(offered) => Some(offered),
        Cached::Ask { fallback, .. } => fallback.as_ref(),
        _ => None,
    };
    offered.is_some_and(|offered| offered.secret == token.secret)
}

/// Removes tokens from the cache, for everybody in the process and what other programs have saved since as well.
pub(super) async fn remove_with(
    handle: &Handle,
    remove: impl FnOnce(&mut TokenCache),
) -> Result<(), Error> {
    let removed = async {
        handle.cache.reload().await?;
        handle.cache.update(remove).await
    };
    let details = handle.client.details();
    removed
        .await
        .map_err(|error| Error::from(error).of(details))?;
    // Where another program has removed them before, others may still have them in memory.
    handle.cache.tell_of_sign_out();
    Ok(())
}
