//! Authorities: who issues the tokens, as an https URL of one of six kinds.
//!
//! Parsing decides the kind from the host and the path alone and never asks the network. An [`Authority`] that exists
//! is an https URL without user info, with a host and, where the kind has one, a tenant that is safe to put into a
//! path. Whether the host may be trusted with a token is another question: [`Authority::is_well_known`] answers it for
//! Microsoft's clouds, and the caller must name any other host.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use url::{Host, Url};

use crate::cloud::Cloud;

const B2C_HOST_SUFFIXES: [&str; 4] = [
    ".b2clogin.com",
    ".b2clogin.cn",
    ".b2clogin.us",
    ".b2clogin.de",
];
const CIAM_HOST_SUFFIX: &str = ".ciamlogin.com";

/// The tenant of personal Microsoft accounts.
const PERSONAL_ACCOUNTS_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

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
    /// Any other OpenID Connect provider. Never guessed: [`Authority::oidc`] says so.
    Oidc,
}

/// The tenant part of an authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tenant {
    /// Work, school and personal accounts.
    Common,
    /// Personal Microsoft accounts only.
    Consumers,
    /// A domain name of the tenant, in the case it was given.
    Domain(String),
    /// The tenant's GUID, in the case it was given.
    Id(String),
    /// Work and school accounts only.
    Organizations,
}

impl Tenant {
    /// Parses a GUID, a domain name, or one of the three names for many tenants.
    ///
    /// # Errors
    /// [`AuthorityError::Tenant`] for anything that could change the path it is put into.
    pub fn parse(text: &str) -> Result<Self, AuthorityError> {
        match text {
            _ if text.eq_ignore_ascii_case("common") => Ok(Self::Common),
            _ if text.eq_ignore_ascii_case("consumers") => Ok(Self::Consumers),
            _ if text.eq_ignore_ascii_case("organizations") => Ok(Self::Organizations),
            _ if is_guid(text) => Ok(Self::Id(text.to_owned())),
            _ if is_name(text) => Ok(Self::Domain(text.to_owned())),
            _ => Err(AuthorityError::Tenant {
                tenant: text.escape_debug().to_string(),
            }),
        }
    }

    /// The tenant as it stands in a path and, in the token cache, as `realm`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Common => "common",
            Self::Consumers => "consumers",
            Self::Organizations => "organizations",
            Self::Domain(name) | Self::Id(name) => name,
        }
    }

    /// Whether this stands for many tenants, so that only an answer tells which one a user belongs to.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Common | Self::Consumers | Self::Organizations)
    }

    /// Whether this is where personal Microsoft accounts live, by name or by GUID.
    pub fn is_personal(&self) -> bool {
        match self {
            Self::Consumers => true,
            Self::Id(id) => id.eq_ignore_ascii_case(PERSONAL_ACCOUNTS_TENANT),
            _ => false,
        }
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// An authority: a host, a kind, and a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Authority {
    kind: AuthorityKind,
    /// Lower-case, with the port where it is not 443.
    host: String,
    tenant: Tenant,
    /// The canonical path, starting with `/` and without a trailing one.
    path: String,
}

impl Authority {
    /// The authority every application starts with: Entra ID in the public cloud, any account.
    pub fn common() -> Self {
        Self::entra("login.microsoftonline.com", Tenant::Common)
    }

    /// Entra ID at `host` (with a port where it is not 443), for `tenant`.
    pub fn entra(host: &str, tenant: Tenant) -> Self {
        Self {
            kind: AuthorityKind::Entra,
            host: host.to_ascii_lowercase(),
            path: format!("/{tenant}"),
            tenant,
        }
    }

