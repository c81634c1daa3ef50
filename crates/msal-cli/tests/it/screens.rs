//! What people see, as it was looked at. With `MSAL_SCREENS` set, the files are written anew, to be looked at again.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

mod shown;

use std::fs;
use std::path::Path;

use msal_emulator::{Fault, sample};
use tempfile::TempDir;

use self::shown::Scene;
use crate::issuer::Issuer;
use crate::msal::{msal, msal_with_input};
use crate::terminal::{NO_COLOR, on_a_terminal};

/// Compares a screen with the one that is kept under this name.
pub(crate) fn assert_screen(name: &str, shown: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens");
    let path = Path::new(folder).join(format!("{name}.txt"));
    if std::env::var_os("MSAL_SCREENS").is_some() {
        fs::write(&path, shown).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        shown,
        kept,
        "see {} and set MSAL_SCREENS to change it",
        path.display()
    );
}

#[test]
fn help_is_as_it_was_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        &["login"][..],
        &["logout"],
        &["token"],
        &["cache", "inspect"],
    ] {
        let run = msal(folder.path(), [command, &["--help"]].concat());
        // The end of a line that clap leaves empty is filled up.
        let lines: Vec<_> = run.stdout.lines().map(str::trim_end).collect();
        assert_screen(
            &format!("{}-help", command.join("-")),
            &(lines.join("\n") + "\n"),
        );
    }
}

#[test]
fn help_on_a_terminal_is_as_it_was_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        &[][..],
        &["completions"],
        &["emulator", "serve"],
        &["migrate"],
        &["migrate", "finish"],
        &["migrate", "plan"],
        &["migrate", "report"],
        &["migrate", "run"],
        &["migrate", "status"],
        &["migrate", "verify"],
    ] {
        for columns in [80, 120] {
            let arguments = [command, &["--help"]].concat();
            let shown = on_a_terminal(folder.path(), columns, NO_COLOR, &[], &arguments);
            let name = [&["msal"], command].concat().join("-");
            assert_screen(&format!("{name}-help-{columns}"), &shown.screen());
        }
    }
}

#[test]
fn a_sign_out_and_a_cache_are_shown_as_they_were_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let cache = include_str!("../../../msal-core/tests/data/cache/msal_node_cache.json");
    // With what Node leaves out, nothing depends on the day of the test.
    let mut odd: serde_json::Value = serde_json::from_str(cache).unwrap();
    odd["AccessToken"]["broken"] = "text".into();
    odd["Settings"] = 1.into();
    fs::write(folder.path().join("cache.json"), odd.to_string()).unwrap();
    let close = std::process::Command::new("chmod")
        .args(["600", "cache.json"])
        .current_dir(folder.path())
        .status();
    assert!(close.unwrap().success());
    for (name, arguments) in [
        ("cache-inspect", &["cache", "inspect", "cache.json"][..]),
        (
            "logout-of-somebody-unknown",
            &["logout", "cache.json", "--account", "nobody"],
        ),
        ("logout", &["logout", "cache.json"]),
        ("logout-of-nobody", &["logout", "cache.json", "--all"]),
    ] {
        let run = msal(folder.path(), arguments);
        assert_screen(name, &format!("{}{}", run.stdout, run.stderr));
    }
}

/// A folder beside an emulator. Its input has a token of everything that can be had at once: good ones, one twice, a dead one,
/// one of a client whose secret is missing, one of another user, and a row without any.
fn place() -> (TempDir, Issuer) {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::start(folder.path());
    let issue = |user| {
        let now = std::time::SystemTime::now();
        issuer
            .emulator()
            .issue_refresh_token(user, sample::DESKTOP, now)
            .unwrap()
    };
    let [alice, bob, mia] = [sample::ALICE, sample::BOB, sample::MIA].map(issue);
    let row = |token: &str, user: &str, client: &str| format!("{token},{user},{client}");
    let rows = [
        "refresh_token,username,client_id".to_owned(),
        row(&alice, sample::ALICE, sample::DESKTOP),
        row(&alice, sample::ALICE, sample::DESKTOP),
        row(&bob, sample::BOB, sample::DESKTOP),
        row("1.dead", "dan@contoso.example", sample::DESKTOP),
        row("1.without-a-secret", "web@contoso.example", sample::WEB),
        row(&mia, "somebody.else@contoso.example", sample::DESKTOP),
        row("", "nobody@contoso.example", sample::DESKTOP),
    ];
    fs::write(folder.path().join("tokens.csv"), rows.join("\n")).unwrap();
    let good = [rows[0].clone(), rows[1].clone(), rows[3].clone()];
    fs::write(folder.path().join("good.csv"), good.join("\n")).unwrap();
    (folder, issuer)
}

/// `msal migrate run` of this input at the emulator.
fn migration(issuer: &Issuer, input: &str) -> Vec<String> {
    let mut arguments = issuer.migration(input, "cache.json");
    arguments[6].push_str("/contoso.example");
    arguments
}

