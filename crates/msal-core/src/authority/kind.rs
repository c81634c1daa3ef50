//! The kinds of services that an authority can be.

/// What kind of service an authority is; each kind has its own URLs and its own rules of trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthorityKind {
    /// Active Directory Federation Services, `https://fs.example.com/adfs`.
    Adfs,
    /// Azure AD B2C, one policy of a tenant.
    B2c,
    /// Microsoft Entra External ID, `https://name.ciamlogin.com`.
    Ciam,
    /// Microsoft's internal datacenter security token service, `/dstsv2/…`.
    Dsts,
    /// Microsoft Entra ID, in any cloud.
    Entra,
    /// Any other OpenID Connect provider: only [`Authority::oidc`](super::Authority::oidc) makes one.
    Oidc,
}
