//! Several writers on one file: ours, msal-extensions', living and dead.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant, SystemTime},
};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use msal_core::{
    Authority, Dialect, HomeAccountId, ProviderMetadata, RefreshToken, ScopeSet, TokenCache,
    TokenEvent, TokenOutcome, TrustedAuthority, UnixTime,
};
use private_file::Gate;
use tempfile::TempDir;

use super::{child, load, names, save, told, told_cache};
use crate::cache::SharedTokenCache;
use crate::store::{Blob, CacheStore as _, FileStore, Partition, StoreError, Stored, conformance};

/// Of 8 processes with 150 additions each, msal-extensions lost three quarters. `MSAL_TEST_ADDITIONS=150` repeats that.
#[tokio::test]
async fn eight_processes_that_merge_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    let additions = std::env::var(ADDITIONS).unwrap_or_else(|_unset| "10".into());
    let start = |writer| {
        child("sharing::add", &cache)
            .env(WRITER, format!("{writer}"))
            .env(ADDITIONS, &additions)
            .spawn()
    };
    let mut writers: Vec<Child> = (0..8).map(|writer| start(writer).unwrap()).collect();
    for writer in &mut writers {
        writer.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    for writer in writers {
        let done = writer.wait_with_output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }
    let additions: usize = additions.parse().unwrap();
    let all: BTreeSet<String> = (0..8)
        .flat_map(|w| (0..additions).map(move |n| format!("{w}-{n}")))
        .collect();
    let stored = load(&FileStore::new(&cache)).await.unwrap().unwrap();
    assert_eq!(conformance::entries(&stored), all);
    assert_eq!(names(folder.path()), ["cache.json", "cache.json.lock"]);
}

#[tokio::test]
#[ignore = "run by another test, as its child"]
async fn add() {
    let store: conformance::Handle = Arc::new(FileStore::new(told_cache()).lock_wait(LONG));
    std::io::stdin().read_line(&mut String::new()).unwrap();
    for n in 0..told(ADDITIONS) {
        conformance::add_entry(&store, &format!("{}-{n}", told(WRITER))).await;
    }
}

/// As [`eight_processes_that_merge_lose_nothing`], with token caches: each process adds accounts, one a save.
#[tokio::test]
async fn eight_processes_that_save_caches_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    let additions = std::env::var(ADDITIONS).unwrap_or_else(|_unset| "10".into());
    let start = |writer| {
        child("sharing::sign_in", &cache)
            .env(WRITER, format!("{writer}"))
            .env(ADDITIONS, &additions)
            .spawn()
    };
    let mut writers: Vec<Child> = (0..8).map(|writer| start(writer).unwrap()).collect();
    for writer in &mut writers {
        writer.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    for writer in writers {
        let done = writer.wait_with_output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }
    let additions: usize = additions.parse().unwrap();
    let all: BTreeSet<String> = (0..8)
        .flat_map(|w| (0..additions).map(move |n| format!("{w}-{n}.t")))
        .collect();
    assert_eq!(
        users(&load(&FileStore::new(&cache)).await.unwrap().unwrap()),
        all
    );
    assert_eq!(names(folder.path()), ["cache.json", "cache.json.lock"]);
}

#[tokio::test]
#[ignore = "run by another test, as its child"]
async fn sign_in() {
    let store = Arc::new(FileStore::new(told_cache()));
    let cache = SharedTokenCache::new(store, Partition::default(), Dialect::Python);
    std::io::stdin().read_line(&mut String::new()).unwrap();
    for n in 0..told(ADDITIONS) {
        let user = format!("{}-{n}", told(WRITER));
        cache.update(|cache| add_user(cache, &user)).await.unwrap();
        assert_eq!(
            cache.read(|cache| of_user(cache, &user)),
            1,
            "it was taken over"
        );
    }
}

/// Many tasks of one process save one cache, and each finds what it saved in memory afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_save_one_cache_beside_another_process_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cache.json");
    let open = || {
        let store = Arc::new(FileStore::new(&path));
        SharedTokenCache::new(store, Partition::default(), Dialect::Python)
    };
    let caches = [Arc::new(open()), Arc::new(open())];
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8 {
        let cache = Arc::clone(&caches[task % 2]);
        tasks.spawn(async move {
            for n in 0..10 {
                let user = format!("{task}-{n}");
                cache.update(|cache| add_user(cache, &user)).await.unwrap();
                assert_eq!(cache.read(|cache| of_user(cache, &user)), 1);
            }
        });
    }
    while let Some(joined) = tasks.join_next().await {
        joined.unwrap();
    }
    for cache in caches {
        cache.save().await.unwrap();
    }
    let stored = load(&FileStore::new(&path)).await.unwrap().unwrap();
    assert_eq!(users(&stored).len(), 80);
}

