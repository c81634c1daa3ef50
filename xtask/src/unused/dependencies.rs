//! Dependencies that no code names.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::code;
use crate::failure::Failure;
use crate::workspace::Workspace;

/// What is there for its features alone: (crate, dependency, what for).
const UNNAMED: [(&str, &str, &str); 0] = [];

pub(super) fn check(workspace: &Workspace) -> Result<(), Failure> {
    let mut inherited = BTreeSet::new();
    let mut unused = Vec::new();
    for name in workspace.crates()? {
        let manifest = manifest_of(workspace, &name)?;
        let said = Said::of(workspace, &name)?;
        for (kind, dependency) in dependencies(&manifest) {
            if !said.contains(kind, &library_of(workspace, &dependency)?)
                && !is_known(&name, &dependency)
            {
                unused.push(format!("  {name}: {dependency}, of its {kind}"));
            }
            inherited.insert(dependency);
        }
    }
    unused.extend(uninherited(workspace, &inherited)?);
    match unused.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!("no code names\n{}", unused.join("\n"))).or_hint(
            "delete the line; what is needed for its features is named in xtask/src/unused/dependencies.rs",
        )),
    }
}

/// The crates that one crate's code names.
struct Said {
    production: BTreeSet<String>,
    anywhere: BTreeSet<String>,
}

impl Said {
    fn of(workspace: &Workspace, name: &str) -> Result<Self, Failure> {
        let code = code::read(&workspace.root_of(name))?;
        let production = code.foreign_words().into_iter().map(str::to_owned);
        let mut anywhere = BTreeSet::new();
        for file in workspace.files_in(&workspace.folder_of(name), "rs")? {
            let text = workspace.read(&file)?;
            let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            anywhere.extend(words.map(str::to_owned));
        }
        Ok(Self {
            production: production.collect(),
            anywhere,
        })
    }

    fn contains(&self, kind: &str, library: &str) -> bool {
        match kind {
            "dev-dependencies" => self.anywhere.contains(library),
            _ => self.production.contains(library),
        }
    }
}

fn is_known(name: &str, dependency: &str) -> bool {
    UNNAMED
        .iter()
        .any(|(of, unnamed, _)| *of == name && *unnamed == dependency)
}

/// What the workspace lists and no crate inherits.
fn uninherited(
    workspace: &Workspace,
    inherited: &BTreeSet<String>,
) -> Result<Vec<String>, Failure> {
    let manifest = parsed(workspace, "Cargo.toml")?;
    let listed = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"));
    let names = listed
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::keys);
    Ok(names
        .filter(|name| !inherited.contains(*name))
        .map(|name| format!("  the workspace: {name}, which no crate inherits"))
        .collect())
}

/// Every dependency of a manifest with the table it stands in, those of single platforms included.
fn dependencies(manifest: &Table) -> Vec<(&'static str, String)> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let platforms = manifest.get("target").and_then(Value::as_table);
    let platforms = platforms
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    let mut all = Vec::new();
    for table in platforms.chain([manifest]) {
        for kind in KINDS {
            let names = table
                .get(kind)
                .and_then(Value::as_table)
                .into_iter()
                .flat_map(Table::keys);
            all.extend(names.map(|name| (kind, name.clone())));
        }
    }
    all
}

/// The name by which code says a dependency: our crates may call their library otherwise.
fn library_of(workspace: &Workspace, dependency: &str) -> Result<String, Failure> {
    let plain = dependency.replace('-', "_");
    if !workspace.crates()?.iter().any(|name| name == dependency) {
        return Ok(plain);
    }
    let manifest = manifest_of(workspace, dependency)?;
    let library = manifest.get("lib").and_then(|library| library.get("name"));
    Ok(library.and_then(Value::as_str).map_or(plain, str::to_owned))
}

fn manifest_of(workspace: &Workspace, name: &str) -> Result<Table, Failure> {
    let path = workspace.folder_of(name).join("Cargo.toml");
    parsed(workspace, &workspace.shown(&path))
}

fn parsed(workspace: &Workspace, path: &str) -> Result<Table, Failure> {
    workspace
        .read(path)?
        .parse()
        .map_err(|error| Failure::new(format!("cannot read {path}: {error}")))
}
