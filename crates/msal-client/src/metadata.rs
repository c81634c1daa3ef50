//! Where an authority's endpoints are: from the built-in table, else from the authority itself, asked once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use msal_core::{
    Authority, AuthorityKind, DiscoveryError, InstanceMetadata, ProviderMetadata, TrustedAuthority,
    retry_after,
};
use tracing::Span;

use crate::error::{ConfigError, Error, ProtocolError};
use crate::observe;
use crate::ports::Ports;
use crate::single_flight::SingleFlight;
use crate::transport::HttpError;

/// The metadata found so far. It is kept for as long as anybody works with it; a service that moves its endpoints keeps
/// the old ones alive for longer than that.
#[derive(Debug, Default)]
pub(crate) struct MetadataCache {
    known: Mutex<HashMap<Place, ProviderMetadata>>,
    /// Many tokens of one authority start out together: the first asks, and the others wait for it.
    lookups: SingleFlight<Place, Result<ProviderMetadata, Error>>,
}

/// An authority, and why it may be trusted.
///
/// One application's trust is not another's: what was found out at a host that one has named says nothing to an
/// application that has not named it, and that one still asks Microsoft about the host first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place {
    authority: Authority,
    trust: Trust,
}

/// Who says that tokens may be sent to an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Trust {
    /// Whoever asks, with a [`TrustedAuthority`].
    Caller,
    /// Microsoft, who was asked.
    Microsoft,
}

impl Place {
    fn of(authority: &TrustedAuthority) -> Self {
        Self {
            authority: (**authority).clone(),
            trust: Trust::Caller,
        }
    }

    fn unnamed(authority: &Authority) -> Self {
        Self {
            authority: authority.clone(),
            trust: Trust::Microsoft,
        }
    }
}

impl MetadataCache {
    /// The endpoints of `authority`, without asking the network where they are built in or were asked for before.
    ///
    /// # Errors
    /// [`Error::Http`] when nobody answers; [`Error::Protocol`] when the metadata may not be used.
    pub(crate) async fn resolve(
        &self,
        authority: &TrustedAuthority,
        ports: &Ports,
    ) -> Result<ProviderMetadata, Error> {
        let place = Place::of(authority);
        if let Some(metadata) = self.without_asking(&place) {
            return Ok(metadata);
        }
        let lookup = async { self.ask(&place, authority, ports).await };
        self.lookups.run(place.clone(), lookup).await.0
    }

    /// As [`MetadataCache::resolve`], for an authority that nobody has named: Microsoft is asked about its host first.
    ///
    /// # Errors
    /// [`Error::Config`] for a host that Microsoft does not know either.
    pub(crate) async fn resolve_unnamed(
        &self,
        authority: &Authority,
        ports: &Ports,
    ) -> Result<ProviderMetadata, Error> {
        let place = Place::unnamed(authority);
        if let Some(metadata) = self.without_asking(&place) {
            return Ok(metadata);
        }
        let lookup = async {
            // A look-up by another caller may have ended just before this one began.
            match self.without_asking(&place) {
                Some(metadata) => Ok(metadata),
                None => {
                    let trusted = vouched_for(authority, ports).await?;
                    self.ask(&place, &trusted, ports).await
                }
            }
        };
        self.lookups.run(place.clone(), lookup).await.0
    }

    async fn ask(
        &self,
        place: &Place,
        authority: &TrustedAuthority,
        ports: &Ports,
    ) -> Result<ProviderMetadata, Error> {
        // A look-up by another caller may have ended just before this one began.
        if let Some(metadata) = self.without_asking(place) {
            return Ok(metadata);
        }
        let metadata = discover(authority, ports).await?;
        self.keep(place.clone(), metadata.clone());
        Ok(metadata)
    }

    fn without_asking(&self, place: &Place) -> Option<ProviderMetadata> {
        ProviderMetadata::built_in(&place.authority).or_else(|| self.lock().get(place).cloned())
    }

