//! What a report calls rows and users: a row's name can be typed back, and one line is about one person.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use msal_emulator::sample;
use serde_json::{Value, json};

use crate::msal::{Run, msal};
use crate::run::Bench;

/// A row with a token of `owner`, of which the store says that it is `said`'s.
fn row(bench: &Bench, owner: &str, said: &str) -> Value {
    let now = SystemTime::now();
    let token = bench
        .emulator
        .issue_refresh_token(owner, sample::DESKTOP, now);
    json!({"refresh_token": token.unwrap(), "user": said, "client_id": sample::DESKTOP})
}

/// A row whose token the server refuses.
fn dead(token: &str, user: &Value) -> Value {
    let mut row = user.clone();
    row["refresh_token"] = json!(token);
    row["client_id"] = json!(sample::DESKTOP);
    row
}

fn write(path: &Path, rows: &[Value]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let lines: Vec<_> = rows.iter().map(Value::to_string).collect();
    fs::write(path, lines.join("\n")).unwrap();
}

/// Runs with an input of any name, in any folder, into one target.
fn run(bench: &Bench, folder: &str, input: &str, more: &[&str]) -> Run {
    let authority = format!("{}/contoso.example", bench.server.url());
    let at = |name: &str| bench.folder.path().join(name).display().to_string();
    let (ca, target) = (at("ca.pem"), at("cache.json"));
    let arguments = [
        "migrate",
        "run",
        input,
        "--authority",
        &authority,
        "--ca-file",
        &ca,
        "--to",
        &target,
    ];
    let folder = bench.folder.path().join(folder);
    msal(&folder, arguments.iter().chain(more))
}

fn report(bench: &Bench, more: &[&str]) -> String {
    let command = ["migrate", "report", "cache.json.journal"];
    let run = msal(bench.folder.path(), command.iter().chain(more));
    assert_eq!(run.status, 0, "{run:?}");
    run.stdout
}

fn json_of(bench: &Bench, more: &[&str]) -> Value {
    serde_json::from_str(&report(bench, &[more, &["--format", "json"]].concat())).unwrap()
}

/// The names of rows in a report for people.
fn names(report: &str) -> Vec<String> {
    let words = report.split_whitespace();
    let names = words.filter(|word| word.contains("#/"));
    names.map(str::to_owned).collect()
}

#[test]
fn a_row_is_named_as_the_report_names_it() {
    for shown in [&[][..], &["--show-users"]] {
        for option in ["--release", "--retry-row"] {
            let bench = Bench::new();
            let input = bench.folder.path().join("exports/rows.jsonl");
            write(&input, &[row(&bench, sample::BOB, sample::ALICE)]);
            assert_eq!(run(&bench, "", "exports/rows.jsonl", &[]).status, 4);
            let names = names(&report(&bench, shown));
            let [name] = names.as_slice() else {
                panic!("{names:?}")
            };
            let more = [option, name, "--allow-user-mismatch"];
            let more = match option {
                "--release" => &more[..2],
                _ => &more[..],
            };
            let again = run(&bench, "", "exports/rows.jsonl", more);
            assert_eq!(again.status, 0, "{name}: {again:?}");
        }
    }
}

#[test]
fn files_of_one_name_are_told_apart_and_none_is_released_for_the_other() {
    let bench = Bench::new();
    for folder in ["a", "b"] {
        let input = bench.folder.path().join(folder).join("rows.jsonl");
        let rows = [
            row(&bench, sample::BOB, sample::ALICE),
            json!({"refresh_token": "", "user": sample::MIA}),
        ];
        write(&input, &rows);
        assert_eq!(run(&bench, folder, "rows.jsonl", &[]).status, 4);
    }
    // The rows of both are listed, each by a name of its own.
    let skipped = json_of(&bench, &[]);
    assert_eq!(skipped["skipped"].as_array().unwrap().len(), 2);
    let shown = names(&report(&bench, &[]));
    assert_eq!(shown.len(), 4, "{shown:?}");
    let distinct: std::collections::BTreeSet<_> = shown.iter().collect();
    assert_eq!(distinct.len(), 4, "{shown:?}");

    let refused = run(&bench, "b", "rows.jsonl", &["--release", "rows.jsonl#/0"]);
    assert_eq!(refused.status, 2, "{refused:?}");
    for name in ["a/rows.jsonl#/0", "b/rows.jsonl#/0"] {
        assert!(refused.stderr.contains(name), "{refused:?}");
    }
    let of_a = shown.iter().find(|name| name.contains("a/rows.jsonl#/0"));
    run(&bench, "b", "rows.jsonl", &["--release", of_a.unwrap()]);
    let left = json_of(&bench, &["--show-users"]);
    let left = left["tokens"].as_array().unwrap();
    assert_eq!(left.len(), 1);
    assert!(left[0]["file"].as_str().unwrap().ends_with("b/rows.jsonl"));
}

#[test]
fn answers_that_are_held_back_stand_each_in_a_line_of_its_own() {
    let bench = Bench::new();
    let input = bench.folder.path().join("rows.jsonl");
    let rows = [
        row(&bench, sample::BOB, sample::ALICE),
        row(&bench, sample::MIA, sample::ALICE),
        row(&bench, sample::BOB, sample::ALICE),
    ];
    write(&input, &rows);
    assert_eq!(run(&bench, "", "rows.jsonl", &[]).status, 4);
    for more in [&["--by", "user"][..], &["--by", "user", "--show-users"]] {
        let report = json_of(&bench, more);
        let tokens = report["tokens"].as_array().unwrap();
        assert_eq!(tokens.len(), 3, "{more:?}");
        assert!(
            tokens
                .iter()
                .all(|token| token["rows"].as_array().unwrap().len() == 1)
        );
    }
}

