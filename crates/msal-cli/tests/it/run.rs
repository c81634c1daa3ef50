//! `msal migrate run` against an emulator.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::sync::Arc;
use std::time::SystemTime;

use msal_emulator::{Directory, Emulator, Fault, Rotation, Server, Settings, sample};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::msal::{Run, msal};

/// An emulator, and a folder in which the command is run.
pub(crate) struct Bench {
    pub(crate) emulator: Arc<Emulator>,
    pub(crate) server: Server,
    pub(crate) folder: TempDir,
    /// Serves as long as it lives.
    _runtime: Runtime,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self::of(Emulator::with_settings(Directory::sample(), settings))
    }

    pub(crate) fn of(emulator: Emulator) -> Self {
        let runtime = Runtime::new().unwrap();
        let emulator = Arc::new(emulator);
        let server = Server::builder(Arc::clone(&emulator)).port(0).start();
        let server = runtime.block_on(server).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), server.ca_pem()).unwrap();
        Self {
            emulator,
            server,
            folder,
            _runtime: runtime,
        }
    }

    /// One token response for each user, as JSON lines.
    pub(crate) fn input(&self, users: &[&str]) {
        let line = |user: &&str| {
            let now = SystemTime::now();
            let token = self
                .emulator
                .issue_refresh_token(user, sample::DESKTOP, now)
                .unwrap();
            json!({"refresh_token": token, "user": user, "client_id": sample::DESKTOP}).to_string()
        };
        let lines: Vec<_> = users.iter().map(line).collect();
        fs::write(self.folder.path().join("input.jsonl"), lines.join("\n")).unwrap();
    }

    /// Runs the migration at `tenant`, with more arguments.
    pub(crate) fn run(&self, tenant: &str, more: &[&str]) -> Run {
        let authority = format!("{}/{tenant}", self.server.url());
        let arguments = ["migrate", "run", "input.jsonl"];
        let server = ["--authority", &authority, "--ca-file", "ca.pem"];
        let target = ["--to", "cache.json"];
        let target = target.into_iter().filter(|_| !more.contains(&"--to"));
        let all = arguments.into_iter().chain(server).chain(target);
        msal(self.folder.path(), all.chain(more.iter().copied()))
    }
}

#[test]
fn accounts_of_others_do_not_decide_the_exit_status() {
    let bench = Bench::new();
    let target = bench.folder.path().join("cache.json");
    // An account that has signed out elsewhere: nobody holds a refresh token of it.
    let account = json!({
        "home_account_id": "u.t", "environment": "login.microsoftonline.com", "realm": "t",
        "local_account_id": "u", "username": "old@contoso.example", "authority_type": "MSSTS",
    });
    let stranger = json!({"Account": {"u.t-login.microsoftonline.com-t": account}});
    fs::write(&target, stranger.to_string()).unwrap();
    bench.input(&[sample::ALICE]);
    for _ in 0..2 {
        let run = bench.run("contoso.example", &[]);
        assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("came from elsewhere"), "{}", run.stdout);
    }

    // An account of the input's own does.
    let mut cache: Value = serde_json::from_slice(&fs::read(&target).unwrap()).unwrap();
    cache["RefreshToken"] = json!({});
    fs::write(&target, cache.to_string()).unwrap();
    let run = bench.run("contoso.example", &[]);
    assert_eq!(run.status, 4, "{}{}", run.stdout, run.stderr);
}

#[test]
fn what_the_operator_must_correct_is_named_as_what_it_is() {
    let page = Fault::respond(403, [("content-type", "text/html")], "<html>blocked");
    for (fault, words) in [
        (
            Fault::aadsts(7_000_012),
            ["AADSTS7000012", "another tenant"],
        ),
        (
            Fault::aadsts(7_000_218),
            ["AADSTS7000218", "--client-secret-env"],
        ),
        (Fault::aadsts(700_016), ["AADSTS700016", "--client-id"]),
        (page, ["http_403", "between here and the server"]),
    ] {
        let bench = Bench::new();
        bench.emulator.add_fault(fault);
        bench.input(&[sample::ALICE]);
        let run = bench.run("contoso.example", &[]);
        assert_eq!(run.status, 4, "{}", run.stdout);
        for word in words
            .into_iter()
            .chain([sample::DESKTOP, "/contoso.example"])
        {
            assert!(run.stdout.contains(word), "{word}: {}", run.stdout);
        }
        assert!(!run.stdout.contains("registration"), "{}", run.stdout);
    }
}

