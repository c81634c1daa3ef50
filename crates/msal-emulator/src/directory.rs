//! The directory: tenants, users, applications and resources.
//!
//! A directory is checked once, when it is built, and does not change afterwards. What happens to people
//! later (a changed password, a revoked session) is kept beside it, in `memory`.

mod app;
mod builder;
mod certificate;
mod declarations;
mod error;
mod glob;
mod index;
mod managed_identity;
mod overview;
mod policy;
mod resource;
pub mod sample;
mod secret;
mod tenant;
mod user;

use std::collections::HashMap;
use std::sync::Arc;

pub use app::{App, RedirectKind};
pub use builder::DirectoryBuilder;
pub use certificate::{Certificate, NotACertificate};
pub use error::DirectoryError;
pub use managed_identity::ManagedIdentity;
pub use overview::{AppOverview, TenantOverview};
pub use policy::{Policy, Requirement};
pub use resource::Resource;
pub use secret::Secret;
pub use tenant::Tenant;
pub use user::{User, UserPattern};

pub(crate) use app::{AppEntry, Redirect};
#[cfg(feature = "server")]
pub(crate) use certificate::der;
pub(crate) use glob::Glob;
pub(crate) use index::{AppIndex, TenantIndex};
pub(crate) use managed_identity::ManagedIdentityEntry;
pub(crate) use resource::{
    AZURE_AD_GRAPH, GRAPH, RESOURCE_MANAGER, ResourceEntry, TOKEN_EXCHANGE, TOKEN_EXCHANGE_ID,
};
pub(crate) use tenant::PERSONAL;
pub(crate) use user::Account;

use crate::protocol::Guid;
use declarations::Declarations;
use resource::lookup_form;
use tenant::TenantEntry;
use user::PatternEntry;

/// The tenants, users, applications and APIs that the emulator knows before the first request.
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
    /// What it was built from, so that a larger one can be built.
    declarations: Declarations,
}

impl Directory {
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

    /// Whether a tenant is that of personal accounts.
    pub(crate) fn is_personal(&self, tenant: TenantIndex) -> bool {
        PERSONAL.parse() == Ok(self.tenant(tenant).id)
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
        // A user declared by name comes before one of a pattern, who may have the same name.
        if let Some(account) = self.accounts.get(&upn) {
            return Some(Arc::clone(account));
        }
        self.patterns
            .iter()
            .find_map(|pattern| pattern.account(&upn))
            .map(Arc::new)
    }

    /// Finds a declared user or guest by object id in a tenant. Users of a pattern are found by name only, because
    /// they are made from it.
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

    /// The name of a user in a tenant: their own at home, another where they are a guest.
    pub(crate) fn principal_name(&self, account: &Account, tenant: TenantIndex) -> String {
        if account.home == tenant {
            return account.upn.clone();
        }
        let domain = &self.tenant(tenant).initial_domain;
        format!("{}#EXT#@{domain}", account.upn.replace('@', "_"))
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

    /// The only application that has registered exactly this redirect URI.
    pub(crate) fn app_of_redirect(&self, uri: &str) -> Option<&AppEntry> {
        let has_it = |app: &&AppEntry| app.redirects.iter().any(|redirect| redirect.uri == uri);
        let mut apps = self.apps.iter().filter(has_it);
        apps.next().filter(|_| apps.next().is_none())
    }

    /// Whether an application has registered exactly this redirect URI.
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

    pub(crate) fn managed_identities(&self) -> &[ManagedIdentityEntry] {
        &self.managed_identities
    }

    pub(crate) fn graph(&self) -> Option<&ResourceEntry> {
        self.find_resource(GRAPH)
    }
}
