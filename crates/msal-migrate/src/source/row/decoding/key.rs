//! Where the key of an encrypted column comes from. A mapping file only names the place.

use std::fmt;

use thiserror::Error;
use zeroize::Zeroizing;

/// Where a key is kept: never in the mapping file itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeySource {
    /// The environment variable with this name.
    Environment(String),
    /// The file with this path.
    File(String),
}

impl KeySource {
    /// `env:NAME` or `file:PATH`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, place) = text.split_once(':')?;
        match (kind, place.is_empty()) {
            ("env", false) => Some(Self::Environment(place.to_owned())),
            ("file", false) => Some(Self::File(place.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(formatter, "env:{name}"),
            Self::File(path) => write!(formatter, "file:{path}"),
        }
    }
}

/// A key as text, which is wiped when it is dropped.
#[derive(Clone)]
pub struct DecodingKey(Zeroizing<String>);

impl DecodingKey {
    /// Takes the text of a key.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DecodingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DecodingKey([redacted])")
    }
}

/// A key of the wrong form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it is not 32 bytes in base64, which a Fernet key is")]
pub(crate) struct WrongKey;