#[test]
fn a_tenant_that_was_wrong_is_corrected_by_running_again() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE]);
    bench.emulator.add_fault(Fault::aadsts(7_000_012));
    assert_eq!(bench.run("fabrikam.example", &[]).status, 4);
    bench.emulator.clear_faults();
    let run = bench.run("contoso.example", &[]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(bench.emulator.redemptions().seen(), 2);
}

#[test]
fn what_is_set_aside_is_said_and_tried_again_when_asked() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, sample::BOB]);
    bench.emulator.add_fault(Fault::aadsts(50_076));
    for _ in 0..2 {
        let run = bench.run("contoso.example", &[]);
        assert_eq!(run.status, 3, "{}{}", run.stdout, run.stderr);
        let again = " --to cache.json --retry needs-user\n";
        assert!(run.stdout.contains(again), "{}", run.stdout);
    }
    assert_eq!(
        bench.emulator.redemptions().seen(),
        2,
        "each was asked once"
    );
    bench.emulator.clear_faults();
    let run = bench.run("contoso.example", &["--retry-row", "#/1"]);
    assert_eq!(run.status, 3, "{}{}", run.stdout, run.stderr);
    let run = bench.run("contoso.example", &["--retry", "needs-user"]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(bench.emulator.redemptions().seen(), 4);
}

