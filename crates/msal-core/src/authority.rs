//! Authorities: who issues the tokens, as an https URL of one of six kinds.
//!
//! Parsing decides the kind from the host and the path alone and never asks the network. An [`Authority`] that exists
//! is an https URL without user info, with a host and, where the kind has one, a tenant that is safe to put into a
//! path. Whether the host may be trusted with a token is another question: an authority that may be is a
//! [`TrustedAuthority`](crate::TrustedAuthority).

mod error;
mod https_url;
mod kind;
mod tenant;

use std::fmt;
use std::str::FromStr;

use crate::cloud::Cloud;

pub use error::AuthorityError;
pub(crate) use https_url::{bare_host, host_of};
pub use kind::AuthorityKind;
pub use tenant::Tenant;

use https_url::{parse_host, parse_https};
use tenant::is_name;

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
        Self::entra("login.microsoftonline.com".to_owned(), Tenant::Common)
    }

    /// The authority of a tenant at the host that something says, such as an `environment` of a token cache: the name of
    /// a host, with a port where it is not 443, and nothing else. Case does not count. The kind is the host's: External
    /// ID, AD FS where the tenant is `adfs`, or else Entra ID.
    ///
    /// # Errors
    /// [`AuthorityError::Host`] for text that a URL could take for more, less or other than a host;
    /// [`AuthorityError::NoPolicy`] for a host of Azure AD B2C.
    pub fn at_host(host: &str, tenant: Tenant) -> Result<Self, AuthorityError> {
        let host = parse_host(host)?;
        match tenant {
            _ if is_ciam_host(&host) => Ok(Self::ciam_tenant(host, tenant)),
            _ if is_b2c_host(&host) => Err(AuthorityError::NoPolicy { host }),
            Tenant::Domain(name) if is_adfs(&name) => Ok(Self::adfs(host)),
            tenant => Ok(Self::entra(host, tenant)),
        }
    }

    /// The authority of a B2C policy of a tenant at the host that something says: see [`Authority::at_host`].
    pub(crate) fn policy_at_host(
        host: &str,
        tenant: &str,
        policy: &str,
    ) -> Result<Self, AuthorityError> {
        Self::b2c(parse_host(host)?, tenant, policy, "")
    }

    fn entra(host: String, tenant: Tenant) -> Self {
        Self {
            kind: AuthorityKind::Entra,
            host,
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
        let is_b2c_host = is_b2c_host(&host);
        match segments.as_slice() {
            // External ID alone needs no tenant: its host has the name of one.
            _ if is_ciam_host(&host) => Self::ciam(host, &segments),
            [] => Err(AuthorityError::NoTenant { host }),
            [first, ..] if is_adfs(first) => Ok(Self::adfs(host)),
            [first, tenant, ..] if first.eq_ignore_ascii_case("dstsv2") => Self::dsts(host, tenant),
            [prefix, tenant, policy, ..] if prefix.eq_ignore_ascii_case("tfp") => {
                Self::b2c(host, tenant, policy, "/tfp")
            }
            [tenant, policy, ..] if is_b2c_host || is_b2c_policy(policy) => {
                Self::b2c(host, tenant, policy, "")
            }
            [_tenant] if is_b2c_host => Err(AuthorityError::NoPolicy { host }),
            [tenant, ..] => Ok(Self::entra(host, Tenant::parse(tenant)?)),
        }
    }

    /// Any OpenID Connect provider, by its issuer URL (`issuer` of OpenID Connect Discovery §3). [`Authority::parse`]
    /// never answers one of this kind.
    ///
    /// # Errors
    /// [`AuthorityError`] when the URL is not a plain https URL.
    pub fn oidc(issuer: &str) -> Result<Self, AuthorityError> {
        let url = parse_https(issuer)?;
        // OpenID Connect Discovery §4.1: a slash at the end is removed before the document's path is appended.
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
            // MSAL takes the tenant from the path of the token endpoint, whose first segment is this.
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
        Ok(Self::ciam_tenant(host, tenant))
    }

    fn ciam_tenant(host: String, tenant: Tenant) -> Self {
        Self {
            kind: AuthorityKind::Ciam,
            host,
            path: format!("/{tenant}"),
            tenant,
        }
    }

    /// Whether [`with_tenant`](Self::with_tenant) answers an authority of that tenant.
    pub fn is_available_at(&self, tenant: &Tenant) -> bool {
        self.has_tenants() || self.tenant == *tenant
    }

    /// Whether [`with_tenant`](Self::with_tenant) answers an authority of whatever tenant.
    pub fn has_tenants(&self) -> bool {
        matches!(self.kind, AuthorityKind::Entra | AuthorityKind::Ciam)
    }

    /// The same authority for another tenant. Only Entra ID and External ID have tenants to choose from; the others
    /// are returned as they are.
    #[must_use]
    pub fn with_tenant(&self, tenant: Tenant) -> Self {
        if !self.has_tenants() {
            return self.clone();
        }
        Self {
            kind: self.kind,
            host: self.host.clone(),
            path: format!("/{tenant}"),
            tenant,
        }
    }

    /// The same authority under another host name of its cloud, such as the one that a token is stored under. `None`
    /// for a host that is not in the same built-in cloud.
    pub fn under_alias(&self, host: &str) -> Option<Self> {
        let aliases = self.cloud()?.aliases;
        let alias = aliases
            .iter()
            .find(|alias| alias.eq_ignore_ascii_case(host))?;
        Some(Self {
            host: (*alias).to_owned(),
            ..self.clone()
        })
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

    /// The tenant that the path names, by itself: dSTS has another one than its [realm](Self::realm).
    pub(crate) fn asked_tenant(&self) -> &str {
        match self.kind {
            AuthorityKind::Dsts => self.path.rsplit('/').next().unwrap_or_default(),
            _ => self.tenant.as_str(),
        }
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
        // Entra has a document for each version of its endpoints. Ours is the second.
        let version = match self.kind {
            AuthorityKind::Entra | AuthorityKind::B2c | AuthorityKind::Ciam => "/v2.0",
            AuthorityKind::Adfs | AuthorityKind::Dsts | AuthorityKind::Oidc => "",
        };
        // OpenID Connect Discovery §4.1: the issuer, without a slash at its end, and this path.
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

fn is_adfs(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("adfs")
}

fn is_b2c_host(host: &str) -> bool {
    B2C_HOST_SUFFIXES
        .iter()
        .any(|suffix| bare_host(host).ends_with(suffix))
}

fn is_ciam_host(host: &str) -> bool {
    bare_host(host).ends_with(CIAM_HOST_SUFFIX)
}

fn is_b2c_policy(segment: &str) -> bool {
    segment
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("b2c_"))
}

const B2C_HOST_SUFFIXES: [&str; 4] = [
    ".b2clogin.com",
    ".b2clogin.cn",
    ".b2clogin.us",
    ".b2clogin.de",
];

const CIAM_HOST_SUFFIX: &str = ".ciamlogin.com";

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
            let authority = Authority::at_host(host, Tenant::Common).unwrap();
            assert!(!authority.is_well_known(), "{host}");
        }
    }

    #[test]
    fn a_host_is_a_host_and_nothing_else() {
        for (text, host) in [
            ("login.microsoftonline.com", "login.microsoftonline.com"),
            ("LOGIN.Windows.NET", "login.windows.net"),
            ("localhost:8443", "localhost:8443"),
            ("fs.contoso.example:443", "fs.contoso.example"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("[::1]:8443", "[::1]:8443"),
        ] {
            let authority = Authority::at_host(text, Tenant::Common).unwrap();
            assert_eq!(authority.to_string(), format!("https://{host}/common"));
        }
        for text in [
            "",
            " ",
            "user@login.microsoftonline.com",
            "login.microsoftonline.com@evil.example",
            "login.microsoftonline.com:x@evil.example",
            "evil.example/login.microsoftonline.com",
            "evil.example\\login.microsoftonline.com",
            "login.microsoftonline.com/evil",
            "login.microsoftonline.com/",
            "login.microsoftonline.com?x",
            "login.microsoftonline.com#x",
            "login.microsoftonline.com:",
            "login.microsoftonline.com:99999",
            "login.microsoftonline.com:+443",
            "login.microsoftonline.com.",
            "login.microsoftonline.com.:8443",
            ".login.microsoftonline.com",
            "login.microsoftonline.com ",
            "login.microsoft\tonline.com",
            "login.microsoftonline.com\r\nevil",
            "login.microsoftonline.com\0",
            "login.microsoftonline%2ecom",
            "l\u{43e}gin.microsoftonline.com",
            "login\u{3002}microsoftonline\u{3002}com",
            "\u{ff4c}ogin.microsoftonline.com",
            "https://login.microsoftonline.com",
            "//login.microsoftonline.com",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "[::1",
        ] {
            let refused = Authority::at_host(text, Tenant::Common);
            assert!(
                matches!(refused, Err(AuthorityError::Host { .. })),
                "{text:?} {refused:?}"
            );
        }
    }

    #[test]
    fn a_host_keeps_its_kind() {
        let guid = "0e8a3f2c-1111-4222-8333-abcdefabcdef";
        for (host, tenant, url, kind) in [
            (
                "contoso.ciamlogin.com",
                guid,
                format!("https://contoso.ciamlogin.com/{guid}"),
                AuthorityKind::Ciam,
            ),
            (
                "Contoso.CiamLogin.com",
                "contoso.onmicrosoft.com",
                "https://contoso.ciamlogin.com/contoso.onmicrosoft.com".to_owned(),
                AuthorityKind::Ciam,
            ),
            (
                &format!("{guid}.ciamlogin.com"),
                guid,
                format!("https://{guid}.ciamlogin.com/{guid}"),
                AuthorityKind::Ciam,
            ),
            (
                "contoso.ciamlogin.com:8443",
                guid,
                format!("https://contoso.ciamlogin.com:8443/{guid}"),
                AuthorityKind::Ciam,
            ),
            (
                "fs.contoso.example",
                "ADFS",
                "https://fs.contoso.example/adfs".to_owned(),
                AuthorityKind::Adfs,
            ),
            (
                "login.windows.net",
                guid,
                format!("https://login.windows.net/{guid}"),
                AuthorityKind::Entra,
            ),
            (
                "evilciamlogin.com",
                guid,
                format!("https://evilciamlogin.com/{guid}"),
                AuthorityKind::Entra,
            ),
        ] {
            let authority = Authority::at_host(host, Tenant::parse(tenant).unwrap()).unwrap();
            assert_eq!((authority.to_string(), authority.kind()), (url, kind));
            assert_eq!(Authority::parse(&authority.to_string()), Ok(authority));
        }
        let no_policy = AuthorityError::NoPolicy {
            host: "contoso.b2clogin.com".to_owned(),
        };
        let tenant = Tenant::parse("contoso.onmicrosoft.com").unwrap();
        let refused = Authority::at_host("contoso.b2clogin.com", tenant);
        assert_eq!(refused, Err(no_policy.clone()));
        let refused = Authority::parse("https://contoso.b2clogin.com/contoso.onmicrosoft.com/");
        assert_eq!(refused, Err(no_policy));
    }

    #[test]
    fn an_alias_is_one_of_the_same_cloud() {
        let authority = Authority::common();
        let alias = authority.under_alias("Login.Windows.net").unwrap();
        assert_eq!(alias.to_string(), "https://login.windows.net/common");
        for other in [
            "login.microsoftonline.us",
            "login.windows.net:8443",
            "evil.example",
            "user@login.windows.net",
        ] {
            assert_eq!(authority.under_alias(other), None, "{other}");
        }
        let elsewhere = Authority::parse("https://login.microsoftonline.com:8443/common").unwrap();
        assert_eq!(elsewhere.under_alias("login.windows.net"), None);
    }
}
