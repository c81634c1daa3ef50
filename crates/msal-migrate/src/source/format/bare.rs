//! Refresh tokens and nothing else: one in each line, with comments behind `#` at the beginning of a line. UvA's M365-IMAP
//! and abraunegg's OneDrive client keep one so. What they belong to is said by the options.

use std::io::Read;
use std::ops::ControlFlow;

use crate::record::{Locator, Place, Row};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::input::Input;
use crate::source::read::window::{Window, WindowError};
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// A file of tokens.
#[derive(Debug)]
pub(crate) struct BareSource {
    input: Input,
}

impl BareSource {
    pub(crate) fn new(input: Input) -> Self {
        Self { input }
    }

    fn read_lines(
        &self,
        mut window: Window<impl Read>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), WindowError> {
        for number in 1.. {
            let Some(line) = line(&mut window)? else {
                break;
            };
            let row = self.row(line, number);
            if row.is_some_and(|row| visit(row).is_break()) {
                break;
            }
        }
        Ok(())
    }

    /// The row of a line, if it is none of blank and comment.
    fn row(&self, line: &[u8], number: u64) -> Option<Row> {
        let locator = Locator::new(self.input.name(), Place::Line(number));
        let Ok(line) = std::str::from_utf8(line) else {
            return Some(Row::malformed(locator, "the line is not UTF-8"));
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        // No token has any of these; a list of accounts with their passwords has.
        let is_more = |text: &str| {
            text.contains(|it: char| it.is_whitespace() || matches!(it, '@' | ':' | '|'))
                || text.contains("----")
        };
        if is_more(line) {
            return Some(Row::malformed(
                locator,
                "the line has more in it than a token",
            ));
        }
        let stored = StoredRow {
            refresh_token: StoredValue::from_text(line),
            ..StoredRow::default()
        };
        Some(stored.into_row(locator))
    }
}

impl Source for BareSource {
    fn kind(&self) -> SourceKind {
        SourceKind::Bare
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        self.read_lines(Window::new(self.input.text()?), visit)
            .map_err(|error| error.in_file(self.input.name()))
    }
}

/// The next line, with its end; `None` at the end of the text.
fn line<R: Read>(window: &mut Window<R>) -> Result<Option<&[u8]>, WindowError> {
    let mut searched = 0;
    let length = loop {
        let unseen = window.available().get(searched..).unwrap_or_default();
        if let Some(end) = memchr::memchr(b'\n', unseen) {
            break searched + end + 1;
        }
        searched = window.available().len();
        if !window.fill()? {
            break searched;
        }
    };
    Ok(match length {
        0 => None,
        _ => Some(window.take(length)),
    })
}
