//! Building a directory from declarations, which are checked here and nowhere else.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
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
        let (directory, errors) = self.assemble();
        errors.into_iter().next().map_or(Ok(directory), Err)
    }

    /// The directory, and all that is wrong with it. What is wrong is added as far as it goes, so that nothing else is
    /// reported for referring to it.
    pub(crate) fn assemble(self) -> (Directory, Vec<DirectoryError>) {
        let Self(declarations) = self;
        let mut errors = Vec::new();
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
            directory.add_tenant(tenant, &mut errors);
        }
        // People come after all tenants and guests after all people, so that the order of declarations does not matter.
        for (index, tenant) in declarations.tenants.iter().enumerate() {
            directory.add_people(TenantIndex(index), tenant, &mut errors);
        }
        for (index, tenant) in declarations.tenants.iter().enumerate() {
            directory.add_guests(TenantIndex(index), tenant, &mut errors);
        }
        for app in App::with_standard(declarations.apps) {
            directory.add_app(app, &mut errors);
        }
        for resource in Resource::standard()
            .into_iter()
            .chain(declarations.resources)
        {
            directory.add_resource(&resource, &mut errors);
        }
        let labels = directory.tenants.iter().map(TenantEntry::label);
        for resource in Resource::filled_in(labels) {
            directory.fill_in(resource, &mut errors);
        }
        for identity in &declarations.managed_identities {
            directory.add_managed_identity(identity, &mut errors);
        }
        (directory, errors)
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

/// Each method checks an entry, notes what is wrong with it, and adds it.
impl Directory {
    fn add_tenant(&mut self, tenant: &Tenant, errors: &mut Vec<DirectoryError>) {
        let domain = tenant.domains.first().map_or("", String::as_str);
        let id = guid_or_derived(tenant.id.as_deref(), b"tenant", domain, errors);
        let index = TenantIndex(self.tenants.len());
        for domain in &tenant.domains {
            let name = domain.clone();
            if domain.is_empty() || domain.contains(is_foreign) {
                errors.push(DirectoryError::NotADomain { name });
            } else if !is_new(
                &mut self.tenants_by_domain,
                domain.to_ascii_lowercase(),
                index,
            ) {
                let kind = "domain";
                errors.push(DirectoryError::Duplicate { kind, name });
            }
        }
        if !is_new(&mut self.tenants_by_id, id, index) {
            errors.push(DirectoryError::Duplicate {
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
            b2c_policies: tenant.b2c_policies.clone(),
            guests: HashMap::new(),
        });
    }

    fn add_people(&mut self, home: TenantIndex, tenant: &Tenant, errors: &mut Vec<DirectoryError>) {
        let space = self.tenant(home).id;
        for user in &tenant.users {
            let upn = user.upn.to_ascii_lowercase();
            let name = user.upn.clone();
            let object_id = user.object_id.as_deref();
            let account = Account {
                upn: user.upn.clone(),
                password: user.password.clone(),
                object_id: guid_or_derived(object_id, space.as_bytes(), &upn, errors),
                home,
                given_name: user.given_name.clone(),
                family_name: user.family_name.clone(),
                enabled: user.enabled,
                password_expired: user.password_expired,
                second_factor: user.second_factor.clone(),
            };
            let parts = upn.split_once('@');
            if !parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty()) {
                errors.push(DirectoryError::NotASignInName { name });
            } else if !is_new(&mut self.accounts, upn, Arc::new(account)) {
                errors.push(DirectoryError::Duplicate { kind: "user", name });
            }
        }
        for pattern in &tenant.patterns {
            match PatternEntry::new(pattern, home, space) {
                Some(entry) => self.patterns.push(entry),
                None => errors.push(DirectoryError::NotAPattern {
                    name: pattern.upn.clone(),
                }),
            }
        }
    }

    fn add_guests(
        &mut self,
        index: TenantIndex,
        tenant: &Tenant,
        errors: &mut Vec<DirectoryError>,
    ) {
        // Whom a malformed pattern stands for is not known, so nobody can be said to be missing.
        let is_pattern =
            |error: &DirectoryError| matches!(error, DirectoryError::NotAPattern { .. });
        let has_all = !errors.iter().any(is_pattern);
        let space = self.tenant(index).id;
        for guest in &tenant.guests {
            let upn = guest.upn.to_ascii_lowercase();
            let object_id = guest.object_id.as_deref();
            let object_id = guid_or_derived(object_id, space.as_bytes(), &upn, errors);
            if has_all && self.account(&upn).is_none() {
                errors.push(DirectoryError::Missing {
                    kind: "user",
                    name: guest.upn.clone(),
                });
            }
            self.tenants[index.0].guests.insert(upn, object_id);
        }
    }

