//! JSON with nothing in it: an empty array or object. ADAL Python and MSAL Python write these while nobody has signed in,
//! and so does any program, so that nothing tells what the file is.

use std::ops::ControlFlow;

use crate::record::{Locator, Place, Row, SkipReason};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::input::Input;

/// A file of which it cannot be said that it is a store without tokens: it has one row, which says so.
#[derive(Debug)]
pub(crate) struct NothingSource {
    input: Input,
    kind: SourceKind,
}

impl NothingSource {
    /// A file that could be of this kind.
    pub(crate) fn new(input: Input, kind: SourceKind) -> Self {
        Self { input, kind }
    }
}

impl Source for NothingSource {
    fn kind(&self) -> SourceKind {
        self.kind
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        let _only = visit(Row::Skipped {
            locator: Locator::new(self.input.name(), Place::Element(0)),
            reason: SkipReason::NotUnderstood(
                "the file has no entry, so that nothing tells what it is",
            ),
        });
        Ok(())
    }
}