    /// Parses an authority URL and decides its kind.
    ///
    /// For Entra ID all that follows the tenant is ignored, so a token endpoint or a versioned authority may be
    /// given as well.
    ///
    /// # Errors
    /// [`AuthorityError`], naming what is wrong with the URL.
    pub fn parse(text: &str) -> Result<Self, AuthorityError> {
        let url = parse_https(text)?;
        let host = host_of(&url);
        let segments: Vec<&str> = url
            .path()
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect();
        let is_b2c_host = B2C_HOST_SUFFIXES
            .iter()
            .any(|suffix| bare_host(&host).ends_with(suffix));
        match segments.as_slice() {
            _ if bare_host(&host).ends_with(CIAM_HOST_SUFFIX) => Self::ciam(host, &segments),
            [] => Err(AuthorityError::NoTenant { host }),
            [first, ..] if first.eq_ignore_ascii_case("adfs") => Ok(Self::adfs(host)),
            [first, tenant, ..] if first.eq_ignore_ascii_case("dstsv2") => Self::dsts(host, tenant),
            [prefix, tenant, policy, ..] if prefix.eq_ignore_ascii_case("tfp") => {
                Self::b2c(host, tenant, policy, "/tfp")
            }
            [tenant, policy, ..] if is_b2c_host || is_b2c_policy(policy) => {
                Self::b2c(host, tenant, policy, "")
            }
            [tenant, ..] => Ok(Self::entra(&host, Tenant::parse(tenant)?)),
        }
    }

    /// Any OpenID Connect provider, by its issuer URL. The kind is taken at its word, never guessed.
    ///
    /// # Errors
    /// [`AuthorityError`] when the URL is not a plain https URL.
    pub fn oidc(issuer: &str) -> Result<Self, AuthorityError> {
        let url = parse_https(issuer)?;
        let path = url.path().trim_end_matches('/').to_owned();
        let last = path.rsplit('/').next().unwrap_or_default();
        Ok(Self {
            kind: AuthorityKind::Oidc,
            host: host_of(&url),
            tenant: Tenant::Domain(last.to_owned()),
            path,
        })
    }

    fn adfs(host: String) -> Self {
        Self {
            kind: AuthorityKind::Adfs,
            host,
            tenant: Tenant::Domain("adfs".to_owned()),
            path: "/adfs".to_owned(),
        }
    }

    fn dsts(host: String, tenant: &str) -> Result<Self, AuthorityError> {
        Ok(Self {
            kind: AuthorityKind::Dsts,
            path: format!("/dstsv2/{}", Tenant::parse(tenant)?),
            host,
            // MSAL re-reads the tenant from the token endpoint's path, whose first segment is this.
            tenant: Tenant::Domain("dstsv2".to_owned()),
        })
    }

    fn b2c(host: String, tenant: &str, policy: &str, prefix: &str) -> Result<Self, AuthorityError> {
        if !is_name(policy) {
            return Err(AuthorityError::Policy {
                policy: policy.escape_debug().to_string(),
            });
        }
        let tenant = Tenant::parse(tenant)?;
        Ok(Self {
            kind: AuthorityKind::B2c,
            host,
            path: format!("{prefix}/{tenant}/{policy}"),
            tenant,
        })
    }

    fn ciam(host: String, segments: &[&str]) -> Result<Self, AuthorityError> {
        let tenant = match segments.first() {
            Some(tenant) => Tenant::parse(tenant)?,
            None => {
                let name = bare_host(&host).trim_end_matches(CIAM_HOST_SUFFIX);
                Tenant::parse(&format!("{name}.onmicrosoft.com"))?
            }
        };
        Ok(Self {
            kind: AuthorityKind::Ciam,
            host,
            path: format!("/{tenant}"),
            tenant,
        })
    }

    /// The same authority for another tenant. Only Entra ID and External ID have tenants to choose from; the others
    /// are returned as they are.
    #[must_use]
    pub fn with_tenant(&self, tenant: Tenant) -> Self {
        if !matches!(self.kind, AuthorityKind::Entra | AuthorityKind::Ciam) {
            return self.clone();
        }
        Self {
            kind: self.kind,
            host: self.host.clone(),
            path: format!("/{tenant}"),
            tenant,
        }
    }

