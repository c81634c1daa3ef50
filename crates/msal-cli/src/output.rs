//! Printing: data on standard output, talk on standard error.
//!
//! A reader that closes its end has seen enough, so that a broken pipe is a success.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use crate::cli::Format;
use crate::error::Failure;
use crate::exit::Exit;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();

/// Prints results and errors in the format that was asked for.
#[derive(Debug)]
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
        put(&mut anstream::stdout(), text);
    }

    /// Prints one JSON document to standard output.
    pub(crate) fn json(&self, value: &Value) {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        put(&mut io::stdout(), &format!("{text}\n"));
    }

    /// Says something to the person at the terminal.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet && !self.is_json() {
            put(&mut anstream::stderr(), &format!("{text}\n"));
        }
    }

    /// Says what went wrong and what to type next.
    pub(crate) fn failure(&self, failure: &Failure) -> Exit {
        if self.is_json() {
            let error = json!({
                "error": failure.message, "causes": failure.causes, "hint": failure.hint,
            });
            put(&mut io::stderr(), &format!("{error}\n"));
            return failure.exit;
        }
        let mut text = format!("{BAD}error{BAD:#}: {}\n", failure.message);
        for cause in &failure.causes {
            text.push_str(&format!("  because: {cause}\n"));
        }
        if let Some(hint) = &failure.hint {
            text.push_str(&format!("\n{HINT}hint{HINT:#}: {hint}\n"));
        }
        put(&mut anstream::stderr(), &text);
        failure.exit
    }
}

/// Whether standard error is a terminal that may be drawn on.
pub(crate) fn is_drawable() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

fn put(out: &mut dyn Write, text: &str) {
    // Nobody can be told that nobody reads.
    let _broken_pipe = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
