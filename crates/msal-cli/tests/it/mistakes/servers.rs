//! Where tokens are sent: wrong tenants, wrong clients, wrong addresses.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::{fs, thread};

use msal_emulator::{Fault, sample};

use super::{MISTAKE, Mistake, make_all, path, rename, typed, write};
use crate::run::Bench;

#[test]
fn servers() {
    make_all(SERVERS);
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
    assert!(matches!(run.status, 1 | 75), "{said}");
    let mut stop = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stop.write_all(b"stop").unwrap();
    let heard = answering.join().unwrap();
    assert!(!String::from_utf8_lossy(&heard).contains("refresh_token"));
    assert_eq!(bench.emulator.redemptions().seen(), 0);
    let right = typed(&bench, "true", super::RIGHT);
    assert_eq!(right.status, 0, "{right:?}");
}

const SERVERS: &[Mistake] = &[
    Mistake {
        what: "the token endpoint is given as the authority, which is understood",
        typed: "run input.jsonl --to cache.json --ca-file ca.pem --authority {url}/contoso.example/oauth2/v2.0/token",
        status: 0,
        says: &[
            "/oauth2/v2.0/token is no part of it",
            "2 of 2 tokens migrated",
        ],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the version is given behind the tenant, which is understood",
        typed: "run input.jsonl --to cache.json --ca-file ca.pem --authority {url}/contoso.example/v2.0",
        status: 0,
        says: &["/v2.0 is no part of it", "2 of 2 tokens migrated"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the authority is not encrypted",
        typed: "run input.jsonl --to cache.json --authority http://localhost:1/contoso.example",
        says: &["https"],
        ..MISTAKE
    },
    Mistake {
        what: "the authority has no scheme",
        typed: "run input.jsonl --to cache.json --authority login.microsoftonline.com/contoso.example",
        says: &["https://HOST"],
        ..MISTAKE
    },
    Mistake {
        what: "nobody listens at the port",
        typed: "run input.jsonl --to cache.json --authority https://localhost:1/contoso.example",
        status: 75,
        says: &["https://localhost:1"],
        ..MISTAKE
    },
    Mistake {
        what: "the certificate's authority is unknown",
        typed: "run input.jsonl --to cache.json --authority {url}/contoso.example",
        status: 1,
        says: &["certificate", "--ca-file"],
        ..MISTAKE
    },
    Mistake {
        what: "the certificate's authority is another",
        before: |bench| {
            let other = Bench::new();
            fs::copy(path(&other, "ca.pem"), path(bench, "other.pem")).unwrap();
        },
        typed: "run input.jsonl --to cache.json --authority {url}/contoso.example --ca-file other.pem",
        status: 1,
        says: &["certificate"],
        ..MISTAKE
    },
    Mistake {
        what: "there is no such tenant",
        typed: "run input.jsonl --to cache.json --authority {url}/nobody.example --ca-file ca.pem",
        status: 4,
        says: &["nobody.example", "--authority"],
        ..MISTAKE
    },
    Mistake {
        what: "it is another tenant",
        typed: "run input.jsonl --to cache.json --authority {url}/fabrikam.example --ca-file ca.pem",
        status: 4,
        says: &["fabrikam.example", "--authority"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the client id has a slip",
        typed: "run input.jsonl --to cache.json --client-id 11111111-1111-4111-8111-111111111111 {server}",
        status: 4,
        says: &["client"],
        ..MISTAKE
    },
    Mistake {
        what: "the clients of the input are unknown to the server",
        before: |bench| {
            let text = fs::read_to_string(path(bench, "input.jsonl")).unwrap();
            rename(bench, "input.jsonl", "kept");
            let other = text.replace(sample::DESKTOP, "11111111-1111-4111-8111-111111111111");
            write(bench, "input.jsonl", other.as_bytes());
        },
        status: 4,
        says: &[
            "AADSTS700016",
            "11111111-1111-4111-8111-111111111111",
            "--client-id",
        ],
        spent: 2,
        after: |bench| rename(bench, "kept", "input.jsonl"),
        ..MISTAKE
    },
    Mistake {
        what: "something stands in between",
        before: |bench| {
            let page = Fault::respond(403, [("content-type", "text/html")], "<html>blocked");
            bench.emulator.add_fault(page);
        },
        status: 4,
        says: &["http_403", "between here and the server"],
        never: &["blocked"],
        spent: 2,
        after: |bench| bench.emulator.clear_faults(),
        ..MISTAKE
    },
];
