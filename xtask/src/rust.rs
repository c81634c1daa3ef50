//! The steps that cargo does.

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// Features that are switched off somewhere: (crate, arguments).
const REDUCED: [(&str, &[&str]); 3] = [
    ("msal-client", &["--no-default-features"]),
    ("msal-emulator", &["--no-default-features"]),
    // Its own tests switch all features on.
    ("msal-migrate", &["--no-default-features"]),
];

pub(crate) fn fmt(workspace: &Workspace) -> Result<(), Failure> {
    process::run(workspace.cargo().args(["fmt", "--all", "--", "--check"]))
        .map_err(|failure| failure.or_hint("cargo fmt --all"))
}

/// Each crate by itself: in a build of the whole workspace a feature that one crate forgot to ask for is
/// there because another one asked.
pub(crate) fn clippy(workspace: &Workspace) -> Result<(), Failure> {
    for name in workspace.crates()? {
        process::run(workspace.cargo().args([
            "clippy",
            "--quiet",
            "--package",
            &name,
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]))?;
    }
    for (name, features) in REDUCED {
        process::run(
            workspace
                .cargo()
                .args(["clippy", "--quiet", "--package", name])
                .args(features)
                .args(["--", "--deny", "warnings"]),
        )?;
    }
    Ok(())
}

pub(crate) fn test(workspace: &Workspace) -> Result<(), Failure> {
    process::run(workspace.cargo().args(["test", "--workspace"]))
}

pub(crate) fn doc(workspace: &Workspace) -> Result<(), Failure> {
    process::run(
        workspace
            .cargo()
            .args(["doc", "--quiet", "--no-deps", "--workspace"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    )
}
