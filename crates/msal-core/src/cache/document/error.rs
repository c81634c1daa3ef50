//! Why a document is not a token cache.

use std::str;

use thiserror::Error;

/// Why a document is not a token cache. No message repeats any of its text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CacheFormatError {
    /// Nothing but white space or zeros: what an interrupted writer leaves behind.
    #[error("the token cache is empty: a writer was probably interrupted")]
    Empty,
    /// Not JSON, or JSON that is cut off.
    #[error("the token cache is not JSON: line {line}, column {column}")]
    #[non_exhaustive]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A JSON object of something else: it has members, and none is a section of a token cache.
    #[error("it has no section of a token cache")]
    Foreign,
    /// A section that holds something else than entries.
    #[error("the section `{name}` of the token cache is not an object")]
    #[non_exhaustive]
    Section {
        /// The section.
        name: &'static str,
    },
}

impl CacheFormatError {
    pub(super) fn encoding(document: &[u8], error: str::Utf8Error) -> Self {
        let before = document.get(..error.valid_up_to()).unwrap_or_default();
        let mut lines = before.rsplit(|byte| *byte == b'\n');
        Self::NotJson {
            column: lines.next().map_or(0, <[u8]>::len) + 1,
            line: lines.count() + 1,
        }
    }

    pub(super) fn new(error: &serde_json::Error) -> Self {
        Self::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}
