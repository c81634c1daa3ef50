//! The cache as a JSON document: read in one pass, written as MSAL Python writes it.

mod again;
mod encoding;
mod error;
mod read;
mod write;

pub use error::CacheFormatError;
