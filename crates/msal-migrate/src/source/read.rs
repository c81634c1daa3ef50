//! How bytes are read: the file as UTF-8 text in bounded memory, and the text as JSON values or CSV records.

pub(super) mod csv_reader;
pub(super) mod input;
pub(super) mod json;
pub(super) mod utf16;
pub(super) mod window;
