//! Who else could read or replace a file, and names that lead to one and the same.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use crate::issuer::Issuer;
use crate::msal::{Run, msal, msal_after, run};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn is_root(folder: &Path) -> bool {
    fs::metadata(folder).unwrap().uid() == 0
}

/// What is in a folder.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// A use of a secret in `file`; it fails later at the latest, because there is no cache.
fn with_secret(folder: &Path, file: &str) -> Run {
    let token = ["token", "cache", "--account", "a", "--scope", "s"];
    msal(
        folder,
        token.into_iter().chain(["--client-secret-file", file]),
    )
}

#[test]
fn a_secret_that_others_can_read_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, "s3cret\n").unwrap();
    for exposed in [0o644, 0o640, 0o604, 0o660, 0o602, 0o777] {
        set_mode(&path, exposed);
        let run = with_secret(folder.path(), "secret");
        assert_eq!(run.status, 2, "{exposed:o}: {run:?}");
        assert!(run.stderr.contains("chmod 600 secret"), "{}", run.stderr);
        assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
    }
    for private in [0o600, 0o400, 0o700] {
        set_mode(&path, private);
        let run = with_secret(folder.path(), "secret");
        assert_eq!(run.status, 1, "{private:o}: the cache is missing: {run:?}");
        assert!(run.stderr.contains("cache"), "{}", run.stderr);
    }
}

#[test]
fn a_secret_that_is_no_file_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("secret"), "s3cret").unwrap();
    set_mode(&folder.join("secret"), 0o600);
    symlink("secret", folder.join("link")).unwrap();
    fs::create_dir(folder.join("folder")).unwrap();
    let fifo = Command::new("mkfifo").arg(folder.join("pipe")).status();
    assert!(fifo.unwrap().success());
    fs::write(folder.join("linked"), "s3cret").unwrap();
    set_mode(&folder.join("linked"), 0o600);
    fs::hard_link(folder.join("linked"), folder.join("other")).unwrap();
    let mut refused = vec!["link", "folder", "pipe", "linked", "missing", "/dev/stdin"];
    if is_root(folder) {
        fs::write(folder.join("foreign"), "s3cret").unwrap();
        set_mode(&folder.join("foreign"), 0o600);
        chown(folder.join("foreign"), Some(65534), None).unwrap();
        refused.push("foreign");
    }
    for name in refused {
        for argument in [name.to_owned(), format!("app={name}")] {
            let run = with_secret(folder, &argument);
            assert_eq!(run.status, 2, "{name}: {run:?}");
            assert!(run.stderr.contains(name), "{}", run.stderr);
            assert!(run.stderr.contains("\nhint: "), "{}", run.stderr);
            assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
        }
    }
}

#[test]
fn a_folder_where_others_may_replace_files_gets_neither_target_nor_journal() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    let shared = folder.join("shared");
    fs::create_dir(&shared).unwrap();
    let me = fs::metadata(folder).unwrap().uid();
    let mut exposed = vec![(0o777, None), (0o775, None), (0o770, None), (0o2775, None)];
    if is_root(folder) {
        exposed.extend([(0o755, Some(65534)), (0o1777, Some(65534))]);
    }
    for (mode, owner) in exposed {
        chown(&shared, owner.or(Some(me)), None).unwrap();
        set_mode(&shared, mode);
        for (target, journal) in [
            ("shared/cache", "journal"),
            ("shared/new/deeper/cache", "journal"),
            ("cache", "shared/journal"),
            ("cache", "shared/new/journal"),
        ] {
            let run = issuer.migrate(folder, "adal.json", target, &["--journal", journal]);
            assert_eq!(
                run.status, 1,
                "{mode:o} {owner:?} {target} {journal}: {run:?}"
            );
            assert!(
                run.stderr.contains("shared cannot hold a secret"),
                "{}",
                run.stderr
            );
            assert!(run.stderr.contains("chmod go-w"), "{}", run.stderr);
        }
        assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
        assert!(!folder.join("journal").exists() && !folder.join("cache").exists());
    }
    assert_eq!(issuer.asked(), 0);
}

#[test]
fn a_journal_that_is_there_is_not_continued_where_others_may_replace_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    let shared = folder.join("shared");
    fs::create_dir(&shared).unwrap();
    let migrate = || issuer.migrate(folder, "adal.json", "cache", &["--journal", "shared/j"]);
    assert_eq!(migrate().status, 0);
    set_mode(&shared, 0o770);
    let run = migrate();
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.stderr.contains("its group"), "{}", run.stderr);
    let report = msal(folder, ["migrate", "report", "shared/j"]);
    assert_eq!(report.status, 0, "reading does no harm: {report:?}");
}

