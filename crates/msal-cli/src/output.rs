//! Printing: data on standard output, talk on standard error.
//!
//! A reader that closes its end has seen enough, so that a broken pipe is a success.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use clap::error::ErrorKind;
use serde_json::{Value, json};

use crate::cli::Format;
use crate::error::Failure;
use crate::exit::Exit;
use crate::outside::{Outside, printable, printable_json};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();

/// Prints results and errors in the format that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    pub(crate) format: Format,
    pub(crate) quiet: bool,
}

impl Printer {
    pub(crate) fn new(format: Format, quiet: bool) -> Self {
        Self { format, quiet }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Prints text to standard output; colours are dropped where they are not wanted.
    pub(crate) fn text(&self, text: &str) {
        put(&mut anstream::stdout(), &printable(text));
    }

    /// Prints one JSON document to standard output.
    pub(crate) fn json(&self, value: &Value) {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        put(&mut io::stdout(), &format!("{}\n", printable_json(&text)));
    }

    /// Prints a piece of a document of which JSON is all that comes from outside.
    pub(crate) fn document(&self, text: &str) {
        put(&mut io::stdout(), &printable_json(text));
    }

    /// Says something to the person at the terminal.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet && !self.is_json() {
            put(&mut anstream::stderr(), &format!("{}\n", printable(text)));
        }
    }

    /// Has the person at the terminal do something, without which the command comes to nothing: also where talk is not
    /// wanted. Programs get one line of JSON.
    pub(crate) fn instruct(&self, text: &str, document: &Value) {
        match self.is_json() {
            true => put(
                &mut io::stderr(),
                &format!("{}\n", printable_json(&document.to_string())),
            ),
            false => put(&mut anstream::stderr(), &format!("{}\n", printable(text))),
        }
    }

    /// Asks for what is typed behind it.
    pub(crate) fn prompt(&self, text: &str) {
        put(&mut anstream::stderr(), &printable(text));
    }

    /// Says what went wrong and what to type next.
    pub(crate) fn failure(&self, failure: &Failure) -> Exit {
        if self.is_json() {
            let error = json!({
                "error": failure.message, "causes": failure.causes, "hint": failure.hint,
            });
            put(
                &mut io::stderr(),
                &format!("{}\n", printable_json(&error.to_string())),
            );
            return failure.exit;
        }
        // Messages, causes and hints are one line each: a line break in one came with a name or from a server.
        let mut text = format!("{BAD}error{BAD:#}: {}\n", Outside(&failure.message));
        for cause in &failure.causes {
            text.push_str(&format!("  because: {}\n", Outside(cause)));
        }
        if let Some(hint) = &failure.hint {
            text.push_str(&format!("\n{HINT}hint{HINT:#}: {}\n", Outside(hint)));
        }
        put(&mut anstream::stderr(), &text);
        failure.exit
    }
}

/// Prints what clap says: help and version are successes, everything else is bad usage.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    if let ErrorKind::DisplayHelp | ErrorKind::DisplayVersion = error.kind() {
        // A closed pipe leaves nobody to tell.
        let _nobody_reads = error.print();
        return Exit::Success;
    }
    let mut text = error.render().ansi().to_string();
    // clap repeats what was typed. Its own lines stay, so line breaks of an argument are found by the argument.
    for argument in std::env::args_os().skip(1) {
        let argument = argument.to_string_lossy();
        for part in [&*argument].into_iter().chain(argument.splitn(2, '=')) {
            if part.contains('\n') {
                text = text.replace(part, &Outside(part).to_string());
            }
        }
    }
    put(&mut anstream::stderr(), &printable(&text));
    Exit::Usage
}

fn put(out: &mut dyn Write, text: &str) {
    // Nobody can be told that nobody reads.
    let _broken_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
