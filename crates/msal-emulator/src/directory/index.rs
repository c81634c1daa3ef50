//! The positions of tenants and applications in their directory.

/// The position of a tenant in its directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct TenantIndex(pub(super) usize);

/// The position of an application in its directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AppIndex(pub(crate) u32);
