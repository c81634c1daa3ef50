//! An account in the cache.

use std::borrow::Cow;

use super::fields::Fields;
use super::key::joined;
use super::{Entry, Value, is_under_another_name, optional};
use crate::cache::dialect::Dialect;
use crate::cache::issuance::Issuance;
use crate::cache::term::{Host, Term, Username};
use crate::json::{RawObject, string, write_string};
use crate::{Account, HomeAccountId, Text, TokenResponse, case};

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
    /// The profiles of other tenants in MSAL Node's cache, which has one account for all tenants of a user: each a JSON
    /// document.
    other_profiles: Vec<Text>,
}

/// The extra members of an account in MSAL Node's cache, and the user as seen in one tenant.
#[derive(Clone, Debug, PartialEq)]
struct NodeProfile {
    name: Text,
    client_info: Text,
    tenant_id: Text,
    local_account_id: Text,
    username: Text,
}

impl AccountEntry {
    /// The account of a response that says whose tokens it brings.
    pub(crate) fn issued(issuance: &Issuance<'_>) -> Option<Self> {
        let claims = issuance.event.response.claims();
        let claim = |text: Option<&String>| text.map(|text| Text::from(text.as_str()));
        let local =
            claims.and_then(|claims| claim(claims.object_id.as_ref().or(Some(&claims.subject))));
        let username = claims.and_then(|claims| claim(claims.username.as_ref()));
        let seen = Self {
            home_account_id: issuance.home_account_id.clone()?,
            environment: issuance.environment.clone(),
            realm: issuance.realm.clone(),
            local_account_id: local.unwrap_or_default(),
            username: username
                .or_else(|| issuance.event.username.map(Text::from))
                .unwrap_or_default(),
            authority_type: issuance.authority_type.clone(),
            // Says how a user signed in; where nobody has just done so, what is there stays.
            account_source: issuance.event.account_source.map(Text::from),
            profile: None,
            other_profiles: Vec::new(),
        };
        Some(match issuance.dialect {
            Dialect::Python => seen,
            // MSAL Node knows no `account_source`.
            Dialect::Node | Dialect::Node3 => Self {
                account_source: None,
                ..seen.under_home_tenant(issuance.event.response)
            },
        })
    }

    /// The account as MSAL Node has it, under the user's home tenant wherever they were seen.
    fn under_home_tenant(self, response: &TokenResponse) -> Self {
        let claims = response.claims();
        let name = claims.and_then(|claims| claims.name.as_deref());
        let client_info = response.client_info.as_ref();
        let encoded = client_info.map(|client_info| client_info.encoded.as_str());
        let home = client_info.map(|client_info| case::written(&client_info.utid));
        let object = client_info.map(|client_info| client_info.uid.as_str());
        Self {
            realm: home.map_or_else(|| self.realm.clone(), |home| Text::from(&*home)),
            local_account_id: object.map_or_else(|| self.local_account_id.clone(), Text::from),
            profile: Some(NodeProfile {
                name: name.unwrap_or_default().into(),
                client_info: encoded.unwrap_or_default().into(),
                tenant_id: self.realm,
                local_account_id: self.local_account_id,
                username: self.username.clone(),
            }),
            ..self
        }
    }

    /// The account that is written where `known` is the same: in MSAL Node's spelling the profiles of other tenants stay, and
    /// the home tenant describes the user, if it has spoken.
    pub(crate) fn in_place_of(mut self, known: &Self) -> Self {
        self.account_source = self.account_source.or_else(|| known.account_source.clone());
        let Some(profile) = &self.profile else {
            return self;
        };
        let is_of_other =
            |other: &Text| !case::is_same(&tenant_of(other), profile.tenant_id.as_str());
        let other_profiles: Vec<_> = known.profiles().into_iter().filter(is_of_other).collect();
        let is_known_at_home = other_profiles
            .iter()
            .any(|other| case::is_same(&tenant_of(other), self.realm.as_str()));
        let username = match is_known_at_home {
            true => known.username.clone(),
            false => self.username.clone(),
        };
        Self {
            username,
            other_profiles,
            ..self
        }
    }

    /// The profiles of all tenants, as MSAL Node has them. Where others wrote none, it takes what the account says for one.
    fn profiles(&self) -> Vec<Text> {
        let own = self.profile.as_ref();
        let mut profiles = self.other_profiles.clone();
        profiles.extend(own.map(|profile| Text::from(self.tenant_profile(profile))));
        if profiles.is_empty() && !self.local_account_id.is_empty() {
            let profile = NodeProfile {
                name: Text::default(),
                client_info: Text::default(),
                tenant_id: self.realm.clone(),
                local_account_id: self.local_account_id.clone(),
                username: self.username.clone(),
            };
            profiles.push(self.tenant_profile(&profile).into());
        }
        profiles
    }

    /// The tenant that the user was seen in and their identifier there: MSAL Node writes the home tenant, though it may have
    /// seen them elsewhere only.
    fn seen_in(&self) -> (Cow<'_, str>, Cow<'_, str>) {
        let own = (
            Cow::from(self.realm.as_str()),
            Cow::from(self.local_account_id.as_str()),
        );
        let is_realm = |tenant: &str| case::is_same(tenant, &own.0);
        match &self.profile {
            Some(profile) if is_realm(profile.tenant_id.as_str()) => return own,
            _ if self
                .other_profiles
                .iter()
                .any(|other| is_realm(&tenant_of(other))) =>
            {
                return own;
            }
            Some(profile) => {
                return (
                    profile.tenant_id.as_str().into(),
                    profile.local_account_id.as_str().into(),
                );
            }
            None => {}
        }
        match self.other_profiles.first() {
            Some(other) => (tenant_of(other), member_of(other, "localAccountId")),
            None => own,
        }
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

    /// The same entry with what `newer` says of the user, who may have been renamed, unless that is another tenant's view.
    pub(crate) fn described_as(self, newer: &Self) -> Self {
        let seen_in = newer.profile.as_ref().map(|profile| &profile.tenant_id);
        if seen_in.is_some_and(|tenant| *tenant != newer.realm) {
            return self;
        }
        Self {
            local_account_id: newer.local_account_id.clone(),
            username: newer.username.clone(),
            ..self
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
            (",\"localAccountId\":", &profile.local_account_id),
            (",\"name\":", &profile.name),
            (",\"username\":", &profile.username),
        ] {
            out.extend_from_slice(name.as_bytes());
            write_string(&mut out, value.as_str());
        }
        out.extend_from_slice(format!(",\"isHomeTenant\":{is_home_tenant}}}").as_bytes());
        String::from_utf8(out).unwrap_or_default()
    }
}

/// The tenant of a profile in MSAL Node's cache.
fn tenant_of(profile: &Text) -> Cow<'_, str> {
    member_of(profile, "tenantId")
}

fn member_of<'p>(profile: &'p Text, name: &str) -> Cow<'p, str> {
    let object = RawObject::parse(profile.as_str());
    let value = object.and_then(|object| string(object.get(name)?));
    value.unwrap_or_default()
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
            other_profiles: fields.texts("tenantProfiles"),
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
            let others = self.other_profiles.iter().map(Text::to_string);
            let own = self.tenant_profile(profile);
            each("tenantProfiles", Value::List(others.chain([own]).collect()));
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
        let (realm, local_account_id) = entry.seen_in();
        Self {
            home_account_id: HomeAccountId::new(entry.home_account_id.as_str()),
            environment: entry.environment.to_string(),
            realm: realm.into_owned(),
            local_account_id: local_account_id.into_owned(),
            username: entry.username.to_string(),
        }
    }
}