#[tokio::test]
async fn a_queue_that_moves_is_waited_for() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    let version = save(&FileStore::new(&cache), "{\"n\": 0}", None)
        .await
        .unwrap();
    let mut foreign = Command::new("sleep").arg("1000").spawn().unwrap();
    fs::write(lockfile(&cache), format!("{} app.py", foreign.id())).unwrap();
    let (release, written) = (lockfile(&cache), cache.clone());
    // Others save, one after the other, for much longer than anybody wants to wait for one of them.
    let others = thread::spawn(move || {
        for n in 1..40 {
            thread::sleep(Duration::from_millis(25));
            fs::write(
                &written,
                format!("{{\"n\": {n}, \"more\": \"{}\"}}", "x".repeat(n)),
            )
            .unwrap();
        }
        fs::remove_file(release).unwrap();
    });
    let impatient = FileStore::new(&cache).lock_wait(Duration::from_millis(200));
    let saved = save(&impatient, "{}", Some(version)).await;
    assert!(matches!(saved, Err(StoreError::Conflict)), "{saved:?}");
    others.join().unwrap();
    foreign.kill().unwrap();
    foreign.wait().unwrap();
}

#[tokio::test]
async fn what_somebody_writes_without_a_lock_while_we_merge_is_merged_as_well() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    let store = FileStore::new(&cache);
    save(&store, "{\"entries\":\"first\"}", None).await.unwrap();
    let (written, looks) = (cache.clone(), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&looks);
    let merge = Arc::new(move |stored: Option<Stored>| {
        let stored = stored.unwrap();
        let mut seen = seen.lock().unwrap();
        seen.push(stored.blob.clone());
        if seen.len() == 1 {
            fs::write(&written, "{\"entries\":\"first second\"}").unwrap();
        }
        let blob: Arc<dyn Blob> = Arc::new(stored.blob);
        Ok(Some(blob))
    });
    let partition = Partition::default();
    let ours = Arc::new(Bytes::from_static(b"{}"));
    store
        .save_merging(&partition, ours, None, merge)
        .await
        .unwrap();
    assert_eq!(
        fs::read_to_string(&cache).unwrap(),
        "{\"entries\":\"first second\"}"
    );
    assert_eq!(looks.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn the_next_writer_need_not_wait_until_a_new_name_is_on_the_disk() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    let mut store = FileStore::new(&cache);
    let version = save(&store, "{\"n\":1}", None).await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    store.options.gate = Gate::new({
        let (lock, seen) = (folder.path().join("cache.json.lock"), Arc::clone(&seen));
        move |step| {
            let is_free = File::open(&lock)?.try_lock().is_ok();
            seen.lock().unwrap().push((step, is_free));
            Ok(())
        }
    });
    save(&store, "{\"n\":2}", Some(version)).await.unwrap();
    let mut seen = seen.lock().unwrap().clone();
    seen.retain(|(step, _)| ["sync", "rename"].contains(step));
    // The content is on the disk before it has its name, and the call returns when that is there as well.
    assert_eq!(seen, [("sync", false), ("rename", false), ("sync", true)]);
}

#[tokio::test]
async fn a_file_is_as_young_as_its_last_save() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    for n in 0..20 {
        let before = SystemTime::now();
        let store = FileStore::new(&cache);
        let partition = Partition::default();
        let version = store.version(&partition).await.unwrap();
        save(&store, &format!("{{\"n\": {n}}}"), version)
            .await
            .unwrap();
        let modified = fs::metadata(&cache).unwrap().modified().unwrap();
        // MSAL Python compares it with its own clock.
        assert!(modified >= before);
    }
}

/// Adds an account and its tokens.
pub(super) fn add_user(cache: &mut TokenCache, user: &str) {
    let client_info = URL_SAFE_NO_PAD.encode(format!("{{\"uid\":\"{user}\",\"utid\":\"t\"}}"));
    let body = format!(
        "{{\"access_token\":\"A\",\"refresh_token\":\"R\",\"expires_in\":3599,\"client_info\":\"{client_info}\"}}"
    );
    let answer = http::Response::new(Bytes::from(body));
    let TokenOutcome::Tokens(tokens) = TokenOutcome::read(&answer, "client") else {
        panic!("tokens are tokens");
    };
    let authority = Authority::parse("https://login.microsoftonline.com/common").unwrap();
    let authority = TrustedAuthority::built_in(authority).unwrap();
    let metadata = ProviderMetadata::entra(&authority).unwrap();
    let scopes = ScopeSet::default();
    let (redeemed, now) = (
        RefreshToken::from("old"),
        UnixTime::from_secs(1_800_000_000),
    );
    cache.add(&TokenEvent::redeemed(
        "client", &metadata, &scopes, &tokens, &redeemed, now,
    ));
}

fn users(stored: &Stored) -> BTreeSet<String> {
    let cache = TokenCache::parse(stored.blob.clone(), Dialect::Python).unwrap();
    let accounts = cache.accounts().into_iter();
    accounts
        .map(|account| account.home_account_id.to_string())
        .collect()
}

/// How many accounts are those of `user`.
fn of_user(cache: &TokenCache, user: &str) -> usize {
    let is_theirs = |id: &HomeAccountId| id.as_str() == format!("{user}.t");
    let accounts = cache.accounts();
    accounts
        .iter()
        .filter(|account| is_theirs(&account.home_account_id))
        .count()
}

