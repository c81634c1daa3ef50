//! Whom an authority is trusted to name: the issuers, endpoints and tenants that belong to it.

use url::Url;

use super::error::DiscoveryError;
use crate::authority::host_of;
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
    endpoint: String,
) -> Result<String, DiscoveryError> {
    let foreign = |host: &str| DiscoveryError::ForeignEndpoint {
        authority: authority.to_string(),
        member,
        host: host.escape_debug().to_string(),
    };
    let url = Url::parse(&endpoint).map_err(|_unspecific| foreign(&endpoint))?;
    let is_ours = belongs_to(authority, &url);
    // RFC 6749 §3.1 and §3.2 want TLS at both endpoints.
    let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    match is_ours && is_plain {
        true => Ok(endpoint),
        false => Err(foreign(&host_of(&url))),
    }
}

/// Whether the token endpoint of a document is that of the tenant that was asked for.
pub(super) fn check_tenant(
    authority: &Authority,
    issuer: &str,
    realm: &str,
) -> Result<(), DiscoveryError> {
    if !matches!(authority.kind(), AuthorityKind::Entra | AuthorityKind::Ciam) {
        return Ok(());
    }
    let tenant = authority.tenant();
    let is_issuers = Url::parse(issuer).is_ok_and(|issuer| has_segment(&issuer, realm));
    let is_asked_for = tenant.as_str().eq_ignore_ascii_case(realm);
    let fits = match tenant {
        Tenant::Id(_) => is_asked_for && is_issuers,
        // The document of a domain name has its GUID in every URL, the issuer's among them.
        Tenant::Domain(_) => is_asked_for || is_issuers,
        Tenant::Common | Tenant::Consumers | Tenant::Organizations => is_asked_for,
    };
    match fits {
        true => Ok(()),
        false => Err(DiscoveryError::Tenant {
            authority: authority.to_string(),
            tenant: realm.escape_debug().to_string(),
        }),
    }
}

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
