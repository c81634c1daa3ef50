//! Files for secrets, in folders that only their user can change: made private, vetted before they are believed,
//! locked, and on the disk when a call returns.
//!
//! A [`Folder`] is opened once, and files are named within it. A file that is opened has been looked at first: it is
//! regular, belongs to this user, has one name, and its [`Access`] says whether other users can reach it. A
//! [`Replacement`] gives a file new content in one step. A [`Lock`] is the operating system's, and belongs to a file that
//! is never deleted: it cannot be left behind by a process that was killed. [`is_alive`] is for the lock files of other
//! programs, which can.
//!
//! All calls block, and need no runtime. `private-file = "0.1"` is 10 packages on Linux.
//!
//! ```
//! use std::{ffi::OsStr, io::Write as _, time::Duration};
//!
//! use private_file::{Folder, Gate, Replacement};
//!
//! # fn main() -> Result<(), private_file::Error> {
//! # let home = tempfile::tempdir().expect("a folder for a test");
//! let folder = Folder::create(&home.path().join("secrets"), &Gate::default())?;
//! let held = folder.lock(OsStr::new("token.lock"), Duration::from_secs(10))?;
//! assert!(held.is_some(), "nobody else held it for ten seconds");
//! Replacement::write(&folder, OsStr::new("token"), |file| file.write_all(b"s3cret"))?.publish()?;
//! folder.sync()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Platforms
//!
//! On Unix a name is resolved within the open folder and no link is followed. On other systems only what the standard
//! library offers is done: links and directories are refused, but owners and permissions are those the folder hands
//! down, and new names are not synced. Both ways are tested on Linux, neither of them elsewhere.

mod access;
mod age;
mod error;
mod folder;
mod gate;
mod lock;
mod os;
mod place;
mod process;
mod replacement;
mod reserve;

pub use self::access::Access;
pub use self::age::{age, touch};
pub use self::error::Error;
pub use self::folder::Folder;
pub use self::gate::Gate;
pub use self::lock::Lock;
pub use self::place::{folder_and_name, parent};
pub use self::process::is_alive;
pub use self::replacement::Replacement;
pub use self::reserve::reserve;
