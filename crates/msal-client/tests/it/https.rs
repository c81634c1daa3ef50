//! The HTTP client over real sockets, against the emulator's HTTPS server and against servers that misbehave.
//!
//! Time-outs are waited for on a paused clock: it jumps to them once nothing else is left to do.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use msal::{
    Authority, ConfigError, Error, HttpClient, HttpError, HttpErrorKind, HttpSettings, HttpVersion,
    HttpsClient, PublicClientApplication, RefreshToken, Runtime,
};
use msal_emulator::sample::{ALICE, DESKTOP};
use msal_emulator::{Directory, Emulator, Endpoint, Fault, Server, Version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::leaks::Leaks;
use crate::relay::Relay;
use crate::world::GRAPH;

const DISCOVERY: &str = "/common/v2.0/.well-known/openid-configuration";
const TOKEN: &str = "/common/oauth2/v2.0/token";

/// How long a server that has nothing to say is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client with no settings, but for what the environment of this test says.
fn default_client() -> HttpsClient {
    HttpsClient::new(HttpSettings::default().no_proxy())
}

/// A client that trusts these authorities.
fn trusting(version: HttpVersion, bundle: &str) -> Result<HttpsClient, ConfigError> {
    let settings = HttpSettings::default()
        .version(version)
        .largest_idle_pool(2)
        .no_proxy()
        .authorities_pem(bundle.as_bytes())?;
    Ok(HttpsClient::new(settings))
}

async fn serve() -> Server {
    let emulator = Emulator::new(Directory::sample());
    Server::builder(emulator).start().await.unwrap()
}

/// A client that trusts the server's authority.
fn client(server: &Server) -> HttpsClient {
    trusting(HttpVersion::default(), server.ca_pem()).unwrap()
}

async fn get(client: &HttpsClient, url: &str) -> Result<Response<Bytes>, HttpError> {
    let request = Request::get(url).body(Bytes::new()).unwrap();
    let result = client.send(request).await;
    if let Err(error) = &result {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(url), "an error names no URL: {shown}");
    }
    result
}

async fn post(client: &HttpsClient, url: &str) -> Result<Response<Bytes>, HttpError> {
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
        let runtime = Runtime::with_http(trusting(version, server.ca_pem()).unwrap());
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
    let stranger = default_client();
    let url = format!("{}{DISCOVERY}", server.url());
    let error = get(&stranger, &url).await.unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::CertificateIssuer);
    assert!(!error.is_transient() && !error.may_have_been_sent());
    assert_eq!(server.emulator().audit().len(), 0);

    // Trust in one authority is not trust in another.
    let other = serve().await;
    assert_eq!(
        kind(get(&client(&other), &url).await),
        HttpErrorKind::CertificateIssuer
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
        HttpErrorKind::CertificateName | HttpErrorKind::ConnectionRefused
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
        let refused = trusting(HttpVersion::default(), bundle);
        assert_eq!(refused.unwrap_err(), ConfigError::Certificate, "{bundle}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_cannot_be_reached() {
    let free = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let url = format!("https://127.0.0.1:{free}{TOKEN}");
    let error = post(&default_client(), &url).await.unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::ConnectionRefused);
    assert!(error.is_transient() && !error.may_have_been_sent());
}

#[tokio::test]
async fn a_name_that_does_not_resolve_cannot_be_reached() {
    let url = format!("https://host.invalid{TOKEN}");
    let result = post(&default_client(), &url).await;
    assert_eq!(kind(result), HttpErrorKind::NameNotFound);
}