    /// The same authority at another host, which may carry a port.
    #[must_use]
    pub fn with_host(&self, host: &str) -> Self {
        Self {
            host: host.to_ascii_lowercase(),
            ..self.clone()
        }
    }

    /// The kind.
    pub fn kind(&self) -> AuthorityKind {
        self.kind
    }

    /// The host in lower case, with the port where it is not 443.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The tenant.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// What the token cache calls `environment`: the host in lower case, without its port.
    pub fn environment(&self) -> &str {
        bare_host(&self.host)
    }

    /// What the token cache calls `realm`: the first segment of the token endpoint's path.
    pub fn realm(&self) -> &str {
        self.tenant.as_str()
    }

    /// The Microsoft cloud the host belongs to, if it is a built-in one.
    pub fn cloud(&self) -> Option<&'static Cloud> {
        Cloud::of(&self.host)
    }

    /// Whether Microsoft owns the host, so that tokens may be sent there without the caller naming it.
    pub fn is_well_known(&self) -> bool {
        let host = self.host.as_str();
        self.cloud().is_some()
            || host.ends_with(CIAM_HOST_SUFFIX)
            || B2C_HOST_SUFFIXES
                .iter()
                .any(|suffix| host.ends_with(suffix))
    }

    /// Where the OpenID Connect metadata of this authority is (OpenID Connect Discovery §4).
    pub fn openid_configuration_url(&self) -> String {
        let version = match self.kind {
            AuthorityKind::Entra | AuthorityKind::B2c | AuthorityKind::Ciam => "/v2.0",
            AuthorityKind::Adfs | AuthorityKind::Dsts | AuthorityKind::Oidc => "",
        };
        format!("{self}{version}/.well-known/openid-configuration")
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "https://{}{}", self.host, self.path)
    }
}

