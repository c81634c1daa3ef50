//! Running the command.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

/// What the command did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `msal` with `arguments` in `folder`, with no colours and nothing of the caller's environment but the path.
pub(crate) fn msal<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> Run {
    msal_where(folder, &[], arguments)
}

/// As [`msal`], with these variables besides.
pub(crate) fn msal_where<A: AsRef<OsStr>>(
    folder: &Path,
    variables: &[(&str, &str)],
    arguments: impl IntoIterator<Item = A>,
) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_msal"));
    prepare(&mut command, folder)
        .args(arguments)
        .envs(variables.iter().copied());
    run(&mut command)
}

/// The command itself, to be started.
pub(crate) fn msal_command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_msal"));
    prepare(&mut command, folder);
    command
}

/// As [`msal`], with `input` on standard input.
pub(crate) fn msal_with_input<A: AsRef<OsStr>>(
    folder: &Path,
    input: &[u8],
    arguments: impl IntoIterator<Item = A>,
) -> Run {
    fs::write(folder.join("input"), input).unwrap();
    let mut command = msal_command(folder);
    command
        .args(arguments)
        .stdin(File::open(folder.join("input")).unwrap());
    run(&mut command)
}

/// The command of a shell that does `first`, such as setting a limit, and then becomes `msal` with `arguments`.
pub(crate) fn msal_after<A: AsRef<OsStr>>(
    folder: &Path,
    first: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Command {
    let mut command = Command::new("sh");
    prepare(&mut command, folder)
        .args(["-c", &format!("{first} && exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_msal"))
        .args(arguments);
    command
}

fn prepare<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TMPDIR", folder)
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Run {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    Run {
        status: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}
