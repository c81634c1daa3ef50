//! Where a token is redeemed.
//!
//! The stored authority comes from a file that anybody may have written to, so it decides the host only among
//! Microsoft's and those the user named: otherwise a poisoned file would send tokens to whoever wrote it.

use msal_core::{
    Account, Authority, AuthorityError, AuthorityKind, Cloud, Tenant, TrustedAuthority, same_cloud,
    same_environment,
};
use thiserror::Error;

use super::criteria::Criteria;
use super::warning::{Warning, Warnings};
use crate::record::SkipReason;

/// An authority named by the user: `https://host`, or `https://host/tenant`.
///
/// The host is trusted with tokens whose records name it, and serves the records that name no host. A tenant replaces
/// the tenant of those records and of all in the same cloud; without one they keep theirs. `organizations` and `common`
/// do not replace `consumers`, where personal accounts stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityOverride {
    authority: TrustedAuthority,
    tenant: Option<Tenant>,
}

impl AuthorityOverride {
    /// Parses the URL of an authority to migrate to.
    ///
    /// # Errors
    /// [`AuthorityOverrideError`] when it is no https URL, or of a kind that tokens are not migrated to.
    pub fn parse(url: &str) -> Result<Self, AuthorityOverrideError> {
        let named = Self::of_any_kind(url)?;
        match is_migrated_to(named.authority.kind()) {
            true => Ok(named),
            false => Err(AuthorityOverrideError::Kind),
        }
    }

    /// Parses the URL of an authority whose accounts are in a token cache already: AD FS, a policy of Azure AD B2C and
    /// dSTS as well.
    ///
    /// # Errors
    /// [`AuthorityOverrideError`] when it is no https URL.
    pub fn of_any_kind(url: &str) -> Result<Self, AuthorityOverrideError> {
        let (authority, tenant) = match Authority::parse(url) {
            Err(AuthorityError::NoTenant { host, .. }) => {
                (Authority::at_host(preferred(&host), Tenant::Common)?, None)
            }
            authority => {
                let authority = authority?;
                let tenant = authority.tenant().clone();
                match authority.kind() {
                    AuthorityKind::Entra => {
                        let host = preferred(authority.host());
                        (Authority::at_host(host, tenant.clone())?, Some(tenant))
                    }
                    _ => (authority, Some(tenant)),
                }
            }
        };
        Ok(Self {
            authority: TrustedAuthority::named_by_operator(authority),
            tenant,
        })
    }

    /// The authority to ask for the tokens of an account at this host. The account has its tenant and its policy, and
    /// says nothing of the rest.
    ///
    /// # Errors
    /// [`AuthorityError`] when the account's realm is no tenant, or nothing says which policy it signed in with.
    pub fn of_account(&self, account: &Account) -> Result<Authority, AuthorityError> {
        match account.authority_at(self.host()) {
            Ok(authority) if authority.kind() == self.authority.kind() => Ok(authority),
            // Named down to a policy or another kind, which is more than an account can say.
            _ if !is_migrated_to(self.authority.kind()) => Ok((*self.authority).clone()),
            authority => authority,
        }
    }

    /// The authority to ask for an account as an application of Entra ID that signs its users in at the named tenant;
    /// `None` where none is named, and for personal accounts at `organizations` and `common`, which do not take their
    /// tokens.
    pub(crate) fn of_application(&self, account: &Account) -> Option<Authority> {
        let tenant = self.tenant.as_ref()?;
        let is_entra = self.authority.kind() == AuthorityKind::Entra;
        let takes = !refuses_personal_accounts(tenant) || !account.is_personal();
        (is_entra && takes).then(|| (*self.authority).clone())
    }

    /// The host, with its port where it is not 443.
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// The host, as one that tokens may be sent to, with the tenant or with any.
    pub fn authority(&self) -> &TrustedAuthority {
        &self.authority
    }

    /// The tenant, if the user named one.
    pub fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    fn speaks_for(&self, host: &str) -> bool {
        same_cloud(self.host(), host)
    }
}

