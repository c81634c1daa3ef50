//! OpenID Connect Discovery: an authority's endpoints, from its own metadata document.

use bytes::Bytes;
use http::{Request, Response, Uri};
use serde::Deserialize;
use url::Url;

use super::document::{check_status, get};
use super::error::DiscoveryError;
use super::trust::{
    check_endpoint, check_issuer, check_tenant, is_issued_by, is_verification_address, tenant_of,
};
use crate::authority::host_of;
use crate::{Authority, AuthorityKind, IdTokenClaims, IdTokenError, Tenant, TrustedAuthority};

/// The endpoints of an authority, after every check.
///
/// Only a [`TrustedAuthority`] has one, and tokens are sent to no other place than the token endpoint of one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderMetadata {
    /// The issuer (OpenID Connect Discovery §3); for Entra's shared tenants it holds the placeholder `{tenantid}`.
    pub issuer: String,
    /// Where users sign in (RFC 6749 §3.1).
    pub authorization_endpoint: String,
    /// Whether every answer of the authorization endpoint names the issuer (RFC 9207 §3).
    pub names_issuer_in_responses: bool,
    /// The tenant as the token endpoint's path has it: a domain name may have become a GUID.
    pub realm: String,
    /// As the parser of the checks read it, so that no other parser can read another host into it.
    token_endpoint: Uri,
    device_authorization_endpoint: Option<Uri>,
    authority: TrustedAuthority,
}

impl ProviderMetadata {
    /// The metadata of an Entra authority in a built-in cloud, when it can be known without asking.
    ///
    /// `None` for a tenant given by domain name (the document says which GUID it has), for hosts outside the
    /// built-in clouds, and for other kinds.
    pub fn built_in(authority: &Authority) -> Option<Self> {
        let is_built_in = Self::is_built_in(authority, authority.tenant());
        let authority = is_built_in.then(|| authority.clone());
        Self::entra(&authority.and_then(TrustedAuthority::built_in)?).ok()
    }

    /// Whether [`built_in`](Self::built_in) answers for an authority once it is that of `tenant`. Then the tenant stands in its
    /// endpoints as it was given.
    pub fn is_built_in(authority: &Authority, tenant: &Tenant) -> bool {
        let needs_no_look_up = !matches!(tenant, Tenant::Domain(_));
        needs_no_look_up && authority.kind() == AuthorityKind::Entra && authority.cloud().is_some()
    }

    /// The endpoints that every Entra tenant has, made by rule and without a request.
    ///
    /// # Errors
    /// [`DiscoveryError::Url`] when the authority cannot be put into a URL.
    pub fn entra(authority: &TrustedAuthority) -> Result<Self, DiscoveryError> {
        let endpoint = |path| format!("{authority}/oauth2/v2.0/{path}");
        let issuer_tenant = match authority.tenant() {
            tenant if tenant.is_shared() => "{tenantid}",
            tenant => tenant.as_str(),
        };
        Ok(Self {
            issuer: format!("https://{}/{issuer_tenant}/v2.0", authority.host()),
            authorization_endpoint: endpoint("authorize"),
            token_endpoint: uri(&endpoint("token"))?,
            device_authorization_endpoint: Some(uri(&endpoint("devicecode"))?),
            names_issuer_in_responses: false,
            realm: authority.realm().to_owned(),
            authority: authority.clone(),
        })
    }

    /// The request for the authority's metadata document.
    ///
    /// # Errors
    /// [`DiscoveryError::Url`] when the authority cannot be put into a URL.
    pub fn request(authority: &TrustedAuthority) -> Result<Request<Bytes>, DiscoveryError> {
        get(&authority.openid_configuration_url())
    }

