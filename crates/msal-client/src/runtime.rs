//! What an application works with: the ports, each with a working default.
//!
//! Each port has a fake in [`fakes`](crate::fakes) that is fit for an application's own tests.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use msal_core::UnixTime;

use crate::ports::{BoxFuture, Clock, HttpClient, RandomError, SecureRandom};

/// The ports an application works with.
///
/// Make one, and give a clone of it to every application: clones share the connections of the HTTP client.
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
    http: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn SecureRandom>,
}

#[cfg(feature = "https-client")]
impl Default for Runtime {
    /// HTTP by `HttpsClient` with default settings, the system's clock, and the operating system's random bytes.
    fn default() -> Self {
        Self::with_http(crate::http::HttpsClient::default())
    }
}

impl Runtime {
    /// Sends requests with `client`, and has the system's clock and the operating system's random bytes.
    pub fn with_http(client: impl HttpClient + 'static) -> Self {
        Self {
            http: Arc::new(client),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }

    /// The same, with another clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        let clock = Arc::new(clock);
        Self { clock, ..self }
    }

    /// The same, with another source of random bytes.
    #[must_use]
    pub fn with_random(self, random: impl SecureRandom + 'static) -> Self {
        let random = Arc::new(random);
        Self { random, ..self }
    }

    /// What sends requests.
    pub fn http(&self) -> &Arc<dyn HttpClient> {
        &self.http
    }

    /// What tells the time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// What gives random bytes.
    pub fn random(&self) -> &Arc<dyn SecureRandom> {
        &self.random
    }

    /// A fresh correlation id.
    ///
    /// # Errors
    /// [`RandomError`].
    pub fn correlation_id(&self) -> Result<String, RandomError> {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes)?;
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
