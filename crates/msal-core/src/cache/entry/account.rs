//! An account in the cache.

use super::fields::Fields;
use super::key::joined;
use super::{Entry, Value, is_under_another_name, optional};
use crate::cache::dialect::Dialect;
use crate::cache::issuance::Issuance;
use crate::cache::term::{Host, Term, Username};
use crate::json::write_string;
use crate::{Account, HomeAccountId, Text, case};

/// A user, as seen in one tenant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountEntry {
    pub(crate) home_account_id: Text,
    pub(crate) environment: Text,
    pub(crate) realm: Text,
    pub(crate) local_account_id: Text,
    pub(crate) username: Text,
    pub(crate) authority_type: Text,
    pub(crate) account_source: Option<Text>,
    /// What MSAL Node adds to an account; absent elsewhere.
    profile: Option<NodeProfile>,
}

/// The extra members of an account in MSAL Node's cache.
#[derive(Clone, Debug, PartialEq)]
struct NodeProfile {
    name: Text,
    client_info: Text,
    tenant_id: Text,
}

impl AccountEntry {
    /// The account of a response that says whose tokens it brings.
    pub(crate) fn issued(issuance: &Issuance<'_>) -> Option<Self> {
        let claims = issuance.event.response.claims();
        let claim = |text: Option<&String>| text.map(|text| Text::from(text.as_str()));
        let local =
            claims.and_then(|claims| claim(claims.object_id.as_ref().or(Some(&claims.subject))));
        let username = claims.and_then(|claims| claim(claims.username.as_ref()));
        Some(Self {
            home_account_id: issuance.home_account_id.clone()?,
            environment: issuance.environment.clone(),
            realm: issuance.realm.clone(),
            local_account_id: local.unwrap_or_default(),
            username: username.unwrap_or_default(),
            authority_type: issuance.authority_type.clone(),
            // Says how a user signed in. What an SDK wrote there stays in the text of the entry.
            account_source: None,
            profile: NodeProfile::issued(issuance),
        })
    }

    /// Whether both are the same user in the same tenant.
    fn is_same_profile(&self, other: &Self) -> bool {
        self.home_account_id == other.home_account_id
            && case::is_same(self.realm.as_str(), other.realm.as_str())
    }

    /// Whether `other` is the same, under another name of the cloud.
    pub(crate) fn is_twin_of(&self, other: &Self) -> bool {
        is_under_another_name(&self.environment, &other.environment) && self.is_same_profile(other)
    }

    /// The same entry with what `newer` says of the user, who may have been renamed.
    pub(crate) fn described_as(&self, newer: &Self) -> Self {
        Self {
            local_account_id: newer.local_account_id.clone(),
            username: newer.username.clone(),
            ..self.clone()
        }
    }

    /// One tenant's view of the user: a JSON document inside a string.
    fn tenant_profile(&self, profile: &NodeProfile) -> String {
        let is_home_tenant = self
            .home_account_id
            .as_str()
            .ends_with(profile.tenant_id.as_str());
        let mut out = Vec::new();
        for (name, value) in [
            ("{\"tenantId\":", &profile.tenant_id),
            (",\"localAccountId\":", &self.local_account_id),
            (",\"name\":", &profile.name),
            (",\"username\":", &self.username),
        ] {
            out.extend_from_slice(name.as_bytes());
            write_string(&mut out, value.as_str());
        }
        out.extend_from_slice(format!(",\"isHomeTenant\":{is_home_tenant}}}").as_bytes());
        String::from_utf8(out).unwrap_or_default()
    }
}

impl NodeProfile {
    fn issued(issuance: &Issuance<'_>) -> Option<Self> {
        if issuance.dialect == Dialect::Python {
            return None;
        }
        let response = issuance.event.response;
        let name = response.claims().and_then(|claims| claims.name.as_deref());
        let client_info = response.client_info.as_ref();
        let encoded = client_info.map(|client_info| client_info.encoded.as_str());
        Some(Self {
            name: name.unwrap_or_default().into(),
            client_info: encoded.unwrap_or_default().into(),
            tenant_id: issuance.realm.clone(),
        })
    }
}

impl Entry for AccountEntry {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            home_account_id: fields.present("home_account_id")?,
            environment: fields.present("environment")?,
            realm: fields.or_empty("realm"),
            local_account_id: fields.or_empty("local_account_id"),
            username: fields.or_empty("username"),
            authority_type: fields.or_empty("authority_type"),
            account_source: fields.present("account_source"),
            profile: None,
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("home_account_id", (&self.home_account_id).into());
        each("environment", (&self.environment).into());
        each("realm", (&self.realm).into());
        each("local_account_id", (&self.local_account_id).into());
        each("username", (&self.username).into());
        each("authority_type", (&self.authority_type).into());
        optional(each, "account_source", &self.account_source);
        if let Some(profile) = &self.profile {
            each("name", (&profile.name).into());
            each("client_info", (&profile.client_info).into());
            each("tenantProfiles", Value::List(self.tenant_profile(profile)));
        }
    }

    fn storage_key(&self, _: Dialect) -> String {
        joined(&[
            self.home_account_id.as_str(),
            self.environment.as_str(),
            self.realm.as_str(),
        ])
    }

    /// An account stays under each name of its cloud: an application that looks under no other would lose it.
    fn is_same_entry(&self, other: &Self, _: Dialect) -> bool {
        case::is_same(self.environment.as_str(), other.environment.as_str())
            && self.is_same_profile(other)
    }

    fn place(&self) -> Option<Term<'_>> {
        self.terms().next()
    }

    fn terms(&self) -> impl Iterator<Item = Term<'_>> {
        let owner = Term::Owner {
            home_account_id: self.home_account_id.as_str(),
            environment: Host(self.environment.as_str()),
        };
        [owner, Term::Named(Username(self.username.as_str()))].into_iter()
    }
}

impl From<&AccountEntry> for Account {
    fn from(entry: &AccountEntry) -> Self {
        Self {
            home_account_id: HomeAccountId::new(entry.home_account_id.as_str()),
            environment: entry.environment.to_string(),
            realm: entry.realm.to_string(),
            local_account_id: entry.local_account_id.to_string(),
            username: entry.username.to_string(),
        }
    }
}
