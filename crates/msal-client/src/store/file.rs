//! A store in files that survives crashes, full disks and other programs: the home of a cache on a desktop.
//!
//! How a blob is replaced: temporary file in the same folder, private from its first byte, `fsync`, `rename`, `fsync` of
//! the folder, all under an operating-system lock. See [`cache_file`] for the order, [`locks`] for the two locks,
//! [`shape`] for what is refused as ruins.

mod cache_file;
mod cache_path;
mod content;
mod lockfile;
mod locks;
mod options;
mod shape;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::runtime::Handle;
use tracing::Span;

use self::{cache_file::CacheFile, options::Options};
use super::{Blob, CacheStore, Merge, Partition, StoreError, Stored, Version};
use crate::BoxFuture;

/// Keeps each blob in a file, safely shared with other processes, MSAL Python's included.
///
/// * A save replaces the file whole or not at all, whatever happens to the process or the power, and returns when the
///   new content is on the disk. Files are private (0600) whatever the umask; folders it makes are 0700.
/// * Writers take an operating-system lock on `<file>.lock`, which is never deleted, so a killed writer leaves nothing
///   that blocks the next. They also hold `<file>.lockfile` as msal-extensions does, so that Python programs with a
///   `PersistedTokenCache` can use the file at the same time. A `.lockfile` whose writer has died is taken over.
/// * What others saved is read, merged and replaced under one hold of the lock
///   ([`save_merging`](CacheStore::save_merging)), so that every writer saves when its turn comes.
/// * The version is a digest of the content, so that a program that writes the file without asking anybody is
///   noticed by the next save.
/// * Files that are not regular, not this user's, or have several hard links are refused. A save also refuses a folder
///   of another user but the administrator, and one that its group or everybody may write to without a sticky bit.
///   Permissions of the file that are too wide are tightened by the next save, with a warning: whoever could read the
///   file may have.
/// * A file larger than 16 GiB is refused unread, and a large one with holes or zeros in it at the first of them.
///
/// Works in the blocking threads of the tokio runtime it is called on.
///
/// # Ruins
///
/// MSALs of other languages truncate the file and then write it; killed in between, they leave an empty or torn file.
/// [`load`](CacheStore::load) waits for a writer at work, and reports what stays ruined as [`StoreError::Corrupt`]
/// without touching it: looking at a file must never change it. A save whose caller has loaded a good version before
/// keeps the ruins as `<file>.corrupt-<n>` and writes the caller's blob; a save that expects no file does not.
/// [`set_aside`](Self::set_aside) is for a user who has decided to start anew.
///
/// # Where not to use it
///
/// On a network file system that does not carry `flock` between hosts, and on platforms other than Unix until somebody
/// has tested it there. Tokens are readable for every program of the same user; for more, encrypt the blob in a store
/// around this one.
#[derive(Debug, Clone)]
pub struct FileStore {
    home: Home,
    options: Options,
}

#[derive(Debug, Clone)]
enum Home {
    File(PathBuf),
    Folder(PathBuf),
}

impl FileStore {
    /// A store of one partition, the [default](Partition::default) one, in the file at `path`.
    ///
    /// Touches nothing: file and folder are made by the first save.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            home: Home::File(path.into()),
            options: Options::default(),
        }
    }

    /// A store with a file per partition, `<partition>.json`, in `folder`.
    ///
    /// Touches nothing: the folder is made by the first save.
    pub fn directory(folder: impl Into<PathBuf>) -> Self {
        Self {
            home: Home::Folder(folder.into()),
            options: Options {
                keeps_folder: true,
                ..Options::default()
            },
        }
    }

    /// Accepts blobs that are not JSON, such as encrypted ones. Only empty and all-zero files are ruins then, so that
    /// whoever made the blob has to recognise a torn one.
    #[must_use]
    pub fn any_content(mut self) -> Self {
        self.options.any_content = true;
        self
    }

    /// How long to wait for another process that holds the file and changes nothing, before [`StoreError::Locked`]. Ten
    /// seconds unless set: a save takes milliseconds, and msal-extensions gives up after five. Whoever waits in a queue
    /// that moves waits for as long as it takes.
    #[must_use]
    pub fn lock_wait(mut self, wait: Duration) -> Self {
        self.options.lock_wait = wait;
        self
    }

    /// The files that a save may write, replace or remove: that of `partition` first, then what stands beside it. For a
    /// program that is told other names besides, and must not be told one of these.
    ///
    /// # Errors
    /// [`StoreError::SinglePartition`], and [`StoreError::NotOurs`] for a path that ends in no name.
    pub fn files(&self, partition: &Partition) -> Result<Vec<PathBuf>, StoreError> {
        let file = CacheFile::new(self.path(partition)?, self.options.clone())?;
        Ok(file.names())
    }

    /// Renames the file of `partition` to `<file>.corrupt-<n>` and returns its new path, or `None` when there is no
    /// file. Without `version` the file must be [`StoreError::Corrupt`]; with one, for a blob that loads but means
    /// nothing to its reader, it must be that version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when the file is not, or no longer, what the caller saw. Otherwise like
    /// [`CacheStore::save`].
    pub async fn set_aside(
        &self,
        partition: &Partition,
        version: Option<Version>,
    ) -> Result<Option<PathBuf>, StoreError> {
        self.blocking(partition, move |file| file.set_aside(version.as_ref()))
            .await
    }

    /// Runs `work` where it may block. It runs to its end even if the caller stops waiting.
    async fn blocking<T, W>(&self, partition: &Partition, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&CacheFile) -> Result<T, StoreError> + Send + 'static,
    {
        let file = CacheFile::new(self.path(partition)?, self.options.clone())?;
        // What is logged there is logged of the call that waits for it.
        let span = Span::current();
        Handle::try_current()
            .map_err(|_none| StoreError::NoRuntime)?
            .spawn_blocking(move || span.in_scope(|| work(&file)))
            .await
            .map_err(StoreError::other)?
    }

    fn path(&self, partition: &Partition) -> Result<PathBuf, StoreError> {
        match &self.home {
            Home::File(path) if *partition == Partition::default() => Ok(path.clone()),
            Home::File(path) => Err(StoreError::SinglePartition {
                place: path.display().to_string(),
                partition: partition.clone(),
            }),
            Home::Folder(folder) => Ok(folder.join(format!("{partition}.json"))),
        }
    }
}

impl CacheStore for FileStore {
    fn load<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(self.blocking(partition, CacheFile::load))
    }

    fn save<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Blob>,
        expected: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(self.blocking(partition, move |file| file.save(blob, expected.as_ref())))
    }

    fn save_merging<'a>(
        &'a self,
        partition: &'a Partition,
        blob: Arc<dyn Blob>,
        expected: Option<Version>,
        merge: Arc<Merge>,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        Box::pin(self.blocking(partition, move |file| {
            file.save_merging(blob, expected.as_ref(), &*merge)
        }))
    }

    fn version<'a>(
        &'a self,
        partition: &'a Partition,
    ) -> BoxFuture<'a, Result<Option<Version>, StoreError>> {
        Box::pin(self.blocking(partition, CacheFile::version))
    }

    fn rehearse<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.blocking(partition, CacheFile::rehearse))
    }

    fn remove<'a>(&'a self, partition: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.blocking(partition, CacheFile::remove))
    }
}