impl FromStr for Authority {
    type Err = AuthorityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Why text is not an authority.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthorityError {
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

fn parse_https(text: &str) -> Result<Url, AuthorityError> {
    let bad = |reason| AuthorityError::Url { reason };
    let url = Url::parse(text.trim()).map_err(|_unspecific| bad("it does not parse"))?;
    if url.scheme() != "https" {
        return Err(AuthorityError::NotHttps {
            scheme: url.scheme().to_owned(),
        });
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it holds a user name or password"));
    }
    if url.fragment().is_some() {
        return Err(bad("it holds a fragment"));
    }
    match url.host() {
        Some(Host::Domain("")) | None => Err(bad("it has no host")),
        Some(_) => Ok(url),
    }
}

/// The host in lower case (the URL parser sees to that), with its port where it is not the scheme's own.
fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// A host without its port; an IPv6 address keeps its brackets.
pub(crate) fn bare_host(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_b2c_policy(segment: &str) -> bool {
    segment
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("b2c_"))
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && !text.starts_with('.')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_host_and_path() {
        use AuthorityKind::{Adfs, B2c, Ciam, Dsts, Entra};
        let table = [
            ("https://login.microsoftonline.com/common", Entra, "common"),
            (
                "https://login.windows.net/contoso.com/",
                Entra,
                "contoso.com",
            ),
            ("https://private.cloud/foo", Entra, "foo"),
            ("https://fs.contoso.com/ADFS", Adfs, "adfs"),
            (
                "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_susi",
                B2c,
                "contoso.onmicrosoft.com",
            ),
            (
                "https://login.microsoftonline.com/tfp/contoso.onmicrosoft.com/B2C_1_x",
                B2c,
                "contoso.onmicrosoft.com",
            ),
            (
                "https://login.microsoftonline.com/contoso.onmicrosoft.com/b2c_1_x",
                B2c,
                "contoso.onmicrosoft.com",
            ),
            (
                "https://contoso.ciamlogin.com",
                Ciam,
                "contoso.onmicrosoft.com",
            ),
            ("https://contoso.ciamlogin.com/tid", Ciam, "tid"),
            (
                "https://x.dsts.core.azure-test.net/dstsv2/common",
                Dsts,
                "dstsv2",
            ),
        ];
        for (url, kind, realm) in table {
            let authority = Authority::parse(url).unwrap();
            assert_eq!(
                (authority.kind(), authority.realm()),
                (kind, realm),
                "{url}"
            );
        }
    }

    #[test]
    fn metadata_stands_where_msal_looks_for_it() {
        let table = [
            (
                "https://login.microsoftonline.com/common",
                "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
            ),
            (
                "https://fs.contoso.com/adfs",
                "https://fs.contoso.com/adfs/.well-known/openid-configuration",
            ),
            (
                "https://login.microsoftonline.com/tfp/contoso.onmicrosoft.com/B2C_1_x",
                "https://login.microsoftonline.com/tfp/contoso.onmicrosoft.com/B2C_1_x/v2.0/.well-known/openid-configuration",
            ),
            (
                "https://x.dsts.core.azure-test.net/dstsv2/common",
                "https://x.dsts.core.azure-test.net/dstsv2/common/.well-known/openid-configuration",
            ),
        ];
        for (authority, url) in table {
            assert_eq!(
                Authority::parse(authority)
                    .unwrap()
                    .openid_configuration_url(),
                url
            );
        }
        let oidc = Authority::oidc("https://localhost/op/").unwrap();
        assert_eq!(
            oidc.openid_configuration_url(),
            "https://localhost/op/.well-known/openid-configuration"
        );
    }

    #[test]
    fn host_is_lowered_tenant_keeps_its_case_and_port_is_not_environment() {
        let authority =
            Authority::parse("https://LOCALHOST:8443/Contoso.com/oauth2/v2.0/token").unwrap();
        assert_eq!(authority.to_string(), "https://localhost:8443/Contoso.com");
        assert_eq!(authority.environment(), "localhost");
        assert_eq!(
            Authority::parse("https://[::1]:8443/common")
                .unwrap()
                .environment(),
            "[::1]"
        );
        assert_eq!(
            Authority::parse("https://[::1]/common")
                .unwrap()
                .to_string(),
            "https://[::1]/common"
        );
    }

    #[test]
    fn tenants_are_told_apart() {
        let id = "11111111-aaaa-4bbb-8ccc-222222222222";
        assert_eq!(Tenant::parse(id).unwrap(), Tenant::Id(id.to_owned()));
        assert_eq!(Tenant::parse("Common").unwrap(), Tenant::Common);
        assert_eq!(
            Tenant::parse("contoso.com").unwrap(),
            Tenant::Domain("contoso.com".to_owned())
        );
        assert!(
            Tenant::parse(PERSONAL_ACCOUNTS_TENANT)
                .unwrap()
                .is_personal()
        );
        for bad in ["", "..", "a/b", "a?b", "a b", "a%2fb", "é"] {
            assert!(Tenant::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_plain_https_url_is_refused() {
        for bad in [
            "http://login.microsoftonline.com/common",
            "https://login.microsoftonline.com",
            "https://user:pass@login.microsoftonline.com/common",
            "https://login.microsoftonline.com/common#x",
            "ftp://x/y",
            "not a url",
            "",
        ] {
            assert!(Authority::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_microsofts_hosts_are_well_known() {
        assert!(Authority::common().is_well_known());
        assert!(
            Authority::parse("https://c.ciamlogin.com")
                .unwrap()
                .is_well_known()
        );
        for host in [
            "localhost:8443",
            "login.microsoftonline.com.evil.example",
            "evilb2clogin.com",
        ] {
            let authority = Authority::entra(host, Tenant::Common);
            assert!(!authority.is_well_known(), "{host}");
        }
    }
}
