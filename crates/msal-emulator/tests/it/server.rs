//! The HTTPS server, with an HTTP client that is not ours.

use std::time::{Duration, Instant};

use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP};
use msal_emulator::{Config, Directory, Emulator, Fault, Server, Settings};
use reqwest::{Certificate, Client, StatusCode, Version};
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{password_form, refresh_form};

async fn start() -> Server {
    Server::builder(Emulator::new(Directory::sample()))
        .start()
        .await
        .unwrap()
}

fn client(server: &Server) -> reqwest::ClientBuilder {
    let ca = Certificate::from_pem(server.ca_pem().as_bytes()).unwrap();
    Client::builder().tls_certs_only([ca]).no_proxy()
}

fn body(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}

async fn post(client: &Client, server: &Server, form: &[(&str, &str)]) -> reqwest::Response {
    let request = client.post(format!("{}/{CONTOSO}/oauth2/v2.0/token", server.url()));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(body(form)).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_served_over_both_versions_of_http() {
    let server = start().await;
    for (client, version) in [
        (
            client(&server).http1_only().build().unwrap(),
            Version::HTTP_11,
        ),
        (client(&server).build().unwrap(), Version::HTTP_2),
    ] {
        let answer = post(&client, &server, &password_form(DESKTOP, ALICE)).await;
        assert_eq!(
            (answer.status(), answer.version()),
            (StatusCode::OK, version)
        );
        let json: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let again = post(
            &client,
            &server,
            &refresh_form(DESKTOP, json["refresh_token"].as_str().unwrap()),
        )
        .await;
        assert_eq!(again.status(), StatusCode::OK);
    }
    assert_eq!(server.emulator().redemptions().succeeded(), 2);
    server.shutdown().await;
}

#[tokio::test]
async fn only_who_trusts_the_authority_gets_through() {
    let server = start().await;
    let stranger = Client::builder().no_proxy().build().unwrap();
    assert!(
        stranger
            .get(server.url())
            .send()
            .await
            .unwrap_err()
            .is_connect()
    );
}

#[tokio::test]
async fn all_loopback_names_are_in_the_certificate() {
    let server = start().await;
    let client = client(&server).build().unwrap();
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        if host == "[::1]" && TcpStream::connect(("::1", server.port())).await.is_err() {
            continue; // No IPv6 here.
        }
        let url = format!("https://{host}:{}/common/discovery/keys", server.port());
        assert_eq!(
            client.get(url).send().await.unwrap().status(),
            StatusCode::OK,
            "{host}"
        );
    }
}

#[tokio::test]
async fn other_names_can_be_served() {
    let name = "login.microsoftonline.com";
    let server = Server::builder(Emulator::new(Directory::sample()))
        .name(name)
        .start()
        .await
        .unwrap();
    let address = ([127, 0, 0, 1], server.port()).into();
    let client = client(&server).resolve(name, address).build().unwrap();
    let url = format!("https://{name}:{}/common/discovery/keys", server.port());
    assert_eq!(
        client.get(url).send().await.unwrap().status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let error = Server::builder(Emulator::new(Directory::sample()))
        .name("no name ü")
        .start()
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("cannot make a certificate"),
        "{error}"
    );
}

#[tokio::test]
async fn a_taken_port_is_refused() {
    let server = start().await;
    let second = Server::builder(Emulator::new(Directory::sample()))
        .port(server.port())
        .start()
        .await;
    assert!(
        second
            .unwrap_err()
            .to_string()
            .contains(&server.port().to_string())
    );
}

#[tokio::test]
async fn the_authority_is_written_to_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    let server = Server::builder(Emulator::new(Directory::sample()))
        .ca_out(&path)
        .start()
        .await
        .unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), server.ca_pem());
    let nowhere = directory.path().join("missing").join("ca.pem");
    let refused = Server::builder(Emulator::new(Directory::sample()))
        .ca_out(&nowhere)
        .start()
        .await;
    assert!(refused.unwrap_err().to_string().contains("ca.pem"));
}

async fn start_with_ca(path: &std::path::Path) -> Result<Server, msal_emulator::ServerError> {
    Server::builder(Emulator::new(Directory::sample()))
        .ca_out(path)
        .start()
        .await
}

