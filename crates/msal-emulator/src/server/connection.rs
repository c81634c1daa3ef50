//! Connections: TLS, HTTP, and one call of the emulator for each request.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::DATE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use httpdate::fmt_http_date;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::body::Outgoing;
use crate::emulator::Emulator;
use crate::fault::Delivery;
use crate::protocol::Endpoint;

/// What every connection needs.
pub(super) struct Service {
    pub(super) emulator: Arc<Emulator>,
    pub(super) kind: PortKind,
    pub(super) latency: Duration,
    pub(super) max_body: usize,
}

/// What a port is for.
pub(super) enum PortKind {
    /// The admin API, over plain HTTP.
    Admin,
    /// The managed identity endpoints, over plain HTTP as machines have them.
    ManagedIdentity,
    /// Everything, over TLS.
    Public(TlsAcceptor),
}

/// Accepts connections until told to stop.
pub(super) async fn accept(
    socket: TcpListener,
    service: Arc<Service>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let stream = tokio::select! {
            accepted = socket.accept() => accepted,
            () = stop(&mut stopped) => return,
        };
        match stream {
            // The sockets are bound to the loopback interface. A peer from elsewhere would be a routing mistake.
            Ok((_, peer)) if !peer.ip().is_loopback() => {}
            Ok((stream, _)) => drop(tokio::spawn(serve(
                stream,
                Arc::clone(&service),
                stopped.clone(),
            ))),
            // Out of file descriptors, most likely: give connections time to close.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    // Answers are small: waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let PortKind::Public(acceptor) = &service.kind else {
        return converse(stream, service, stopped).await;
    };
    let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream));
    let handshake = tokio::select! {
        handshake = handshake => handshake,
        () = stop(&mut stopped) => return,
    };
    if let Ok(Ok(stream)) = handshake {
        converse(stream, service, stopped).await;
    }
}

/// Speaks HTTP until the client is done or the server stops.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: Arc<Service>,
    mut stopped: watch::Receiver<bool>,
) {
    let answer = service_fn(move |request| answer(Arc::clone(&service), request));
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .keep_alive(true);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
    tokio::select! {
        // The client notices what goes wrong on its connection; there is nobody else to tell.
        _ = connection.as_mut() => {}
        () = stop(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, connection).await;
        }
    }
}

/// Returns when the server is told to stop, or is gone.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn answer(
    service: Arc<Service>,
    request: Request<Incoming>,
) -> Result<Response<Outgoing>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, service.max_body).collect().await else {
        let mut response = Response::new(Outgoing::new(Bytes::new(), None));
        *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        return Ok(response);
    };
    // The latency stands in for the work of the token endpoint; other endpoints answer at once.
    let waits =
        !service.latency.is_zero() && parts.uri.path().to_ascii_lowercase().ends_with("/token");
    if waits {
        tokio::time::sleep(service.latency).await;
    }
    let request = Request::from_parts(parts, body.to_bytes());
    let now = SystemTime::now();
    let mut response = match service.kind {
        PortKind::Admin => service.emulator.administer(&request, now),
        PortKind::ManagedIdentity if !is_for_machines(request.uri().path()) => {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
        PortKind::ManagedIdentity | PortKind::Public(_) => service.emulator.handle(request, now),
    };
    // RFC 9110 §6.6.1: what is there already is a fault's, or the page's own.
    if let Some(date) = date(service.emulator.time(now)) {
        response.headers_mut().entry(DATE).or_insert(date);
    }
    let delivery = response.extensions().get::<Delivery>().copied();
    let delivery = delivery.unwrap_or_default();
    if !delivery.delay().is_zero() {
        tokio::time::sleep(delivery.delay()).await;
    }
    Ok(response.map(|body| Outgoing::new(body, delivery.cut_after())))
}

/// RFC 9110 §5.6.7: a date has four digits for the year.
fn date(time: SystemTime) -> Option<HeaderValue> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let is_in_range = since.as_secs() <= LAST_DATE;
    is_in_range
        .then(|| HeaderValue::from_str(&fmt_http_date(time)).ok())
        .flatten()
}

fn is_for_machines(path: &str) -> bool {
    matches!(
        Endpoint::at(path),
        Endpoint::ManagedIdentity(_) | Endpoint::InstanceMetadata
    )
}

/// The end of the year 9999.
const LAST_DATE: u64 = 253_402_300_799;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);
const MAX_STREAMS: u32 = 1000;
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
