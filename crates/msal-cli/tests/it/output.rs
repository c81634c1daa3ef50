//! Where output goes, and how it looks there: full devices, readers that leave, colours, formats.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::issuer::Issuer;
use crate::msal::{msal, msal_after, msal_command, msal_where, run};

/// Commands that print something, and need nothing but the cache.
const PRINTING: [&[&str]; 10] = [
    &["--help"],
    &["--version"],
    &["migrate", "run", "--help"],
    &["accounts", "cache.json"],
    &["accounts", "cache.json", "--format", "json"],
    &["cache", "inspect", "cache.json"],
    &["completions", "zsh"],
    &["migrate", "plan", "cache.json", "--from", "msal-cache"],
    &["migrate", "verify", "cache.json", "--offline"],
    &["sources", "list"],
];

fn cache(folder: &Path) {
    let cache = include_str!("../../../msal-core/tests/data/cache/msal_node_cache.json");
    std::fs::write(folder.join("cache.json"), cache).unwrap();
}

#[test]
fn a_full_standard_output_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    cache(folder.path());
    for arguments in PRINTING {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = msal_command(folder.path());
        let output = command.args(arguments).stdout(full).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(
            said.contains("cannot write to standard output: "),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn a_migration_whose_result_cannot_be_printed_is_done_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::start(folder.path());
    let arguments = issuer.migration("adal.json", "t");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = msal_command(folder.path());
    let output = command.args(&arguments).stdout(full).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the command has done its work"), "{said}");
    assert_eq!(msal(folder.path(), &arguments).status, 0);
    assert_eq!(issuer.asked(), 1, "the second run had nothing to do");
}

#[test]
fn a_reader_that_leaves_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    cache(folder.path());
    for arguments in PRINTING {
        let usual = msal(folder.path(), arguments);
        let mut command = msal_command(folder.path());
        let mut child = command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(File::create(folder.path().join("said")).unwrap())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let status = child.wait().unwrap();
        let said = std::fs::read_to_string(folder.path().join("said")).unwrap();
        assert_eq!(status.code(), Some(usual.status), "{arguments:?}: {said}");
        assert_eq!(said, usual.stderr, "{arguments:?}");
    }
}

#[test]
fn colours_come_when_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let force = [("CLICOLOR_FORCE", "1")];
    let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    for command in [
        &["sources", "list"][..],
        &["--help"],
        &["acounts"],
        &["accounts", "gone"],
    ] {
        for (variables, color, is_coloured) in [
            (&[][..], None, false),
            (&[], Some("always"), true),
            (&[], Some("never"), false),
            (&[], Some("auto"), false),
            (&force, None, true),
            (&force, Some("auto"), true),
            (&force, Some("never"), false),
            (&both, Some("always"), true),
            (&[("NO_COLOR", "1")], Some("always"), true),
            (&[("NO_COLOR", "1")], None, false),
        ] {
            let mut arguments = command.to_vec();
            arguments.extend(color.into_iter().flat_map(|color| ["--color", color]));
            let run = msal_where(folder.path(), variables, &arguments);
            let has = [run.stdout, run.stderr].concat().contains('\u{1b}');
            assert_eq!(has, is_coloured, "{arguments:?} {variables:?}");
        }
    }
}

#[test]
fn a_command_offers_the_formats_that_it_has() {
    let folder = tempfile::tempdir().unwrap();
    cache(folder.path());
    for (command, formats) in [
        (&["accounts", "cache.json"][..], "text, json"),
        (&["migrate", "plan", "cache.json"], "text, json"),
        (&["migrate", "report", "j"], "text, json, csv, html"),
        (&["completions", "bash"], "text"),
        (&["man", "--out", "m"], "text"),
        (&["demo"], "text, json"),
    ] {
        let refused = msal(folder.path(), [command, &["--format", "xml"]].concat());
        assert_eq!(refused.status, 2, "{refused:?}");
        let told = format!("[possible values: {formats}]");
        assert!(refused.stderr.contains(&told), "{}", refused.stderr);
        for format in ["text", "json", "csv", "html"] {
            let is_there = formats.split(", ").any(|known| known == format);
            for arguments in [
                [command, &["--format", format, "--help"]].concat(),
                [&["--format", format], command, &["--no-such-option"]].concat(),
            ] {
                let run = msal(folder.path(), &arguments);
                let is_refused = run.stdout.is_empty() && !run.stderr.contains("no-such-option");
                assert_eq!(
                    is_refused,
                    !is_there && arguments.contains(&"--help"),
                    "{arguments:?}: {run:?}"
                );
            }
        }
    }
    let before = msal(folder.path(), ["--format", "csv", "accounts", "cache.json"]);
    assert_eq!(before.status, 2, "{before:?}");
    assert!(
        before
            .stderr
            .contains("`msal accounts` prints text or json"),
        "{}",
        before.stderr
    );
    assert!(before.stdout.is_empty());
    let before = msal(
        folder.path(),
        ["--format", "json", "accounts", "cache.json"],
    );
    assert!(before.stdout.starts_with('{'), "{before:?}");
}

