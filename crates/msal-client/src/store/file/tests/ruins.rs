//! Files that are no cache: reported and untouched by a load, never taken for an empty cache.

use std::{
    fs,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use msal_core::{Dialect, TokenCache};
use tempfile::TempDir;

use super::sharing::add_user;
use super::{load, names, save};
use crate::cache::SharedTokenCache;
use crate::store::{
    Blob, CacheStore as _, ContentDigest, FileStore, Merge, Partition, StoreError, Version,
};

const RUINS: [(&[u8], &str); 6] = [
    (b"", "it is empty"),
    (b"\n", "it is empty"),
    (&[0; 4096], "zeros"),
    (b"{\"RefreshToken\": {\"a\": {\"secret\": \"x", "cut off"),
    (b"{\"RefreshToken\": {}}}", "something follows"),
    (b"\x80\x04\x95", "does not hold a JSON object"),
];

#[tokio::test]
async fn a_load_reports_ruins_and_touches_nothing() {
    for (content, reason) in RUINS {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("cache.json");
        fs::write(&path, content).unwrap();
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        let error = load(&FileStore::new(&path)).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(fs::read(&path).unwrap(), content);
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        assert_eq!(names(folder.path()), ["cache.json"]);
    }
}

#[tokio::test]
async fn an_empty_file_may_be_a_keyring_signal_and_the_error_says_so() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("msal.cache");
    fs::write(&path, "").unwrap();
    let error = load(&FileStore::new(&path)).await.unwrap_err();
    assert!(error.to_string().contains("keyring"), "{error}");
}

#[tokio::test]
async fn a_save_that_expects_no_file_does_not_replace_ruins() {
    for (content, reason) in RUINS {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("cache.json");
        fs::write(&path, content).unwrap();
        let error = save(&FileStore::new(&path), "{}", None).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_save_that_knows_a_good_version_restores_it_and_keeps_the_ruins() {
    for (content, _) in RUINS {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("cache.json");
        let store = FileStore::new(&path);
        let good = save(&store, "{\"n\":1}", None).await.unwrap();
        truncate_and_write(&path, content);
        let version = save(&store, "{\"n\":2}", Some(good)).await.unwrap();
        assert_eq!(load(&store).await.unwrap().unwrap().version, version);
        assert_eq!(fs::read(&path).unwrap(), b"{\"n\":2}");
        match fs::read(folder.path().join("cache.json.corrupt-1")) {
            Ok(kept) => assert_eq!(kept, content),
            Err(_) => assert!(
                content.len() <= 1,
                "nothing to keep only where nothing was left"
            ),
        }
    }
}

#[tokio::test]
async fn a_merge_that_takes_ruins_for_nothing_does_not_replace_them() {
    let merge: Arc<Merge> = Arc::new(|_ruins| {
        let blob: Arc<dyn Blob> = Arc::new(Bytes::from_static(b"{\"merged\":1}"));
        Ok(Some(blob))
    });
    for (content, reason) in RUINS {
        for good in [None, Some(Version::new("of the time before"))] {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("cache.json");
            fs::write(&path, content).unwrap();
            let (store, ours) = (FileStore::new(&path), Bytes::from_static(b"{\"n\":1}"));
            let is_known = good.is_some();
            let saved = store
                .save_merging(
                    &Partition::default(),
                    Arc::new(ours),
                    good,
                    Arc::clone(&merge),
                )
                .await;
            if is_known {
                saved.unwrap();
                assert_eq!(fs::read(&path).unwrap(), b"{\"n\":1}");
                let kept = fs::read(folder.path().join("cache.json.corrupt-1")).ok();
                assert_eq!(
                    kept.as_deref(),
                    Some(content).filter(|content| content.len() > 1)
                );
            } else {
                let error = saved.unwrap_err();
                assert!(error.to_string().contains(reason), "{error}");
                assert_eq!(fs::read(&path).unwrap(), content);
            }
        }
    }
}

#[tokio::test]
async fn a_cache_that_was_loaded_is_restored_and_the_ruins_of_it_are_kept() {
    for (content, _) in RUINS.into_iter().filter(|(content, _)| content.len() > 1) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("cache.json");
        let saved = "{\"Account\": {\"a\": {\"home_account_id\": \"a\", \"environment\": \"e\"}}}";
        fs::write(&path, saved).unwrap();
        let store = Arc::new(FileStore::new(&path));
        let cache = SharedTokenCache::new(store, Partition::default(), Dialect::Python);
        cache.ensure_loaded().await.unwrap();
        truncate_and_write(&path, content);
        cache.change(|cache| add_user(cache, "b"));
        cache.save().await.unwrap();
        let restored = fs::read(&path).unwrap();
        let restored = TokenCache::parse(restored.into(), Dialect::Python).unwrap();
        assert_eq!(restored.accounts().len(), 2);
        let kept = fs::read(folder.path().join("cache.json.corrupt-1")).unwrap();
        assert_eq!(kept, content);
    }
}

#[tokio::test]
async fn a_file_without_an_end_is_refused_unread_and_can_be_set_aside() {
    for (length, front, reason) in [
        (20 << 30, "", "larger than 16 GiB"),
        (20 << 30, "{\"a\": {", "larger than 16 GiB"),
        (4 << 30, "", "zeros or holes"),
        (4 << 30, "{\"a\": \"", "zeros or holes"),
    ] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("cache.json");
        fs::write(&path, front).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_len(length).unwrap();
        let store = FileStore::new(&path).lock_wait(Duration::ZERO);
        let good = Version::of_content(&ContentDigest::default());
        for refused in [
            load(&store).await.map(drop),
            save(&store, "{}", None).await.map(drop),
            save(&store, "{}", Some(good)).await.map(drop),
        ] {
            let error = refused.unwrap_err();
            assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
        let kept = store.set_aside(&Partition::default(), None).await;
        let kept = fs::metadata(kept.unwrap().unwrap()).unwrap();
        assert_eq!(kept.len(), length, "nothing of it is lost");
    }
}

#[tokio::test]
async fn a_large_file_without_zeros_is_read() {
    let folder = TempDir::new().unwrap();
    let store = FileStore::new(folder.path().join("cache.json"));
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(70 << 20));
    let version = save(&store, &large, None).await.unwrap();
    let stored = load(&store).await.unwrap().unwrap();
    assert_eq!(stored.version, version);
    assert_eq!(stored.blob.len(), large.len());
}

