//! Waits that servers have asked for: until they are over nobody asks again.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use std::time::Duration;

use http::{StatusCode, Uri};
use msal_core::{
    DiscoveryError, HomeAccountId, ProviderMetadata, ScopeSet, ServiceError, UnixTime,
};

use crate::error::{Error, ProtocolError};
use crate::observe::{self, Caller};

/// The waits that are not over.
#[derive(Default)]
pub(crate) struct Throttling {
    waits: Mutex<HashMap<Throttled, Wait>>,
}

/// What a wait is about: an endpoint, a client and scopes, whoever the user is.
///
/// An endpoint of many tenants answers for each of them: there the user's own tenant belongs to it, so that a tenant that
/// is throttled does not keep the users of all others waiting.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Throttled {
    endpoint: Uri,
    client_id: String,
    scopes: ScopeSet,
    tenant: Option<String>,
}

/// What an endpoint said that may ask to be left alone.
#[derive(Clone)]
pub(crate) enum Refused {
    Service(Box<ServiceError>),
    Discovery(DiscoveryError),
}

struct Wait {
    since: UnixTime,
    until: UnixTime,
    refused: Refused,
}

impl Refused {
    /// How long, and in which answer; `None` for one that time does not heal.
    fn wait(&self) -> Option<(Duration, StatusCode)> {
        match self {
            Self::Service(error) => error.throttles().map(|wait| (wait, error.status)),
            Self::Discovery(error) => match error {
                DiscoveryError::Status {
                    status,
                    retry_after: Some(wait),
                    ..
                } if error.is_transient() => Some((*wait, *status)),
                _ => None,
            },
        }
    }

    fn with_wait(&self, left: Duration) -> Self {
        let mut refused = self.clone();
        match &mut refused {
            Self::Service(error) => error.retry_after = Some(left),
            Self::Discovery(error) => *error = error.clone().with_retry_after(Some(left)),
        }
        refused
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Service(error) => (*error).into(),
            Refused::Discovery(error) => ProtocolError::Discovery(error).into(),
        }
    }
}

impl Throttled {
    /// What a request for tokens would be throttled for; `user` is whose they are, where that is known.
    pub(crate) fn new(
        metadata: &ProviderMetadata,
        client_id: &str,
        scopes: &ScopeSet,
        user: Option<&HomeAccountId>,
    ) -> Self {
        let is_shared = metadata.authority().tenant().is_shared();
        let user = user.filter(|_| is_shared);
        Self {
            endpoint: metadata.token_endpoint().clone(),
            client_id: client_id.to_owned(),
            scopes: scopes.clone(),
            tenant: user.and_then(HomeAccountId::tenant).map(str::to_owned),
        }
    }

    /// What a request that is not for tokens yet would be throttled for.
    pub(crate) fn at(endpoint: &Uri, client_id: &str, scopes: &ScopeSet) -> Self {
        Self {
            endpoint: endpoint.clone(),
            client_id: client_id.to_owned(),
            scopes: scopes.clone(),
            tenant: None,
        }
    }
}

impl Throttling {
    /// Whether a request may be sent.
    ///
    /// # Errors
    /// What was answered before, with what is left of its wait.
    pub(crate) fn check(
        &self,
        what: &Throttled,
        caller: Caller<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let Some((refused, left)) = self.refusal(what, now) else {
            return Ok(());
        };
        observe::not_sent(caller, left);
        Err(refused.into())
    }

    fn refusal(&self, what: &Throttled, now: UnixTime) -> Option<(Refused, Duration)> {
        let waits = self.lock();
        let wait = waits.get(what).filter(|wait| wait.is_on(now))?;
        let left = now.until(wait.until);
        Some((wait.refused.with_wait(left), left))
    }

    /// Takes note of an answer, if it asks to be left alone.
    pub(crate) fn note(
        &self,
        what: Throttled,
        caller: Caller<'_>,
        refused: Refused,
        now: UnixTime,
    ) {
        let Some((wait, status)) = refused.wait() else {
            return;
        };
        observe::throttled(caller, status, wait);
        let mut waits = self.lock();
        waits.retain(|_, wait| wait.is_on(now));
        if waits.len() >= MOST_WAITS {
            let first = waits.iter().min_by_key(|(_, wait)| wait.until);
            if let Some(first) = first.map(|(what, _)| what.clone()) {
                waits.remove(&first);
            }
        }
        let wait = Wait {
            since: now,
            until: now + wait,
            refused,
        };
        waits.insert(what, wait);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Throttled, Wait>> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait {
    /// A wait that begins in the future was written down before the clock was set back: how long it is cannot be told.
    fn is_on(&self, now: UnixTime) -> bool {
        self.since <= now && now < self.until
    }
}

impl fmt::Debug for Throttling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} waits", self.lock().len())
    }
}

/// MSAL Python keeps as many. Of more than that, the one that is over first is forgotten.
const MOST_WAITS: usize = 1024;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;
    use msal_core::{Authority, TokenOutcome};

    use super::*;

    const T0: UnixTime = UnixTime::from_secs(1_700_000_000);

    fn of_client(client_id: &str) -> Throttled {
        let metadata = ProviderMetadata::built_in(&Authority::common()).unwrap();
        let scopes = ScopeSet::from_wire("User.Read");
        Throttled::new(&metadata, client_id, &scopes, None)
    }

    fn throttled(seconds: u64) -> Refused {
        let answer = Response::builder().status(429);
        let answer = answer.header("Retry-After", seconds).body(Bytes::new());
        match TokenOutcome::read(&answer.unwrap(), "client") {
            TokenOutcome::Refused(error) => Refused::Service(error),
            other => panic!("{other:?}"),
        }
    }

    fn note(throttling: &Throttling, client_id: &str, seconds: u64, now: UnixTime) {
        let caller = Caller {
            client_id,
            authority: &Authority::common(),
        };
        throttling.note(of_client(client_id), caller, throttled(seconds), now);
    }

    fn after(seconds: u64) -> UnixTime {
        T0 + Duration::from_secs(seconds)
    }

    #[test]
    fn a_wait_is_over_to_the_second_and_does_not_outlast_a_clock_that_is_set_back() {
        let throttling = Throttling::default();
        note(&throttling, "a", 30, T0);
        for (now, left) in [(T0, Some(30)), (after(29), Some(1)), (after(30), None)] {
            let refusal = throttling.refusal(&of_client("a"), now);
            let wait = refusal.map(|(refused, left)| {
                assert_eq!(Error::from(refused).retry_after(), Some(left));
                left.as_secs()
            });
            assert_eq!(wait, left);
        }
        let before = T0 - Duration::from_secs(86_400);
        assert!(throttling.refusal(&of_client("a"), before).is_none());
        assert!(throttling.refusal(&of_client("b"), T0).is_none());
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let throttling = Throttling::default();
        note(&throttling, "longest", 3600, T0);
        for number in 0..MOST_WAITS {
            note(&throttling, &number.to_string(), 60, T0);
        }
        assert_eq!(throttling.lock().len(), MOST_WAITS);
        assert!(throttling.refusal(&of_client("longest"), T0).is_some());
        note(&throttling, "later", 60, after(60));
        assert_eq!(throttling.lock().len(), 2, "what is over is gone");
    }
}
