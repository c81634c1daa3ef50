//! What is wrong with a configuration file, and where.

use std::ops::Range;

use toml::Spanned;

use crate::directory::DirectoryError;

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) place: Option<Range<usize>>,
    pub(super) reason: String,
}

/// Where the names in the file stand, to find what a [`DirectoryError`] is about.
#[derive(Default)]
pub(super) struct Places(Vec<(String, Range<usize>)>);

impl Places {
    pub(super) fn note(&mut self, name: Spanned<String>) -> String {
        let span = name.span();
        let name = name.into_inner();
        self.0.push((name.clone(), span));
        name
    }

    /// The last place of the name: of something that is there twice, the second.
    pub(super) fn flaw(&self, error: &DirectoryError) -> Flaw {
        let named = error.name().trim_end_matches('/');
        let is = |name: &str| name.trim_end_matches('/').eq_ignore_ascii_case(named);
        let place = self
            .0
            .iter()
            .rev()
            .find(|(name, _)| is(name))
            .map(|(_, span)| span.clone());
        Flaw {
            place,
            reason: error.to_string(),
        }
    }
}
