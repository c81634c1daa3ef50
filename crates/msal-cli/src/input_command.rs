//! The output of a command as input: what `gpg`, `pass`, `sops` or a database's own tool prints.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use msal::SystemRandom;
use msal_migrate::{Source, SourceError, SourceOptions, open_reader};

use crate::error::Failure;
use crate::output::Printer;
use crate::outside::Outside;

/// Runs `command` once, reads all that it prints, and opens it. Nothing of its output is shown; what it says on standard
/// error is, spelled out where a terminal would obey it. It shares the terminal, so that it can ask for a password.
pub(crate) fn open(
    command: &str,
    options: &SourceOptions,
    printer: &Printer,
) -> Result<Box<dyn Source>, Failure> {
    let mut child = shell(command).spawn().map_err(|error| {
        Failure::new(&error)
            .with_hint("the command is run by the system's shell, which was not found")
    })?;
    let (output, messages) = (child.stdout.take(), child.stderr.take());
    let (end, ended) = mpsc::channel::<()>();
    let printer = *printer;
    thread::spawn(move || {
        let _ends_with_the_thread = end;
        if let Some(messages) = messages {
            relay(messages, &printer);
        }
    });
    let output = output
        .map(|output| open_reader("the output of the command", output, &SystemRandom, options));
    // Where not all of it could be kept, the rest is of no use.
    if let Some(Err(SourceError::Io { .. })) = output {
        let _may_have_ended = child.kill();
    }
    let status = child.wait();
    // What it said is shown before what came of it, but something that it left running may hold on to its end.
    let _ended_or_not = ended.recv_timeout(LAST_WORDS);
    let opened = (output, status);
    match opened {
        (Some(Err(error @ SourceError::Io { .. })), _) => Err(error.into()),
        (_, Err(error)) => Err(Failure::new(&error)),
        // What a command that failed has printed may be cut off, and end as a whole file does.
        (_, Ok(status)) if !status.success() => Err(failed(status)),
        (Some(source), Ok(_)) => Ok(source?),
        (None, Ok(_)) => Err(Failure::usage(
            "the command has no output",
            "name another one",
        )),
    }
}

fn shell(command: &str) -> Command {
    let (program, option) = match cfg!(windows) {
        true => ("cmd", "/C"),
        false => ("sh", "-c"),
    };
    let mut shell = Command::new(program);
    shell
        .args([option, command])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    shell
}

/// Hands on what the command says, line by line.
fn relay(messages: impl Read, printer: &Printer) {
    let mut messages = BufReader::new(messages);
    loop {
        let mut line = Vec::new();
        // A line without an end is handed on in pieces.
        let read = messages
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line);
        match read {
            Ok(1..) => {
                let text = String::from_utf8_lossy(&line);
                printer.say(&format!("command: {}", Outside(text.trim_end())));
            }
            Ok(0) | Err(_) => return,
        }
    }
}

fn failed(status: ExitStatus) -> Failure {
    let how = match status.code() {
        Some(code) => format!("failed with exit status {code}"),
        None => "was ended by a signal".to_owned(),
    };
    Failure::usage(
        format!("the command {how}, and nothing of its output is used"),
        "run it by itself with its output sent to /dev/null, and correct what it says",
    )
}

const LONGEST_LINE: u64 = 8 << 10;

/// How long after its end a command's messages are waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);
