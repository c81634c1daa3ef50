//! Finding an authority's endpoints: OpenID Connect Discovery, and Microsoft's instance discovery.
//!
//! A metadata document says where refresh tokens are sent, so it is trusted with nothing it need not decide: its
//! issuer must be one that this kind of authority can have, and every endpoint used from it must be https and on a
//! host that belongs to the authority. Other libraries send the token wherever the document points.

use std::time::Duration;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use thiserror::Error;
use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::{Authority, AuthorityKind, IdTokenClaims, IdTokenError, Tenant, same_cloud};

/// The endpoints of an authority, after every check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderMetadata {
    /// The issuer; for Entra's shared tenants it holds the placeholder `{tenantid}`.
    pub issuer: String,
    /// Where users sign in.
    pub authorization_endpoint: String,
    /// Where grants are redeemed.
    pub token_endpoint: String,
    /// Where a device flow starts, if the provider has one (RFC 8628 §3.1).
    pub device_authorization_endpoint: Option<String>,
    /// The tenant as the token endpoint's path has it: a domain name may have become a GUID.
    pub realm: String,
    authority: Authority,
}

impl ProviderMetadata {
    /// The metadata of an Entra authority in a built-in cloud, when it can be known without asking.
    ///
    /// `None` for a tenant given by domain name (the document says which GUID it has), for hosts outside the
    /// built-in clouds, and for other kinds.
    pub fn built_in(authority: &Authority) -> Option<Self> {
        let needs_no_look_up = !matches!(authority.tenant(), Tenant::Domain(_));
        (needs_no_look_up
            && authority.kind() == AuthorityKind::Entra
            && authority.cloud().is_some())
        .then(|| Self::entra(authority))
    }

    /// The endpoints every Entra tenant has, by rule and not by look-up: for a host that the caller named and whose
    /// metadata need not be asked for.
    pub fn entra(authority: &Authority) -> Self {
        let endpoint = |path| format!("{authority}/oauth2/v2.0/{path}");
        let issuer_tenant = match authority.tenant() {
            tenant if tenant.is_shared() => "{tenantid}",
            tenant => tenant.as_str(),
        };
        Self {
            issuer: format!("https://{}/{issuer_tenant}/v2.0", authority.host()),
            authorization_endpoint: endpoint("authorize"),
            token_endpoint: endpoint("token"),
            device_authorization_endpoint: Some(endpoint("devicecode")),
            realm: authority.realm().to_owned(),
            authority: authority.clone(),
        }
    }

    /// The request for the authority's metadata document.
    ///
    /// # Errors
    /// [`DiscoveryError::Url`] when the authority cannot be put into a URL.
    pub fn request(authority: &Authority) -> Result<Request<Bytes>, DiscoveryError> {
        get(&authority.openid_configuration_url())
    }

    /// Reads and checks the answer to [`ProviderMetadata::request`].
    ///
    /// # Errors
    /// [`DiscoveryError`]; nothing of a refused document may be used.
    pub fn read(authority: &Authority, response: &Response<Bytes>) -> Result<Self, DiscoveryError> {
        #[derive(Deserialize)]
        struct Wire {
            issuer: Option<String>,
            authorization_endpoint: Option<String>,
            token_endpoint: Option<String>,
            device_authorization_endpoint: Option<String>,
        }
        check_status(response)?;
        let wire: Wire = serde_json::from_slice(response.body())
            .map_err(|_unspecific| DiscoveryError::NotJson)?;
        let missing = |member| DiscoveryError::Missing { member };
        let issuer = wire.issuer.ok_or_else(|| missing("issuer"))?;
        check_issuer(authority, &issuer)?;
        let on_our_host = |member, endpoint: String| check_endpoint(authority, member, endpoint);
        let token_endpoint = wire
            .token_endpoint
            .ok_or_else(|| missing("token_endpoint"))?;
        let authorization_endpoint = wire
            .authorization_endpoint
            .ok_or_else(|| missing("authorization_endpoint"))?;
        let token_endpoint = on_our_host("token_endpoint", token_endpoint)?;
        let realm = realm_of(authority, &token_endpoint);
        check_tenant(authority, &issuer, &realm)?;
        Ok(Self {
            authorization_endpoint: on_our_host("authorization_endpoint", authorization_endpoint)?,
            device_authorization_endpoint: wire
                .device_authorization_endpoint
                .map(|endpoint| on_our_host("device_authorization_endpoint", endpoint))
                .transpose()?,
            realm,
            token_endpoint,
            issuer,
            authority: authority.clone(),
        })
    }

