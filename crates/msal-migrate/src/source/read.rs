//! How bytes are read, in bounded memory: a file as UTF-8 text, the text as JSON values or CSV records, and the rows of a
//! database.

pub(super) mod csv_reader;
#[cfg_attr(
    not(any(feature = "mysql", feature = "postgres", feature = "sqlite")),
    expect(
        dead_code,
        reason = "where no database is read, it is still said what it is"
    )
)]
pub(super) mod database;
pub(super) mod dotnet_reader;
pub(super) mod ini_reader;
pub(super) mod input;
pub(super) mod json;
pub(super) mod secretbox;
pub(super) mod spool;
pub(super) mod utf16;
pub(super) mod window;

mod read_at;