#[tokio::test]
async fn a_writer_that_hangs_is_named_and_one_that_is_killed_blocks_nobody() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    let mut holder = child("sharing::hang_before_renaming", &cache)
        .spawn()
        .unwrap();
    wait_for_line(&mut holder, "holding");

    let impatient = FileStore::new(&cache).lock_wait(Duration::from_millis(20));
    let error = save(&impatient, "{}", None).await.unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains(&format!("is held by {} ", holder.id())),
        "{error}"
    );

    holder.kill().unwrap();
    holder.wait().unwrap();
    let killed = Instant::now();
    save(&FileStore::new(&cache).lock_wait(LONG), "{}", None)
        .await
        .unwrap();
    // msal-extensions takes five seconds, or for ever. This takes milliseconds; the rest is for a busy machine.
    assert!(
        killed.elapsed() < Duration::from_secs(3),
        "{:?}",
        killed.elapsed()
    );
    assert_eq!(names(folder.path()), ["cache.json", "cache.json.lock"]);
}

#[tokio::test]
#[ignore = "run by another test, as its child"]
#[expect(clippy::print_stdout, reason = "how a child talks to its parent")]
async fn hang_before_renaming() {
    let mut store = FileStore::new(told_cache());
    store.options.gate = Gate::new(|step| {
        if step == "rename" {
            println!("holding");
            loop {
                thread::park();
            }
        }
        Ok(())
    });
    save(&store, "{\"n\":1}", None).await.unwrap();
}

#[tokio::test]
async fn the_file_of_a_living_foreign_writer_is_respected_and_that_of_a_dead_one_taken_over() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    // Without portalocker, msal-extensions only makes the file: nothing else says that it is held.
    let mut foreign = Command::new("sleep").arg("1000").spawn().unwrap();
    fs::write(
        lockfile(&cache),
        format!("{} /srv/app.py\x1b[1m", foreign.id()),
    )
    .unwrap();
    let impatient = FileStore::new(&cache).lock_wait(Duration::from_millis(20));
    let error = save(&impatient, "{}", None).await.unwrap_err();
    let named = format!(
        "cache.json.lockfile is held by {} /srv/app.py?[1m",
        foreign.id()
    );
    assert!(error.to_string().ends_with(&named), "{error}");
    assert!(lockfile(&cache).exists() && !cache.exists());

    foreign.kill().unwrap();
    foreign.wait().unwrap();
    save(&FileStore::new(&cache).lock_wait(LONG), "{}", None)
        .await
        .unwrap();
    assert!(!lockfile(&cache).exists());
}

#[tokio::test]
async fn a_locked_file_is_respected_whatever_it_says() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    // With portalocker, the operating system knows that it is held.
    let held = File::create(lockfile(&cache)).unwrap();
    held.lock().unwrap();
    held.set_modified(SystemTime::now() - Duration::from_secs(60))
        .unwrap();
    let impatient = FileStore::new(&cache).lock_wait(Duration::from_millis(20));
    let refused = save(&impatient, "{}", None).await;
    assert!(
        matches!(refused, Err(StoreError::Locked { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_file_from_before_its_writer_was_started_is_taken_over() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    // A container was killed; in its successor, the same number is another process.
    fs::write(lockfile(&cache), format!("{} app.py", std::process::id())).unwrap();
    let file = File::options().write(true).open(lockfile(&cache)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(30 * 86_400))
        .unwrap();
    save(
        &FileStore::new(&cache).lock_wait(Duration::ZERO),
        "{}",
        None,
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn an_unsigned_file_is_given_a_moment_and_then_taken_over() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    let unsigned = File::create(lockfile(&cache)).unwrap();
    let impatient = FileStore::new(&cache).lock_wait(Duration::ZERO);
    let refused = save(&impatient, "{}", None).await;
    assert!(
        matches!(refused, Err(StoreError::Locked { .. })),
        "{refused:?}"
    );
    unsigned
        .set_modified(SystemTime::now() - Duration::from_secs(2))
        .unwrap();
    save(&impatient, "{}", None).await.unwrap();
}

#[tokio::test]
async fn a_foreign_writer_is_waited_for() {
    let folder = TempDir::new().unwrap();
    let cache = folder.path().join("cache.json");
    fs::write(lockfile(&cache), format!("{} app.py", std::process::id())).unwrap();
    let release = lockfile(&cache);
    let foreign = thread::spawn(move || fs::remove_file(release).unwrap());
    save(&FileStore::new(&cache).lock_wait(LONG), "{}", None)
        .await
        .unwrap();
    foreign.join().unwrap();
}

fn lockfile(cache: &Path) -> std::path::PathBuf {
    cache.with_file_name("cache.json.lockfile")
}

fn wait_for_line(process: &mut Child, wanted: &str) {
    let mut lines = BufReader::new(process.stdout.as_mut().unwrap()).lines();
    // The test harness talks before the test does.
    assert!(
        lines.any(|line| line.unwrap().ends_with(wanted)),
        "the child ended without saying {wanted:?}"
    );
}

const ADDITIONS: &str = "MSAL_TEST_ADDITIONS";
const WRITER: &str = "MSAL_TEST_WRITER";
const LONG: Duration = Duration::from_secs(600);
