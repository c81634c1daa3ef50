//! The client through real proxies, on this machine.

use std::error::Error as _;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::client::proxy::matcher::{Builder, Matcher};
use msal_emulator::{Directory, Emulator, Server};
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::HttpVersion;

/// What a proxy does when it is asked for a connection.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Opens it, for whoever knows these credentials.
    AsksFor(&'static str),
    HangsUp,
    KeepsSilent,
    Opens,
    Refuses,
}

struct ProxyServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl ProxyServer {
    async fn start(manner: Manner) -> Self {
        Self::start_over(None, manner).await
    }

    /// A proxy that TLS is spoken to, and the certificate it shows.
    async fn start_with_tls(manner: Manner) -> (Self, String) {
        let names = ["127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let tls = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let proxy = Self::start_over(Some(acceptor), manner).await;
        (proxy, made.cert.pem())
    }

    async fn start_over(tls: Option<TlsAcceptor>, manner: Manner) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
        };
        let asked = Arc::clone(&proxy.asked);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (tls, asked) = (tls.clone(), Arc::clone(&asked));
                tokio::spawn(async move {
                    let Some(tls) = tls else {
                        return manner.serve(client, &asked).await;
                    };
                    // A client that does not trust the proxy goes away.
                    if let Ok(client) = tls.accept(client).await {
                        manner.serve(client, &asked).await;
                    }
                });
            }
        });
        proxy
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first lines of what it was asked.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Manner {
    async fn serve(
        self,
        mut client: impl AsyncRead + AsyncWrite + Unpin,
        asked: &Mutex<Vec<String>>,
    ) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let line = head.lines().next().unwrap();
        asked.lock().unwrap().push(line.to_owned());
        let refusal = match self {
            Self::AsksFor(credentials)
                if !head.contains(&format!("Proxy-Authorization: {credentials}\r\n")) =>
            {
                "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
            }
            Self::AsksFor(_) | Self::Opens => {
                let server = line.split(' ').nth(1).unwrap();
                let mut server = TcpStream::connect(server).await.unwrap();
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
                return;
            }
            Self::HangsUp => "",
            Self::KeepsSilent => std::future::pending().await,
            Self::Refuses => "HTTP/1.1 403 Forbidden\r\n\r\n",
        };
        client.write_all(refusal.as_bytes()).await.unwrap();
    }
}

async fn serve() -> Server {
    let emulator = Emulator::new(Directory::sample());
    Server::builder(emulator).start().await.unwrap()
}

fn client(proxies: Builder, version: HttpVersion, authorities: &str) -> HttpsClient {
    let settings = HttpSettings::default().version(version);
    HttpsClient {
        settings: settings.authorities_pem(authorities.as_bytes()).unwrap(),
        proxies: Proxies::from(proxies.build()),
        pool: Arc::default(),
    }
}

fn negotiating(proxies: Builder, server: &Server) -> HttpsClient {
    client(proxies, HttpVersion::Negotiated, server.ca_pem())
}

async fn send(client: &HttpsClient, server: &str) -> Result<Response<Bytes>, HttpError> {
    let url = format!("{server}/common/v2.0/.well-known/openid-configuration");
    client
        .send(Request::get(url).body(Bytes::new()).unwrap())
        .await
}

/// All that an error says, to people and to programmers. It must not say the credentials.
fn shown(error: &HttpError) -> String {
    let mut shown = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        write!(shown, ": {error}").unwrap();
        source = error.source();
    }
    let all = format!("{shown} {error:?}");
    for secret in ["user", "s3cret", "dXNlc"] {
        assert!(!all.contains(secret), "{all}");
    }
    shown
}

