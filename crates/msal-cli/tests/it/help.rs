//! Help that teaches, and the README's commands.

use crate::msal::msal;
#[cfg(unix)]
use crate::terminal::{NO_COLOR, on_a_terminal};

#[test]
fn every_command_has_help() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        vec!["--help"],
        vec!["demo", "--help"],
        vec!["migrate", "plan", "--help"],
        vec!["migrate", "run", "--help"],
        vec!["migrate", "finish", "--help"],
        vec!["migrate", "verify", "--help"],
        vec!["migrate", "report", "--help"],
        vec!["accounts", "--help"],
        vec!["sources", "list", "--help"],
        vec!["sources", "show", "--help"],
        vec!["token", "--help"],
        vec!["emulator", "serve", "--help"],
    ] {
        let run = msal(folder.path(), &command);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{command:?}");
        assert!(run.stdout.contains("Usage: msal"), "{command:?}");
    }
}

#[test]
fn exit_statuses_are_told_where_they_are_needed() {
    let folder = tempfile::tempdir().unwrap();
    let run = msal(folder.path(), ["migrate", "run", "--help"]);
    for status in [
        "0 every token migrated",
        "3 the rest need their users",
        "75 something is left",
    ] {
        let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(status), "{status}");
    }
}

#[test]
fn no_option_takes_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    for command in [["migrate", "run"], ["migrate", "verify"], ["token", "x"]] {
        let refused = msal(
            folder.path(),
            command.iter().chain(&["--client-secret", "s3cr3t"]),
        );
        assert_eq!(refused.status, 2, "{command:?}");
    }
}

/// The commands of the README that need no server, run as they stand there.
#[test]
fn the_commands_of_the_readme_are_accepted() {
    let readme = include_str!("../../../../README.md");
    let folder = tempfile::tempdir().unwrap();
    let commands: Vec<_> = readme
        .lines()
        .filter(|line| line.starts_with("msal "))
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for command in commands {
        let words = command.split_whitespace().skip(1);
        let run = msal(folder.path(), words);
        // There is no such file here; that is another failure than not being understood.
        assert_eq!(run.status, 1, "{command}: {}", run.stderr);
        assert!(
            run.stderr.starts_with("error: "),
            "{command}: {}",
            run.stderr
        );
    }
}

#[cfg(unix)]
#[test]
fn help_fits_on_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    for columns in [60, 80, 120] {
        for command in [
            "login",
            "token",
            "migrate run",
            "migrate plan",
            "completions",
            "emulator serve",
        ] {
            let arguments: Vec<_> = command.split(' ').chain(["--help"]).collect();
            let shown = on_a_terminal(folder.path(), columns, NO_COLOR, &[], &arguments);
            assert_eq!(shown.wrapped(), [""; 0], "{command}");
            let screen = shown.screen();
            let longest = screen.lines().map(|line| line.chars().count()).max();
            assert!(longest >= Some(50), "{command}: {screen}");
        }
    }
}

/// What is copied from help must not be broken by the terminal.
#[test]
fn an_example_is_one_line_of_eighty_columns() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        "accounts",
        "cache inspect",
        "completions",
        "demo",
        "emulator serve",
        "login",
        "logout",
        "man",
        "migrate finish",
        "migrate plan",
        "migrate report",
        "migrate run",
        "migrate verify",
        "sources list",
        "sources show",
        "token",
    ] {
        let help = msal(folder.path(), command.split(' ').chain(["--help"])).stdout;
        let (_, examples) = help.split_once("\nExamples:\n").expect(command);
        let is_example = |line: &&str| line.starts_with("  ") && line.contains("msal ");
        let examples: Vec<_> = examples.lines().filter(is_example).collect();
        assert!(!examples.is_empty(), "{command}");
        for example in examples {
            assert!(example.len() <= 80, "{example}");
        }
    }
}
