//! Which state of a blob this is.

use std::fmt;
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

/// Which state of a blob this is. Only equality means anything, and only between versions of one store. Not a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Version(Origin);

#[derive(Clone, PartialEq, Eq)]
enum Origin {
    Chosen(Arc<[u8]>),
    Content([u8; 16]),
}

impl Version {
    /// Wraps whatever tells two states apart in the store at hand: a counter, an ETag, a row version.
    pub fn new(bytes: impl AsRef<[u8]>) -> Self {
        Self(Origin::Chosen(bytes.as_ref().into()))
    }

    /// The version of a blob in a store that tells states apart by their content.
    ///
    /// Such a version proves what is stored: `save` makes it of the pieces that it hands to the storage, `load` and
    /// `version` of the bytes that they read there, each time anew. A store that keeps its versions beside the blobs has
    /// to use [`new`](Self::new), even where they are digests.
    pub fn of_content(digest: &ContentDigest) -> Self {
        Self(Origin::Content(digest.0.digest128().to_le_bytes()))
    }

    /// The bytes it was made of, or those of the digest.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Origin::Chosen(bytes) => bytes,
            Origin::Content(digest) => digest,
        }
    }

    /// Whether equal versions mean equal content, wherever they come from.
    pub(crate) fn is_of_content(&self) -> bool {
        matches!(self.0, Origin::Content(_))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Version(")?;
        // Enough to tell two of them apart in a log.
        for byte in self.as_bytes().iter().take(8) {
            write!(formatter, "{byte:02x}")?;
        }
        formatter.write_str(")")
    }
}

/// A digest of a blob's content, taken piece by piece: see [`Version::of_content`].
///
/// It is a fast hash of 128 bits and not a cryptographic one, which would take ten times as long for the cache of many
/// users and protect from nobody: who can write to the storage can replace the blob.
#[derive(Clone, Default)]
pub struct ContentDigest(Xxh3);

impl ContentDigest {
    /// Takes in the next piece of the blob.
    pub fn add(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }
}

/// Shows nothing: the digest keeps the last bytes of the content.
impl fmt::Debug for ContentDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ContentDigest")
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_content(pieces: &[&str]) -> Version {
        let mut digest = ContentDigest::default();
        for piece in pieces {
            digest.add(piece.as_bytes());
        }
        Version::of_content(&digest)
    }

    #[test]
    fn a_version_of_content_depends_on_the_bytes_and_not_on_their_pieces() {
        let whole = of_content(&["{\"n\":1}"]);
        assert_eq!(of_content(&["{\"n", "", "\":1}"]), whole);
        for other in ["{\"n\":2}", "{\"n\":1} ", "", "{\"n\":1"] {
            assert_ne!(of_content(&[other]), whole, "{other:?}");
        }
    }

    #[test]
    fn a_version_that_was_chosen_is_never_one_of_content() {
        let content = of_content(&["{}"]);
        let remembered = Version::new(content.as_bytes());
        assert_eq!(remembered.as_bytes(), content.as_bytes());
        assert_ne!(remembered, content);
    }
}
