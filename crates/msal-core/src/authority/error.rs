//! Why text is not an authority.

use thiserror::Error;

/// Why text is not an authority.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// Not the name of a host, with or without a port.
    #[error("`{host}` is not the name of a host")]
    #[non_exhaustive]
    Host {
        /// What was given, with control characters escaped.
        host: String,
    },
    /// A host of Azure AD B2C has one authority for each policy: add the policy's name behind the tenant's.
    #[error("the authority at `{host}` is that of a policy, and no policy is named")]
    #[non_exhaustive]
    NoPolicy {
        /// The host.
        host: String,
    },
    /// The URL names no tenant: add one, or `common`.
    #[error("the authority `https://{host}` names no tenant")]
    #[non_exhaustive]
    NoTenant {
        /// The host of the URL.
        host: String,
    },
    /// Tokens travel over https only.
    #[error("an authority must be an https URL, not `{scheme}`")]
    #[non_exhaustive]
    NotHttps {
        /// The scheme that was given.
        scheme: String,
    },
    /// The B2C policy is not a name.
    #[error("`{policy}` is not the name of a policy")]
    #[non_exhaustive]
    Policy {
        /// What was given, with control characters escaped.
        policy: String,
    },
    /// The tenant is neither a GUID nor a domain name nor `common`, `organizations` or `consumers`.
    #[error("`{tenant}` is not a tenant: use its GUID, one of its domain names, or `common`")]
    #[non_exhaustive]
    Tenant {
        /// What was given, with control characters escaped.
        tenant: String,
    },
    /// Not a URL, or one with user info, a fragment, or no host.
    #[error("not the URL of an authority: {reason}")]
    #[non_exhaustive]
    Url {
        /// What is wrong with it. Never the URL, which may hold a password.
        reason: &'static str,
    },
}
