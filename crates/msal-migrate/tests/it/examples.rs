//! The programs in `examples/`, run against the emulator's server as a newcomer would run them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use msal_emulator::sample::{ALICE, BOB, CAROL, DESKTOP};
use msal_emulator::{Directory, Emulator, Server};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_in_memory_are_migrated_once() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let emulator = Emulator::new(Directory::sample());
    let server = Server::builder(emulator).ca_out(&ca).start().await.unwrap();
    let token = |upn| {
        let issued = server
            .emulator()
            .issue_refresh_token(upn, DESKTOP, SystemTime::now());
        issued.unwrap()
    };
    // The last row has somebody else's token.
    let rows = [
        (ALICE, token(ALICE)),
        (BOB, token(BOB)),
        (CAROL, token(ALICE)),
    ];
    let input: String = rows
        .iter()
        .map(|(user, token)| format!("{user} {token}\n"))
        .collect();
    let (authority, cache) = (
        format!("{}/organizations", server.url()),
        folder.path().join("cache.json"),
    );
    let run = || {
        let arguments = [&authority, DESKTOP, "User.Read", cache.to_str().unwrap()];
        let mut child = Command::new(program("from_memory"))
            .args(arguments)
            .env("SSL_CERT_FILE", &ca)
            .env_remove("HTTPS_PROXY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let shown = format!("{output:?}");
        assert!(output.status.success(), "{shown}");
        assert!(
            rows.iter().all(|(_, token)| !shown.contains(token)),
            "{shown}"
        );
        let mut lines: Vec<_> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    };
    let expected = [
        "2 of 3 tokens migrated".to_owned(),
        format!("{ALICE}: Concluded(Migrated)"),
        format!("{BOB}: Concluded(Migrated)"),
        format!("{CAROL}: Concluded(Quarantined)"),
    ];
    assert_eq!(run(), expected);
    assert_eq!(run(), expected);
    assert_eq!(
        server.emulator().redemptions().seen(),
        3,
        "each token was sent once"
    );
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
