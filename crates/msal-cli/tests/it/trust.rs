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
use crate::serve::Serving;

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

/// A folder in which a cache, rows, and the journal of an earlier run name hosts that nobody trusts.
fn poisoned() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let row = |(number, host): (usize, &str)| {
        let (token, url) = (format!("0.FAKE{number}"), format!("https://{host}/t"));
        json!({"refresh_token": token, "client_id": "c", "authority": url}).to_string() + "\n"
    };
    let rows: String = POISON.into_iter().enumerate().map(row).collect();
    fs::write(folder.path().join("rows"), rows).unwrap();
    // Whoever ran this trusted that host.
    let run = ["migrate", "run", "rows", "--to", "target"];
    let earlier = ["--authority", "https://evil.example"];
    let (_, asked) = ask(folder.path(), &[&run[..], &earlier].concat());
    assert!(asked.contains(&"evil.example:443".to_owned()), "{asked:?}");
    let journal = folder.path().join("target.journal");
    assert!(journal.exists());
    for name in ["cache.journal", "target.journal"] {
        let key = |name: &str| folder.path().join(name.to_owned() + ".key");
        if name != "target.journal" {
            fs::copy(&journal, folder.path().join(name)).unwrap();
            fs::copy(key("target.journal"), key(name)).unwrap();
        }
    }
    fs::write(folder.path().join("cache"), cache(POISON).to_string()).unwrap();
    folder
}

#[test]
fn no_command_asks_a_host_that_only_a_file_names() {
    let commands: [&[&str]; 13] = [
        &["accounts", "cache"],
        &["demo", "--users", "2"],
        &["migrate", "plan", "cache"],
        &["migrate", "plan", "rows", "--list"],
        &["migrate", "report", "target.journal"],
        &[
            "migrate",
            "report",
            "target.journal",
            "--all",
            "--show-users",
        ],
        &["migrate", "run", "cache", "--to", "target"],
        &["migrate", "run", "rows", "--to", "target"],
        &[
            "migrate", "run", "rows", "--to", "target", "--retry", "in-doubt", "--retry", "failed",
        ],
        // The target is poisoned as well.
        &[
            "migrate",
            "run",
            "rows",
            "--to",
            "cache",
            "--journal",
            "new",
        ],
        &["migrate", "verify", "cache"],
        &["migrate", "verify", "cache", "--offline"],
        &[
            "migrate",
            "verify",
            "cache",
            "--journal",
            "target.journal",
            "--list",
        ],
    ];
    let mut commands: Vec<Vec<&str>> = commands.map(<[&str]>::to_vec).into();
    for account in POISON {
        let token = [
            "token",
            "cache",
            "--account",
            account,
            "--scope",
            "User.Read",
        ];
        commands.push(token.to_vec());
    }
    let poisoned = poisoned();
    for command in commands {
        for authority in [
            None,
            Some("https://good.example"),
            Some("https://good.example/organizations"),
        ] {
            // Rows whose authority is none go where the operator says, and are tried there for a while.
            if command.contains(&"run")
                && authority.is_some_and(|url| url.ends_with("organizations"))
            {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            for file in fs::read_dir(poisoned.path()).unwrap() {
                let file = file.unwrap();
                fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
            }
            let mut arguments = command.clone();
            let takes_secrets = ["token", "run", "verify"].map(|name| command.contains(&name));
            let takes_authority = takes_secrets.contains(&true) || command.contains(&"plan");
            if takes_authority {
                arguments.extend(authority.iter().flat_map(|url| ["--authority", url]));
            }
            if takes_secrets.contains(&true) {
                arguments.extend(["--client-secret-env", "c=SECRET"]);
            }
            let (run, hosts) = ask(folder.path(), &arguments);
            let case = format!("{arguments:?} {run:?}");
            assert!(!run.stderr.contains("unexpected argument"), "{case}");
            // Microsoft may be asked about a host, and the operator's own host for its metadata.
            let is_trusted = |host: &&String| {
                *host == "login.microsoftonline.com:443"
                    || authority.is_some() && *host == "good.example:443"
            };
            let strangers: Vec<_> = hosts.iter().filter(|host| !is_trusted(host)).collect();
            assert!(strangers.is_empty(), "{strangers:?} {case}");
            let asks_nobody = ["accounts", "demo", "plan", "report", "verify"];
            if asks_nobody
                .map(|name| command.contains(&name))
                .contains(&true)
            {
                assert_eq!(hosts, [""; 0], "{case}");
            }
        }
    }
}

/// The emulator asks nobody, whatever its directory and its callers name.
#[test]
fn a_served_emulator_asks_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (proxy, asked) = proxy();
    let config = "[[tenant]]\ndomain = \"evil.example\"\n";
    fs::write(folder.path().join("emulator.toml"), config).unwrap();
    let variables = [
        ("HTTPS_PROXY", &*proxy),
        ("HTTP_PROXY", &proxy),
        ("ALL_PROXY", &proxy),
    ];
    let ports = [
        "--port",
        "0",
        "--admin-port",
        "0",
        "--config",
        "emulator.toml",
    ];
    let serving = Serving::start_where(folder.path(), &variables, &ports);
    assert!(serving.announced["url"].is_string());
    let audit = serving.admin("GET https://evil.example/audit");
    assert!(audit.starts_with("HTTP/1.1"), "{audit}");
    drop(serving);
    assert_eq!(asked.try_iter().count(), 0);
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
        assert_eq!((run.status, hosts), (4, Vec::<String>::new()), "{run:?}");
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
    assert_eq!((run.status, hosts), (4, Vec::<String>::new()), "{run:?}");
    assert!(!run.stdout.contains(['\u{1b}', '\u{7}']), "{run:?}");
    assert!(!run.stdout.contains("\nverified: 1 of 1"), "{run:?}");
}
