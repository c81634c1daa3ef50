//! The Python environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::recipe::{empty, is_made, write};
use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

const INSTALL: &str = "install Python 3.11 or newer with its venv module, on Debian: apt-get install python3 python3-venv";

/// Makes a virtual environment with the packages of `compat/requirements.txt`; returns its interpreter.
pub(super) fn set_up(workspace: &Workspace, folder: &Path) -> Result<PathBuf, Failure> {
    let requirements = workspace.read("compat/requirements.txt")?;
    let version = process::output(Command::new("python3").arg("--version"))
        .map_err(|failure| failure.or_hint(INSTALL))?;
    let recipe = version + &requirements;
    let (python, stamp) = (folder.join("bin/python"), folder.join("made-from"));
    if is_made(&stamp, &recipe) {
        return Ok(python);
    }
    empty(folder)?;
    process::run(Command::new("python3").args(["-m", "venv"]).arg(folder))
        .map_err(|failure| failure.or_hint(INSTALL))?;
    process::run(Command::new(&python).current_dir(&workspace.root).args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
        "compat/requirements.txt",
    ]))?;
    write(&stamp, &recipe)?;
    Ok(python)
}
