//! Connections to servers before there is TLS: straight, or through the proxy that leads there.

use std::error::Error;
use std::task::{Context, Poll};

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use super::names::Names;
use super::proxies::{Proxies, Proxy, ProxyError};
use super::settings::TUNNEL_TIMEOUT;
use crate::BoxFuture;

/// Opens the connections that TLS is spoken over.
#[derive(Clone, Debug)]
pub(super) struct Route {
    to_server: HttpConnector<Names>,
    /// Speaks TLS where the proxy's URL says https.
    to_proxy: HttpsConnector<HttpConnector<Names>>,
    proxies: Proxies,
}

/// What a proxy itself may speak TLS over.
type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

impl Route {
    pub(super) fn new(tcp: HttpConnector<Names>, mut tls: ClientConfig, proxies: Proxies) -> Self {
        // A proxy is told CONNECT in HTTP/1.1.
        tls.alpn_protocols.clear();
        Self {
            to_server: tcp.clone(),
            to_proxy: HttpsConnector::from((tcp, tls)),
            proxies,
        }
    }
}

impl Service<Uri> for Route {
    type Response = Stream;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Stream, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.to_proxy.poll_ready(context)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        if let Some(proxy) = self.proxies.to(&server) {
            let connecting = through(proxy, server, self.to_proxy.clone());
            return Box::pin(async { Ok(connecting.await?) });
        }
        let connecting = self.to_server.call(server);
        Box::pin(async { Ok(MaybeHttpsStream::Http(connecting.await?)) })
    }
}

async fn through(
    proxy: Proxy,
    server: Uri,
    to_proxy: HttpsConnector<HttpConnector<Names>>,
) -> Result<Stream, ProxyError> {
    if !proxy.speaks_http() {
        return Err(ProxyError::Unsupported { proxy });
    }
    let mut tunnel = Tunnel::new(proxy.uri().clone(), to_proxy);
    if let Some(credentials) = proxy.credentials() {
        tunnel = tunnel.with_auth(credentials.clone());
    }
    // A limit of its own, so that the error of a silent proxy names the proxy.
    let opened = match tokio::time::timeout(TUNNEL_TIMEOUT, tunnel.call(server)).await {
        Ok(opened) => opened.map_err(Into::into),
        Err(elapsed) => Err(elapsed.into()),
    };
    opened.map_err(|source| ProxyError::Closed { proxy, source })
}
