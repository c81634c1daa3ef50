//! Every link leads somewhere: from page to page, to a heading, and into the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::failure::Failure;
use crate::workspace::Workspace;

/// Where a reader of the book finds the files of the repository.
const REPOSITORY: [&str; 2] = [
    "https://github.com/msal-rs/msal-rs/blob/main/",
    "https://github.com/msal-rs/msal-rs/tree/main/",
];

/// The files of the repository that people read first.
const FIRST: [&str; 4] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
];

/// What is wrong with the links of the pages, a line each.
pub(super) fn check(workspace: &Workspace, pages: &[(PathBuf, String)]) -> Vec<String> {
    let headings: BTreeMap<&Path, BTreeSet<&str>> = pages
        .iter()
        .map(|(file, html)| (file.as_path(), values(html, "id").collect()))
        .collect();
    let mut wrong = Vec::new();
    for (file, html) in pages {
        let links = values(html, "href").chain(values(html, "src"));
        let broken = links.filter(|link| !leads_somewhere(workspace, file, link, &headings));
        let page = workspace.shown(file);
        wrong.extend(broken.map(|link| format!("{page}: {link} leads nowhere")));
    }
    wrong
}

fn leads_somewhere(
    workspace: &Workspace,
    page: &Path,
    link: &str,
    headings: &BTreeMap<&Path, BTreeSet<&str>>,
) -> bool {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    if let Some(path) = REPOSITORY.iter().find_map(|at| path.strip_prefix(at)) {
        return workspace.root.join(path).exists();
    }
    if path.contains("://") || path.starts_with("data:") || path.starts_with("mailto:") {
        return true;
    }
    let target = match path {
        "" => page.to_owned(),
        path => plain(&page.with_file_name(path)),
    };
    match headings.get(target.as_path()) {
        Some(headings) => heading.is_empty() || headings.contains(heading),
        None => target.is_file(),
    }
}

/// Broken links of Markdown files that are read in the repository.
pub(super) fn of_readme(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let mut broken = Vec::new();
    for file in FIRST {
        let text = workspace.read(file)?;
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = link.split('#').next().unwrap_or_default();
            if !path.contains("://") && !workspace.root.join(path).exists() {
                broken.push(format!("{file}: {link} leads nowhere"));
            }
        }
    }
    Ok(broken)
}

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> impl Iterator<Item = &'a str> {
    let mark = format!(" {attribute}=\"");
    let values = html
        .split(&mark)
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap_or_default());
    values.collect::<Vec<_>>().into_iter()
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The broken links of a page beside another one, in a book of two folders.
    fn broken(link: &str) -> bool {
        let root = tempfile::tempdir().unwrap();
        let workspace = Workspace {
            root: root.path().to_owned(),
            target: root.path().join("target"),
        };
        std::fs::write(root.path().join("README.md"), "").unwrap();
        let page = |path: &str, html: String| (workspace.target.join(path), html);
        let pages = [
            page(
                "flows/here.html",
                format!("<p id=\"top\"><a href=\"{link}\">x</a>"),
            ),
            page("there.html", "<h2 id=\"part-two\">".to_owned()),
        ];
        !check(&workspace, &pages).is_empty()
    }

    #[test]
    fn links_lead_to_pages_headings_and_files() {
        for good in [
            "../there.html",
            "../there.html#part-two",
            "#top",
            "https://login.microsoftonline.com/x",
            "https://github.com/msal-rs/msal-rs/blob/main/README.md",
        ] {
            assert!(!broken(good), "{good}");
        }
        for bad in [
            "there.html",
            "../there.html#part-three",
            "#bottom",
            "../there.md",
            "crate::Error",
            "https://github.com/msal-rs/msal-rs/blob/main/GONE.md",
        ] {
            assert!(broken(bad), "{bad}");
        }
    }

    #[test]
    fn the_readme_leads_to_files_that_are_there() {
        let root = tempfile::tempdir().unwrap();
        for file in FIRST {
            std::fs::write(root.path().join(file), "[a](README.md#x) [b](https://x/y)").unwrap();
        }
        let workspace = Workspace {
            root: root.path().to_owned(),
            target: root.path().join("target"),
        };
        assert_eq!(of_readme(&workspace).unwrap(), [""; 0]);
        std::fs::write(root.path().join("README.md"), "[the book](docs/gone.md)").unwrap();
        assert_eq!(
            of_readme(&workspace).unwrap(),
            ["README.md: docs/gone.md leads nowhere"]
        );
    }
}
