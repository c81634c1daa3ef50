//! What an application works with: the ports, each with a working default.
//!
//! Each port has a fake in [`fakes`](crate::fakes) that is fit for an application's own tests.

use std::sync::Arc;
#[cfg(feature = "https-client")]
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use msal_core::{Authority, ClockSkew, ProviderMetadata, TrustedAuthority, UnixTime};

use crate::clock_watch::ClockWatch;
use crate::error::Error;
use crate::ports::{BoxFuture, Clock, HttpClient, Ports, RandomError, SecureRandom};
use crate::shared::Shared;

/// The ports an application works with, and what was learned through them.
///
/// Make one, and give a clone of it to every application: clones share the connections of the HTTP client and where the
/// endpoints of authorities are. All that [`Runtime::default`] makes in one process do so as well, but for the
/// connections. A runtime with another port begins anew, so that two emulators in one process know nothing of each other.
///
/// # Examples
/// A test that ninety days pass in:
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use msal::fakes::{JumpingClock, ScriptedHttp};
/// use msal::{Clock as _, Runtime, UnixTime};
///
/// let clock = Arc::new(JumpingClock::new(UnixTime::from_secs(1_700_000_000)));
/// let runtime = Runtime::with_http(ScriptedHttp::default()).with_clock(Arc::clone(&clock));
/// clock.advance(Duration::from_secs(90 * 86_400));
/// assert_eq!(runtime.clock().now(), clock.now());
/// ```
#[derive(Clone, Debug)]
pub struct Runtime {
    /// Whose HTTP client is `watch`.
    ports: Ports,
    watch: ClockWatch,
    shared: Arc<Shared>,
}

#[cfg(feature = "https-client")]
impl Default for Runtime {
    /// HTTP by `HttpsClient` with default settings, the system's clock, and the operating system's random bytes.
    fn default() -> Self {
        /// The one thing in this library that a process has once. There is one outside world, which all of these runtimes
        /// ask in the same way: a program that builds an application for each request would ask it the same questions each
        /// time. Connections are not in here: they belong to the tokio runtime that opened them, which may end.
        static OUTSIDE: LazyLock<Arc<Shared>> = LazyLock::new(Arc::default);
        Self {
            shared: Arc::clone(&OUTSIDE),
            ..Self::with_http(crate::transport::HttpsClient::default())
        }
    }
}

impl Runtime {
    /// Sends requests with `client`, and has the system's clock and the operating system's random bytes.
    pub fn with_http(client: impl HttpClient + 'static) -> Self {
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        Self::new(Arc::new(client), clock, random)
    }

    fn new(
        http: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn SecureRandom>,
    ) -> Self {
        let watch = ClockWatch {
            http,
            clock: Arc::clone(&clock),
            skew: Arc::default(),
        };
        Self {
            ports: Ports {
                http: Arc::new(watch.clone()),
                clock,
                random,
            },
            watch,
            shared: Arc::default(),
        }
    }

    /// The same ports with another clock, and nothing learned yet.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        Self::new(self.watch.http, Arc::new(clock), self.ports.random)
    }

    /// The same ports with another source of random bytes, and nothing learned yet.
    #[must_use]
    pub fn with_random(self, random: impl SecureRandom + 'static) -> Self {
        Self::new(self.watch.http, self.ports.clock, Arc::new(random))
    }

    /// What sends requests.
    pub fn http(&self) -> &Arc<dyn HttpClient> {
        &self.ports.http
    }

    /// What tells the time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.ports.clock
    }

    /// How far [`Runtime::clock`] was found to be from a server's, by the first answer that was more than five minutes off.
    /// `None` as long as there was none. The expiry of tokens and the times of assertions depend on the clock.
    pub fn clock_skew(&self) -> Option<ClockSkew> {
        self.watch.skew.get().copied()
    }

    /// What gives random bytes.
    pub fn random(&self) -> &Arc<dyn SecureRandom> {
        &self.ports.random
    }

    /// The endpoints of `authority`, without asking the network where they are built in or were asked for before: for
    /// programs that make their own requests.
    ///
    /// # Errors
    /// [`Error::Http`] when nobody answers; [`Error::Protocol`] when the metadata may not be used.
    pub async fn provider_metadata(
        &self,
        authority: &TrustedAuthority,
    ) -> Result<ProviderMetadata, Error> {
        self.shared.metadata.resolve(authority, &self.ports).await
    }

    /// As [`Runtime::provider_metadata`], for an authority that nobody has named: Microsoft is asked about its host first.
    pub(crate) async fn provider_metadata_of_unnamed(
        &self,
        authority: &Authority,
    ) -> Result<ProviderMetadata, Error> {
        let metadata = &self.shared.metadata;
        metadata.resolve_unnamed(authority, &self.ports).await
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// A fresh correlation id.
    ///
    /// # Errors
    /// [`RandomError`].
    pub fn correlation_id(&self) -> Result<String, RandomError> {
        let mut bytes = [0; 16];
        self.ports.random.fill(&mut bytes)?;
        Ok(msal_core::random_uuid(bytes))
    }
}

/// The system's clock. Sleeping needs a tokio runtime with time enabled.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a name is all there is to it")]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        UnixTime::from(SystemTime::now())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The operating system's random bytes.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a name is all there is to it")]
pub struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(|_unspecific| RandomError)
    }
}

#[cfg(all(test, feature = "https-client"))]
mod tests {
    use super::*;
    use crate::fakes::{ScriptedHttp, SeededRandom};

    fn is_one(a: &Runtime, b: &Runtime) -> bool {
        Arc::ptr_eq(&a.shared, &b.shared)
    }

    #[test]
    fn default_runtimes_and_clones_learn_together_and_others_by_themselves() {
        let (one, other) = (Runtime::default(), Runtime::default());
        assert!(is_one(&one, &other));
        assert!(!Arc::ptr_eq(one.http(), other.http()));
        let with_http = Runtime::with_http(ScriptedHttp::default());
        assert!(is_one(&with_http, &with_http.clone()));
        assert!(!is_one(&with_http, &one));
        assert!(!is_one(&one, &one.clone().with_clock(SystemClock)));
        assert!(!is_one(
            &one,
            &one.clone().with_random(SeededRandom::new(7))
        ));
    }
}
