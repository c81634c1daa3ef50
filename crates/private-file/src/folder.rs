//! A folder that is open, and the files in it.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{access::Access, error::Error, gate::Gate, lock::Lock, os, place};

/// An open folder, in which files are named.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    handle: os::Handle,
    gate: Gate,
}

impl Folder {
    /// Opens the folder at `path`, or `None` when there is nothing.
    ///
    /// # Errors
    /// [`Error::Refused`] when `path` or what is above it is not a directory, otherwise [`Error::Io`].
    pub fn open(path: &Path, gate: &Gate) -> Result<Option<Self>, Error> {
        let handle =
            os::Handle::open(path).map_err(|error| Error::new("open", path.into(), error))?;
        Ok(handle.map(|handle| Self {
            path: path.into(),
            handle,
            gate: gate.clone(),
        }))
    }

    /// Opens the folder at `path` to make files in it. What is missing of the path is made, durably and for this user
    /// only, whatever the umask.
    ///
    /// # Errors
    /// Like [`open`](Self::open), and [`Error::Refused`] when somebody else [may replace files](Self::require_own) in
    /// the folder, or in the one that it would be made in.
    pub fn create(path: &Path, gate: &Gate) -> Result<Self, Error> {
        let folder = match Self::open(path, gate)? {
            Some(folder) => folder,
            None => Self::make(path, gate)?,
        };
        folder.require_own()?;
        Ok(folder)
    }

