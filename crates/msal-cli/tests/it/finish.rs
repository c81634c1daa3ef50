//! `msal migrate finish`: what is left of a migration, what keeps it, and what is removed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use msal_emulator::{Fault, sample};
use serde_json::Value;

use crate::msal::{Run, msal, run};
use crate::run::Bench;

impl Bench {
    pub(crate) fn finish(&self, words: &str) -> Run {
        self.finish_of("input.jsonl --to cache.json", words)
    }

    fn finish_of(&self, places: &str, words: &str) -> Run {
        let line = format!(
            "migrate finish {places} --authority {}/contoso.example {words}",
            self.server.url()
        );
        msal(self.folder.path(), line.split_whitespace())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All that is in the folder, with what it holds.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut files: Vec<_> = entries
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_file())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }
}

fn migrated() -> Bench {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, "user1@contoso.example"]);
    let run = bench.run("contoso.example", &[]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.contains("`finish` for `run`"), "{run:?}");
    bench
}

fn is_kept(bench: &Bench, run: &Run, words: &[&str]) {
    assert!(matches!(run.status, 2 | 4), "{run:?}");
    assert!(run.stderr.contains("nothing was removed"), "{run:?}");
    assert!(run.stderr.contains("\nhint: "), "{run:?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    for words in words {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    for name in [
        "input.jsonl",
        "cache.json.journal",
        "cache.json.journal.key",
    ] {
        assert!(bench.at(name).exists(), "{name}: {said}");
    }
}

#[test]
fn what_is_secret_is_listed_and_nothing_is_removed_by_that() {
    let bench = migrated();
    let before = bench.files();
    let run = bench.finish("");
    assert_eq!(run.status, 0, "{run:?}");
    for words in [
        "input.jsonl",
        "2 old refresh tokens",
        "cache.json ",
        "cache.json.journal ",
        "cache.json.journal.key",
        "2 of 2 migrated accounts in the target",
        "msal migrate verify cache.json --renew --authority",
        "msal migrate report cache.json.journal",
        "--remove-journal",
        "--remove-input",
    ] {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
    assert!(!run.stdout.contains(sample::ALICE), "{}", run.stdout);
    // A secret in the place of its name is not shown: nothing has looked at it.
    let secret = bench.finish("--client-secret-env abc8Q~s3cr3tValue");
    assert!(
        secret.stdout.contains("options about secrets"),
        "{secret:?}"
    );
    let said = format!("{}{}", secret.stdout, secret.stderr);
    assert!(!said.contains("s3cr3t"), "{said}");
    assert_eq!(bench.files(), before);
    assert_eq!(bench.emulator.redemptions().seen(), 2);
}

#[test]
fn what_is_named_is_removed_and_nothing_else() {
    let bench = migrated();
    let target = fs::read(bench.at("cache.json")).unwrap();
    let run = bench.finish("--remove-input --yes");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.stdout.contains("removed input.jsonl"), "{run:?}");
    assert!(run.stdout.contains("backups"), "{run:?}");
    assert!(!bench.at("input.jsonl").exists());
    assert!(bench.at("cache.json.journal").exists());

    // The journal alone, now that there is no input.
    let run = bench.finish_of("--to cache.json", "--remove-journal --yes");
    assert_eq!(run.status, 0, "{run:?}");
    let names: Vec<_> = bench.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ca.pem", "cache.json", "cache.json.lock"]);
    assert_eq!(fs::read(bench.at("cache.json")).unwrap(), target);

    // Twice is once.
    let run = bench.finish_of("--to cache.json", "--remove-journal --yes");
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("cache.json.journal"), "{run:?}");
    assert!(run.stderr.contains("\nhint: "), "{run:?}");
    assert_eq!(fs::read(bench.at("cache.json")).unwrap(), target);
    assert_eq!(bench.emulator.redemptions().seen(), 2);
}

#[test]
fn both_are_removed_at_once_and_a_run_afterwards_is_told_what_it_does() {
    let bench = migrated();
    let input = fs::read(bench.at("input.jsonl")).unwrap();
    let run = bench.finish("--remove-input --remove-journal --yes --format json");
    assert_eq!(run.status, 0, "{run:?}");
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["version"], 1);
    let removed = document["removed"].as_array().unwrap().iter();
    let removed: Vec<_> = removed.map(|path| path.as_str().unwrap()).collect();
    assert_eq!(
        removed,
        [
            "input.jsonl",
            "cache.json.journal",
            "cache.json.journal.key"
        ]
    );
    assert_eq!(document["journal"], Value::Null);
    // Somebody puts the input back.
    fs::write(bench.at("input.jsonl"), input).unwrap();
    let single = bench.run("contoso.example", &["--rotation", "single-use"]);
    assert_eq!(single.status, 2, "{single:?}");
    assert!(single.stderr.contains("--new-journal"), "{single:?}");
    let again = bench.run("contoso.example", &[]);
    assert_eq!(again.status, 0, "{again:?}");
    assert!(again.stderr.contains("redeemed again"), "{again:?}");
}

