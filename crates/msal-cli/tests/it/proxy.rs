//! Requests go through the proxy that the environment names.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc;
use std::thread;

use crate::msal::msal_where;

const CACHE: &str = r#"{
    "Account": {"a": {
        "home_account_id": "u.t", "environment": "localhost", "realm": "t",
        "local_account_id": "u", "username": "alice@contoso.example", "authority_type": "MSSTS"
    }},
    "RefreshToken": {"r": {
        "credential_type": "RefreshToken", "secret": "0.FAKE", "home_account_id": "u.t",
        "environment": "localhost", "client_id": "c", "target": ""
    }}
}"#;

/// A proxy that hangs up, and what it was asked.
fn proxy() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, asked) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut line) = (BufReader::new(stream.unwrap()), String::new());
            stream.read_line(&mut line).unwrap();
            let told = sender.send(line);
            // Not earlier: the command may end, and the test look, once the proxy has hung up.
            drop(stream);
            if told.is_err() {
                return;
            }
        }
    });
    (format!("http://{address}"), asked)
}

#[test]
fn a_proxy_is_asked_for_the_hosts_it_is_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cache"), CACHE).unwrap();
    for (variable, exceptions, expected) in [
        ("HTTPS_PROXY", "", true),
        ("ALL_PROXY", "contoso.example", true),
        ("HTTP_PROXY", "", false),
        ("HTTPS_PROXY", "localhost", false),
    ] {
        let (proxy, asked) = proxy();
        let run = msal_where(
            folder.path(),
            &[(variable, &proxy), ("NO_PROXY", exceptions)],
            ["token", "cache", "--account", "alice@contoso.example"]
                .into_iter()
                .chain(["--scope", "User.Read"])
                .chain(["--authority", "https://localhost:1/t"]),
        );
        let what = match expected {
            true => "the proxy opened no connection to the server",
            false => "nobody listens at the server's port",
        };
        let said = run.stderr.starts_with(&format!("error: {what}"));
        assert!(said, "{}", run.stderr);
        let asked: Vec<String> = asked.try_iter().collect();
        let through = asked
            .iter()
            .any(|line| line == "CONNECT localhost:1 HTTP/1.1\r\n");
        assert_eq!(
            through, expected,
            "{variable} but {exceptions:?}: {asked:?}"
        );
        assert_eq!(asked.is_empty(), !expected);
    }
}

#[test]
fn the_demo_stays_on_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let (proxy, asked) = proxy();
    let run = msal_where(
        folder.path(),
        &[("HTTPS_PROXY", &proxy)],
        ["demo", "--users", "2"],
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(asked.try_iter().collect::<Vec<_>>(), [""; 0]);
}
