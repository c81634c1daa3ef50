//! An entry as a table keeps it.

use std::borrow::Cow;

use super::entry::{Entry, Fields, entry_size, write_entry};
use crate::Text;

/// An entry with the key it is stored under, its JSON text, and what is to be done with it at the next save.
#[derive(Clone)]
pub(super) struct Record<E> {
    pub(super) key: Text,
    pub(super) content: Content<E>,
    /// How often the table had been saved when the entry was added or changed; `None` when it stands in the document as
    /// it was loaded.
    pub(super) changed_after: Option<u64>,
    /// Whether that change only renews what was there before: then it does not bring back an entry that somebody else
    /// has removed.
    pub(super) is_renewal: bool,
}

/// What a record holds.
#[derive(Clone)]
pub(super) enum Content<E> {
    /// An entry whose text is written when the document is: a cache that is being filled holds no text of its own.
    Made {
        entry: E,
        /// The text that it replaces: the members of it that are not known here are kept.
        previous: Option<Text>,
        /// See [`entry_size`].
        size: usize,
    },
    /// Text that stands in a document.
    Read {
        /// `None` when the text could not be understood; it is kept all the same.
        entry: Option<E>,
        text: Text,
    },
}

impl<E: Entry> Content<E> {
    /// An entry that was made here, and replaces `previous`.
    pub(super) fn made(entry: E, previous: Option<&Self>) -> Self {
        let previous = match previous {
            None => None,
            Some(Self::Made { previous, .. }) => previous.clone(),
            Some(Self::Read { text, .. }) => Some(text.clone()),
        };
        Self::Made {
            size: entry_size(&entry, previous.as_ref()),
            entry,
            previous,
        }
    }
}

impl<E: Entry> Record<E> {
    /// An entry as it stands in a document.
    pub(super) fn read(key: Text, text: &str, document: &Text) -> Self {
        let entry = Fields::parse(text, document).and_then(|fields| E::read(&fields));
        let text = document.slice_of(Cow::Borrowed(text));
        Self {
            key,
            content: Content::Read { entry, text },
            changed_after: None,
            is_renewal: false,
        }
    }

    /// The text that the entry was read from.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Made { .. } => None,
            Content::Read { text, .. } => Some(text.as_str()),
        }
    }

    /// The entry, if the text could be understood.
    pub(super) fn entry(&self) -> Option<&E> {
        match &self.content {
            Content::Made { entry, .. } => Some(entry),
            Content::Read { entry, .. } => entry.as_ref(),
        }
    }

    /// The entry that this one was made of, as it stood in a document.
    pub(super) fn replaced(&self) -> Option<E> {
        let Content::Made {
            previous: Some(text),
            ..
        } = &self.content
        else {
            return None;
        };
        Fields::parse(text.as_str(), text).and_then(|fields| E::read(&fields))
    }

    /// The size of the text if no character needs an escape: see [`LONGEST_ESCAPE`](crate::json).
    pub(super) fn size(&self) -> usize {
        match &self.content {
            Content::Made { size, .. } => *size,
            Content::Read { text, .. } => text.as_bytes().len(),
        }
    }

    /// Appends the text.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match &self.content {
            Content::Made {
                entry, previous, ..
            } => write_entry(out, entry, previous.as_ref()),
            Content::Read { text, .. } => out.extend_from_slice(text.as_bytes()),
        }
    }
}
