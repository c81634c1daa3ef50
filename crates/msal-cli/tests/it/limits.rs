//! Limits of the machine: files without an end, too few open files, core dumps.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::issuer::Issuer;
use crate::msal::{Run, msal, msal_after, run};

/// A file of 20 GiB that takes no room, behind `front`.
fn endless(path: &Path, front: &[u8]) {
    let file = File::create(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    file.set_len(20 << 30).unwrap();
    file.write_all_at(front, 0).unwrap();
}

/// Runs `msal` with four gigabytes for its addresses and a minute.
fn narrow(folder: &Path, arguments: &[&str]) -> Run {
    let started = Instant::now();
    let run = run(&mut msal_after(folder, "ulimit -v 4000000", arguments));
    assert!(started.elapsed() < Duration::from_secs(60), "{arguments:?}");
    assert!(!run.stderr.contains("panicked"), "{arguments:?}: {run:?}");
    run
}

#[test]
fn a_file_without_an_end_is_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    endless(&folder.join("endless"), b"");
    let token = ["token", "cache", "--account", "a", "--scope", "s"];
    let account = ["--account", "a", "--scope", "s"];
    let with = |more: &[&'static str]| [&token[..], more].concat();
    fs::write(folder.join("input"), "[]").unwrap();
    for arguments in [
        vec!["accounts", "endless"],
        vec!["migrate", "verify", "endless", "--offline"],
        [&["token", "endless"], &account[..]].concat(),
        with(&["--ca-file", "endless"]),
        with(&["--client-secret-file", "endless"]),
        with(&["--client-secret-file", "app=endless"]),
        vec!["emulator", "serve", "--port", "0", "--config", "endless"],
        vec!["migrate", "report", "endless"],
        vec!["migrate", "plan", "endless"],
        vec!["migrate", "plan", "endless", "--from", "adal-python"],
        vec!["migrate", "plan", "endless", "--from", "csv"],
        vec!["migrate", "plan", "endless", "--from", "jsonl"],
        vec!["migrate", "plan", "endless", "--from", "msal-cache"],
        vec!["migrate", "plan", "endless", "--from", "token-json"],
        vec!["migrate", "run", "endless", "--to", "t"],
        vec![
            "migrate",
            "run",
            "input",
            "--to",
            "t",
            "--journal",
            "endless",
        ],
    ] {
        let run = narrow(folder, &arguments);
        assert!(matches!(run.status, 1 | 2), "{arguments:?}: {run:?}");
        assert!(
            run.stderr.starts_with("error: ") && run.stderr.contains("endless"),
            "{arguments:?}: {}",
            run.stderr
        );
    }
}

#[test]
fn a_target_full_of_holes_is_refused_before_a_token_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    endless(&folder.join("holes"), b"{\"Account\": {");
    endless(&folder.join("smaller"), b"{\"Account\": {");
    let smaller = File::options().write(true).open(folder.join("smaller"));
    smaller.unwrap().set_len(1 << 30).unwrap();
    for target in ["holes", "smaller"] {
        let arguments = issuer.migration("adal.json", target);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let run = narrow(folder, &arguments);
        assert_eq!(run.status, 1, "{run:?}");
        assert!(run.stderr.contains("is not a token cache"), "{run:?}");
        assert!(run.stderr.contains("\nhint: "), "{run:?}");
    }
    assert_eq!(issuer.asked(), 0);
    assert_eq!(fs::metadata(folder.join("holes")).unwrap().len(), 20 << 30);
}

#[test]
fn too_few_open_files_are_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    fs::write(folder.join("cache"), "{}").unwrap();
    let migration = issuer.migration("adal.json", "t");
    let migration: Vec<_> = migration.iter().map(String::as_str).collect();
    let commands = [
        vec!["accounts", "cache"],
        vec!["migrate", "plan", "adal.json"],
        vec!["migrate", "verify", "cache"],
        vec!["token", "cache", "--account", "a", "--scope", "s"],
        migration,
        vec!["demo", "--users", "2"],
    ];
    for limit in [4, 5, 6, 8, 11, 16, 22, 28, 32, 34, 36, 40, 64] {
        for arguments in &commands {
            let run = run(&mut msal_after(
                folder,
                &format!("ulimit -n {limit}"),
                arguments,
            ));
            let what = format!("{limit} for {arguments:?}: {run:?}");
            assert!(!run.stderr.contains("panicked"), "{what}");
            assert!(matches!(run.status, 0 | 1 | 2 | 4 | 75), "{what}");
            let is_plan = arguments.contains(&"plan");
            if limit <= 32 && !is_plan {
                assert_eq!(run.status, 1, "{what}");
                assert!(run.stderr.contains("ulimit -n"), "{what}");
            }
        }
        if limit <= 32 {
            assert_eq!(issuer.asked(), 0);
        }
    }
    let serve = ["emulator", "serve", "--port", "0"];
    let run = run(&mut msal_after(folder, "ulimit -n 8", serve));
    assert!(
        run.status == 1 && run.stderr.contains("ulimit -n"),
        "{run:?}"
    );
}

#[test]
fn a_run_that_had_too_few_open_files_succeeds_with_enough() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    let arguments = issuer.migration("adal.json", "t");
    assert_eq!(
        run(&mut msal_after(folder, "ulimit -n 8", &arguments)).status,
        1
    );
    assert_eq!(
        run(&mut msal_after(folder, "ulimit -n 256", &arguments)).status,
        0
    );
    assert_eq!(issuer.asked(), 1);
}

#[test]
fn a_device_without_an_end_is_refused_as_a_file_is() {
    let folder = tempfile::tempdir().unwrap();
    for option in ["--ca-file", "--client-secret-file"] {
        let run = msal(
            folder.path(),
            [
                "token",
                "t",
                "--account",
                "a",
                "--scope",
                "s",
                option,
                "/dev/zero",
            ],
        );
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.stderr.contains("/dev/zero"), "{}", run.stderr);
    }
}
