//! Tokens that were got on behalf of users (RFC 7523 §2.1): found by the assertion or the session that they were got for,
//! so that one cache serves many users and no call gets the token of another one's.

use super::TokenCache;
use super::entry::RefreshTokenEntry;
use super::for_client::Cached;
use super::issuance::purpose;
use super::removal::Removal;
use super::silent::{BestToken, RefreshCandidate};
use super::term::{Host, Term};
use super::token_event::TokenEvent;
use crate::{HomeAccountId, OnBehalfKey, ScopeSet, Text, UnixTime, case};

/// What a call on behalf of a user asks the cache.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OnBehalfRequest<'a> {
    /// The client that asks.
    pub client_id: &'a str,
    /// For which assertion or session.
    pub key: &'a OnBehalfKey,
    /// The host of the authority, without its port and with it, in order of preference.
    pub environments: &'a [String],
    /// The names of the tenant: as it was asked for, and as its token endpoint has it.
    pub realms: &'a [&'a str],
    /// The scopes, without the reserved ones.
    pub scopes: &'a ScopeSet,
    /// The form fields that go beyond those of every request: see [`TokenEvent::fields`](crate::TokenEvent::fields).
    pub fields: &'a [(&'a str, &'a str)],
    /// Passes over access tokens: the caller wants a fresh one.
    pub force_refresh: bool,
    /// The time.
    pub now: UnixTime,
}

impl<'a> OnBehalfRequest<'a> {
    /// A request that is content with a cached token.
    pub fn new(
        client_id: &'a str,
        key: &'a OnBehalfKey,
        environments: &'a [String],
        realms: &'a [&'a str],
        scopes: &'a ScopeSet,
        now: UnixTime,
    ) -> Self {
        Self {
            client_id,
            key,
            environments,
            realms,
            scopes,
            fields: &[],
            force_refresh: false,
            now,
        }
    }
}

/// What the cache has for an assertion or a session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OnBehalfTokens {
    /// The access token.
    pub access_token: Cached,
    /// Whose it is.
    pub home_account_id: Option<HomeAccountId>,
    /// Refresh tokens in the order they are worth trying. Only sessions have them.
    pub candidates: Vec<RefreshCandidate>,
    /// Whose the refresh tokens are.
    pub session_of: Option<HomeAccountId>,
}

impl TokenCache {
    /// Decides a call on behalf of a user.
    pub fn on_behalf(&self, request: &OnBehalfRequest<'_>) -> OnBehalfTokens {
        let own = purpose(Some(request.key.as_str()), request.fields);
        let mut best = BestToken::Nothing;
        let mut home_account_id = None;
        for environment in request.environments {
            for entry in self.access_tokens.find(&on_behalf(request, environment)) {
                let is_of = |realm: &&str| case::is_same(entry.realm.as_str(), realm);
                // Other MSALs write the assertion alone.
                let was_asked_for_so = match &entry.ext_cache_key {
                    None => request.fields.is_empty(),
                    purpose => *purpose == own,
                };
                if was_asked_for_so
                    && !entry.is_bound()
                    && request.realms.iter().any(is_of)
                    && entry.grants_all(request.scopes)
                    && best.consider(entry, request.now)
                {
                    home_account_id = entry.home_account_id.clone();
                }
            }
        }
        let refresh_tokens = self.refresh_tokens_on_behalf(request);
        let owner = refresh_tokens
            .first()
            .and_then(|entry| entry.home_account_id.as_ref());
        OnBehalfTokens {
            access_token: Cached::of(best, request.force_refresh),
            home_account_id: home_account_id.as_ref().map(identifier),
            session_of: owner.map(identifier),
            candidates: refresh_tokens
                .into_iter()
                .map(RefreshCandidate::own)
                .collect(),
        }
    }

    fn refresh_tokens_on_behalf(&self, request: &OnBehalfRequest<'_>) -> Vec<&RefreshTokenEntry> {
        let mut found: Vec<&RefreshTokenEntry> = Vec::new();
        for environment in request.environments {
            for entry in self.refresh_tokens.find(&on_behalf(request, environment)) {
                if found.iter().all(|known| known.secret != entry.secret) {
                    found.push(entry);
                }
            }
        }
        found.sort_by_key(|entry| std::cmp::Reverse(entry.last_modification_time));
        found
    }

    /// Adds tokens that were got for the assertion or the session of `event`. A refresh token is kept where `keeps_refresh_token`
    /// says so: whoever has the assertion can show it again.
    pub fn add_on_behalf(&mut self, event: &TokenEvent<'_>, keeps_refresh_token: bool) {
        let issuance = self.issuance_under_own_name(event);
        self.add_access_token(&issuance);
        self.add_account(&issuance);
        if keeps_refresh_token {
            self.store_refresh_token(&issuance);
        }
        self.add_app_metadata(&issuance);
        self.is_changed = true;
    }

    /// Adds the tokens of a session that was renewed. Nothing is added to a session that has ended meanwhile, and the answer
    /// is false.
    #[must_use]
    pub fn renew_on_behalf(&mut self, event: &TokenEvent<'_>) -> bool {
        let issuance = self.issuance_under_own_name(event);
        let term = issuance.assertion.as_ref().map(|key| Term::OnBehalf {
            key: key.as_str(),
            client_id: issuance.client_id.as_str(),
            environment: Host(issuance.environment.as_str()),
        });
        let known = term.map(|term| self.refresh_tokens.find_with_keys(&term));
        let held: Vec<_> = known
            .into_iter()
            .flatten()
            .filter(|(_, entry)| Some(&entry.secret) == event.redeemed)
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        if held.is_empty() {
            return false;
        }
        self.add_access_token(&issuance);
        if let Some(successor) = &event.response.refresh_token {
            for (key, entry) in held {
                let renewed = entry.renewed(successor.clone(), event.now);
                self.refresh_tokens.renew(key, renewed, self.dialect);
            }
        }
        self.is_changed = true;
        true
    }

    /// Removes all tokens that the client got for an assertion or a session. Answers whether there were any.
    pub fn remove_on_behalf(
        &mut self,
        client_id: &str,
        key: &OnBehalfKey,
        environment: &str,
    ) -> bool {
        let term = Term::OnBehalf {
            key: key.as_str(),
            client_id,
            environment: Host(environment),
        };
        let removed =
            self.access_tokens.remove_found(&term) + self.refresh_tokens.remove_found(&term);
        if removed > 0 {
            self.is_changed = true;
            self.signed_out.push(Removal::OnBehalf {
                client_id: client_id.into(),
                key: key.clone(),
                environment: environment.into(),
            });
        }
        removed > 0
    }
}

fn on_behalf<'a>(request: &OnBehalfRequest<'a>, environment: &'a str) -> Term<'a> {
    Term::OnBehalf {
        key: request.key.as_str(),
        client_id: request.client_id,
        environment: Host(environment),
    }
}

fn identifier(text: &Text) -> HomeAccountId {
    HomeAccountId::new(text.as_str())
}
