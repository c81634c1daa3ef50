//! The compatibility suite: `compat/` run by pytest, with Microsoft's libraries as released.

mod node;
mod python;
mod recipe;

use std::path::PathBuf;
use std::process::Command;

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    let environment = Environment::set_up(workspace)?;
    process::run(
        workspace
            .cargo()
            .args(["build", "--package", "msal-cli", "--bin", "msal"]),
    )?;
    // The programs that the book shows, one of which is a web application.
    let examples = ["build", "--package", "msal-client", "--examples"];
    process::run(workspace.cargo().args(examples))?;
    let first_use = ["build", "--package", "msal-migrate", "--example"];
    process::run(workspace.cargo().args(first_use).arg("on_first_use"))?;
    // One signs assertions, and one does what MSAL Python does beside it.
    let ours = ["build", "--package", "xtask", "--example"];
    for example in ["assertions", "flows"] {
        process::run(workspace.cargo().args(ours).arg(example))?;
    }
    let built = workspace.target.join("debug");
    let suite = [
        "-m",
        "pytest",
        "compat",
        "--config-file",
        "compat/pytest.ini",
    ];
    process::run(
        environment
            .python(workspace)
            .args(suite)
            .arg("--basetemp")
            .arg(workspace.target.join("compat/tmp"))
            .args(arguments)
            .env("MSAL_BIN", built.join("msal"))
            .env("ASSERTIONS_BIN", built.join("examples/assertions"))
            .env("FLOWS_BIN", built.join("examples/flows")),
    )
}

/// A Python and a Node with exactly the packages that the suite is written for.
pub(crate) struct Environment {
    python: PathBuf,
    node_modules: PathBuf,
}

impl Environment {
    /// Makes both environments, or finds them made. Only the first run needs the package registries.
    pub(crate) fn set_up(workspace: &Workspace) -> Result<Self, Failure> {
        let folder = workspace.target.join("compat");
        std::fs::create_dir_all(&folder)
            .map_err(|error| Failure::new(format!("cannot make {}: {error}", folder.display())))?;
        Ok(Self {
            python: python::set_up(workspace, &folder.join("python"))?,
            node_modules: node::set_up(workspace, &folder.join("node"))?,
        })
    }

    /// The Python to run the project's scripts with, in the checkout.
    pub(crate) fn python(&self, workspace: &Workspace) -> Command {
        let mut command = Command::new(&self.python);
        command
            .current_dir(&workspace.root)
            .env("NODE_PATH", &self.node_modules)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}
