//! The default HTTP client over real sockets, against the emulator's HTTPS server and against servers that misbehave.
//!
//! Time-outs are waited for on a paused clock: it jumps to them once nothing else is left to do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use msal::{
    Authority, Error, HttpClient, HttpError, HttpErrorKind, HttpVersion, PublicClientApplication,
    RefreshToken, ReqwestClient, Runtime,
};
use msal_emulator::sample::{ALICE, DESKTOP};
use msal_emulator::{Directory, Emulator, Endpoint, Fault, Server, Version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::leaks::Leaks;
use crate::world::GRAPH;

const DISCOVERY: &str = "/common/v2.0/.well-known/openid-configuration";
const TOKEN: &str = "/common/oauth2/v2.0/token";

async fn serve() -> Server {
    let emulator = Emulator::new(Directory::sample());
    Server::builder(emulator).start().await.unwrap()
}

/// A client that trusts the server's authority.
fn client(server: &Server) -> ReqwestClient {
    let builder = ReqwestClient::builder();
    let builder = builder.authorities_pem(server.ca_pem().as_bytes());
    builder.unwrap().build()
}

async fn get(client: &ReqwestClient, url: &str) -> Result<Response<Bytes>, HttpError> {
    let request = Request::get(url).body(Bytes::new()).unwrap();
    let result = client.send(request).await;
    if let Err(error) = &result {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(url), "an error names no URL: {shown}");
    }
    result
}

async fn post(client: &ReqwestClient, url: &str) -> Result<Response<Bytes>, HttpError> {
    let request = Request::post(url).body(Bytes::from_static(b"grant_type=refresh_token"));
    client.send(request.unwrap()).await
}

fn kind(result: Result<Response<Bytes>, HttpError>) -> HttpErrorKind {
    result.unwrap_err().kind()
}

/// A listener that answers every connection with these bytes, in clear, or keeps silent.
async fn raw_server(answer: Option<&'static [u8]>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if let Some(answer) = answer {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer).await;
            } else {
                held.push(stream);
            }
        }
    });
    address
}

#[tokio::test]
async fn a_migrated_token_works_over_https() {
    let server = serve().await;
    let leaks = Leaks::new();
    for version in [HttpVersion::Negotiated, HttpVersion::Http1] {
        let builder = ReqwestClient::builder()
            .version(version)
            .largest_idle_pool(2);
        let builder = builder.authorities_pem(server.ca_pem().as_bytes()).unwrap();
        let runtime = Runtime {
            http: Arc::new(builder.build()),
            ..Runtime::default()
        };
        let authority = Authority::parse(&format!("{}/common", server.url())).unwrap();
        let app = PublicClientApplication::builder(DESKTOP)
            .known_authority(authority)
            .runtime(runtime)
            .build()
            .unwrap();
        let now = std::time::SystemTime::now();
        let emulator = server.emulator();
        let token = emulator.issue_refresh_token(ALICE, DESKTOP, now).unwrap();
        leaks.add(&token);
        let call = app.acquire_token_by_refresh_token(RefreshToken::from(token.as_str()), [GRAPH]);
        let result = call.await.unwrap();
        leaks.add(result.access_token.expose_secret());
        let account = result.account.unwrap();
        assert_eq!(account.environment, "localhost");
        let forced = app
            .acquire_token_silent([GRAPH], &account)
            .force_refresh(true);
        let renewed = forced.await.unwrap();
        leaks.add(renewed.access_token.expose_secret());
        leaks.show(&renewed);
        let refused = app.acquire_token_by_refresh_token(RefreshToken::from("broken"), [GRAPH]);
        leaks.show_error(&refused.await.unwrap_err());
    }
    // The transport logs what it does, at every level, and no secret.
    assert_eq!(leaks.found(), [""; 0]);
    server.shutdown().await;
}

#[tokio::test]
async fn a_certificate_nobody_trusts_is_an_error_of_its_own() {
    let server = serve().await;
    let stranger = ReqwestClient::default();
    let url = format!("{}{DISCOVERY}", server.url());
    let error = get(&stranger, &url).await.unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::Certificate);
    assert!(!error.is_transient() && !error.may_have_been_sent());
    assert_eq!(server.emulator().audit().len(), 0);

    // Trust in one authority is not trust in another.
    let other = serve().await;
    assert_eq!(
        kind(get(&client(&other), &url).await),
        HttpErrorKind::Certificate
    );
    assert_eq!(get(&client(&server), &url).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let server = serve().await;
    let url = format!("https://127.0.0.2:{}{DISCOVERY}", server.port());
    // Only where that address leads to the server at all, which it does on Linux.
    let error = get(&client(&server), &url).await.unwrap_err();
    assert!(matches!(
        error.kind(),
        HttpErrorKind::Certificate | HttpErrorKind::Unreachable
    ));
    let url = format!("https://localhost.:{}{DISCOVERY}", server.port());
    assert!(get(&client(&server), &url).await.is_err());
}

