//! What is wrong with a configuration file, and where.

use std::ops::Range;

use toml::Spanned;

use crate::directory::DirectoryError;

/// What is wrong, and where.
#[derive(Debug, Default)]
pub(super) struct Flaw {
    pub(super) span: Option<Range<usize>>,
    pub(super) reason: String,
}

/// All that is wrong. The parts of a file are not read in its order, and the first mistake of the file is to be named.
#[derive(Default)]
pub(super) struct Flaws(Vec<Flaw>);

impl Flaws {
    /// The value that was read; if there is none, its flaw is noted.
    pub(super) fn note<T>(&mut self, read: Result<T, Flaw>) -> Option<T> {
        read.map_err(|flaw| self.0.push(flaw)).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn first(self) -> Option<Flaw> {
        let position = |flaw: &Flaw| flaw.span.as_ref().map_or(usize::MAX, |span| span.start);
        self.0.into_iter().min_by_key(position)
    }
}

/// The positions of the names in the file, to find what a [`DirectoryError`] is about.
#[derive(Default)]
pub(super) struct NameSpans(Vec<(String, Range<usize>)>);

impl NameSpans {
    pub(super) fn note(&mut self, name: Spanned<String>) -> String {
        let span = name.span();
        let name = name.into_inner();
        self.0.push((name.clone(), span));
        name
    }

    /// A flaw at the last span of the name: of something that is there twice, that is the second.
    pub(super) fn flaw(&self, error: &DirectoryError) -> Flaw {
        let named = error.name().trim_end_matches('/');
        let is = |name: &str| name.trim_end_matches('/').eq_ignore_ascii_case(named);
        let span = self
            .0
            .iter()
            .rev()
            .find(|(name, _)| is(name))
            .map(|(_, span)| span.clone());
        Flaw {
            span,
            reason: error.to_string(),
        }
    }
}
