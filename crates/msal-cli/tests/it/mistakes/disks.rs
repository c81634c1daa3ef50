//! Disks that are full or read-only, as they are: small ones in memory, in a namespace of their own.

use std::process::Command;

use msal_emulator::sample;

use super::{line, path};
use crate::msal::{Run, run};
use crate::run::Bench;

/// Whether this machine lets a test have file systems of its own.
#[expect(clippy::print_stderr, reason = "a test that cannot run here says so")]
fn can_mount() -> bool {
    let tried = Command::new("sh")
        .args(["-c", &format!("{UNSHARE} true")])
        .output();
    let can = tried.is_ok_and(|tried| tried.status.success());
    if !can {
        eprintln!("left out: nobody may make a mount namespace here");
    }
    can
}

/// The administrator needs no user namespace.
const UNSHARE: &str = "unshare --mount $(test $(id -u) = 0 || echo --map-root-user)";

/// Runs a script that has `msal` for the command, where `disk` is a small file system of so many bytes.
fn on_a_small_disk(bench: &Bench, options: &str, script: &str) -> Run {
    let mount = format!("mount -t tmpfs -o {options},mode=700 tmpfs disk");
    let script = format!(
        "mkdir -p disk; {mount} || exit 99; msal() {{ \"$MSAL\" migrate \"$@\"; }}; {script}"
    );
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{UNSHARE} sh -c \"$SCRIPT\"")])
        .env("SCRIPT", script)
        .env("MSAL", env!("CARGO_BIN_EXE_msal"))
        .env("NO_COLOR", "1")
        .current_dir(bench.folder.path());
    run(&mut command)
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, "user1@contoso.example"]);
    bench
}

#[test]
fn a_disk_without_room_is_found_before_anything_is_sent() {
    if !can_mount() {
        return;
    }
    let bench = bench();
    let command = line(&bench, "run input.jsonl --to disk/cache.json {server}");
    let script = format!(
        "msal {command}; echo status $?; mount -o remount,size=4m disk; msal {command}; echo status $?"
    );
    let run = on_a_small_disk(&bench, "size=8k", &script);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(run.stdout.starts_with("status 1\n"), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    assert!(said.contains("hint: make room on the disk"), "{said}");
    assert!(run.stdout.contains("2 of 2 tokens migrated"), "{said}");
    assert!(run.stdout.ends_with("status 0\n"), "{said}");
    assert_eq!(bench.emulator.redemptions().seen(), 2, "{said}");
}

#[test]
fn a_target_without_room_loses_no_answer() {
    if !can_mount() {
        return;
    }
    let bench = bench();
    let command = line(
        &bench,
        "run input.jsonl --to disk/cache.json --journal journal {server}",
    );
    // There is room to try it, and none for two users.
    let run = on_a_small_disk(&bench, "size=8k", &format!("msal {command}"));
    let said = format!("{}{}", run.stdout, run.stderr);
    assert_eq!(run.status, 1, "{said}");
    assert!(said.contains("disk/cache.json"), "{said}");
    assert!(
        said.contains("hint: make room for disk/cache.json"),
        "{said}"
    );
    assert_eq!(bench.emulator.redemptions().seen(), 2, "{said}");
    let run = on_a_small_disk(&bench, "size=4m", &format!("msal {command}"));
    let said = format!("{}{}", run.stdout, run.stderr);
    assert_eq!(run.status, 0, "{said}");
    assert!(run.stdout.contains("2 of 2 tokens migrated"), "{said}");
    assert_eq!(bench.emulator.redemptions().seen(), 2, "{said}");
}

#[test]
fn a_read_only_disk_is_good_for_the_input_and_not_for_the_target() {
    if !can_mount() {
        return;
    }
    let bench = bench();
    let to_it = line(&bench, "run input.jsonl --to disk/cache.json {server}");
    let from_it = line(&bench, "run disk/input.jsonl --to cache.json {server}");
    let script = format!(
        "cp input.jsonl disk; mount -o remount,ro disk; msal {to_it}; echo status $?; msal {from_it}; echo status $?"
    );
    let run = on_a_small_disk(&bench, "size=4m", &script);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(run.stdout.starts_with("status 1\n"), "{said}");
    assert!(said.contains("Read-only file system"), "{said}");
    assert!(said.contains("hint: "), "{said}");
    assert!(run.stdout.contains("2 of 2 tokens migrated"), "{said}");
    assert!(run.stdout.ends_with("status 0\n"), "{said}");
    assert!(path(&bench, "cache.json").is_file());
    assert_eq!(bench.emulator.redemptions().seen(), 2, "{said}");
}
