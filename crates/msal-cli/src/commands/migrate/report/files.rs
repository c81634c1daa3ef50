//! What a report calls the files whose rows it is about.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// All files of a report, by their paths.
#[derive(Debug, Default)]
pub(super) struct Files(HashSet<Arc<str>>);

impl Files {
    /// Takes note of a file.
    pub(super) fn note(&mut self, path: &str) -> Arc<str> {
        if let Some(known) = self.0.get(path) {
            return Arc::clone(known);
        }
        let new: Arc<str> = path.into();
        self.0.insert(Arc::clone(&new));
        new
    }

    /// What each is called: by its path, or, where no names of users are shown, by as much of the path's end as tells it from
    /// the others: folders are called like people. Where a store keeps one file per user, a file is called like them, and has
    /// no name then.
    pub(super) fn names(&self, show_users: bool) -> HashMap<Arc<str>, Arc<str>> {
        let mut paths_with: HashMap<&str, usize> = HashMap::new();
        for end in self.0.iter().flat_map(|path| ends(path)) {
            *paths_with.entry(end).or_default() += 1;
        }
        let own = |path: &Arc<str>| -> Arc<str> {
            let mut ends = ends(path);
            let end = ends.find(|end| paths_with.get(end) == Some(&1));
            let end = end.unwrap_or(path);
            let is_somebody = end.contains('@') || end.to_ascii_lowercase().contains("%40");
            if is_somebody { "" } else { end }.into()
        };
        let name = |path: &Arc<str>| match show_users {
            true => Arc::clone(path),
            false => own(path),
        };
        let names = self.0.iter().map(|path| (Arc::clone(path), name(path)));
        names.collect()
    }
}

/// What a path ends in, the shortest first.
fn ends(path: &str) -> impl Iterator<Item = &str> {
    let separators = path.rmatch_indices(['/', '\\']);
    let behind = separators.map(|(at, _)| &path[at + 1..]);
    behind.chain([path]).filter(|end| !end.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(paths: [&str; N], show_users: bool) -> [String; N] {
        let mut files = Files::default();
        let paths = paths.map(|path| files.note(path));
        let names = files.names(show_users);
        paths.map(|path| names[&path].to_string())
    }

    #[test]
    fn a_file_is_called_by_what_tells_it_from_the_others() {
        assert_eq!(names(["/srv/exports/t.csv"], false), ["t.csv"]);
        assert_eq!(
            names(["/srv/a/t.csv", "/srv/b/t.csv", "/srv/b/u.csv"], false),
            ["a/t.csv", "b/t.csv", "u.csv"]
        );
        assert_eq!(
            names(["t.csv", "/srv/t.csv"], false),
            ["t.csv", "srv/t.csv"]
        );
        assert_eq!(names(["/a/at.csv", "/a/t.csv"], false), ["at.csv", "t.csv"]);
        assert_eq!(
            names(["postgres://me@db.example/app", "t.csv"], false),
            ["app", "t.csv"]
        );
        assert_eq!(names(["C:\\exports\\t.csv"], false), ["t.csv"]);
    }

    #[test]
    fn a_file_that_is_called_like_somebody_has_a_name_only_where_users_have() {
        for path in [
            "/srv/alice@contoso.example",
            "/srv/alice%40contoso.example.json",
        ] {
            assert_eq!(names([path], false), [""]);
            assert_eq!(names([path], true), [path]);
        }
    }
}
