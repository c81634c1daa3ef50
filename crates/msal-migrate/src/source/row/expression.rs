//! Where a mapping finds a value: a column or member, a JSON pointer, JSON in a column, or a constant.

use std::fmt;

use zeroize::Zeroizing;

use super::json_pointer::JsonPointer;
use super::shown_name::shown;
use super::value::StoredValue;

/// Where a mapping finds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Column(String),
    ColumnPointer(String, JsonPointer),
    Constant(String),
    Pointer(JsonPointer),
}

impl Expression {
    /// Parses it; `None` where it is empty.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(value) = text.strip_prefix("const:") {
            return Some(Self::Constant(value.to_owned()));
        }
        if let Some(pointer) = JsonPointer::parse(text) {
            return Some(Self::Pointer(pointer));
        }
        match text.split_once(":/") {
            Some((column, pointer)) => {
                let pointer = JsonPointer::parse(&format!("/{pointer}"))?;
                Some(Self::ColumnPointer(column.to_owned(), pointer))
            }
            None => (!text.is_empty()).then(|| Self::Column(text.to_owned())),
        }
    }

    /// The column that it reads.
    pub(crate) fn column(&self) -> Option<&str> {
        match self {
            Self::Column(name) | Self::ColumnPointer(name, _) => Some(name),
            Self::Constant(_) | Self::Pointer(_) => None,
        }
    }

    /// The column, or the outermost member, that it reads.
    pub(crate) fn member(&self) -> Option<&str> {
        match self {
            Self::Pointer(pointer) => pointer.segments().first().map(String::as_str),
            _ => self.column(),
        }
    }

    /// The value in a JSON object, for which a column is a member.
    pub(crate) fn in_object<'a>(
        &'a self,
        json: &'a [u8],
    ) -> Result<StoredValue<'a>, serde_json::Error> {
        match self {
            Self::Column(name) => JsonPointer::member(name, json),
            Self::Constant(value) => Ok(StoredValue::from_text(value.as_str())),
            Self::Pointer(pointer) => pointer.find(json),
            Self::ColumnPointer(name, pointer) => match JsonPointer::member(name, json)? {
                StoredValue::Text(text) => Ok(in_text(&text, pointer)?.into_owned()),
                // An export of rows has a column of JSON as JSON, not as text.
                StoredValue::Object | StoredValue::List(_) => pointer.find_below(name, json),
                _ => Ok(StoredValue::Absent),
            },
        }
    }
}

/// The value in a column that holds JSON. Older installations of python-social-auth store it as a JSON text in a JSON
/// string, which is unwrapped up to twice.
pub(crate) fn in_text<'a>(
    text: &'a str,
    pointer: &JsonPointer,
) -> Result<StoredValue<'a>, serde_json::Error> {
    let mut inner = Zeroizing::new(String::new());
    for _nesting in 0..2 {
        let outer = if inner.is_empty() { text } else { &inner };
        if !outer.trim_start().starts_with('"') {
            break;
        }
        inner = Zeroizing::new(serde_json::from_str(outer)?);
    }
    if !inner.is_empty() {
        return Ok(pointer.find(inner.as_bytes())?.into_owned());
    }
    if text.trim().is_empty() {
        return Ok(StoredValue::Absent);
    }
    pointer.find(text.as_bytes())
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(name) => formatter.write_str(&shown(name)),
            Self::ColumnPointer(name, pointer) => write!(formatter, "{}:{pointer}", shown(name)),
            Self::Constant(_) => formatter.write_str("const"),
            Self::Pointer(pointer) => write!(formatter, "{pointer}"),
        }
    }
}
