//! Tokens of the application itself (RFC 6749 §4.4): found by tenant and scopes, owned by no user.

use std::borrow::Cow;

use super::TokenCache;
use super::entry::AccessTokenEntry;
use super::issuance::purpose;
use super::removal::Removal;
use super::silent::{BestToken, CachedAccessToken, RefreshReason, token_type_of};
use super::term::{Host, Term};
use super::token_event::{Party, TokenEvent};
use crate::{AccessToken, ScopeSet, UnixTime, case, same_environment};

/// What a call for a token of the application itself asks the cache.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ForClientRequest<'a> {
    /// The client that asks.
    pub client_id: &'a str,
    /// The host of the authority, without its port and with it, in order of preference.
    pub environments: &'a [String],
    /// The names of the tenant: as it was asked for, and as its token endpoint has it.
    pub realms: &'a [&'a str],
    /// The scopes.
    pub scopes: &'a ScopeSet,
    /// The form fields that go beyond those of every request: see [`TokenEvent::fields`](crate::TokenEvent::fields).
    pub fields: &'a [(&'a str, &'a str)],
    /// Passes over cached tokens: the caller wants a fresh one.
    pub force_refresh: bool,
    /// The time.
    pub now: UnixTime,
}

impl<'a> ForClientRequest<'a> {
    /// A request that is content with a cached token.
    pub fn new(
        client_id: &'a str,
        environments: &'a [String],
        realms: &'a [&'a str],
        scopes: &'a ScopeSet,
        now: UnixTime,
    ) -> Self {
        Self {
            client_id,
            environments,
            realms,
            scopes,
            fields: &[],
            force_refresh: false,
            now,
        }
    }
}

/// What the cache has for a call that needs no refresh token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Cached {
    /// A token that is good for at least five more minutes.
    Hit(CachedAccessToken),
    /// The network must be asked.
    Ask {
        /// A cached token that is still valid: it is the answer when there is no new one, whatever the reason.
        fallback: Option<CachedAccessToken>,
        /// Why a cached token was not good enough.
        reason: RefreshReason,
    },
}

/// A token of the application itself that is good for at least five more minutes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ForClientHit {
    /// The token.
    pub secret: AccessToken,
    /// `Bearer`, in the case it was sent.
    pub token_type: Cow<'static, str>,
    /// The granted scopes; `None` where they are those that were asked for.
    pub scopes: Option<ScopeSet>,
    /// When it expires.
    pub expires_on: UnixTime,
    /// When it should be renewed although it is still valid.
    pub refresh_on: Option<UnixTime>,
}

impl ForClientHit {
    #[inline]
    fn of(entry: &AccessTokenEntry, is_for_just_these: bool) -> Self {
        let others = (!is_for_just_these).then(|| entry.target.clone());
        Self {
            secret: entry.secret.clone(),
            token_type: token_type_of(entry),
            scopes: others.map(ScopeSet::from_text),
            expires_on: entry.expires_on,
            refresh_on: entry.refresh_on,
        }
    }
}

impl Cached {
    pub(super) fn of(best: BestToken<'_>, force_refresh: bool) -> Self {
        let (fallback, reason) = match best {
            BestToken::Fresh(entry) if !force_refresh => return Self::Hit(entry.into()),
            // Whoever forces a refresh does not trust what is cached, so that it is no fallback either.
            _ if force_refresh => (None, RefreshReason::Forced),
            BestToken::Aging(entry) => (Some(entry.into()), RefreshReason::Aging),
            BestToken::Expired => (None, RefreshReason::Expired),
            BestToken::Fresh(_) | BestToken::Nothing => (None, RefreshReason::NoAccessToken),
        };
        Self::Ask { fallback, reason }
    }
}

impl TokenCache {
    /// Decides a call for a token of the application itself.
    ///
    /// A token is the answer only if it is nobody's but this client's, of one of these tenants, and was asked for with the
    /// same extra fields.
    pub fn for_client(&self, request: &ForClientRequest<'_>) -> Cached {
        let (best, _) = self.best_for_client(request);
        Cached::of(best, request.force_refresh)
    }

    /// The token of a [hit](Cached::Hit), if [`for_client`](Self::for_client) has one for the request. The scopes that were
    /// asked for are not handed out again: most tokens are good for just these.
    #[inline]
    pub fn hit_for_client(&self, request: &ForClientRequest<'_>) -> Option<ForClientHit> {
        match self.best_for_client(request) {
            (BestToken::Fresh(entry), is_for_just_these) if !request.force_refresh => {
                Some(ForClientHit::of(entry, is_for_just_these))
            }
            _ => None,
        }
    }

    /// The best token, and whether it was granted for just the scopes that are asked for.
    fn best_for_client(&self, request: &ForClientRequest<'_>) -> (BestToken<'_>, bool) {
        let (mut best, mut is_for_just_these) = (BestToken::Nothing, false);
        let Some(scope) = request.scopes.first() else {
            return (best, is_for_just_these);
        };
        let purpose = purpose(None, request.fields);
        for (number, realm) in request.realms.iter().enumerate() {
            // Mostly the tenant has one name, which may stand twice.
            if request
                .realms
                .iter()
                .take(number)
                .any(|known| known == realm)
            {
                continue;
            }
            for environment in request.environments {
                let term = Term::Application {
                    scope,
                    client_id: request.client_id,
                    realm,
                    environment: Host(environment),
                    purpose: purpose.as_ref().map(crate::Text::as_str),
                };
                self.access_tokens.for_each_found(&term, |entry| {
                    let is_just = entry.target == request.scopes.as_str();
                    if !entry.is_bound()
                        && (is_just || entry.grants_all(request.scopes))
                        && best.consider(entry, request.now)
                    {
                        is_for_just_these = is_just;
                    }
                });
                // Nothing is better.
                if matches!(best, BestToken::Fresh(_)) {
                    return (best, is_for_just_these);
                }
            }
        }
        (best, is_for_just_these)
    }

    /// Adds a token of the application itself. Nothing of a user is taken from the answer.
    pub fn add_for_client(&mut self, event: &TokenEvent<'_>) {
        let event = TokenEvent {
            party: Party::Application,
            ..event.clone()
        };
        let issuance = self.issuance_under_own_name(&event);
        self.add_access_token(&issuance);
        self.add_app_metadata(&issuance);
        self.is_changed = true;
    }

    /// Removes the tokens of the client itself, of all tenants, in every host name of its cloud. Answers whether there
    /// were any.
    pub fn remove_for_client(&mut self, client_id: &str, environment: &str) -> bool {
        let removed = self.access_tokens.remove_where(|entry| {
            entry.is_of_application()
                && case::is_same_client(entry.client_id.as_str(), client_id)
                && same_environment(entry.environment.as_str(), environment)
        });
        if removed > 0 {
            self.is_changed = true;
            self.signed_out.push(Removal::Application {
                client_id: client_id.into(),
                environment: environment.into(),
            });
        }
        removed > 0
    }
}
