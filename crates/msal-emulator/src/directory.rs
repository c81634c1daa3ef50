//! The directory: tenants, users, applications and resources.
//!
//! A directory is checked once, when it is built, and does not change afterwards. What happens to people
//! later (a changed password, a revoked session) is kept by the emulator, beside it.

mod app;
mod certificate;
mod managed_identity;
mod overview;
mod policy;
mod resource;
pub mod sample;
mod tenant;
mod user;

use std::collections::HashMap;
use std::sync::Arc;

pub use app::{App, RedirectKind};
pub use certificate::{Certificate, NotACertificate};
pub use managed_identity::ManagedIdentity;
pub use overview::{AppOverview, TenantOverview};
pub use policy::{Policy, Requirement};
pub use resource::Resource;
pub use tenant::Tenant;
pub use user::{User, UserPattern};

pub(crate) use app::{AppEntry, AppIndex, Redirect};
pub(crate) use managed_identity::ManagedIdentityEntry;
pub(crate) use resource::{DEFAULT_SCOPE, ResourceEntry};
pub(crate) use user::Account;

use crate::guid::Guid;
use resource::lookup_form;
use user::PatternEntry;

/// Everything the emulator knows about the world before the first request.
#[derive(Debug)]
pub struct Directory {
    tenants: Vec<TenantEntry>,
    tenants_by_id: HashMap<Guid, TenantIndex>,
    tenants_by_domain: HashMap<String, TenantIndex>,
    accounts: HashMap<String, Arc<Account>>,
    patterns: Vec<PatternEntry>,
    apps: Vec<AppEntry>,
    apps_by_client_id: HashMap<String, AppIndex>,
    resources: Vec<ResourceEntry>,
    resources_by_uri: HashMap<String, usize>,
    managed_identities: Vec<ManagedIdentityEntry>,
    /// What it was built from, to build a larger one.
    declarations: DirectoryBuilder,
}

/// A tenant as requests meet it.
#[derive(Debug)]
pub(crate) struct TenantEntry {
    pub(crate) id: Guid,
    pub(crate) name: String,
    domain: String,
    pub(crate) policies: Vec<Policy>,
    /// Its people sign in at AD FS.
    pub(crate) federated: bool,
    guests: HashMap<String, Guid>,
}

/// The place of a tenant in its directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct TenantIndex(usize);

impl Directory {
    /// A directory with nothing but the resources everybody has: Microsoft Graph, Azure AD Graph,
    /// Azure Resource Manager, Key Vault and Storage.
    #[must_use]
    pub fn builder() -> DirectoryBuilder {
        DirectoryBuilder::default()
    }

    pub(crate) fn tenant(&self, index: TenantIndex) -> &TenantEntry {
        &self.tenants[index.0]
    }

    /// Finds a tenant by GUID or domain, in any case.
    pub(crate) fn find_tenant(&self, name: &str) -> Option<TenantIndex> {
        let by_id = || self.tenants_by_id.get(&name.parse().ok()?);
        self.find_domain(name).or_else(|| by_id().copied())
    }

    pub(crate) fn find_domain(&self, domain: &str) -> Option<TenantIndex> {
        self.tenants_by_domain
            .get(&domain.to_ascii_lowercase())
            .copied()
    }

    /// The tenant whose people AD FS serves: the first federated one, or else the first.
    pub(crate) fn federated_tenant(&self) -> Option<TenantIndex> {
        let federated = self.tenants.iter().position(|tenant| tenant.federated);
        let first = (!self.tenants.is_empty()).then_some(0);
        federated.or(first).map(TenantIndex)
    }

    /// Finds a user by sign-in name, in any case.
    pub(crate) fn account(&self, upn: &str) -> Option<Arc<Account>> {
        let upn = upn.to_ascii_lowercase();
        if let Some(account) = self.accounts.get(&upn) {
            return Some(Arc::clone(account));
        }
        self.patterns
            .iter()
            .find_map(|pattern| pattern.account(&upn))
            .map(Arc::new)
    }

    /// Finds a declared user or guest by object id in a tenant. Users of a pattern have no name to go by.
    pub(crate) fn account_by_id(&self, id: Guid, tenant: TenantIndex) -> Option<Arc<Account>> {
        let is_it = |account: &&Arc<Account>| self.object_id(account, tenant) == Some(id);
        self.accounts.values().find(is_it).cloned()
    }

