//! Nothing dead: what the compiler cannot tell, because it sees one crate at a time.

mod dependencies;
mod names;

use crate::failure::Failure;
use crate::workspace::Workspace;

/// Checks that every dependency is named by the code it is for, and every public name by somebody.
pub(crate) fn check(workspace: &Workspace) -> Result<(), Failure> {
    names::check(workspace)?;
    dependencies::check(workspace)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the check says of a workspace with one crate of ours, besides the chores, which are empty.
    fn said_of(manifest: &str, library: &str) -> Option<String> {
        let root = tempfile::tempdir().unwrap();
        let files = [
            ("Cargo.toml", "[workspace.dependencies]\nlisted = \"1\""),
            ("README.md", "```rust\nours::said_in_the_readme();\n```"),
            ("xtask/Cargo.toml", "[dependencies]\nlisted = \"1\""),
            ("xtask/src/main.rs", "use listed as _; fn main() {}"),
            ("crates/ours/Cargo.toml", manifest),
            ("crates/ours/src/lib.rs", library),
        ];
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let workspace = Workspace {
            root: root.path().to_owned(),
            target: root.path().join("target"),
        };
        check(&workspace).err().map(|failure| failure.to_string())
    }

    #[test]
    fn a_dependency_that_no_code_names_is_found() {
        let manifest = "[dependencies]\nnever-named = \"1\"";
        let said = said_of(manifest, "").unwrap();
        assert!(
            said.contains("ours: never-named, of its dependencies"),
            "{said}"
        );
        for use_of_it in [
            "use never_named::X;",
            "fn f() { never_named::x() }",
            "pub use never_named::X;",
        ] {
            assert_eq!(said_of(manifest, use_of_it), None, "{use_of_it}");
        }
    }

    #[test]
    fn what_only_tests_name_is_a_dependency_of_tests() {
        let tests = "#[cfg(test)] mod tests { use listed::X; }";
        let said = said_of("[dependencies]\nlisted = \"1\"", tests).unwrap();
        assert!(said.contains("ours: listed, of its dependencies"), "{said}");
        assert_eq!(said_of("[dev-dependencies]\nlisted = \"1\"", tests), None);
    }

    #[test]
    fn a_module_is_not_a_crate_of_the_same_name() {
        let library = "mod listed { pub(crate) fn x() {} } fn f() { listed::x() }";
        let said = said_of("[dependencies]\nlisted = \"1\"", library).unwrap();
        assert!(said.contains("ours: listed, of its dependencies"), "{said}");
    }

    #[test]
    fn a_public_name_that_only_tests_say_is_found() {
        let library = "pub fn planted() {} #[cfg(test)] mod tests { fn t() { super::planted() } }";
        let said = said_of("", library).unwrap();
        assert!(said.contains("crates/ours/src/lib.rs:1 planted"), "{said}");
    }

    #[test]
    fn methods_constants_fields_and_variants_are_looked_for_as_well() {
        let library = "pub struct S { pub planted_field: u8 } pub enum E { PlantedVariant } \
            impl S { pub const PLANTED: u8 = 1; pub fn planted(&self) {} } fn f(_: S, _: E) {}";
        let said = said_of("", library).unwrap();
        for name in ["planted_field", "PlantedVariant", "PLANTED", "planted"] {
            assert!(said.contains(&format!(" {name}")), "{name}: {said}");
        }
    }

    #[test]
    fn what_code_or_an_example_says_is_used() {
        let library = "/// ```\n/// ours::said_in_an_example();\n/// ```\npub fn said_in_an_example() { said_in_code() } \
            pub fn said_in_code() {} pub fn said_in_the_readme() {}";
        assert_eq!(said_of("", library), None);
    }
}
