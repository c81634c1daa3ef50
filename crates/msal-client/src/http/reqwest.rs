//! The default HTTP client: reqwest over rustls.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response, Uri};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Url};

use super::certificates::is_about_certificates;
use super::settings::{CONNECT_TIMEOUT, HttpSettings, HttpVersion, LARGEST_BODY, TIMEOUT};
use super::{HttpError, HttpErrorKind};
use crate::{BoxFuture, HttpClient};

const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// HTTP by reqwest and rustls: certificates verified against the platform's, redirects off, https only.
///
/// Connections are opened at the first request; making the client touches neither the network nor the certificates,
/// so a token from the cache costs no TLS set-up. Proxies are those of the environment or the system. Five seconds to
/// connect, ten between two reads, thirty in all, and one megabyte a response.
#[derive(Clone, Debug, Default)]
pub struct ReqwestClient {
    settings: HttpSettings,
    client: Arc<OnceLock<Result<Client, HttpError>>>,
    last_url: Arc<Mutex<Option<(Uri, Url)>>>,
}

impl ReqwestClient {
    /// A client with other settings than the default.
    pub fn new(settings: HttpSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    fn connect(&self) -> Result<Client, HttpError> {
        let refuse =
            |error: reqwest::Error| HttpError::new(HttpErrorKind::Request, error.without_url());
        let authorities: Vec<_> = self
            .settings
            .authorities
            .iter()
            .map(|certificate| Certificate::from_der(certificate))
            .collect::<Result<_, _>>()
            .map_err(refuse)?;
        let mut builder = Client::builder()
            .https_only(true)
            .redirect(Policy::none())
            .referer(false)
            // What is sent again, and when, is decided by whoever knows what a token costs.
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .timeout(TIMEOUT)
            .tls_certs_merge(authorities);
        if self.settings.version == HttpVersion::Http1 {
            builder = builder.http1_only();
        }
        if let Some(connections) = self.settings.largest_idle_pool {
            builder = builder.pool_max_idle_per_host(connections);
        }
        builder.build().map_err(refuse)
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.get_or_init(|| self.connect()).clone()?;
        let (parts, body) = request.into_parts();
        let mut request = reqwest::Request::new(parts.method, self.url(&parts.uri)?);
        *request.headers_mut() = parts.headers;
        *request.body_mut() = Some(body.into());
        let mut answer = client.execute(request).await.map_err(classify)?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        *response.body_mut() = read_body(answer).await?;
        Ok(response)
    }

    /// The URL as reqwest wants it. An application sends nearly all its requests to one endpoint, whose URL is parsed
    /// once.
    fn url(&self, uri: &Uri) -> Result<Url, HttpError> {
        let mut last = self.last_url.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, url)) = &*last
            && known == uri
        {
            return Ok(url.clone());
        }
        let url = Url::parse(&uri.to_string())
            .map_err(|_unspecific| HttpError::bare(HttpErrorKind::Request))?;
        *last = Some((uri.clone(), url.clone()));
        Ok(url)
    }
}

impl HttpClient for ReqwestClient {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(self.exchange(request))
    }
}

async fn read_body(mut answer: reqwest::Response) -> Result<Bytes, HttpError> {
    let Some(first) = answer.chunk().await.map_err(classify)? else {
        return Ok(Bytes::new());
    };
    let mut whole: Option<BytesMut> = None;
    while let Some(chunk) = answer.chunk().await.map_err(classify)? {
        let body = whole.get_or_insert_with(|| BytesMut::from(first.as_ref()));
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(HttpError::bare(HttpErrorKind::Response));
        }
        body.extend_from_slice(&chunk);
    }
    // Most answers arrive in one piece, which is then not copied.
    let body = whole.map_or(first, BytesMut::freeze);
    match body.len() > LARGEST_BODY {
        true => Err(HttpError::bare(HttpErrorKind::Response)),
        false => Ok(body),
    }
}

fn classify(error: reqwest::Error) -> HttpError {
    let kind = if is_about_certificates(&error) {
        HttpErrorKind::Certificate
    } else if error.is_connect() {
        HttpErrorKind::Unreachable
    } else if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_builder() {
        HttpErrorKind::Request
    } else {
        HttpErrorKind::Response
    };
    HttpError::new(kind, error.without_url())
}
