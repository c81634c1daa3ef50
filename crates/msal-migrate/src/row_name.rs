//! What an operator calls a row: its place, with as much of its file's path in front as tells it from others.

use crate::record::Locator;
use crate::source::full_path;

/// Whether `name` is the place of the row, which means a row of the input.
pub(crate) fn is_place(name: &str, locator: &Locator) -> bool {
    before_place(name, locator) == Some("")
}

/// Whether `name` is the place of the row with its file in front, or with an end of the file's path.
pub(crate) fn is_full_name(name: &str, locator: &Locator) -> bool {
    before_place(name, locator).is_some_and(|file| !file.is_empty() && is_end(file, locator.path()))
}

/// What stands in front of the place. The name that the store has for the row may stand behind it.
fn before_place<'a>(name: &'a str, locator: &Locator) -> Option<&'a str> {
    let place = locator.place().to_string();
    let without_key = locator.shown_key().and_then(|key| name.strip_suffix(&*key));
    name.strip_suffix(&place)
        .or_else(|| without_key?.strip_suffix(&place))
}

/// Whether `typed` is `path`, or what it ends in.
fn is_end(typed: &str, path: &str) -> bool {
    if typed == path {
        return true;
    }
    let (mut typed_parts, mut parts) = (parts(typed), parts(path));
    if typed_parts.contains(&"..") {
        return full_path(typed.as_ref()) == path;
    }
    loop {
        match (typed_parts.pop(), parts.pop()) {
            (None, _) => return true,
            (Some(typed), Some(part)) if typed == part => {}
            _ => return false,
        }
    }
}

/// The parts of a path, or of a database's URL without the login. What begins at the root begins with an empty one.
fn parts(path: &str) -> Vec<&str> {
    let (scheme, rest) = match path.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, path),
    };
    let is_root = rest.starts_with(['/', '\\']);
    let names = rest.split(['/', '\\']);
    let names = names.filter(|name| !matches!(*name, "" | "."));
    let names = names.enumerate().map(|(at, name)| match scheme {
        Some(_) if at == 0 => name.rsplit('@').next().unwrap_or_default(),
        _ => name,
    });
    let root = is_root.then_some("");
    scheme.into_iter().chain(root).chain(names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Place;

    fn locator(path: &str) -> Locator {
        Locator::new(&path.into(), Place::Line(12)).with_key("alice")
    }

    #[test]
    fn any_end_of_a_path_names_the_file() {
        let at = locator("/srv/exports/rows.csv");
        for name in [
            "rows.csv:12",
            "./rows.csv:12",
            "exports/rows.csv:12",
            "exports//rows.csv:12",
            "/srv/exports/rows.csv:12",
            "rows.csv:12 (alice)",
        ] {
            assert!(is_full_name(name, &at) && !is_place(name, &at), "{name}");
        }
        for name in [
            ":12",
            ":2",
            "12",
            "ows.csv:12",
            "rows.csv:1",
            "rows.csv:112",
            "rows.csv",
            "/rows.csv:12",
            "/exports/rows.csv:12",
            "other/rows.csv:12",
            "x/srv/exports/rows.csv:12",
            "rows.csv:12 (bob)",
            "alice",
        ] {
            assert!(!is_full_name(name, &at), "{name}");
        }
        assert!(is_place(":12", &at) && is_place(":12 (alice)", &at));
    }

    #[test]
    fn a_database_is_named_without_its_login() {
        let at = locator("postgres://me@db.example:5432/app");
        for name in [
            "app:12",
            "db.example:5432/app:12",
            "postgres://me@db.example:5432/app:12",
        ] {
            assert!(is_full_name(name, &at), "{name}");
        }
        for name in [
            "db.example/app:12",
            "other:12",
            "mysql://me@db.example:5432/app:12",
        ] {
            assert!(!is_full_name(name, &at), "{name}");
        }
    }

    #[test]
    fn what_is_no_path_is_named_as_it_is_called() {
        let at = locator("standard input");
        assert!(is_full_name("standard input:12", &at));
        assert!(!is_full_name("input:12", &at));
    }
}
