//! Telling where the rows of a source are, however its path was typed.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::Source;
use super::error::SourceError;
use super::full_path::full_path;
use super::kind::SourceKind;
use super::other_files::OtherFiles;
use super::row::layout::RowLayout;
use crate::record::Row;

/// A source whose rows say where they are by the one spelling of its path besides the one that was typed.
#[derive(Debug)]
pub(super) struct AtPath {
    source: Box<dyn Source>,
    path: Arc<str>,
}

impl AtPath {
    pub(super) fn new(source: Box<dyn Source>, path: &Path) -> Self {
        Self {
            source,
            path: full_path(path).into(),
        }
    }
}

impl Source for AtPath {
    fn kind(&self) -> SourceKind {
        self.source.kind()
    }

    fn recognised_by(&self) -> Option<&str> {
        self.source.recognised_by()
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
        self.source.read(&mut |row| visit(row.at_path(&self.path)))
    }
}
