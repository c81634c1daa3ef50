//! Building a directory: what is declared is checked, once.

use std::collections::HashMap;
use std::sync::Arc;

use super::app::{App, AppEntry, AppIndex};
use super::error::DirectoryError;
use super::managed_identity::{ManagedIdentity, ManagedIdentityEntry};
use super::resource::{DEFAULT_SCOPE, Resource, ResourceEntry, lookup_form};
use super::tenant::Tenant;
use super::user::{Account, PatternEntry};
use super::{Directory, TenantEntry, TenantIndex};
use crate::protocol::Guid;

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

/// Each checks an entry before it takes it in.
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
            sign_up: tenant.sign_up,
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
                password_expired: user.password_expired,
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
            id_tokens: app.id_tokens,
            access_tokens: app.access_tokens,
            front_channel_logout: app.front_channel_logout,
            resources: app.resources,
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
