//! The one spelling of a path.

use std::fs;
use std::path::{self, Component, Path, PathBuf};

/// The path from the root, without `.` and `..`. Links are not followed, apart from those in front of a `..`: a link that
/// always leads to the latest export is one source.
pub(crate) fn full_path(path: &Path) -> String {
    let absolute = path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let parts: Vec<_> = absolute.components().collect();
    let is_up = |part: &Component<'_>| *part == Component::ParentDir;
    let resolved = parts.iter().rposition(is_up).map_or(0, |last| last + 1);
    let (before, behind) = parts.split_at(resolved);
    let before: PathBuf = before.iter().collect();
    let before = match resolved {
        0 => before,
        _ => fs::canonicalize(&before).unwrap_or(before),
    };
    let full = before.join(behind.iter().collect::<PathBuf>());
    full.display().to_string()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(folder.join("2026/11")).unwrap();
        symlink(folder.join("2026/11"), folder.join("latest")).unwrap();
        let of = |name: &str| {
            let full = full_path(&folder.join(name));
            full.strip_prefix(&format!("{}/", folder.display()))
                .unwrap()
                .to_owned()
        };
        for (spelling, expected) in [
            ("rows.csv", "rows.csv"),
            ("./rows.csv", "rows.csv"),
            ("2026//11/./rows.csv", "2026/11/rows.csv"),
            ("2026/11/../rows.csv", "2026/rows.csv"),
            ("2026/11/", "2026/11"),
            // Where the link leads may change.
            ("latest/rows.csv", "latest/rows.csv"),
            // The folder above is that of where it leads.
            ("latest/../rows.csv", "2026/rows.csv"),
        ] {
            assert_eq!(of(spelling), expected, "{spelling}");
        }
        let here = std::env::current_dir().unwrap().join("rows.csv");
        assert_eq!(full_path("rows.csv".as_ref()), here.display().to_string());
    }
}
