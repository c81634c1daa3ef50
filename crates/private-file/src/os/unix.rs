//! What the store asks of a Unix system: files by name within an open folder, no link followed, and who holds what.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write as _},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat},
    io::Errno,
    process::{Pid, geteuid, test_kill_process},
};

use crate::{Content, gate::Gate};

/// An open folder. Names in it are resolved against the folder itself, not against a path that somebody may redirect.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    fd: OwnedFd,
    gate: Gate,
}

impl Folder {
    /// Opens the folder at `path`, or `None` when there is nothing.
    pub fn open(path: &Path, gate: &Gate) -> io::Result<Option<Self>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(fd) => Ok(Some(Self {
                path: path.to_owned(),
                fd,
                gate: gate.clone(),
            })),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the folder at `path`, and makes what is missing of it: durably, and for this user only.
    pub fn create(path: &Path, gate: &Gate) -> io::Result<Self> {
        if let Some(folder) = Self::open(path, gate)? {
            return Ok(folder);
        }
        gate.pass("make folder")?;
        let above = crate::parent(path).ok_or(io::ErrorKind::NotFound)?;
        let above = Self::create(above, gate)?;
        match rustix::fs::mkdir(path, Mode::RWXU) {
            Ok(()) => above.sync()?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        Self::open(path, gate)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Whether every user may replace files in it. A sticky bit, as on `/tmp`, prevents that.
    pub fn is_exposed(&self) -> io::Result<bool> {
        let mode = Mode::from_raw_mode(rustix::fs::fstat(&self.fd)?.st_mode);
        Ok(mode.contains(Mode::WOTH) && !mode.contains(Mode::SVTX))
    }

    /// The path of `name`, for messages.
    pub fn place(&self, name: &OsStr) -> String {
        self.path.join(name).display().to_string()
    }

    /// Opens an existing file, or `None` when there is none. Neither blocks on a pipe nor follows a link.
    pub fn open_file(&self, name: &OsStr) -> io::Result<Option<File>> {
        self.open_existing(name, OFlags::RDONLY)
    }

    /// Opens an existing lock file for reading and writing, or `None` when there is none.
    pub fn open_lock(&self, name: &OsStr) -> io::Result<Option<File>> {
        self.open_existing(name, OFlags::RDWR)
    }

    /// Opens a lock file, and makes it where it is missing. Never truncates: it may be a file put there to be ruined.
    pub fn open_or_create_lock(&self, name: &OsStr) -> io::Result<File> {
        self.gate.pass("open lock")?;
        Ok(self.open_at(name, OFlags::RDWR | OFlags::CREATE)?)
    }

    /// Makes a file that must not exist yet, readable and writable by this user only, whatever the umask.
    pub fn create_file(&self, name: &OsStr) -> io::Result<File> {
        self.gate.pass("create")?;
        let file = self.open_at(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
        rustix::fs::fchmod(&file, PRIVATE)?;
        Ok(file)
    }

    /// Makes a file that must not exist yet and returns when its content is on the disk. The name is not yet.
    pub fn write_new(&self, name: &OsStr, content: Content<'_>) -> io::Result<()> {
        let mut file = self.create_file(name)?;
        self.gate.pass("write")?;
        content(&mut |piece| file.write_all(piece))?;
        self.gate.pass("sync")?;
        file.sync_all()
    }

    /// Renames `from` to `to`, which is replaced in one step if it exists.
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        self.gate.pass("rename")?;
        Ok(rustix::fs::renameat(&self.fd, from, &self.fd, to)?)
    }

    /// Removes `name`. That it does not exist is fine.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        self.gate.pass("remove")?;
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns when the names in the folder are on the disk.
    pub fn sync(&self) -> io::Result<()> {
        self.gate.pass("sync folder")?;
        Ok(rustix::fs::fsync(&self.fd)?)
    }

    /// Whether there is anything of that name.
    pub fn contains(&self, name: &OsStr) -> io::Result<bool> {
        Ok(self.stat(name)?.is_some())
    }

    /// Whether `name` still is the very file that `file` was opened as.
    pub fn is_same(&self, name: &OsStr, file: &File) -> io::Result<bool> {
        let opened = rustix::fs::fstat(file)?;
        Ok(self
            .stat(name)?
            .is_some_and(|named| (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)))
    }

    fn stat(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn open_existing(&self, name: &OsStr, access: OFlags) -> io::Result<Option<File>> {
        match self.open_at(name, access) {
            Ok(file) => Ok(Some(file)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn open_at(&self, name: &OsStr, flags: OFlags) -> Result<File, Errno> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        rustix::fs::openat(&self.fd, name, flags, PRIVATE).map(File::from)
    }
}

/// Whether other users can read or write a file of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Exposed,
    Private,
}

/// Looks at an open file: who can reach it, or why tokens must be neither read from it nor written to it.
pub fn vet(file: &File) -> io::Result<Result<Access, &'static str>> {
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
pub fn refusal(error: &io::Error) -> Option<&'static str> {
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
pub fn is_alive(pid: u32, age: Duration) -> bool {
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