#[test]
fn a_row_is_released_by_what_the_report_calls_it() {
    let bench = Bench::new();
    let now = SystemTime::now();
    let bobs = bench
        .emulator
        .issue_refresh_token(sample::BOB, sample::DESKTOP, now);
    let line = json!({"refresh_token": bobs.unwrap(), "user": sample::ALICE, "client_id": sample::DESKTOP});
    fs::write(bench.folder.path().join("input.jsonl"), line.to_string()).unwrap();
    let run = bench.run("contoso.example", &[]);
    assert_eq!(run.status, 4, "{}", run.stdout);
    assert!(run.stdout.contains("--release"), "{}", run.stdout);

    let report = |more: &[&str]| {
        let arguments = ["migrate", "report", "cache.json.journal"];
        let all = arguments.into_iter().chain(more.iter().copied());
        msal(bench.folder.path(), all).stdout
    };
    let shown = report(&[]);
    assert!(
        shown.contains("expected") && shown.contains("came"),
        "{shown}"
    );
    assert!(
        !shown.contains(sample::ALICE) && !shown.contains(sample::BOB),
        "{shown}"
    );
    let shown = report(&["--show-users"]);
    assert!(
        shown.contains(sample::ALICE) && shown.contains(sample::BOB),
        "{shown}"
    );

    let report: Value = serde_json::from_str(&report(&["--format", "json"])).unwrap();
    let row = report["tokens"][0]["row"].as_str().unwrap();
    let run = bench.run("contoso.example", &["--release", row]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(bench.emulator.redemptions().seen(), 1);
}

#[test]
fn a_connection_that_breaks_after_the_server_has_acted_leaves_one_token_in_doubt() {
    let users: Vec<_> = (1..=6)
        .map(|n| format!("user{n}@contoso.example"))
        .collect();
    let users: Vec<_> = users.iter().map(String::as_str).collect();
    for concurrency in ["1", "4", "100"] {
        for fault in [
            Fault::cut(0),
            Fault::cut(1),
            Fault::cut(1000),
            Fault::oversized(5 << 20),
        ] {
            let rotation = Rotation::SingleUseWithReuseDetection;
            let bench = Bench::with(Settings::default().rotation(rotation));
            let name = format!("{concurrency}: {fault:?}");
            bench.emulator.add_fault(fault.nth(3));
            bench.input(&users);
            let strict = [
                "--rotation",
                "single-use",
                "--concurrency",
                concurrency,
                "--format",
                "json",
            ];
            for _ in 0..2 {
                let run = bench.run("contoso.example", &strict);
                assert_eq!(run.status, 4, "{name}: {}{}", run.stdout, run.stderr);
                let report: Value = serde_json::from_str(&run.stdout).unwrap();
                assert_eq!(
                    (&report["migrated"], &report["in_doubt"]),
                    (&json!(5), &json!(1)),
                    "{name}"
                );
            }
            let redemptions = bench.emulator.redemptions();
            assert!(redemptions.rows().iter().all(|row| row.seen == 1), "{name}");
        }
    }
}

#[test]
fn what_is_named_and_not_there_is_said_before_anything_is_sent() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, sample::BOB]);
    let (known, other) = (sample::DESKTOP, sample::WEB);
    for (arguments, word) in [
        (["--release", ":99"], ":99"),
        (["--release", "#/2"], "#/2"),
        (["--release", "alice"], "alice"),
        (["--retry-row", ":99"], ":99"),
        (["--retry-row", "2"], "`2`"),
        (["--retry-client", other], other),
        (["--retry-tenant", "fabrikam.example"], "fabrikam.example"),
        (["--retry-row", "\u{1b}]0;x\u{7}"], "\\u{1b}]0;x"),
    ] {
        // Beside one that is there.
        for more in [&[][..], &["--retry-row", "#/0", "--release", "#/1"]] {
            let run = bench.run("contoso.example", &[&arguments[..], more].concat());
            assert_eq!(run.status, 2, "{arguments:?} {run:?}");
            assert!(run.stderr.contains(word), "{arguments:?} {run:?}");
            assert!(run.stderr.contains("hint"), "{arguments:?} {run:?}");
            assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
        }
    }
    assert_eq!(bench.emulator.redemptions().seen(), 0);
    let left = |name: &str| bench.folder.path().join(name).exists();
    assert!(!left("cache.json") && !left("cache.json.journal"));

    // What is there is no mistake, also when there is nothing to do with it any more.
    for _ in 0..2 {
        let there = [
            "--release",
            "#/0",
            "--retry-row",
            "#/1",
            "--retry-tenant",
            "CONTOSO.example",
        ];
        let there = [&there[..], &["--retry-client", known]].concat();
        let run = bench.run("contoso.example", &there);
        assert_eq!(run.status, 0, "{run:?}");
        assert!(run.stdout.contains("nothing was tried again"), "{run:?}");
    }
    let run = bench.run("contoso.example", &["--retry", "in-doubt"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.contains("nothing was tried again"), "{run:?}");
    let run = bench.run("contoso.example", &[]);
    assert!(!run.stdout.contains("tried again"), "{run:?}");
    assert_eq!(bench.emulator.redemptions().seen(), 2);
}

