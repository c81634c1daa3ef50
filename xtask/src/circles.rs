//! No circle of files: a file that takes something from another one gives nothing back to it, by whatever way round.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use crate::code::{self, Code};
use crate::failure::Failure;
use crate::workspace::Workspace;

/// Checks every crate, the project's chores among them, and tells the shortest circle of each.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let mut told = String::new();
    for name in workspace.crates()? {
        let arrows = Arrows::of(&code::read(&workspace.root_of(&name))?);
        if let Some(circle) = arrows.shortest_circle() {
            told.push('\n');
            told.push_str(&circle.told(workspace));
        }
    }
    match told.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!("files lead in a circle:{told}"))
            .or_hint("move what both need into a file of its own, below both")),
    }
}

/// Which file names what of which other file.
#[derive(Debug, Default)]
struct Arrows(BTreeMap<PathBuf, BTreeMap<PathBuf, Arrow>>);

/// The first place where one file names something of another.
#[derive(Clone, Debug)]
struct Arrow {
    line: usize,
    name: String,
}

/// Files of which each names something of the next, and the last of the first.
#[derive(Debug)]
struct Circle(Vec<(PathBuf, Arrow)>);

impl Arrows {
    fn of(code: &Code) -> Self {
        let mut arrows = Self::default();
        for (id, module) in code.modules.iter().enumerate() {
            for mention in &module.mentions {
                let Some(to) = code.file_named_by(id, mention) else {
                    continue;
                };
                let arrow = Arrow {
                    line: mention.line,
                    name: mention.path.join("::"),
                };
                let from = arrows.0.entry(module.file.clone()).or_default();
                from.entry(to.to_owned())
                    .and_modify(|first| {
                        if arrow.line < first.line {
                            *first = arrow.clone();
                        }
                    })
                    .or_insert(arrow);
            }
        }
        arrows
    }

    fn shortest_circle(&self) -> Option<Circle> {
        let circles = self.0.keys().filter_map(|file| self.way_back_to(file));
        circles.min_by_key(|circle| circle.0.len())
    }

    /// The shortest way from `start` to itself, by breadth.
    fn way_back_to(&self, start: &Path) -> Option<Circle> {
        let mut came_from: BTreeMap<&Path, &Path> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(file) = queue.pop_front() {
            for next in self.0.get(file).into_iter().flat_map(BTreeMap::keys) {
                if next == start {
                    return Some(self.circle(start, file, &came_from));
                }
                if !came_from.contains_key(next.as_path()) {
                    came_from.insert(next, file);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    fn circle(&self, start: &Path, last: &Path, came_from: &BTreeMap<&Path, &Path>) -> Circle {
        let mut files = vec![last];
        while let Some(before) = files.last().and_then(|file| came_from.get(file)) {
            if files.last() == Some(&start) {
                break;
            }
            files.push(before);
        }
        files.reverse();
        let next = files.iter().cycle().skip(1);
        let steps = files.iter().zip(next).filter_map(|(from, to)| {
            let arrow = self.0.get(*from)?.get(*to)?;
            Some((from.to_path_buf(), arrow.clone()))
        });
        Circle(steps.collect())
    }
}

impl Circle {
    fn told(&self, workspace: &Workspace) -> String {
        let place = |file: &Path| workspace.shown(file);
        let next = self.0.iter().cycle().skip(1);
        let steps = self.0.iter().zip(next).map(|((from, arrow), (to, _))| {
            let Arrow { name, line } = arrow;
            format!("  {}:{line} names {name} of {}", place(from), place(to))
        });
        steps.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A crate in a folder of its own, from (path, text) pairs.
    fn circle_in(files: &[(&str, &str)]) -> Option<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let code = code::read(&folder.path().join("lib.rs")).unwrap();
        let circle = Arrows::of(&code).shortest_circle()?;
        let shown = |(file, arrow): &(PathBuf, Arrow)| {
            let file = file.strip_prefix(folder.path()).unwrap();
            format!("{} {}", file.display(), arrow.name)
        };
        Some(circle.0.iter().map(shown).collect())
    }

    const ROOT: (&str, &str) = ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;");

    #[test]
    fn files_that_name_each_other_are_a_circle() {
        let a = ("a.rs", "use crate::b::B; pub struct A(B);");
        let b = ("b.rs", "pub struct B(Option<Box<super::a::A>>);");
        let circle = circle_in(&[ROOT, a, b]).unwrap();
        assert_eq!(circle, ["a.rs crate::b::B", "b.rs super::a::A"]);
    }

    #[test]
    fn one_direction_is_no_circle() {
        let a = ("a.rs", "use crate::b::B; pub struct A(B);");
        let b = ("b.rs", "pub struct B;");
        assert_eq!(circle_in(&[ROOT, a, b]), None);
    }

    #[test]
    fn a_name_that_is_handed_on_leads_to_the_file_that_defines_it() {
        let a = ("a.rs", "pub struct A(crate::B);");
        let b = ("b.rs", "use crate::A; pub struct B(Option<Box<A>>);");
        let circle = circle_in(&[ROOT, a, b]).unwrap();
        assert_eq!(circle, ["a.rs crate::B", "b.rs crate::A"]);
    }

    #[test]
    fn a_module_and_its_child_are_two_files() {
        let root = ("lib.rs", "mod a;");
        let a = (
            "a.rs",
            "mod inner; pub fn out() { inner::deep() } pub struct Shared;",
        );
        let inner = (
            "a/inner.rs",
            "use super::*; pub fn deep() { let _ = Shared; }",
        );
        let circle = circle_in(&[root, a, inner]).unwrap();
        assert_eq!(circle, ["a/inner.rs Shared", "a.rs inner::deep"]);
    }

    #[test]
    fn a_longer_circle_is_found_through_macros_and_other_names() {
        let root = ("lib.rs", "mod a; mod b; mod c;");
        let a = (
            "a.rs",
            "use crate::b as other; pub fn a() { assert!(other::b()); }",
        );
        let b = ("b.rs", "pub fn b() -> bool { use super::c::c; c() }");
        let c = (
            "c.rs",
            "pub fn c() -> bool { vec![crate::a::a()].is_empty() }",
        );
        let circle = circle_in(&[root, a, b, c]).unwrap();
        assert_eq!(
            circle,
            ["a.rs other::b", "b.rs super::c::c", "c.rs crate::a::a"]
        );
    }

    #[test]
    fn tests_may_look_back() {
        let a = ("a.rs", "use crate::b::B; pub struct A(B);");
        let b = (
            "b.rs",
            "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }",
        );
        assert_eq!(circle_in(&[ROOT, a, b]), None);
    }
}
