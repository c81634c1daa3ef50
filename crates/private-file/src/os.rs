//! What is asked of the operating system.

#[cfg(not(unix))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use self::portable::{Access, Folder, is_alive, refusal, vet};
#[cfg(unix)]
pub use self::unix::{Access, Folder, is_alive, refusal, vet};
