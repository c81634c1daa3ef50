//! How bytes are read, in bounded memory: a file as UTF-8 text, and the text as JSON values or CSV records.

pub(super) mod csv_reader;
pub(super) mod dotnet_reader;
pub(super) mod input;
pub(super) mod json;
pub(super) mod secretbox;
pub(super) mod utf16;
pub(super) mod window;