#[test]
fn a_folder_with_a_sticky_bit_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    let shared = folder.join("shared");
    fs::create_dir(&shared).unwrap();
    set_mode(&shared, 0o1777);
    let run = issuer.migrate(folder, "adal.json", "shared/cache", &[]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(mode(&shared.join("cache")), 0o600);
}

#[test]
fn a_name_that_the_run_would_overwrite_is_refused_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    let source = fs::read(folder.join("adal.json")).unwrap();
    fs::create_dir(folder.join("deep")).unwrap();
    symlink(".", folder.join("here")).unwrap();
    for name in [
        ".cache.tmp",
        "cache.lock",
        "cache.lockfile",
        "x.journal.key",
        "secret",
    ] {
        fs::write(folder.join(name), &source).unwrap();
        set_mode(&folder.join(name), 0o600);
    }
    let secret = "--client-secret-file";
    let before = content(folder);
    for (input, target, more) in [
        ("adal.json", "cache", vec!["--journal", "cache"]),
        ("adal.json", "cache", vec!["--journal", "./deep/../cache"]),
        ("adal.json", "cache", vec!["--journal", "here/cache"]),
        ("adal.json", "cache", vec!["--journal", ".cache.tmp"]),
        ("adal.json", "cache", vec!["--journal", "here/.cache.tmp"]),
        ("adal.json", "cache", vec!["--journal", "cache.lock"]),
        ("adal.json", "cache", vec!["--journal", "cache.lockfile"]),
        ("adal.json", "x.journal.key", vec!["--journal", "x.journal"]),
        ("adal.json", "x", vec!["--journal", "x.lock"]),
        ("adal.json", "x.key", vec!["--journal", "x"]),
        (".cache.tmp", "cache", vec![]),
        ("cache.lock", "cache", vec![]),
        ("cache.lockfile", "here/cache", vec![]),
        ("x.journal.key", "x", vec![]),
        ("adal.json", "x", vec!["--journal", "adal.json"]),
        ("adal.json", "cache", vec![secret, ".cache.tmp"]),
        ("adal.json", "cache", vec![secret, "app=cache.lockfile"]),
        ("adal.json", "ca.pem.journal", vec!["--journal", "ca.pem"]),
    ] {
        let run = issuer.migrate(folder, input, target, &more);
        assert_eq!(run.status, 2, "{input} {target} {more:?}: {run:?}");
        assert!(run.stderr.contains("--journal"), "{}", run.stderr);
        assert_eq!(content(folder), before, "{input} {target} {more:?}");
    }
    assert_eq!(issuer.asked(), 0);
}

#[test]
fn files_have_their_modes_whatever_the_umask() {
    for umask in ["000", "022", "077", "777"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let issuer = Issuer::start(folder);
        for attempt in 0..2 {
            let arguments = issuer.migration("adal.json", "made/here/cache");
            let run = run(&mut msal_after(
                folder,
                &format!("umask {umask}"),
                arguments,
            ));
            assert_eq!(run.status, 0, "{umask}, attempt {attempt}: {run:?}");
            let made = folder.join("made/here");
            assert_eq!(
                (mode(&folder.join("made")), mode(&made)),
                (0o700, 0o700),
                "{umask}"
            );
            for file in ["cache", "cache.lock", "cache.journal", "cache.journal.key"] {
                assert_eq!(mode(&made.join(file)), 0o600, "{umask} {file}");
            }
        }
    }
}

#[test]
fn a_user_who_is_not_the_administrator_migrates_under_a_umask_that_takes_all() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if !is_root(folder) {
        // The user of the other test is one.
        return;
    }
    let issuer = Issuer::start(folder);
    // The command itself may be where nobody else can go.
    fs::copy(env!("CARGO_BIN_EXE_msal"), folder.join("msal")).unwrap();
    for path in ["", "adal.json", "ca.pem", "msal"] {
        chown(folder.join(path), Some(65534), Some(65534)).unwrap();
    }
    for attempt in 0..2 {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "umask 777 && exec ./msal \"$@\"", "msal"])
            .args(issuer.migration("adal.json", "made/cache"))
            .current_dir(folder)
            .uid(65534)
            .gid(65534);
        let run = run(&mut shell);
        assert_eq!(run.status, 0, "{attempt}: {run:?}");
    }
    assert_eq!(mode(&folder.join("made/cache")), 0o600);
    let mut demo = Command::new("sh");
    demo.args(["-c", "umask 777 && exec ./msal demo --users 2"])
        .env("TMPDIR", folder)
        .current_dir(folder)
        .uid(65534)
        .gid(65534);
    let run = run(&mut demo);
    assert_eq!(run.status, 0, "{run:?}");
}
