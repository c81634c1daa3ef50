//! Building a directory from declarations, which are checked here and nowhere else.

use std::collections::HashMap;
use std::sync::Arc;

use super::Directory;
use super::app::{App, AppEntry};
use super::declarations::Declarations;
use super::error::DirectoryError;
use super::index::{AppIndex, TenantIndex};
use super::managed_identity::{ManagedIdentity, ManagedIdentityEntry};
use super::resource::{DEFAULT_SCOPE, Resource, ResourceEntry, lookup_form};
use super::tenant::{Tenant, TenantEntry, initial_domain};
use super::user::{Account, PatternEntry};
use crate::protocol::Guid;

/// Collects what a [`Directory`] will hold.
#[derive(Clone, Debug, Default)]
pub struct DirectoryBuilder(Declarations);

impl DirectoryBuilder {
    /// Adds a tenant with its people and policies.
    #[must_use]
    pub fn tenant(mut self, tenant: Tenant) -> Self {
        self.0.tenants.push(tenant);
        self
    }

    /// Adds a client.
    #[must_use]
    pub fn app(mut self, app: App) -> Self {
        self.0.apps.push(app);
        self
    }

    /// Adds an API.
    #[must_use]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.0.resources.push(resource);
        self
    }

    /// Adds a managed identity.
    #[must_use]
    pub fn managed_identity(mut self, identity: ManagedIdentity) -> Self {
        self.0.managed_identities.push(identity);
        self
    }

    /// Checks that everything fits together.
    ///
    /// # Errors
    ///
    /// Names the first entry that is malformed, is there twice, or refers to something that is not there.
    pub fn build(self) -> Result<Directory, DirectoryError> {
        let Self(declarations) = self;
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
            declarations: declarations.clone(),
        };
        for tenant in &declarations.tenants {
            directory.add_tenant(tenant)?;
        }
        // People come after all tenants and guests after all people, so that the order of declarations does not matter.
        for (index, tenant) in declarations.tenants.iter().enumerate() {
            directory.add_people(TenantIndex(index), tenant)?;
        }
        for (index, tenant) in declarations.tenants.iter().enumerate() {
            directory.add_guests(TenantIndex(index), tenant)?;
        }
        for app in App::with_standard(declarations.apps) {
            directory.add_app(app)?;
        }
        for resource in Resource::standard()
            .into_iter()
            .chain(declarations.resources)
        {
            directory.add_resource(&resource)?;
        }
        let labels = directory.tenants.iter().map(TenantEntry::label);
        for resource in Resource::filled_in(labels) {
            directory.fill_in(resource)?;
        }
        for identity in &declarations.managed_identities {
            directory.add_managed_identity(identity)?;
        }
        Ok(directory)
    }
}

impl Directory {
    /// A directory with nothing but the resources everybody has: Microsoft Graph, Azure AD Graph,
    /// Azure Resource Manager, Key Vault, Storage, Exchange Online and SharePoint Online.
    pub fn builder() -> DirectoryBuilder {
        DirectoryBuilder::default()
    }

    /// This directory and what `more` declares.
    pub(crate) fn grown(&self, more: DirectoryBuilder) -> Result<Self, DirectoryError> {
        let mut declarations = self.declarations.clone();
        declarations.merge(more.0);
        DirectoryBuilder(declarations).build()
    }
}

/// Each method checks an entry and then adds it.
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
            initial_domain: initial_domain(&tenant.domains).to_owned(),
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
            // Two spellings of one API may have the same form; two APIs may not.
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

impl Directory {
    /// Adds the names of an API that nothing else has, to the API of that id or as one of its own.
    fn fill_in(&mut self, mut resource: Resource) -> Result<(), DirectoryError> {
        let is_free = |uri: &String| !self.resources_by_uri.contains_key(&lookup_form(uri));
        resource.uris.retain(is_free);
        let id = resource.id.as_deref().unwrap_or_default();
        match self.resources_by_uri.get(id).copied() {
            Some(index) => {
                let forms = resource.uris.iter().map(|uri| (lookup_form(uri), index));
                self.resources_by_uri.extend(forms);
                self.resources[index].uris.extend(resource.uris);
                Ok(())
            }
            None if resource.uris.is_empty() => Ok(()),
            None => self.add_resource(&resource),
        }
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