#[test]
fn a_held_back_row_of_another_input_is_there() {
    let bench = Bench::new();
    let bobs = bench
        .emulator
        .issue_refresh_token(sample::BOB, sample::DESKTOP, SystemTime::now());
    let line = json!({"refresh_token": bobs.unwrap(), "user": sample::ALICE, "client_id": sample::DESKTOP});
    fs::write(bench.folder.path().join("input.jsonl"), line.to_string()).unwrap();
    assert_eq!(bench.run("contoso.example", &[]).status, 4);
    fs::rename(
        bench.folder.path().join("input.jsonl"),
        bench.folder.path().join("first.jsonl"),
    )
    .unwrap();
    bench.input(&[sample::MIA]);
    // By its place alone it would be the second input's.
    let run = bench.run("contoso.example", &["--release", "first.jsonl#/0"]);
    assert_eq!(run.status, 2, "the row was never in a file of this name");
    let run = bench.run("contoso.example", &["--release", "input.jsonl#/0"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(bench.emulator.redemptions().seen(), 2);
}

#[test]
fn what_to_type_next_is_what_a_shell_reads() {
    let bench = Bench::new();
    bench.input(&[sample::DAN]);
    let run = bench.run("contoso.example", &["--to", "my cache.json"]);
    assert_eq!(run.status, 3, "{}{}", run.stdout, run.stderr);
    let next = "msal migrate report 'my cache.json.journal' tells why";
    assert!(run.stdout.contains(next), "{}", run.stdout);
}

#[test]
fn a_second_run_at_another_authority_says_that_it_sent_nothing_and_what_to_do() {
    let bench = Bench::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    bench.input(&[sample::ALICE, "user1@contoso.example"]);
    let single_use = ["--rotation", "single-use"];
    let run = bench.run("contoso.example", &single_use);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert!(!run.stdout.contains("another authority"), "{}", run.stdout);

    let run = bench.run("organizations", &single_use);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let note = "2 tokens were migrated before, at another authority";
    assert!(run.stdout.contains(note), "{}", run.stdout);
    assert_eq!(bench.emulator.redemptions().seen(), 2);
    let run = bench.run(
        "organizations",
        &["--rotation", "single-use", "--format", "json"],
    );
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&report["migrated"], &report["migrated_elsewhere"]),
        (&json!(2), &json!(2))
    );

    // What the hint says, as it is typed.
    let authority = format!("{}/organizations", bench.server.url());
    let server = ["--authority", &authority, "--ca-file", "ca.pem"];
    let hint = "migrate run cache.json --to cache.json --journal cache.json.2.journal";
    let again = bench.run("organizations", &single_use).stdout;
    assert!(again.contains(&format!("msal {hint}")), "{again}");
    let arguments = hint.split(' ').chain(server).chain(single_use);
    let run = msal(bench.folder.path(), arguments);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("2 of 2 tokens migrated"),
        "{}",
        run.stdout
    );
    assert_eq!(
        bench.emulator.redemptions().succeeded(),
        4,
        "nobody was revoked"
    );
    let verify = ["migrate", "verify", "cache.json", "--offline"];
    let run = msal(bench.folder.path(), verify.into_iter().chain(server));
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let answered = "verified: 2 of 2 silent calls answered, 2 from the cache";
    assert!(run.stdout.contains(answered), "{}", run.stdout);
}

#[test]
fn what_was_never_sent_is_not_called_refused() {
    let bench = Bench::with(Settings::default().rotation(Rotation::SingleUse));
    let now = SystemTime::now();
    let token = bench
        .emulator
        .issue_refresh_token(sample::ALICE, sample::DESKTOP, now);
    let token = token.unwrap();
    let line = |client| json!({"refresh_token": token, "client_id": client}).to_string();
    let lines = [line(sample::DESKTOP), line(sample::WEB)].join("\n");
    fs::write(bench.folder.path().join("input.jsonl"), lines).unwrap();
    let run = bench.run("contoso.example", &["--rotation", "single-use"]);
    assert_eq!(run.status, 4, "{}{}", run.stdout, run.stderr);
    let words = [
        "1 failed",
        "for a reason that you correct",
        "sent_for_other_client",
    ];
    assert!(
        words.iter().all(|word| run.stdout.contains(word)),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("refused"), "{}", run.stdout);
}

#[test]
fn a_report_says_where_a_retry_sends_a_sealed_token() {
    let bench = Bench::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
    bench.input(&[sample::ALICE]);
    let fault = Fault::tamper().set_member("id_token", "a.b");
    bench.emulator.add_fault(fault.nth(1));
    let strict = ["--rotation", "single-use"];
    assert_eq!(bench.run("contoso.example", &strict).status, 4);
    let report = || {
        let arguments = ["migrate", "report", "cache.json.journal"];
        msal(bench.folder.path(), arguments).stdout
    };
    let words = "a newer token is sealed";
    assert!(!report().contains(words), "{}", report());

    bench.emulator.add_fault(Fault::unavailable(None).first(1));
    let again = ["--rotation", "single-use", "--retry", "quarantined"];
    assert_eq!(bench.run("contoso.example", &again).status, 4);
    assert!(
        report().contains("in_doubt") && report().contains(words),
        "{}",
        report()
    );
    let again = ["--rotation", "single-use", "--retry", "in-doubt"];
    assert_eq!(bench.run("contoso.example", &again).status, 0);
}

