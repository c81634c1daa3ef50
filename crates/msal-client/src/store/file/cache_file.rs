//! One blob in one file, with the files that stand beside it. Everything here blocks.
//!
//! | file | what |
//! |---|---|
//! | `<name>` | the blob |
//! | `.<name>.tmp` | the next blob while it is written. Only whoever holds the lock makes one, so one that is found is what a killed writer left |
//! | `<name>.lock` | see [`private_file::lock_within`] |
//! | `<name>.lockfile` | see [`lockfile`](super::lockfile) |
//! | `<name>.corrupt-<n>` | ruins that were set aside |

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use msal_core::SecretBuffer;
use private_file::{Access, Folder, OwnLock, lock_within, parent, refusal, vet};
use xxhash_rust::xxh3::Xxh3;

use super::{Options, lockfile::Lockfile, shape::Outline};
use crate::store::{PIECE, Pieces, StoreError, Stored, Version};

/// The file of one blob.
#[derive(Debug)]
pub(super) struct CacheFile {
    folder: PathBuf,
    name: OsString,
    options: Options,
}

impl CacheFile {
    pub(super) fn new(path: PathBuf, options: Options) -> Result<Self, StoreError> {
        match (parent(&path), path.file_name()) {
            (Some(folder), Some(name)) => Ok(Self {
                folder: folder.into(),
                name: name.into(),
                options,
            }),
            _ => Err(StoreError::not_ours(
                path.display().to_string(),
                "it is a directory",
            )),
        }
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
            let Some(fault) = current.fault else {
                return Ok(Some(Stored::new(
                    Bytes::from_owner(current.content),
                    current.version,
                )));
            };
            if !may_be_in_writing {
                return Err(StoreError::corrupt(folder.place(&self.name), fault));
            }
            // Once nobody writes, one more look: the writer may have finished just now.
            may_be_in_writing =
                Instant::now() < deadline && self.is_foreign_writer_at_work(&folder);
            if may_be_in_writing {
                thread::sleep(PAUSE);
            }
        }
    }

    /// Reads the file piece by piece: it takes no memory for a file however large. Ruins have a version as well, which
    /// nobody expects.
    pub(super) fn load_pieces(
        &self,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<Option<Version>, StoreError> {
        let Some(folder) = self.open_folder()? else {
            return Ok(None);
        };
        let Some((mut file, _)) = self.open(&folder)? else {
            return Ok(None);
        };
        let failed = |error| self.failed("read", &folder, error);
        let mut hash = Xxh3::new();
        let each = &mut |piece: &[u8]| {
            hash.update(piece);
            each(piece);
        };
        read_in_pieces(&mut file, each).map_err(failed)?;
        Ok(Some(version_of(&hash)))
    }

    /// Refuses a blob that would be taken for ruins, before anything is touched.
    pub(super) fn refuse_ruins(&self, blob: &[u8]) -> Result<(), StoreError> {
        let mut outline = Outline::default();
        outline.add(blob);
        match outline.fault(self.options.any_content) {
            None => Ok(()),
            Some(fault) => Err(self.ruinous(fault)),
        }
    }

    fn ruinous(&self, fault: &'static str) -> StoreError {
        let file = self.folder.join(&self.name);
        StoreError::corrupt(format!("what was to be saved in {}", file.display()), fault)
    }

    /// Replaces the file if it still is what the caller expects.
    pub(super) fn save(
        &self,
        blob: &dyn Pieces,
        expected: Option<&Version>,
    ) -> Result<Version, StoreError> {
        let folder = self.make_folder()?;
        self.locked(&folder, || {
            let ruins = self.expect(&folder, expected)?;
            let version = self.prepare(&folder, blob)?;
            if let Some(ruins) = ruins {
                self.keep(&folder, ruins)?;
            }
            self.publish(&folder)?;
            Ok(version)
        })
    }

    /// Removes the file, and what a killed writer left beside it.
    pub(super) fn remove(&self) -> Result<(), StoreError> {
        let Some(folder) = self.open_folder()? else {
            return Ok(());
        };
        self.locked(&folder, || {
            // Refuses to touch what is not ours.
            self.open(&folder)?;
            for name in [&self.temporary(), &self.name] {
                folder
                    .remove(name)
                    .map_err(|error| self.failed("remove", &folder, error))?;
            }
            self.sync(&folder)
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
            let Some(current) = self.read(&folder)? else {
                return Ok(None);
            };
            let as_seen = match version {
                Some(version) => current.version == *version,
                None => current.fault.is_some(),
            };
            if !as_seen {
                return Err(StoreError::Conflict);
            }
            let renamed = self.unused_name(&folder).and_then(|name| {
                folder.rename(&self.name, &name)?;
                Ok(name)
            });
            let name = renamed.map_err(|error| self.failed("set aside", &folder, error))?;
            self.sync(&folder)?;
            Ok(Some(self.folder.join(name)))
        })
    }

    /// Does `work` while nobody else writes, as far as they keep to the locks.
    fn locked<T>(
        &self,
        folder: &Folder,
        work: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _own = self.own_lock(folder)?;
        // Declared second, so released first.
        let name = self.beside(".lockfile");
        let _lockfile = Lockfile::acquire(folder, &name, self.options.lock_wait)?;
        work()
    }

    fn own_lock(&self, folder: &Folder) -> Result<OwnLock, StoreError> {
        let name = self.beside(".lock");
        let failed = |error| failure("lock", folder.place(&name), error);
        let file = folder.open_or_create_lock(&name).map_err(failed)?;
        if let Err(reason) = vet(&file).map_err(failed)? {
            return Err(StoreError::not_ours(folder.place(&name), reason));
        }
        match lock_within(file, self.options.lock_wait).map_err(failed)? {
            Some(locked) => Ok(locked),
            // Whoever holds it holds the other one too, which has a name in it.
            None => Err(StoreError::locked(
                folder.place(&name),
                Lockfile::holder(folder, &self.beside(".lockfile")),
            )),
        }
    }

    /// Compares the file with what the caller expects. Ruins are returned where the caller's blob may replace them,
    /// because the caller has loaded what was there before.
    fn expect(
        &self,
        folder: &Folder,
        expected: Option<&Version>,
    ) -> Result<Option<Current>, StoreError> {
        match (self.read(folder)?, expected) {
            (None, None) => Ok(None),
            (Some(ruins @ Current { fault: Some(_), .. }), Some(_)) => Ok(Some(ruins)),
            (
                Some(Current {
                    fault: Some(fault), ..
                }),
                None,
            ) => Err(StoreError::corrupt(folder.place(&self.name), fault)),
            (Some(current), Some(expected)) if current.version == *expected => {
                if current.access == Access::Exposed {
                    let file = folder.place(&self.name);
                    tracing::warn!(
                        file,
                        "other users could read or write the token cache; the new file is private"
                    );
                }
                Ok(None)
            }
            _ => Err(StoreError::Conflict),
        }
    }

    /// Puts the new content on the disk under its temporary name, unless it is ruins.
    fn prepare(&self, folder: &Folder, blob: &dyn Pieces) -> Result<Version, StoreError> {
        let temporary = self.temporary();
        let mut outline = (!blob.is_document()).then(Outline::default);
        let mut hash = Xxh3::new();
        // We hold the lock, so it is not in use: a killed writer left it.
        let written = folder.remove(&temporary).and_then(|()| {
            folder.write_new(&temporary, &mut |write| {
                blob.for_each(&mut |piece| {
                    if let Some(outline) = &mut outline {
                        outline.add(piece);
                    }
                    hash.update(piece);
                    write(piece)
                })
            })
        });
        let fault = outline.and_then(|outline| outline.fault(self.options.any_content));
        let refused = match (written, fault) {
            (Ok(()), None) => return Ok(version_of(&hash)),
            (Ok(()), Some(fault)) => self.ruinous(fault),
            (Err(error), _) => self.failed("write", folder, error),
        };
        drop(folder.remove(&temporary));
        Err(refused)
    }

    /// Gives the new content its name.
    fn publish(&self, folder: &Folder) -> Result<(), StoreError> {
        let temporary = self.temporary();
        folder.rename(&temporary, &self.name).map_err(|error| {
            drop(folder.remove(&temporary));
            self.failed("replace", folder, error)
        })?;
        self.sync(folder)
    }

    fn sync(&self, folder: &Folder) -> Result<(), StoreError> {
        let synced = folder.sync();
        synced.map_err(|error| StoreError::not_durable(folder.place(&self.name), error))
    }

    /// Copies ruins aside. A copy, so that the file is never missing for those who read it without a lock.
    fn keep(&self, folder: &Folder, ruins: Current) -> Result<(), StoreError> {
        let file = folder.place(&self.name);
        tracing::warn!(
            file,
            fault = ruins.fault,
            "another program ruined the token cache; what was loaded before is restored"
        );
        if ruins.content.len() <= 1 {
            return Ok(());
        }
        let content = Bytes::from_owner(ruins.content);
        let kept = self
            .unused_name(folder)
            .and_then(|name| folder.write_new(&name, &mut |write| content.for_each(write)));
        kept.map_err(|error| self.failed("set aside", folder, error))
    }

    fn unused_name(&self, folder: &Folder) -> io::Result<OsString> {
        let mut n = 1_u32;
        loop {
            let name = self.beside(&format!(".corrupt-{n}"));
            if !folder.contains(&name)? {
                return Ok(name);
            }
            n += 1;
        }
    }

    fn read(&self, folder: &Folder) -> Result<Option<Current>, StoreError> {
        let Some((mut file, access)) = self.open(folder)? else {
            return Ok(None);
        };
        let content = read_whole(&mut file).map_err(|error| self.failed("read", folder, error))?;
        let (mut outline, mut hash) = (Outline::default(), Xxh3::new());
        for piece in content.chunks(PIECE) {
            outline.add(piece);
            hash.update(piece);
        }
        Ok(Some(Current {
            version: version_of(&hash),
            fault: outline.fault(self.options.any_content),
            content,
            access,
        }))
    }

    fn open(&self, folder: &Folder) -> Result<Option<(File, Access)>, StoreError> {
        let failed = |error| self.failed("read", folder, error);
        let Some(file) = folder.open_file(&self.name).map_err(failed)? else {
            return Ok(None);
        };
        match vet(&file).map_err(failed)? {
            Ok(access) => Ok(Some((file, access))),
            Err(reason) => Err(StoreError::not_ours(folder.place(&self.name), reason)),
        }
    }

    fn open_folder(&self) -> Result<Option<Folder>, StoreError> {
        Folder::open(&self.folder, &self.options.gate)
            .map_err(|error| self.folder_failed("open", error))
    }

    fn make_folder(&self) -> Result<Folder, StoreError> {
        let failed = |error| self.folder_failed("make", error);
        let folder = Folder::create(&self.folder, &self.options.gate).map_err(failed)?;
        if folder.is_exposed().map_err(failed)? {
            let place = self.folder.display().to_string();
            return Err(StoreError::not_ours(
                place,
                "every user may replace files in this folder",
            ));
        }
        Ok(folder)
    }

    /// Errors of looking are taken for "nobody": the file itself has already been read.
    fn is_foreign_writer_at_work(&self, folder: &Folder) -> bool {
        Lockfile::is_held(folder, &self.beside(".lockfile")).unwrap_or(false)
    }

    fn temporary(&self) -> OsString {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(".tmp");
        name
    }

    fn beside(&self, suffix: &str) -> OsString {
        let mut name = self.name.clone();
        name.push(suffix);
        name
    }

    fn failed(&self, action: &'static str, folder: &Folder, error: io::Error) -> StoreError {
        failure(action, folder.place(&self.name), error)
    }

    fn folder_failed(&self, action: &'static str, error: io::Error) -> StoreError {
        failure(action, self.folder.display().to_string(), error)
    }
}

