//! Signals: what stops a run gently, and what a core dump would hold.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::issuer::Issuer;
use crate::msal::msal_after;

pub(crate) fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Starts a run whose one token is answered after seconds, and waits until it was sent.
fn run_in_flight(folder: &Path, issuer: &Issuer, first: &str) -> Child {
    let arguments = issuer.migration("adal.json", "cache");
    let mut child = msal_after(folder, first, arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while issuer.asked() == 0 {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it sent");
        thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn a_run_that_is_told_to_stop_brings_home_what_is_in_flight() {
    for signal in ["HUP", "TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::slow(folder.path(), Duration::from_secs(3));
        let child = run_in_flight(folder.path(), &issuer, "true");
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{signal}: {stderr}");
        assert!(stderr.contains("stopping: "), "{signal}: {stderr}");
        assert_eq!(issuer.asked(), 1);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_was_started_to_outlive_its_terminal_does() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::slow(folder.path(), Duration::from_secs(3));
    // As nohup does.
    let child = run_in_flight(folder.path(), &issuer, "trap '' HUP");
    send("HUP", &child);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("stopping: "), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn no_core_is_dumped_and_nobody_looks_into_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let is_root = fs::metadata(folder).unwrap().uid() == 0;
    let mut command = msal_after(
        folder,
        "ulimit -c $(ulimit -H -c)",
        ["emulator", "serve", "--port", "0"],
    );
    if is_root {
        // The command itself may be where nobody else can go.
        fs::copy(env!("CARGO_BIN_EXE_msal"), folder.join("msal")).unwrap();
        std::os::unix::fs::chown(folder, Some(65534), Some(65534)).unwrap();
        command = Command::new("sh");
        command
            .args([
                "-c",
                "ulimit -c $(ulimit -H -c) && exec ./msal emulator serve --port 0",
            ])
            .current_dir(folder)
            .env("TMPDIR", folder)
            .uid(65534)
            .gid(65534);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<_> = core.unwrap().split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core:?}");
    // proc(5): what belongs to a process that may not be dumped belongs to the administrator.
    let owner = fs::metadata(format!("/proc/{}/environ", child.id()))
        .unwrap()
        .uid();
    assert_eq!(owner, 0);
    send("ABRT", &child);
    let status = child.wait().unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
}
