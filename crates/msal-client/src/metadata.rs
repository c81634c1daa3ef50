//! Where an authority's endpoints are: from the built-in table, else from the authority itself, asked once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Response;
use msal_core::{
    Authority, AuthorityKind, DiscoveryError, InstanceMetadata, ProviderMetadata, TrustedAuthority,
    retry_after,
};

use crate::error::{ConfigError, Error, ProtocolError};
use crate::runtime::Runtime;
use crate::single_flight::SingleFlight;

/// The metadata found so far. It is kept for the life of the application; a service that moves its endpoints keeps
/// the old ones alive for longer than that.
#[derive(Debug, Default)]
pub struct MetadataCache {
    known: Mutex<HashMap<Authority, ProviderMetadata>>,
    /// Many tokens of one authority start out together: the first asks, and the others wait for it.
    lookups: SingleFlight<Authority, Result<ProviderMetadata, Error>>,
}

impl MetadataCache {
    /// The endpoints of `authority`, without asking the network where they are built in or were asked for before.
    ///
    /// # Errors
    /// [`Error::Http`] when nobody answers; [`Error::Protocol`] when the metadata may not be used.
    pub async fn resolve(
        &self,
        authority: &TrustedAuthority,
        runtime: &Runtime,
    ) -> Result<ProviderMetadata, Error> {
        if let Some(metadata) = self.without_asking(authority) {
            return Ok(metadata);
        }
        let lookup = self.ask(authority, runtime);
        self.lookups.run((**authority).clone(), lookup).await
    }

    /// As [`MetadataCache::resolve`], for an authority that nobody has named: Microsoft is asked about its host first.
    ///
    /// # Errors
    /// [`Error::Config`] for a host that Microsoft does not know either.
    pub(crate) async fn resolve_unnamed(
        &self,
        authority: &Authority,
        runtime: &Runtime,
    ) -> Result<ProviderMetadata, Error> {
        if let Some(metadata) = self.without_asking(authority) {
            return Ok(metadata);
        }
        let lookup = async {
            // A look-up by another caller may have ended just before this one began.
            match self.without_asking(authority) {
                Some(metadata) => Ok(metadata),
                None => {
                    self.ask(&vouched_for(authority, runtime).await?, runtime)
                        .await
                }
            }
        };
        self.lookups.run(authority.clone(), lookup).await
    }

    async fn ask(
        &self,
        authority: &TrustedAuthority,
        runtime: &Runtime,
    ) -> Result<ProviderMetadata, Error> {
        // A look-up by another caller may have ended just before this one began.
        if let Some(metadata) = self.without_asking(authority) {
            return Ok(metadata);
        }
        let request = ProviderMetadata::request(authority).map_err(protocol)?;
        let response = runtime.http().send(request).await?;
        // OpenID Connect Discovery §4.3: the document must name the issuer that was asked for it, which `read` checks.
        let metadata = ProviderMetadata::read(authority, &response)
            .map_err(|error| refused(error, &response, runtime))?;
        self.lock().insert((**authority).clone(), metadata.clone());
        Ok(metadata)
    }

    fn without_asking(&self, authority: &Authority) -> Option<ProviderMetadata> {
        ProviderMetadata::built_in(authority).or_else(|| self.cached(authority))
    }

    /// The tenant that the token endpoint of `authority` turned out to have, if it has been asked.
    pub(crate) fn realm(&self, authority: &Authority) -> Option<String> {
        let known = self.lock();
        known.get(authority).map(|metadata| metadata.realm.clone())
    }

    fn cached(&self, authority: &Authority) -> Option<ProviderMetadata> {
        self.lock().get(authority).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Authority, ProviderMetadata>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks Microsoft whether a host that is not built in is one of theirs. Microsoft answers that for Entra ID only: the hosts
/// of other authorities have to be named by the caller.
async fn vouched_for(authority: &Authority, runtime: &Runtime) -> Result<TrustedAuthority, Error> {
    let unknown = || ConfigError::unknown_authority(authority.host());
    if authority.kind() != AuthorityKind::Entra {
        return Err(Error::Config(unknown()));
    }
    let request = InstanceMetadata::request(authority).map_err(protocol)?;
    let response = runtime.http().send(request).await?;
    match InstanceMetadata::read(&response) {
        Ok(metadata) => metadata.vouch_for(authority.clone()).map_err(protocol),
        Err(DiscoveryError::UnknownInstance) => Err(Error::Config(unknown())),
        Err(error) => Err(refused(error, &response, runtime)),
    }
}

/// An error with the wait that its answer asks for. RFC 9110 §10.2.3: `Retry-After` may be a date, which only a clock turns
/// into a wait.
fn refused(error: DiscoveryError, response: &Response<Bytes>, runtime: &Runtime) -> Error {
    let wait = retry_after(response.headers(), runtime.clock().now());
    protocol(error.with_retry_after(wait))
}

fn protocol(error: DiscoveryError) -> Error {
    ProtocolError::Discovery(error).into()
}
