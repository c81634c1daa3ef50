//! Immutable UTF-8 text that is a slice of the document it was read from.
//!
//! A token cache of a hundred thousand users is mostly text that nobody looks at. Sharing the loaded document keeps
//! loading to one pass, and a lookup hands out a reference count, not a copy.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::Utf8Error;

use bytes::Bytes;
use bytestring::ByteString;

use crate::secret_buffer::SecretBuffer;

/// Shared, immutable UTF-8 text. Cloning counts a reference and copies nothing.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(ByteString);

impl Text {
    /// Text that shares this document's memory where `part` lies inside it, and owns a copy where it does not (because
    /// an escape sequence had to be decoded).
    pub(crate) fn slice_of(&self, part: Cow<'_, str>) -> Self {
        match part {
            Cow::Borrowed(part) => Self(self.0.slice_ref(part)),
            Cow::Owned(part) => Self::from(part),
        }
    }

    /// A copy of `part`, in memory that is overwritten when its last share is dropped.
    pub(crate) fn copied(part: &str) -> Self {
        let bytes = SecretBuffer::from(part.as_bytes().to_vec()).into_shared();
        Self::try_from(bytes).unwrap_or_default()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl TryFrom<Bytes> for Text {
    type Error = Utf8Error;

    /// Checks the bytes, here and never again, and shares them.
    fn try_from(bytes: Bytes) -> Result<Self, Utf8Error> {
        ByteString::try_from(bytes).map(Self)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_borrowed_part_shares_the_document() {
        let document = Text::from("{\"realm\":\"common\"}");
        let part = &document.as_str()[10..16];
        let text = document.slice_of(Cow::Borrowed(part));
        assert_eq!(text, "common");
        assert_eq!(text.as_bytes().as_ptr(), part.as_ptr());
    }

    #[test]
    fn a_decoded_part_is_owned() {
        let document = Text::from("\"\\u00c5\"");
        let text = document.slice_of(Cow::Owned("Å".to_owned()));
        assert_eq!(text, "Å");
    }

    #[test]
    fn a_text_hashes_as_the_string_it_borrows_as() {
        let texts = std::collections::HashSet::from([Text::from("Å")]);
        assert!(texts.contains("Å"));
    }
}