#[test]
fn a_migration_is_shown_as_it_was_looked_at() {
    let plan = |more: &'static [&'static str]| {
        move || {
            let (folder, issuer) = place();
            let arguments = [&["migrate", "plan", "tokens.csv"], more].concat();
            Scene::new(folder, issuer, arguments)
        }
    };
    shown::assert_screens("migrate-plan", &plan(&[]));
    shown::assert_screens("migrate-plan-list", &plan(&["--list"]));
    shown::assert_screens("migrate-run", &|| {
        let (folder, issuer) = place();
        let arguments = migration(&issuer, "good.csv");
        Scene::new(folder, issuer, arguments)
    });
    shown::assert_screens("migrate-run-with-failures", &|| {
        let (folder, issuer) = place();
        let arguments = migration(&issuer, "tokens.csv");
        Scene::new(folder, issuer, arguments)
    });
    shown::assert_screens("migrate-run-resumed", &|| {
        let (folder, issuer) = place();
        let arguments = migration(&issuer, "tokens.csv");
        msal(folder.path(), &arguments);
        Scene::new(folder, issuer, arguments)
    });
    shown::assert_screens("migrate-run-throttled", &|| {
        let (folder, issuer) = place();
        issuer.emulator().add_fault(Fault::throttle(1).nth(2));
        let mut arguments = migration(&issuer, "good.csv");
        arguments.extend(["--concurrency", "1"].map(str::to_owned));
        Scene::new(folder, issuer, arguments)
    });
    shown::assert_screens("migrate-run-with-a-limit", &|| {
        let (folder, issuer) = place();
        let mut arguments = migration(&issuer, "good.csv");
        arguments.extend(["--limit", "1"].map(str::to_owned));
        Scene::new(folder, issuer, arguments)
    });
}

#[test]
fn what_is_asked_of_a_migration_is_shown_as_it_was_looked_at() {
    for (name, arguments) in [
        ("migrate-status", &["migrate", "status", "cache.json"][..]),
        (
            "migrate-report-screens",
            &["migrate", "report", "cache.json.journal"],
        ),
        (
            "migrate-verify",
            &["migrate", "verify", "cache.json", "--offline"],
        ),
        (
            "migrate-finish",
            &["migrate", "finish", "tokens.csv", "--to", "cache.json"],
        ),
        (
            "migrate-verify-list",
            &["migrate", "verify", "cache.json", "--offline", "--list"],
        ),
    ] {
        shown::assert_screens(name, &|| {
            let (folder, issuer) = place();
            msal(folder.path(), migration(&issuer, "tokens.csv"));
            let mut arguments: Vec<_> = arguments.iter().map(|&text| text.to_owned()).collect();
            if name.contains("verify") || name.contains("finish") {
                arguments.extend(["--authority".to_owned(), issuer.url()]);
            }
            Scene::new(folder, issuer, arguments)
        });
    }
}

/// `msal login` of Alice, whose password is on standard input.
fn login(issuer: &Issuer) -> Vec<String> {
    let authority = format!("{}/contoso.example", issuer.url());
    let arguments = [
        &["login", "cache.json", "--client-id", sample::DESKTOP][..],
        &[
            "--ca-file",
            "ca.pem",
            "--username",
            sample::ALICE,
            "--authority",
            &authority,
        ],
    ];
    arguments.concat().into_iter().map(str::to_owned).collect()
}

const PASSWORD: &str = "Sample-Passw0rd\n";

#[test]
fn sign_ins_and_accounts_are_shown_as_they_were_looked_at() {
    shown::assert_screens("login-screens", &|| {
        let (folder, issuer) = place();
        let arguments = login(&issuer);
        Scene::new(folder, issuer, arguments).typing(&["assword", PASSWORD])
    });
    let scope = ["--scope", "User.Read", "--authority"];
    for (name, arguments, at_a_server) in [
        ("accounts", &["accounts", "cache.json"][..], false),
        (
            "cache-inspect-screens",
            &["cache", "inspect", "cache.json"],
            false,
        ),
        (
            "logout-screens",
            &["logout", "cache.json", "--account", sample::ALICE],
            false,
        ),
        (
            "token",
            &[&["token", "cache.json"], &scope[..]].concat(),
            true,
        ),
        (
            "token-header",
            &[&["token", "cache.json", "--as", "header"], &scope[..]].concat(),
            true,
        ),
    ] {
        shown::assert_screens(name, &|| {
            let (folder, issuer) = place();
            msal_with_input(folder.path(), PASSWORD.as_bytes(), login(&issuer));
            let mut arguments: Vec<_> = arguments.iter().map(|&text| text.to_owned()).collect();
            arguments.extend(at_a_server.then(|| issuer.url()));
            Scene::new(folder, issuer, arguments)
        });
    }
}

#[test]
fn other_commands_are_shown_as_they_were_looked_at() {
    for (name, arguments) in [
        ("demo", &["demo", "--users", "3"][..]),
        ("sources-list", &["sources", "list"]),
        ("sources-show", &["sources", "show", "authlib"]),
    ] {
        shown::assert_screens(name, &|| {
            let (folder, issuer) = place();
            Scene::new(folder, issuer, arguments.iter().copied())
        });
    }
    shown::assert_screens("emulator-serve", &|| {
        let (folder, issuer) = place();
        let arguments = ["emulator", "serve", "--port", "0", "--admin-port", "0"];
        Scene::new(folder, issuer, arguments).until_stopped()
    });
}

#[test]
fn errors_are_shown_as_they_were_looked_at() {
    let errors = [
        &[][..],
        &["migrat"],
        &["migrate", "run", "tokens.csv", "--too", "x"],
        &[
            "migrate",
            "run",
            "tokens.csv",
            "--to",
            "t",
            "--retry",
            "faled",
        ],
        &["migrate", "run", "tokens.csv"],
        &["migrate", "plan", "nothing.csv"],
        &["--format", "csv", "accounts", "cache.json"],
        &["migrate", "status", "tokens.csv"],
        &["accounts", "tokens.csv"],
    ];
    let shown = errors.map(|arguments| {
        shown::variants(&|| {
            let (folder, issuer) = place();
            Scene::new(folder, issuer, arguments.iter().copied())
        })
    });
    assert_screen("errors", &shown.join("\n"));
}
