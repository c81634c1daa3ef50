//! A part of a migration: a plan for it, a first run with a few tokens, one client or tenant, a pace.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use msal_emulator::sample;
use serde_json::json;

use crate::msal::msal;
use crate::run::Bench;

const USERS: [&str; 3] = [
    "user1@contoso.example",
    "user2@contoso.example",
    "user3@contoso.example",
];

#[test]
fn a_run_becomes_a_plan_by_one_word() {
    let folder = tempfile::tempdir().unwrap();
    let row = r#"{"refresh_token":"0.A","client_id":"c","tenant":"contoso.example"}"#;
    fs::write(folder.path().join("t.jsonl"), row).unwrap();
    // Variables, files and the target need not be there: nothing of them is read.
    let run = msal(
        folder.path(),
        [
            "migrate",
            "plan",
            "t.jsonl",
            "--to",
            "cache.json",
            "--mode",
            "redeem",
            "--journal",
            "j",
            "--client-secret-env",
            "c=NOT_SET",
            "--client-secret-file",
            "d=absent",
            "--certificate",
            "e=absent.pem",
            "--certificate-passphrase-env",
            "NOT_SET",
            "--send-chain",
            "--use-stored-client-secret",
            "--ca-file",
            "absent.pem",
            "--sdk",
            "node",
            "--concurrency",
            "7",
            "--rotation",
            "single-use",
            "--spa-origin",
            "https://app.contoso.example",
            "--allow-user-mismatch",
            "--release",
            ":1",
            "--retry",
            "failed",
            "--retry-client",
            "c",
            "--retry-tenant",
            "t",
            "--retry-row",
            ":1",
            "--limit",
            "1",
            "--rate",
            "20/s",
            "--only-client",
            "C",
            "--only-tenant",
            "contoso.example",
        ],
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("a run takes about 1.0 s"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("7 are in flight"), "{}", run.stdout);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_plan_that_redeems_nothing_does_not_succeed() {
    let folder = tempfile::tempdir().unwrap();
    let row = r#"{"refresh_token":"0.A","client_id":"c","tenant":"contoso.example"}"#;
    fs::write(folder.path().join("t.jsonl"), row).unwrap();
    for choice in [
        ["--only-client", "d"],
        ["--only-tenant", "fabrikam.example"],
        ["--client-id", "d"],
    ] {
        let plan = ["migrate", "plan", "t.jsonl"];
        let run = msal(folder.path(), plan.into_iter().chain(choice));
        assert_eq!(run.status, 4, "{choice:?}: {}", run.stdout);
    }
}

#[test]
fn what_is_chosen_and_not_there_is_refused_before_anything_is_sent() {
    let bench = Bench::new();
    bench.input(&USERS);
    for choice in [["--only-client", "d"], ["--only-tenant", "x.example"]] {
        let run = bench.run("contoso.example", &choice);
        assert_eq!(run.status, 2, "{choice:?}: {}", run.stderr);
        assert!(run.stderr.contains(choice[1]), "{}", run.stderr);
    }
    assert_eq!(bench.emulator.redemptions().seen(), 0);
    let left = fs::read_dir(bench.folder.path()).unwrap().count();
    assert_eq!(left, 2, "the input and the certificate");
}

#[test]
fn a_first_run_tries_a_few_and_says_that_others_are_left() {
    let bench = Bench::new();
    bench.input(&USERS);
    let run = bench.run("contoso.example", &["--limit", "1"]);
    assert_eq!(run.status, 75, "{}", run.stderr);
    assert!(
        run.stdout.contains("1 of 3 tokens migrated"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("--limit"), "{}", run.stdout);
    assert_eq!(bench.emulator.redemptions().seen(), 1);
    let run = bench.run("contoso.example", &["--only-client", sample::DESKTOP]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(bench.emulator.redemptions().seen(), 3);
}

#[test]
fn a_rate_slows_a_run_down() {
    let bench = Bench::new();
    bench.input(&USERS);
    let started = Instant::now();
    let run = bench.run("contoso.example", &["--rate", "1/s"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(started.elapsed() >= Duration::from_secs(2));
    for rate in ["0", "0/s", "x", "1/m"] {
        let run = bench.run("contoso.example", &["--rate", rate]);
        assert_eq!(run.status, 2, "{rate}: {}", run.stderr);
    }
}

#[test]
fn a_cause_is_named_while_it_runs_and_at_the_end_with_what_to_type() {
    let bench = Bench::new();
    let now = SystemTime::now();
    let token = bench
        .emulator
        .issue_refresh_token(sample::ALICE, sample::WEB, now);
    let line = serde_json::json!({"refresh_token": token.unwrap(), "client_id": sample::WEB});
    fs::write(bench.folder.path().join("input.jsonl"), line.to_string()).unwrap();
    let run = bench.run("contoso.example", &[]);
    let flag = format!("--client-secret-env {}=NAME", sample::WEB);
    for said in [&run.stderr, &run.stdout] {
        let line = said.lines().find(|line| line.contains("AADSTS7000218"));
        let line = line.unwrap_or_else(|| panic!("{said}"));
        assert!(line.contains("no secret was given"), "{line}");
        assert!(line.contains(&flag), "{line}");
    }
    let quiet = bench.run("contoso.example", &["--quiet"]);
    assert!(!quiet.stderr.contains("AADSTS"), "{}", quiet.stderr);
}

#[test]
fn what_is_mapped_adds_to_what_is_found_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let plan = |name: &str, content: &str, more: &[&str]| {
        fs::write(folder.path().join(name), content).unwrap();
        let run = msal(
            folder.path(),
            [&["migrate", "plan", name, "--format", "json"], more].concat(),
        );
        let shown: serde_json::Value = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|_not_json| panic!("{name} {more:?}: {}{}", run.stdout, run.stderr));
        let first = |what: &str| {
            shown[what][0]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        (first("clients"), first("tenants"))
    };
    let expected = ("c1".to_owned(), "contoso.example".to_owned());
    let csv = "rt,client_id,tenant,app\n0.A,c2,contoso.example,c1\n";
    let usual = "refresh_token,client_id,tenant,app\n0.A,c2,contoso.example,c1\n";
    let object = r#"{"rt":"0.A","client_id":"c2","tenant":"contoso.example","app":"c1"}"#;
    let token = r#"{"refresh_token":"0.A","client_id":"c2","tenant":"contoso.example","app":"c1"}"#;
    let ini = "[one]\nrefresh_token = 0.A\nclient_id = c2\ntenant = contoso.example\napp = c1\n";
    for (name, content, more) in [
        (
            "t.csv",
            csv,
            &["--map", "refresh_token=rt", "--map", "client_id=app"][..],
        ),
        ("t.csv", usual, &["--map", "client_id=app"]),
        ("t.csv", usual, &["--map", "client_id=const:c1"]),
        (
            "t.jsonl",
            object,
            &["--map", "refresh_token=rt", "--map", "client_id=app"],
        ),
        ("t.json", token, &["--map", "client_id=app"]),
        ("t.ini", ini, &["--map", "client_id=app"]),
    ] {
        assert_eq!(plan(name, content, more), expected, "{name} {more:?}");
    }
    // A column that is mapped is nothing else.
    let (client, tenant) = plan(
        "t.csv",
        "refresh_token,client_id,tenant\n0.A,c1,contoso.example\n",
        &["--map", "username=client_id", "--client-id", "c3"],
    );
    assert_eq!(
        (client.as_str(), tenant.as_str()),
        ("c3", "contoso.example")
    );
}

#[test]
fn a_part_says_nothing_about_the_others() {
    let bench = Bench::new();
    bench.input(&USERS);
    let now = SystemTime::now();
    let mail = sample::FAMILY_MAIL;
    let token = bench
        .emulator
        .issue_refresh_token(USERS[0], mail, now)
        .unwrap();
    let row = json!({"refresh_token": token, "user": USERS[0], "client_id": mail});
    let file = bench.folder.path().join("input.jsonl");
    let rows = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{rows}\n{row}\n")).unwrap();
    let report = || {
        let report = ["migrate", "report", "cache.json.journal"];
        let run = msal(
            bench.folder.path(),
            report.into_iter().chain(["--format", "csv", "--all"]),
        );
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.stdout
    };

    let run = bench.run("contoso.example", &["--only-client", sample::DESKTOP]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("1 not_chosen"), "{}", run.stdout);
    let chosen = report();
    assert_eq!(chosen.matches(",migrated,").count(), 3, "{chosen}");
    assert!(!chosen.contains("not_chosen"), "{chosen}");

    let run = bench.run("contoso.example", &[]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let all = report();
    assert_eq!(all.matches(",migrated,").count(), 4, "{all}");
    assert!(!all.contains("not_chosen"), "{all}");

    let run = bench.run("contoso.example", &["--only-client", mail]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(report(), all);
}
