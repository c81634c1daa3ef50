//! An access token in the cache.

use std::iter;
use std::time::Duration;

use super::fields::Fields;
use super::key::{joined, or_empty, suffix};
use super::{Entry, Value, optional, place_of};
use crate::cache::dialect::Dialect;
use crate::cache::issuance::Issuance;
use crate::cache::term::{Host, Term};
use crate::{AccessToken, ScopeSet, Text, UnixTime, case, same_cloud};

/// An access token and what it is good for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccessTokenEntry {
    pub(crate) secret: AccessToken,
    /// `None` for tokens of the application itself.
    pub(crate) home_account_id: Option<Text>,
    pub(crate) environment: Text,
    pub(crate) client_id: Text,
    pub(crate) target: Text,
    pub(crate) realm: Text,
    pub(crate) token_type: Text,
    pub(crate) cached_at: Option<UnixTime>,
    /// An entry whose expiry cannot be read counts as expired.
    pub(crate) expires_on: UnixTime,
    pub(crate) extended_expires_on: Option<UnixTime>,
    pub(crate) refresh_on: Option<UnixTime>,
    pub(crate) key_id: Option<Text>,
    pub(crate) ext_cache_key: Option<Text>,
    /// The scopes that were asked for, where the server named others: who asks for all of them again is answered from the
    /// cache. A member of ours, which other MSALs leave alone or drop; `target` says what the server said.
    pub(crate) requested: Option<Text>,
}

impl AccessTokenEntry {
    /// The access token of a response.
    pub(crate) fn issued(issuance: &Issuance<'_>) -> Self {
        let response = issuance.event.response;
        let cached_at = issuance.event.now;
        let after = |lifetime: Duration| cached_at + lifetime;
        let extended_lifetime = response.ext_expires_in.unwrap_or(response.expires_in);
        Self {
            secret: AccessToken::clone(&response.access_token),
            home_account_id: issuance.home_account_id.clone(),
            environment: issuance.environment.clone(),
            client_id: issuance.client_id.clone(),
            target: issuance.target.clone(),
            realm: issuance.realm.clone(),
            token_type: issuance.token_type.clone(),
            // The cache has points in time where the answer has lifetimes.
            cached_at: Some(cached_at),
            expires_on: after(response.expires_in),
            extended_expires_on: Some(after(extended_lifetime)),
            refresh_on: response.refresh_in.map(after),
            key_id: None,
            ext_cache_key: None,
            requested: issuance.renamed.clone(),
        }
    }

    /// Whether whoever asks for its scopes is given it: a token that is bound to a key, or was asked for with extra fields,
    /// is for the one purpose it was asked for.
    pub(crate) fn is_plain(&self) -> bool {
        self.key_id.is_none() && self.ext_cache_key.is_none()
    }

    /// Whether the token is good for all of `scopes`, by their names or because they are what was asked for.
    pub(crate) fn grants_all(&self, scopes: &ScopeSet) -> bool {
        scopes.iter().all(|scope| self.grants(scope)) || self.was_asked_for(scopes)
    }

    /// Whether the token is the answer to just these scopes. Of several that were asked for, the server may have left some
    /// out, and nothing says which: a part of them is no question that it answers.
    fn was_asked_for(&self, scopes: &ScopeSet) -> bool {
        let requested = self.requested();
        requested.clone().next().is_some()
            && requested.clone().count() == scopes.len()
            && scopes
                .iter()
                .all(|scope| requested.clone().any(|asked| case::is_same(asked, scope)))
    }

    fn requested(&self) -> impl Iterator<Item = &str> + Clone {
        let requested = self.requested.as_ref().map_or("", Text::as_str);
        requested.split_ascii_whitespace()
    }

    /// Whether the token is good for `scope`.
    pub(crate) fn grants(&self, scope: &str) -> bool {
        self.scopes().any(|granted| case::is_same(granted, scope))
    }

    fn scopes(&self) -> impl Iterator<Item = &str> {
        self.target.as_str().split_ascii_whitespace()
    }
}

