//! mdBook itself: a program of this version, in the target directory and in no dependency graph of ours.

use std::process::Command;

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

const VERSION: &str = "0.5.4";

/// mdBook, in the checkout. The first use on a machine compiles it, with the versions of its own lock file, without what
/// serves and watches, and unoptimised: that takes a minute of processor time, and a book of this size half a second.
pub(super) fn installed(workspace: &Workspace) -> Result<Command, Failure> {
    let tools = workspace.target.join("tools");
    let program = tools
        .join("bin/mdbook")
        .with_extension(std::env::consts::EXE_EXTENSION);
    let version = Command::new(&program).arg("--version").output();
    let is_it = |said: &[u8]| String::from_utf8_lossy(said).trim() == format!("mdbook v{VERSION}");
    if !version.is_ok_and(|output| is_it(&output.stdout)) {
        let package = format!("mdbook@{VERSION}");
        let install = [
            "install",
            &package,
            "--locked",
            "--quiet",
            "--force",
            "--debug",
            "--no-default-features",
            "--features",
            "search",
            "--root",
        ];
        // Its packages are built in a temporary folder, and none of them stays.
        let mut cargo = workspace.cargo();
        cargo
            .env_remove("CARGO_TARGET_DIR")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .args(install);
        process::run(cargo.arg(&tools))?;
    }
    let mut mdbook = Command::new(program);
    mdbook.current_dir(&workspace.root);
    Ok(mdbook)
}
