//! What is wrong with a mapping file, and in which line.

use thiserror::Error;

/// What is wrong with a mapping file.
///
/// The message names the file and the line, says what is known there, and, where a name is misspelled, which one is meant.
/// It quotes names and no values: somebody may have written a secret into the file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}: {}{problem}", .line.map(|line| format!("line {line}: ")).unwrap_or_default())]
pub struct MappingFileError {
    file: String,
    line: Option<usize>,
    problem: String,
}

impl MappingFileError {
    pub(super) fn at(file: &str, text: &str, offset: usize, problem: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        Self {
            file: file.to_owned(),
            line: Some(before.matches('\n').count() + 1),
            problem: problem.into(),
        }
    }

    pub(super) fn whole(file: &str, problem: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            problem: problem.into(),
        }
    }

    /// The line that is wrong, if it is about one. The first is 1.
    pub fn line(&self) -> Option<usize> {
        self.line
    }
}
