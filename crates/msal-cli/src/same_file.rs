//! Whether two names that somebody typed lead to one file.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// Whether two names lead to one file. Links are followed to the end: of two files that are one, neither may be written.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    resolved(one) == resolved(other)
}

/// The path without links, `.` and `..`, as far as it exists. What is missing would be made under the names given.
fn resolved(path: &Path) -> PathBuf {
    let mut found = std::path::absolute(path).unwrap_or_else(|_unknown| path.to_owned());
    let mut missing: Vec<OsString> = Vec::new();
    let mut base = loop {
        if let Ok(base) = found.canonicalize() {
            break base;
        }
        match found.components().next_back() {
            Some(Component::ParentDir) => missing.push("..".into()),
            Some(Component::Normal(name)) => missing.push(name.to_owned()),
            _ => break found,
        }
        found.pop();
    };
    for name in missing.iter().rev() {
        match name == ".." {
            true => drop(base.pop()),
            false => base.push(name),
        }
    }
    base
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn one_file_is_recognised_by_whatever_name() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        fs::create_dir(home.join("real")).unwrap();
        fs::write(home.join("real/file"), "").unwrap();
        symlink("real", home.join("link")).unwrap();
        symlink("real/file", home.join("to-file")).unwrap();
        symlink("nowhere", home.join("dangling")).unwrap();
        for (one, other, same) in [
            ("real/file", "link/file", true),
            ("real/file", "to-file", true),
            ("real/new", "link/../real/./new", true),
            ("real/new", "real/deep/../new", true),
            ("real/new", "real/other", false),
            ("real/new", "new", false),
            ("dangling", "nowhere", false),
        ] {
            assert_eq!(
                is_same(&home.join(one), &home.join(other)),
                same,
                "{one} {other}"
            );
        }
    }
}
