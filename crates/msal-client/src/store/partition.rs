//! The name of one blob in a store.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// The name of one blob in a store: one per user in a web application, the [default](Self::default) one on a desktop.
///
/// Restricted to what is safe as a file name, a key and a log field everywhere: 1 to 128 characters, `a`-`z`, `0`-`9`,
/// `.`, `_`, `-`, the first a letter or digit, the last not a dot. Capitals are refused rather than folded: on a file
/// system that ignores case, two users' caches would otherwise be one file. A `home_account_id` of Entra fits; for anything
/// else there is [`Partition::hashed`].
///
/// Not a secret, but it may name a person: choose a name that may appear in logs.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(Arc<str>);

impl Partition {
    /// Parses a name.
    ///
    /// # Errors
    /// [`InvalidPartition`] when the name breaks the rules above.
    pub fn new(name: &str) -> Result<Self, InvalidPartition> {
        if is_safe(name) {
            Ok(Self(name.into()))
        } else {
            Err(InvalidPartition(()))
        }
    }

    /// A partition for any text: a user's id of one's own, a name, a session. It is the text's SHA-256 in hexadecimal
    /// digits, so the same text always has the same partition, in every program and every release.
    ///
    /// # Security
    /// The text cannot be read from the name. Whoever has a name can find out by trying which text it was made of: that is
    /// hopeless for a long random one, and easy for a short one, such as a mail address or a number.
    ///
    /// # Examples
    /// ```
    /// use msal::Partition;
    ///
    /// let partition = Partition::hashed("Alice Smith <alice@contoso.example>");
    /// assert_eq!(partition, Partition::hashed("Alice Smith <alice@contoso.example>"));
    /// assert_eq!(partition.as_str().len(), 64);
    /// ```
    pub fn hashed(text: &str) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        let digits = digest.iter().map(|byte| format!("{byte:02x}"));
        Self(digits.collect::<String>().into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The single partition of a desktop or command-line application.
impl Default for Partition {
    fn default() -> Self {
        Self("default".into())
    }
}

impl FromStr for Partition {
    type Err = InvalidPartition;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Partition({})", self.0)
    }
}

/// A partition name that would not be safe as a file name everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a partition name is 1 to 128 characters of a-z, 0-9, '.', '_' and '-', starts with a letter or digit and does not end with a dot"
)]
pub struct InvalidPartition(());

fn is_safe(name: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= 128
        && name.bytes().next().is_some_and(alphanumeric)
        && name
            .bytes()
            .all(|byte| alphanumeric(byte) || b"._-".contains(&byte))
        && !name.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_accepted() {
        for name in [
            "default",
            "a",
            "0",
            "6c5b1d9e-0000-0000-0000-000000000001.72f988bf-0000-0000-0000-000000000001",
        ] {
            assert_eq!(Partition::new(name).unwrap().as_str(), name);
        }
        assert!(Partition::new(&"x".repeat(128)).is_ok());
    }

    #[test]
    fn any_text_has_a_partition() {
        // FIPS 180-4, example of one block.
        assert_eq!(
            Partition::hashed("abc").as_str(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        for text in ["", "A", "../a", "é", "a\0b", &"x".repeat(10_000)] {
            let partition = Partition::hashed(text);
            assert_eq!(Partition::new(partition.as_str()), Ok(partition));
        }
        assert_ne!(Partition::hashed("A"), Partition::hashed("a"));
    }

    #[test]
    fn names_that_are_not_safe_for_files_are_refused() {
        for name in [
            "", ".", "..", ".hidden", "a.", "-rf", "a/b", "a\\b", "A", "é", "a b", "a\0", "a\n",
            "con:",
        ] {
            assert_eq!(Partition::new(name), Err(InvalidPartition(())), "{name:?}");
        }
        assert!(Partition::new(&"x".repeat(129)).is_err());
    }
}
