//! The ports: what the library needs from the world, and nothing is process-global.
//!
//! A [`Runtime`] is a plain struct of ports with a working default; replace one field and keep the rest. Each port has
//! a fake in [`fakes`](crate::fakes) that is fit for an application's own tests.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use msal_core::UnixTime;

use crate::ports::{BoxFuture, Clock, HttpClient, RandomError, SecureRandom};

/// The ports an application works with.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "users build it with `..Runtime::default()`"
)]
pub struct Runtime {
    /// Sends requests.
    pub http: Arc<dyn HttpClient>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub random: Arc<dyn SecureRandom>,
}

#[cfg(feature = "https-client")]
impl Default for Runtime {
    /// HTTP by `HttpsClient` with default settings, the system's clock, and the operating system's random bytes.
    fn default() -> Self {
        Self {
            http: Arc::new(crate::http::HttpsClient::default()),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }
}

impl Runtime {
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
#[non_exhaustive]
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
#[non_exhaustive]
pub struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        getrandom::fill(bytes).map_err(|_unspecific| RandomError)
    }
}