#[tokio::test]
async fn a_server_without_tls_cannot_be_reached() {
    let address = raw_server(Some(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")).await;
    let result = post(&default_client(), &format!("https://{address}{TOKEN}")).await;
    assert_eq!(kind(result), HttpErrorKind::NotTls);
}

#[tokio::test]
async fn a_url_without_tls_is_not_asked() {
    let address = raw_server(Some(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")).await;
    for url in [
        format!("http://{address}{TOKEN}"),
        format!("HTTP://{address}{TOKEN}"),
    ] {
        let error = post(&default_client(), &url).await.unwrap_err();
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
            let client = trusting(version, server.ca_pem()).unwrap();
            match post(&client, &url).await {
                Ok(answer) => assert_eq!((answer.body().len(), fits), (size, true)),
                Err(error) => {
                    assert_eq!(
                        (error.kind(), fits),
                        (HttpErrorKind::ResponseTooLarge, false),
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
    let client = default_client();
    let call = tokio::spawn(async move { post(&client, &url).await });
    tokio::task::yield_now().await;
    let before = tokio::time::Instant::now();
    tokio::time::pause();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::ConnectTimeout);
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
    assert_eq!(before.elapsed().as_secs(), PATIENCE.as_secs());
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_replaced() {
    let server = serve().await;
    for version in [HttpVersion::Negotiated, HttpVersion::Http1] {
        let relay = Relay::to(server.port()).await;
        let client = trusting(version, server.ca_pem()).unwrap();
        let url = format!("{}{TOKEN}", relay.url());
        server.emulator().clear_audit();
        assert_eq!(post(&client, &url).await.unwrap().status(), 400);
        relay.hang_up().await;
        assert_eq!(post(&client, &url).await.unwrap().status(), 400);
        assert_eq!(relay.connections(), 2);
        assert_eq!(server.emulator().audit().len(), 2);
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = serve().await;
    for version in [HttpVersion::Negotiated, HttpVersion::Http1] {
        let relay = Relay::to(server.port()).await;
        let client = trusting(version, server.ca_pem()).unwrap();
        for _ in 0..20 {
            let url = format!("{}{TOKEN}", relay.url());
            assert_eq!(post(&client, &url).await.unwrap().status(), 400);
        }
        // The next request may be made before the connection of the last one is back; there are then two to choose from.
        let connections = relay.connections();
        assert!(connections <= 2, "{connections} over {version:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_may_have_carried_the_request() {
    let server = serve().await;
    let emulator = server.emulator();
    emulator.add_fault(Fault::slow(Duration::from_secs(3600)));
    for version in [HttpVersion::Negotiated, HttpVersion::Http1] {
        emulator.clear_audit();
        let relay = Relay::to(server.port()).await;
        let client = trusting(version, server.ca_pem()).unwrap();
        let url = format!("{}{TOKEN}", relay.url());
        let call = tokio::spawn(async move { post(&client, &url).await });
        while emulator.audit().is_empty() {
            tokio::task::yield_now().await;
        }
        relay.hang_up().await;
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), HttpErrorKind::Response);
        assert!(error.is_transient() && error.may_have_been_sent());
        assert_eq!(emulator.audit().len(), 1, "it was not sent again");
        assert_eq!(relay.connections(), 1);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_taken_for_whole() {
    let server = serve().await;
    let url = format!("{}{TOKEN}", server.url());
    for bytes in [0, 1, 20] {
        server.emulator().clear_faults();
        server.emulator().add_fault(Fault::cut(bytes));
        for version in [HttpVersion::Negotiated, HttpVersion::Http1] {
            let client = trusting(version, server.ca_pem()).unwrap();
            let error = post(&client, &url).await.unwrap_err();
            assert_eq!(error.kind(), HttpErrorKind::Response);
            assert!(error.is_transient() && error.may_have_been_sent());
        }
    }
}

#[tokio::test]
async fn an_answer_that_stops_arriving_is_not_waited_for() {
    let server = serve().await;
    let nothing: [(&str, &str); 0] = [];
    let large = Fault::respond(200, nothing, vec![b'x'; 1024 * 1024]);
    server.emulator().add_fault(large);
    let relay = Relay::limited(server.port(), 512 * 1024).await;
    let client = client(&server);
    let url = format!("{}{TOKEN}", relay.url());
    let call = tokio::spawn(async move { post(&client, &url).await });
    relay.held().await;
    let before = tokio::time::Instant::now();
    tokio::time::pause();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::Timeout);
    assert!(error.is_transient() && error.may_have_been_sent());
    assert!(before.elapsed() < PATIENCE + Duration::from_secs(1));
}

#[test]
fn a_client_outlives_the_runtime_that_it_was_used_in() {
    let one_thread = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let servers = tokio::runtime::Runtime::new().unwrap();
    let server = servers.block_on(serve());
    let url = format!("{}{TOKEN}", server.url());
    for version in [HttpVersion::Negotiated, HttpVersion::Http1] {
        let client = trusting(version, server.ca_pem()).unwrap();
        // The first runtime ends while the client connects, the others with a connection that is idle.
        one_thread().block_on(async {
            tokio::select! {
                biased;
                _ = post(&client, &url) => panic!("it cannot have an answer yet"),
                () = tokio::task::yield_now() => {}
            }
        });
        for _ in 0..3 {
            let answer = one_thread().block_on(post(&client, &url));
            assert_eq!(answer.unwrap().status(), 400);
        }
    }
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
    assert_eq!(
        error.to_string(),
        "the server's certificate comes from an authority that is not trusted here"
    );
    let seen = server.emulator().audit();
    let documents = Endpoint::OpenIdConfiguration(Version::V2);
    assert!(!seen.iter().any(|record| record.endpoint == documents));
}
