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
