//! Writers that are killed, disks that are full, calls that fail: the file is always whole.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, ErrorKind},
    path::Path,
    process::{Child, Command},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use private_file::Gate;
use tempfile::TempDir;

use super::{child, load, names, save, told, told_cache};
use crate::store::{FileStore, StoreError};

/// MSAL Python's writer, treated like this, ruined four files in ten.
#[tokio::test]
async fn a_writer_killed_at_any_time_leaves_a_whole_file_with_all_it_was_told_was_saved() {
    for (size, kills) in [(4_500, 25), (213_000, 15)] {
        let folder = TempDir::new().unwrap();
        let cache = folder.path().join("cache.json");
        let store = FileStore::new(&cache);
        for kill in 0..kills {
            let mut writer = child("crash::write_in_a_loop", &cache)
                .env(SIZE, format!("{size}"))
                .spawn()
                .unwrap();
            let acknowledged = kill_after(&mut writer, kill * 7 % 13);
            let stored = load(&store).await.unwrap().unwrap();
            assert!(
                generation(&stored.blob, size) >= acknowledged,
                "an acknowledged save is gone"
            );
        }
        let stored = load(&store).await.unwrap().unwrap();
        save(&store, "{}", Some(stored.version)).await.unwrap();
        assert_eq!(names(folder.path()), ["cache.json", "cache.json.lock"]);
    }
}

#[tokio::test]
#[ignore = "run by another test, as its child"]
#[expect(clippy::print_stdout, reason = "how a child talks to its parent")]
async fn write_in_a_loop() {
    let store = FileStore::new(told_cache());
    let mut stored = load(&store).await.unwrap();
    let mut number = stored
        .as_ref()
        .map_or(0, |stored| generation(&stored.blob, told(SIZE)));
    let mut expected = stored.take().map(|stored| stored.version);
    loop {
        number += 1;
        expected = Some(
            save(&store, &content(number, told(SIZE)), expected)
                .await
                .unwrap(),
        );
        println!("\nsaved {number}");
    }
}

/// Every point between two system calls, hit exactly.
#[tokio::test]
async fn a_writer_killed_in_front_of_any_call_leaves_the_old_file_or_the_new_one() {
    for start in [None, Some("{\"n\":1}"), Some("{\"torn")] {
        for call in 1.. {
            let folder = TempDir::new().unwrap();
            let cache = folder.path().join("made/cache.json");
            if let Some(start) = start {
                fs::create_dir(folder.path().join("made")).unwrap();
                fs::write(&cache, start).unwrap();
            }
            let writer = child("crash::save_until_killed", &cache)
                .env(CALL, format!("{call}"))
                .output()
                .unwrap();
            let left = fs::read_to_string(&cache).ok();
            if writer.status.success() {
                assert_eq!(left.as_deref(), Some("{\"n\":2}"));
                assert!(call > 5, "the calls are counted");
                break;
            }
            assert_eq!(writer.status.code(), Some(KILLED), "{writer:?}");
            assert!(
                left.as_deref() == start || left.as_deref() == Some("{\"n\":2}"),
                "{call}: {left:?}"
            );
            next_writer_finds_nothing_in_its_way(&cache).await;
        }
    }
}

/// Replaces what is there as somebody who has loaded a good version of it.
#[tokio::test]
#[ignore = "run by another test, as its child"]
async fn save_until_killed() {
    let (store, left) = (FileStore::new(told_cache()), AtomicUsize::new(told(CALL)));
    let expected = match load(&store).await {
        Ok(stored) => stored.map(|stored| stored.version),
        Err(_ruins) => Some(crate::store::Version::new("of the time before")),
    };
    let mut store = store;
    store.options.gate = Gate::new(move |_step| {
        if left.fetch_sub(1, Ordering::Relaxed) == 1 {
            std::process::exit(KILLED);
        }
        Ok(())
    });
    save(&store, "{\"n\":2}", expected).await.unwrap();
}

