//! Mistakes of whoever runs a migration: what is said about each, what it costs, and that nothing is lost by it.

mod access;
mod connections;
mod disks;
mod input;
mod machine;
mod places;
mod secrets;
mod servers;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::process::Command;

use msal_emulator::sample;

use crate::msal::{Run, msal_after, run};
use crate::run::Bench;

/// One mistake of somebody who has two tokens to migrate.
struct Mistake {
    /// What somebody did.
    what: &'static str,
    /// What was done before the command.
    before: fn(&Bench),
    /// What a shell does before it becomes the command.
    shell: &'static str,
    /// What is typed after `msal migrate`, at blanks apart. `{url}` is the emulator's, `{server}` all that names it.
    typed: &'static str,
    status: i32,
    /// What is said, somewhere.
    says: &'static [&'static str],
    /// What must not be said.
    never: &'static [&'static str],
    /// How many refresh tokens the emulator has seen by then.
    spent: u64,
    /// What is done about it. Then the right command migrates everybody.
    after: fn(&Bench),
}

/// A mistake to begin with: nothing is done before or after, and nothing is spent.
const MISTAKE: Mistake = Mistake {
    what: "",
    before: |_| (),
    shell: "true",
    typed: RIGHT,
    status: 2,
    says: &[],
    never: &[],
    spent: 0,
    after: |_| (),
};

const RIGHT: &str = "run input.jsonl --to cache.json {server}";

/// Makes all of them, and tells of each that went otherwise.
fn make_all(mistakes: &[Mistake]) {
    let wrong = mistakes
        .iter()
        .filter(|mistake| catch_unwind(|| mistake.make()).is_err());
    let wrong: Vec<_> = wrong.map(|mistake| mistake.what).collect();
    assert!(wrong.is_empty(), "went otherwise: {wrong:#?}");
}

impl Mistake {
    fn make(&self) {
        let bench = Bench::new();
        bench.input(&[sample::ALICE, "user1@contoso.example"]);
        (self.before)(&bench);
        let all = typed(&bench, self.shell, self.typed);
        let (what, said) = (self.what, format!("{}{}", all.stdout, all.stderr));
        assert_eq!(all.status, self.status, "{what}: {said}");
        for words in self.says {
            assert!(said.contains(words), "{what}: no {words:?} in: {said}");
        }
        for words in NEVER.iter().chain(self.never) {
            assert!(!said.contains(words), "{what}: {words:?} in: {said}");
        }
        if matches!(self.status, 1 | 2) {
            assert!(said.contains("\nhint: "), "{what}: no hint: {said}");
        }
        let spent = bench.emulator.redemptions().seen();
        assert_eq!(spent, self.spent, "{what}: {said}");

        (self.after)(&bench);
        let right = typed(&bench, "true", RIGHT);
        let said = format!("{}{}", right.stdout, right.stderr);
        assert_eq!(right.status, 0, "after {what}: {said}");
        assert!(
            said.contains("2 of 2 tokens migrated"),
            "after {what}: {said}"
        );
    }
}

/// Never said: a panic, and advice to put away what there is only one of.
const NEVER: &[&str] = &["panicked", "move it away", "move the journal away"];

fn typed(bench: &Bench, shell: &str, words: &str) -> Run {
    let line = line(bench, words);
    let arguments = ["migrate"].into_iter().chain(line.split(' '));
    run(&mut msal_after(bench.folder.path(), shell, arguments))
}

/// Types it with these words in front, the last of which is the command.
fn typed_as(bench: &Bench, command: &[String], words: &str) -> Run {
    let line = line(bench, words);
    let (program, before) = command.split_first().unwrap();
    let mut command = Command::new(program);
    command
        .args(before)
        .arg("migrate")
        .args(line.split(' '))
        .current_dir(bench.folder.path())
        .env("NO_COLOR", "1");
    run(&mut command)
}

fn line(bench: &Bench, words: &str) -> String {
    let url = bench.server.url();
    let server = format!("--authority {url}/contoso.example --ca-file ca.pem");
    words.replace("{server}", &server).replace("{url}", &url)
}

/// Migrates, without a mistake.
fn migrated(bench: &Bench) {
    let run = typed(bench, "true", RIGHT);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
}

fn path(bench: &Bench, name: &str) -> PathBuf {
    bench.folder.path().join(name)
}

fn remove(bench: &Bench, name: &str) {
    fs::remove_file(path(bench, name)).unwrap();
}

fn rename(bench: &Bench, from: &str, to: &str) {
    fs::rename(path(bench, from), path(bench, to)).unwrap();
}

/// A private file.
fn write(bench: &Bench, name: &str, content: &[u8]) {
    let path = path(bench, name);
    fs::write(&path, content).unwrap();
    chmod(&File::open(path).unwrap(), 0o600);
}

fn chmod(file: &File, mode: u32) {
    file.set_permissions(fs::Permissions::from_mode(mode))
        .unwrap();
}
