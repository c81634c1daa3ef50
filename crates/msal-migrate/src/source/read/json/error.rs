//! Why a text is not JSON, and where.

use thiserror::Error;

use crate::source::error::SourceError;
use crate::source::read::window::WindowError;

/// Why a text could not be split into values, or a value could not be parsed.
#[derive(Debug, Error)]
pub(crate) enum JsonError {
    #[error("byte {offset}: expected {expected}")]
    Syntax { offset: u64, expected: &'static str },
    #[error("the text ends at byte {offset}, {inside}")]
    Truncated { offset: u64, inside: String },
    #[error(transparent)]
    Window(#[from] WindowError),
}

impl JsonError {
    /// The error for the user, with the name of the file.
    pub(crate) fn in_file(self, file: &str) -> SourceError {
        let problem = self.to_string();
        let name = file.to_owned();
        match self {
            Self::Window(error) => error.in_file(file),
            Self::Truncated { .. } => SourceError::Truncated {
                file: name,
                problem,
            },
            Self::Syntax { .. } => SourceError::Syntax {
                file: name,
                problem,
            },
        }
    }
}