#[tokio::test]
async fn the_authority_replaces_that_of_an_earlier_server_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    let first = start_with_ca(&path).await.unwrap().ca_pem().to_owned();
    // Again, although the first is still there; and with the line ends of a checkout on Windows.
    let second = start_with_ca(&path).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), second.ca_pem());
    std::fs::write(&path, first.replace('\n', "\r\n")).unwrap();
    assert!(start_with_ca(&path).await.is_ok());
    // An empty file holds nothing: mktemp makes one.
    std::fs::write(&path, "").unwrap();
    assert!(start_with_ca(&path).await.is_ok());

    let other = rcgen::generate_simple_self_signed(["emulator.example".to_owned()]).unwrap();
    let key = other.signing_key.serialize_pem();
    for content in [
        "[[tenant]]\ndomain = \"a.example\"\n".to_owned(),
        other.cert.pem(),
        key.clone(),
        // A bundle, or a certificate with its key, in which ours is one of several.
        format!("{first}{}", other.cert.pem()),
        format!("{}{first}", other.cert.pem()),
        format!("{first}{first}"),
        format!("{first}{key}"),
        format!("# my notes\n{first}"),
        first.replace("BEGIN CERTIFICATE", "BEGIN X509 CRL"),
        " ".repeat(1 << 20),
        "msal-emulator test authority".to_owned(),
        "\0".to_owned(),
    ] {
        std::fs::write(&path, &content).unwrap();
        let error = start_with_ca(&path).await.unwrap_err().to_string();
        assert!(
            error.contains("ca.pem") && error.contains("not overwritten"),
            "{error}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(start_with_ca(&path).await.is_err());
    assert_eq!(std::fs::read(&path).unwrap(), [0xff, 0xfe]);
}

#[cfg(unix)]
#[tokio::test]
async fn the_authority_may_go_where_nothing_is_kept() {
    assert!(start_with_ca("/dev/null".as_ref()).await.is_ok());
    // A link is followed, to a file that is there or not yet.
    let directory = tempfile::tempdir().unwrap();
    let (link, file) = (
        directory.path().join("link"),
        directory.path().join("ca.pem"),
    );
    std::os::unix::fs::symlink(&file, &link).unwrap();
    for _ in 0..2 {
        let server = start_with_ca(&link).await.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), server.ca_pem());
    }
    assert!(link.is_symlink());
    std::fs::write(&file, "mine").unwrap();
    assert!(start_with_ca(&link).await.is_err());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[tokio::test]
async fn the_key_of_azure_arc_replaces_itself_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("arc.key");
    let start = || {
        let settings = Settings::default().arc_key_file(path.to_str().unwrap());
        let emulator = Emulator::with_settings(Directory::sample(), settings);
        Server::builder(emulator).keep_arc_key().start()
    };
    std::fs::write(&path, "mine").unwrap();
    let error = start().await.unwrap_err().to_string();
    assert!(
        error.contains("arc.key") && error.contains("not overwritten"),
        "{error}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    std::fs::remove_file(&path).unwrap();
    let server = start().await.unwrap();
    let key = std::fs::read_to_string(&path).unwrap();
    server.shutdown().await;
    assert!(!path.exists());
    // What a server that was killed has left behind.
    for left in [key.as_str(), ""] {
        std::fs::write(&path, left).unwrap();
        start().await.unwrap();
    }
}