    fn make(path: &Path, gate: &Gate) -> Result<Self, Error> {
        let failed = |error| Error::new("make", path.into(), error);
        gate.pass("make").map_err(failed)?;
        let (above, name) = place::folder_and_name(path)?;
        // From the top, so that each new name is on the disk before anything stands in it.
        let above = Self::create(above, gate)?;
        if above.handle.make_folder(name).map_err(failed)? {
            above.sync()?;
        }
        Self::open(path, gate)?.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))
    }

    /// Refuses what [`create`](Self::create) would refuse, and makes nothing.
    ///
    /// # Errors
    /// Like [`create`](Self::create).
    pub fn foresee(path: &Path) -> Result<(), Error> {
        match Self::open(path, &Gate::default())? {
            Some(folder) => folder.require_own(),
            None => Self::foresee(place::folder_and_name(path)?.0),
        }
    }

    /// Makes sure that nobody but this user and the system may replace files in it. On systems other than Unix, where
    /// that is not known, it is believed.
    ///
    /// # Errors
    /// [`Error::Refused`] when it belongs to another user, or when its group or every user may write to it and it has
    /// no sticky bit.
    pub fn require_own(&self) -> Result<(), Error> {
        let exposure = self.handle.exposure();
        match exposure.map_err(|error| Error::new("look at", self.path.clone(), error))? {
            None => Ok(()),
            Some(reason) => Err(Error::Refused {
                path: self.path.clone(),
                reason,
            }),
        }
    }

    /// The path of `name`, for messages.
    pub fn path_of(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// Opens an existing file for reading, or `None` when there is none. Neither waits for the other end of a pipe nor
    /// follows a link.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not a regular file of this user with a single name, otherwise [`Error::Io`].
    pub fn open_to_read(&self, name: &OsStr) -> Result<Option<(File, Access)>, Error> {
        self.open_existing(name, self.handle.open_to_read(name))
    }

    /// Opens an existing file for reading and writing, or `None` when there is none.
    ///
    /// # Errors
    /// Like [`open_to_read`](Self::open_to_read).
    pub fn open_to_write(&self, name: &OsStr) -> Result<Option<(File, Access)>, Error> {
        self.open_existing(name, self.handle.open_to_write(name))
    }

    /// Opens whatever regular file, pipe or folder of whichever user has that name, or `None` when nothing has. For
    /// what anybody may have written, such as who holds a lock.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is a link, otherwise [`Error::Io`].
    pub fn open_unvetted(&self, name: &OsStr) -> Result<Option<File>, Error> {
        let opened = unless_missing(self.handle.open_to_read(name));
        opened.map_err(|error| self.failed("open", name, error))
    }

    /// Makes a file that must not exist yet, readable and writable by this user only, whatever the umask.
    ///
    /// # Errors
    /// [`Error::Io`], of the kind [`AlreadyExists`](io::ErrorKind::AlreadyExists) when there is anything of that name.
    pub fn create_file(&self, name: &OsStr) -> Result<File, Error> {
        self.attempt("make", name, || self.handle.create_file(name))
    }

    /// Makes a file that must not exist yet and returns when its content is on the disk. The name is not yet.
    ///
    /// # Errors
    /// Like [`create_file`](Self::create_file); and with what `content` failed with, in which case the file stays.
    pub fn write_new(
        &self,
        name: &OsStr,
        content: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut file = self.create_file(name)?;
        self.attempt("write", name, || content(&mut file))?;
        self.attempt("sync", name, || file.sync_all())
    }

    /// Locks the file `name`, which is made where it is missing and never deleted: two processes could otherwise hold
    /// locks on two files of the same name. Waits up to `wait`; `None` when somebody held it all that time.
    ///
    /// # Errors
    /// Like [`open_to_read`](Self::open_to_read).
    pub fn lock(&self, name: &OsStr, wait: Duration) -> Result<Option<Lock>, Error> {
        // Not truncated: it may be a file that was put there to be ruined.
        let file = self.attempt("lock", name, || self.handle.open_or_create(name))?;
        let (file, _) = self.vet(name, file)?;
        Lock::within(file, wait).map_err(|error| self.failed("lock", name, error))
    }

    /// Locks the file `name` as [`lock`](Self::lock) does, without waiting, and without a thread that waits; `None` when
    /// somebody holds it.
    ///
    /// # Errors
    /// Like [`open_to_read`](Self::open_to_read).
    pub fn try_lock(&self, name: &OsStr) -> Result<Option<Lock>, Error> {
        let file = self.attempt("lock", name, || self.handle.open_or_create(name))?;
        let (file, _) = self.vet(name, file)?;
        let locked = Lock::try_new(file).map_err(|error| self.failed("lock", name, error))?;
        Ok(locked.ok())
    }

    /// Whether somebody holds the lock of the file `name`, which is made where it is missing.
    ///
    /// # Errors
    /// Like [`open_to_read`](Self::open_to_read).
    pub fn is_locked(&self, name: &OsStr) -> Result<bool, Error> {
        let file = self.attempt("lock", name, || self.handle.open_or_create(name))?;
        let (file, _) = self.vet(name, file)?;
        Lock::is_held(&file).map_err(|error| self.failed("lock", name, error))
    }

    /// Renames `from` to `to`, which is replaced in one step if it exists.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> Result<(), Error> {
        self.attempt("rename", from, || self.handle.rename(from, to))
    }

    /// Removes `name`. That it does not exist is fine.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove(&self, name: &OsStr) -> Result<(), Error> {
        self.attempt("remove", name, || {
            unless_missing(self.handle.remove(name)).map(drop)
        })
    }

    /// Returns when the names in the folder are on the disk.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sync(&self) -> Result<(), Error> {
        let synced = self.gate.pass("sync").and_then(|()| self.handle.sync());
        synced.map_err(|error| Error::new("sync", self.path.clone(), error))
    }

    /// Whether there is anything of that name.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn contains(&self, name: &OsStr) -> Result<bool, Error> {
        let found = self.handle.contains(name);
        found.map_err(|error| self.failed("look at", name, error))
    }

    /// Whether `name` still is the very file that `file` was opened as.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn is_same(&self, name: &OsStr, file: &File) -> Result<bool, Error> {
        let found = self.handle.is_same(name, file);
        found.map_err(|error| self.failed("look at", name, error))
    }

    fn open_existing(
        &self,
        name: &OsStr,
        opened: io::Result<File>,
    ) -> Result<Option<(File, Access)>, Error> {
        let opened = unless_missing(opened).map_err(|error| self.failed("open", name, error))?;
        opened.map(|file| self.vet(name, file)).transpose()
    }

    fn vet(&self, name: &OsStr, file: File) -> Result<(File, Access), Error> {
        match os::vet(&file).map_err(|error| self.failed("open", name, error))? {
            Ok(access) => Ok((file, access)),
            Err(reason) => Err(Error::Refused {
                path: self.path_of(name),
                reason,
            }),
        }
    }

    /// Does `work`, which changes the disk.
    fn attempt<T>(
        &self,
        action: &'static str,
        name: &OsStr,
        work: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, Error> {
        let done = self.gate.pass(action).and_then(|()| work());
        done.map_err(|error| self.failed(action, name, error))
    }

    fn failed(&self, action: &'static str, name: &OsStr, error: io::Error) -> Error {
        Error::new(action, self.path_of(name), error)
    }
}