/// The error of a proxy, which must name it.
fn assert_closed(error: &HttpError, proxy: &str, reason: &str) {
    assert_eq!(error.kind(), HttpErrorKind::Proxy);
    assert!(error.is_transient() && !error.may_have_been_sent());
    let shown = shown(error);
    let named = format!("the proxy {proxy} opened no connection to the server: ");
    assert!(shown.contains(&named) && shown.contains(reason), "{shown}");
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_connection_and_sees_no_more() {
    let server = serve().await;
    for version in [HttpVersion::Negotiated, HttpVersion::Http1] {
        let proxy = ProxyServer::start(Manner::Opens).await;
        let proxies = Matcher::builder().https(proxy.url());
        let client = client(proxies, version, server.ca_pem());
        for _ in 0..3 {
            let answer = send(&client, &server.url()).await.unwrap();
            assert_eq!(answer.status(), 200);
            let expected = match version {
                HttpVersion::Http1 => Version::HTTP_11,
                HttpVersion::Negotiated => Version::HTTP_2,
            };
            assert_eq!(answer.version(), expected);
        }
        let line = format!("CONNECT localhost:{} HTTP/1.1", server.port());
        let asked = proxy.asked();
        // The next request may be made before the connection of the last one is back.
        assert!((1..=2).contains(&asked.len()), "{asked:?}");
        assert!(asked.iter().all(|asked| *asked == line), "{asked:?}");
    }
}

#[tokio::test]
async fn a_proxy_is_told_the_credentials_of_its_url() {
    let server = serve().await;
    let proxy = ProxyServer::start(Manner::AsksFor(CREDENTIALS)).await;
    for (credentials, is_right) in [
        ("user:s3cret@", true),
        ("user:s%33cret@", true),
        ("user:s3cret-not@", false),
        ("user@", false),
        ("", false),
    ] {
        let url = format!("http://{credentials}{}", proxy.address);
        let client = negotiating(Matcher::builder().all(url), &server);
        let sent = send(&client, &server.url()).await;
        assert!(!format!("{client:?}").contains("s3cret"));
        match sent {
            Ok(answer) => assert_eq!((answer.status().as_u16(), is_right), (200, true)),
            Err(error) => {
                assert!(!is_right, "{credentials}: {error:?}");
                assert_closed(&error, &proxy.url(), "proxy authorization required");
            }
        }
    }
}

#[tokio::test]
async fn a_host_that_is_an_exception_is_reached_without_a_proxy() {
    let server = serve().await;
    let proxy = ProxyServer::start(Manner::Refuses).await;
    let port = server.port();
    for (exceptions, host, is_exception) in [
        ("localhost", "localhost", true),
        ("127.0.0.0/8", "127.0.0.1", true),
        ("*", "localhost", true),
        ("127.0.0.0/8", "localhost", false),
        ("host", "localhost", false),
    ] {
        let proxies = Matcher::builder().https(proxy.url()).no(exceptions);
        let client = negotiating(proxies, &server);
        let sent = send(&client, &format!("https://{host}:{port}")).await;
        assert_eq!(sent.is_ok(), is_exception, "{exceptions} {host}");
    }
    assert_eq!(proxy.asked().len(), 2);
}

#[tokio::test]
async fn a_proxy_for_other_urls_is_not_asked() {
    let server = serve().await;
    let proxy = ProxyServer::start(Manner::Refuses).await;
    let client = negotiating(Matcher::builder().http(proxy.url()), &server);
    assert_eq!(send(&client, &server.url()).await.unwrap().status(), 200);
    // A URL without TLS is not asked, nor is a proxy for it.
    let plain = send(&client, &format!("http://localhost:{}", server.port())).await;
    assert_eq!(plain.unwrap_err().kind(), HttpErrorKind::Request);
    assert_eq!(proxy.asked(), [""; 0]);
}

#[tokio::test]
async fn a_proxy_that_does_not_lead_to_the_server_is_named() {
    let server = serve().await;
    for (manner, reason) in [
        (Manner::Refuses, "unsuccessful"),
        (Manner::HangsUp, "unexpected end of file"),
    ] {
        let proxy = ProxyServer::start(manner).await;
        let url = format!("http://user:s3cret@{}", proxy.address);
        let client = negotiating(Matcher::builder().https(url), &server);
        let error = send(&client, &server.url()).await.unwrap_err();
        assert_closed(&error, &proxy.url(), reason);
    }
}

#[tokio::test]
async fn a_proxy_that_is_down_is_named() {
    let server = serve().await;
    let free = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        listener.local_addr().unwrap()
    };
    let proxies = Matcher::builder().https(format!("http://user:s3cret@{free}"));
    let error = send(&negotiating(proxies, &server), &server.url()).await;
    let error = error.unwrap_err();
    assert_closed(&error, &format!("http://{free}"), "refused");

    let proxies = Matcher::builder().https("http://user:s3cret@proxy.invalid:8080");
    let error = send(&negotiating(proxies, &server), &server.url()).await;
    assert_closed(&error.unwrap_err(), "http://proxy.invalid:8080", "dns");
}

