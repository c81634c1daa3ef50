//! Names that are not what a token cache should be: refused, and whatever they lead to is left alone.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, chown, symlink},
    path::Path,
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use super::{child, load, names, save, told_cache};
use crate::store::{CacheStore as _, FileStore, Partition, StoreError};

#[tokio::test]
async fn a_symbolic_link_is_not_followed() {
    let folder = TempDir::new().unwrap();
    let victim = folder.path().join("victim");
    fs::write(&victim, "{\"precious\":1}").unwrap();
    for link in ["cache.json", "cache.json.lock", "cache.json.lockfile"] {
        let home = TempDir::new().unwrap();
        symlink(&victim, home.path().join(link)).unwrap();
        let store = FileStore::new(home.path().join("cache.json")).lock_wait(Duration::ZERO);
        assert_refused(save(&store, "{}", None).await, link, "symbolic link");
        assert_refused(
            store.remove(&Partition::default()).await,
            link,
            "symbolic link",
        );
        assert!(home.path().join(link).is_symlink());
    }
    assert_eq!(fs::read(&victim).unwrap(), b"{\"precious\":1}");
}

#[tokio::test]
async fn a_link_in_the_place_of_the_temporary_file_is_removed_not_written_through() {
    let folder = TempDir::new().unwrap();
    let victim = folder.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, folder.path().join(".cache.json.tmp")).unwrap();
    save(
        &FileStore::new(folder.path().join("cache.json")),
        "{}",
        None,
    )
    .await
    .unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert_eq!(
        names(folder.path()),
        ["cache.json", "cache.json.lock", "victim"]
    );
}

#[tokio::test]
async fn a_folder_a_pipe_and_a_second_hard_link_are_refused() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(folder.path().join("pipe"))
            .status()
            .unwrap()
            .success()
    );
    fs::write(folder.path().join("linked"), "{}").unwrap();
    fs::hard_link(
        folder.path().join("linked"),
        folder.path().join("other-name"),
    )
    .unwrap();
    for (name, reason) in [
        ("folder", "not a regular file"),
        ("pipe", "not a regular file"),
        ("linked", "hard links"),
    ] {
        let store = FileStore::new(folder.path().join(name));
        assert_refused(load(&store).await, name, reason);
        assert_refused(save(&store, "{\"n\":1}", None).await, name, reason);
    }
    assert_eq!(fs::read(folder.path().join("other-name")).unwrap(), b"{}");
}

#[tokio::test]
async fn a_lock_that_is_no_file_is_refused() {
    let folder = TempDir::new().unwrap();
    for name in ["cache.json.lock", "cache.json.lockfile"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        let store = FileStore::new(folder.path().join("cache.json"));
        assert_refused(save(&store, "{}", None).await, name, "is a directory");
        fs::remove_dir(folder.path().join(name)).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(folder.path().join(name))
                .status()
                .unwrap()
                .success()
        );
        assert_refused(save(&store, "{}", None).await, name, "not a regular file");
        fs::remove_file(folder.path().join(name)).unwrap();
    }
}

#[tokio::test]
async fn a_file_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return notice("files of another user cannot be made without being root");
    }
    for name in ["cache.json", "cache.json.lock", "cache.json.lockfile"] {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(name), "{}").unwrap();
        chown(folder.path().join(name), Some(65534), None).unwrap();
        let store = FileStore::new(folder.path().join("cache.json"));
        assert_refused(save(&store, "{\"n\":1}", None).await, name, "another user");
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"{}");
    }
}

#[tokio::test]
async fn a_folder_where_others_may_replace_files_is_refused() {
    let folder = TempDir::new().unwrap();
    for (mode, reason) in [
        (0o777, "every user"),
        (0o775, "its group"),
        (0o770, "its group"),
    ] {
        set_mode(folder.path(), mode);
        for name in ["cache.json", "made/here/cache.json"] {
            let store = FileStore::new(folder.path().join(name));
            let place = folder.path().to_str().unwrap();
            assert_refused(save(&store, "{}", None).await, place, reason);
        }
        assert_eq!(names(folder.path()), [""; 0]);
    }
    for (n, mode) in [0o1777, 0o1770, 0o755].into_iter().enumerate() {
        set_mode(folder.path(), mode);
        let store = FileStore::new(folder.path().join(format!("{n}/cache.json")));
        save(&store, "{}", None).await.unwrap();
    }
}

#[tokio::test]
async fn a_folder_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return notice("folders of another user cannot be made without being root");
    }
    let folder = TempDir::new().unwrap();
    chown(folder.path(), Some(65534), None).unwrap();
    let store = FileStore::new(folder.path().join("cache.json"));
    for mode in [0o755, 0o1777] {
        set_mode(folder.path(), mode);
        let place = folder.path().to_str().unwrap();
        assert_refused(save(&store, "{}", None).await, place, "another user");
    }
    assert!(
        load(&store).await.unwrap().is_none(),
        "reading does no harm"
    );
}

#[tokio::test]
async fn a_file_in_the_place_of_the_folder_is_refused() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    for path in ["file/cache.json", "file/deeper/cache.json"] {
        let store = FileStore::new(folder.path().join(path));
        assert_refused(load(&store).await, "file", "not a directory");
        assert_refused(save(&store, "{}", None).await, "file", "not a directory");
    }
}

#[tokio::test]
async fn an_exposed_file_is_private_after_the_next_save() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cache.json");
    let store = FileStore::new(&path);
    for exposed in [0o644, 0o660, 0o666] {
        fs::write(&path, "{}").unwrap();
        set_mode(&path, exposed);
        let version = load(&store).await.unwrap().unwrap().version;
        assert_eq!(mode(&path), exposed, "a load changes nothing");
        save(&store, "{\"n\":1}", Some(version)).await.unwrap();
        assert_eq!(mode(&path), 0o600);
    }
}

#[test]
fn files_and_folders_are_private_whatever_the_umask() {
    for umask in ["000", "022", "077", "777"] {
        let folder = TempDir::new().unwrap();
        let cache = folder.path().join("made/here/cache.json");
        let saver = child("refusal::save_once", &cache);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
            .arg(saver.get_program())
            .args(saver.get_args());
        for (name, value) in saver.get_envs() {
            shell.env(name, value.unwrap());
        }
        let made = shell.output().unwrap();
        assert!(made.status.success(), "{made:?}");
        assert_eq!(mode(&cache), 0o600, "{umask}");
        assert_eq!(mode(&folder.path().join("made")), 0o700, "{umask}");
        assert_eq!(mode(&folder.path().join("made/here")), 0o700, "{umask}");
        let lock = folder.path().join("made/here/cache.json.lock");
        assert_eq!(mode(&lock), 0o600, "{umask}");
    }
}

#[tokio::test]
#[ignore = "run by another test, as its child"]
async fn save_once() {
    save(&FileStore::new(told_cache()), "{}", None)
        .await
        .unwrap();
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T, StoreError>, place: &str, reason: &str) {
    match result {
        Err(error @ StoreError::NotOurs { .. }) => {
            let message = error.to_string();
            assert!(
                message.contains(place) && message.contains(reason),
                "{message}"
            );
        }
        other => panic!("{place} is refused because of {reason:?}, not {other:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[expect(clippy::print_stderr, reason = "a test that cannot run here says so")]
fn notice(text: &str) {
    eprintln!("skipped: {text}");
}
