//! The ports: what the library needs from the world, apart from a [`CacheStore`](crate::CacheStore).

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use msal_core::UnixTime;
use thiserror::Error;

use crate::transport::HttpError;

/// A boxed future, as the object-safe ports return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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

/// One of each.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    pub(crate) http: Arc<dyn HttpClient>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn SecureRandom>,
}

/// A client that is shared is a client.
impl<T: HttpClient + ?Sized> HttpClient for Arc<T> {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        T::send(self, request)
    }
}

/// A clock that is shared is a clock.
impl<T: Clock + ?Sized> Clock for Arc<T> {
    fn now(&self) -> UnixTime {
        T::now(self)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        T::sleep(self, duration)
    }
}

/// A source that is shared is a source.
impl<T: SecureRandom + ?Sized> SecureRandom for Arc<T> {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        T::fill(self, bytes)
    }
}

/// The operating system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the operating system gave no random bytes")]
#[expect(clippy::exhaustive_structs, reason = "a name is all there is to it")]
pub struct RandomError;