#[test]
fn a_line_about_rows_of_two_files_names_the_file_of_each() {
    let bench = Bench::new();
    let user = json!({"user": sample::ALICE});
    for (name, tokens) in [
        ("a.jsonl", ["0.A-1", "0.A-2"]),
        ("b.jsonl", ["0.A-3", "0.A-4"]),
    ] {
        let rows = tokens.map(|token| dead(token, &user));
        write(&bench.folder.path().join(name), &rows);
        assert_eq!(run(&bench, "", name, &[]).status, 3);
    }
    let report_of = json_of(&bench, &["--by", "user"]);
    let [line] = report_of["tokens"].as_array().unwrap().as_slice() else {
        panic!("{report_of}")
    };
    assert_eq!(line["file"], "a.jsonl");
    assert_eq!(
        line["rows"],
        json!(["#/0", "#/1", "b.jsonl#/0", "b.jsonl#/1"])
    );
    let text = report(&bench, &["--by", "user"]);
    assert!(
        text.contains("a.jsonl#/0 '#/1' b.jsonl#/0 b.jsonl#/1"),
        "{text}"
    );
    let csv = report(&bench, &["--by", "user", "--format", "csv"]);
    assert!(
        csv.contains("a.jsonl,#/0 #/1 b.jsonl#/0 b.jsonl#/1,"),
        "{csv}"
    );
    let page = report(&bench, &["--by", "user", "--format", "html"]);
    assert!(page.contains("#/0 #/1 b.jsonl#/0 b.jsonl#/1"));
}

#[test]
fn a_person_has_one_line_whether_names_are_shown_or_not() {
    let bench = Bench::new();
    let oid = "00000000-0000-4000-8000-00000000a11c";
    let rows = [
        dead("0.A-1", &json!({"user": sample::ALICE})),
        dead("0.A-2", &json!({"user": sample::BOB})),
        dead(
            "0.A-3",
            &json!({"user": sample::ALICE, "oid": oid, "tid": sample::CONTOSO_ID}),
        ),
        dead("0.A-4", &json!({"oid": oid, "tid": sample::CONTOSO_ID})),
        dead(
            "0.A-5",
            &json!({"home_account_id": format!("{oid}.{}", sample::CONTOSO_ID)}),
        ),
    ];
    write(&bench.folder.path().join("rows.jsonl"), &rows);
    assert_eq!(run(&bench, "", "rows.jsonl", &[]).status, 3);
    for more in [&["--by", "user"][..], &["--by", "user", "--show-users"]] {
        let mut orders = Vec::new();
        for _ in 0..4 {
            let report = json_of(&bench, more);
            let tokens = report["tokens"].as_array().unwrap().clone();
            orders.push(
                tokens
                    .iter()
                    .map(|it| it["rows"].clone())
                    .collect::<Vec<_>>(),
            );
        }
        orders[0].sort_by_key(Value::to_string);
        assert_eq!(
            orders[0],
            [json!(["#/0", "#/2", "#/3", "#/4"]), json!(["#/1"])],
            "{more:?}"
        );
    }
}

#[test]
fn two_people_of_one_name_have_two_lines() {
    let bench = Bench::new();
    let of = |number: u8| json!({"user": sample::ALICE, "oid": format!("00000000-0000-4000-8000-00000000a1{number:02}"), "tid": sample::CONTOSO_ID});
    let rows = [
        dead("0.A-1", &of(1)),
        dead("0.A-2", &of(2)),
        // Nobody can say whose this is of the two.
        dead("0.A-3", &json!({"user": sample::ALICE})),
    ];
    write(&bench.folder.path().join("rows.jsonl"), &rows);
    assert_eq!(run(&bench, "", "rows.jsonl", &[]).status, 3);
    for more in [&["--by", "user"][..], &["--by", "user", "--show-users"]] {
        let report = json_of(&bench, more);
        assert_eq!(report["tokens"].as_array().unwrap().len(), 3, "{more:?}");
    }
}

#[test]
fn two_reports_of_one_journal_have_the_same_order() {
    let bench = Bench::new();
    let rows: Vec<_> = (0..12)
        .map(|n| {
            dead(
                &format!("0.A-{n}"),
                &json!({"user": format!("u{n}@contoso.example")}),
            )
        })
        .collect();
    write(&bench.folder.path().join("rows.jsonl"), &rows);
    assert_eq!(run(&bench, "", "rows.jsonl", &[]).status, 3);
    let first = report(&bench, &["--by", "user"]);
    for _ in 0..3 {
        assert_eq!(report(&bench, &["--by", "user"]), first);
    }
}

#[test]
fn names_of_rows_are_shown_as_a_shell_reads_them() {
    let bench = Bench::new();
    let help = msal(bench.folder.path(), ["migrate", "run", "--help"]);
    assert!(!help.stdout.contains(" #/3"), "{}", help.stdout);
    assert_eq!(help.stdout.matches("'#/3'").count(), 2, "{}", help.stdout);
}
