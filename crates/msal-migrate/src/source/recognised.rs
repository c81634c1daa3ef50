//! A source, with what told how it is read.

use std::ops::ControlFlow;

use super::Source;
use super::error::SourceError;
use super::kind::SourceKind;
use super::other_files::OtherFiles;
use super::row::layout::RowLayout;
use crate::record::Row;

/// A source that nobody has named.
#[derive(Debug)]
pub(super) struct Recognised {
    pub(super) source: Box<dyn Source>,
    pub(super) by: String,
}

impl Source for Recognised {
    fn kind(&self) -> SourceKind {
        self.source.kind()
    }

    fn recognised_by(&self) -> Option<&str> {
        Some(&self.by)
    }

    fn count(&self) -> Option<u64> {
        self.source.count()
    }

    fn layout(&self) -> Option<RowLayout> {
        self.source.layout()
    }

    fn other_files(&self) -> Option<&OtherFiles> {
        self.source.other_files()
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        self.source.read(visit)
    }
}