#[test]
fn a_cache_is_copied_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let cache = include_str!("../../../msal-migrate/tests/fixtures/msal-node/msal_node_cache.json");
    fs::write(folder.path().join("node.json"), cache).unwrap();
    let run = |more: &[&str]| {
        let command = [
            "migrate",
            "run",
            "node.json",
            "--to",
            "target.json",
            "--mode",
            "copy",
        ];
        msal(folder.path(), command.iter().chain(more))
    };
    for (option, value) in [
        ("--journal", "j"),
        ("--map", "refresh_token=x"),
        ("--client-secret-env", "X"),
        ("--retry", "failed"),
        ("--rotation", "single-use"),
    ] {
        let refused = run(&[option, value]);
        assert_eq!(refused.status, 2, "{option}");
        assert!(
            refused.stderr.contains("--mode copy redeems none"),
            "{}",
            refused.stderr
        );
    }
    assert!(!folder.path().join("target.json").exists());

    let copied = run(&[]);
    assert_eq!(copied.status, 0, "{}{}", copied.stdout, copied.stderr);
    assert!(
        copied
            .stdout
            .starts_with("1 token copied into target.json\n"),
        "{}",
        copied.stdout
    );
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().contains("journal")),
        "{names:?}"
    );
    let written = fs::read(folder.path().join("target.json")).unwrap();

    let again = run(&["--format", "json"]);
    assert_eq!(again.status, 0, "{}", again.stderr);
    let report: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(
        (&report["copied"], &report["known"]),
        (&0.into(), &1.into())
    );
    assert_eq!(
        fs::read(folder.path().join("target.json")).unwrap(),
        written
    );

    let other = run(&["--client-id", "51d2b6ac-6d3c-4d43-9d42-3a8f2ac0a001"]);
    assert!(other.stdout.contains("0 tokens copied"), "{}", other.stdout);
}

#[test]
fn a_token_that_is_kept_is_named_in_the_summary_and_in_every_form_of_the_report() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, "user1@contoso.example"]);
    let fault = Fault::tamper().drop_member("refresh_token");
    bench.emulator.add_fault(fault.nth(1));
    let run = bench.run("contoso.example", &[]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let note = "note: kept_old_rt: 1 token answered without a new refresh token";
    assert!(run.stdout.contains(note), "{}", run.stdout);
    let run = bench.run("contoso.example", &["--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["kept_old_rt"], 1);

    let report = |format| {
        let arguments = [
            "migrate",
            "report",
            "cache.json.journal",
            "--all",
            "--format",
        ];
        let run = msal(bench.folder.path(), arguments.into_iter().chain([format]));
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.stdout
    };
    assert_eq!(report("text").matches("kept_old_rt").count(), 1);
    let csv = report("csv");
    assert!(
        csv.lines().next().unwrap().ends_with(",kept_old_rt"),
        "{csv}"
    );
    let ends = |with| csv.lines().filter(|line| line.ends_with(with)).count();
    assert_eq!((ends(",true"), ends(",false")), (1, 1));
    let json: Value = serde_json::from_str(&report("json")).unwrap();
    let kept = json["tokens"].as_array().unwrap().iter();
    assert_eq!(kept.filter(|token| token["kept_old_rt"] == true).count(), 1);
    assert_eq!(report("html").matches("kept_old_rt").count(), 1);
}

#[test]
fn a_token_that_was_redeemed_where_its_user_is_at_home_is_counted_aloud() {
    let bench = Bench::new();
    let now = SystemTime::now();
    let token = bench
        .emulator
        .issue_refresh_token(sample::ALICE, sample::DESKTOP, now);
    let authority = format!("{}/fabrikam.example", bench.server.url());
    let line = json!({"refresh_token": token.unwrap(), "client_id": sample::DESKTOP, "authority": authority});
    fs::write(bench.folder.path().join("input.jsonl"), line.to_string()).unwrap();
    let run = bench.run("", &[]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let note = "note: at home: 1 token redeemed where the user is at home";
    assert!(run.stdout.contains(note), "{}", run.stdout);
    let run = bench.run("", &["--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&report["migrated_at_home"], &report["migrated_elsewhere"]),
        (&json!(1), &json!(0))
    );
    let named = bench.run(
        "fabrikam.example",
        &["--journal", "another", "--to", "another.json"],
    );
    assert_eq!(named.status, 4, "{}{}", named.stdout, named.stderr);
    assert!(named.stdout.contains("AADSTS90072"), "{}", named.stdout);
}