#[tokio::test]
async fn ruins_are_set_aside_on_request_under_a_name_of_their_own() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cache.json");
    let store = FileStore::new(&path);
    for n in 1..=3 {
        fs::write(&path, format!("{{\"torn\":{n}")).unwrap();
        let kept = store
            .set_aside(&Partition::default(), None)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(kept, folder.path().join(format!("cache.json.corrupt-{n}")));
        assert_eq!(fs::read_to_string(kept).unwrap(), format!("{{\"torn\":{n}"));
        assert!(load(&store).await.unwrap().is_none());
    }
    assert!(
        store
            .set_aside(&Partition::default(), None)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_healthy_file_is_set_aside_only_as_the_version_that_was_seen() {
    let folder = TempDir::new().unwrap();
    let store = FileStore::new(folder.path().join("cache.json"));
    let first = save(&store, "{\"n\":1}", None).await.unwrap();
    let second = save(&store, "{\"n\":2}", Some(first.clone()))
        .await
        .unwrap();
    for seen in [None, Some(first)] {
        let refused = store.set_aside(&Partition::default(), seen).await;
        assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    }
    assert!(
        store
            .set_aside(&Partition::default(), Some(second))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn a_load_waits_for_a_foreign_writer_between_truncating_and_writing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cache.json");
    let lockfile = folder.path().join("cache.json.lockfile");
    fs::write(&lockfile, format!("{} app.py", std::process::id())).unwrap();
    fs::write(&path, "").unwrap();
    let writer = thread::spawn({
        let path = path.clone();
        move || {
            // Whether the load has begun by now or not, it must see the whole file.
            truncate_and_write(&path, b"{\"half\":");
            truncate_and_write(&path, b"{\"whole\":1}");
            fs::remove_file(lockfile).unwrap();
        }
    });
    let stored = load(&FileStore::new(&path)).await.unwrap().unwrap();
    assert_eq!(stored.blob, "{\"whole\":1}");
    writer.join().unwrap();
}

#[tokio::test]
async fn a_load_does_not_wait_for_a_writer_that_is_gone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cache.json");
    let lockfile = folder.path().join("cache.json.lockfile");
    // Signed by nobody, two seconds ago.
    let file = fs::File::create(&lockfile).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(2))
        .unwrap();
    fs::write(&path, "").unwrap();
    let store = FileStore::new(&path).lock_wait(Duration::from_secs(3600));
    assert!(matches!(
        load(&store).await,
        Err(StoreError::Corrupt { .. })
    ));
}

#[tokio::test]
async fn a_change_made_in_place_by_a_foreign_writer_is_a_conflict() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cache.json");
    let store = FileStore::new(&path);
    let version = save(&store, "{\"n\":1}", None).await.unwrap();
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    truncate_and_write(&path, b"{\"n\":7}");
    // Same length, same time: only the content tells.
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(before)
        .unwrap();
    let refused = save(&store, "{\"n\":2}", Some(version)).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    assert_eq!(fs::read(&path).unwrap(), b"{\"n\":7}");
}

/// As MSALs of other languages write.
fn truncate_and_write(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
}
