//! Printing: data on standard output, talk on standard error.
//!
//! A reader that closes its end has seen enough, so that a broken pipe changes nothing. Any other output that cannot be
//! written is told at the end, and is no success.

use std::io::{self, Write};
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style};
use clap::error::ErrorKind;
use serde_json::{Value, json};

use crate::cli::{Color, Format};
use crate::error::Failure;
use crate::exit::Exit;
use crate::outside::{Outside, printable, printable_json};
use crate::terminal;
use crate::wrap::wrapped;

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
        result(&mut anstream::stdout(), printable(text).as_bytes());
    }

    /// Prints text that people read. On a terminal, long lines are broken at blanks.
    pub(crate) fn prose(&self, text: &str) {
        self.text(&wrapped(text, terminal::columns()));
    }

    /// Writes what is not for people to standard output, as it is.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        result(&mut io::stdout(), bytes);
    }

    /// Prints one JSON document to standard output.
    pub(crate) fn json(&self, value: &Value) {
        let text = serde_json::to_string_pretty(&versioned(value)).unwrap_or_default();
        let text = format!("{}\n", printable_json(&text));
        result(&mut io::stdout(), text.as_bytes());
    }

    /// Prints a piece of a document of which JSON is all that comes from outside.
    pub(crate) fn document(&self, text: &str) {
        result(&mut io::stdout(), printable_json(text).as_bytes());
    }

    /// Says something to the person at the terminal.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet && !self.is_json() {
            self.tell(text);
        }
    }

    /// Says something to the person who sees standard error, in whatever format results are.
    pub(crate) fn tell(&self, text: &str) {
        let text = wrapped(text, terminal::columns_of_talk());
        put(&mut anstream::stderr(), &format!("{}\n", printable(&text)));
    }

    /// Tells a program something that is no result, in one line on standard error.
    pub(crate) fn note(&self, document: &Value) {
        if !self.quiet {
            put(
                &mut io::stderr(),
                &format!("{}\n", printable_json(&versioned(document).to_string())),
            );
        }
    }

    /// Has the person at the terminal do something, without which the command comes to nothing: also where talk is not
    /// wanted. Programs get one line of JSON.
    pub(crate) fn instruct(&self, text: &str, document: &Value) {
        match self.is_json() {
            true => put(
                &mut io::stderr(),
                &format!("{}\n", printable_json(&versioned(document).to_string())),
            ),
            false => put(&mut anstream::stderr(), &format!("{}\n", printable(text))),
        }
    }

    /// Asks for what is typed behind it.
    pub(crate) fn prompt(&self, text: &str) {
        let text = wrapped(text, terminal::columns_of_talk());
        put(&mut anstream::stderr(), &printable(&text));
    }

    /// Says what went wrong and what to type next.
    pub(crate) fn failure(&self, failure: &Failure) -> Exit {
        if self.is_json() {
            let error = json!({
                "error": failure.message, "causes": failure.causes, "hint": failure.hint,
            });
            let error = versioned(&error).to_string();
            put(&mut io::stderr(), &format!("{}\n", printable_json(&error)));
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
        let text = wrapped(&text, terminal::columns_of_talk());
        put(&mut anstream::stderr(), &text);
        failure.exit
    }

    /// Prints what clap says: help and version are successes, everything else is bad usage.
    pub(crate) fn usage(&self, error: &clap::Error) -> Exit {
        if let ErrorKind::DisplayHelp | ErrorKind::DisplayVersion = error.kind() {
            remember(error.print());
            return Exit::Success;
        }
        if self.is_json() {
            let text = error.render().to_string();
            // The first line says what is wrong, and what follows on the usage is for people.
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let mut lines = lines
                .take_while(|line| !line.starts_with("Usage: ") && !line.starts_with("For more "));
            let message = lines.next().unwrap_or_default();
            let message = message.strip_prefix("error: ").unwrap_or(message);
            let more: Vec<_> = lines.collect();
            let hint = Some(more.join("; ")).filter(|hint| !hint.is_empty());
            return self.failure(&Failure {
                hint,
                ..Failure::usage(message, "")
            });
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
}

/// Colours output as it was asked for, help and errors about what was typed among it.
pub(crate) fn colour(color: Color) {
    match color {
        // NO_COLOR, CLICOLOR_FORCE and the terminal decide.
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::AlwaysAnsi,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// The status to end with: also that of a command whose results could not be printed.
pub(crate) fn ended(printer: &Printer, exit: Exit) -> Exit {
    match UNWRITTEN.get() {
        // What was told already comes first.
        Some(error) if !matches!(exit, Exit::Failed | Exit::Usage) => {
            let failure = Failure::new(error);
            printer.failure(&Failure {
                message: format!("cannot write to standard output: {}", failure.message),
                ..failure.with_hint(
                    "the command has done its work, but not all of what it printed is there",
                )
            })
        }
        _ => exit,
    }
}

/// A document with the number that programs look at first.
pub(crate) fn versioned(value: &Value) -> Value {
    let Value::Object(members) = value else {
        return value.clone();
    };
    let mut document = serde_json::Map::new();
    document.insert("version".to_owned(), VERSION.into());
    document.extend(members.clone());
    Value::Object(document)
}

/// Grows when a member goes, or means something else; members that are added leave it as it is.
const VERSION: u64 = 1;

fn result(out: &mut dyn Write, bytes: &[u8]) {
    remember(out.write_all(bytes).and_then(|()| out.flush()));
}

fn remember(written: io::Result<()>) {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            // The first one tells why.
            let _later = UNWRITTEN.set(error);
        }
        _ => {}
    }
}

/// Why results could not be written. There is one standard output.
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

fn put(out: &mut dyn Write, text: &str) {
    // Nobody can be told that nobody reads.
    let _broken_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
