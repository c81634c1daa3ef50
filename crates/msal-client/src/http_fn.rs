//! An HTTP client that is made of a function.

use std::fmt;

use bytes::Bytes;
use http::{Request, Response};

use crate::ports::{BoxFuture, HttpClient};
use crate::transport::HttpError;

/// An [`HttpClient`] that sends requests with a function: see [`http_fn`]. `Debug` shows nothing of it.
#[derive(Clone, Copy)]
pub struct HttpFn<F>(F);

/// An [`HttpClient`] that sends each request with `send`, whose duties are those of an `HttpClient`.
///
/// # Examples
/// An emulator in the same process, so that a test needs no sockets:
///
/// ```
/// use std::sync::Arc;
/// use std::time::SystemTime;
///
/// use msal::{Runtime, http_fn};
/// use msal_emulator::{Directory, Emulator};
///
/// let emulator = Arc::new(Emulator::new(Directory::sample()));
/// let runtime = Runtime::with_http(http_fn(emulator.responder(SystemTime::now)));
/// ```
///
/// A client that another one stands behind:
///
/// ```
/// use std::sync::Arc;
///
/// use msal::{HttpClient as _, HttpsClient, Runtime, http_fn};
///
/// let client = Arc::new(HttpsClient::default());
/// let runtime = Runtime::with_http(http_fn(move |request| {
///     let client = Arc::clone(&client);
///     async move {
///         let answer = client.send(request).await?;
///         println!("{}", answer.status());
///         Ok(answer)
///     }
/// }));
/// ```
pub fn http_fn<F, Answer>(send: F) -> HttpFn<F>
where
    F: Fn(Request<Bytes>) -> Answer + Send + Sync,
    Answer: Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'static,
{
    HttpFn(send)
}

impl<F, Answer> HttpClient for HttpFn<F>
where
    F: Fn(Request<Bytes>) -> Answer + Send + Sync,
    Answer: Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'static,
{
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin((self.0)(request))
    }
}

impl<F> fmt::Debug for HttpFn<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HttpFn")
    }
}