    fn keep(&self, place: Place, metadata: ProviderMetadata) {
        let mut known = self.lock();
        // A service may be told its tenants by strangers. Any of them can be asked for again.
        if known.len() >= MOST_AUTHORITIES
            && let Some(any) = known.keys().next().cloned()
        {
            known.remove(&any);
        }
        known.insert(place, metadata);
    }

    /// The tenant that the token endpoint of an authority turned out to have, if it has been asked.
    pub(crate) fn realm(&self, authority: &TrustedAuthority) -> Option<String> {
        self.realm_at(&Place::of(authority))
    }

    /// As [`MetadataCache::realm`], for an authority that nobody has named.
    pub(crate) fn realm_of_unnamed(&self, authority: &Authority) -> Option<String> {
        self.realm_at(&Place::unnamed(authority))
    }

    fn realm_at(&self, place: &Place) -> Option<String> {
        let known = self.lock();
        known.get(place).map(|metadata| metadata.realm.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, ProviderMetadata>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks an authority for its metadata.
async fn discover(authority: &TrustedAuthority, ports: &Ports) -> Result<ProviderMetadata, Error> {
    let request = ProviderMetadata::request(authority).map_err(protocol)?;
    let span = observe::discovery(authority);
    let exchange = async {
        let response = send(request, ports, &span).await?;
        // OpenID Connect Discovery §4.3: the document must name the issuer that was asked for it, which `read` checks.
        ProviderMetadata::read(authority, &response)
            .map_err(|error| refused(error, &response, ports))
    };
    observe::request(&span, exchange).await
}

/// Asks Microsoft whether a host that is not built in is one of theirs. Microsoft answers that for Entra ID only: the hosts
/// of other authorities have to be named by the caller.
async fn vouched_for(authority: &Authority, ports: &Ports) -> Result<TrustedAuthority, Error> {
    let unknown = || ConfigError::unknown_authority(authority.host());
    if authority.kind() != AuthorityKind::Entra {
        return Err(Error::Config(unknown()));
    }
    let request = InstanceMetadata::request(authority).map_err(protocol)?;
    let span = observe::instance_discovery(authority);
    let exchange = async {
        let response = send(request, ports, &span).await?;
        match InstanceMetadata::read(&response) {
            Ok(metadata) => metadata.vouch_for(authority.clone()).map_err(protocol),
            Err(DiscoveryError::UnknownInstance) => Err(Error::Config(unknown())),
            Err(error) => Err(refused(error, &response, ports)),
        }
    };
    observe::request(&span, exchange).await
}

async fn send(
    request: Request<Bytes>,
    ports: &Ports,
    span: &Span,
) -> Result<Response<Bytes>, HttpError> {
    let answer = ports.http.send(request).await;
    observe::answered(span, &answer);
    answer
}

/// An error with the wait that its answer asks for. RFC 9110 §10.2.3: `Retry-After` may be a date, which only a clock turns
/// into a wait.
fn refused(error: DiscoveryError, response: &Response<Bytes>, ports: &Ports) -> Error {
    let wait = retry_after(response.headers(), ports.clock.now());
    protocol(error.with_retry_after(wait))
}

fn protocol(error: DiscoveryError) -> Error {
    ProtocolError::Discovery(error).into()
}

/// More than anybody but a service of many tenants has to do with; each takes about a kilobyte.
const MOST_AUTHORITIES: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_authorities_are_known_than_there_is_room_for() {
        let cache = MetadataCache::default();
        let authority = |number: usize| {
            let url = format!("https://login.microsoftonline.com/{number}.example");
            TrustedAuthority::built_in(Authority::parse(&url).unwrap()).unwrap()
        };
        for number in 0..=MOST_AUTHORITIES {
            let authority = authority(number);
            let metadata = ProviderMetadata::entra(&authority).unwrap();
            cache.keep(Place::of(&authority), metadata);
        }
        assert_eq!(cache.lock().len(), MOST_AUTHORITIES);
        assert!(cache.realm(&authority(MOST_AUTHORITIES)).is_some());
    }
}
