//! Where a report goes: to standard output, or to a new file that nobody else can read.

use std::io::Write as _;

use anstream::adapter::strip_str;
use private_file::{Folder, Gate, Replacement};

use crate::cli::{Format, ReportArgs};
use crate::error::Failure;
use crate::output::Printer;
use crate::outside::{printable, printable_json};

/// Takes a report line by line.
pub(super) struct Out<'a> {
    printer: &'a Printer,
    arguments: &'a ReportArgs,
    waiting: String,
}

impl<'a> Out<'a> {
    /// Refuses a file that is there already: it may be a token cache, or the journal itself.
    pub(super) fn new(arguments: &'a ReportArgs, printer: &'a Printer) -> Result<Self, Failure> {
        if let Some(path) = &arguments.out
            && path.symlink_metadata().is_ok()
        {
            return Err(Failure::usage(
                format!("{} is there already", path.display()),
                "name a file that is not there yet, or remove this one",
            ));
        }
        Ok(Self {
            printer,
            arguments,
            waiting: String::new(),
        })
    }

    /// Takes whole lines.
    pub(super) fn put(&mut self, lines: &str) {
        self.waiting.push_str(lines);
        if self.arguments.out.is_none() && self.waiting.len() >= PIECE {
            self.print();
        }
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        let Some(path) = &self.arguments.out else {
            self.print();
            return Ok(());
        };
        let content = match self.printer.format {
            Format::Text => strip_str(&printable(&self.waiting)).to_string(),
            Format::Json => printable_json(&self.waiting),
            Format::Csv | Format::Html => std::mem::take(&mut self.waiting),
        };
        let (folder, name) = private_file::folder_and_name(path)?;
        let folder = Folder::create(folder, &Gate::default())?;
        Replacement::write(&folder, name, |file| file.write_all(content.as_bytes()))?.publish()?;
        Ok(())
    }

    fn print(&mut self) {
        let text = std::mem::take(&mut self.waiting);
        match self.printer.format {
            Format::Json | Format::Html => self.printer.document(&text),
            Format::Csv => self.printer.text(&text),
            Format::Text => self.printer.prose(&text),
        }
    }
}

/// How much is printed at once.
const PIECE: usize = 64 << 10;