    /// The object id of a user in a tenant: their own at home, another where they are a guest.
    pub(crate) fn object_id(&self, account: &Account, tenant: TenantIndex) -> Option<Guid> {
        if account.home == tenant {
            return Some(account.object_id);
        }
        self.tenant(tenant)
            .guests
            .get(&account.upn.to_ascii_lowercase())
            .copied()
    }

    pub(crate) fn app(&self, index: AppIndex) -> Option<&AppEntry> {
        self.apps.get(usize::try_from(index.0).ok()?)
    }

    pub(crate) fn find_app(&self, client_id: &str) -> Option<&AppEntry> {
        self.app(
            *self
                .apps_by_client_id
                .get(&client_id.to_ascii_lowercase())?,
        )
    }

    /// Whether an application has registered this very redirect URI.
    pub(crate) fn has_redirect(&self, uri: &str) -> bool {
        let mut redirects = self.apps.iter().flat_map(|app| &app.redirects);
        redirects.any(|redirect| redirect.uri == uri)
    }

    /// Finds a resource by URI or application id, in any case and with or without a trailing slash.
    pub(crate) fn find_resource(&self, name: &str) -> Option<&ResourceEntry> {
        self.resources_by_uri
            .get(&lookup_form(name))
            .map(|&index| &self.resources[index])
    }

    pub(crate) const fn declarations(&self) -> &DirectoryBuilder {
        &self.declarations
    }

    pub(crate) fn managed_identities(&self) -> &[ManagedIdentityEntry] {
        &self.managed_identities
    }

    pub(crate) fn graph(&self) -> Option<&ResourceEntry> {
        self.find_resource(resource::GRAPH)
    }
}

/// Collects what a [`Directory`] will hold.
#[derive(Clone, Debug, Default)]
pub struct DirectoryBuilder {
    tenants: Vec<Tenant>,
    apps: Vec<App>,
    resources: Vec<Resource>,
    managed_identities: Vec<ManagedIdentity>,
}

impl DirectoryBuilder {
    /// Adds a tenant with its people and rules.
    #[must_use]
    pub fn tenant(mut self, tenant: Tenant) -> Self {
        self.tenants.push(tenant);
        self
    }

    /// Adds a client.
    #[must_use]
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// Adds an API.
    #[must_use]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }

    /// Adds a managed identity.
    #[must_use]
    pub fn managed_identity(mut self, identity: ManagedIdentity) -> Self {
        self.managed_identities.push(identity);
        self
    }

    /// Adds what another builder declares. A tenant of the same domain takes in the other's people and rules;
    /// users, clients and APIs of the same name are replaced, in their place.
    pub(crate) fn merge(mut self, more: Self) -> Self {
        for tenant in more.tenants {
            let same = |known: &&mut Tenant| known.domains.first() == tenant.domains.first();
            match self.tenants.iter_mut().find(same) {
                Some(known) => known.merge(tenant),
                None => self.tenants.push(tenant),
            }
        }
        for app in more.apps {
            replace_or_push(&mut self.apps, app, |app| {
                app.client_id.to_ascii_lowercase()
            });
        }
        for resource in more.resources {
            replace_or_push(&mut self.resources, resource, |resource| {
                resource.uris.first().map(|uri| lookup_form(uri))
            });
        }
        self.managed_identities.extend(more.managed_identities);
        self
    }

    /// Checks that everything fits together.
    ///
    /// # Errors
    ///
    /// Names the first entry that is malformed, is there twice, or refers to something that is not there.
    pub fn build(self) -> Result<Directory, DirectoryError> {
        let mut directory = Directory {
            tenants: Vec::new(),
            tenants_by_id: HashMap::new(),
            tenants_by_domain: HashMap::new(),
            accounts: HashMap::new(),
            patterns: Vec::new(),
            apps: Vec::new(),
            apps_by_client_id: HashMap::new(),
            resources: Vec::new(),
            resources_by_uri: HashMap::new(),
            managed_identities: Vec::new(),
            declarations: self.clone(),
        };
        for tenant in &self.tenants {
            directory.add_tenant(tenant)?;
        }
        for (index, tenant) in self.tenants.iter().enumerate() {
            directory.add_people(TenantIndex(index), tenant)?;
        }
        for (index, tenant) in self.tenants.iter().enumerate() {
            directory.add_guests(TenantIndex(index), tenant)?;
        }
        for app in App::with_standard(self.apps) {
            directory.add_app(app)?;
        }
        for resource in Resource::standard().into_iter().chain(self.resources) {
            directory.add_resource(&resource)?;
        }
        for identity in &self.managed_identities {
            directory.add_managed_identity(identity)?;
        }
        Ok(directory)
    }
}

