//! The value of a member or a column, whose type is not known beforehand.
//!
//! Stores disagree about types: scopes are a string or a list, an expiry is a number, a string or a list. A value of the
//! wrong type costs its own entry at most, so reading one never fails, and its user asks for the type that is needed.

use std::borrow::Cow;
use std::{fmt, slice};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A value of any type, with as much of it as a field can need.
#[derive(Default)]
pub(crate) enum StoredValue<'a> {
    /// There is no such member.
    #[default]
    Absent,
    Bool(bool),
    /// The texts of a list. Its other elements are left out.
    List(Vec<Cow<'a, str>>),
    Null,
    Number(f64),
    /// An object; its members are left out.
    Object,
    Text(Cow<'a, str>),
}

impl<'a> StoredValue<'a> {
    /// The text, unless it is empty or says that there is no value.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => present(text),
            _ => None,
        }
    }

    pub(crate) fn owned(&self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    /// Whether there is a value, and it is not text.
    pub(crate) fn is_other_than_text(&self) -> bool {
        !matches!(self, Self::Absent | Self::Null | Self::Text(_))
    }

    /// The text, or the texts of a list.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let texts: &[Cow<'_, str>] = match self {
            Self::List(texts) => texts,
            Self::Text(text) => slice::from_ref(text),
            _ => &[],
        };
        texts.iter().map(AsRef::as_ref)
    }

    /// How long its texts are together.
    pub(crate) fn text_length(&self) -> usize {
        self.texts().map(str::len).sum()
    }

    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Self::Absent | Self::Null => true,
            Self::Text(text) => present(text).is_none(),
            _ => false,
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The value without the text it was borrowed from.
    pub(crate) fn into_owned(self) -> StoredValue<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Absent => StoredValue::Absent,
            Self::Bool(value) => StoredValue::Bool(value),
            Self::List(list) => StoredValue::List(list.into_iter().map(owned).collect()),
            Self::Null => StoredValue::Null,
            Self::Number(number) => StoredValue::Number(number),
            Self::Object => StoredValue::Object,
            Self::Text(text) => StoredValue::Text(owned(text)),
        }
    }

    pub(crate) fn from_text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }
}

/// Text that is a value. Databases, their tools and programming languages have words for none.
fn present(text: &str) -> Option<&str> {
    let word = text.trim();
    let is_short = word.len() <= LONGEST_NOTHING;
    let absent = word.is_empty()
        || is_short
            && NOTHING
                .iter()
                .any(|nothing| nothing.eq_ignore_ascii_case(word));
    (!absent).then_some(text)
}

/// What PostgreSQL and MySQL (`\\N`), their tools, JavaScript, Python, Go, Objective-C and spreadsheets write where there is
/// no value.
const NOTHING: [&str; 10] = [
    "null",
    "none",
    "nil",
    "undefined",
    "\\N",
    "(null)",
    "<null>",
    "[null]",
    "nan",
    "n/a",
];

const LONGEST_NOTHING: usize = "undefined".len();

impl<'de: 'a, 'a> Deserialize<'de> for StoredValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StoredValueVisitor)
    }
}

struct StoredValueVisitor;

impl<'de> Visitor<'de> for StoredValueVisitor {
    type Value = StoredValue<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(StoredValue::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(StoredValue::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(StoredValue::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(StoredValue::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(StoredValue::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(StoredValue::Number(value))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(StoredValue::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(element) = list.next_element()? {
            if let StoredValue::Text(text) = element {
                texts.push(text);
            }
        }
        Ok(StoredValue::List(texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(StoredValue::Object)
    }
}
