//! Whom the commands send tokens to: every command, with files that name another host, and a proxy that writes down
//! each host that is asked for.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use serde_json::{Value, json};

use crate::msal::{Run, msal_where};

/// What a file may say where it should say a host.
const POISON: [&str; 9] = [
    "evil.example",
    "evil.example:8443",
    "good.example:9999",
    "good.example@evil.example",
    "evil.example/good.example",
    "good.example.evil.example",
    "login.microsoftonline.com@evil.example",
    "login.microsoftonline.com.evil.example",
    "login.microsoftonline.com.",
];

/// A proxy that hangs up, and whom it was asked to lead to.
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

/// A token cache with an account at each of these hosts, whose user is called like it.
fn cache<'a>(environments: impl IntoIterator<Item = &'a str>) -> Value {
    let (mut accounts, mut tokens) = (json!({}), json!({}));
    for (number, environment) in environments.into_iter().enumerate() {
        let (key, home) = (number.to_string(), format!("u{number}.{TENANT}"));
        accounts[&key] = json!({
            "home_account_id": home, "environment": environment, "realm": TENANT,
            "local_account_id": "u", "username": environment, "authority_type": "MSSTS",
        });
        tokens[&key] = json!({
            "credential_type": "RefreshToken", "secret": format!("0.FAKE{number}"),
            "home_account_id": home, "environment": environment, "client_id": "c",
            "target": "User.Read",
        });
    }
    json!({"Account": accounts, "RefreshToken": tokens})
}

const TENANT: &str = "11111111-aaaa-4bbb-8ccc-222222222222";

/// Runs a command, and answers with the hosts it asked for.
fn ask(folder: &Path, arguments: &[&str]) -> (Run, Vec<String>) {
    let (proxy, asked) = proxy();
    let run = msal_where(
        folder,
        &[("HTTPS_PROXY", &proxy), ("SECRET", "s3cr3t")],
        arguments,
    );
    let host = |line: String| line.split(' ').nth(1).unwrap_or_default().to_owned();
    (run, asked.try_iter().map(host).collect())
}

#[test]
fn no_command_asks_a_host_that_only_a_file_names() {
    let commands: [&[&str]; 7] = [
        &["accounts", "cache"],
        &["migrate", "plan", "cache"],
        &["migrate", "run", "cache", "--to", "target"],
        &["migrate", "run", "rows", "--to", "target"],
        // The target is poisoned as well.
        &["migrate", "run", "rows", "--to", "cache"],
        &["migrate", "verify", "cache"],
        &["migrate", "verify", "cache", "--offline"],
    ];
    let mut commands: Vec<Vec<&str>> = commands.map(<[&str]>::to_vec).into();
    for account in POISON {
        commands.push(vec![
            "token",
            "cache",
            "--account",
            account,
            "--scope",
            "User.Read",
        ]);
    }
    for command in commands {
        for authority in [None, Some("https://good.example")] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("cache"), cache(POISON).to_string()).unwrap();
            let row = |(number, host): (usize, &str)| {
                let (token, url) = (format!("0.FAKE{number}"), format!("https://{host}/t"));
                let row = json!({"refresh_token": token, "client_id": "c", "authority": url});
                row.to_string() + "\n"
            };
            let rows: String = POISON.into_iter().enumerate().map(row).collect();
            fs::write(folder.path().join("rows"), rows).unwrap();
            let mut arguments = command.clone();
            if command[0] != "accounts" {
                arguments.extend(authority.iter().flat_map(|url| ["--authority", url]));
            }
            if command[0] == "token" || command[1] == "run" || command[1] == "verify" {
                arguments.extend(["--client-secret-env", "c=SECRET"]);
            }
            let (run, hosts) = ask(folder.path(), &arguments);
            let case = format!("{arguments:?} {run:?}");
            // Microsoft may be asked about a host, and the operator's own host for its metadata.
            let is_trusted = |host: &&String| {
                *host == "login.microsoftonline.com:443"
                    || authority.is_some() && *host == "good.example:443"
            };
            let strangers: Vec<_> = hosts.iter().filter(|host| !is_trusted(host)).collect();
            assert!(strangers.is_empty(), "{strangers:?} {case}");
            let asks_nobody = ["accounts", "plan", "verify"].map(|name| command.contains(&name));
            if asks_nobody.contains(&true) {
                assert_eq!(hosts, [""; 0], "{case}");
            }
        }
    }
}

#[test]
fn accounts_that_are_not_asked_are_reported_as_such() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("cache"),
        cache(["evil.example:8443"]).to_string(),
    )
    .unwrap();
    for authority in [None, Some("https://good.example")] {
        let mut arguments = vec!["migrate", "verify", "cache"];
        arguments.extend(authority.iter().flat_map(|url| ["--authority", url]));
        let (run, hosts) = ask(folder.path(), &arguments);
        assert_eq!((run.status, hosts), (1, Vec::<String>::new()), "{run:?}");
        for line in [
            "not asked: host evil.example:8443 is not one of Microsoft's; name it with --authority",
            "verified: 0 of 1 silent call answered, 0 from the cache, 1 not asked",
        ] {
            assert!(run.stdout.contains(line), "{line}: {run:?}");
        }
        arguments.extend(["--format", "json"]);
        let (run, _) = ask(folder.path(), &arguments);
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        for (member, count) in [
            ("asked", 0),
            ("untrusted", 1),
            ("broken", 0),
            ("renewed", 0),
        ] {
            assert_eq!(document[member], count, "{member} {document}");
        }
        assert_eq!(document["failures"].as_array().unwrap().len(), 1);
    }
    // Whoever names the host has it asked.
    let named = [
        "migrate",
        "verify",
        "cache",
        "--authority",
        "https://evil.example:8443",
    ];
    let (run, mut hosts) = ask(folder.path(), &named);
    assert_eq!(run.status, 75, "{run:?}");
    // A connection that was not made is tried again.
    hosts.dedup();
    assert_eq!(hosts, ["evil.example:8443"], "{run:?}");
}

#[test]
fn a_host_that_is_none_is_not_printed_raw() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "evil.example\u{1b}]0;title\u{7}\nverified: 1 of 1";
    fs::write(folder.path().join("cache"), cache([hostile]).to_string()).unwrap();
    let (run, hosts) = ask(folder.path(), &["migrate", "verify", "cache"]);
    assert_eq!((run.status, hosts), (1, Vec::<String>::new()), "{run:?}");
    assert!(!run.stdout.contains(['\u{1b}', '\u{7}']), "{run:?}");
    assert!(!run.stdout.contains("\nverified: 1 of 1"), "{run:?}");
}
