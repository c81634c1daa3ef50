//! Files and folders for secrets: made private, vetted before they are believed, locked, durable.
#![expect(
    missing_docs,
    clippy::exhaustive_enums,
    clippy::missing_errors_doc,
    reason = "moved as they were; the next change gives them their public form"
)]

mod gate;
mod lock;
mod os;

use std::{io, path::Path};

pub use self::{
    gate::Gate,
    lock::{OwnLock, lock_within},
    os::{Access, Folder, is_alive, refusal, vet},
};

/// What hands the pieces of a file's content to the function that writes them.
pub type Content<'a> = &'a mut dyn FnMut(&mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()>;

/// The folder that `path` is in, a single name being in the current one.
pub fn parent(path: &Path) -> Option<&Path> {
    let parent = path.parent()?;
    Some(if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    })
}