#[test]
fn an_input_that_is_gone_keeps_the_journal_from_nothing() {
    // As it is after the input was removed alone, or when the command was killed in between.
    for words in [
        "--remove-journal --yes",
        "--remove-input --remove-journal --yes",
    ] {
        let bench = migrated();
        assert_eq!(bench.finish("--remove-input --yes").status, 0);

        let listed = bench.finish("");
        assert_eq!(listed.status, 0, "{listed:?}");
        assert!(
            listed.stderr.contains("note: input.jsonl is not there"),
            "{listed:?}"
        );
        let run = bench.finish(words);

        assert_eq!(run.status, 0, "{run:?}");
        assert!(!bench.at("cache.json.journal").exists(), "{run:?}");
        assert!(bench.at("cache.json").exists(), "{run:?}");
    }
    let bench = migrated();
    let run = bench.finish_of("another.jsonl --to cache.json", "--remove-input --yes");
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.stderr.contains("nothing was removed"), "{run:?}");
    assert!(bench.at("input.jsonl").exists() && bench.at("cache.json.journal").exists());
}

#[test]
fn nobody_at_a_terminal_confirms_nothing() {
    let bench = migrated();
    let before = bench.files();
    for more in ["", " --format json"] {
        let run = bench.finish(&format!("--remove-input --remove-journal{more}"));
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.stderr.contains("--yes"), "{run:?}");
    }
    assert_eq!(bench.files(), before);
}

#[test]
fn somebody_at_a_terminal_is_asked() {
    let bench = migrated();
    let authority = format!("{}/contoso.example", bench.server.url());
    let line = [
        "migrate",
        "finish",
        "input.jsonl",
        "--to",
        "cache.json",
        "--authority",
        &authority,
        "--remove-input",
    ];
    for (answer, status, is_there) in [("\n", 1, true), ("no\n", 1, true), ("y\n", 0, false)] {
        let run = answered_on_a_terminal(bench.folder.path(), "true", answer, &line);
        assert!(run.stdout.contains("Remove input.jsonl? [y/N]"), "{run:?}");
        assert_eq!(run.status, status, "{answer:?}: {run:?}");
        assert_eq!(bench.at("input.jsonl").exists(), is_there, "{run:?}");
    }
}

#[test]
fn an_input_that_changes_while_somebody_is_asked_stays() {
    let authority = |bench: &Bench| format!("{}/contoso.example", bench.server.url());
    for meanwhile in [
        "echo >> input.jsonl",
        "cp -p input.jsonl new && mv new input.jsonl",
        "mv input.jsonl kept && ln -s kept input.jsonl",
    ] {
        let bench = migrated();
        let authority = authority(&bench);
        let line = [
            "migrate",
            "finish",
            "input.jsonl",
            "--to",
            "cache.json",
            "--authority",
            &authority,
            "--remove-input",
            "--remove-journal",
        ];
        let run = answered_on_a_terminal(bench.folder.path(), meanwhile, "y\n", &line);
        assert_eq!(run.status, 2, "{meanwhile}: {run:?}");
        assert!(run.stdout.contains("has changed meanwhile"), "{run:?}");
        assert!(bench.at("input.jsonl").exists() && bench.at("cache.json.journal").exists());
    }
}

#[test]
fn what_is_unfinished_keeps_journal_and_input_and_says_what_to_type() {
    let all = "--remove-input --remove-journal --yes";
    let bench = Bench::new();
    bench.input(&[sample::ALICE, "user1@contoso.example"]);
    let first = bench.run("contoso.example", &["--limit", "1"]);
    assert_eq!(first.status, 75, "{first:?}");
    // One is not tried yet.
    let words = [
        "1 token is left to retry",
        "run the migration again",
        "1 of its 2 tokens is not migrated: #/1",
    ];
    is_kept(&bench, &bench.finish(all), &words);
    bench.emulator.add_fault(Fault::unavailable(None));
    let busy = bench.run("contoso.example", &["--limit", "1"]);
    assert_eq!(busy.status, 75, "{busy:?}");
    is_kept(&bench, &bench.finish(all), &words);
    bench.emulator.clear_faults();
    bench.emulator.add_fault(Fault::aadsts(700_016));
    assert_eq!(bench.run("contoso.example", &[]).status, 4);
    is_kept(
        &bench,
        &bench.finish(all),
        &[
            "1 token is not migrated for a reason",
            "--give-up failed",
            "#/1",
        ],
    );
    // The journal may be given up, the input not.
    is_kept(
        &bench,
        &bench.finish(&format!("{all} --give-up failed")),
        &["#/1"],
    );
    let run = bench.finish("--remove-journal --yes --give-up failed");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(bench.at("input.jsonl").exists());
}

