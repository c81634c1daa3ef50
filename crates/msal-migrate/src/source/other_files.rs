//! What a folder has besides token files: it is left out, and said.

use std::ffi::OsStr;
use std::fmt;

/// What a folder has besides the files that are read.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct OtherFiles {
    /// How many there are, folders among them.
    pub count: u64,
    /// The first of them by name, each with the reason why it is left out.
    pub first: Vec<(String, &'static str)>,
}

impl OtherFiles {
    pub(in crate::source) fn add(&mut self, name: &OsStr, reason: &'static str) {
        self.count += 1;
        if self.first.len() < MOST {
            self.first
                .push((name.to_string_lossy().into_owned(), reason));
        }
    }
}

impl fmt::Debug for OtherFiles {
    /// Without the names of the files, which are often names of people.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OtherFiles({})", self.count)
    }
}

/// How many are named.
const MOST: usize = 20;
