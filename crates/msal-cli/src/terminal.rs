//! The terminal that the command is used at.

use std::io::{self, IsTerminal as _};

/// Whether standard error is a terminal that may be drawn on.
pub(crate) fn is_drawable() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// How wide the terminal is; where there is none, as wide as anybody could want.
#[cfg(unix)]
pub(crate) fn columns() -> usize {
    of(io::stdout())
}

/// The same of the terminal that standard error is.
#[cfg(unix)]
pub(crate) fn columns_of_talk() -> usize {
    of(io::stderr())
}

#[cfg(unix)]
fn of(file: impl std::os::fd::AsFd) -> usize {
    let size = rustix::termios::tcgetwinsize(file);
    let columns = size.map_or(0, |size| usize::from(size.ws_col));
    match columns {
        0 => usize::MAX,
        columns => columns.max(NARROWEST),
    }
}

/// It is not asked.
#[cfg(not(unix))]
pub(crate) fn columns() -> usize {
    80
}

/// It is not asked.
#[cfg(not(unix))]
pub(crate) fn columns_of_talk() -> usize {
    80
}

/// Nothing can be read in less.
#[cfg(unix)]
const NARROWEST: usize = 40;
