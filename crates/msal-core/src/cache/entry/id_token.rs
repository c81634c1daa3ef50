//! An ID token in the cache.

use super::fields::Fields;
use super::key::{joined, or_empty, suffix};
use super::{Entry, Value, place_of};
use crate::cache::dialect::Dialect;
use crate::cache::issuance::Issuance;
use crate::cache::term::{Host, Term};
use crate::{RawIdToken, Text, case, same_cloud};

/// A user's last ID token for one client and tenant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IdTokenEntry {
    pub(crate) secret: RawIdToken,
    pub(crate) home_account_id: Option<Text>,
    pub(crate) environment: Text,
    pub(crate) realm: Text,
    pub(crate) client_id: Text,
}

impl IdTokenEntry {
    /// The ID token of a response, if it brings one.
    pub(crate) fn issued(issuance: &Issuance<'_>) -> Option<Self> {
        let (secret, _) = issuance.event.response.id_token.as_ref()?;
        Some(Self {
            secret: secret.clone(),
            home_account_id: issuance.home_account_id.clone(),
            environment: issuance.environment.clone(),
            realm: issuance.realm.clone(),
            client_id: issuance.client_id.clone(),
        })
    }
}

impl Entry for IdTokenEntry {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            secret: fields.secret("secret", RawIdToken::slice_of)?,
            home_account_id: fields.present("home_account_id"),
            environment: fields.present("environment")?,
            realm: fields.or_empty("realm"),
            client_id: fields.or_empty("client_id"),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("credential_type", "IdToken".into());
        each("secret", Value::Text(self.secret.expose_secret()));
        each("home_account_id", (&self.home_account_id).into());
        each("environment", (&self.environment).into());
        each("realm", (&self.realm).into());
        each("client_id", (&self.client_id).into());
    }

    fn storage_key(&self, dialect: Dialect) -> String {
        let (home, environment) = (or_empty(&self.home_account_id), self.environment.as_str());
        let (client, realm) = (self.client_id.as_str(), self.realm.as_str());
        let mut parts = vec![home, environment, "idtoken", client, realm, ""];
        parts.extend(suffix(dialect));
        joined(&parts)
    }

    fn is_same_entry(&self, other: &Self, _: Dialect) -> bool {
        self.home_account_id == other.home_account_id
            && same_cloud(self.environment.as_str(), other.environment.as_str())
            && case::is_same_client(self.client_id.as_str(), other.client_id.as_str())
            && case::is_same(self.realm.as_str(), other.realm.as_str())
    }

    fn place(&self) -> Option<Term<'_>> {
        place_of(self.home_account_id.as_ref(), &self.environment)
    }

    fn terms(&self) -> impl Iterator<Item = Term<'_>> {
        self.home_account_id
            .iter()
            .map(|home_account_id| Term::Owner {
                home_account_id: home_account_id.as_str(),
                environment: Host(self.environment.as_str()),
            })
    }
}
