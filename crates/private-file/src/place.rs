//! A path, taken apart.

use std::{ffi::OsStr, path::Path};

use crate::error::Error;

/// The folder a file is in and its name there.
///
/// # Errors
/// [`Error::Refused`] when the path ends in no name, as `/` and `..` do.
pub fn folder_and_name(path: &Path) -> Result<(&Path, &OsStr), Error> {
    parent(path)
        .zip(path.file_name())
        .ok_or_else(|| Error::Refused {
            path: path.into(),
            reason: "it is a directory",
        })
}

/// The folder that `path` is in: the current one for a single name, none for the root.
pub fn parent(path: &Path) -> Option<&Path> {
    let parent = path.parent()?;
    Some(if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_name_is_in_the_current_folder() {
        let (folder, name) = folder_and_name(Path::new("token")).unwrap();
        assert_eq!((folder, name), (Path::new("."), OsStr::new("token")));
        let (folder, name) = folder_and_name(Path::new("/a/token")).unwrap();
        assert_eq!((folder, name), (Path::new("/a"), OsStr::new("token")));
    }

    #[test]
    fn a_path_without_a_name_is_refused() {
        for path in ["/", "..", ""] {
            let error = folder_and_name(Path::new(path)).unwrap_err();
            assert!(matches!(error, Error::Refused { .. }), "{path:?}: {error}");
        }
    }
}
