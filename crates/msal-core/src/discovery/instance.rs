//! Microsoft's instance discovery: whether an authority's host is one of Microsoft's.

use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use super::document::{check_status, get, status_error};
use super::error::DiscoveryError;
use super::trust::check_endpoint;
use crate::{Authority, TrustedAuthority};

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
        struct InstanceWire {
            tenant_discovery_endpoint: Option<String>,
            error: Option<String>,
        }
        // An unknown instance is a 400 with a JSON body, so the body is read before the status is judged.
        let wire: InstanceWire = match serde_json::from_slice(response.body()) {
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

    /// Trusts `authority` where the answer vouches for it: it names the authority's own metadata document.
    ///
    /// # Errors
    /// [`DiscoveryError::Missing`] when it names none, [`DiscoveryError::ForeignEndpoint`] when it points elsewhere.
    pub fn vouch_for(&self, authority: Authority) -> Result<TrustedAuthority, DiscoveryError> {
        // A document on another host says nothing about this authority.
        let member = "tenant_discovery_endpoint";
        let endpoint = self.tenant_discovery_endpoint.clone();
        let endpoint = endpoint.ok_or(DiscoveryError::Missing { member })?;
        check_endpoint(&authority, member, &endpoint)?;
        Ok(TrustedAuthority::vouched_for(authority))
    }
}
