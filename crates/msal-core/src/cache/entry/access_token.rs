//! An access token in the cache.

use super::fields::Fields;
use super::key::{joined, or_empty, rest};
use super::{Entry, Value, optional};
use crate::cache::dialect::Dialect;
use crate::cache::term::Terms;
use crate::{AccessToken, Text, UnixTime};

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
            // An assertion's token is as much apart from a user's as one that was asked for with extra fields.
            ext_cache_key: fields
                .present("ext_cache_key")
                .or_else(|| fields.present("user_assertion_hash")),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("credential_type", "AccessToken".into());
        each("secret", Value::Secret(self.secret.expose_secret()));
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
    }

    fn storage_key(&self, dialect: Dialect) -> String {
        Self::storage_key(self, dialect)
    }

    fn index(&self, terms: &mut Terms<'_>) {
        let home = self
            .home_account_id
            .as_ref()
            .map(Text::as_str)
            .unwrap_or_default();
        terms.owner(home, &self.environment);
        for scope in self.target.as_str().split_ascii_whitespace() {
            terms.granted(home, &self.environment, &self.client_id, scope);
        }
    }

    fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl AccessTokenEntry {
    pub(crate) fn storage_key(&self, dialect: Dialect) -> String {
        let kind = match self.ext_cache_key {
            Some(_) => "atext",
            None => "accesstoken",
        };
        let (home, environment) = (or_empty(&self.home_account_id), self.environment.as_str());
        let (client, realm) = (self.client_id.as_str(), self.realm.as_str());
        let mut parts = vec![home, environment, kind, client, realm, self.target.as_str()];
        match (dialect, &self.ext_cache_key) {
            (_, Some(key)) => parts.push(key.as_str()),
            (_, None) => parts.extend(rest(dialect)),
        }
        joined(&parts)
    }
}
