//! What the user decides about a plan.

use msal_core::{ScopeSet, UnixTime};

use super::authority::AuthorityOverride;

/// What the user decides about a plan.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// The authority to trust besides Microsoft's, and the one for records that name none. None by default.
    pub authority: Option<AuthorityOverride>,
    /// The client of records that name none; records of other clients are skipped. None by default: every client.
    pub client_id: Option<String>,
    /// What to ask for where a record names nothing. Microsoft Graph's `.default` when empty.
    pub default_scopes: ScopeSet,
    /// Resources to replace by others, such as the retired Azure AD Graph by Microsoft Graph.
    pub map_resource: Vec<(String, String)>,
    /// Only tokens of these clients are redeemed, and no other row is touched. Empty by default: those of all.
    pub only_clients: Vec<String>,
    /// Only tokens that are redeemed at these tenants, as the plan names them. Empty by default: those of all.
    pub only_tenants: Vec<String>,
    /// Uses the client secrets that rows have, each for the client of its own row. Without it none is used.
    pub use_stored_client_secret: bool,
    /// The time of planning, for the warning about tokens that have probably expired. Without it nobody is warned.
    pub now: Option<UnixTime>,
}

impl PlanOptions {
    /// Which clients and tenants were chosen, in words; `None` where all are meant.
    pub(crate) fn chosen(&self) -> Option<String> {
        let chosen = [
            ("client", &self.only_clients),
            ("tenant", &self.only_tenants),
        ];
        let named: Vec<_> = chosen
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("of {what} {}", names.join(" or ")))
            .collect();
        (!named.is_empty()).then(|| named.join(" and "))
    }
}
