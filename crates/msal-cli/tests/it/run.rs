//! `msal migrate run` against an emulator.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::sync::Arc;
use std::time::SystemTime;

use msal_emulator::{Directory, Emulator, Server, sample};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::msal::{Run, msal};

/// An emulator, and a folder in which the command is run.
struct Bench {
    emulator: Arc<Emulator>,
    server: Server,
    folder: TempDir,
    /// Serves as long as it lives.
    _runtime: Runtime,
}

impl Bench {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let emulator = Arc::new(Emulator::new(Directory::sample()));
        let server = Server::builder(Arc::clone(&emulator)).port(0).start();
        let server = runtime.block_on(server).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), server.ca_pem()).unwrap();
        Self {
            emulator,
            server,
            folder,
            _runtime: runtime,
        }
    }

    /// One token response for each user, as JSON lines.
    fn input(&self, users: &[&str]) {
        let line = |user: &&str| {
            let now = SystemTime::now();
            let token = self
                .emulator
                .issue_refresh_token(user, sample::DESKTOP, now)
                .unwrap();
            json!({"refresh_token": token, "user": user, "client_id": sample::DESKTOP}).to_string()
        };
        let lines: Vec<_> = users.iter().map(line).collect();
        fs::write(self.folder.path().join("input.jsonl"), lines.join("\n")).unwrap();
    }

    /// Runs the migration at `tenant`, with more arguments.
    fn run(&self, tenant: &str, more: &[&str]) -> Run {
        let authority = format!("{}/{tenant}", self.server.url());
        let arguments = ["migrate", "run", "input.jsonl", "--to", "cache.json"];
        let server = ["--authority", &authority, "--ca-file", "ca.pem"];
        let all = arguments.into_iter().chain(server);
        msal(self.folder.path(), all.chain(more.iter().copied()))
    }
}

#[test]
fn accounts_of_others_do_not_decide_the_exit_status() {
    let bench = Bench::new();
    let target = bench.folder.path().join("cache.json");
    // An account that has signed out elsewhere: nobody holds a refresh token of it.
    let account = json!({
        "home_account_id": "u.t", "environment": "login.microsoftonline.com", "realm": "t",
        "local_account_id": "u", "username": "old@contoso.example", "authority_type": "MSSTS",
    });
    let stranger = json!({"Account": {"u.t-login.microsoftonline.com-t": account}});
    fs::write(&target, stranger.to_string()).unwrap();
    bench.input(&[sample::ALICE]);
    for _ in 0..2 {
        let run = bench.run("contoso.example", &[]);
        assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("came from elsewhere"), "{}", run.stdout);
    }

    // An account of the input's own does.
    let mut cache: Value = serde_json::from_slice(&fs::read(&target).unwrap()).unwrap();
    cache["RefreshToken"] = json!({});
    fs::write(&target, cache.to_string()).unwrap();
    let run = bench.run("contoso.example", &[]);
    assert_eq!(run.status, 1, "{}{}", run.stdout, run.stderr);
}
