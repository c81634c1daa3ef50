//! Modules, what they define, and what they say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::mentions::Mention;
use super::signatures::Spoken;

/// A crate: its modules, the root first.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) modules: Vec<Module>,
}

impl Code {
    /// Whether something of this name is declared `pub` without a restriction.
    pub(crate) fn offers(&self, name: &str) -> bool {
        let mut public = self.modules.iter().flat_map(|module| &module.public);
        public.any(|public| public.name == name)
    }

    /// The first words of paths that are no names of this crate: other crates are among them.
    pub(crate) fn foreign_words(&self) -> BTreeSet<&str> {
        let modules = self.modules.iter();
        let words = modules.flat_map(|module| {
            let words = module.first_words.iter().map(String::as_str);
            words.filter(|word| !module.names.contains_key(*word) || module.imports(word))
        });
        words.collect()
    }
}

/// The number of a module in its crate.
pub(crate) type ModuleId = usize;

/// One module, inline or in a file of its own.
#[derive(Debug)]
pub(crate) struct Module {
    /// The file it is written in.
    pub(crate) file: PathBuf,
    pub(super) parent: Option<ModuleId>,
    pub(super) names: BTreeMap<String, Vec<Meaning>>,
    /// The paths of `use path::*`.
    pub(super) globs: Vec<Vec<String>>,
    pub(crate) mentions: Vec<Mention>,
    /// What it hands on: names, and the paths that they stand for.
    pub(crate) handed_on: BTreeMap<String, Vec<String>>,
    /// What its public signatures say.
    pub(crate) spoken: Vec<Spoken>,
    /// The first word of every path, imports included: crates are among them.
    pub(super) first_words: BTreeSet<String>,
    /// Every word of its code, `use` declarations left out, with how often it stands there.
    pub(crate) words: BTreeMap<String, usize>,
    /// The words that stand there as the declaration of a public field or variant.
    pub(crate) declared_within: BTreeMap<String, usize>,
    /// What it offers to whoever can reach it.
    pub(crate) public: Vec<PublicName>,
    /// The text of its documentation.
    pub(crate) documentation: String,
}

impl Module {
    /// Whether the name is only an import, which may be that of a crate.
    fn imports(&self, name: &str) -> bool {
        let mut meanings = self.names.get(name).into_iter().flatten();
        meanings.all(|meaning| matches!(meaning, Meaning::Import(_)))
    }
}

/// Something that is declared `pub` without a restriction.
#[derive(Debug)]
pub(crate) struct PublicName {
    pub(crate) name: String,
    pub(crate) line: usize,
}

/// What a name stands for in a module. A name may stand for a module and for an item at once.
#[derive(Debug)]
pub(super) enum Meaning {
    Item,
    Module(ModuleId),
    Import(Vec<String>),
}
