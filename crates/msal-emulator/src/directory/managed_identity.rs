//! Managed identities: applications that authenticate by the machine they run on.

use super::index::TenantIndex;
use crate::protocol::Guid;

/// The declaration of a managed identity. Every machine that the emulator plays has all of them.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    pub(crate) tenant: String,
    /// `None` for the identity of the machine itself.
    pub(crate) client_id: Option<String>,
    pub(crate) object_id: Option<String>,
    pub(crate) resource_id: Option<String>,
}

impl ManagedIdentity {
    /// The identity of the machine itself, in a tenant named by domain or GUID.
    pub fn system_assigned(tenant: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            client_id: None,
            object_id: None,
            resource_id: None,
        }
    }

    /// An identity that was assigned to the machine, known by its client id.
    pub fn user_assigned(tenant: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            client_id: Some(client_id.into()),
            ..Self::system_assigned(tenant)
        }
    }

    /// Sets the object id of its service principal, which is derived from its name otherwise.
    #[must_use]
    pub fn object_id(mut self, guid: impl Into<String>) -> Self {
        self.object_id = Some(guid.into());
        self
    }

    /// Sets its resource id, such as `/subscriptions/…/userAssignedIdentities/name`.
    #[must_use]
    pub fn resource_id(mut self, path: impl Into<String>) -> Self {
        self.resource_id = Some(path.into());
        self
    }
}

/// A managed identity of a built directory.
#[derive(Clone, Debug)]
pub(crate) struct ManagedIdentityEntry {
    pub(crate) tenant: TenantIndex,
    pub(crate) system: bool,
    pub(crate) client_id: String,
    pub(crate) object_id: Guid,
    pub(crate) resource_id: String,
}
