//! What fits the command into a system: completions, as shells use them, and manual pages, as `man` shows them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::msal::{msal, run};

/// Whether the machine has a program. What it has is tried; a machine need not have every shell.
fn has(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output()
        .unwrap()
        .status
        .success()
}

/// Writes the completions for a shell to a file of this name.
fn completions(folder: &Path, shell: &str, name: &str) {
    let script = msal(folder, ["completions", shell]);
    assert_eq!((script.status, script.stderr.as_str()), (0, ""), "{shell}");
    fs::write(folder.join(name), script.stdout).unwrap();
}

#[test]
fn bash_completes_commands_options_and_values() {
    let folder = tempfile::tempdir().unwrap();
    completions(folder.path(), "bash", "msal.bash");
    for (words, completed) in [
        ("mig", "migrate"),
        ("migrate ru", "run"),
        ("migrate run --sd", "--sdk"),
        ("migrate run --sdk node3", "node3"),
        ("accounts --format ''", "text json"),
        ("migrate report --format c", "csv"),
        ("completions p", "powershell"),
    ] {
        let script = format!(
            "source ./msal.bash; COMP_WORDS=(msal {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _msal msal \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let run = run(Command::new("bash")
            .args(["--norc", "-c", &script])
            .current_dir(folder.path()));
        assert_eq!(
            (run.stdout.trim(), run.stderr.as_str()),
            (completed, ""),
            "{words}"
        );
    }
}

#[test]
fn fish_completes_commands_options_and_values() {
    if !has("fish") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    completions(folder.path(), "fish", "msal.fish");
    for (words, completed) in [
        ("mig", "migrate"),
        ("migrate ru", "run"),
        ("migrate run --sdk node3", "node3"),
        ("migrate report --format c", "csv"),
    ] {
        let script = format!("source msal.fish; complete -C 'msal {words}'");
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-c", &script])
            .current_dir(folder.path())
            .env("HOME", folder.path());
        let run = run(&mut fish);
        assert_eq!(
            run.stdout.split_whitespace().next(),
            Some(completed),
            "{words}: {run:?}"
        );
    }
}

/// Types at an interactive zsh, and waits for what it makes of it.
const AT_ZSH: &str = r#"
import os, pty, select, sys, time
child, terminal = pty.fork()
if child == 0:
    os.environ.update(PS1="", TERM="xterm", PROMPT_EOL_MARK="")
    os.execvp("zsh", ["zsh", "-f", "-i"])
def until(wanted):
    seen, end = "", time.monotonic() + 60
    while wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        if not ready:
            sys.exit(f"{wanted!r} was not shown: {seen!r}")
        seen += os.read(terminal, 65536).decode()
os.write(terminal, b"fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; print -r READ''Y\n")
until("READY")
os.write(terminal, sys.argv[1].encode() + b"\t")
until(sys.argv[2])
os.close(terminal)
"#;

#[test]
fn zsh_completes_commands_options_and_values() {
    if !has("zsh") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    completions(folder.path(), "zsh", "_msal");
    for (typed, completed) in [
        ("msal comp", "letions"),
        ("msal migrate ver", "ify"),
        ("msal migrate run --sdk pyt", "hon"),
        ("msal migrate report --format c", "sv"),
    ] {
        let mut python = Command::new("python3");
        python
            .args(["-c", AT_ZSH, typed, completed])
            .current_dir(folder.path());
        let run = run(&mut python);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{typed}");
    }
}

#[test]
fn power_shell_has_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let script = msal(folder.path(), ["completions", "powershell"]).stdout;
    assert!(script.contains("Register-ArgumentCompleter"), "{script}");
    for command in ["migrate;run", "token", "emulator;serve", "man"] {
        assert!(script.contains(&format!("'msal;{command}'")), "{command}");
    }
}

/// The names of the pages in a folder.
fn pages(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn every_command_has_a_manual_page_that_man_shows() {
    let folder = tempfile::tempdir().unwrap();
    let written = msal(folder.path(), ["man", "--out", "made/man1"]);
    assert_eq!(written.status, 0, "{written:?}");
    let made = folder.path().join("made/man1");
    let names = pages(&made);
    for name in [
        "msal.1",
        "msal-migrate-run.1",
        "msal-sources-show.1",
        "msal-token.1",
        "msal-man.1",
    ] {
        assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
    }
    // Again, over the first ones.
    assert_eq!(msal(folder.path(), ["man", "--out", "made/man1"]).status, 0);
    assert_eq!(pages(&made), names);
    for program in ["man -l", "mandoc -T utf8"] {
        if !has(program.split(' ').next().unwrap()) {
            continue;
        }
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{program} msal-migrate-run.1")])
            .current_dir(&made)
            .envs([
                ("MANWIDTH", "80"),
                ("MANPAGER", "cat"),
                ("MAN_KEEP_FORMATTING", ""),
            ]);
        let run = run(&mut shell);
        // Bold is a letter, a step back, and the letter again.
        let mut shown = String::new();
        for character in run.stdout.chars() {
            match character {
                '\u{8}' => drop(shown.pop()),
                other => shown.push(other),
            }
        }
        assert_eq!(run.status, 0, "{program}: {}", run.stderr);
        // Lines are filled with blanks.
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in [
            "msal-migrate-run(1)",
            "msal migrate run adal_cache.json --to msal_cache.json",
            "Exit status: 0 every token migrated",
            "Fields of --map: authority,",
        ] {
            assert!(shown.contains(line), "{program}: {line}\n{shown}");
        }
    }
}

#[test]
fn manual_pages_that_cannot_be_written_are_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let run = msal(folder.path(), ["man", "--out", "file"]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(
        run.stderr.starts_with("error: file: ") && run.stderr.contains("--out"),
        "{}",
        run.stderr
    );
}
