//! `msal migrate status`, of a run that goes on and of one that has ended.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use msal_emulator::Fault;
use serde_json::Value;

use crate::issuer::Issuer;
use crate::msal::{msal, msal_command};

fn status(folder: &Path, of: &str) -> Value {
    let run = msal(folder, ["migrate", "status", of, "--format", "json"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

/// Starts a run of Alice's token, and waits until it was sent.
fn started(folder: &Path, issuer: &Issuer) -> Child {
    let mut child = msal_command(folder)
        .args(issuer.migration("adal.json", "cache.json"))
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
fn a_run_is_told_while_it_goes_on_and_is_not_disturbed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::slow(folder, Duration::from_secs(3));
    let child = started(folder, &issuer);
    for of in ["cache.json", "cache.json.journal", "cache.json.journal.key"] {
        let told = status(folder, of);
        assert_eq!(told["journal"], "cache.json.journal", "{told}");
        assert_eq!(
            (&told["running"], &told["pid"]),
            (&true.into(), &child.id().into())
        );
        let run = &told["run"];
        assert_eq!(
            (&run["tokens"], &run["done"]),
            (&1.into(), &0.into()),
            "{told}"
        );
    }
    let text = msal(folder, ["migrate", "status", "cache.json"]).stdout;
    let first = format!("running as process {}, since ", child.id());
    assert!(text.starts_with(&first), "{text}");
    assert!(text.contains("0 of 1 token done"), "{text}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = status(folder, "cache.json");
    assert_eq!(
        (&told["running"], &told["pid"]),
        (&false.into(), &Value::Null)
    );
    assert_eq!(
        (&told["run"]["done"], &told["counts"]["migrated"]),
        (&1.into(), &1.into())
    );
    let text = msal(folder, ["migrate", "status", "cache.json"]).stdout;
    assert!(text.starts_with("not running: "), "{text}");
    assert!(!text.contains("hint"), "nothing is left: {text}");
}

#[test]
fn a_pause_that_a_server_asks_for_is_told_and_what_a_stopped_run_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    issuer.emulator().add_fault(Fault::throttle(300));
    let mut child = started(folder, &issuer);
    // What was answered is on its way to the journal.
    let told = loop {
        let told = status(folder, "cache.json");
        if !told["run"]["paused"].is_null() {
            break told;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let paused = &told["run"]["paused"];
    assert_eq!(paused["why"], "throttled");
    let left = paused["seconds_left"].as_u64().unwrap();
    assert!((200..=331).contains(&left), "{told}");
    let text = msal(folder, ["migrate", "status", "cache.json"]).stdout;
    assert!(
        text.contains("throttled: the server asks for a pause, for "),
        "{text}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let text = msal(folder, ["migrate", "status", "cache.json"]).stdout;
    assert!(text.starts_with("not running: "), "{text}");
    assert!(!text.contains("throttled"), "nobody waits: {text}");
    assert!(text.contains("1 token is not tried yet"), "{text}");
}

#[test]
fn what_is_no_journal_is_refused_as_a_report_refuses_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("other.json"), "[1, 2, 3]").unwrap();
    for of in ["other.json", "nothing.json"] {
        let [status, report] =
            ["status", "report"].map(|command| msal(folder, ["migrate", command, of]));
        assert_eq!((status.status, &status.stderr), (1, &report.stderr));
        assert_eq!(report.status, 1);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
    }
}
