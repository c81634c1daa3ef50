//! The ports: what the library needs from the world, and nothing is process-global.
//!
//! A [`Runtime`] is a plain struct of ports with a working default; replace one field and keep the rest. Each port has
//! a fake in [`fakes`](crate::fakes) that is fit for an application's own tests.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response};
use msal_core::UnixTime;
use thiserror::Error;

use crate::BoxFuture;
use crate::http::HttpError;

/// Sends HTTP requests.
///
/// # Duties of an implementer
/// * Redirects are never followed: a token request that is redirected would carry its secrets to another host.
/// * Certificates are verified. Bodies and times are bounded.
/// * Neither bodies nor header values are logged or put into errors.
/// * A response of any status is a response; an error means that there is none.
/// * A dropped future may or may not have sent the request.
pub trait HttpClient: fmt::Debug + Send + Sync {
    /// Sends `request` and reads the whole response.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>>;
}

/// Tells the time, and lets it pass. One trait, so that a clock that jumps agrees with itself.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time.
    fn now(&self) -> UnixTime;

    /// Completes when `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// A cryptographically secure source of random bytes.
pub trait SecureRandom: fmt::Debug + Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`RandomError`] when the source has nothing to give; `bytes` must then not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the operating system gave no random bytes")]
#[non_exhaustive]
pub struct RandomError;

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
            http: Arc::new(crate::HttpsClient::default()),
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
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        UnixTime::default() + since_epoch
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
