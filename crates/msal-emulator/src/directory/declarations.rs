//! What a directory is built from.

use super::app::App;
use super::managed_identity::ManagedIdentity;
use super::resource::{Resource, lookup_form};
use super::tenant::Tenant;

/// Tenants, applications, APIs and managed identities as they were declared, not yet checked.
#[derive(Clone, Debug, Default)]
pub(super) struct Declarations {
    pub(super) tenants: Vec<Tenant>,
    pub(super) apps: Vec<App>,
    pub(super) resources: Vec<Resource>,
    pub(super) managed_identities: Vec<ManagedIdentity>,
}

impl Declarations {
    /// Adds what `more` declares. A tenant of the same domain gets the other's people and policies too;
    /// users, clients and APIs of the same name are replaced, in their place.
    pub(super) fn merge(&mut self, more: Self) {
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
    }
}

/// Replaces the item of the same key, or adds the item at the end, so that positions in a directory never change.
fn replace_or_push<T, K: PartialEq>(items: &mut Vec<T>, item: T, key: impl Fn(&T) -> K) {
    let wanted = key(&item);
    match items.iter_mut().find(|known| key(known) == wanted) {
        Some(known) => *known = item,
        None => items.push(item),
    }
}
