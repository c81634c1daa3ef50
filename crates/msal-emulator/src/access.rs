//! Who may have what: the realm that a URL speaks of, what a request asks for, and the policies of the tenant.

mod apis;
mod asked;
mod conditions;
mod original_grant;
mod realm;

pub(crate) use apis::Apis;
pub(crate) use asked::Asked;
pub(crate) use conditions::{Conditions, Evidence, names_policy, with_policy_claims};
pub(crate) use original_grant::OriginalGrant;
pub(crate) use realm::Realm;