#[test]
fn users_who_are_needed_keep_the_input_and_not_the_journal() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, sample::BOB]);
    bench.emulator.add_fault(Fault::aadsts(50_076).first(1));
    assert_eq!(bench.run("contoso.example", &[]).status, 3);
    is_kept(
        &bench,
        &bench.finish("--remove-input --yes"),
        &["is not migrated: #/"],
    );
    let run = bench.finish("--remove-journal --yes");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!bench.at("cache.json.journal").exists());
}

#[test]
fn an_answer_that_is_held_back_keeps_the_journal() {
    let bench = Bench::new();
    let now = std::time::SystemTime::now();
    let bobs = bench
        .emulator
        .issue_refresh_token(sample::BOB, sample::DESKTOP, now);
    let line = serde_json::json!({"refresh_token": bobs.unwrap(), "user": sample::ALICE, "client_id": sample::DESKTOP});
    fs::write(bench.at("input.jsonl"), line.to_string()).unwrap();
    assert_eq!(bench.run("contoso.example", &[]).status, 4);
    let run = bench.finish("--remove-journal --yes");
    is_kept(
        &bench,
        &run,
        &[
            "1 token is held back",
            "in the journal only",
            "--give-up quarantined",
            "1 answer with tokens",
        ],
    );
    let run = bench.finish("--remove-journal --yes --give-up quarantined");
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn accounts_that_are_gone_keep_both() {
    let bench = migrated();
    let kept = fs::read(bench.at("cache.json")).unwrap();
    fs::write(bench.at("cache.json"), "{}").unwrap();
    let all = "--remove-input --remove-journal --yes";
    is_kept(
        &bench,
        &bench.finish(all),
        &[
            "2 migrated accounts are not in cache.json",
            "--give-up missing",
        ],
    );
    fs::remove_file(bench.at("cache.json")).unwrap();
    let run = bench.finish(&format!("{all} --give-up missing"));
    assert_eq!(run.status, 1, "{run:?}");
    assert!(bench.at("input.jsonl").exists() && bench.at("cache.json.journal").exists());
    fs::write(bench.at("cache.json"), kept).unwrap();
    assert_eq!(bench.finish(all).status, 0);
}

#[test]
fn a_row_that_is_skipped_keeps_the_input_unless_it_has_no_token() {
    let bench = migrated();
    let input = fs::read_to_string(bench.at("input.jsonl")).unwrap();
    let with = |row: &str| {
        fs::write(bench.at("input.jsonl"), format!("{input}\n{row}")).unwrap();
        bench.finish("--remove-input --yes")
    };
    let run = with(
        r#"{"refresh_token": "0.X", "client_id": "c", "authority": "https://fs.evil.example/t"}"#,
    );
    is_kept(&bench, &run, &["1 row is skipped, and may hold a token"]);
    let run = with(r#"{"refresh_token": null, "user": "carol@contoso.example"}"#);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn an_input_that_is_no_whole_file_of_its_own_is_never_removed() {
    let bench = migrated();
    let remove = |places: &str| bench.finish_of(places, "--remove-input --yes");
    let with = |place: &str| format!("{place} --to cache.json");
    // Of the target itself.
    is_kept(&bench, &remove(&with("cache.json")), &["it is the target"]);
    symlink("cache.json", bench.at("other-name.json")).unwrap();
    is_kept(&bench, &remove(&with("other-name.json")), &["it is"]);
    symlink("input.jsonl", bench.at("link.jsonl")).unwrap();
    is_kept(&bench, &remove(&with("link.jsonl")), &["it is a link"]);
    fs::hard_link(bench.at("input.jsonl"), bench.at("hard.jsonl")).unwrap();
    is_kept(&bench, &remove(&with("hard.jsonl")), &["hard link"]);
    fs::remove_file(bench.at("hard.jsonl")).unwrap();
    fs::create_dir(bench.at("folder")).unwrap();
    let one = fs::read_to_string(bench.at("input.jsonl")).unwrap();
    fs::write(bench.at("folder/a.json"), one.lines().next().unwrap()).unwrap();
    is_kept(&bench, &remove(&with("folder")), &["it is a folder"]);
    let none = bench.finish_of("--to cache.json", "--remove-input --yes");
    is_kept(&bench, &none, &["none is named"]);
    let connection = rusqlite::Connection::open(bench.at("app.db")).unwrap();
    connection
        .execute_batch("create table t (refresh_token text)")
        .unwrap();
    connection.close().unwrap();
    let places = "app.db --to cache.json --query select+*+from+t".replace('+', "\u{a0}");
    let places = places.replace('\u{a0}', "/**/");
    is_kept(&bench, &remove(&places), &["no database"]);
    assert!(bench.at("app.db").exists() && bench.at("cache.json").exists());
    assert!(bench.at("folder/a.json").exists() && bench.at("link.jsonl").exists());
}

#[test]
fn a_journal_of_another_target_is_not_taken() {
    let bench = migrated();
    let other = fs::read(bench.at("cache.json")).unwrap();
    fs::write(bench.at("other.json"), other).unwrap();
    let places = "input.jsonl --to other.json --journal cache.json.journal";
    let run = bench.finish_of(places, "--remove-input --remove-journal --yes");
    assert_eq!(run.status, 2, "{run:?}");
    assert!(
        run.stderr.contains("cache.json.journal is the journal of "),
        "{run:?}"
    );
    assert!(bench.at("input.jsonl").exists() && bench.at("cache.json.journal").exists());
}

#[test]
fn a_target_that_was_moved_with_its_journal_is_finished_where_it_is() {
    let bench = migrated();
    fs::create_dir(bench.at("moved")).unwrap();
    for name in ["cache.json", "cache.json.journal", "cache.json.journal.key"] {
        fs::rename(bench.at(name), bench.at(&format!("moved/{name}"))).unwrap();
    }
    let places = "input.jsonl --to moved/cache.json";
    let run = bench.finish_of(places, "--remove-input --remove-journal --yes");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!bench.at("input.jsonl").exists() && !bench.at("moved/cache.json.journal").exists());
}

#[test]
fn a_removal_that_was_killed_is_gone_on_with() {
    let bench = migrated();
    // As it is after the first step.
    fs::write(bench.at("cache.json.journal.key"), [0; 98]).unwrap();
    let run = bench.run("contoso.example", &[]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("is finished"), "{run:?}");
    let run = bench.finish("");
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("--remove-journal"), "{run:?}");
    fs::remove_file(bench.at("cache.json.journal")).unwrap();
    let run = bench.finish_of("--to cache.json", "--remove-journal --yes");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!bench.at("cache.json.journal.key").exists());
    assert_eq!(bench.emulator.redemptions().seen(), 2);
}

