//! The Node environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::recipe::{empty, is_made, write};
use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// What @azure/msal-node 7 asks for.
const OLDEST: u32 = 20;

/// Installs the packages of `compat/package-lock.json`; returns the folder that Node finds them in.
pub(super) fn set_up(workspace: &Workspace, folder: &Path) -> Result<PathBuf, Failure> {
    let manifest = workspace.read("compat/package.json")?;
    let lock = workspace.read("compat/package-lock.json")?;
    let version = version()?;
    let recipe = format!("{version}{manifest}{lock}");
    let (modules, stamp) = (folder.join("node_modules"), folder.join("made-from"));
    if is_made(&stamp, &recipe) {
        return Ok(modules);
    }
    empty(folder)?;
    write(&folder.join("package.json"), &manifest)?;
    write(&folder.join("package-lock.json"), &lock)?;
    let quiet = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel",
        "error",
    ];
    process::run(Command::new("npm").args(quiet).current_dir(folder))
        .map_err(|failure| failure.or_hint(install()))?;
    build(folder)?;
    write(&stamp, &recipe)?;
    Ok(modules)
}

/// Runs the script of the one package that needs it: it fetches its library, or compiles it, which is done in a third of the
/// time unoptimised, and with the headers that came with Node where they did.
fn build(folder: &Path) -> Result<(), Failure> {
    let mut npm = Command::new("npm");
    npm.args(["rebuild", "better-sqlite3", "--loglevel", "error"])
        .envs([("CFLAGS", "-O0"), ("CXXFLAGS", "-O0"), ("JOBS", "max")])
        .current_dir(folder);
    let node = process::output(Command::new("node").args(["--print", "process.execPath"]))?;
    let home = Path::new(node.trim()).ancestors().nth(2);
    if let Some(home) = home.filter(|home| home.join("include/node/node.h").exists()) {
        npm.env("npm_config_nodedir", home);
    }
    let packages =
        "where there is no library to fetch, on Debian: apt-get install g++ make python3";
    process::run(&mut npm).map_err(|failure| failure.or_hint(packages))
}

/// What `node --version` prints, provided it is new enough.
fn version() -> Result<String, Failure> {
    let version = process::output(Command::new("node").arg("--version"))
        .map_err(|failure| failure.or_hint(install()))?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    if major.is_some_and(|major: u32| major >= OLDEST) {
        return Ok(version);
    }
    Err(Failure::new(format!("node is {}, which is too old", version.trim())).or_hint(install()))
}

fn install() -> String {
    format!(
        "install Node.js {OLDEST} or newer with npm, on Debian 12 from nodejs.org or a backport"
    )
}
