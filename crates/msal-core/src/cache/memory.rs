//! Where the texts of a cache are, which was read again and again.

use crate::Text;

/// Where the texts of the entries are.
#[derive(Clone, Copy, Default)]
pub(super) struct Memory {
    /// The size of the document that was parsed last. All of it is in memory for as long as one of its entries is.
    pub(super) document: usize,
    /// The size of what was copied out of later ones.
    pub(super) copied: usize,
}

impl Memory {
    /// That of a cache whose texts are slices of a document of this size.
    pub(super) fn of_document(size: usize) -> Self {
        Self {
            document: size,
            copied: 0,
        }
    }

    /// Copies `text` out of its document, if there is room.
    pub(super) fn copy(&mut self, text: &str) -> Option<Text> {
        self.copied += text.len();
        (self.copied <= self.document / 4 + ROOM).then(|| Text::copied(text))
    }
}

/// What may be copied out of later documents however small the one that was parsed is.
const ROOM: usize = 64 * 1024;
