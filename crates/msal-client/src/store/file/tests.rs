//! The file store against real files, real processes and real trouble.

mod crash;
#[cfg(unix)]
mod refusal;
mod ruins;
mod sharing;

use std::{
    collections::{BTreeSet, HashMap},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use private_file::Gate;
use tempfile::TempDir;

use super::FileStore;
use crate::store::{Blob, CacheStore, Partition, StoreError, Stored, Version, conformance};

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_one_file_conforms() {
    let folder = TempDir::new().unwrap();
    conformance::run(|name| Arc::new(FileStore::new(folder.path().join(name).join("cache.json"))))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_a_folder_conforms() {
    let folder = TempDir::new().unwrap();
    conformance::run(|name| Arc::new(FileStore::directory(folder.path().join(name)))).await;
}

#[tokio::test]
async fn a_store_of_any_content_conforms_on_one_thread() {
    let stores = Mutex::new(HashMap::<String, FileStore>::new());
    let folder = TempDir::new().unwrap();
    conformance::run(|name| {
        let make = || FileStore::new(folder.path().join(name)).any_content();
        Arc::new(
            stores
                .lock()
                .unwrap()
                .entry(name.to_owned())
                .or_insert_with(make)
                .clone(),
        )
    })
    .await;
}

#[tokio::test]
async fn a_single_file_has_no_other_partition() {
    let folder = TempDir::new().unwrap();
    let store = FileStore::new(folder.path().join("cache.json"));
    let error = store
        .load(&Partition::new("other").unwrap())
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("cache.json keeps one partition only, not other"),
        "{error}"
    );
}

#[tokio::test]
async fn every_file_that_a_save_leaves_was_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cache.json");
    let store = FileStore::new(&path);
    save(&store, "{}", None).await.unwrap();
    let named = store.files(&Partition::default()).unwrap();
    assert_eq!(named[0], path);
    for beside in ["cache.json.lock", "cache.json.lockfile", ".cache.json.tmp"] {
        assert!(named.contains(&folder.path().join(beside)), "{beside}");
    }
    for name in names(folder.path()) {
        assert!(named.contains(&folder.path().join(&name)), "{name}");
    }
}

#[tokio::test]
async fn a_path_without_a_file_name_is_refused() {
    for path in ["/", "..", ""] {
        let error = load(&FileStore::new(path)).await.unwrap_err();
        assert!(
            matches!(error, StoreError::NotOurs { .. }),
            "{path:?}: {error}"
        );
    }
}

#[tokio::test]
async fn what_the_store_itself_would_call_ruins_is_not_saved() {
    let folder = TempDir::new().unwrap();
    let store = FileStore::new(folder.path().join("cache.json"));
    for text in ["", "[]", "{\"cut\":"] {
        let error = save(&store, text, None).await.unwrap_err();
        assert!(
            error.to_string().starts_with("what was to be saved in "),
            "{error}"
        );
    }
    assert_eq!(names(folder.path()), [""; 0]);
}

#[tokio::test]
async fn only_the_lock_stays_beside_the_file() {
    let folder = TempDir::new().unwrap();
    let store = FileStore::new(folder.path().join("cache.json"));
    let version = save(&store, "{}", None).await.unwrap();
    save(&store, "{\"n\":1}", Some(version)).await.unwrap();
    assert_eq!(names(folder.path()), ["cache.json", "cache.json.lock"]);
    store.remove(&Partition::default()).await.unwrap();
    assert_eq!(names(folder.path()), ["cache.json.lock"]);
}

