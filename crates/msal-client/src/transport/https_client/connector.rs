//! Opens connections: name, TCP, the way through a proxy, and TLS, within one limit of time.

use std::error::Error;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls_platform_verifier::Verifier;
use tower_service::Service;

use super::certificates::Authorities;
use super::names::Names;
use super::proxies::Proxies;
use super::route::Route;
use super::settings::{CONNECT_TIMEOUT, HttpVersion, TIMEOUT};
use crate::BoxFuture;

/// Opens connections over TLS, and no others.
#[derive(Clone, Debug)]
pub(super) struct Connector(HttpsConnector<Route>);

impl Connector {
    /// Reads the platform's certificates.
    pub(super) fn new(
        authorities: &Authorities,
        version: HttpVersion,
        proxies: Proxies,
    ) -> Result<Self, rustls::Error> {
        let tls = tls(authorities, version)?;
        let route = Route::new(tcp(), tls.clone(), proxies);
        let mut https = HttpsConnector::from((route, tls));
        https.enforce_https();
        Ok(Self(https))
    }
}

fn tcp() -> HttpConnector<Names> {
    let mut tcp = HttpConnector::new_with_resolver(Names::of_system());
    // TLS comes on top.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // Shared by the addresses of a host, so that one that does not answer leaves time for the next.
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    // A connection whose other end is gone is given up, or many requests in turn would be lost on it.
    tcp.set_keepalive(Some(KEEPALIVE));
    tcp.set_keepalive_interval(Some(KEEPALIVE));
    tcp.set_keepalive_retries(Some(KEEPALIVE_ATTEMPTS));
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    tcp.set_tcp_user_timeout(Some(TIMEOUT));
    tcp
}

fn tls(authorities: &Authorities, version: HttpVersion) -> Result<ClientConfig, rustls::Error> {
    // What the application chose for its process, if it did.
    let provider = CryptoProvider::get_default()
        .map_or_else(|| Arc::new(aws_lc_rs::default_provider()), Arc::clone);
    let roots = authorities.iter().cloned();
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider))?;
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        // rustls calls every verifier dangerous that is not its own; this one asks the platform.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let protocols: &[&str] = match version {
        HttpVersion::Negotiated => &["h2", "http/1.1"],
        HttpVersion::Http1 => &["http/1.1"],
    };
    tls.alpn_protocols = protocols.iter().map(|name| (*name).into()).collect();
    Ok(tls)
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<<Route as Service<Uri>>::Response>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let connecting = self.0.call(server);
        // The limit of `tcp` ends with the TCP connection; a server may then be silent while TLS waits for it.
        Box::pin(async { tokio::time::timeout(CONNECT_TIMEOUT, connecting).await? })
    }
}

/// When to ask a silent server whether it is still there, how long to wait for its word, and how often to ask.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_ATTEMPTS: u32 = 3;
