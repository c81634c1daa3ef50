//! The line of the terminal that a bar is drawn on.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use indicatif::TermLike;

use crate::terminal;

/// Standard error, which is a terminal, but for its last columns: a bar is filled up with blanks, and where it takes the whole
/// line, what the terminal shows of Ctrl-C goes to the next one and the bar stays.
#[derive(Debug, Default)]
pub(super) struct Line(Mutex<String>);

impl Line {
    fn put(&self, text: fmt::Arguments<'_>) -> io::Result<()> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_str(&text.to_string());
        Ok(())
    }

    /// A control with a number (ECMA-48 §8.3).
    fn control(&self, number: usize, end: char) -> io::Result<()> {
        match number {
            0 => Ok(()),
            number => self.put(format_args!("\x1b[{number}{end}")),
        }
    }
}

impl TermLike for Line {
    fn width(&self) -> u16 {
        let columns = terminal::columns_of_talk().saturating_sub(ECHO);
        u16::try_from(columns).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, rows: usize) -> io::Result<()> {
        self.control(rows, 'A')
    }

    fn move_cursor_down(&self, rows: usize) -> io::Result<()> {
        self.control(rows, 'B')
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.control(columns, 'C')
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.control(columns, 'D')
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.put(format_args!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.put(format_args!("{text}"))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.put(format_args!("\r\x1b[2K"))
    }

    fn flush(&self) -> io::Result<()> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = std::mem::take(&mut *waiting);
        io::stderr().write_all(text.as_bytes())
    }
}

/// What a terminal adds to the line when Ctrl-C is pressed twice: `^C^C`.
pub(super) const ECHO: usize = 4;