#[tokio::test]
async fn a_proxy_that_keeps_silent_is_not_waited_for() {
    let server = serve().await;
    let proxy = ProxyServer::start(Manner::KeepsSilent).await;
    let url = format!("http://user:s3cret@{}", proxy.address);
    let client = negotiating(Matcher::builder().https(url), &server);
    let server = server.url();
    let call = tokio::spawn(async move { send(&client, &server).await });
    while proxy.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    let before = tokio::time::Instant::now();
    tokio::time::pause();
    let error = call.await.unwrap().unwrap_err();
    assert_closed(&error, &proxy.url(), "deadline");
    assert!(before.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn a_proxy_may_want_tls_and_must_then_be_trusted() {
    let server = serve().await;
    let (proxy, certificate) = ProxyServer::start_with_tls(Manner::AsksFor(CREDENTIALS)).await;
    let proxies = || Matcher::builder().https(format!("https://user:s3cret@{}", proxy.address));
    for version in [HttpVersion::Negotiated, HttpVersion::Http1] {
        let both = format!("{}{certificate}", server.ca_pem());
        let client = client(proxies(), version, &both);
        assert_eq!(send(&client, &server.url()).await.unwrap().status(), 200);
    }
    let asked = proxy.asked().len();
    let error = send(&negotiating(proxies(), &server), &server.url()).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::CertificateIssuer);
    assert!(shown(&error).contains(&format!("the proxy https://{}", proxy.address)));
    assert_eq!(proxy.asked().len(), asked, "it was told no credentials");
}

#[tokio::test]
async fn a_server_behind_a_proxy_must_be_trusted() {
    let (server, other) = (serve().await, serve().await);
    let proxy = ProxyServer::start(Manner::Opens).await;
    let client = negotiating(Matcher::builder().https(proxy.url()), &other);
    let error = send(&client, &server.url()).await.unwrap_err();
    assert_eq!(error.kind(), HttpErrorKind::CertificateIssuer);
    assert!(!shown(&error).contains("proxy"), "it is not the proxy's");
}

#[tokio::test]
async fn a_socks_proxy_is_refused_by_name() {
    let server = serve().await;
    for scheme in ["socks4", "socks4a", "socks5", "socks5h"] {
        let url = format!("{scheme}://user:s3cret@127.0.0.1:1080");
        let client = negotiating(Matcher::builder().https(url), &server);
        let error = send(&client, &server.url()).await.unwrap_err();
        assert_eq!(error.kind(), HttpErrorKind::Proxy);
        let expected = format!("the proxy {scheme}://127.0.0.1:1080 is of a kind that is not");
        assert!(shown(&error).contains(&expected), "{error:?}");
    }
}

#[tokio::test]
async fn the_environment_names_the_proxy_unless_it_is_switched_off() {
    let server = serve().await;
    for (variable, exceptions, is_asked) in [
        ("HTTPS_PROXY", "", true),
        ("https_proxy", "", true),
        ("ALL_PROXY", "", true),
        ("all_proxy", "contoso.example", true),
        ("HTTP_PROXY", "", false),
        ("HTTPS_PROXY", "localhost", false),
    ] {
        let proxy = ProxyServer::start(Manner::Opens).await;
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--ignored", "--exact", "--quiet"]);
        child.arg("transport::https_client::tests::send_as_the_environment_says");
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            child.env_remove(name).env_remove(name.to_lowercase());
        }
        child.env(variable, proxy.url()).env("NO_PROXY", exceptions);
        child.env(URL, server.url()).env(CA, server.ca_pem());
        let done = tokio::task::spawn_blocking(move || child.output());
        let done = done.await.unwrap().unwrap();
        assert!(done.status.success(), "{variable}: {done:?}");
        let asked = proxy.asked();
        assert_eq!(asked.len(), usize::from(is_asked), "{variable}: {asked:?}");
    }
}

/// Once as the environment says, and once without a proxy.
#[tokio::test]
#[ignore = "run by another test, as its child"]
async fn send_as_the_environment_says() {
    let told = |name| std::env::var(name).expect("run by another test, as its child");
    let settings = HttpSettings::default().authorities_pem(told(CA).as_bytes());
    let settings = settings.unwrap();
    for client in [settings.clone(), settings.no_proxy()].map(HttpsClient::new) {
        assert_eq!(send(&client, &told(URL)).await.unwrap().status(), 200);
    }
}

const CREDENTIALS: &str = "Basic dXNlcjpzM2NyZXQ=";
const URL: &str = "MSAL_TEST_URL";
const CA: &str = "MSAL_TEST_CA";
