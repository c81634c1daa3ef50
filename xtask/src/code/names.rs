//! What a path leads to. Imports and re-exports are followed to the module that defines the item.

use std::path::Path;

use super::mentions::Mention;
use super::module::{Code, Meaning, ModuleId};

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// An item that is defined in this module.
    Item(ModuleId),
    Module(ModuleId),
}

impl Code {
    /// The file in which the item is defined that `mention` names, when it is another file of this crate.
    pub(crate) fn file_named_by(&self, from: ModuleId, mention: &Mention) -> Option<&Path> {
        let Target::Item(module) = follow(self, from, &mention.path, DEPTH)? else {
            return None;
        };
        let file = self.modules.get(module)?.file.as_path();
        (file != self.modules.get(from)?.file).then_some(file)
    }
}

/// What a path names, seen from other crates.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// The path from the root of another crate.
    Foreign(Vec<String>),
    /// An item of this crate.
    Own(String),
    /// A name of the language, or of a type parameter or an associated type.
    Word,
}

impl Code {
    /// What `path` names in the module `from`.
    pub(crate) fn named_by(&self, from: ModuleId, path: &[String]) -> Named {
        let own = |path: &[String]| {
            let target = follow(self, from, path, DEPTH)?;
            let name = path.last()?.clone();
            matches!(target, Target::Item(_)).then_some(Named::Own(name))
        };
        let scope = self.modules.get(from);
        let meanings = path.first().and_then(|word| scope?.names.get(word));
        let imported = meanings
            .into_iter()
            .flatten()
            .find_map(|meaning| match meaning {
                Meaning::Import(import) => Some(import.iter().chain(path.iter().skip(1)).cloned()),
                _ => None,
            });
        let path = imported.map_or_else(|| path.to_vec(), Iterator::collect);
        match (own(&path), path.as_slice()) {
            (Some(named), _) => named,
            (None, [] | [_]) => Named::Word,
            (None, [first, ..]) if first == "Self" => Named::Word,
            // A macro has made it.
            (None, [first, .., name]) if ["crate", "self", "super"].contains(&first.as_str()) => {
                Named::Own(name.clone())
            }
            (None, _) => Named::Foreign(path),
        }
    }
}

/// `None` for what is not of this crate.
fn follow(code: &Code, from: ModuleId, path: &[String], depth: usize) -> Option<Target> {
    let depth = depth.checked_sub(1)?;
    let mut target = Target::Module(from);
    for (place, name) in path.iter().enumerate() {
        // What stands behind an item is a part of it: a variant, an associated function.
        let Target::Module(module) = target else {
            return Some(target);
        };
        target = match (name.as_str(), place) {
            ("crate", 0) => Target::Module(0),
            ("self", 0) => target,
            ("super", _) => Target::Module(code.modules.get(module)?.parent?),
            _ => member(code, module, name, place + 1 < path.len(), depth)?,
        };
    }
    Some(target)
}

/// What `name` stands for in `module`. `is_prefix` says that more of a path follows, which prefers a module to an item
/// of the same name.
fn member(
    code: &Code,
    module: ModuleId,
    name: &str,
    is_prefix: bool,
    depth: usize,
) -> Option<Target> {
    let scope = code.modules.get(module)?;
    let meanings = scope.names.get(name).map_or(&[][..], Vec::as_slice);
    let mut targets = meanings.iter().filter_map(|meaning| match meaning {
        Meaning::Item => Some(Target::Item(module)),
        Meaning::Module(child) => Some(Target::Module(*child)),
        Meaning::Import(path) => follow(code, module, path, depth),
    });
    let preferred = |target: &Target| matches!(target, Target::Module(_)) == is_prefix;
    let first = targets.next();
    match first.filter(preferred).or_else(|| targets.find(preferred)) {
        Some(target) => Some(target),
        None => first.or_else(|| from_globs(code, module, name, is_prefix, depth)),
    }
}

fn from_globs(
    code: &Code,
    module: ModuleId,
    name: &str,
    is_prefix: bool,
    depth: usize,
) -> Option<Target> {
    let depth = depth.checked_sub(1)?;
    let globs = &code.modules.get(module)?.globs;
    globs
        .iter()
        .find_map(|path| match follow(code, module, path, depth)? {
            Target::Module(of) if of != module => member(code, of, name, is_prefix, depth),
            _ => None,
        })
}

/// How many imports are followed for one path; more mean that they lead in a circle.
const DEPTH: usize = 32;