#[tokio::test]
async fn a_bundle_without_certificates_is_refused() {
    for bundle in [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\n-----END",
    ] {
        let builder = ReqwestClient::builder().authorities_pem(bundle.as_bytes());
        assert_eq!(
            builder.unwrap_err(),
            msal::ConfigError::Certificate,
            "{bundle}"
        );
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_cannot_be_reached() {
    let free = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let url = format!("https://127.0.0.1:{free}{TOKEN}");
    let error = post(&ReqwestClient::default(), &url).await.unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::Unreachable);
    assert!(error.is_transient() && !error.may_have_been_sent());
}

#[tokio::test]
async fn a_name_that_does_not_resolve_cannot_be_reached() {
    let url = format!("https://host.invalid{TOKEN}");
    let result = post(&ReqwestClient::default(), &url).await;
    assert_eq!(kind(result), HttpErrorKind::Unreachable);
}

#[tokio::test]
async fn a_server_without_tls_cannot_be_reached() {
    let address = raw_server(Some(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")).await;
    let result = post(
        &ReqwestClient::default(),
        &format!("https://{address}{TOKEN}"),
    )
    .await;
    assert_eq!(kind(result), HttpErrorKind::Unreachable);
}

#[tokio::test]
async fn a_url_without_tls_is_not_asked() {
    let address = raw_server(Some(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")).await;
    for url in [
        format!("http://{address}{TOKEN}"),
        format!("HTTP://{address}{TOKEN}"),
    ] {
        let error = post(&ReqwestClient::default(), &url).await.unwrap_err();
        assert_eq!(error.kind(), HttpErrorKind::Request);
        assert!(!error.is_transient() && !error.may_have_been_sent());
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_an_order() {
    let server = serve().await;
    let elsewhere = format!("{}{DISCOVERY}", server.url());
    for status in [301, 302, 303, 307, 308] {
        server.emulator().clear_audit();
        let location = [("Location", elsewhere.clone())];
        let redirect = Fault::respond(status, location, "");
        server.emulator().add_fault(redirect);
        let url = format!("{}{TOKEN}", server.url());
        let answer = post(&client(&server), &url).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(
            server.emulator().audit().len(),
            1,
            "{status} was not followed"
        );
        server.emulator().clear_faults();
    }
}

#[tokio::test]
async fn a_body_of_more_than_a_megabyte_is_not_read() {
    let server = serve().await;
    let url = format!("{}{TOKEN}", server.url());
    let nothing: [(&str, &str); 0] = [];
    for (size, fits) in [
        (1024 * 1024, true),
        (1024 * 1024 + 1, false),
        (64 << 20, false),
    ] {
        server.emulator().clear_faults();
        let huge = Fault::respond(200, nothing, vec![b'x'; size]);
        server.emulator().add_fault(huge);
        for version in [HttpVersion::Negotiated, HttpVersion::Http1] {
            let builder = ReqwestClient::builder().version(version);
            let builder = builder.authorities_pem(server.ca_pem().as_bytes()).unwrap();
            match post(&builder.build(), &url).await {
                Ok(answer) => assert_eq!((answer.body().len(), fits), (size, true)),
                Err(error) => {
                    assert_eq!(
                        (error.kind(), fits),
                        (HttpErrorKind::Response, false),
                        "{size}"
                    );
                    assert!(error.is_transient() && error.may_have_been_sent());
                }
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_never_speaks_cannot_be_reached() {
    let address = raw_server(None).await;
    let url = format!("https://{address}{TOKEN}");
    let client = ReqwestClient::default();
    let call = tokio::spawn(async move { post(&client, &url).await });
    tokio::task::yield_now().await;
    let before = tokio::time::Instant::now();
    tokio::time::pause();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::Unreachable);
    assert!(!error.may_have_been_sent());
    assert!(
        before.elapsed() < Duration::from_secs(6),
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_not_waited_for() {
    let emulator = Emulator::new(Directory::sample());
    let builder = Server::builder(emulator).latency(Duration::from_secs(3600));
    let server = builder.start().await.unwrap();
    let client = client(&server);
    // The connection is open when the clock stops, so that nothing but the answer is waited for.
    let url = format!("{}{DISCOVERY}", server.url());
    assert_eq!(get(&client, &url).await.unwrap().status(), 200);
    let before = tokio::time::Instant::now();
    tokio::time::pause();
    let error = post(&client, &format!("{}{TOKEN}", server.url()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::Timeout);
    assert!(error.is_transient() && error.may_have_been_sent());
    assert!(
        before.elapsed() < Duration::from_secs(11),
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test]
async fn an_application_says_what_is_wrong_with_the_connection() {
    let server = serve().await;
    let authority = Authority::parse(&format!("{}/common", server.url())).unwrap();
    let app = PublicClientApplication::builder(DESKTOP)
        .known_authority(authority)
        .build()
        .unwrap();
    let call = app.acquire_token_by_refresh_token(RefreshToken::from("1.A"), [GRAPH]);
    let Err(Error::Http(error)) = call.await else {
        panic!("the default client does not trust the emulator")
    };
    assert_eq!(error.to_string(), "the server's certificate is not trusted");
    let seen = server.emulator().audit();
    let documents = Endpoint::OpenIdConfiguration(Version::V2);
    assert!(!seen.iter().any(|record| record.endpoint == documents));
}