/// What stands in the file now.
struct Current {
    content: SecretBuffer,
    version: Version,
    fault: Option<&'static str>,
    access: Access,
}

/// Tells what the system refused from what failed.
pub(super) fn failure(action: &'static str, place: String, error: io::Error) -> StoreError {
    match refusal(&error) {
        Some(reason) => StoreError::not_ours(place, reason),
        None => StoreError::io(action, place, error),
    }
}

/// Reads to the end in one buffer that never moves, as a buffer that grows leaves copies of tokens behind.
fn read_whole(file: &mut File) -> io::Result<SecretBuffer> {
    let len = file.metadata()?.len();
    let capacity = usize::try_from(len).map_err(|_too_large| io::ErrorKind::OutOfMemory)?;
    let mut content = SecretBuffer::default();
    content
        .try_reserve_exact(capacity)
        .map_err(|_too_large| io::ErrorKind::OutOfMemory)?;
    // A file that grows while it is read comes out cut off, which the caller notices.
    file.take(len).read_to_end(&mut content)?;
    Ok(content)
}

/// Tells two states of the file apart. Whoever could forge a collision could as well write the file, so that a fast hash
/// of 128 bits does what a cryptographic one would, at a tenth of the cost for a cache of many users.
fn version_of(content: &Xxh3) -> Version {
    Version::new(content.digest128().to_le_bytes())
}

/// Hands what is left of a file to `each`, in a buffer that is used again for each piece.
fn read_in_pieces(file: &mut File, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut piece = SecretBuffer::from(vec![0; PIECE]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(()),
            length => each(piece.get(..length).unwrap_or_default()),
        }
    }
}

const PAUSE: Duration = Duration::from_millis(5);
