//! The tenant part of a URL: one tenant, or a name for many.

use crate::directory::{Account, AppEntry, Directory, PERSONAL, TenantIndex};
use crate::protocol::{Guid, Version};
use crate::refusal::Refusal;

/// Which accounts a URL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Realm {
    /// Everybody.
    Common,
    /// Personal accounts; the tenant they are in, when the directory has it.
    Consumers(Option<TenantIndex>),
    /// Work and school accounts.
    Organizations,
    Tenant(TenantIndex),
}

impl Realm {
    /// Reads the first segment of a path, in any case.
    pub(crate) fn find(segment: &str, directory: &Directory) -> Result<Self, Refusal> {
        if segment.is_empty() {
            Err(Refusal::new(90019))
        } else if segment.eq_ignore_ascii_case("common") {
            Ok(Self::Common)
        } else if segment.eq_ignore_ascii_case("organizations") {
            Ok(Self::Organizations)
        } else if segment.eq_ignore_ascii_case("consumers") {
            Ok(Self::Consumers(directory.find_tenant(PERSONAL)))
        } else if segment.eq_ignore_ascii_case("adfs") {
            // AD FS serves the people of one tenant, and its URLs do not name it.
            let home = directory.federated_tenant();
            home.map(Self::Tenant)
                .ok_or_else(|| Refusal::new(90002).with("tenant", segment))
        } else {
            let tenant = directory.find_tenant(segment);
            tenant
                .map(Self::Tenant)
                .ok_or_else(|| Refusal::new(90002).with("tenant", segment))
        }
    }

    /// The one tenant it names.
    pub(crate) fn tenant(self) -> Option<TenantIndex> {
        match self {
            Self::Tenant(tenant) | Self::Consumers(Some(tenant)) => Some(tenant),
            _ => None,
        }
    }

    /// Whether personal accounts sign in here.
    pub(crate) fn has_personal_accounts(self, directory: &Directory) -> bool {
        match self {
            Self::Common | Self::Consumers(_) => true,
            Self::Organizations => false,
            Self::Tenant(tenant) => directory.is_personal(tenant),
        }
    }

    /// Whether an application is registered for the users of another tenant only.
    pub(crate) fn excludes(self, app: &AppEntry) -> bool {
        match (app.only_tenant, self.tenant()) {
            (Some(only), Some(tenant)) => only != tenant,
            _ => false,
        }
    }

    /// The tenant that an account signs in to here, at one version of the protocol, and its object id there.
    pub(crate) fn of_account(
        self,
        account: &Account,
        version: Version,
        directory: &Directory,
    ) -> Result<(TenantIndex, Guid), Refusal> {
        // v1 and /organizations know personal accounts as guests only. That v1 says so by this error is often reported;
        // that /organizations does is a guess.
        let as_guest = matches!(self, Self::Tenant(_))
            && self.tenant().is_some_and(|tenant| tenant != account.home);
        let v2 = version == Version::V2 && self != Self::Organizations;
        if directory.is_personal(account.home) && !as_guest && !v2 {
            let refusal = Refusal::new(50020).with("issuer", "live.com");
            return Err(refusal.with("tenant_name", "Microsoft Services"));
        }
        // People sign in to their home tenant, unless the URL names another. There they have to be guests.
        let tenant = match self {
            Self::Common | Self::Organizations => account.home,
            Self::Tenant(tenant) | Self::Consumers(Some(tenant)) => tenant,
            Self::Consumers(None) => return Err(Refusal::new(50020)),
        };
        let object_id = directory.object_id(account, tenant);
        object_id
            .map(|object_id| (tenant, object_id))
            .ok_or_else(|| Refusal::new(90072))
    }

    /// The segment under which discovery names the endpoints.
    pub(crate) fn segment(self, directory: &Directory) -> String {
        match self {
            Self::Common => "common".to_owned(),
            Self::Consumers(_) => "consumers".to_owned(),
            Self::Organizations => "organizations".to_owned(),
            Self::Tenant(tenant) => directory.tenant(tenant).id.to_string(),
        }
    }

    /// The tenant in the issuer. For several tenants it is the text `{tenantid}`, which clients replace by the `tid`
    /// of the token.
    pub(crate) fn issuer_tenant(self, directory: &Directory) -> String {
        match self {
            Self::Common | Self::Organizations => "{tenantid}".to_owned(),
            Self::Consumers(_) => PERSONAL.to_owned(),
            Self::Tenant(tenant) => directory.tenant(tenant).id.to_string(),
        }
    }
}
