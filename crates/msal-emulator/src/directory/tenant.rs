//! Tenants, their people and their policies.

use std::collections::HashMap;

use super::policy::Policy;
use super::user::{User, UserPattern};
use crate::protocol::Guid;

/// The declaration of a tenant: its domains, its people and its policies.
///
/// Nothing is checked until [`DirectoryBuilder::build`](super::DirectoryBuilder::build).
#[derive(Clone, Debug)]
pub struct Tenant {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) domains: Vec<String>,
    pub(crate) users: Vec<User>,
    pub(crate) patterns: Vec<UserPattern>,
    pub(crate) guests: Vec<Guest>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) federated: bool,
    pub(crate) sign_up: bool,
    pub(crate) b2c_policies: Option<Vec<String>>,
}

/// A user of another tenant who was invited into this one, where they have another object id.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    pub(crate) upn: String,
    pub(crate) object_id: Option<String>,
}

impl Tenant {
    /// A tenant whose first domain is `domain`. Its GUID is derived from it unless [`Self::id`] says otherwise.
    pub fn new(domain: impl Into<String>) -> Self {
        Self {
            id: None,
            name: None,
            domains: vec![domain.into()],
            users: Vec::new(),
            patterns: Vec::new(),
            guests: Vec::new(),
            policies: Vec::new(),
            federated: false,
            sign_up: false,
            b2c_policies: None,
        }
    }

    /// Sets the tenant's GUID.
    #[must_use]
    pub fn id(mut self, guid: impl Into<String>) -> Self {
        self.id = Some(guid.into());
        self
    }

    /// Sets the name shown to people; the first domain by default.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a domain under which the tenant is known too.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }

    /// Makes its domains federated: the user realm names AD FS, which the emulator plays too, with WS-Trust.
    #[must_use]
    pub fn federated(mut self) -> Self {
        self.federated = true;
        self
    }

    /// Lets people make accounts of their own at the sign-in page, as external tenants do: with `prompt=create`,
    /// or where the page offers it.
    #[must_use]
    pub fn self_service_sign_up(mut self) -> Self {
        self.sign_up = true;
        self
    }

    /// Lists its user flows and custom policies of Azure AD B2C. The URLs of others are not found (404). A tenant that
    /// lists none has every policy.
    #[must_use]
    pub fn b2c_policies(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into);
        self.b2c_policies.get_or_insert_default().extend(names);
        self
    }

    /// Adds a user who is at home here.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Adds many users at once. Each is made when a request names it.
    #[must_use]
    pub fn users(mut self, pattern: UserPattern) -> Self {
        self.patterns.push(pattern);
        self
    }

    /// Invites a user of another tenant, with an object id derived for this one.
    #[must_use]
    pub fn guest(mut self, upn: impl Into<String>) -> Self {
        self.guests.push(Guest {
            upn: upn.into(),
            object_id: None,
        });
        self
    }

    /// Invites a user of another tenant under a chosen object id.
    #[must_use]
    pub fn guest_as(mut self, upn: impl Into<String>, object_id: impl Into<String>) -> Self {
        self.guests.push(Guest {
            upn: upn.into(),
            object_id: Some(object_id.into()),
        });
        self
    }

    /// Adds a policy about who may have tokens for what. The first that applies and is not met decides.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policies.push(policy);
        self
    }

    /// Adds the people and policies of another declaration of this tenant.
    pub(crate) fn merge(&mut self, more: Self) {
        self.id = more.id.or_else(|| self.id.take());
        self.name = more.name.or_else(|| self.name.take());
        self.federated |= more.federated;
        self.sign_up |= more.sign_up;
        if let Some(more) = more.b2c_policies {
            self.b2c_policies.get_or_insert_default().extend(more);
        }
        for domain in more.domains {
            if !self.domains.contains(&domain) {
                self.domains.push(domain);
            }
        }
        for user in more.users {
            self.users
                .retain(|known| !known.upn.eq_ignore_ascii_case(&user.upn));
            self.users.push(user);
        }
        self.patterns.extend(more.patterns);
        self.guests.extend(more.guests);
        self.policies.extend(more.policies);
    }
}

/// A tenant of a built directory.
#[derive(Debug)]
pub(crate) struct TenantEntry {
    pub(crate) id: Guid,
    pub(crate) name: String,
    pub(super) domain: String,
    pub(super) initial_domain: String,
    pub(crate) policies: Vec<Policy>,
    /// Whether its people sign in at AD FS.
    pub(crate) federated: bool,
    /// Whether people can make accounts of their own.
    pub(crate) sign_up: bool,
    /// Its policies of Azure AD B2C; `None` when it has every one.
    pub(super) b2c_policies: Option<Vec<String>>,
    pub(super) guests: HashMap<String, Guid>,
}

impl TenantEntry {
    /// The domain it was declared with.
    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether it has a policy of Azure AD B2C, in any case.
    pub(crate) fn has_policy(&self, name: &str) -> bool {
        let is_it = |known: &String| known.eq_ignore_ascii_case(name);
        let policies = self.b2c_policies.as_ref();
        policies.is_none_or(|policies| policies.iter().any(is_it))
    }

    /// The name by which SharePoint knows the tenant.
    pub(super) fn label(&self) -> &str {
        let label = self.initial_domain.split('.').next();
        label.unwrap_or(&self.initial_domain)
    }
}

/// The domain that a tenant was made with, as Entra names it; else the first.
pub(super) fn initial_domain(domains: &[String]) -> &str {
    let is_initial = |domain: &&String| {
        let domain = domain.to_ascii_lowercase();
        INITIAL_DOMAINS.iter().any(|end| domain.ends_with(end))
    };
    let initial = domains.iter().find(is_initial).or_else(|| domains.first());
    initial.map_or("", String::as_str)
}

/// How the first domain of every tenant ends, in each cloud.
const INITIAL_DOMAINS: [&str; 3] = [
    ".onmicrosoft.com",
    ".onmicrosoft.us",
    ".partner.onmschina.cn",
];

/// The tenant of personal accounts.
pub(crate) const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
