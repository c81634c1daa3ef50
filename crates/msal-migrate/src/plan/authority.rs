//! Where a token is redeemed.
//!
//! The stored authority comes from a file that anybody may have written to, so it decides the host only among
//! Microsoft's and those the user named: otherwise a poisoned file would send tokens to whoever wrote it.

use msal_core::{Authority, AuthorityError, AuthorityKind, Cloud, Tenant, same_cloud};
use thiserror::Error;

use super::criteria::Criteria;
use super::warning::{Warning, Warnings};
use crate::record::SkipReason;

/// An authority named by the user: `https://host`, or `https://host/tenant`.
///
/// The host is trusted with tokens whose records name it, and serves the records that name no host. A tenant replaces
/// the tenant of those records and of all in the same cloud; without one they keep theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityOverride {
    host: String,
    tenant: Option<Tenant>,
}

impl AuthorityOverride {
    /// Parses the URL.
    ///
    /// # Errors
    /// [`AuthorityOverrideError`] when it is no https URL, or of a kind that tokens are not migrated to.
    pub fn parse(url: &str) -> Result<Self, AuthorityOverrideError> {
        let authority = match Authority::parse(url) {
            Err(AuthorityError::NoTenant { host, .. }) => {
                return Ok(Self {
                    host: preferred(&host).to_owned(),
                    tenant: None,
                });
            }
            authority => authority?,
        };
        match authority.kind() {
            AuthorityKind::Entra | AuthorityKind::Ciam => Ok(Self {
                host: preferred(authority.host()).to_owned(),
                tenant: Some(authority.tenant().clone()),
            }),
            _ => Err(AuthorityOverrideError::Kind),
        }
    }

    /// The host, with its port where it is not 443.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The tenant, if the user named one.
    pub fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    fn speaks_for(&self, host: &str) -> bool {
        self.host == host || same_cloud(&self.host, host)
    }
}

/// Why text is not an authority to migrate to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthorityOverrideError {
    /// AD FS, Azure AD B2C and dSTS redeem their tokens only themselves.
    #[error("tokens are migrated at Microsoft Entra ID only, not at AD FS, Azure AD B2C or dSTS")]
    Kind,
    /// Not an authority.
    #[error(transparent)]
    Url(#[from] AuthorityError),
}

/// Where a record's token is redeemed.
pub(super) struct ChosenAuthority {
    pub(super) authority: Authority,
    /// Whether the store itself named one tenant.
    pub(super) is_specific: bool,
    pub(super) warnings: Warnings,
}

/// Where the token of a record is redeemed.
pub(super) fn choose(
    criteria: &Criteria<'_>,
    named: Option<&AuthorityOverride>,
) -> Result<ChosenAuthority, SkipReason> {
    let text = criteria.authority.as_deref().map(str::trim);
    let overrules = named.is_some_and(|named| named.tenant.is_some());
    let stored = Stored::parse(text.unwrap_or_default(), overrules)?;
    let host = match &stored.host {
        Some(host) => trusted(host, named)?,
        None => named.map_or(PUBLIC_CLOUD, AuthorityOverride::host),
    };
    // A shared tenant, such as `common`, does not say which one the user is in.
    let own = stored.tenant.as_ref().filter(|tenant| !tenant.is_shared());
    let ruled = named
        .filter(|named| named.speaks_for(host))
        .and_then(AuthorityOverride::tenant);
    let mut warnings = Warnings::default();
    let tenant = match ruled {
        Some(tenant) => tenant.clone(),
        None => tenant(criteria, own, stored.is_consumers, &mut warnings),
    };
    let authority = match &stored.ciam {
        Some(ciam) if ruled.is_none() => ciam.clone(),
        Some(ciam) => ciam.with_tenant(tenant),
        None => Authority::entra(host, tenant),
    };
    Ok(ChosenAuthority {
        authority,
        is_specific: own.is_some(),
        warnings,
    })
}

/// The tenant, where the user named none.
fn tenant(
    criteria: &Criteria<'_>,
    own: Option<&Tenant>,
    is_consumers: bool,
    warnings: &mut Warnings,
) -> Tenant {
    let users = criteria
        .tid
        .as_deref()
        .and_then(|tid| Tenant::parse(tid).ok())
        .filter(|tenant| !tenant.is_shared());
    let is_personal = |tenant: Option<&Tenant>| tenant.is_some_and(Tenant::is_personal);
    let users_own = own.is_none() && is_personal(users.as_ref());
    if criteria.is_personal_token || users_own || is_consumers || is_personal(own) {
        return Tenant::Consumers;
    }
    // A personal account that is a guest has a tenant's token, so the flag counts only where there is no tenant.
    match own.cloned().or(users) {
        Some(tenant) => tenant,
        None if criteria.is_personal_account => Tenant::Consumers,
        None => {
            warnings.insert_if(Warning::AssumedAuthority, criteria.authority.is_none());
            Tenant::Organizations
        }
    }
}

