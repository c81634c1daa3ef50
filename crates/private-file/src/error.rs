//! What was found wrong with a file or folder.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::os;

/// Why a file or folder was not used.
///
/// Never holds a byte of a file.
#[derive(Debug, thiserror::Error)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a user who has its own errors translates every one of these"
)]
pub enum Error {
    /// A call to the system failed.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was being done: a verb, as in "cannot open".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// What stands there must not be trusted with a secret: a link, a directory, a file of somebody else.
    #[error("{} cannot hold a secret: {reason}", .path.display())]
    Refused {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, as in "it is a directory".
        reason: &'static str,
    },
}

impl Error {
    /// Tells what was refused from what failed, by what the system said.
    pub(crate) fn new(action: &'static str, path: PathBuf, source: io::Error) -> Self {
        match os::refusal(&source) {
            Some(reason) => Self::Refused { path, reason },
            None => Self::Io {
                action,
                path,
                source,
            },
        }
    }

    /// The file or folder.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. } | Self::Refused { path, .. } => path,
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_is_tells_a_refusal_from_a_failure() {
        let error = |kind: io::ErrorKind| Error::new("open", "/t/token".into(), kind.into());
        let denied = error(io::ErrorKind::PermissionDenied);
        assert_eq!(denied.to_string(), "cannot open /t/token");
        let system = io::Error::from_raw_os_error(21);
        assert_eq!(system.kind(), io::ErrorKind::IsADirectory);
        let refused = Error::new("open", "/t/token".into(), system);
        assert_eq!(
            refused.to_string(),
            "/t/token cannot hold a secret: it is a directory"
        );
        assert_eq!(refused.path(), Path::new("/t/token"));
    }
}
