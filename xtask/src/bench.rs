//! The measurements: `compat/bench.py` with release builds.

use crate::compat::Environment;
use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
    let environment = Environment::set_up(workspace)?;
    let release = ["build", "--release", "--package"];
    process::run(
        workspace
            .cargo()
            .args(release)
            .args(["msal-cli", "--bin", "msal"]),
    )?;
    process::run(
        workspace
            .cargo()
            .args(release)
            .args(["xtask", "--examples"]),
    )?;
    // A peer has a workspace and a folder of its own, so that nothing of ours is built for it.
    let peers = workspace.target.join("compat/rust");
    process::run(
        workspace
            .cargo()
            .args(["build", "--release", "--locked", "--manifest-path"])
            .arg("compat/rust/Cargo.toml")
            .env("CARGO_TARGET_DIR", &peers),
    )?;
    let built = workspace.target.join("release");
    process::run(
        environment
            .python(workspace)
            .arg("compat/bench.py")
            .arg("--folder")
            .arg(workspace.target.join("compat/bench"))
            .args(arguments)
            .env("MSAL_BIN", built.join("msal"))
            .env("ASSERTIONS_BIN", built.join("examples/assertions"))
            .env("BARE_CLIENT_BIN", built.join("examples/bare_client"))
            .env("REDEEM_LOOP_BIN", built.join("examples/redeem_loop"))
            .env("SELECT_ROWS_BIN", built.join("examples/select_rows"))
            .env("SERVICE_HITS_BIN", built.join("examples/service_hits"))
            .env(
                "AZURE_IDENTITY_HITS_BIN",
                peers.join("release/azure-identity-hits"),
            ),
    )
}
