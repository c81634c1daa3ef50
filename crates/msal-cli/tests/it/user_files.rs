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
    // Null where nothing was printed but an error.
    let document = serde_json::from_str(&run.stdout).unwrap_or_default();
    (run.status, document)
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
fn a_users_file_that_is_damaged_is_named_and_stops_nobody_else() {
    let bench = Bench::new();
    bench.input(&["user1@contoso.example", "user2@contoso.example"]);
    let first = run(&bench, &[]);
    assert_eq!(first.status, 0, "{}{}", first.stdout, first.stderr);
    let damaged = names(&bench).remove(0);
    let path = bench.folder.path().join("caches").join(&damaged);
    fs::write(&path, "no cache").unwrap();
    fs::remove_file(bench.folder.path().join("caches.journal")).unwrap();
    fs::remove_file(bench.folder.path().join("caches.journal.key")).unwrap();

    for redeemed in [4, 4] {
        let failed = run(&bench, &[]);
        assert_eq!(failed.status, 1, "{}{}", failed.stdout, failed.stderr);
        for said in [
            &*damaged,
            "1 user",
            "stay sealed",
            "move",
            "nothing is sent twice",
        ] {
            assert!(failed.stderr.contains(said), "{said}: {}", failed.stderr);
        }
        assert_eq!(bench.emulator.redemptions().seen(), redeemed);
        let report = ["migrate", "report", "caches.journal", "--format", "csv"];
        let report = msal(bench.folder.path(), report.into_iter().chain(["--all"]));
        let migrated = report.stdout.matches(",migrated,").count();
        assert_eq!(migrated, 1, "{}", report.stdout);
    }
    fs::remove_file(&path).unwrap();
    let last = run(&bench, &[]);
    assert_eq!(last.status, 0, "{}{}", last.stdout, last.stderr);
    assert_eq!(bench.emulator.redemptions().seen(), 4);
}

#[test]
fn tokens_of_another_authority_are_not_said_to_be_read_from_a_file_for_each_user() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE]);
    let first = run(&bench, &[]);
    assert_eq!(first.status, 0, "{}{}", first.stdout, first.stderr);
    let again = bench.run("organizations", &["--to", TARGET]);
    let note = "1 token was migrated before, at another authority";
    assert!(again.stdout.contains(note), "{}", again.stdout);
    let unreadable = "msal migrate run 'caches/{home_account_id}.json'";
    assert!(!again.stdout.contains(unreadable), "{}", again.stdout);
    let way = "each file of caches";
    assert!(again.stdout.contains(way), "{}", again.stdout);
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
    // The files of users would be input of the same run, interrupted and begun again.
    for input in ["caches", "./caches/", "caches/INPUT.JSON"] {
        if input.ends_with("JSON") {
            fs::write(bench.folder.path().join(input), "").unwrap();
        }
        let run = ["migrate", "run", input, "--to", TARGET];
        let run = msal(bench.folder.path(), run);
        assert_eq!(run.status, 2, "{input} {}{}", run.stdout, run.stderr);
        let words = "the files of users";
        assert!(run.stderr.contains(words), "{input} {}", run.stderr);
    }
    assert_eq!(names(&bench), ["input.json"]);
    assert_eq!(bench.emulator.redemptions().seen(), 0);
}
