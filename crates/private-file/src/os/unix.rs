//! What is asked of a Unix system: files by name within an open folder, no link followed, and who holds what.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    os::fd::OwnedFd,
    path::Path,
    time::Duration,
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat},
    io::Errno,
    process::{Pid, geteuid, test_kill_process},
};

use crate::access::Access;

/// An open folder. Names in it are resolved against the folder itself, not against a path that somebody may redirect.
#[derive(Debug)]
pub(crate) struct Handle(OwnedFd);

impl Handle {
    /// Opens the folder at `path`, or `None` when there is nothing.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(fd) => Ok(Some(Self(fd))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Who else may replace files in it. The system and this user own folders, nobody else; in one with a sticky bit,
    /// such as `/tmp`, others may write files and replace none but their own.
    pub(crate) fn exposure(&self) -> io::Result<Option<&'static str>> {
        let stat = rustix::fs::fstat(&self.0)?;
        let mode = Mode::from_raw_mode(stat.st_mode);
        let is_sticky = mode.contains(Mode::SVTX);
        Ok(if ![ROOT, geteuid().as_raw()].contains(&stat.st_uid) {
            Some("the folder belongs to another user, who may replace files in it")
        } else if mode.contains(Mode::WOTH) && !is_sticky {
            Some("every user may replace files in this folder")
        } else if mode.contains(Mode::WGRP) && !is_sticky {
            Some("the users of its group may replace files in this folder")
        } else {
            None
        })
    }

    pub(crate) fn open_to_read(&self, name: &OsStr) -> io::Result<File> {
        self.open_at(name, OFlags::RDONLY)
    }

    pub(crate) fn open_to_write(&self, name: &OsStr) -> io::Result<File> {
        self.open_at(name, OFlags::RDWR)
    }

    /// Opens a file, or makes it as [`create_file`](Self::create_file) does: whatever the umask, the next who asks for
    /// it can open it.
    pub(crate) fn open_or_create(&self, name: &OsStr) -> io::Result<File> {
        loop {
            let opened = self.open_to_write(name);
            if !opened
                .as_ref()
                .is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
            {
                return opened;
            }
            let made = self.create_file(name);
            // Somebody else was quicker.
            if !made
                .as_ref()
                .is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists)
            {
                return made;
            }
        }
    }

    /// Makes a file that must not exist yet, for this user only.
    pub(crate) fn create_file(&self, name: &OsStr) -> io::Result<File> {
        let file = self.open_at(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
        // Gives back what the umask took away.
        rustix::fs::fchmod(&file, PRIVATE)?;
        Ok(file)
    }

    /// Makes a folder for this user only, and says whether there was none.
    pub(crate) fn make_folder(&self, name: &OsStr) -> io::Result<bool> {
        match rustix::fs::mkdirat(&self.0, name, Mode::RWXU) {
            Ok(()) => {
                // Gives back what the umask took away. In a folder where nobody else may replace anything, it is still
                // the folder just made.
                rustix::fs::chmodat(&self.0, name, Mode::RWXU, AtFlags::empty())?;
                Ok(true)
            }
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
    }

    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Returns when the names in the folder are on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.0)?)
    }

    pub(crate) fn contains(&self, name: &OsStr) -> io::Result<bool> {
        Ok(self.stat(name)?.is_some())
    }

    /// Whether `name` still is the very file that `file` was opened as.
    pub(crate) fn is_same(&self, name: &OsStr, file: &File) -> io::Result<bool> {
        let opened = rustix::fs::fstat(file)?;
        Ok(self
            .stat(name)?
            .is_some_and(|named| (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)))
    }

    fn stat(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn open_at(&self, name: &OsStr, flags: OFlags) -> io::Result<File> {
        // Neither follow a link nor wait for the other end of a pipe.
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name, flags, PRIVATE)?.into())
    }
}

/// Looks at an open file: who can reach it, or why it must be neither read nor written.
pub(crate) fn vet(file: &File) -> io::Result<Result<Access, &'static str>> {
    let stat = rustix::fs::fstat(file)?;
    let others = Mode::RWXG | Mode::RWXO;
    Ok(
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            Err("it is not a regular file")
        } else if stat.st_uid != geteuid().as_raw() {
            Err("it belongs to another user")
        } else if stat.st_nlink > 1 {
            // None is fine: another writer has replaced the file since it was opened.
            Err("it has several hard links")
        } else if Mode::from_raw_mode(stat.st_mode).intersects(others) {
            Ok(Access::Exposed)
        } else {
            Ok(Access::Private)
        },
    )
}

/// Why opening a name was refused, if it was for what the name is.
pub(crate) fn refusal(error: &io::Error) -> Option<&'static str> {
    match Errno::from_io_error(error)? {
        Errno::LOOP | Errno::MLINK => Some("it is a symbolic link"),
        Errno::ISDIR => Some("it is a directory"),
        Errno::NOTDIR => Some("a part of its path is not a directory"),
        Errno::NXIO => Some("it is not a regular file"),
        _ => None,
    }
}

/// Whether the process `pid` runs and may have made a file `age` ago. An equal number given to a later process, as
/// happens when a container restarts, does not count. In doubt it runs.
pub(crate) fn is_alive(pid: u32, age: Duration) -> bool {
    let Some(id) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return false;
    };
    match test_kill_process(id) {
        Err(Errno::SRCH) => false,
        Ok(()) | Err(_) => running_for(pid).is_none_or(|running| running + TOLERANCE >= age),
    }
}

/// How long a process has been running, where the system tells; a zombie has stopped.
fn running_for(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // proc_pid_stat(5): field 2 is the command in parentheses, which may itself hold blanks and parentheses. The state
    // is field 3, the start time in clock ticks after boot field 22.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return Some(Duration::ZERO);
    }
    let started = seconds(fields.nth(18)?)? / rustix::param::clock_ticks_per_second() as f64;
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let now = seconds(uptime.split_whitespace().next()?)?;
    Duration::try_from_secs_f64(now - started).ok()
}

fn seconds(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Keeps room on the disk for a file, which does not grow by it.
#[cfg(target_os = "linux")]
pub(crate) fn reserve(file: &File, offset: u64, len: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    match fallocate(file, FallocateFlags::KEEP_SIZE, offset, len) {
        // Not every file system can.
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Nothing to do: only Linux keeps room without making the file longer.
#[cfg(not(target_os = "linux"))]
pub(crate) fn reserve(_file: &File, _offset: u64, _len: u64) -> io::Result<()> {
    Ok(())
}
/// The user id of the administrator.
const ROOT: u32 = 0;

const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// Start times come in hundredths of a second, and two clocks are compared.
const TOLERANCE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_but_did_not_make_an_ancient_file() {
        let pid = std::process::id();
        assert!(is_alive(pid, Duration::ZERO));
        assert!(
            !is_alive(pid, Duration::from_secs(10 * 365 * 86_400))
                || cfg!(not(target_os = "linux"))
        );
    }

    #[test]
    fn a_process_that_has_ended_is_not_alive() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert!(!is_alive(pid, Duration::ZERO));
        assert!(!is_alive(0, Duration::ZERO));
        assert!(!is_alive(u32::MAX, Duration::ZERO));
    }
}
