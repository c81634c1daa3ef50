//! Whoever uses `msal` needs no other crate to name what its signatures say: it hands on each type of the core and each
//! crate that stands in them.
//!
//! Its own types are left to the compiler, whose lint `unnameable_types` sees them.

use std::collections::BTreeMap;

use crate::code::{self, Code, Mention, Named, Spoken};
use crate::failure::Failure;
use crate::workspace::Workspace;

/// The crate that hands on, and the one below whose types it hands on one by one.
const LIBRARY: &str = "msal-client";
const BELOW: &str = "msal-core";

pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let [library, below] = [LIBRARY, BELOW].map(|name| code::read(&workspace.root_of(name)));
    let (library, below) = (library?, below?);
    let handed_on = HandedOn::by(&library);
    let mut missing = Vec::new();
    for (code, is_below) in [(&library, false), (&below, true)] {
        for (id, module) in code.modules.iter().enumerate() {
            let file = workspace.shown(&module.file);
            for Spoken { owner, mentions } in &module.spoken {
                let is_seen = match is_below {
                    true => handed_on.has_below(owner),
                    false => code.offers(owner),
                };
                let can_be_named = |path: &[String]| match code.named_by(id, path) {
                    Named::Foreign(path) => handed_on.has_foreign(&path),
                    // What is not public is no more than a help to convert from.
                    Named::Own(name) => {
                        !is_below || handed_on.has_below(&name) || !code.offers(&name)
                    }
                    Named::Word => true,
                };
                for Mention { path, line } in mentions.iter().filter(|_| is_seen) {
                    if !can_be_named(path) {
                        let name = path.join("::");
                        missing.push(format!("  {file}:{line} {owner} says {name}"));
                    }
                }
            }
        }
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "what these signatures say cannot be named by {LIBRARY} alone\n{}",
            missing.join("\n")
        ))
        .or_hint(format!("hand it on in the root of {LIBRARY}"))),
    }
}

/// Names that the root of a crate hands on, with the paths that they stand for.
struct HandedOn<'a>(BTreeMap<&'a str, &'a [String]>);

impl<'a> HandedOn<'a> {
    fn by(library: &'a Code) -> Self {
        let root = library.modules.first();
        let names = root.into_iter().flat_map(|root| &root.handed_on);
        Self(
            names
                .map(|(name, path)| (name.as_str(), path.as_slice()))
                .collect(),
        )
    }

    fn has_below(&self, name: &str) -> bool {
        let below = BELOW.replace('-', "_");
        self.0
            .values()
            .any(|path| matches!(path, [from, what] if *from == below && what == name))
    }

    /// The whole crate, or this path of it.
    fn has_foreign(&self, path: &[String]) -> bool {
        const LANGUAGE: [&str; 3] = ["alloc", "core", "std"];
        path.first()
            .is_some_and(|from| LANGUAGE.contains(&from.as_str()))
            || self.0.values().any(|handed_on| path.starts_with(handed_on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a library and the crate below it.
    fn said_of(library: &str, below: &str) -> Option<String> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in [(LIBRARY, library), (BELOW, below)] {
            let folder = root.path().join("crates").join(name).join("src");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("lib.rs"), text).unwrap();
        }
        let workspace = Workspace {
            root: root.path().to_owned(),
            target: root.path().join("target"),
        };
        check(&workspace).err().map(|failure| failure.to_string())
    }

    #[test]
    fn a_type_of_another_crate_is_handed_on_or_found() {
        let function = "pub fn f(_: Option<other::Thing>) {}";
        let said = said_of(function, "").unwrap();
        assert!(said.contains("src/lib.rs:1 f says other::Thing"), "{said}");
        for handed_on in [
            "pub use other;",
            "pub use other::Thing;",
            "pub use ::other;",
        ] {
            assert_eq!(said_of(&format!("{handed_on} {function}"), ""), None);
        }
        let kept = format!("pub(crate) use other::Thing as T; {function}");
        assert!(said_of(&kept, "").is_some());
    }

    #[test]
    fn fields_bounds_traits_and_associated_types_are_signatures() {
        for item in [
            "pub struct S { pub field: Thing }",
            "pub struct S<T: Thing>(T);",
            "pub enum E { A { field: Thing } }",
            "pub type T = Vec<Thing>;",
            "pub trait T: Thing {}",
            "pub trait T { fn f(&self) -> Thing; }",
            "pub struct S; impl S { pub fn f() -> impl Iterator<Item = Thing> { todo!() } }",
            "pub struct S; impl From<Thing> for S { fn from(_: Thing) -> Self { Self } }",
            "pub struct S; impl Deref for S { type Target = Thing; }",
        ] {
            let library = format!("mod inner {{ use other::Thing; {item} }}");
            assert!(said_of(&library, "").is_some(), "{item}");
        }
    }

    #[test]
    fn what_nobody_outside_sees_says_nothing() {
        for item in [
            "fn f(_: Thing) {}",
            "pub(crate) fn f(_: Thing) {}",
            "pub struct S { field: Thing }",
            "pub struct S; impl S { fn f(_: Thing) {} }",
            "struct S; impl From<Thing> for S { fn from(_: Thing) -> Self { Self } }",
            "pub struct S; impl IntoFuture for S { type Output = u8; type IntoFuture = Ready<Self::Output>; }",
            "pub fn f() { let _: Thing; }",
            "#[cfg(test)] pub fn f(_: Thing) {}",
        ] {
            assert_eq!(
                said_of(&format!("use other::Thing; {item}"), ""),
                None,
                "{item}"
            );
        }
    }

    #[test]
    fn types_below_are_named_where_a_type_that_is_handed_on_says_them() {
        let below = "pub struct Shown; impl Shown { pub fn inner(&self) -> Inner { Inner } } pub struct Inner; \
            pub fn kept(_: other::Thing) {}";
        let said = said_of("pub use msal_core::Shown;", below).unwrap();
        assert!(said.contains("Shown says Inner"), "{said}");
        assert!(!said.contains("kept"), "{said}");
        assert_eq!(said_of("pub use msal_core::{Inner, Shown};", below), None);
    }
}
