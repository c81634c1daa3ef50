//! The programs in `examples/`, run against the emulator's server as a newcomer would run them.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::SystemTime;

use msal_emulator::sample::{ALICE, BOB, DESKTOP};
use msal_emulator::{Directory, Emulator, Server};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// The emulator's server, and a folder for its certificate and for the target.
struct Surroundings {
    server: Server,
    folder: TempDir,
}

impl Surroundings {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let emulator = Emulator::new(Directory::sample());
        let builder = Server::builder(emulator).ca_out(folder.path().join("ca.pem"));
        let server = builder.start().await.unwrap();
        Self { server, folder }
    }

    fn token(&self, upn: &str) -> String {
        let emulator = self.server.emulator();
        let now = SystemTime::now();
        emulator.issue_refresh_token(upn, DESKTOP, now).unwrap()
    }

    /// Runs an example; it must not show its input again.
    async fn run(&self, example: &str, arguments: &[&str], input: &[(&str, &str)]) -> Output {
        let mut child = Command::new(program(example))
            .args(arguments)
            // What the platform trusts: the way to trust an emulator without a line of code.
            .env("SSL_CERT_FILE", self.folder.path().join("ca.pem"))
            .env_remove("HTTPS_PROXY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        for (user, token) in input {
            let row = format!("{user} {token}\n");
            stdin.write_all(row.as_bytes()).await.unwrap();
        }
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        let shown = format!("{output:?}");
        for (_, token) in input {
            assert!(!shown.contains(token), "{shown}");
        }
        output
    }
}

/// Where cargo puts an example: beside the folder of this test.
fn program(example: &str) -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let name = format!("{example}{}", std::env::consts::EXE_SUFFIX);
    let program = profile.join("examples").join(name);
    assert!(
        program.exists(),
        "`cargo test` builds the examples; `cargo test --test it` alone does not"
    );
    program
}

fn printed(output: &Output) -> Vec<&str> {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let mut lines: Vec<_> = std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn what_is_in_memory_is_migrated_and_not_sent_again() {
    let place = Surroundings::new().await;
    let authority = format!("{}/organizations", place.server.url());
    let target = place.folder.path().join("cache.json");
    let arguments = [&*authority, DESKTOP, target.to_str().unwrap()];
    let (alices, bobs) = (place.token(ALICE), place.token(BOB));
    let rows = [
        (ALICE, &*alices),
        (BOB, &*bobs),
        ("carol@contoso.example", "0.NONE"),
    ];
    let output = place.run("from_memory", &arguments, &rows).await;
    let expected = [
        "2 of 3 migrated: UsersNeeded".to_owned(),
        format!("{ALICE}: Concluded(Migrated) "),
        format!("{BOB}: Concluded(Migrated) "),
        "carol@contoso.example: Concluded(NeedsUser) invalid_grant".to_owned(),
    ];
    assert_eq!(printed(&output), expected);
    let sent = place.server.emulator().redemptions().seen();

    let output = place.run("from_memory", &arguments, &rows).await;
    assert_eq!(printed(&output), ["2 of 3 migrated: UsersNeeded"]);
    assert_eq!(place.server.emulator().redemptions().seen(), sent);
    let stored = std::fs::read_to_string(&target).unwrap();
    assert!(stored.contains(ALICE) && stored.contains(BOB));
}

#[tokio::test]
async fn what_is_typed_wrong_is_told() {
    let place = Surroundings::new().await;
    for (arguments, told) in [
        (vec![], "usage: from_memory"),
        (
            vec!["http://a.example/t", DESKTOP, "cache.json"],
            "NotHttps",
        ),
    ] {
        let output = place.run("from_memory", &arguments, &[]).await;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(told), "{error}");
    }
}