/// The host to send to, if tokens may be sent there.
fn trusted<'a>(host: &'a str, named: Option<&'a AuthorityOverride>) -> Result<&'a str, SkipReason> {
    let host = preferred(host);
    if CLOSED_CLOUDS.contains(&host) {
        return Err(SkipReason::ClosedCloud);
    }
    // By name only: a host that a file names must not be asked whether it is to be trusted.
    let is_named = named.is_some_and(|named| named.host == host);
    if is_named || Cloud::of(host).is_some() || is_ciam(host) {
        return Ok(host);
    }
    if OTHER_PROVIDERS.contains(&host) {
        return Err(SkipReason::OtherProvider);
    }
    Err(SkipReason::UnknownAuthority)
}

/// What a record says about its authority.
#[derive(Default)]
struct Stored {
    host: Option<String>,
    tenant: Option<Tenant>,
    is_consumers: bool,
    ciam: Option<Authority>,
}

impl Stored {
    /// Reads what a record says, which is nothing if `text` is empty.
    fn parse(text: &str, overrules: bool) -> Result<Self, SkipReason> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        match Self::parse_given(text) {
            // The tenant that the user named replaces one that cannot be read, and the named host serves such records.
            Err(SkipReason::InvalidAuthority) if overrules => Ok(Self::default()),
            stored => stored,
        }
    }

    fn parse_given(text: &str) -> Result<Self, SkipReason> {
        if text.contains('/') {
            return Self::parse_url(text);
        }
        if Cloud::of(text).is_some() {
            return Ok(Self {
                host: Some(text.to_ascii_lowercase()),
                ..Self::default()
            });
        }
        if text.eq_ignore_ascii_case(LIVE) {
            return Ok(Self::default().with_tenant(Tenant::Consumers));
        }
        if text.eq_ignore_ascii_case("adfs") {
            return Err(SkipReason::Adfs);
        }
        let tenant = Tenant::parse(text).map_err(|_error| SkipReason::InvalidAuthority)?;
        Ok(Self::default().with_tenant(tenant))
    }

    fn parse_url(text: &str) -> Result<Self, SkipReason> {
        let with_scheme;
        let url = if text.contains("://") {
            text
        } else {
            with_scheme = format!("https://{text}");
            &with_scheme
        };
        let authority = match Authority::parse(url) {
            Ok(authority) => authority,
            Err(AuthorityError::NoTenant { host, .. }) if host == LIVE => {
                return Ok(Self::default().with_tenant(Tenant::Consumers));
            }
            Err(AuthorityError::NoTenant { host, .. }) => {
                return Ok(Self {
                    host: Some(host),
                    ..Self::default()
                });
            }
            Err(_not_an_authority) => return Err(SkipReason::InvalidAuthority),
        };
        if authority.host() == LIVE {
            return Ok(Self::default().with_tenant(Tenant::Consumers));
        }
        match authority.kind() {
            AuthorityKind::Adfs => Err(SkipReason::Adfs),
            AuthorityKind::B2c => Err(SkipReason::B2c),
            AuthorityKind::Entra if is_b2c(authority.host()) => Err(SkipReason::B2c),
            AuthorityKind::Entra => Ok(Self {
                host: Some(authority.host().to_owned()),
                ..Self::default().with_tenant(authority.tenant().clone())
            }),
            AuthorityKind::Ciam => Ok(Self {
                host: Some(authority.host().to_owned()),
                tenant: Some(authority.tenant().clone()),
                ciam: Some(authority),
                is_consumers: false,
            }),
            _ => Err(SkipReason::UnsupportedAuthority),
        }
    }

    fn with_tenant(self, tenant: Tenant) -> Self {
        Self {
            is_consumers: tenant == Tenant::Consumers,
            tenant: Some(tenant),
            ..self
        }
    }
}

/// The host that requests go to, for a host of a Microsoft cloud.
fn preferred(host: &str) -> &str {
    let sign_in = ISSUERS.iter().find(|(issuer, _)| *issuer == host);
    let host = sign_in.map_or(host, |(_, sign_in)| *sign_in);
    Cloud::of(host).map_or(host, |cloud| cloud.preferred_network)
}

fn is_ciam(host: &str) -> bool {
    host.ends_with(".ciamlogin.com")
}

fn is_b2c(host: &str) -> bool {
    ["com", "cn", "us", "de"]
        .iter()
        .any(|end| host.ends_with(&format!(".b2clogin.{end}")))
}

const PUBLIC_CLOUD: &str = "login.microsoftonline.com";

/// Hosts of other providers: their token endpoints and issuers.
const OTHER_PROVIDERS: [&str; 6] = [
    "accounts.google.com",
    "appleid.apple.com",
    "github.com",
    "gitlab.com",
    "oauth2.googleapis.com",
    "www.googleapis.com",
];

/// Where personal accounts sign in. Its own endpoints are older than OpenID Connect; the tokens are good at Entra's.
const LIVE: &str = "login.live.com";

/// Microsoft clouds that no longer exist.
const CLOSED_CLOUDS: [&str; 1] = ["login.microsoftonline.de"];

/// Issuers of v1 tokens that are no sign-in hosts, and the sign-in hosts of their clouds.
const ISSUERS: [(&str, &str); 1] = [("sts.chinacloudapi.cn", "login.partner.microsoftonline.cn")];
