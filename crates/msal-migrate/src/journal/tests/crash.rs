//! A writer that is killed, and a disk that is full.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::*;
use crate::journal::State;

/// Real kills at arbitrary moments, of a process with several appends on their way.
#[tokio::test]
async fn what_was_acknowledged_survives_every_kill() {
    let home = Home::new();
    drop(home.open());
    let mut acknowledged = Vec::new();
    for kill in 0..25 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "--nocapture",
                "--quiet",
                "journal::tests::crash::append_until_killed",
            ])
            .env(JOURNAL, home.journal())
            .env(FIRST, format!("{}", kill * 1_000_000))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let durable = |line: String| {
            Some(
                line.strip_prefix("durable ")?
                    .strip_suffix('.')?
                    .parse::<u64>()
                    .unwrap(),
            )
        };
        acknowledged.extend(lines.by_ref().find_map(durable));
        // Not to wait for anything: to hit another moment each time.
        thread::sleep(Duration::from_millis(kill * 5 % 17));
        writer.kill().unwrap();
        writer.wait().unwrap();
        acknowledged.extend(lines.filter_map(durable));

        let (journal, _) = home.open();
        for n in &acknowledged {
            let state = journal.states().get(&token(*n));
            assert_eq!(
                state,
                Some(State::Unpublished),
                "{n} was acknowledged and is {state:?}"
            );
            if n / 1_000_000 == kill {
                let position = journal.states().decided_at(&token(*n)).unwrap();
                assert_eq!(body_at(&journal, position).await, body(*n));
            }
        }
    }
    assert!(
        acknowledged.len() > 100,
        "the writer got somewhere: {}",
        acknowledged.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by another test, as its child"]
#[expect(clippy::print_stdout, reason = "how a child talks to its parent")]
async fn append_until_killed() {
    let told = |name| std::env::var(name).expect("run by another test, as its child");
    let first: u64 = told(FIRST).parse().unwrap();
    let (journal, _) = open(&PathBuf::from(told(JOURNAL))).unwrap();
    let journal = Arc::new(journal);
    let writers = (0..8).map(|lane| {
        let journal = journal.clone();
        tokio::spawn(async move {
            for n in (first + lane..).step_by(8) {
                drop(begin(&journal, &intent(n)));
                append(&journal, redeemed(n, body(n))).await;
                println!("\ndurable {n}.");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_breaks_the_journal_and_loses_nothing_acknowledged() {
    let home = Home::new();
    let Some(mounted) = SmallDisk::mount(home.0.path()) else {
        return notice("a small disk cannot be mounted without being root");
    };
    let (journal, _) = home.open();
    let mut durable = 0;
    let error = loop {
        match begin(&journal, &redeemed(durable, body(durable))).await {
            Ok(_) => durable += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Broken { .. }), "{error}");
    assert!(error.hint().unwrap().contains("make room"));
    let refused = begin(&journal, &intent(1_000)).await;
    assert!(
        matches!(refused, Err(JournalError::Broken { .. })),
        "{refused:?}"
    );
    drop(journal);
    mounted.enlarge();
    let (journal, found) = home.open();
    assert_eq!(journal.states().counts().total(), durable);
    assert!(found.torn > 0 && durable > 5);
    append(&journal, redeemed(durable, body(durable))).await;
}

/// A file system of 64 KiB, for as long as this lives.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(at)
            .output();
        mounted.ok()?.status.success().then(|| Self(at.to_owned()))
    }

    fn enlarge(&self) {
        let enlarged = Command::new("mount")
            .args(["-o", "remount,size=1m"])
            .arg(&self.0)
            .output();
        assert!(enlarged.unwrap().status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(&self.0).output());
    }
}

#[expect(clippy::print_stderr, reason = "a test that cannot run here says so")]
fn notice(text: &str) {
    eprintln!("skipped: {text}");
}

const JOURNAL: &str = "MSAL_TEST_JOURNAL";
const FIRST: &str = "MSAL_TEST_FIRST";