#[test]
fn a_file_for_each_user_is_looked_into() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, sample::BOB]);
    let to = "caches/{home_account_id}.json";
    assert_eq!(bench.run("contoso.example", &["--to", to]).status, 0);
    let places = format!("input.jsonl --to {to}");
    let run = bench.finish_of(&places, "");
    assert!(run.stdout.contains("2 of 2 migrated accounts"), "{run:?}");
    let run = bench.finish_of(&places, "--remove-input --remove-journal --yes");
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!bench.at("caches.journal").exists() && !bench.at("input.jsonl").exists());
    assert_eq!(
        fs::read_dir(bench.at("caches"))
            .unwrap()
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy().ends_with(".json")
            })
            .count(),
        2
    );
}

/// Runs the command behind it on a terminal of so many columns, and answers what it asks after something else was done.
const ANSWERED: &str = "\
import fcntl, os, pty, struct, sys, termios
master, slave = pty.openpty()
typed = os.environ.get('TYPED', '').encode()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 50, int(sys.argv[1]), 0, 0))
child = os.fork()
if child == 0:
    for number in range(3):
        os.dup2(slave, number)
    os.execv(sys.argv[2], sys.argv[2:])
os.close(slave)
try:
    while text := os.read(master, 65536):
        sys.stdout.buffer.write(text)
        if typed and b'[y/N] ' in text:
            os.system(os.environ['MEANWHILE'])
            os.write(master, typed)
            typed = b''
except OSError:
    pass
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
";

/// Runs the command on a terminal at which it is answered, after a shell has done something `meanwhile`.
fn answered_on_a_terminal(folder: &Path, meanwhile: &str, typed: &str, arguments: &[&str]) -> Run {
    let mut python = std::process::Command::new("python3");
    python
        .args(["-c", ANSWERED, "80"])
        .arg(env!("CARGO_BIN_EXE_msal"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("MEANWHILE", meanwhile)
        .env("TYPED", typed);
    run(&mut python)
}
