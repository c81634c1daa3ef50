//! An entry as a table keeps it.

use super::entry::{Entry, write_entry};
use crate::Text;

/// An entry with the key it is stored under and its JSON text.
#[derive(Clone)]
pub(super) struct Record<E> {
    pub(super) key: Text,
    pub(super) body: Body,
    /// `None` when the text could not be understood; it is kept all the same.
    pub(super) entity: Option<E>,
    /// How often the table had been saved when the entry was added or changed; `None` when it stands in the document as
    /// it was loaded.
    pub(super) changed_after: Option<u64>,
    /// Whether that change only renews what was there before, so that it does not outlive it.
    pub(super) is_renewal: bool,
}

/// Where the JSON text of an entry comes from.
#[derive(Clone)]
pub(super) enum Body {
    /// It is written from the entity when the document is: a cache that is being filled holds no text of its own.
    Made {
        /// The text it replaces, whose members that are not known here are kept.
        previous: Option<Text>,
        /// See [`entry_size`].
        size: usize,
        /// The hash of the secret, taken when it was at hand: whoever compares a secret with it need not fetch megabytes
        /// of them from memory once more.
        digest: u64,
    },
    /// It stands in a document.
    Read(Text),
}

impl<E: Entry> Record<E> {
    /// As many bytes as the text takes where no character needs an escape: see [`LONGEST_ESCAPE`](crate::json).
    pub(super) fn size(&self) -> usize {
        match &self.body {
            Body::Made { size, .. } => *size,
            Body::Read(text) => text.as_bytes().len(),
        }
    }

    /// Appends the text.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match (&self.body, &self.entity) {
            (Body::Read(text), _) => out.extend_from_slice(text.as_bytes()),
            (Body::Made { previous, .. }, Some(entity)) => {
                write_entry(out, entity, previous.as_ref())
            }
            (Body::Made { .. }, None) => out.extend_from_slice(b"null"),
        }
    }
}
