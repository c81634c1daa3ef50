//! Immutable UTF-8 text that is a slice of the document it was read from.
//!
//! A token cache of a hundred thousand users is mostly text that nobody looks at. Sharing the loaded document keeps
//! loading to one pass, and a lookup hands out a reference count, not a copy.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str;

use bytes::Bytes;

/// Shared, immutable UTF-8 text. Cloning counts a reference and copies nothing.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(Bytes);

impl Text {
    /// Text that shares `document`'s memory where `part` lies inside it, and owns a copy where it does not (because
    /// an escape sequence had to be decoded).
    pub(crate) fn slice_of(document: &Bytes, part: Cow<'_, str>) -> Self {
        match part {
            Cow::Borrowed(part) => Self(document.slice_ref(part.as_bytes())),
            Cow::Owned(part) => Self::from(part),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // Every constructor starts from `str`; the check is the price of having no unsafe code.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Bytes::from(text))
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0.as_ref() == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

// `Hash` must agree with `str`, because of `Borrow<str>`.
impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
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
        let document = Bytes::from_static(b"{\"realm\":\"common\"}");
        let part = str::from_utf8(&document[10..16]).unwrap();
        let text = Text::slice_of(&document, Cow::Borrowed(part));
        assert_eq!(text, "common");
        assert_eq!(text.0.as_ptr(), document[10..].as_ptr());
    }

    #[test]
    fn a_decoded_part_is_owned() {
        let document = Bytes::from_static(b"\"\\u00c5\"");
        let text = Text::slice_of(&document, Cow::Owned("Å".to_owned()));
        assert_eq!(text, "Å");
    }
}