#[tokio::test]
async fn a_huge_body_is_refused() {
    let server = start().await;
    let client = client(&server).http1_only().build().unwrap();
    let request = client.post(format!("{}/common/oauth2/v2.0/token", server.url()));
    let answer = request
        .body(vec![b'a'; 1024 * 1024 + 1])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_token_endpoint_alone_has_latency() {
    let config = Config::from_toml("[server]\nlatency_ms = 200\n").unwrap();
    let server = Server::configured(config).start().await.unwrap();
    let client = client(&server).build().unwrap();
    let start = Instant::now();
    post(&client, &server, &[]).await;
    assert!(start.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn nonsense_on_the_wire_does_not_stop_the_server() {
    let server = start().await;
    let mut stream = TcpStream::connect(("127.0.0.1", server.port()))
        .await
        .unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    let client = client(&server).build().unwrap();
    let url = format!("{}/common/discovery/keys", server.url());
    assert_eq!(
        client.get(url).send().await.unwrap().status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn shutdown_closes_connections_and_the_port() {
    let server = start().await;
    let client = client(&server).build().unwrap();
    let url = format!("{}/common/discovery/keys", server.url());
    assert_eq!(
        client.get(&url).send().await.unwrap().status(),
        StatusCode::OK
    );
    server.shutdown().await;
    assert!(client.get(&url).send().await.unwrap_err().is_connect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_admin_api_and_machines_have_ports_of_their_own() {
    let server = Server::builder(Emulator::new(Directory::sample()))
        .admin_port(0)
        .managed_identity_port(0)
        .start()
        .await
        .unwrap();
    let plain = Client::builder().no_proxy().build().unwrap();
    let (admin, machines) = (
        server.admin_url().unwrap(),
        server.managed_identity_url().unwrap(),
    );
    let json = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    let directory = plain
        .get(format!("{admin}/directory"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        json(directory.text().await.unwrap())["tenants"][0]["domain"],
        CONTOSO
    );
    let request = plain.get(format!("{admin}/directory"));
    let foreign = request.header("host", "evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let token =
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net";
    let request = plain.get(format!("{machines}{token}"));
    let token = request.header("metadata", "true").send().await.unwrap();
    assert!(json(token.text().await.unwrap())["access_token"].is_string());
    // Nothing else is served without TLS.
    let other = plain.get(format!("{machines}/common/discovery/keys"));
    assert_eq!(other.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let other = plain.get(format!("{}/common/discovery/keys", admin));
    assert_eq!(other.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    server.shutdown().await;
}

/// As MSAL does on Service Fabric: looks at the certificate before it sends the secret.
async fn on_service_fabric(server: &Server, thumbprint: &str) -> Option<Value> {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(rustls::pki_types::CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap())
        .unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let stream = TcpStream::connect(("127.0.0.1", server.port()))
        .await
        .unwrap();
    let mut stream = connector
        .connect("localhost".try_into().unwrap(), stream)
        .await
        .unwrap();
    let (_, session) = stream.get_ref();
    let seen = &session.peer_certificates().unwrap()[0];
    let seen = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, seen);
    let seen: String = seen
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    if seen != thumbprint {
        return None;
    }
    let request = "GET /metadata/identity/oauth2/token?api-version=2019-07-01-preview\
                   &resource=https%3A%2F%2Fvault.azure.net HTTP/1.1\r\nHost: localhost\r\n\
                   Secret: emulator-identity-header\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    Some(serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn service_fabric_pins_the_certificate_and_gets_a_token() {
    let server = start().await;
    let json = on_service_fabric(&server, server.thumbprint())
        .await
        .unwrap();
    assert_eq!(
        (&json["token_type"], &json["resource"]),
        (&"Bearer".into(), &"https://vault.azure.net".into())
    );
    assert!(json["expires_on"].is_u64());
    let claims = crate::support::claims(json["access_token"].as_str().unwrap());
    assert_eq!(claims["aud"], "https://vault.azure.net");
    // Another server has another certificate.
    let other = start().await;
    assert_eq!(on_service_fabric(&server, other.thumbprint()).await, None);
}

#[tokio::test]
async fn azure_arc_shows_its_key_in_a_file_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens").join("emulator.key");
    let settings = Settings::default().arc_key_file(path.to_str().unwrap());
    let emulator = Emulator::with_settings(Directory::sample(), settings);
    let server = Server::builder(emulator)
        .managed_identity_port(0)
        .keep_arc_key()
        .start()
        .await
        .unwrap();
    let plain = Client::builder().no_proxy().build().unwrap();
    let url = format!(
        "{}/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https://vault.azure.net",
        server.managed_identity_url().unwrap()
    );
    let ask = |key: Option<String>| {
        let request = plain.get(&url).header("metadata", "true");
        match key {
            Some(key) => request.header("authorization", format!("Basic {key}")),
            None => request,
        }
    };
    let challenge = ask(None).send().await.unwrap();
    assert_eq!(challenge.status(), StatusCode::UNAUTHORIZED);
    let realm = challenge.headers()["www-authenticate"].to_str().unwrap();
    let named = realm.strip_prefix("Basic realm=").unwrap();
    assert_eq!(std::path::Path::new(named), path);
    let key = std::fs::read_to_string(named).unwrap();
    assert!(key.len() <= 4096);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(named).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let answer = ask(Some(key)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let wrong = ask(Some("another".to_owned())).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    server.shutdown().await;
    assert!(!path.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_file_that_cannot_be_written_is_named() {
    let settings = Settings::default().arc_key_file("/dev/null/emulator.key");
    let emulator = Emulator::with_settings(Directory::sample(), settings);
    let refused = Server::builder(emulator).keep_arc_key().start().await;
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("/dev/null/emulator.key"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_and_cut_answers_arrive_so() {
    let server = start().await;
    let client = client(&server).http1_only().build().unwrap();
    server
        .emulator()
        .add_fault(Fault::slow(Duration::from_millis(300)).nth(1));
    let begun = Instant::now();
    let slow = post(&client, &server, &password_form(DESKTOP, ALICE)).await;
    assert!(slow.status() == StatusCode::OK && begun.elapsed() >= Duration::from_millis(300));
    server.emulator().clear_faults();
    server.emulator().add_fault(Fault::cut(100));
    let cut = post(&client, &server, &password_form(DESKTOP, ALICE)).await;
    assert!(cut.status() == StatusCode::OK && cut.bytes().await.is_err());
    server.shutdown().await;
}