    /// The authority this is the metadata of.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Checks that an ID token comes from this provider (OpenID Connect Core §3.1.3.7, rule 2).
    ///
    /// Entra's tokens name the tenant they were issued in, by either endpoint version's issuer, so the issuer must be
    /// on a host of the same cloud and hold the token's own `tid`. B2C and External ID must share the host; all other
    /// providers must match exactly.
    ///
    /// # Errors
    /// [`IdTokenError::Issuer`].
    pub fn check_id_token_issuer(&self, claims: &IdTokenClaims) -> Result<(), IdTokenError> {
        let refused = Err(IdTokenError::Issuer);
        let is_entra = self.authority.kind() == AuthorityKind::Entra;
        // The very issuer that was found to be the authority's: nothing but the tenant is left to look at.
        if is_entra && claims.issuer == self.issuer && has_tenant(claims) {
            return Ok(());
        }
        let Ok(issuer) = Url::parse(&claims.issuer) else {
            return refused;
        };
        let tenant = claims.tenant_id.as_deref().unwrap_or_default();
        let is_genuine = match self.authority.kind() {
            AuthorityKind::Entra => {
                belongs_to(&self.authority, &issuer)
                    && !tenant.is_empty()
                    && has_segment(&issuer, tenant)
            }
            AuthorityKind::B2c | AuthorityKind::Ciam => {
                belongs_to(&self.authority, &issuer)
                    || host_and_port(&issuer) == issuer_host(&self.issuer)
            }
            AuthorityKind::Adfs | AuthorityKind::Dsts | AuthorityKind::Oidc => {
                claims.issuer == self.issuer
            }
        };
        if is_genuine { Ok(()) } else { refused }
    }
}

/// What Microsoft's instance discovery says of an authority that it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceMetadata {
    tenant_discovery_endpoint: Option<String>,
}

impl InstanceMetadata {
    /// The request that asks Microsoft's public cloud whether it knows `authority`.
    ///
    /// # Errors
    /// [`DiscoveryError::Url`] when the authority cannot be put into a URL.
    pub fn request(authority: &Authority) -> Result<Request<Bytes>, DiscoveryError> {
        let host = match authority.cloud() {
            Some(cloud) => cloud.preferred_network,
            None => "login.microsoftonline.com",
        };
        let endpoint = format!("{authority}/oauth2/v2.0/authorize");
        let endpoint: String = byte_serialize(endpoint.as_bytes()).collect();
        get(&format!(
            "https://{host}/common/discovery/instance?api-version=1.1&authorization_endpoint={endpoint}"
        ))
    }

    /// Reads the answer to [`InstanceMetadata::request`].
    ///
    /// # Errors
    /// [`DiscoveryError::UnknownInstance`] when Microsoft does not know the authority's host.
    pub fn read(response: &Response<Bytes>) -> Result<Self, DiscoveryError> {
        #[derive(Deserialize)]
        struct Wire {
            tenant_discovery_endpoint: Option<String>,
            error: Option<String>,
        }
        let wire: Wire = match serde_json::from_slice(response.body()) {
            Ok(wire) => wire,
            Err(_) if !response.status().is_success() => return Err(status_error(response)),
            Err(_) => return Err(DiscoveryError::NotJson),
        };
        if wire.error.as_deref() == Some("invalid_instance") {
            return Err(DiscoveryError::UnknownInstance);
        }
        check_status(response)?;
        Ok(Self {
            tenant_discovery_endpoint: wire.tenant_discovery_endpoint,
        })
    }

