//! One blob in one file, with the files that stand beside it. Everything here blocks.
//!
//! | file | what |
//! |---|---|
//! | `<name>` | the blob |
//! | `.<name>.tmp` | the next blob while it is written: see [`Replacement`]. Only whoever holds the lock makes one |
//! | `<name>.lock` | see [`Folder::lock`] |
//! | `<name>.lockfile` | see [`lockfile`](super::lockfile) |
//! | `<name>.corrupt-<n>` | ruins that were set aside |

use std::{
    io::Write as _,
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use private_file::{Access, Folder, Replacement};

use super::{
    cache_path::CachePath,
    content::{self, Current},
    lockfile::Lockfile,
    locks::Locks,
    options::Options,
    shape::Outline,
};
use crate::store::events;
use crate::store::{Blob, ContentDigest, Merge, StoreError, Stored, Version};

/// The file of one blob.
#[derive(Debug)]
pub(super) struct CacheFile {
    path: CachePath,
    options: Options,
}

impl CacheFile {
    pub(super) fn new(path: PathBuf, options: Options) -> Result<Self, StoreError> {
        let path = CachePath::new(&path)?;
        Ok(Self { path, options })
    }

    /// The file and those that stand beside it, but for ruins, which take a name that nothing has.
    pub(super) fn names(&self) -> Vec<PathBuf> {
        let beside = |suffix| self.path.beside(suffix).path();
        let temporary = self
            .path
            .path()
            .with_file_name(Replacement::temporary(self.path.name()));
        vec![
            self.path.path(),
            temporary,
            beside(".lock"),
            beside(".lockfile"),
        ]
    }

    /// Reads the file without taking a lock: our own writers replace it in one step. Foreign ones truncate it first, so
    /// a file that looks like ruins is read again while one of them is at work.
    pub(super) fn load(&self) -> Result<Option<Stored>, StoreError> {
        let Some(folder) = self.open_folder()? else {
            return Ok(None);
        };
        let deadline = Instant::now() + self.options.lock_wait;
        let mut may_be_in_writing = true;
        loop {
            let Some(current) = self.read(&folder)? else {
                return Ok(None);
            };
            let Some(fault) = self.fault(&current) else {
                return Ok(Some(current.stored()));
            };
            if !may_be_in_writing {
                return Err(StoreError::corrupt(self.path.to_string(), fault));
            }
            // Once nobody writes, one more look: the writer may have finished just now.
            may_be_in_writing = Instant::now() < deadline && Lockfile::is_held(&folder, &self.path);
            if may_be_in_writing {
                thread::sleep(PAUSE);
            }
        }
    }

    /// The version of what is in the file, which is read piece by piece: it takes no memory for a file however large. Ruins
    /// have a version as well, which nobody expects.
    pub(super) fn version(&self) -> Result<Option<Version>, StoreError> {
        let Some(folder) = self.open_folder()? else {
            return Ok(None);
        };
        content::version(&self.path, &folder)
    }

    /// Refuses a blob that would be taken for ruins, before anything is touched.
    fn refuse_ruins(&self, blob: &dyn Blob) -> Result<(), StoreError> {
        if blob.is_json_object() {
            return Ok(());
        }
        let mut outline = Outline::default();
        let seen = blob.for_each_piece(&mut |piece| {
            outline.add(piece);
            Ok(())
        });
        seen.map_err(|error| self.path.io_failed("write", error))?;
        match outline.fault(self.options.any_content) {
            None => Ok(()),
            Some(fault) => Err(StoreError::corrupt(
                format!("what was to be saved in {}", self.path),
                fault,
            )),
        }
    }

    /// Replaces the file if it still is what the caller expects.
    pub(super) fn save(
        &self,
        blob: Arc<dyn Blob>,
        expected: Option<&Version>,
    ) -> Result<Version, StoreError> {
        let saved = self.save_merging(blob, expected, &|_| Err(StoreError::Conflict))?;
        saved.ok_or(StoreError::Conflict)
    }

    /// Replaces the file by `blob` or, where it is not what the caller expects, by what `merge` makes of it.
    pub(super) fn save_merging(
        &self,
        blob: Arc<dyn Blob>,
        expected: Option<&Version>,
        merge: &Merge,
    ) -> Result<Option<Version>, StoreError> {
        self.refuse_ruins(&*blob)?;
        let folder = self.path.make_folder(&self.options.gate)?;
        // The next writer need not wait until what was there is let go of, nor until the new name is on the disk: it reads
        // the new content by then, and cannot be told that its own is saved before that name is there as well.
        let mut before = Vec::new();
        let saved = self.locked(&folder, || {
            self.replace(&folder, blob, expected.cloned(), merge, &mut before)
        })?;
        if saved.is_new {
            self.path.sync(&folder)?;
        }
        Ok(saved.version)
    }

    /// Replaces the file, and leaves what was read of it in `before`.
    fn replace(
        &self,
        folder: &Folder,
        mut blob: Arc<dyn Blob>,
        mut expected: Option<Version>,
        merge: &Merge,
        before: &mut Vec<Current>,
    ) -> Result<Saved, StoreError> {
        loop {
            // Before it is read, so that whatever is written meanwhile makes a difference.
            let stamp = self.path.stamp(folder)?;
            let current = self.read(folder)?;
            let version = current.as_ref().map(|current| current.version.clone());
            let next = match version == expected {
                true => Next::Blob,
                false => self.merge(current.as_ref(), expected.as_ref(), merge)?,
            };
            let mut ruins = None;
            match next {
                Next::Blob => {}
                Next::Merged(merged) => (blob, expected) = (merged, version),
                Next::Nothing => {
                    return Ok(Saved {
                        version,
                        is_new: false,
                    });
                }
                Next::Restored(fault) => ruins = current.as_ref().map(|current| (current, fault)),
            }
            if ruins.is_none() {
                self.warn_of_others(current.as_ref());
            }
            let (replacement, version) = self.prepare(folder, &*blob)?;
            // msal-extensions goes on without a lock when it has waited for five seconds: what it wrote since the file was
            // read is merged as well.
            if self.path.stamp(folder)? != stamp {
                continue;
            }
            if let Some((ruins, fault)) = ruins {
                self.keep(folder, ruins, fault)?;
            }
            replacement
                .publish()
                .map_err(|error| self.path.failed("replace", error))?;
            before.extend(current);
            return Ok(Saved {
                version: Some(version),
                is_new: true,
            });
        }
    }

    /// What to do where `current` is not what the caller expects.
    fn merge(
        &self,
        current: Option<&Current>,
        expected: Option<&Version>,
        merge: &Merge,
    ) -> Result<Next, StoreError> {
        let merged = merge(current.map(Current::stored));
        // What is made of JSON was read as JSON. Whatever else the merge has made of it, ruins are none of its business.
        let is_read = matches!(&merged, Ok(Some(merged)) if merged.is_json_object());
        let fault = current
            .filter(|_| !is_read)
            .and_then(|current| self.fault(current));
        match (fault, expected) {
            (None, _) => match merged? {
                Some(merged) => {
                    self.refuse_ruins(&*merged)?;
                    Ok(Next::Merged(merged))
                }
                None => Ok(Next::Nothing),
            },
            // The caller has loaded what was there before, and its blob may replace the ruins of that.
            (Some(fault), Some(_)) => Ok(Next::Restored(fault)),
            (Some(fault), None) => Err(StoreError::corrupt(self.path.to_string(), fault)),
        }
    }

    /// Does all that a save does, apart from replacing the file. Nothing stays of it, not even a folder, unless it is
    /// that of all partitions: somebody else may be about to save there.
    pub(super) fn rehearse(&self) -> Result<(), StoreError> {
        let missing = self.path.missing_folders();
        let rehearsed = self.rehearse_in_folder();
        for folder in missing.into_iter().filter(|_| !self.options.keeps_folder) {
            // Fails where somebody has put something into it since: then it stays.
            drop(std::fs::remove_dir(folder));
        }
        rehearsed
    }

    fn rehearse_in_folder(&self) -> Result<(), StoreError> {
        let folder = self.path.make_folder(&self.options.gate)?;
        let own = self.path.beside(".lock");
        let has_lock = folder.contains(own.name());
        // Taking a lock that is not there makes its file, which must never be removed.
        match has_lock.map_err(|error| own.failed("lock", error))? {
            true => self.locked(&folder, || self.try_to_write(&folder)),
            false => {
                let _lockfile = Lockfile::acquire(&folder, &self.path, self.options.lock_wait)?;
                self.try_to_write(&folder)
            }
        }
    }

    fn try_to_write(&self, folder: &Folder) -> Result<(), StoreError> {
        let write = |name| Replacement::write(folder, name, |file| file.write_all(b"{}"));
        // Under the temporary name that a save uses; dropped, it is removed.
        let written = write(self.path.name()).map(drop);
        written.map_err(|error| self.path.failed("write", error))?;
        // Beside this file, as those of other partitions are rehearsed at the same time. Its longest name is no longer than
        // the one of a lock.
        let trial = self.path.beside(".try");
        let renamed = write(trial.name())
            .and_then(Replacement::publish)
            .and_then(|()| folder.remove(trial.name()));
        renamed.map_err(|error| self.path.failed("replace", error))?;
        self.path.sync(folder)
    }

    /// Removes the file, and what a killed writer left beside it.
    pub(super) fn remove(&self) -> Result<(), StoreError> {
        let Some(folder) = self.open_folder()? else {
            return Ok(());
        };
        self.locked(&folder, || {
            // Refuses to touch what is not ours.
            self.path.open(&folder)?;
            Replacement::discard(&folder, self.path.name())
                .and_then(|()| folder.remove(self.path.name()))
                .map_err(|error| self.path.failed("remove", error))?;
            self.path.sync(&folder)
        })
    }

    /// Renames the file if it is ruins, or exactly `version`.
    pub(super) fn set_aside(
        &self,
        version: Option<&Version>,
    ) -> Result<Option<PathBuf>, StoreError> {
        let Some(folder) = self.open_folder()? else {
            return Ok(None);
        };
        self.locked(&folder, || {
            let as_seen = match (self.read(&folder), version) {
                (Ok(None), _) => return Ok(None),
                (Ok(Some(current)), Some(version)) => current.version == *version,
                (Ok(Some(current)), None) => self.fault(&current).is_some(),
                (Err(StoreError::Corrupt { .. }), None) => true,
                (Err(error), _) => return Err(error),
            };
            if !as_seen {
                return Err(StoreError::Conflict);
            }
            let renamed = self.path.unused_name(&folder).and_then(|name| {
                folder.rename(self.path.name(), &name)?;
                Ok(name)
            });
            let name = renamed.map_err(|error| self.path.failed("set aside", error))?;
            self.path.sync(&folder)?;
            Ok(Some(folder.path_of(&name)))
        })
    }

    /// Does `work` while nobody else writes, as far as they keep to the locks.
    fn locked<T>(
        &self,
        folder: &Folder,
        work: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _locks = Locks::acquire(folder, &self.path, self.options.lock_wait)?;
        work()
    }

    /// Says that others could reach the file, if they could.
    fn warn_of_others(&self, current: Option<&Current>) {
        if current.is_some_and(|current| current.access == Access::Exposed) {
            events::exposed(&self.path.to_string());
        }
    }

    /// Puts the new content on the disk under its temporary name.
    fn prepare<'a>(
        &'a self,
        folder: &'a Folder,
        blob: &dyn Blob,
    ) -> Result<(Replacement<'a>, Version), StoreError> {
        let mut digest = ContentDigest::default();
        let written = Replacement::write(folder, self.path.name(), |file| {
            blob.for_each_piece(&mut |piece| {
                digest.add(piece);
                file.write_all(piece)
            })?;
            // MSAL Python reads a file again whose time is later than that of its own last look, down to the microsecond.
            private_file::touch(file)
        });
        let replacement = written.map_err(|error| self.path.failed("write", error))?;
        Ok((replacement, Version::of_content(&digest)))
    }

    /// Copies ruins aside. A copy, so that the file is never missing for those who read it without a lock.
    fn keep(&self, folder: &Folder, ruins: &Current, fault: &str) -> Result<(), StoreError> {
        events::ruined(&self.path.to_string(), fault);
        if ruins.content.len() <= 1 {
            return Ok(());
        }
        let kept = self
            .path
            .unused_name(folder)
            .and_then(|name| folder.write_new(&name, |file| file.write_all(&ruins.content)));
        kept.map_err(|error| self.path.failed("set aside", error))
    }

    fn fault(&self, current: &Current) -> Option<&'static str> {
        current.fault(self.options.any_content)
    }

    fn read(&self, folder: &Folder) -> Result<Option<Current>, StoreError> {
        Current::read(&self.path, folder, self.options.any_content)
    }

    fn open_folder(&self) -> Result<Option<Folder>, StoreError> {
        self.path.open_folder(&self.options.gate)
    }
}

/// What a save does with the file.
enum Next {
    /// It writes the blob that it has.
    Blob,
    /// It writes what that has become with what others saved.
    Merged(Arc<dyn Blob>),
    /// Others have saved all of it.
    Nothing,
    /// It writes the blob that it has, and keeps the ruins that are there for this reason.
    Restored(&'static str),
}

/// What a save leaves.
struct Saved {
    version: Option<Version>,
    /// Whether it was written just now.
    is_new: bool,
}

const PAUSE: Duration = Duration::from_millis(5);
