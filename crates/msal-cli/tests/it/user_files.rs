//! `--to FOLDER/{home_account_id}.json`: a file for each user.

use std::fs;

use msal_emulator::sample;
use serde_json::Value;

use crate::msal::{Run, msal};
use crate::run::Bench;

const TARGET: &str = "caches/{home_account_id}.json";

fn run(bench: &Bench, more: &[&str]) -> Run {
    bench.run("contoso.example", &[&["--to", TARGET], more].concat())
}

fn verify(bench: &Bench, more: &[&str]) -> (i32, Value) {
    let url = bench.server.url();
    let arguments = ["migrate", "verify", TARGET, "--format", "json"];
    let server = ["--authority", &url, "--ca-file", "ca.pem"];
    let all = arguments
        .into_iter()
        .chain(server)
        .chain(more.iter().copied());
    let run = msal(bench.folder.path(), all);
    let document = serde_json::from_str(&run.stdout);
    (
        run.status,
        document.unwrap_or_else(|_none| panic!("{}", run.stderr)),
    )
}

fn names(bench: &Bench) -> Vec<String> {
    let folder = fs::read_dir(bench.folder.path().join("caches")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".json")).collect();
    names.sort();
    names
}

#[test]
fn users_are_migrated_each_into_a_file_and_verified_there() {
    let bench = Bench::new();
    bench.input(&[
        sample::ALICE,
        "user1@contoso.example",
        "user2@contoso.example",
    ]);
    let first = run(&bench, &[]);
    assert_eq!(first.status, 0, "{}{}", first.stdout, first.stderr);
    let said = "3 of 3 silent calls answered, 3 from the cache";
    assert!(first.stdout.contains(said), "{}", first.stdout);
    assert_eq!(names(&bench).len(), 3);
    assert!(bench.folder.path().join("caches.journal").exists());

    let again = run(&bench, &["--format", "json"]);
    let report: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(
        (&report["migrated"], &report["target_writes"]),
        (&3.into(), &0.into())
    );
    assert_eq!(bench.emulator.redemptions().seen(), 3);

    let (status, verified) = verify(&bench, &["--offline"]);
    assert_eq!((status, &verified["cached"]), (0, &3.into()));

    // A file that is gone is a user who is missing, as the journal has it.
    fs::remove_file(bench.folder.path().join("caches").join(&names(&bench)[0])).unwrap();
    let (status, verified) = verify(&bench, &["--offline"]);
    assert_eq!((status, &verified["missing"]), (4, &1.into()));
    // Without a journal, all that is there counts.
    fs::remove_file(bench.folder.path().join("caches.journal")).unwrap();
    let (status, verified) = verify(&bench, &[]);
    assert_eq!((status, &verified["cached"]), (0, &2.into()));
}

#[test]
fn what_is_typed_wrong_touches_nothing_and_says_how_it_is_typed() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE]);
    let input = bench.folder.path().join("caches");
    fs::create_dir(&input).unwrap();
    fs::copy(
        bench.folder.path().join("input.jsonl"),
        input.join("input.json"),
    )
    .unwrap();
    for (to, more, words) in [
        (
            "{home_account_id}.json",
            &[][..],
            "FOLDER/{home_account_id}.json",
        ),
        ("caches/{oid}.json", &[], "FOLDER/{home_account_id}.json"),
        (
            "{home_account_id}/cache.json",
            &[],
            "FOLDER/{home_account_id}.json",
        ),
        (
            TARGET,
            &["--journal", "caches/x.json"],
            "among the files of users",
        ),
        (
            TARGET,
            &["--client-secret-file", "caches/secret.json"],
            "among the files of users",
        ),
        (TARGET, &["--mode", "copy"], "into one file"),
    ] {
        let run = bench.run("contoso.example", &[&["--to", to], more].concat());
        assert_eq!(run.status, 2, "{to} {more:?} {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(words), "{to} {more:?} {}", run.stderr);
    }
    assert_eq!(names(&bench), ["input.json"]);
    assert_eq!(bench.emulator.redemptions().seen(), 0);
}
