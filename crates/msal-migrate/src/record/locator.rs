//! Where a row is: what messages show instead of the token.

use std::fmt;
use std::sync::Arc;

/// Longer names are not shown: a person's name is shorter, and a token that somebody took for a name is longer.
const LONGEST_KEY: usize = 80;

/// A file and a place in it, such as `token_cache.json#/3` or `tokens.csv:12`.
///
/// # Security
/// The full form may hold an e-mail address: in the row's key, and in the file's name where a store keeps one file per
/// user. [`Locator::place`] holds neither and is fit for logs and reports.
#[derive(Clone, PartialEq, Eq)]
pub struct Locator {
    file: Arc<str>,
    place: Place,
    key: Option<Box<str>>,
}

impl Locator {
    /// A place in `file`.
    pub fn new(file: &Arc<str>, place: Place) -> Self {
        Self {
            file: Arc::clone(file),
            place,
            key: None,
        }
    }

    /// The same place, with the name its store gives it: a key column, a member's name, a file's name.
    #[must_use]
    pub fn with_key(mut self, key: &str) -> Self {
        self.key = (1..=LONGEST_KEY).contains(&key.len()).then(|| key.into());
        self
    }

    /// The file or directory the source was opened with.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The place without file and key: an index or a line, never a person's name.
    pub fn place(&self) -> Place {
        self.place
    }

    /// What the store calls the row. May name a person.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Escaped, because names in a file may hold terminal control sequences.
        for character in self.file.chars() {
            write_visible(formatter, character)?;
        }
        write!(formatter, "{}", self.place)?;
        let Some(key) = &self.key else { return Ok(()) };
        formatter.write_str(" (")?;
        for character in key.chars() {
            write_visible(formatter, character)?;
        }
        formatter.write_str(")")
    }
}

impl fmt::Debug for Locator {
    /// Shows the place only, so that a logged record names nobody.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Locator({})", self.place)
    }
}

fn write_visible(formatter: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    if character.is_control() {
        write!(formatter, "{}", character.escape_default())
    } else {
        write!(formatter, "{character}")
    }
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Place {
    /// The element or member with this index of the outermost JSON container, or the n-th of several JSON texts.
    Element(u64),
    /// The n-th file of a directory in the order of names, and the element in it.
    File {
        /// The file's index.
        file: u64,
        /// The element's index in the file.
        element: u64,
    },
    /// The line with this number; the first is 1.
    Line(u64),
    /// The n-th entry of the `RefreshToken` section of an MSAL cache.
    RefreshToken(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(index) => write!(formatter, "#/{index}"),
            Self::File { file, element } => write!(formatter, "[{file}]#/{element}"),
            Self::Line(number) => write!(formatter, ":{number}"),
            Self::RefreshToken(index) => write!(formatter, "#/RefreshToken/{index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_file_place_and_key() {
        let file = Arc::from("tokens.csv");
        let locator = Locator::new(&file, Place::Line(12)).with_key("alice@contoso.example");
        assert_eq!(locator.to_string(), "tokens.csv:12 (alice@contoso.example)");
        assert_eq!(locator.place().to_string(), ":12");
        assert_eq!(format!("{locator:?}"), "Locator(:12)");
    }

    #[test]
    fn long_keys_are_not_shown_and_none_can_drive_a_terminal() {
        let file = Arc::from("a");
        let locator = Locator::new(&file, Place::Element(0)).with_key("\u{1b}[2J");
        assert_eq!(locator.to_string(), "a#/0 (\\u{1b}[2J)");
        let locator = Locator::new(&file, Place::Element(0)).with_key(&"x".repeat(81));
        assert_eq!(locator.key(), None);
    }
}