    /// Reads and checks the answer to [`ProviderMetadata::request`].
    ///
    /// # Errors
    /// [`DiscoveryError`]; nothing of a refused document may be used.
    pub fn read(
        authority: &TrustedAuthority,
        response: &Response<Bytes>,
    ) -> Result<Self, DiscoveryError> {
        #[derive(Deserialize)]
        struct ProviderWire {
            issuer: Option<String>,
            authorization_endpoint: Option<String>,
            token_endpoint: Option<String>,
            device_authorization_endpoint: Option<String>,
            authorization_response_iss_parameter_supported: Option<bool>,
        }
        check_status(response)?;
        let wire: ProviderWire = serde_json::from_slice(response.body())
            .map_err(|_unspecific| DiscoveryError::NotJson)?;
        // OpenID Connect Discovery §3 requires these three, and others that are not needed here.
        let missing = |member| DiscoveryError::Missing { member };
        let issuer = wire.issuer.ok_or_else(|| missing("issuer"))?;
        check_issuer(authority, &issuer)?;
        let on_our_host = |member, endpoint: String| {
            check_endpoint(authority, member, &endpoint).map(|_url| endpoint)
        };
        let token_endpoint = wire
            .token_endpoint
            .ok_or_else(|| missing("token_endpoint"))?;
        let authorization_endpoint = wire
            .authorization_endpoint
            .ok_or_else(|| missing("authorization_endpoint"))?;
        let token_endpoint = check_endpoint(authority, "token_endpoint", &token_endpoint)?;
        let device_authorization_endpoint = wire
            .device_authorization_endpoint
            .map(|endpoint| check_endpoint(authority, "device_authorization_endpoint", &endpoint))
            .transpose()?;
        // A document may be on the authority's host and still be another tenant's.
        check_tenant(authority, &issuer, &token_endpoint)?;
        Ok(Self {
            authorization_endpoint: on_our_host("authorization_endpoint", authorization_endpoint)?,
            device_authorization_endpoint: device_authorization_endpoint
                .map(|endpoint| uri(endpoint.as_str()))
                .transpose()?,
            // RFC 9207 §3: "If omitted, the default value is false."
            names_issuer_in_responses: wire
                .authorization_response_iss_parameter_supported
                .unwrap_or_default(),
            realm: realm_of(authority, &token_endpoint),
            token_endpoint: uri(token_endpoint.as_str())?,
            issuer,
            authority: authority.clone(),
        })
    }

    /// The authority this is the metadata of.
    pub fn authority(&self) -> &TrustedAuthority {
        &self.authority
    }

    /// Where grants are redeemed (RFC 6749 §3.2).
    pub fn token_endpoint(&self) -> &Uri {
        &self.token_endpoint
    }

    /// Where a device flow begins, if the provider has one (RFC 8628 §3.1).
    pub fn device_authorization_endpoint(&self) -> Option<&Uri> {
        self.device_authorization_endpoint.as_ref()
    }

    /// The address that users of a device are sent to (RFC 8628 §3.2), if it is one of this provider's; else its host.
    pub(crate) fn verification_address(&self, address: &str) -> Result<String, String> {
        let foreign = |host: &str| host.escape_debug().to_string();
        let url = Url::parse(address).map_err(|_unspecific| foreign(address))?;
        match is_verification_address(&self.authority, &url) {
            true => Ok(url.into()),
            false => Err(foreign(&host_of(&url))),
        }
    }

    /// Checks that an ID token comes from this provider.
    ///
    /// Entra's tokens name the tenant they were issued in, by either endpoint version's issuer, so the issuer must be
    /// on a host of the same cloud and hold the token's own `tid`. B2C and External ID must share the host; all other
    /// providers must match exactly.
    ///
    /// # Errors
    /// [`IdTokenError::Issuer`].
    pub fn check_id_token_issuer(&self, claims: &IdTokenClaims) -> Result<(), IdTokenError> {
        match is_issued_by(&self.authority, &self.issuer, claims) {
            true => Ok(()),
            false => Err(IdTokenError::Issuer),
        }
    }
}

/// The first segment of the token endpoint's path, which MSAL stores as `realm`; External ID answers on the bare host.
fn realm_of(authority: &Authority, token_endpoint: &Url) -> String {
    match (
        authority.kind(),
        tenant_of(authority.kind(), token_endpoint),
    ) {
        (AuthorityKind::B2c | AuthorityKind::Dsts, _) | (_, None) => authority.realm().to_owned(),
        (_, Some(first)) => first.to_owned(),
    }
}

fn uri(url: &str) -> Result<Uri, DiscoveryError> {
    url.parse().map_err(|_unspecific| DiscoveryError::Url {
        url: url.to_owned(),
    })
}