#[test]
fn what_was_typed_wrongly_is_told_to_programs_as_well() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, error, hint) in [
        (
            &["acounts"][..],
            "unrecognized subcommand 'acounts'",
            "'accounts'",
        ),
        (
            &["accounts", "t", "--quite"],
            "unexpected argument '--quite' found",
            "'--quiet'",
        ),
        (
            &["migrate", "run", "i", "--to", "t", "--retry", "faled"],
            "invalid value 'faled' for '--retry <CLASS>'",
            "'failed'",
        ),
    ] {
        let run = msal(folder.path(), [arguments, &["--format", "json"]].concat());
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{run:?}");
        let told: Value = serde_json::from_str(&run.stderr).unwrap();
        assert_eq!(
            (&told["error"], &told["version"]),
            (&error.into(), &1.into()),
            "{told}"
        );
        assert!(told["hint"].as_str().unwrap().contains(hint), "{told}");
    }
}

#[test]
fn every_document_has_the_version_of_its_members() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::start(folder.path());
    cache(folder.path());
    let migration = issuer.migration("adal.json", "t");
    for arguments in [
        &["accounts", "cache.json"][..],
        &["cache", "inspect", "cache.json"],
        &["demo", "--users", "1"],
        &["logout", "cache.json"],
        &["migrate", "plan", "adal.json"],
        &migration.iter().map(AsRef::as_ref).collect::<Vec<_>>(),
        &["migrate", "report", "t.journal"],
        &["migrate", "verify", "t", "--offline"],
        &["sources", "list"],
        &["sources", "show", "authlib"],
    ] {
        let run = msal(folder.path(), [arguments, &["--format", "json"]].concat());
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(document["version"], 1, "{arguments:?}: {run:?}");
    }
}

#[test]
fn a_typo_is_told_with_what_was_meant_at_every_level() {
    let folder = tempfile::tempdir().unwrap();
    cache(folder.path());
    let plan = ["migrate", "plan", "cache.json"];
    for (arguments, meant) in [
        (vec!["migrat"], "'migrate'"),
        (vec!["migrate", "pln"], "'plan'"),
        (vec!["cache", "inspec"], "'inspect'"),
        (vec!["sources", "shwo"], "'show'"),
        ([&plan[..], &["--form", "csv"]].concat(), "'--from'"),
        (
            [&plan[..], &["--from", "adal-pyton"]].concat(),
            "`adal-python`",
        ),
        (
            [&plan[..], &["--from", "flask-dnace"]].concat(),
            "`flask-dance`",
        ),
        (
            [&plan[..], &["--from", "jsonl", "--map", "refresh_tokne=a"]].concat(),
            "`refresh_token`",
        ),
        (
            [&plan[..], &["--from", "jsonl", "--map", "usrname=a"]].concat(),
            "`username`",
        ),
        (vec!["sources", "show", "flask-dans"], "`flask-dance`"),
        (
            vec!["migrate", "run", "i", "--to", "t", "--retry", "in-dobt"],
            "'in-doubt'",
        ),
        (
            vec!["migrate", "run", "i", "--to", "t", "--mode", "coppy"],
            "'copy'",
        ),
        (
            vec!["migrate", "run", "i", "--to", "t", "--sdk", "pyton"],
            "'python'",
        ),
        (
            vec!["token", "t", "--scope", "s", "--as", "hedaer"],
            "'header'",
        ),
        (vec!["completions", "fsh"], "'fish'"),
    ] {
        let run = msal(folder.path(), &arguments);
        assert_eq!(run.status, 2, "{arguments:?}: {run:?}");
        assert!(run.stderr.contains(meant), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn a_disk_that_is_full_is_not_taken_for_rows_to_correct() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::start(folder.path());
    // The largest file that may be written is smaller than any cache.
    let arguments = issuer.migration("adal.json", "t");
    let failed = run(&mut msal_after(
        folder.path(),
        "trap '' XFSZ; ulimit -f 0",
        &arguments,
    ));
    assert_eq!(failed.status, 1, "{failed:?}");
    std::fs::write(
        folder.path().join("odd.json"),
        r#"[{"refresh_token": "0.FAKE"}]"#,
    )
    .unwrap();
    let corrected = msal(folder.path(), issuer.migration("odd.json", "t"));
    assert_eq!(corrected.status, 4, "{corrected:?}");
}
