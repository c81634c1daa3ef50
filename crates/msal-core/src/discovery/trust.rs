//! Whom an authority is trusted to name: the issuers, endpoints and tenants that belong to it.

use url::Url;

use super::error::DiscoveryError;
use crate::authority::host_of;
use crate::case::is_guid;
use crate::{Authority, AuthorityKind, IdTokenClaims, Tenant, same_cloud};

/// Whether a document is the authority's own.
///
/// OpenID Connect Discovery §4.3: "The issuer value returned MUST be identical to the Issuer URL that was used as the
/// prefix to /.well-known/openid-configuration to retrieve the configuration information." Not all of
/// Microsoft's services obey, so that each kind is checked against the issuers that it can have.
pub(super) fn check_issuer(authority: &Authority, issuer: &str) -> Result<(), DiscoveryError> {
    let refused = || DiscoveryError::Issuer {
        authority: authority.to_string(),
        issuer: issuer.escape_debug().to_string(),
    };
    let url = Url::parse(issuer).map_err(|_unspecific| refused())?;
    let is_legal = match authority.kind() {
        AuthorityKind::Entra | AuthorityKind::B2c => belongs_to(authority, &url),
        // External ID's issuer stands on the tenant's GUID as a subdomain: https://{tid}.ciamlogin.com/{tid}/v2.0
        AuthorityKind::Ciam => belongs_to(authority, &url) || is_ciam_issuer(&url),
        AuthorityKind::Adfs | AuthorityKind::Dsts => host_of(&url) == authority.host(),
        // Discovery §4.1 removes a final slash before it makes the document's URL, so that both spellings lead to it.
        AuthorityKind::Oidc => issuer.trim_end_matches('/') == authority.to_string(),
    };
    // Discovery §3 wants https. ADFS names itself http://…/adfs/services/trust; nothing is sent there.
    let may_be_http = authority.kind() == AuthorityKind::Adfs;
    match is_legal && (url.scheme() == "https" || may_be_http) {
        true => Ok(()),
        false => Err(refused()),
    }
}

/// Whether what is sent to an endpoint of a document stays with the authority.
///
/// The standards let a document name any host: OpenID Connect Discovery §7.2 leaves impersonation to TLS and the
/// issuer. A refresh token that is sent to the wrong host cannot be taken back, so no foreign one is believed.
pub(super) fn check_endpoint(
    authority: &Authority,
    member: &'static str,
    endpoint: &str,
) -> Result<Url, DiscoveryError> {
    let foreign = |host: &str| DiscoveryError::ForeignEndpoint {
        authority: authority.to_string(),
        member,
        host: host.escape_debug().to_string(),
    };
    let url = Url::parse(endpoint).map_err(|_unspecific| foreign(endpoint))?;
    let is_ours = belongs_to(authority, &url);
    // RFC 6749 §3.1 and §3.2 want TLS at both endpoints.
    let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    match is_ours && is_plain {
        true => Ok(url),
        false => Err(foreign(&host_of(&url))),
    }
}

/// Whether a document is that of the tenant that was asked for: many tenants share a host, and a token that is sent to
/// another tenant is in a stranger's hands.
pub(super) fn check_tenant(
    authority: &Authority,
    issuer: &str,
    token_endpoint: &Url,
) -> Result<(), DiscoveryError> {
    let kind = authority.kind();
    if matches!(kind, AuthorityKind::Adfs | AuthorityKind::Oidc) {
        // AD FS has no tenants, and an OpenID provider's issuer was compared letter by letter.
        return Ok(());
    }
    let asked = authority.asked_tenant();
    let endpoint = tenant_of(kind, token_endpoint).unwrap_or(asked);
    let issuer = Url::parse(issuer).ok();
    let issuer = issuer.as_ref().and_then(|issuer| tenant_of(kind, issuer));
    let is_asked = |tenant: &str| tenant.eq_ignore_ascii_case(asked);
    let is_issuers = issuer.is_some_and(|issuer| issuer.eq_ignore_ascii_case(endpoint));
    let fits = match Tenant::parse(asked) {
        _ if kind == AuthorityKind::Dsts => is_asked(endpoint),
        Ok(Tenant::Id(_)) => is_asked(endpoint) && issuer.is_some_and(is_asked),
        // The document of a domain name has its GUID in every URL, or in the issuer alone: which GUID that is, only the
        // document says. Another name is another tenant's.
        Ok(Tenant::Domain(_)) => {
            let is_own = |tenant: &str| is_asked(tenant) || is_guid(tenant);
            (is_asked(endpoint) || is_guid(endpoint) && is_issuers) && issuer.is_none_or(is_own)
        }
        // The issuer of many tenants is a template; that of personal accounts has the tenant they live in.
        Ok(shared) => {
            // `{tenantid}`, as the parser of URLs writes it.
            let is_template = |tenant: &str| tenant.eq_ignore_ascii_case("%7Btenantid%7D");
            let is_personal = |tenant: &str| Tenant::parse(tenant).is_ok_and(|id| id.is_personal());
            let is_shared = |tenant: &str| {
                is_asked(tenant)
                    || is_template(tenant)
                    || shared.is_personal() && is_personal(tenant)
            };
            is_asked(endpoint) && issuer.is_none_or(is_shared)
        }
        Err(_not_a_tenant) => false,
    };
    match fits {
        true => Ok(()),
        false => Err(DiscoveryError::Tenant {
            authority: authority.to_string(),
            tenant: endpoint.escape_debug().to_string(),
        }),
    }
}

