//! The HTTP client: hyper-util's pool of connections over rustls, with nothing in between.

mod certificates;
mod connector;
mod diagnosis;
mod names;
mod proxies;
mod route;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::runtime::Handle;

use self::connector::Connector;
use self::proxies::Proxies;
pub use self::settings::{HttpSettings, HttpVersion};
use self::settings::{LARGEST_BODY, TIMEOUT};
use super::{HttpError, HttpErrorKind};
use crate::{BoxFuture, HttpClient};

/// HTTP over TLS, for requests and answers that hold tokens: certificates verified against the platform's, redirects off,
/// https only.
///
/// Connections are opened at the first request; making the client touches neither the network nor the certificates, so
/// a token from the cache costs no TLS set-up. Five seconds to connect, thirty in all, and one megabyte a response. A
/// request that an idle connection could not take, because the server had closed it, goes over another one; what may
/// have been sent is not sent again.
///
/// # Proxies
///
/// Those that the environment names when the client is made, with curl's rules: `HTTPS_PROXY`, else `ALL_PROXY`, except
/// for the hosts, domains and networks in `NO_PROXY`. On macOS and Windows, where the environment names none, the
/// system's. A proxy is asked with CONNECT, so that it sees the server's name and no more, and is told the user name and
/// password that are in its URL. Its own URL may say http or https; a SOCKS proxy is refused with an error that says so.
/// [`HttpSettings::no_proxy`] switches proxies off.
#[derive(Clone, Debug)]
pub struct HttpsClient {
    settings: HttpSettings,
    proxies: Proxies,
    pool: Arc<OnceLock<Result<Pool, HttpError>>>,
}

type Pool = Client<Connector, Full<Bytes>>;

impl HttpsClient {
    /// A client with other settings than the default. Reads the environment.
    pub fn new(settings: HttpSettings) -> Self {
        let proxies = match settings.uses_proxies {
            true => Proxies::of_system(),
            false => Proxies::default(),
        };
        Self {
            settings,
            proxies,
            pool: Arc::default(),
        }
    }

    fn open_pool(&self) -> Result<Pool, HttpError> {
        let settings = &self.settings;
        let connector = Connector::new(
            &settings.authorities,
            settings.version,
            self.proxies.clone(),
        );
        let connector = connector.map_err(|error| HttpError::new(HttpErrorKind::Request, error))?;
        let mut builder = Client::builder(TokioExecutor::new());
        // Without a timer, connections that have been idle for long would stay open.
        builder.pool_timer(TokioTimer::new());
        if let Some(connections) = settings.largest_idle_pool {
            builder.pool_max_idle_per_host(connections);
        }
        Ok(builder.build(connector))
    }

    async fn exchange(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        if request.uri().scheme() != Some(&Scheme::HTTPS) {
            return Err(HttpError::bare(HttpErrorKind::Request));
        }
        // The connection knows the version; another one, asked for by the request, would be refused.
        *request.version_mut() = Version::HTTP_11;
        let pool = self.pool.get_or_init(|| self.open_pool());
        let pool = pool.as_ref().map_err(HttpError::clone)?;
        let answer = pool.request(request.map(Full::new));
        let (parts, body) = answer
            .await
            .map_err(|error| HttpError::new(diagnosis::of_exchange(&error), error))?
            .into_parts();
        // Most answers arrive in one piece, which is then not copied.
        let body = Limited::new(body, LARGEST_BODY).collect().await;
        let body = body.map_err(|error| HttpError {
            kind: diagnosis::of_body(&*error),
            source: Some(error.into()),
        })?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}

impl Default for HttpsClient {
    fn default() -> Self {
        Self::new(HttpSettings::default())
    }
}

impl HttpClient for HttpsClient {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(async {
            Handle::try_current().map_err(|none| HttpError::new(HttpErrorKind::NoRuntime, none))?;
            // One timer, and no second one between reads: every timer of a request costs system calls.
            tokio::time::timeout(TIMEOUT, self.exchange(request))
                .await
                .unwrap_or_else(|elapsed| Err(HttpError::new(HttpErrorKind::Timeout, elapsed)))
        })
    }
}
