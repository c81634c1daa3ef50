//! Which column or member holds what, where a store has names of its own: `--map FIELD=EXPRESSION`.

use std::fmt;

use thiserror::Error;
use zeroize::Zeroizing;

use super::alias::Field;
use super::json_pointer::JsonPointer;
use super::value::StoredValue;
use crate::source::kind::SourceKind;

/// How many names are listed in an error.
const LISTED: usize = 30;

/// Columns have shorter names than this, and refresh tokens are much longer.
const LONGEST_NAME: usize = 40;

/// Where each field of a record is found.
///
/// Each part is `FIELD=EXPRESSION`. The fields are those of [`Mapping::FIELDS`]. An expression is the name of a column
/// or member (exact, or else in another case), a JSON pointer that starts with `/` (RFC 6901), `COLUMN:/POINTER` for a
/// column that holds JSON, or `const:VALUE`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    parts: Vec<(Field, Expression)>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Column(String),
    ColumnPointer(String, JsonPointer),
    Constant(String),
    Pointer(JsonPointer),
}

const FIELDS: [(&str, Field); 17] = [
    ("authority", Field::Authority),
    ("client_id", Field::ClientId),
    ("client_info", Field::ClientInfo),
    ("expires_at", Field::ExpiresAt),
    ("expires_in", Field::ExpiresIn),
    ("home_account_id", Field::HomeAccountId),
    ("id_token", Field::IdToken),
    ("key", Field::Key),
    ("oid", Field::Oid),
    ("provider", Field::Provider),
    ("refresh_token", Field::RefreshToken),
    ("resource", Field::Resource),
    ("scopes", Field::Scopes),
    ("sub", Field::Sub),
    ("tenant", Field::Tenant),
    ("tid", Field::Tid),
    ("username", Field::Username),
];

const NAMES: [&str; FIELDS.len()] = {
    let mut names = [""; FIELDS.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = FIELDS[index].0;
        index += 1;
    }
    names
};

impl Mapping {
    /// The fields that can be mapped.
    pub const FIELDS: &[&str] = &NAMES;

    /// Parses the parts.
    ///
    /// # Errors
    /// [`MappingError`] for a field that does not exist or is mapped twice, and for a refresh token given as a
    /// constant: whoever can list processes could read it.
    pub fn parse<S: AsRef<str>>(parts: impl IntoIterator<Item = S>) -> Result<Self, MappingError> {
        let mut mapping = Self::default();
        for part in parts {
            mapping.add(part.as_ref())?;
        }
        let maps_token = |(field, _): &(Field, Expression)| *field == Field::RefreshToken;
        if !mapping.is_empty() && !mapping.parts.iter().any(maps_token) {
            return Err(MappingError::NoRefreshToken);
        }
        Ok(mapping)
    }

    /// Whether nothing is mapped, so that columns are recognised by their usual names.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(crate) fn parts(&self) -> &[(Field, Expression)] {
        &self.parts
    }

    fn add(&mut self, part: &str) -> Result<(), MappingError> {
        let (name, expression) = part.split_once('=').ok_or(MappingError::Syntax)?;
        let field = FIELDS
            .iter()
            .find(|(field, _)| *field == name.trim())
            .map(|(_, field)| *field)
            .ok_or_else(|| MappingError::UnknownField { field: shown(name) })?;
        if self.parts.iter().any(|(mapped, _)| *mapped == field) {
            return Err(MappingError::Twice { field: shown(name) });
        }
        let expression = Expression::parse(expression).ok_or(MappingError::Syntax)?;
        if field == Field::RefreshToken && matches!(expression, Expression::Constant(_)) {
            return Err(MappingError::ConstantToken);
        }
        self.parts.push((field, expression));
        Ok(())
    }
}

impl Expression {
    fn parse(text: &str) -> Option<Self> {
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

    /// The value in a JSON object.
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
                _ => Ok(StoredValue::Absent),
            },
        }
    }
}

/// The value in a column that holds JSON, or JSON in a JSON string, as older installations of python-social-auth do.
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

/// Why a mapping cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MappingError {
    /// A refresh token on the command line.
    #[error(
        "a refresh token cannot be given as a constant, because other users can see the command line"
    )]
    ConstantToken,
    /// Two columns have the name.
    #[error("two columns are called `{column}`")]
    #[non_exhaustive]
    Ambiguous {
        /// The name.
        column: String,
    },
    /// A mapping without a refresh token.
    #[error("the mapping does not say where the refresh token is")]
    NoRefreshToken,
    /// A mapping for a format whose fields are known.
    #[error("`{kind}` needs no mapping; only `csv` and `jsonl` take one")]
    #[non_exhaustive]
    NotMapped {
        /// The format.
        kind: SourceKind,
    },
    /// No column has a name that a refresh token usually has.
    #[error("no column is called like a refresh token; there are {columns}")]
    #[non_exhaustive]
    NoTokenColumn {
        /// The columns there are.
        columns: String,
    },
    /// Not `FIELD=EXPRESSION`.
    #[error(
        "a mapping is FIELD=COLUMN, FIELD=/POINTER, FIELD=COLUMN:/POINTER or FIELD=const:VALUE"
    )]
    Syntax,
    /// One field has two parts.
    #[error("`{field}` is mapped twice")]
    #[non_exhaustive]
    Twice {
        /// The field.
        field: String,
    },
    /// The input has no such column.
    #[error("there is no `{column}`; there are {columns}")]
    #[non_exhaustive]
    UnknownColumn {
        /// What the mapping names.
        column: String,
        /// The columns there are.
        columns: String,
    },
    /// There is no such field.
    #[error("`{field}` is no field; the fields are {}", Mapping::FIELDS.join(", "))]
    #[non_exhaustive]
    UnknownField {
        /// What was given.
        field: String,
    },
}

/// The names, for an error. None at all if one could be a person or a token: a file without a header line has its first
/// row in the place of names.
pub(crate) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.take(LISTED + 1).collect();
    if names.is_empty() {
        return "none".to_owned();
    }
    if !names.iter().copied().all(is_harmless) {
        return "names that are not shown, because one may be a person or a token".to_owned();
    }
    let shown = names.get(..LISTED).unwrap_or(&names).join(", ");
    let more = if names.len() > LISTED { ", …" } else { "" };
    format!("{shown}{more}")
}

/// A name as it may be shown.
fn shown(name: &str) -> String {
    listed([name].into_iter())
}

fn is_harmless(name: &str) -> bool {
    let is_visible = |character: char| !character.is_control() && character != '@';
    name.chars().count() <= LONGEST_NAME && name.chars().all(is_visible)
}