fn unless_missing<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt as _,
    };

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn what_is_made_is_private_and_what_others_can_read_is_exposed() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("made/here");
        let folder = Folder::create(&path, &Gate::default()).unwrap();
        assert_eq!(mode(&home.path().join("made")), 0o700);
        assert_eq!(mode(&path), 0o700);
        let name = OsStr::new("token");
        folder.create_file(name).unwrap();
        assert_eq!(mode(&path.join("token")), 0o600);
        let access = |opened: Result<Option<(File, Access)>, Error>| opened.unwrap().unwrap().1;
        assert_eq!(access(folder.open_to_read(name)), Access::Private);
        set_mode(&path.join("token"), 0o604);
        assert_eq!(access(folder.open_to_read(name)), Access::Exposed);
        assert_eq!(access(folder.open_to_write(name)), Access::Exposed);
    }

    #[test]
    fn a_file_with_a_second_name_is_refused_unless_it_is_only_looked_at() {
        let home = TempDir::new().unwrap();
        let folder = Folder::create(home.path(), &Gate::default()).unwrap();
        let name = OsStr::new("token");
        folder.create_file(name).unwrap();
        fs::hard_link(home.path().join("token"), home.path().join("other")).unwrap();
        for refused in [
            folder.open_to_read(name).map(drop),
            folder.open_to_write(name).map(drop),
            folder.lock(name, Duration::ZERO).map(drop),
        ] {
            let reason = refused.unwrap_err().to_string();
            assert!(reason.ends_with("it has several hard links"), "{reason}");
        }
        assert!(folder.open_unvetted(name).unwrap().is_some());
    }

    #[test]
    fn a_folder_where_others_may_replace_files_is_opened_but_not_written_to() {
        let home = TempDir::new().unwrap();
        let gate = Gate::default();
        for (mode, reason) in [
            (0o777, "every user"),
            (0o702, "every user"),
            (0o770, "its group"),
            (0o2775, "its group"),
        ] {
            set_mode(home.path(), mode);
            assert!(Folder::open(home.path(), &gate).unwrap().is_some());
            let deeper = home.path().join("made/here");
            for refused in [
                Folder::create(home.path(), &gate).map(drop),
                Folder::create(&deeper, &gate).map(drop),
                Folder::foresee(home.path()),
                Folder::foresee(&deeper),
            ] {
                let refused = refused.unwrap_err();
                assert!(matches!(refused, Error::Refused { .. }), "{refused}");
                assert_eq!(refused.path(), home.path());
                assert!(refused.to_string().contains(reason), "{refused}");
            }
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        }
        for mode in [0o1777, 0o1770, 0o755, 0o700] {
            set_mode(home.path(), mode);
            Folder::create(home.path(), &gate).unwrap();
            Folder::foresee(&home.path().join("made/here")).unwrap();
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_of_another_user_is_not_written_to_whatever_its_mode() {
        if !rustix::process::geteuid().is_root() {
            // Nobody else can give a folder away.
            return;
        }
        let home = TempDir::new().unwrap();
        std::os::unix::fs::chown(home.path(), Some(65534), None).unwrap();
        for mode in [0o700, 0o755, 0o1777] {
            set_mode(home.path(), mode);
            let refused = Folder::create(home.path(), &Gate::default()).unwrap_err();
            assert!(refused.to_string().contains("another user"), "{refused}");
        }
    }

    #[test]
    fn a_closed_gate_stands_in_front_of_every_change() {
        let home = TempDir::new().unwrap();
        let gate = Gate::new(|action| Err(io::Error::other(action)));
        let folder = Folder::create(home.path(), &gate).unwrap();
        let name = OsStr::new("token");
        let errors = [
            ("make", folder.create_file(name).map(drop)),
            ("lock", folder.lock(name, Duration::ZERO).map(drop)),
            ("rename", folder.rename(name, name)),
            ("remove", folder.remove(name)),
            ("sync", folder.sync()),
        ];
        for (expected, error) in errors {
            match error {
                Err(Error::Io { action, source, .. }) => {
                    assert_eq!((action, source.to_string().as_str()), (expected, expected));
                }
                other => panic!("the gate is closed: {other:?}"),
            }
        }
        assert!(Folder::create(&home.path().join("made"), &gate).is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }
}
