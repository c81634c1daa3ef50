//! Secrets that are handed in in odd shapes.

use std::fs::{self, File};

use super::{MISTAKE, Mistake, chmod, make_all, path, write};

#[test]
fn secrets() {
    make_all(SECRETS);
}

const FILE: &str = "run input.jsonl --to cache.json --client-secret-file secret {server}";

const SECRETS: &[Mistake] = &[
    Mistake {
        what: "the secret's file is empty",
        before: |bench| write(bench, "secret", b"\n"),
        typed: FILE,
        says: &["`secret` holds no client secret"],
        ..MISTAKE
    },
    Mistake {
        what: "the secret's file begins with a byte order mark",
        before: |bench| write(bench, "secret", b"\xef\xbb\xbfs3cr3t~value\n"),
        typed: FILE,
        says: &["`secret`", "byte order mark"],
        never: &["s3cr3t"],
        ..MISTAKE
    },
    Mistake {
        what: "the secret's file is UTF-16",
        before: |bench| write(bench, "secret", b"\xff\xfes\x003\x00c\x00"),
        typed: FILE,
        says: &["`secret`", "not text"],
        ..MISTAKE
    },
    Mistake {
        what: "the secret is in quotes",
        before: |bench| write(bench, "secret", b"\"s3cr3t~value\"\n"),
        typed: FILE,
        says: &["`secret`", "quotes"],
        never: &["s3cr3t"],
        ..MISTAKE
    },
    Mistake {
        what: "the secret's file has two lines",
        before: |bench| write(bench, "secret", b"s3cr3t~value\nanother~value\n"),
        typed: FILE,
        says: &["`secret`", "several lines"],
        never: &["s3cr3t", "another~value"],
        ..MISTAKE
    },
    Mistake {
        what: "blanks are around the secret",
        before: |bench| write(bench, "secret", b"s3cr3t~value \n"),
        typed: FILE,
        says: &["`secret`", "blank"],
        never: &["s3cr3t"],
        ..MISTAKE
    },
    Mistake {
        what: "the secret's file is a folder",
        before: |bench| fs::create_dir(path(bench, "secret")).unwrap(),
        typed: FILE,
        says: &["`secret`"],
        ..MISTAKE
    },
    Mistake {
        what: "the secret's file is not there",
        typed: FILE,
        says: &["`secret`"],
        ..MISTAKE
    },
    Mistake {
        what: "the group may read the secret's file",
        before: |bench| {
            write(bench, "secret", b"s3cr3t~value");
            chmod(&File::open(path(bench, "secret")).unwrap(), 0o640);
        },
        typed: FILE,
        says: &["`secret`", "chmod 600 secret"],
        never: &["s3cr3t"],
        ..MISTAKE
    },
    Mistake {
        what: "the variable of the secret is not set",
        typed: "run input.jsonl --to cache.json --client-secret-env APP_SECRET {server}",
        says: &["`APP_SECRET` holds no client secret"],
        ..MISTAKE
    },
    Mistake {
        what: "the variable's secret is in quotes",
        shell: "export APP_SECRET=\\'s3cr3t\\'",
        typed: "run input.jsonl --to cache.json --client-secret-env APP_SECRET {server}",
        says: &["`APP_SECRET`", "quotes"],
        never: &["s3cr3t"],
        ..MISTAKE
    },
    Mistake {
        what: "the secret is typed where the variable's name belongs",
        typed: "run input.jsonl --to cache.json --client-secret-env abc8Q~s3cr3tValueOfForty.Characters-000 {server}",
        says: &["not shown", "name a variable"],
        never: &["s3cr3t"],
        ..MISTAKE
    },
    Mistake {
        what: "the secret is typed where its file belongs",
        typed: "run input.jsonl --to cache.json --client-secret-file abc8Q~s3cr3tValueOfForty.Characters-000 {server}",
        says: &["not shown", "name a file"],
        never: &["s3cr3t"],
        ..MISTAKE
    },
    Mistake {
        what: "the secret is of a client that no row has",
        before: |bench| write(bench, "secret", b"s3cr3t~value"),
        typed: "run input.jsonl --to cache.json --client-secret-file 11111111-1111-4111-8111-111111111111=secret {server}",
        status: 0,
        says: &[
            "note: ",
            "client 11111111-1111-4111-8111-111111111111, and no row has it",
        ],
        never: &["s3cr3t"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "there are two secrets for a client",
        before: |bench| write(bench, "secret", b"s3cr3t~value"),
        typed: "run input.jsonl --to cache.json --client-secret-file secret --client-secret-file secret {server}",
        says: &["two credentials"],
        ..MISTAKE
    },
];
