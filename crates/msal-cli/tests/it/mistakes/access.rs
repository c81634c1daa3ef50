//! Files and folders that may not be read.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use msal_emulator::sample;

use super::{migrated, path, typed_as};
use crate::run::Bench;

/// What somebody may not read, and which words say so.
const ROWS: &[(&str, &str, &str)] = &[
    (
        "input.jsonl",
        "run input.jsonl --to cache.json {server}",
        "input.jsonl",
    ),
    (
        "cache.json",
        "run input.jsonl --to cache.json {server}",
        "cache.json",
    ),
    (
        "cache.json.journal",
        "run input.jsonl --to cache.json {server}",
        "cache.json.journal",
    ),
    (
        "cache.json.journal",
        "report cache.json.journal",
        "cache.json.journal",
    ),
    (
        "cache.json.journal.key",
        "run input.jsonl --to cache.json {server}",
        "cache.json.journal.key",
    ),
    (
        "cache.json.journal.key",
        "report cache.json.journal",
        "cache.json.journal.key",
    ),
    ("cache.json", "verify cache.json --offline", "cache.json"),
    ("folder", "plan folder", "folder"),
    (
        "folder",
        "run input.jsonl --to folder/cache.json {server}",
        "folder",
    ),
    ("folder/token.json", "plan folder", "token.json"),
];

/// As somebody who is not the administrator, who may read everything.
#[test]
fn what_may_not_be_read_is_named_and_costs_nothing() {
    for (closed, line, words) in ROWS {
        let bench = Bench::new();
        bench.input(&[sample::ALICE, "user1@contoso.example"]);
        migrated(&bench);
        fs::create_dir(path(&bench, "folder")).unwrap();
        fs::copy(
            path(&bench, "input.jsonl"),
            path(&bench, "folder/token.json"),
        )
        .unwrap();
        let somebody = somebody(bench.folder.path());
        let closed = path(&bench, closed);
        let mode = fs::metadata(&closed).unwrap().permissions();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
        let run = typed_as(&bench, &somebody, line);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert_eq!(run.status, 1, "{line}: {said}");
        assert!(said.contains("ermission denied"), "{line}: {said}");
        assert!(said.contains(words), "{line}: {said}");
        assert!(said.contains("\nhint: "), "{line}: {said}");
        assert_eq!(bench.emulator.redemptions().seen(), 2, "{line}: {said}");

        fs::set_permissions(&closed, mode).unwrap();
        let right = typed_as(&bench, &somebody, super::RIGHT);
        assert_eq!(right.status, 0, "after {line}: {right:?}");
        assert_eq!(bench.emulator.redemptions().seen(), 2, "after {line}");
    }
}

/// Who runs the command: who runs the tests, unless that is the administrator. Everything in the folder is theirs.
fn somebody(folder: &Path) -> Vec<String> {
    if fs::metadata(folder).unwrap().uid() != 0 {
        return vec![env!("CARGO_BIN_EXE_msal").to_owned()];
    }
    // The command itself may be where nobody else can go.
    fs::copy(env!("CARGO_BIN_EXE_msal"), folder.join("msal")).unwrap();
    give(folder);
    let words = "setpriv --reuid=65534 --regid=65534 --clear-groups ./msal";
    words.split(' ').map(str::to_owned).collect()
}

fn give(path: &Path) {
    chown(path, Some(65534), Some(65534)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}
