//! What every command prints for programs, compared with the schemas of the book.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;

use msal_emulator::{Fault, sample};
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::msal::{Run, msal, msal_with_input};
use crate::schema::{flaws, schema_behind, unseen};
use crate::serve::Serving;

const CHAPTER: &str = include_str!("../../../../docs/json.md");

/// Compares documents of one kind with the schema below this heading, of which they are to have every member but those that
/// stand here.
fn assert_schema(heading: &str, documents: &[Value], but: &[&str]) {
    let schema = schema_behind(CHAPTER, &format!("## {heading}\n"));
    for document in documents {
        assert_eq!(flaws(&schema, document), [""; 0], "{heading}: {document:#}");
    }
    assert_eq!(unseen(&schema, documents), but, "{heading}");
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect(text)
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let run = msal(folder, [arguments, &["--format", "json"]].concat());
    assert_eq!(run.stderr, "", "{arguments:?}");
    parsed(&run.stdout)
}

/// A row of each kind that a plan tells apart.
fn input(folder: &Path, issuer: &Issuer) {
    let good = issuer.token();
    let row = |token: &str, user: &str, client: &str| {
        json!({"refresh_token": token, "user": user, "client_id": client, "id_token": "x"})
            .to_string()
    };
    let rows = [
        row(&good, sample::ALICE, sample::DESKTOP),
        row(&good, sample::ALICE, sample::DESKTOP),
        row("1.dead", sample::BOB, sample::DESKTOP),
        row("1.no-secret", sample::BOB, sample::WEB),
        row("", sample::BOB, sample::DESKTOP),
    ];
    fs::write(folder.join("input.jsonl"), rows.join("\n")).unwrap();
}

#[test]
fn a_migration_is_told_as_the_book_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    input(folder, &issuer);
    let url = issuer.url();
    let server = ["--authority", &url, "--ca-file", "ca.pem"];
    fs::write(
        folder.join("odd.csv"),
        "refresh_token,client_id,upn_or_mail,active,old_id\n0.A,The payroll app,alice@contoso.example,1,7\n",
    )
    .unwrap();
    fs::create_dir(folder.join("stores")).unwrap();
    fs::copy(folder.join("input.jsonl"), folder.join("stores/a.json")).unwrap();
    fs::create_dir(folder.join("stores/old")).unwrap();
    let odd = ["migrate", "plan", "odd.csv", "--where", "active=1"];
    let plans = [
        json(folder, &["migrate", "plan", "input.jsonl", "--list"]),
        json(folder, &["migrate", "plan", "adal.json"]),
        json(folder, &odd),
        json(folder, &["migrate", "plan", "stores"]),
    ];
    assert_schema("`msal migrate plan`", &plans, &[]);
    let migrate = ["migrate", "run", "input.jsonl", "--to", "cache.json"];
    let run = json(folder, &[&migrate, &server[..]].concat());
    assert_schema("`msal migrate run`", &[run], &["skipped/hosts/an item"]);
    let status = json(folder, &["migrate", "status", "cache.json"]);
    let paused = [
        "run/paused/seconds_left",
        "run/paused/until",
        "run/paused/why",
    ];
    assert_schema("`msal migrate status`", &[status], &paused);
    let verify = ["migrate", "verify", "cache.json", "--list"];
    let sound = json(folder, &[&verify, &server[..]].concat());
    // Elsewhere, nobody is asked.
    let elsewhere = ["--authority", "https://other.example/common"];
    let odd = json(folder, &[&verify, &elsewhere[..], &["--offline"]].concat());
    assert_schema(
        "`msal migrate verify`",
        &[sound, odd],
        &["failures/an item"],
    );
    let finish = ["migrate", "finish", "input.jsonl", "--to", "cache.json"];
    let listed = json(folder, &[&finish, &server[..]].concat());
    let nothing = ["input/skipped/hosts/an item", "removed/an item"];
    assert_schema("`msal migrate finish`", &[listed], &nothing);
    let copy = [
        "migrate",
        "run",
        "cache.json",
        "--to",
        "copy.json",
        "--mode",
        "copy",
    ];
    let copies = [
        json(folder, &copy),
        json(folder, &[&copy, &server[..2]].concat()),
    ];
    assert_schema("`msal migrate run --mode copy`", &copies, &[]);
}

#[test]
fn sign_ins_and_caches_are_told_as_the_book_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    let url = issuer.url();
    let server = ["--authority", &url, "--ca-file", "ca.pem"];
    let tenant = format!("{url}/{}", sample::CONTOSO);
    let login = [
        &[
            "login",
            "cache.json",
            "--client-id",
            sample::DESKTOP,
            "--username",
            sample::ALICE,
        ][..],
        &[
            "--authority",
            &tenant,
            "--ca-file",
            "ca.pem",
            "--format",
            "json",
        ],
    ];
    let login = msal_with_input(folder, b"Sample-Passw0rd\n", login.concat());
    assert_schema("`msal login`", &[parsed(&login.stdout)], &[]);
    let accounts = json(folder, &["accounts", "cache.json"]);
    assert_schema("`msal accounts`", &[accounts], &[]);
    let mut odd = parsed(&fs::read_to_string(folder.join("cache.json")).unwrap());
    odd["AccessToken"]["broken"] = "text".into();
    odd["Settings"] = 1.into();
    fs::write(folder.join("odd.json"), odd.to_string()).unwrap();
    let inspected = json(folder, &["cache", "inspect", "odd.json"]);
    assert_schema("`msal cache inspect`", &[inspected], &[]);
    let token = [
        &["token", "cache.json", "--scope", "User.Read"],
        &server[..],
    ]
    .concat();
    assert_schema("`msal token`", &[json(folder, &token)], &[]);
    let logout = json(
        folder,
        &["logout", "cache.json", "--account", sample::ALICE],
    );
    assert_schema("`msal logout`", &[logout], &[]);
}