#[tokio::test]
async fn a_rehearsal_tries_what_a_save_does_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let rehearse = async |path: &str| {
        let store = FileStore::new(folder.path().join(path));
        store.rehearse(&Partition::default()).await
    };
    rehearse("cache.json").await.unwrap();
    rehearse("not/yet/there/cache.json").await.unwrap();
    assert_eq!(names(folder.path()), [""; 0]);
    // With the endings of its locks, the name is longer than names may be.
    rehearse(&"n".repeat(250)).await.unwrap_err();
    assert_eq!(names(folder.path()), [""; 0]);

    let store = FileStore::new(folder.path().join("cache.json"));
    let version = save(&store, "{\"n\":1}", None).await.unwrap();
    rehearse("cache.json").await.unwrap();
    assert_eq!(names(folder.path()), ["cache.json", "cache.json.lock"]);
    let stored = load(&store).await.unwrap().unwrap();
    assert_eq!(
        (&stored.blob[..], stored.version),
        (&b"{\"n\":1}"[..], version)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn partitions_of_one_folder_are_rehearsed_and_saved_at_the_same_time() {
    let home = TempDir::new().unwrap();
    for round in 0..8 {
        let store = Arc::new(FileStore::directory(home.path().join(format!("{round}"))));
        let mut users = tokio::task::JoinSet::new();
        for user in 0..16 {
            let store = Arc::clone(&store);
            users.spawn(async move {
                let partition = Partition::new(&format!("user-{user}")).unwrap();
                store.rehearse(&partition).await?;
                let blob: Arc<dyn Blob> = Arc::new(Bytes::from_static(b"{}"));
                store.save(&partition, blob, None).await
            });
        }
        while let Some(saved) = users.join_next().await {
            saved.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_rehearsal_fails_where_a_save_would() {
    for step in ["make", "write", "sync", "rename", "lock"] {
        let folder = TempDir::new().unwrap();
        let mut store = FileStore::new(folder.path().join("cache.json"));
        save(&store, "{}", None).await.unwrap();
        store.options.gate = Gate::new(move |action| match action == step {
            true => Err(io::ErrorKind::PermissionDenied.into()),
            false => Ok(()),
        });
        let rehearsed = store.rehearse(&Partition::default()).await;
        assert!(rehearsed.is_err(), "{step}");
        assert_eq!(
            names(folder.path()),
            ["cache.json", "cache.json.lock"],
            "{step}"
        );
    }
}

#[tokio::test]
async fn a_rehearsal_waits_for_a_lock_only_so_long() {
    let home = TempDir::new().unwrap();
    let wait = std::time::Duration::from_millis(20);
    let store = FileStore::new(home.path().join("cache.json")).lock_wait(wait);
    save(&store, "{}", None).await.unwrap();
    let folder = private_file::Folder::open(home.path(), &Gate::default()).unwrap();
    let held = folder
        .unwrap()
        .lock("cache.json.lock".as_ref(), wait)
        .unwrap();
    let refused = store.rehearse(&Partition::default()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Locked { .. }), "{refused}");
    drop(held);
    store.rehearse(&Partition::default()).await.unwrap();
}

async fn load(store: &FileStore) -> Result<Option<Stored>, StoreError> {
    store.load(&Partition::default()).await
}

async fn save(
    store: &FileStore,
    text: &str,
    expected: Option<Version>,
) -> Result<Version, StoreError> {
    store
        .save(
            &Partition::default(),
            Arc::new(Bytes::copy_from_slice(text.as_bytes())),
            expected,
        )
        .await
}

/// The sorted names of what is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let names: BTreeSet<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names
        .into_iter()
        .map(|name| name.into_string().unwrap())
        .collect()
}

/// This test binary again, playing `role` on `cache`: one of the ignored tests, which are what child processes do.
fn child(role: &str, cache: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "--quiet",
            &format!("store::file::tests::{role}"),
        ])
        .env(CACHE, cache)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// The cache that the parent process has told this one to work on.
fn told_cache() -> PathBuf {
    std::env::var_os(CACHE)
        .expect("run by another test, as its child")
        .into()
}

fn told(variable: &str) -> usize {
    std::env::var(variable)
        .expect("run by another test, as its child")
        .parse()
        .unwrap()
}

const CACHE: &str = "MSAL_TEST_CACHE";

/// A blob that fails while it is made.
struct Failing;

impl Blob for Failing {
    fn for_each_piece(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        each(b"{\"half\":")?;
        Err(io::Error::other("no more"))
    }

    fn whole(&self) -> Bytes {
        Bytes::new()
    }

    /// So that it is not looked at before it is written.
    fn is_json_object(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_blob_that_fails_while_it_is_written_leaves_the_old_one() {
    let folder = TempDir::new().unwrap();
    let store = FileStore::new(folder.path().join("cache.json"));
    let version = save(&store, "{}", None).await.unwrap();
    let partition = Partition::default();
    let failed = store.save(&partition, Arc::new(Failing), Some(version));
    assert!(failed.await.is_err());
    let stored = store.load(&partition).await.unwrap().unwrap();
    assert_eq!(stored.blob, "{}");
    assert_eq!(names(folder.path()), ["cache.json", "cache.json.lock"]);
}
