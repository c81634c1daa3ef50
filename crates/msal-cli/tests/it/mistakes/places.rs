//! Source, target and journal: swapped, moved, copied, deleted.

use std::fs;

use super::{MISTAKE, Mistake, RIGHT, make_all, migrated, path, remove, rename, write};
use crate::run::Bench;

#[test]
fn places() {
    make_all(PLACES);
}

#[test]
fn journals() {
    make_all(JOURNALS);
}

const PLACES: &[Mistake] = &[
    Mistake {
        what: "source and target are swapped",
        before: |bench| write(bench, "cache.json", b"{}"),
        typed: "run cache.json --to input.jsonl {server}",
        status: 1,
        says: &["input.jsonl", "is not a token cache"],
        ..MISTAKE
    },
    Mistake {
        what: "the source is the target",
        typed: "run input.jsonl --to input.jsonl {server}",
        status: 1,
        says: &["input.jsonl", "is not a token cache"],
        ..MISTAKE
    },
    Mistake {
        what: "the source is not there",
        typed: "run inptu.jsonl --to cache.json {server}",
        status: 1,
        says: &["inptu.jsonl"],
        ..MISTAKE
    },
    Mistake {
        what: "the source is empty",
        before: |bench| {
            rename(bench, "input.jsonl", "kept");
            write(bench, "input.jsonl", b"");
        },
        status: 1,
        says: &["input.jsonl"],
        after: |bench| rename(bench, "kept", "input.jsonl"),
        ..MISTAKE
    },
    Mistake {
        what: "the target is a folder",
        before: |bench| fs::create_dir(path(bench, "folder")).unwrap(),
        typed: "run input.jsonl --to folder {server}",
        status: 1,
        says: &["folder"],
        ..MISTAKE
    },
    Mistake {
        what: "the target's folder is not there",
        typed: "run input.jsonl --to nowhere/at/all/cache.json {server}",
        status: 0,
        says: &["2 of 2 tokens migrated"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the source is the journal",
        typed: "run input.jsonl --to cache.json --journal input.jsonl {server}",
        says: &["input.jsonl is read, and the run would write or remove it"],
        ..MISTAKE
    },
    Mistake {
        what: "the journal is the target",
        typed: "run input.jsonl --to cache.json --journal cache.json {server}",
        says: &["cache.json is a file of the target", "--journal"],
        ..MISTAKE
    },
    Mistake {
        what: "another cache is the journal",
        before: |bench| {
            write(
                bench,
                "other.json",
                b"{\"Account\": {}, \"RefreshToken\": {}, \"AccessToken\": {}}",
            )
        },
        typed: "run input.jsonl --to cache.json --journal other.json {server}",
        status: 1,
        says: &["other.json is not a journal"],
        ..MISTAKE
    },
    Mistake {
        what: "the journal is the source",
        before: migrated,
        typed: "run cache.json.journal --to other.json {server}",
        status: 1,
        says: &["cache.json.journal", "is a migration's journal"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the journal is the target of another run",
        before: migrated,
        typed: "run input.jsonl --to cache.json.journal {server}",
        status: 1,
        says: &["cache.json.journal", "is not a token cache"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the report is asked of the target",
        before: migrated,
        typed: "report cache.json",
        status: 1,
        says: &[
            "cache.json is not a journal",
            "hint: msal migrate report cache.json.journal",
        ],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the report is asked of the source",
        before: migrated,
        typed: "report input.jsonl",
        status: 1,
        says: &["input.jsonl is not a journal", "TARGET.journal"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the report is asked of the key",
        before: migrated,
        typed: "report cache.json.journal.key",
        status: 1,
        says: &[
            "cache.json.journal.key is not a journal",
            "hint: msal migrate report cache.json.journal",
        ],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the source has another row since, and others in between",
        before: |bench| {
            migrated(bench);
            let before = fs::read_to_string(path(bench, "input.jsonl")).unwrap();
            write(bench, "kept", before.as_bytes());
            bench.input(&["user2@contoso.example"]);
            let new = fs::read_to_string(path(bench, "input.jsonl")).unwrap();
            write(bench, "input.jsonl", format!("{new}\n{before}").as_bytes());
        },
        status: 0,
        says: &["3 of 3 tokens migrated"],
        spent: 3,
        after: |bench| rename(bench, "kept", "input.jsonl"),
        ..MISTAKE
    },
    Mistake {
        what: "a token of the source is cut short since",
        before: |bench| {
            migrated(bench);
            let before = fs::read_to_string(path(bench, "input.jsonl")).unwrap();
            write(bench, "kept", before.as_bytes());
            let cut = before.replacen("\"refresh_token\":\"", "\"refresh_token\":\"0.", 1);
            write(bench, "input.jsonl", cut.as_bytes());
        },
        status: 3,
        says: &["1 of 2 tokens migrated", "need their user"],
        spent: 3,
        after: |bench| rename(bench, "kept", "input.jsonl"),
        ..MISTAKE
    },
    Mistake {
        what: "the source has lost a row since",
        before: |bench| {
            migrated(bench);
            let text = fs::read_to_string(path(bench, "input.jsonl")).unwrap();
            write(bench, "kept", text.as_bytes());
            write(
                bench,
                "input.jsonl",
                text.lines().next().unwrap().as_bytes(),
            );
        },
        status: 0,
        says: &["1 of 1 token"],
        spent: 2,
        after: |bench| rename(bench, "kept", "input.jsonl"),
        ..MISTAKE
    },
];

const JOURNALS: &[Mistake] = &[
    Mistake {
        what: "the key is deleted",
        before: |bench| {
            migrated(bench);
            rename(bench, "cache.json.journal.key", "kept");
        },
        status: 1,
        says: &[
            "the key cache.json.journal.key",
            "is missing",
            "another journal",
        ],
        never: &["is not the key of"],
        spent: 2,
        after: |bench| rename(bench, "kept", "cache.json.journal.key"),
        ..MISTAKE
    },
    Mistake {
        what: "the key is missing for the report",
        before: |bench| {
            migrated(bench);
            rename(bench, "cache.json.journal.key", "kept");
        },
        typed: "report cache.json.journal",
        status: 1,
        says: &["the key cache.json.journal.key", "is missing"],
        spent: 2,
        after: |bench| rename(bench, "kept", "cache.json.journal.key"),
        ..MISTAKE
    },
    Mistake {
        what: "the key is another journal's",
        before: |bench| {
            migrated(bench);
            let other = super::typed(bench, "true", "run input.jsonl --to other.json {server}");
            assert_eq!(other.status, 0, "{other:?}");
            rename(bench, "cache.json.journal.key", "kept");
            fs::copy(
                path(bench, "other.json.journal.key"),
                path(bench, "cache.json.journal.key"),
            )
            .unwrap();
        },
        status: 1,
        says: &["cache.json.journal.key is the key of another journal"],
        spent: 4,
        after: |bench| rename(bench, "kept", "cache.json.journal.key"),
        ..MISTAKE
    },
    Mistake {
        what: "the journal is deleted, and its key is not",
        before: |bench| {
            migrated(bench);
            rename(bench, "cache.json.journal", "kept");
        },
        status: 1,
        says: &[
            "the journal cache.json.journal is missing",
            "redeemed again",
            "another journal",
        ],
        spent: 2,
        after: |bench| rename(bench, "kept", "cache.json.journal"),
        ..MISTAKE
    },
    Mistake {
        what: "journal and key are deleted where tokens are spent by use",
        before: |bench| {
            migrated(bench);
            rename(bench, "cache.json.journal", "kept");
            rename(bench, "cache.json.journal.key", "kept.key");
        },
        typed: "run input.jsonl --to cache.json --rotation single-use {server}",
        says: &[
            "cache.json holds accounts",
            "cache.json.journal",
            "--journal",
            "--new-journal",
        ],
        spent: 2,
        after: |bench| {
            rename(bench, "kept", "cache.json.journal");
            rename(bench, "kept.key", "cache.json.journal.key");
        },
        ..MISTAKE
    },
    Mistake {
        what: "journal and key are deleted where tokens can be redeemed again",
        before: |bench| {
            migrated(bench);
            remove(bench, "cache.json.journal");
            remove(bench, "cache.json.journal.key");
        },
        status: 0,
        says: &["cache.json holds accounts", "redeemed again"],
        spent: 4,
        ..MISTAKE
    },
    Mistake {
        what: "a copy of the journal is used for another target",
        before: |bench| {
            migrated(bench);
            for end in ["", ".key"] {
                let of = |name| path(bench, &format!("{name}.journal{end}"));
                fs::copy(of("cache.json"), of("other.json")).unwrap();
            }
        },
        typed: "run input.jsonl --to other.json {server}",
        status: 1,
        says: &[
            "other.json.journal",
            "its target is",
            "/cache.json\"",
            "--journal",
        ],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the journal was moved without its key",
        before: |bench| {
            migrated(bench);
            rename(bench, "cache.json.journal", "moved");
        },
        typed: "run input.jsonl --to cache.json --journal moved {server}",
        status: 1,
        says: &["the key moved.key", "is missing"],
        spent: 2,
        after: |bench| rename(bench, "moved", "cache.json.journal"),
        ..MISTAKE
    },
    Mistake {
        what: "the journal was moved with its key, which is no mistake",
        before: |bench| {
            migrated(bench);
            rename(bench, "cache.json.journal", "moved");
            rename(bench, "cache.json.journal.key", "moved.key");
        },
        typed: "run input.jsonl --to cache.json --journal moved {server}",
        status: 0,
        says: &["2 of 2 tokens migrated"],
        spent: 2,
        after: |bench| {
            rename(bench, "moved", "cache.json.journal");
            rename(bench, "moved.key", "cache.json.journal.key");
        },
        ..MISTAKE
    },
    Mistake {
        what: "a journal of another name is deleted with its key where tokens are spent by use",
        before: elsewhere,
        typed: "run input.jsonl --to cache.json --journal j --rotation single-use {server}",
        says: &[
            "cache.json holds accounts, and there is no journal j",
            "hint: put the journal and its key back",
            "--new-journal",
        ],
        spent: 2,
        after: back,
        ..MISTAKE
    },
    Mistake {
        what: "a new journal is begun on purpose where tokens are spent by use",
        before: elsewhere,
        typed: "run input.jsonl --to cache.json --journal j --rotation single-use --new-journal {server}",
        status: 0,
        says: &["2 of 2 tokens migrated"],
        spent: 4,
        after: back,
        ..MISTAKE
    },
    Mistake {
        what: "a journal of another name is deleted with its key where tokens can be redeemed again",
        before: elsewhere,
        typed: "run input.jsonl --to cache.json --journal j {server}",
        status: 0,
        says: &["cache.json holds accounts", "redeemed again"],
        spent: 4,
        after: back,
        ..MISTAKE
    },
    Mistake {
        what: "the report is asked of a target whose journal has another name",
        before: |bench| {
            migrated(bench);
            rename(bench, "cache.json.journal", "elsewhere");
            rename(bench, "cache.json.journal.key", "elsewhere.key");
        },
        typed: "report cache.json",
        status: 1,
        says: &[
            "cache.json is not a journal",
            "hint: msal migrate report elsewhere",
        ],
        spent: 2,
        after: |bench| {
            rename(bench, "elsewhere", "cache.json.journal");
            rename(bench, "elsewhere.key", "cache.json.journal.key");
        },
        ..MISTAKE
    },
    Mistake {
        what: "the target is deleted, and its journal is not",
        before: |bench| {
            migrated(bench);
            rename(bench, "cache.json", "kept");
        },
        status: 4,
        says: &[
            "2 migrated accounts not in the target",
            "put cache.json back",
            "--journal cache.json.2.journal",
        ],
        spent: 2,
        after: |bench| rename(bench, "kept", "cache.json"),
        ..MISTAKE
    },
    Mistake {
        what: "it is finished too early",
        before: |bench| {
            let first = super::typed(bench, "true", &format!("{RIGHT} --limit 1"));
            assert_eq!(first.status, 75, "{first:?}");
        },
        typed: "finish input.jsonl --to cache.json --remove-input --remove-journal --yes {server}",
        status: 4,
        says: &[
            "nothing was removed: input.jsonl: 1 of its 2 tokens is not migrated: #/1",
            "hint: msal migrate report cache.json.journal",
            "1 token is left to retry",
        ],
        spent: 1,
        ..MISTAKE
    },
    Mistake {
        what: "it is finished twice",
        before: finished,
        typed: FINISH,
        status: 1,
        says: &[
            "cannot open cache.json.journal",
            "is finished, or was never begun",
        ],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "it is run after it was finished, where tokens are spent by use",
        before: finished,
        typed: "run input.jsonl --to cache.json --rotation single-use {server}",
        says: &["cache.json holds accounts", "signed out", "--new-journal"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the journal is finished without its key",
        before: |bench| {
            migrated(bench);
            rename(bench, "cache.json.journal.key", "kept");
        },
        typed: FINISH,
        status: 1,
        says: &["the key cache.json.journal.key", "is missing"],
        spent: 2,
        after: |bench| rename(bench, "kept", "cache.json.journal.key"),
        ..MISTAKE
    },
    Mistake {
        what: "input and target are swapped at the end",
        before: migrated,
        typed: "finish cache.json --to input.jsonl --journal cache.json.journal --remove-input --yes {server}",
        says: &["cache.json.journal is the journal of", "/cache.json"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "somebody has edited the journal",
        before: |bench| {
            migrated(bench);
            let mut bytes = fs::read(path(bench, "cache.json.journal")).unwrap();
            write(bench, "kept", &bytes);
            bytes[20] ^= 1;
            write(bench, "cache.json.journal", &bytes);
        },
        status: 1,
        says: &["cache.json.journal is damaged", "restore", "keep"],
        spent: 2,
        after: |bench| rename(bench, "kept", "cache.json.journal"),
        ..MISTAKE
    },
];

const FINISH: &str = "finish input.jsonl --to cache.json --remove-journal --yes {server}";

/// Migrates, and ends it.
fn finished(bench: &Bench) {
    migrated(bench);
    let finished = super::typed(bench, "true", FINISH);
    assert_eq!(finished.status, 0, "{finished:?}");
}

/// Migrates with a journal of another name, which is put away.
fn elsewhere(bench: &Bench) {
    migrated(bench);
    rename(bench, "cache.json.journal", "kept");
    rename(bench, "cache.json.journal.key", "kept.key");
}

fn back(bench: &Bench) {
    rename(bench, "kept", "cache.json.journal");
    rename(bench, "kept.key", "cache.json.journal.key");
}