#[tokio::test]
async fn a_call_that_fails_leaves_the_old_file_or_the_new_one_and_names_it() {
    for (kind, lasting) in [
        (ErrorKind::StorageFull, false),
        (ErrorKind::StorageFull, true),
        (ErrorKind::PermissionDenied, false),
        (ErrorKind::Other, true),
    ] {
        for call in 1.. {
            let folder = TempDir::new().unwrap();
            let cache = folder.path().join("cache.json");
            let mut store = FileStore::new(&cache);
            let version = save(&store, "{\"n\":1}", None).await.unwrap();
            let calls = Arc::new(AtomicUsize::new(0));
            store.options.gate = failing(call, lasting, kind, calls.clone());
            let result = save(&store, "{\"n\":2}", Some(version)).await;
            let left = fs::read_to_string(&cache).unwrap();
            if calls.load(Ordering::Relaxed) < call {
                assert_eq!(left, "{\"n\":2}");
                assert!(result.is_ok() && call > 5, "{result:?}");
                break;
            }
            match result {
                // Letting go of the lock may fail without harm.
                Ok(_) => assert_eq!(left, "{\"n\":2}"),
                Err(error) => {
                    let durable = !matches!(error, StoreError::NotDurable { .. });
                    assert_eq!(
                        left,
                        if durable { "{\"n\":1}" } else { "{\"n\":2}" },
                        "{call}: {error}"
                    );
                    assert!(error.to_string().contains("cache.json"), "{error}");
                    let full = durable && kind == ErrorKind::StorageFull;
                    assert_eq!(matches!(error, StoreError::Full { .. }), full);
                }
            }
            if !lasting {
                next_writer_finds_nothing_in_its_way(&cache).await;
            }
        }
    }
}

fn failing(call: usize, lasting: bool, kind: ErrorKind, calls: Arc<AtomicUsize>) -> Gate {
    Gate::new(move |_step| {
        let now = calls.fetch_add(1, Ordering::Relaxed) + 1;
        if now == call || lasting && now > call {
            Err(io::Error::from(kind))
        } else {
            Ok(())
        }
    })
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_keeps_the_old_file() {
    let folder = TempDir::new().unwrap();
    let Some(_mounted) = SmallDisk::mount(folder.path()) else {
        return notice("a small disk cannot be mounted without being root");
    };
    let cache = folder.path().join("cache.json");
    let store = FileStore::new(&cache);
    let version = save(&store, &content(1, 4_500), None).await.unwrap();
    let error = save(&store, &content(2, 213_000), Some(version.clone()))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().ends_with("cache.json"), "{error}");
    let stored = load(&store).await.unwrap().unwrap();
    assert_eq!(generation(&stored.blob, 4_500), 1);
    assert_eq!(names(folder.path()), ["cache.json", "cache.json.lock"]);
    save(&store, &content(3, 4_500), Some(version))
        .await
        .unwrap();
}

/// A file system of 64 KiB, for as long as this lives.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(at: &'a Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(at)
            .output();
        mounted.ok()?.status.success().then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.0).output());
    }
}

async fn next_writer_finds_nothing_in_its_way(cache: &Path) {
    let store = FileStore::new(cache).lock_wait(Duration::from_secs(600));
    let expected = match load(&store).await {
        Ok(stored) => stored.map(|stored| stored.version),
        Err(StoreError::Corrupt { .. }) => Some(crate::store::Version::new("of the time before")),
        Err(error) => panic!("{error}"),
    };
    save(&store, "{\"n\":3}", expected).await.unwrap();
    let mut left = names(cache.parent().unwrap());
    left.retain(|name| !name.contains(".corrupt-"));
    assert_eq!(left, ["cache.json", "cache.json.lock"]);
}

/// Kills `writer` some milliseconds after its first save, and returns the last save it reported.
fn kill_after(writer: &mut Child, milliseconds: u64) -> usize {
    let mut lines = BufReader::new(writer.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let saved = |line: String| {
        line.strip_prefix("saved ")
            .and_then(|number| number.parse().ok())
    };
    let first = lines
        .by_ref()
        .find_map(saved)
        .expect("the writer begins to write");
    // Not to wait for anything: to hit another moment each time.
    thread::sleep(Duration::from_millis(milliseconds));
    writer.kill().unwrap();
    writer.wait().unwrap();
    lines.filter_map(saved).last().unwrap_or(first)
}

fn content(generation: usize, size: usize) -> String {
    format!("{{\"n\":{generation},\"fill\":\"{}\"}}", "x".repeat(size))
}

fn generation(blob: &[u8], size: usize) -> usize {
    let text = str::from_utf8(blob).unwrap();
    let fill = format!(",\"fill\":\"{}\"}}", "x".repeat(size));
    text.strip_prefix("{\"n\":")
        .and_then(|rest| rest.strip_suffix(&fill))
        .expect("a whole file")
        .parse()
        .unwrap()
}

#[expect(clippy::print_stderr, reason = "a test that cannot run here says so")]
fn notice(text: &str) {
    eprintln!("skipped: {text}");
}

const CALL: &str = "MSAL_TEST_CALL";
const SIZE: &str = "MSAL_TEST_SIZE";
const KILLED: i32 = 86;
