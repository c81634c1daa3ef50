//! `emulator serve`: where it listens, what it writes, how it ends.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A running `msal emulator serve`.
pub(crate) struct Serving {
    child: Child,
    pub(crate) announced: Value,
}

impl Serving {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_where(folder, &[], arguments)
    }

    /// As [`Serving::start`], with these variables besides.
    pub(crate) fn start_where(
        folder: &Path,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_msal"))
            .args(["--format", "json", "emulator", "serve"])
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("TMPDIR", folder)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        // From here on it ends with its owner, also when it announces nothing that can be read.
        let mut serving = Self {
            child,
            announced: Value::Null,
        };
        let mut documents = serde_json::Deserializer::from_reader(stdout).into_iter();
        serving.announced = documents.next().unwrap().unwrap();
        serving
    }

    /// What the admin API answers.
    pub(crate) fn admin(&self, request: &str) -> String {
        let url = self.announced["admin_url"].as_str().unwrap();
        let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        let request = format!("{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn the_port_of_the_configuration_holds_unless_the_command_says_another() {
    let folder = tempfile::tempdir().unwrap();
    let (configured, asked) = (free_port(), free_port());
    let config = format!("[server]\nport = {configured}\n");
    std::fs::write(folder.path().join("emulator.toml"), config).unwrap();
    let serving = Serving::start(folder.path(), &["--config", "emulator.toml"]);
    let url = |port: u16| format!("https://localhost:{port}");
    assert_eq!(serving.announced["url"], url(configured));
    let asked_text = asked.to_string();
    let arguments = ["--config", "emulator.toml", "--port", &asked_text];
    let serving = Serving::start(folder.path(), &arguments);
    assert_eq!(serving.announced["url"], url(asked));
}

#[cfg(unix)]
#[test]
fn a_request_to_terminate_ends_it_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let mut serving = Serving::start(folder.path(), &["--port", "0"]);
        let id = serving.child.id().to_string();
        let kill = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(kill.success());
        assert_eq!(serving.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn the_file_of_the_audit_log_leaves_the_admin_api_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "--port",
        "0",
        "--admin-port",
        "0",
        "--managed-identity-port",
        "0",
        "--audit",
        "audit.jsonl",
    ];
    let mut serving = Serving::start(folder.path(), &arguments);
    let machines = serving.announced["managed_identity_url"].as_str().unwrap();
    let ask = |path: &str| {
        let mut stream = TcpStream::connect(machines.strip_prefix("http://").unwrap()).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    };
    let written = || std::fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    ask("/metadata/instance");
    while !written().contains("/metadata/instance") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(serving.admin("GET /audit").contains("/metadata/instance"));
    ask("/metadata/instance/compute");
    assert!(serving.admin("DELETE /audit").starts_with("HTTP/1.1 200"));
    assert!(!serving.admin("GET /audit").contains("/metadata"));
    let id = serving.child.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    serving.child.wait().unwrap();
    assert!(written().contains("/metadata/instance/compute"));
    for line in written().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        assert!(record.get("user").is_some(), "{line}");
    }
}

/// What the command says that does not start.
fn refused(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_msal"))
        .args(["--format", "json", "emulator", "serve", "--port", "0"])
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("TMPDIR", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut documents = serde_json::Deserializer::from_reader(stdout).into_iter::<Value>();
    let started = documents.next().is_some();
    if started {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap().code();
    let mut said = String::new();
    child.stderr.unwrap().read_to_string(&mut said).unwrap();
    assert!(!started, "{arguments:?} started: {said}");
    (status, said)
}

#[test]
fn a_file_that_is_somebody_elses_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = "[[tenant]]\ndomain = \"a.example\"\n";
    for (arguments, hint) in [
        (&["--config", "mine", "--ca-out", "mine"][..], "--ca-out"),
        (&["--ca-out", "mine"], "--ca-out"),
        (&["--ca-out", "./mine"], "--ca-out"),
        (&["--arc-key-file", "mine"], "--arc-key-file"),
        (&["--audit", "mine"], "--audit"),
        (&["--config", "mine", "--audit", "mine"], "--audit"),
        (
            &["--config", "mine", "--arc-key-file", "mine"],
            "--arc-key-file",
        ),
    ] {
        std::fs::write(folder.join("mine"), config).unwrap();
        let (status, said) = refused(folder, arguments);
        assert!(
            [Some(1), Some(2)].contains(&status),
            "{arguments:?}: {said}"
        );
        assert!(
            said.contains("mine") && said.contains(hint),
            "{arguments:?}: {said}"
        );
        assert!(!said.contains("--port"), "{said}");
        let held = std::fs::read_to_string(folder.join("mine")).unwrap();
        assert_eq!(held, config, "{arguments:?}");
    }
}

#[test]
fn one_file_cannot_be_two() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for arguments in [
        ["--ca-out", "new", "--audit", "new"],
        ["--ca-out", "new", "--arc-key-file", "./new"],
        ["--audit", "new", "--arc-key-file", "new"],
        ["--config", "empty", "--audit", "empty"],
        ["--config", "empty", "--ca-out", "empty"],
    ] {
        std::fs::write(folder.join("empty"), "").unwrap();
        let (status, said) = refused(folder, &arguments);
        assert_eq!(status, Some(2), "{arguments:?}: {said}");
        for name in [arguments[0], arguments[2]] {
            assert!(said.contains(name), "{arguments:?}: {said}");
        }
        assert!(!folder.join("new").exists(), "{arguments:?}");
        assert_eq!(std::fs::read_to_string(folder.join("empty")).unwrap(), "");
    }
}

#[cfg(unix)]
#[test]
fn the_same_command_runs_again_also_after_it_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("emulator.toml"), "[server]\nport = 0\n").unwrap();
    let arguments = [
        "--config",
        "emulator.toml",
        "--ca-out",
        "ca.pem",
        "--audit",
        "audit.jsonl",
        "--arc-key-file",
        "arc.key",
        "--admin-port",
        "0",
    ];
    let mut lengths = Vec::new();
    for _ in 0..3 {
        let mut serving = Serving::start(folder, &arguments);
        serving.admin("GET /clock");
        // SIGKILL: nothing is cleaned up.
        serving.child.kill().unwrap();
        serving.child.wait().unwrap();
        std::fs::write(
            folder.join("audit.jsonl"),
            [
                std::fs::read(folder.join("audit.jsonl")).unwrap(),
                RECORD.as_bytes().to_vec(),
            ]
            .concat(),
        )
        .unwrap();
        lengths.push(std::fs::metadata(folder.join("audit.jsonl")).unwrap().len());
    }
    assert!(
        lengths.is_sorted() && lengths[0] < lengths[2],
        "{lengths:?}"
    );
    // Where nothing is kept, several may go.
    let arguments = [
        "--ca-out",
        "/dev/null",
        "--audit",
        "/dev/null",
        "--port",
        "0",
    ];
    Serving::start(folder, &arguments);
}

/// A line as the emulator writes them.
const RECORD: &str = "{\"at\":1.0,\"method\":\"GET\",\"path\":\"/\",\"endpoint\":\"Unknown\",\"correlation_id\":\"x\"}\n";
