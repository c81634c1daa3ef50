//! Where a row is. Messages name it by this, and never by its token.

use std::fmt;
use std::sync::Arc;

/// A file and a place in it, such as `token_cache.json#/3` or `tokens.csv:12`.
///
/// # Security
/// `Display` may show an e-mail address: in the row's key, and in the file's name where a store keeps one file per user.
/// [`Locator::place`] holds neither, and neither does `Debug`: these are fit for logs and reports.
#[derive(Clone, PartialEq, Eq)]
pub struct Locator {
    file: Arc<str>,
    /// The one spelling of the file's path, where it has one.
    path: Option<Arc<str>>,
    place: Place,
    key: Option<Box<str>>,
    /// Whose row it is, where that is all that is known of it. Never shown.
    user: Option<Box<str>>,
}

impl Locator {
    /// A place in `file`.
    pub fn new(file: &Arc<str>, place: Place) -> Self {
        Self {
            file: Arc::clone(file),
            path: None,
            place,
            key: None,
            user: None,
        }
    }

    /// The same place with the name that its store gives it: the value of a key column, a member's name, a file's name.
    /// A name that is empty, or too long for a name, is left out.
    #[must_use]
    pub fn with_key(mut self, key: &str) -> Self {
        self.key = (1..=LONGEST_KEY).contains(&key.len()).then(|| key.into());
        self
    }

    /// The same place, in the file at this path.
    pub(crate) fn at_path(mut self, path: &Arc<str>) -> Self {
        self.path = Some(Arc::clone(path));
        self
    }

    /// The same place in the row of a user: a row that is skipped has nothing else that names somebody.
    pub(crate) fn with_user(mut self, username: &str) -> Self {
        self.user = Some(username.into());
        self
    }

    /// Whose row it is, where it is skipped and says so.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The file or directory the source was opened with, as it was typed. A journal has its whole path.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The file in the one spelling by which a journal knows it.
    pub(crate) fn path(&self) -> &str {
        self.path.as_ref().unwrap_or(&self.file)
    }

    /// The key as it stands behind the place.
    pub(crate) fn shown_key(&self) -> Option<String> {
        let key = self.key.as_deref()?;
        let visible = key.chars().map(|character| match character.is_control() {
            true => character.escape_default().to_string(),
            false => character.to_string(),
        });
        Some(format!(" ({})", visible.collect::<String>()))
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
        // Control characters are escaped, because names may hold sequences that a terminal obeys.
        for character in self.file.chars() {
            write_visible(formatter, character)?;
        }
        write!(formatter, "{}", self.place)?;
        formatter.write_str(&self.shown_key().unwrap_or_default())
    }
}

impl fmt::Debug for Locator {
    /// Only the place, so that a logged record names nobody.
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
    /// The element or member with this index in the outermost JSON array or object, or the index of one of several JSON
    /// texts that follow each other. The first is 0.
    Element(u64),
    /// A file of a directory, and the element in it.
    File {
        /// The file's index in the order of names; the first is 0.
        file: u64,
        /// The element's index in the file; the first is 0.
        element: u64,
    },
    /// The line with this number. The first is 1, as in editors.
    Line(u64),
    /// The entry with this index in the `RefreshToken` section of an MSAL cache; the first is 0.
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

/// Longer keys are not shown. Names of people are shorter, and a token that was stored as a key is longer.
const LONGEST_KEY: usize = 80;

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