impl Directory {
    fn add_tenant(&mut self, tenant: &Tenant) -> Result<(), DirectoryError> {
        let domain = tenant.domains.first().map_or("", String::as_str);
        let id = guid_or_derived(tenant.id.as_deref(), b"tenant", domain)?;
        let index = TenantIndex(self.tenants.len());
        for domain in &tenant.domains {
            if domain.is_empty() || domain.contains(['/', '@', ' ']) {
                return Err(DirectoryError::NotADomain {
                    name: domain.clone(),
                });
            }
            if self
                .tenants_by_domain
                .insert(domain.to_ascii_lowercase(), index)
                .is_some()
            {
                return Err(DirectoryError::Duplicate {
                    kind: "domain",
                    name: domain.clone(),
                });
            }
        }
        if self.tenants_by_id.insert(id, index).is_some() {
            return Err(DirectoryError::Duplicate {
                kind: "tenant",
                name: id.to_string(),
            });
        }
        self.tenants.push(TenantEntry {
            id,
            name: tenant.name.clone().unwrap_or_else(|| domain.to_owned()),
            domain: domain.to_owned(),
            policies: tenant.policies.clone(),
            federated: tenant.federated,
            guests: HashMap::new(),
        });
        Ok(())
    }

    fn add_people(&mut self, home: TenantIndex, tenant: &Tenant) -> Result<(), DirectoryError> {
        let space = self.tenant(home).id;
        for user in &tenant.users {
            let upn = user.upn.to_ascii_lowercase();
            if !upn
                .split_once('@')
                .is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
            {
                return Err(DirectoryError::NotASignInName {
                    name: user.upn.clone(),
                });
            }
            let account = Account {
                upn: user.upn.clone(),
                password: user.password.clone(),
                object_id: guid_or_derived(user.object_id.as_deref(), space.as_bytes(), &upn)?,
                home,
                given_name: user.given_name.clone(),
                family_name: user.family_name.clone(),
                enabled: user.enabled,
                second_factor: user.second_factor.clone(),
            };
            if self.accounts.insert(upn, Arc::new(account)).is_some() {
                return Err(DirectoryError::Duplicate {
                    kind: "user",
                    name: user.upn.clone(),
                });
            }
        }
        for pattern in &tenant.patterns {
            let entry = PatternEntry::new(pattern, home, space);
            self.patterns
                .push(entry.ok_or_else(|| DirectoryError::NotAPattern {
                    name: pattern.upn.clone(),
                })?);
        }
        Ok(())
    }

    fn add_guests(&mut self, index: TenantIndex, tenant: &Tenant) -> Result<(), DirectoryError> {
        for guest in &tenant.guests {
            let missing = || DirectoryError::Missing {
                kind: "user",
                name: guest.upn.clone(),
            };
            let account = self.account(&guest.upn).ok_or_else(missing)?;
            let space = self.tenant(index).id;
            let upn = account.upn.to_ascii_lowercase();
            let object_id = guid_or_derived(guest.object_id.as_deref(), space.as_bytes(), &upn)?;
            self.tenants[index.0].guests.insert(upn, object_id);
        }
        Ok(())
    }

    fn add_app(&mut self, app: App) -> Result<(), DirectoryError> {
        let index = AppIndex(u32::try_from(self.apps.len()).unwrap_or(u32::MAX));
        if app.client_id.is_empty() || !app.client_id.is_ascii() || app.client_id.len() > 100 {
            return Err(DirectoryError::NotAClientId {
                name: app.client_id,
            });
        }
        if self
            .apps_by_client_id
            .insert(app.client_id.to_ascii_lowercase(), index)
            .is_some()
        {
            return Err(DirectoryError::Duplicate {
                kind: "client",
                name: app.client_id,
            });
        }
        let tenant = app
            .tenant
            .as_deref()
            .map(|name| self.known_tenant(name))
            .transpose()?;
        self.apps.push(AppEntry {
            index,
            name: app.name.unwrap_or_else(|| app.client_id.clone()),
            client_id: app.client_id,
            only_tenant: tenant.filter(|_| app.single_tenant),
            public: app.public,
            family: app.family,
            secrets: app.secrets,
            expired_secrets: app.expired_secrets,
            certificates: app.certificates,
            trusted_subjects: app.trusted_subjects,
            redirects: app.redirects,
        });
        Ok(())
    }

