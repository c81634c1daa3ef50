//! New content for a file, which is there whole or not at all.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
};

use crate::{error::Error, folder::Folder};

/// The next content of a file: complete and on the disk, under a temporary name beside it.
///
/// Dropped, it is removed. A process that is killed leaves the temporary file, `.<name>.tmp`; the next replacement of
/// the same file removes it, and so does [`discard`](Self::discard). Replacing a file is therefore the work of one
/// writer at a time: take a [`Lock`](crate::Lock) first.
#[derive(Debug)]
pub struct Replacement<'a> {
    folder: &'a Folder,
    name: &'a OsStr,
    temporary: OsString,
    is_published: bool,
}

impl<'a> Replacement<'a> {
    /// Writes new content for the file `name`, which stays as it is.
    ///
    /// # Errors
    /// [`Error::Io`] when the system or `content` failed.
    pub fn write(
        folder: &'a Folder,
        name: &'a OsStr,
        content: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<Self, Error> {
        let replacement = Self {
            folder,
            name,
            temporary: Self::temporary(name),
            is_published: false,
        };
        folder.remove(&replacement.temporary)?;
        folder.write_new(&replacement.temporary, content)?;
        Ok(replacement)
    }

    /// Gives the new content its name, in one step. [`Folder::sync`] makes that durable.
    ///
    /// # Errors
    /// [`Error::Io`]; the old content is still there.
    pub fn publish(mut self) -> Result<(), Error> {
        self.folder.rename(&self.temporary, self.name)?;
        self.is_published = true;
        Ok(())
    }

    /// The temporary name of new content for the file `name`. Whatever has that name is removed.
    pub fn temporary(name: &OsStr) -> OsString {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(".tmp");
        temporary
    }

    /// Removes what a killed writer left of a replacement of the file `name`.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn discard(folder: &Folder, name: &OsStr) -> Result<(), Error> {
        folder.remove(&Self::temporary(name))
    }
}

impl Drop for Replacement<'_> {
    fn drop(&mut self) {
        if !self.is_published {
            drop(self.folder.remove(&self.temporary));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::*;
    use crate::gate::Gate;

    #[test]
    fn content_appears_when_it_is_published_and_only_then() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("token"), "old").unwrap();
        // Left by a writer that was killed.
        fs::write(home.path().join(".token.tmp"), "half").unwrap();
        let folder = Folder::create(home.path(), &Gate::default()).unwrap();
        let write = |text: &'static str| {
            Replacement::write(&folder, OsStr::new("token"), move |file| {
                file.write_all(text.as_bytes())
            })
        };
        let read = || fs::read_to_string(home.path().join("token")).unwrap();
        drop(write("dropped").unwrap());
        assert_eq!(read(), "old");
        let new = write("new").unwrap();
        assert_eq!(read(), "old");
        new.publish().unwrap();
        assert_eq!(read(), "new");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn content_that_fails_while_it_is_written_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::create(home.path(), &Gate::default()).unwrap();
        let written = Replacement::write(&folder, OsStr::new("token"), |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert!(matches!(
            written,
            Err(Error::Io {
                action: "write",
                ..
            })
        ));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
