//! A refresh token in the cache.

use super::fields::Fields;
use super::key::{joined, or_empty, suffix};
use super::{ASSERTION, ASSERTIONS, Entry, Value, is_under_another_name, optional, place_of};
use crate::cache::dialect::Dialect;
use crate::cache::issuance::{Issuance, purpose};
use crate::cache::term::{Host, Term};
use crate::{RefreshToken, Text, UnixTime, case};

/// A refresh token, good for every resource and tenant of its user and client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RefreshTokenEntry {
    pub(crate) secret: RefreshToken,
    pub(crate) home_account_id: Option<Text>,
    pub(crate) environment: Text,
    pub(crate) client_id: Text,
    pub(crate) target: Option<Text>,
    pub(crate) last_modification_time: Option<UnixTime>,
    pub(crate) family_id: Option<Text>,
    /// The assertion or the session that it was got for, on behalf of a user: it must not be redeemed for that user.
    pub(crate) assertion: Option<Text>,
    /// Keeps MSALs that do not know of assertions from redeeming it for its user.
    pub(crate) ext_cache_key: Option<Text>,
}

impl RefreshTokenEntry {
    /// The refresh token of a response.
    pub(crate) fn issued(issuance: &Issuance<'_>) -> Option<Self> {
        let response = issuance.event.response;
        // RFC 6749 §6: the server may issue a new refresh token. Where it does not, the one that was redeemed stays
        // good.
        let secret = response
            .refresh_token
            .as_ref()
            .or(issuance.event.redeemed)?;
        let is_python = issuance.dialect == Dialect::Python;
        Some(Self {
            secret: secret.clone(),
            home_account_id: issuance.home_account_id.clone(),
            environment: issuance.environment.clone(),
            client_id: issuance.client_id.clone(),
            // MSAL Node writes neither of the two. Every MSAL finds refresh tokens without looking at scopes.
            target: is_python.then(|| issuance.target.clone()),
            last_modification_time: is_python.then_some(issuance.event.now),
            family_id: response.family_id.as_deref().map(Text::from),
            assertion: issuance.assertion.clone(),
            ext_cache_key: purpose(issuance.event.party.assertion(), &[]),
        })
    }

    /// Whether it was issued to this client.
    pub(crate) fn is_of_client(&self, client_id: &str) -> bool {
        case::is_same_client(self.client_id.as_str(), client_id)
    }

    /// Whether both are for the same user and application, or for the same family.
    fn is_for_the_same(&self, other: &Self, dialect: Dialect) -> bool {
        let is_of_family = self.family_id.is_some() && dialect != Dialect::Python;
        self.home_account_id == other.home_account_id
            && self.family_id == other.family_id
            && self.assertion == other.assertion
            // MSAL Node keeps one token for all clients of a family.
            && (self.is_of_client(other.client_id.as_str()) || is_of_family)
    }

    /// Whether `other` is for the same, under another name of the cloud.
    pub(crate) fn is_twin_of(&self, other: &Self, dialect: Dialect) -> bool {
        is_under_another_name(&self.environment, &other.environment)
            && self.is_for_the_same(other, dialect)
    }

    /// The same entry with the refresh token that replaces its own. Its target and its family stay.
    pub(crate) fn renewed(self, successor: RefreshToken, now: UnixTime) -> Self {
        Self {
            secret: successor,
            last_modification_time: Some(now),
            ..self
        }
    }
}

impl Entry for RefreshTokenEntry {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            secret: fields.secret("secret", RefreshToken::slice_of)?,
            home_account_id: fields.present("home_account_id"),
            environment: fields.present("environment")?,
            client_id: fields.or_empty("client_id"),
            target: fields.text("target"),
            last_modification_time: fields.time("last_modification_time"),
            family_id: fields.present("family_id"),
            assertion: fields.any_of(ASSERTIONS),
            ext_cache_key: fields.present("ext_cache_key"),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("credential_type", "RefreshToken".into());
        each("secret", Value::Text(self.secret.expose_secret()));
        each("home_account_id", (&self.home_account_id).into());
        each("environment", (&self.environment).into());
        each("client_id", (&self.client_id).into());
        optional(each, "target", &self.target);
        optional(each, "last_modification_time", &self.last_modification_time);
        optional(each, "family_id", &self.family_id);
        optional(each, "ext_cache_key", &self.ext_cache_key);
        optional(each, ASSERTION, &self.assertion);
    }

    fn storage_key(&self, dialect: Dialect) -> String {
        let (home, environment) = (or_empty(&self.home_account_id), self.environment.as_str());
        let client = self.client_id.as_str();
        let (owner, target) = match dialect {
            Dialect::Python => (client, or_empty(&self.target)),
            // A family's token is shared, so MSAL Node keys it by the family and not by the client.
            Dialect::Node | Dialect::Node3 => {
                (self.family_id.as_ref().map_or(client, Text::as_str), "")
            }
        };
        let mut parts = vec![home, environment, "refreshtoken", owner, "", target];
        parts.extend(self.assertion.as_ref().map(Text::as_str));
        parts.extend(suffix(dialect));
        joined(&parts)
    }

    /// A refresh token is good for every scope and resource, so that its target does not tell it from another. The name of
    /// its cloud does: an application that looks under no other would lose it.
    fn is_same_entry(&self, other: &Self, dialect: Dialect) -> bool {
        case::is_same(self.environment.as_str(), other.environment.as_str())
            && self.is_for_the_same(other, dialect)
    }

    fn place(&self) -> Option<Term<'_>> {
        self.terms().next()
    }

    /// What was got on behalf of a user is not found by the user.
    fn terms(&self) -> impl Iterator<Item = Term<'_>> {
        let term = match &self.assertion {
            Some(assertion) => Some(Term::OnBehalf {
                key: assertion.as_str(),
                client_id: self.client_id.as_str(),
                environment: Host(self.environment.as_str()),
            }),
            None => place_of(self.home_account_id.as_ref(), &self.environment),
        };
        term.into_iter()
    }
}
