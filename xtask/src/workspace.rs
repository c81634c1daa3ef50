//! Where things are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// The checkout and the directory that builds go to.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self, Failure> {
        // Cargo says where this run is; what was compiled in may be another checkout with the same target directory.
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&here)
            .parent()
            .ok_or_else(|| Failure::new("xtask is not inside a workspace"))?;
        // This program is TARGET/PROFILE/xtask, however the target directory was chosen.
        let target = std::env::current_exe()
            .ok()
            .and_then(|exe| Some(exe.ancestors().nth(2)?.to_owned()))
            .ok_or_else(|| Failure::new("cannot tell where the target directory is"))?;
        Ok(Self {
            root: root.to_owned(),
            target,
        })
    }

    /// The names of all crates: those in `crates/`, then this one.
    pub(crate) fn crates(&self) -> Result<Vec<String>, Failure> {
        let folder = self.root.join("crates");
        let unreadable = |error: std::io::Error| {
            Failure::new(format!("cannot read {}: {error}", folder.display()))
        };
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if entry.path().join("Cargo.toml").exists() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        names.push("xtask".to_owned());
        Ok(names)
    }

    /// Where a crate lies in the checkout.
    pub(crate) fn folder_of(&self, name: &str) -> PathBuf {
        match name {
            "xtask" => self.root.join(name),
            name => self.root.join("crates").join(name),
        }
    }

    /// The root file of a crate: of its library, or else of its program.
    pub(crate) fn root_of(&self, name: &str) -> PathBuf {
        let source = self.folder_of(name).join("src");
        match source.join("lib.rs") {
            library if library.exists() => library,
            _ => source.join("main.rs"),
        }
    }

    /// The files of a kind below a folder, or the file itself; none where there is nothing.
    pub(crate) fn files_in(&self, place: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
        if !place.is_dir() {
            return Ok(Vec::from_iter(place.exists().then(|| place.to_owned())));
        }
        let unreadable = |error: std::io::Error| {
            Failure::new(format!("cannot read {}: {error}", self.shown(place)))
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(place).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() || path.extension().is_some_and(|its| its == extension) {
                files.extend(self.files_in(&path, extension)?);
            }
        }
        files.sort();
        Ok(files)
    }

    /// A path as one would type it in the checkout.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        inside.display().to_string()
    }

    /// The cargo that runs this program, in the checkout.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Reads a file of the checkout.
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> Result<String, Failure> {
        let path = self.root.join(path);
        fs::read_to_string(&path)
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", self.shown(&path))))
    }
}
