//! Running other programs.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Runs a program with this one's output, after saying what is run.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    eprintln!("$ {}", line(command));
    let status = command
        .status()
        .map_err(|error| unstarted(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("`{}`: {status}", line(command))))
}

/// Runs a program and returns what it prints.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| unstarted(command, &error))?;
    if !output.status.success() {
        return Err(Failure::new(format!(
            "`{}`: {}",
            line(command),
            output.status
        )));
    }
    String::from_utf8(output.stdout)
        .map_err(|error| Failure::new(format!("`{}` printed no text: {error}", line(command))))
}

fn unstarted(command: &Command, error: &std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy();
    if error.kind() == ErrorKind::NotFound {
        return Failure::new(format!("{program} is not installed, or not on the PATH"));
    }
    Failure::new(format!("cannot start {program}: {error}"))
}

/// The command as one would type it, for people to read.
fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
    command.get_args().fold(name, |line, arg| {
        format!("{line} {}", arg.to_string_lossy())
    })
}