/// Whether tokens are migrated to authorities of this kind.
fn is_migrated_to(kind: AuthorityKind) -> bool {
    matches!(kind, AuthorityKind::Entra | AuthorityKind::Ciam)
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
    pub(super) authority: TrustedAuthority,
    /// Where its user is at home who turns out to be of another tenant.
    pub(super) home: Option<TrustedAuthority>,
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
    let of_port = |host: &str| {
        let is_it = |named: &&AuthorityOverride| same_environment(named.host(), host);
        named.filter(|_| criteria.is_port_left_out).filter(is_it)
    };
    let host = match &stored.host {
        Some(host) => of_port(host).map_or_else(|| preferred(host), AuthorityOverride::host),
        None => named.map_or(PUBLIC_CLOUD, AuthorityOverride::host),
    };
    if CLOSED_CLOUDS.contains(&host) {
        return Err(SkipReason::ClosedCloud);
    }
    // A shared tenant, such as `common`, does not say which one the user is in.
    let own = stored.tenant.as_ref().filter(|tenant| !tenant.is_shared());
    let visits = criteria.is_personal_account
        && !criteria.is_personal_token
        && (criteria.is_guest || own.is_some_and(|tenant| !tenant.is_personal()));
    let ruled = named
        .filter(|named| named.speaks_for(host))
        .and_then(AuthorityOverride::tenant)
        // It has work and school accounts only. Others have tokens at tenants that they visit.
        .filter(|tenant| !(visits && **tenant == Tenant::Organizations));
    let mut warnings = Warnings::default();
    let tenant = match ruled {
        Some(named) if stays_at_consumers(criteria, own, stored.is_consumers, named) => {
            warnings = warnings.with(Warning::PersonalAccount);
            Tenant::Consumers
        }
        Some(named) => named.clone(),
        None => tenant(criteria, own, stored.is_consumers, &mut warnings),
    };
    let authority = match &stored.ciam {
        Some(ciam) if ruled.is_none() => ciam.clone(),
        Some(ciam) => ciam.with_tenant(tenant),
        None => Authority::at_host(host, tenant).map_err(|error| refusal(&error))?,
    };
    if authority.kind() == AuthorityKind::Adfs {
        return Err(SkipReason::Adfs);
    }
    // By name only: a host that a file names must not be asked whether it is to be trusted.
    let refused = match OTHER_PROVIDERS.contains(&host) {
        true => SkipReason::OtherProvider,
        false => SkipReason::UnknownAuthority,
    };
    let home = match ruled {
        Some(_) => None,
        None => home(criteria, &authority),
    };
    let named = named.map(AuthorityOverride::authority);
    let admit = |authority| TrustedAuthority::admit(authority, named);
    Ok(ChosenAuthority {
        authority: admit(authority).ok_or(refused)?,
        home: home.and_then(admit),
        is_specific: own.is_some(),
        warnings,
    })
}

/// Where the user is at home whom a row places at `authority`, should they be of another tenant; `None` where `authority`
/// is no single tenant. A tenant of customers is no other tenant's guest house.
fn home(criteria: &Criteria<'_>, authority: &Authority) -> Option<Authority> {
    let is_of_one = !authority.tenant().is_shared() && !authority.tenant().is_personal();
    let home = match criteria.is_personal_account {
        true => Tenant::Consumers,
        false => Tenant::Organizations,
    };
    (authority.kind() == AuthorityKind::Entra && is_of_one).then(|| authority.with_tenant(home))
}

/// Whether no personal account's token is redeemed at this tenant: `organizations` is for work and school accounts, and
/// `common` has come to refuse these tokens (AADSTS70000). A tenant by its own name may know such an account as a guest.
fn refuses_personal_accounts(tenant: &Tenant) -> bool {
    matches!(tenant, Tenant::Common | Tenant::Organizations)
}

/// Whether a token is a personal account's, and not redeemed at the tenant that the user named.
fn stays_at_consumers(
    criteria: &Criteria<'_>,
    own: Option<&Tenant>,
    is_consumers: bool,
    named: &Tenant,
) -> bool {
    let unnoted = &mut Warnings::default();
    refuses_personal_accounts(named)
        && tenant(criteria, own, is_consumers, unnoted) == Tenant::Consumers
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
        // Other hosts are like the domain names of tenants. Those of these two services are nobody's domain names.
        match Authority::at_host(text, Tenant::Common) {
            Ok(authority) if authority.kind() == AuthorityKind::Ciam => {
                return Self::parse_url(text);
            }
            Err(error @ AuthorityError::NoPolicy { .. }) => return Err(refusal(&error)),
            _ => {}
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
            Err(error) => return Err(refusal(&error)),
        };
        if authority.host() == LIVE {
            return Ok(Self::default().with_tenant(Tenant::Consumers));
        }
        match authority.kind() {
            AuthorityKind::Adfs => Err(SkipReason::Adfs),
            AuthorityKind::B2c => Err(SkipReason::B2c),
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

/// Why a record with such an authority is not migrated.
fn refusal(error: &AuthorityError) -> SkipReason {
    match error {
        AuthorityError::NoPolicy { .. } => SkipReason::B2c,
        _ => SkipReason::InvalidAuthority,
    }
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