    fn add_app(&mut self, app: App, errors: &mut Vec<DirectoryError>) {
        let index = AppIndex(u32::try_from(self.apps.len()).unwrap_or(u32::MAX));
        let name = app.client_id.clone();
        if name.is_empty() || !name.is_ascii() || name.len() > 100 {
            errors.push(DirectoryError::NotAClientId { name });
        } else if !is_new(
            &mut self.apps_by_client_id,
            name.to_ascii_lowercase(),
            index,
        ) {
            let kind = "client";
            errors.push(DirectoryError::Duplicate { kind, name });
        }
        let tenant = app.tenant.as_deref();
        let tenant = tenant.and_then(|name| self.known_tenant(name, errors));
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
    }

    fn add_managed_identity(
        &mut self,
        identity: &ManagedIdentity,
        errors: &mut Vec<DirectoryError>,
    ) {
        let tenant = self.known_tenant(&identity.tenant, errors);
        let tenant = tenant.unwrap_or_default();
        let space = self
            .tenants
            .get(tenant.0)
            .map_or([0; 16], |tenant| *tenant.id.as_bytes());
        let name = identity.client_id.as_deref().unwrap_or("system");
        let derived = Guid::derived(&space, name).to_string();
        let object_id = guid_or_derived(identity.object_id.as_deref(), &space, &derived, errors);
        self.managed_identities.push(ManagedIdentityEntry {
            tenant,
            system: identity.client_id.is_none(),
            client_id: identity.client_id.clone().unwrap_or(derived),
            object_id,
            resource_id: identity.resource_id.clone().unwrap_or_else(|| {
                format!("/subscriptions/{object_id}/resourcegroups/emulator/identities/{name}")
            }),
        });
    }

    fn known_tenant(&self, name: &str, errors: &mut Vec<DirectoryError>) -> Option<TenantIndex> {
        // A domain that is none is reported where it is declared.
        let is_it = |error: &DirectoryError| matches!(error, DirectoryError::NotADomain { name: wrong } if wrong.eq_ignore_ascii_case(name));
        let tenant = self.find_tenant(name);
        if tenant.is_none() && !errors.iter().any(is_it) {
            errors.push(DirectoryError::Missing {
                kind: "tenant",
                name: name.to_owned(),
            });
        }
        tenant
    }

    fn add_resource(&mut self, resource: &Resource, errors: &mut Vec<DirectoryError>) {
        let first = lookup_form(resource.uris.first().map_or("", String::as_str));
        let id = guid_or_derived(resource.id.as_deref(), b"resource", &first, errors);
        let index = self.resources.len();
        let uris = resource.uris.iter().map(|uri| lookup_form(uri));
        for name in uris.chain([id.to_string()]) {
            if name.is_empty() || name.contains(char::is_whitespace) {
                errors.push(DirectoryError::NotAResource { name });
                continue;
            }
            // Two spellings of one API may have the same form; two APIs may not.
            let known = *self.resources_by_uri.entry(name.clone()).or_insert(index);
            if known != index {
                let kind = "resource";
                errors.push(DirectoryError::Duplicate { kind, name });
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
    }

    /// Adds the names of an API that nothing else has, to the API of that id or as one of its own.
    fn fill_in(&mut self, mut resource: Resource, errors: &mut Vec<DirectoryError>) {
        let is_free = |uri: &String| !self.resources_by_uri.contains_key(&lookup_form(uri));
        resource.uris.retain(is_free);
        let id = resource.id.as_deref().unwrap_or_default();
        match self.resources_by_uri.get(id).copied() {
            Some(index) => {
                let forms = resource.uris.iter().map(|uri| (lookup_form(uri), index));
                self.resources_by_uri.extend(forms);
                self.resources[index].uris.extend(resource.uris);
            }
            // A label that makes no URI is of a domain that is none, and was reported as that.
            None if resource.uris.is_empty() || !errors.is_empty() => {}
            None => self.add_resource(&resource, errors),
        }
    }
}

/// Characters that no domain has.
fn is_foreign(character: char) -> bool {
    character.is_whitespace() || ['/', '@'].contains(&character)
}

/// Adds what is not there yet.
fn is_new<K: Eq + Hash, V>(map: &mut HashMap<K, V>, key: K, value: V) -> bool {
    let Entry::Vacant(place) = map.entry(key) else {
        return false;
    };
    place.insert(value);
    true
}

fn guid_or_derived(
    given: Option<&str>,
    space: &[u8],
    name: &str,
    errors: &mut Vec<DirectoryError>,
) -> Guid {
    let derived = || Guid::derived(space, name);
    let Some(text) = given else {
        return derived();
    };
    text.parse().unwrap_or_else(|_| {
        let name = text.to_owned();
        errors.push(DirectoryError::NotAGuid { name });
        derived()
    })
}