#[test]
fn what_needs_no_server_is_told_as_the_book_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let demo = json(folder, &["demo", "--users", "2"]);
    assert_schema("`msal demo`", &[demo], &[]);
    let list = json(folder, &["sources", "list"]);
    assert_schema("`msal sources list`", &[list], &[]);
    let show = json(folder, &["sources", "show", "authlib"]);
    assert_schema("`msal sources show`", &[show], &[]);
    let serving = Serving::start_where(folder, &[], &["--port", "0", "--ca-out", "ca.pem"]);
    assert_schema(
        "`msal emulator serve`",
        std::slice::from_ref(&serving.announced),
        &[],
    );
}

#[test]
fn every_command_is_in_the_chapter() {
    for command in crate::book::commands(&[]) {
        let is_there = CHAPTER.contains(&format!("\n## `{command}`\n"));
        let is_elsewhere =
            ["msal completions", "msal man", "msal migrate report"].contains(&&*command);
        assert_eq!(is_there, !is_elsewhere, "{command}");
    }
}

#[test]
fn whatever_fails_is_told_as_the_book_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("odd.json"), "[1, 2").unwrap();
    let mut errors = Vec::new();
    for (arguments, status) in [
        (&["accounts", "nothing.json"][..], 1),
        (&["accounts", "odd.json"], 1),
        (&["accounts"], 2),
        (&["acounts"], 2),
        (&[], 2),
        (&["cache", "inspect", "odd.json"], 1),
        (&["completions", "fsh"], 2),
        (&["demo", "--users", "0"], 2),
        (&["emulator", "serve", "--config", "nothing.toml"], 2),
        (
            &[
                "login",
                "c.json",
                "--client-id",
                "c",
                "--authority",
                "http://localhost",
            ],
            2,
        ),
        (&["logout", "odd.json"], 1),
        (&["man", "--out", "odd.json"], 2),
        (&["migrate", "plan", "nothing.json"], 1),
        (&["migrate", "plan", "odd.json", "--from", "xml"], 2),
        (&["migrate", "report", "odd.json"], 1),
        (&["migrate", "run", "nothing.json", "--to", "t.json"], 1),
        (&["migrate", "run", "odd.json"], 2),
        (&["migrate", "status", "odd.json"], 1),
        (&["migrate", "verify", "odd.json"], 1),
        (&["sources", "show", "nobody"], 2),
        (&["token", "odd.json", "--scope", "s"], 1),
        (&["accounts", "--config-file", "nothing.toml", "x"], 2),
    ] {
        let Run {
            status: ended,
            stdout,
            stderr,
        } = msal(folder, [&["--format", "json"], arguments].concat());
        assert_eq!(
            (stdout.as_str(), stderr.lines().count()),
            ("", 1),
            "{arguments:?}: {stderr}"
        );
        assert_eq!(ended, status, "{arguments:?}: {stderr}");
        let error = parsed(&stderr);
        assert_ne!(error["hint"], "", "{arguments:?}: {stderr}");
        errors.push(error);
    }
    assert_schema("An error", &errors, &[]);
}

#[test]
fn programs_are_told_how_far_a_run_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    let rows: Vec<_> = (1..=8)
        .map(|_| json!({"refresh_token": issuer.token(), "user": sample::ALICE, "client_id": sample::DESKTOP}))
        .map(|row| row.to_string())
        .collect();
    fs::write(folder.join("input.jsonl"), rows.join("\n")).unwrap();
    issuer.emulator().add_fault(Fault::throttle(1).nth(2));
    let mut arguments = issuer.migration("input.jsonl", "cache.json");
    arguments.extend(["--rate", "1/s", "--format", "json"].map(str::to_owned));
    let run = msal(folder, &arguments);
    assert_eq!(run.status, 0, "{run:?}");
    let told: Vec<_> = run.stderr.lines().map(parsed).collect();
    let (paused, progress): (Vec<_>, Vec<_>) = told
        .into_iter()
        .partition(|told| told.get("paused").is_some());
    assert_schema("A pause", &paused, &[]);
    assert_schema("Progress", &progress, &[]);
    arguments.extend([
        "--quiet".to_owned(),
        "--to".to_owned(),
        "other.json".to_owned(),
    ]);
    arguments.drain(3..5);
    issuer.emulator().add_fault(Fault::throttle(1).nth(2));
    let quiet = msal(folder, &arguments);
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
}