    /// Checks that the answer vouches for `authority`: it names the authority's own metadata document.
    ///
    /// # Errors
    /// [`DiscoveryError::Missing`] when it names none, [`DiscoveryError::ForeignEndpoint`] when it points elsewhere.
    pub fn vouch_for(&self, authority: &Authority) -> Result<(), DiscoveryError> {
        let member = "tenant_discovery_endpoint";
        let endpoint = self.tenant_discovery_endpoint.clone();
        let endpoint = endpoint.ok_or(DiscoveryError::Missing { member })?;
        check_endpoint(authority, member, endpoint).map(drop)
    }
}

/// Why an authority's endpoints could not be found, or may not be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The document names an endpoint outside the authority: a token sent there would be in a stranger's hands.
    #[error("the metadata of `{authority}` names a {member} on a foreign host, `{host}`")]
    #[non_exhaustive]
    ForeignEndpoint {
        /// The authority that was asked.
        authority: String,
        /// Which endpoint.
        member: &'static str,
        /// The host it is on.
        host: String,
    },
    /// The document was issued for another authority.
    #[error("the metadata of `{authority}` names another issuer, `{issuer}`")]
    #[non_exhaustive]
    Issuer {
        /// The authority that was asked.
        authority: String,
        /// The issuer in the document.
        issuer: String,
    },
    /// A required member is not there.
    #[error("the metadata lacks `{member}`")]
    #[non_exhaustive]
    Missing {
        /// The member.
        member: &'static str,
    },
    /// The answer is not a JSON object.
    #[error("the metadata is not JSON")]
    NotJson,
    /// The server refused to answer: an unknown tenant, or no such document at that place.
    #[error("the metadata was refused with HTTP {}{}", status.as_u16(), text_after_colon(error))]
    #[non_exhaustive]
    Status {
        /// The HTTP status.
        status: StatusCode,
        /// `error` of the body, or nothing.
        error: String,
        /// How long the server asks to be left alone, where it says so in seconds.
        retry_after: Option<Duration>,
    },
    /// The document sends tokens to another tenant than the one that was asked for.
    #[error("the metadata of `{authority}` is that of another tenant, `{tenant}`")]
    #[non_exhaustive]
    Tenant {
        /// The authority that was asked.
        authority: String,
        /// The tenant of its token endpoint.
        tenant: String,
    },
    /// Microsoft does not know the authority's host. If you do, name it as a known authority.
    #[error("the authority's host is not one of Microsoft's")]
    UnknownInstance,
    /// The authority cannot be put into a URL.
    #[error("`{url}` is not a URL")]
    #[non_exhaustive]
    Url {
        /// What was built.
        url: String,
    },
}

impl DiscoveryError {
    /// Whether the same request may succeed later: the server was busy or broken.
    pub fn is_transient(&self) -> bool {
        let Self::Status { status, .. } = self else {
            return false;
        };
        let is_busy = matches!(
            *status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        );
        is_busy || status.is_server_error()
    }

    /// The same error with what its header says to somebody who has a clock: see
    /// [`retry_after`](crate::retry_after()).
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        if let Self::Status { retry_after, .. } = &mut self {
            *retry_after = wait;
        }
        self
    }

    /// How long the server asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn get(url: &str) -> Result<Request<Bytes>, DiscoveryError> {
    Request::get(url)
        .header(ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|_unspecific| DiscoveryError::Url {
            url: url.to_owned(),
        })
}

fn check_status(response: &Response<Bytes>) -> Result<(), DiscoveryError> {
    match response.status().is_success() {
        true => Ok(()),
        false => Err(status_error(response)),
    }
}

fn status_error(response: &Response<Bytes>) -> DiscoveryError {
    #[derive(Deserialize)]
    struct Wire {
        error: String,
    }
    let wire: Option<Wire> = serde_json::from_slice(response.body()).ok();
    DiscoveryError::Status {
        status: response.status(),
        error: wire.map(|wire| wire.error).unwrap_or_default(),
        retry_after: crate::retry_after::delay_seconds(response.headers()),
    }
}

fn text_after_colon(text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!(": {text}"),
    }
}

