//! What people see, as it was looked at. With `MSAL_SCREENS` set, the files are written anew, to be looked at again.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;

use crate::help::on_a_terminal;
use crate::msal::msal;

/// Compares a screen with the one that is kept under this name.
pub(crate) fn assert_screen(name: &str, shown: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens");
    let path = Path::new(folder).join(format!("{name}.txt"));
    if std::env::var_os("MSAL_SCREENS").is_some() {
        fs::write(&path, shown).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        shown,
        kept,
        "see {} and set MSAL_SCREENS to change it",
        path.display()
    );
}

#[test]
fn help_is_as_it_was_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        &["login"][..],
        &["logout"],
        &["token"],
        &["cache", "inspect"],
    ] {
        let run = msal(folder.path(), [command, &["--help"]].concat());
        // The end of a line that clap leaves empty is filled up.
        let lines: Vec<_> = run.stdout.lines().map(str::trim_end).collect();
        assert_screen(
            &format!("{}-help", command.join("-")),
            &(lines.join("\n") + "\n"),
        );
    }
}

#[test]
fn help_on_a_terminal_is_as_it_was_looked_at() {
    for command in [
        &[][..],
        &["completions"],
        &["emulator", "serve"],
        &["migrate"],
        &["migrate", "finish"],
        &["migrate", "plan"],
        &["migrate", "report"],
        &["migrate", "run"],
        &["migrate", "verify"],
    ] {
        for columns in [80, 120] {
            let run = on_a_terminal(columns, &[command, &["--help"]].concat());
            let lines: Vec<_> = run.stdout.lines().map(str::trim_end).collect();
            let name = [&["msal"], command].concat().join("-");
            assert_screen(
                &format!("{name}-help-{columns}"),
                &(lines.join("\n") + "\n"),
            );
        }
    }
}

#[test]
fn a_sign_out_and_a_cache_are_shown_as_they_were_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let cache = include_str!("../../../msal-core/tests/data/cache/msal_node_cache.json");
    // With what Node leaves out, nothing depends on the day of the test.
    let mut odd: serde_json::Value = serde_json::from_str(cache).unwrap();
    odd["AccessToken"]["broken"] = "text".into();
    odd["Settings"] = 1.into();
    fs::write(folder.path().join("cache.json"), odd.to_string()).unwrap();
    let close = std::process::Command::new("chmod")
        .args(["600", "cache.json"])
        .current_dir(folder.path())
        .status();
    assert!(close.unwrap().success());
    for (name, arguments) in [
        ("cache-inspect", &["cache", "inspect", "cache.json"][..]),
        (
            "logout-of-somebody-unknown",
            &["logout", "cache.json", "--account", "nobody"],
        ),
        ("logout", &["logout", "cache.json"]),
        ("logout-of-nobody", &["logout", "cache.json", "--all"]),
    ] {
        let run = msal(folder.path(), arguments);
        assert_screen(name, &format!("{}{}", run.stdout, run.stderr));
    }
}
