//! Waits that token endpoints have asked for: until they are over nobody asks again.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Uri;
use msal_core::{HomeAccountId, ProviderMetadata, ScopeSet, ServiceError, UnixTime};

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
    token_endpoint: Uri,
    client_id: String,
    scopes: ScopeSet,
    tenant: Option<String>,
}

struct Wait {
    since: UnixTime,
    until: UnixTime,
    error: ServiceError,
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
            token_endpoint: metadata.token_endpoint().clone(),
            client_id: client_id.to_owned(),
            scopes: scopes.clone(),
            tenant: user.and_then(HomeAccountId::tenant).map(str::to_owned),
        }
    }
}

impl Throttling {
    /// The error that was answered before, with what is left of its wait; `None` when a request may be sent.
    pub(crate) fn refusal(&self, what: &Throttled, now: UnixTime) -> Option<ServiceError> {
        let waits = self.lock();
        let wait = waits.get(what).filter(|wait| wait.is_on(now))?;
        let mut error = wait.error.clone();
        error.retry_after = Some(now.until(wait.until));
        Some(error)
    }

    /// Takes note of an answer, if it asks to be left alone.
    pub(crate) fn note(&self, what: Throttled, error: &ServiceError, now: UnixTime) {
        let Some(wait) = error.throttles() else {
            return;
        };
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
            error: error.clone(),
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
    use std::time::Duration;

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

    fn throttled(seconds: u64) -> ServiceError {
        let answer = Response::builder().status(429);
        let answer = answer.header("Retry-After", seconds).body(Bytes::new());
        match TokenOutcome::read(&answer.unwrap(), "client") {
            TokenOutcome::Refused(error) => *error,
            other => panic!("{other:?}"),
        }
    }

    fn after(seconds: u64) -> UnixTime {
        T0 + Duration::from_secs(seconds)
    }

    #[test]
    fn a_wait_is_over_to_the_second_and_does_not_outlast_a_clock_that_is_set_back() {
        let throttling = Throttling::default();
        throttling.note(of_client("a"), &throttled(30), T0);
        for (now, left) in [(T0, Some(30)), (after(29), Some(1)), (after(30), None)] {
            let refusal = throttling.refusal(&of_client("a"), now);
            let wait = refusal.map(|error| error.retry_after.unwrap().as_secs());
            assert_eq!(wait, left);
        }
        let before = T0 - Duration::from_secs(86_400);
        assert!(throttling.refusal(&of_client("a"), before).is_none());
        assert!(throttling.refusal(&of_client("b"), T0).is_none());
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let throttling = Throttling::default();
        throttling.note(of_client("longest"), &throttled(3600), T0);
        for number in 0..MOST_WAITS {
            throttling.note(of_client(&number.to_string()), &throttled(60), T0);
        }
        assert_eq!(throttling.lock().len(), MOST_WAITS);
        assert!(throttling.refusal(&of_client("longest"), T0).is_some());
        throttling.note(of_client("later"), &throttled(60), after(60));
        assert_eq!(throttling.lock().len(), 2, "what is over is gone");
    }
}