fn check_issuer(authority: &Authority, issuer: &str) -> Result<(), DiscoveryError> {
    let refused = || DiscoveryError::Issuer {
        authority: authority.to_string(),
        issuer: issuer.escape_debug().to_string(),
    };
    let url = Url::parse(issuer).map_err(|_unspecific| refused())?;
    let is_legal = match authority.kind() {
        AuthorityKind::Entra | AuthorityKind::B2c => belongs_to(authority, &url),
        // External ID's issuer stands on the tenant's GUID as a subdomain: https://{tid}.ciamlogin.com/{tid}/v2.0
        AuthorityKind::Ciam => belongs_to(authority, &url) || is_ciam_issuer(&url),
        AuthorityKind::Adfs | AuthorityKind::Dsts => host_and_port(&url) == authority.host(),
        AuthorityKind::Oidc => issuer.trim_end_matches('/') == authority.to_string(),
    };
    let may_be_http = authority.kind() == AuthorityKind::Adfs; // ADFS names itself http://…/adfs/services/trust
    match is_legal && (url.scheme() == "https" || may_be_http) {
        true => Ok(()),
        false => Err(refused()),
    }
}

fn check_endpoint(
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
    let is_plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    match is_ours && is_plain {
        true => Ok(endpoint),
        false => Err(foreign(&host_and_port(&url))),
    }
}

/// A tenant's document sends tokens to that tenant. What a domain name stands for is told by the issuer as well.
fn check_tenant(authority: &Authority, issuer: &str, realm: &str) -> Result<(), DiscoveryError> {
    if !matches!(authority.kind(), AuthorityKind::Entra | AuthorityKind::Ciam) {
        return Ok(());
    }
    let tenant = authority.tenant();
    let is_issuers = Url::parse(issuer).is_ok_and(|issuer| has_segment(&issuer, realm));
    let is_asked_for = tenant.as_str().eq_ignore_ascii_case(realm);
    let fits = match tenant {
        Tenant::Id(_) => is_asked_for && is_issuers,
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

/// Whether a URL is on the authority's own host or, for Entra, on another host of the same cloud.
fn belongs_to(authority: &Authority, url: &Url) -> bool {
    let host = host_and_port(url);
    host == authority.host()
        || (authority.kind() == AuthorityKind::Entra
            && authority.cloud().is_some()
            && url.port().is_none()
            && same_cloud(&host, authority.host()))
}

fn is_ciam_issuer(url: &Url) -> bool {
    let host = host_and_port(url);
    let tenant = url.path_segments().and_then(|mut segments| segments.next());
    tenant.is_some_and(|tenant| !tenant.is_empty() && host == format!("{tenant}.ciamlogin.com"))
}

/// Whether the issuer names the token's tenant in so many words.
fn has_tenant(claims: &IdTokenClaims) -> bool {
    let tenant = claims.tenant_id.as_deref().unwrap_or_default();
    !tenant.is_empty() && claims.issuer.split('/').skip(3).any(|part| part == tenant)
}

fn has_segment(url: &Url, tenant: &str) -> bool {
    url.path_segments()
        .is_some_and(|mut segments| segments.any(|segment| segment.eq_ignore_ascii_case(tenant)))
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

fn issuer_host(issuer: &str) -> String {
    Url::parse(issuer)
        .map(|url| host_and_port(&url))
        .unwrap_or_default()
}

/// The first segment of the token endpoint's path, which MSAL stores as `realm`; External ID answers on the bare host.
fn realm_of(authority: &Authority, token_endpoint: &str) -> String {
    let url = Url::parse(token_endpoint).ok();
    let first = url
        .as_ref()
        .and_then(Url::path_segments)
        .and_then(|mut segments| segments.next().filter(|segment| !segment.is_empty()));
    match (authority.kind(), first) {
        (AuthorityKind::B2c | AuthorityKind::Dsts, _) | (_, None) => authority.realm().to_owned(),
        (_, Some(first)) => first.to_owned(),
    }
}

#[cfg(test)]
mod tests;