/// The tenant in the path of an endpoint or an issuer.
pub(super) fn tenant_of(kind: AuthorityKind, url: &Url) -> Option<&str> {
    let mut segments = url.path_segments()?.filter(|segment| !segment.is_empty());
    let first = segments.next()?;
    let is_prefix = match kind {
        AuthorityKind::B2c => first.eq_ignore_ascii_case("tfp"),
        AuthorityKind::Dsts => first.eq_ignore_ascii_case("dstsv2"),
        _ => false,
    };
    match is_prefix {
        true => segments.next(),
        false => Some(first),
    }
}

/// Whether a user may be sent to `url` with a code that lets a device in.
///
/// RFC 8628 §5.4: who enters a code at the wrong place is phished. The page of Microsoft's clouds is on a host that serves no
/// tokens.
pub(super) fn is_verification_address(authority: &Authority, url: &Url) -> bool {
    let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    let is_microsofts = authority.kind() == AuthorityKind::Entra
        && MICROSOFTS_PAGES.contains(&host_of(url).as_str());
    is_plain && (belongs_to(authority, url) || is_microsofts)
}

/// Where Entra has its pages for devices: `/devicelogin`, `/deviceloginus`, `/link` and others.
const MICROSOFTS_PAGES: [&str; 2] = ["microsoft.com", "www.microsoft.com"];

/// Whether an ID token is one of the authority's, whose document names the issuer `discovered`.
pub(super) fn is_issued_by(
    authority: &Authority,
    discovered: &str,
    claims: &IdTokenClaims,
) -> bool {
    // OpenID Connect Core §3.1.3.7, rule 2: the issuer that was discovered "MUST exactly match the value of the iss
    // (issuer) Claim". Entra's document has one issuer for many tenants, and its tokens have that of their tenant.
    let is_exact = claims.issuer == discovered;
    let is_entra = authority.kind() == AuthorityKind::Entra;
    // This issuer was checked when the document was read: only the tenant remains to be compared.
    if is_entra && is_exact && has_tenant(claims) {
        return true;
    }
    let Ok(issuer) = Url::parse(&claims.issuer) else {
        return false;
    };
    let tenant = claims.tenant_id.as_deref().unwrap_or_default();
    match authority.kind() {
        AuthorityKind::Entra => {
            belongs_to(authority, &issuer) && !tenant.is_empty() && has_segment(&issuer, tenant)
        }
        AuthorityKind::B2c | AuthorityKind::Ciam => {
            belongs_to(authority, &issuer) || host_of(&issuer) == issuer_host(discovered)
        }
        AuthorityKind::Adfs | AuthorityKind::Dsts | AuthorityKind::Oidc => is_exact,
    }
}

/// Whether a URL is on the authority's own host or, for Entra, on another host of the same cloud.
fn belongs_to(authority: &Authority, url: &Url) -> bool {
    let host = host_of(url);
    host == authority.host()
        || (authority.kind() == AuthorityKind::Entra
            && authority.cloud().is_some()
            && url.port().is_none()
            && same_cloud(&host, authority.host()))
}

/// Whether this is how External ID names itself: `https://{tenant}.ciamlogin.com/{tenant}/…`.
fn is_ciam_issuer(url: &Url) -> bool {
    let host = host_of(url);
    let tenant = url.path_segments().and_then(|mut segments| segments.next());
    tenant.is_some_and(|tenant| !tenant.is_empty() && host == format!("{tenant}.ciamlogin.com"))
}

/// Whether the issuer has the token's tenant as a part of its path, letter by letter.
fn has_tenant(claims: &IdTokenClaims) -> bool {
    let tenant = claims.tenant_id.as_deref().unwrap_or_default();
    !tenant.is_empty() && claims.issuer.split('/').skip(3).any(|part| part == tenant)
}

/// Whether the path has `tenant` as a part, in any case.
fn has_segment(url: &Url, tenant: &str) -> bool {
    url.path_segments()
        .is_some_and(|mut segments| segments.any(|segment| segment.eq_ignore_ascii_case(tenant)))
}

/// The host of an issuer, or nothing where it is no URL.
fn issuer_host(issuer: &str) -> String {
    Url::parse(issuer)
        .map(|url| host_of(&url))
        .unwrap_or_default()
}
