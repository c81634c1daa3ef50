//! Servers that give no answer: each cause is told in words of its own. What is tried again takes half a minute in each of
//! these tests, which therefore run side by side; two tokens are sent five times each where they stay valid.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::{fs, thread};

use msal_emulator::{Fault, sample};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection};

use super::{MISTAKE, Mistake, path, typed};
use crate::run::Bench;

#[test]
fn nobody_listens_at_the_port() {
    Mistake {
        what: "nobody listens at the port",
        typed: "run input.jsonl --to cache.json --authority https://localhost:1/contoso.example",
        status: 75,
        says: &[
            "https://localhost:1/contoso.example: nobody listens at the server's port",
            "connection_refused",
            "correct the host and the port",
        ],
        never: REGISTRATION,
        ..MISTAKE
    }
    .make();
}

#[test]
fn the_host_has_a_slip() {
    Mistake {
        what: "the host has a slip",
        typed: "run input.jsonl --to cache.json --authority https://login.invalid/contoso.example",
        status: 75,
        says: &["name_not_found", "the server's name was not found", "DNS"],
        never: REGISTRATION,
        ..MISTAKE
    }
    .make();
}

#[test]
fn the_network_wants_a_login_first() {
    Mistake {
        what: "the network wants a login first",
        before: |bench| bench.emulator.add_fault(Fault::not_json()),
        status: 75,
        says: &[
            "unreadable_response",
            "not JSON",
            "a network that wants a login",
        ],
        never: &["Welcome", "secret", "registration"],
        spent: 10,
        after: |bench| bench.emulator.clear_faults(),
        ..MISTAKE
    }
    .make();
}

#[test]
fn the_server_is_broken() {
    Mistake {
        what: "the server is broken",
        before: |bench| bench.emulator.add_fault(Fault::unavailable(None)),
        status: 75,
        says: &["the server failed (HTTP 503)"],
        never: REGISTRATION,
        spent: 10,
        after: |bench| bench.emulator.clear_faults(),
        ..MISTAKE
    }
    .make();
}

#[test]
fn the_connection_is_closed_in_the_middle() {
    Mistake {
        what: "the connection is closed in the middle",
        before: |bench| bench.emulator.add_fault(Fault::cut(10)),
        status: 75,
        says: &["closed in the middle of the answer"],
        never: REGISTRATION,
        spent: 10,
        after: |bench| bench.emulator.clear_faults(),
        ..MISTAKE
    }
    .make();
}

#[test]
fn the_servers_certificate_has_expired() {
    let port = Port::open(&["localhost"], (2020, 2021));
    let said = port.tried_by_mistake("localhost");
    for words in [
        "the server's certificate has expired",
        "hint: this machine's clock says 2",
    ] {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn the_servers_certificate_is_not_valid_yet() {
    let port = Port::open(&["localhost"], (2090, 2091));
    let said = port.tried_by_mistake("localhost");
    for words in [
        "the server's certificate is not valid yet",
        "hint: this machine's clock says 2",
    ] {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn the_servers_certificate_is_another_hosts() {
    let port = Port::open(&["other.example"], (2020, 2090));
    let said = port.tried_by_mistake("localhost");
    for words in [
        "the server's certificate is another host's",
        "hint: write the host in --authority as the server's certificate has it",
    ] {
        assert!(said.contains(words), "{said}");
    }
}

/// What has nothing to do with any of this.
const REGISTRATION: &[&str] = &["registration", "secret"];

/// A port that speaks TLS, and no more.
struct Port {
    port: u16,
    certificate: String,
}

impl Port {
    /// With a certificate for these names and years, which is its own authority.
    fn open(names: &[&str], (from, to): (i32, i32)) -> Self {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap();
        let tls = Arc::new(tls);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut connection = ServerConnection::new(Arc::clone(&tls)).unwrap();
                // A client that does not trust it goes away.
                drop(connection.complete_io(&mut stream.unwrap()));
            }
        });
        Self {
            port,
            certificate: certificate.pem(),
        }
    }

    /// What is said to whoever takes it for the server, and trusts its authority. Then the right command migrates everybody.
    fn tried_by_mistake(&self, host: &str) -> String {
        let bench = Bench::new();
        bench.input(&[sample::ALICE, "user1@contoso.example"]);
        fs::write(path(&bench, "port.pem"), &self.certificate).unwrap();
        let line = format!(
            "run input.jsonl --to cache.json --ca-file port.pem --authority https://{host}:{}/contoso.example",
            self.port
        );
        let run = typed(&bench, "true", &line);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert_eq!(run.status, 1, "{said}");
        assert!(!said.contains("registration"), "{said}");
        assert_eq!(bench.emulator.redemptions().seen(), 0);
        let right = typed(&bench, "true", super::RIGHT);
        assert_eq!(right.status, 0, "{right:?}");
        said
    }
}

/// A port that answers in plain text.
#[test]
fn a_port_that_does_not_speak_tls() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, "user1@contoso.example"]);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let answering = thread::spawn(move || {
        let mut heard = Vec::new();
        while let Ok((mut stream, _)) = listener.accept() {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).unwrap_or(0);
            if &bytes[..length] == b"stop" {
                return heard;
            }
            heard.extend_from_slice(&bytes[..length]);
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        }
        heard
    });
    let line = format!(
        "run input.jsonl --to cache.json --authority https://localhost:{port}/contoso.example"
    );
    let run = typed(&bench, "true", &line);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert_eq!(run.status, 75, "{said}");
    for words in ["not_tls", "does not speak TLS"] {
        assert!(said.contains(words), "{said}");
    }
    let mut stop = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stop.write_all(b"stop").unwrap();
    let heard = answering.join().unwrap();
    assert!(!String::from_utf8_lossy(&heard).contains("refresh_token"));
    assert_eq!(bench.emulator.redemptions().seen(), 0);
    let right = typed(&bench, "true", super::RIGHT);
    assert_eq!(right.status, 0, "{right:?}");
}