    fn add_managed_identity(&mut self, identity: &ManagedIdentity) -> Result<(), DirectoryError> {
        let tenant = self.known_tenant(&identity.tenant)?;
        let space = *self.tenant(tenant).id.as_bytes();
        let name = identity.client_id.as_deref().unwrap_or("system");
        let derived = Guid::derived(&space, name).to_string();
        let object_id = guid_or_derived(identity.object_id.as_deref(), &space, &derived)?;
        self.managed_identities.push(ManagedIdentityEntry {
            tenant,
            system: identity.client_id.is_none(),
            client_id: identity.client_id.clone().unwrap_or(derived),
            object_id,
            resource_id: identity.resource_id.clone().unwrap_or_else(|| {
                format!("/subscriptions/{object_id}/resourcegroups/emulator/identities/{name}")
            }),
        });
        Ok(())
    }

    fn known_tenant(&self, name: &str) -> Result<TenantIndex, DirectoryError> {
        self.find_tenant(name)
            .ok_or_else(|| DirectoryError::Missing {
                kind: "tenant",
                name: name.to_owned(),
            })
    }

    fn add_resource(&mut self, resource: &Resource) -> Result<(), DirectoryError> {
        let first = resource.uris.first().map_or("", String::as_str);
        let id = guid_or_derived(resource.id.as_deref(), b"resource", &lookup_form(first))?;
        let index = self.resources.len();
        for name in resource
            .uris
            .iter()
            .map(|uri| lookup_form(uri))
            .chain([id.to_string()])
        {
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(DirectoryError::NotAResource { name });
            }
            if self
                .resources_by_uri
                .insert(name.clone(), index)
                .is_some_and(|other| other != index)
            {
                return Err(DirectoryError::Duplicate {
                    kind: "resource",
                    name,
                });
            }
        }
        let scopes = if resource.scopes.is_empty() {
            vec![DEFAULT_SCOPE.to_owned()]
        } else {
            resource.scopes.clone()
        };
        self.resources.push(ResourceEntry {
            id,
            uris: resource.uris.clone(),
            scopes,
            v2_tokens: resource.v2_tokens,
        });
        Ok(())
    }
}

/// Replaces the item of the same key, or adds it at the end: places in a directory never change.
fn replace_or_push<T, K: PartialEq>(items: &mut Vec<T>, item: T, key: impl Fn(&T) -> K) {
    let wanted = key(&item);
    match items.iter_mut().find(|known| key(known) == wanted) {
        Some(known) => *known = item,
        None => items.push(item),
    }
}

fn guid_or_derived(given: Option<&str>, space: &[u8], name: &str) -> Result<Guid, DirectoryError> {
    let Some(text) = given else {
        return Ok(Guid::derived(space, name));
    };
    let Ok(guid) = text.parse() else {
        return Err(DirectoryError::NotAGuid {
            name: text.to_owned(),
        });
    };
    Ok(guid)
}

/// Why a directory cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Something is declared twice.
    #[error("{kind} {name:?} is there twice")]
    #[non_exhaustive]
    Duplicate {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Something is referred to and not declared.
    #[error("there is no {kind} {name:?}")]
    #[non_exhaustive]
    Missing {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A client id is empty, too long or not ASCII.
    #[error("{name:?} is not a client id")]
    #[non_exhaustive]
    NotAClientId {
        /// The client id.
        name: String,
    },
    /// A domain is empty or has characters that no domain has.
    #[error("{name:?} is not a domain")]
    #[non_exhaustive]
    NotADomain {
        /// The domain.
        name: String,
    },
    /// An identifier is not a GUID.
    #[error("{name:?} is not a GUID")]
    #[non_exhaustive]
    NotAGuid {
        /// The identifier.
        name: String,
    },
    /// A pattern of users has not exactly one `{n}`.
    #[error("the pattern {name:?} needs exactly one {{n}}")]
    #[non_exhaustive]
    NotAPattern {
        /// The pattern.
        name: String,
    },
    /// A resource's URI is empty or has white space.
    #[error("{name:?} is not the URI of a resource")]
    #[non_exhaustive]
    NotAResource {
        /// The URI.
        name: String,
    },
    /// A sign-in name has no `@` between two parts.
    #[error("{name:?} is not a sign-in name such as \"alice@contoso.example\"")]
    #[non_exhaustive]
    NotASignInName {
        /// The sign-in name.
        name: String,
    },
}

impl DirectoryError {
    /// The name of the entry at fault, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Duplicate { name, .. }
            | Self::Missing { name, .. }
            | Self::NotAClientId { name }
            | Self::NotADomain { name }
            | Self::NotAGuid { name }
            | Self::NotAPattern { name }
            | Self::NotAResource { name }
            | Self::NotASignInName { name } => name,
        }
    }
}
