//! JSON, written and read as text.

mod cursor;
mod read;
mod write;

pub(crate) use cursor::Cursor;
pub(crate) use read::{Name, RawObject, string};
pub(crate) use write::{LONGEST_ESCAPE, string_size, write_line, write_string};