impl Entry for AccessTokenEntry {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            secret: fields.secret("secret", AccessToken::slice_of)?,
            home_account_id: fields.present("home_account_id"),
            environment: fields.present("environment")?,
            client_id: fields.or_empty("client_id"),
            target: fields.or_empty("target"),
            realm: fields.or_empty("realm"),
            token_type: fields.or_empty("token_type"),
            cached_at: fields.time("cached_at"),
            expires_on: fields.time("expires_on").unwrap_or_default(),
            extended_expires_on: fields.time("extended_expires_on"),
            refresh_on: fields.time("refresh_on"),
            key_id: fields.present("key_id"),
            // Got on behalf of a user for one assertion. No silent call is given it, as none is given a token that was
            // asked for with extra fields.
            ext_cache_key: fields
                .present("ext_cache_key")
                .or_else(|| fields.present("user_assertion_hash")),
            requested: fields.present(REQUESTED),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("credential_type", "AccessToken".into());
        each("secret", Value::Text(self.secret.expose_secret()));
        each("home_account_id", (&self.home_account_id).into());
        each("environment", (&self.environment).into());
        each("client_id", (&self.client_id).into());
        each("target", (&self.target).into());
        each("realm", (&self.realm).into());
        each("token_type", (&self.token_type).into());
        optional(each, "cached_at", &self.cached_at);
        each("expires_on", (&self.expires_on).into());
        optional(each, "extended_expires_on", &self.extended_expires_on);
        optional(each, "key_id", &self.key_id);
        optional(each, "ext_cache_key", &self.ext_cache_key);
        optional(each, "refresh_on", &self.refresh_on);
        optional(each, REQUESTED, &self.requested);
    }

    fn storage_key(&self, dialect: Dialect) -> String {
        let kind = match self.ext_cache_key {
            Some(_) => "atext",
            None => "accesstoken",
        };
        let (home, environment) = (or_empty(&self.home_account_id), self.environment.as_str());
        let (client, realm) = (self.client_id.as_str(), self.realm.as_str());
        let mut target = self.target.to_string();
        if let Some(requested) = &self.requested {
            // A server that leaves out which API a scope is of names two scopes alike.
            target = format!("{target} {requested}");
        }
        let mut parts = vec![home, environment, kind, client, realm, &target];
        match (dialect, &self.ext_cache_key) {
            (_, Some(key)) => parts.push(key.as_str()),
            (_, None) => parts.extend(suffix(dialect)),
        }
        joined(&parts)
    }

    fn is_same_entry(&self, other: &Self, _: Dialect) -> bool {
        self.home_account_id == other.home_account_id
            && same_cloud(self.environment.as_str(), other.environment.as_str())
            && case::is_same_client(self.client_id.as_str(), other.client_id.as_str())
            && case::is_same(self.realm.as_str(), other.realm.as_str())
            && case::is_same(self.token_type.as_str(), other.token_type.as_str())
            && self.key_id == other.key_id
            && self.ext_cache_key == other.ext_cache_key
            && self.requested == other.requested
            && self.scopes().all(|scope| other.grants(scope))
            && other.scopes().all(|scope| self.grants(scope))
    }

    fn place(&self) -> Option<Term<'_>> {
        place_of(self.home_account_id.as_ref(), &self.environment)
    }

    /// A token of the application itself has no account to be found by.
    fn terms(&self) -> impl Iterator<Item = Term<'_>> {
        let environment = self.environment.as_str();
        let client_id = self.client_id.as_str();
        let home_account_id = self.home_account_id.iter().map(Text::as_str);
        home_account_id.flat_map(move |home_account_id| {
            let owner = Term::Owner {
                home_account_id,
                environment: Host(environment),
            };
            let granted = self.scopes().chain(self.requested());
            let granted = granted.map(move |scope| Term::Granted {
                home_account_id,
                environment: Host(environment),
                client_id,
                scope,
            });
            iter::once(owner).chain(granted)
        })
    }
}

/// Where the scopes stand that were asked for.
const REQUESTED: &str = "requested_scopes";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_grants_each_of_its_scopes_in_any_case() {
        let document = Text::from(
            r#"{"secret": "s", "environment": "e", "target": "User.Read email openid profile"}"#,
        );
        let fields = Fields::parse(document.as_str(), &document).unwrap();
        let entry = AccessTokenEntry::read(&fields).unwrap();
        for scope in ["openid", "User.Read", "user.read", "USER.READ"] {
            assert!(entry.grants(scope), "{scope}");
        }
        for scope in [
            "User",
            "User.Read.All",
            "https://graph.microsoft.com/User.Read",
        ] {
            assert!(!entry.grants(scope), "{scope}");
        }
    }
}
