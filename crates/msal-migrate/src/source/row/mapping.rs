//! A mapping says which column or member holds which field, for stores with names of their own: `--map FIELD=EXPRESSION`.

use thiserror::Error;

use super::expression::Expression;
use super::field::{FIELD_NAMES, FIELDS, Field};
use super::shown_name::shown;
use crate::source::closest::closest;
use crate::source::kind::SourceKind;

/// Where each field of a record is found.
///
/// Each part is `FIELD=EXPRESSION`. The fields are those of [`Mapping::FIELDS`]. An expression is
/// * the name of a column or member (exact, or else in another case),
/// * a JSON pointer that starts with `/` (RFC 6901),
/// * `COLUMN:/POINTER` for a column that holds JSON,
/// * `const:VALUE` for the same value in every row.
///
/// Fields that it does not name are found where they are without it: by their usual names, or where a mapping file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    parts: Vec<(Field, Expression)>,
}

impl Mapping {
    /// The fields that can be mapped.
    pub const FIELDS: &[&str] = &FIELD_NAMES;

    /// Parses the parts. No part at all is the empty mapping.
    ///
    /// # Errors
    /// [`MappingError`] for a field that does not exist or is mapped twice, and for a refresh token given as a constant,
    /// because other users of the machine can see a command line.
    pub fn parse<S: AsRef<str>>(parts: impl IntoIterator<Item = S>) -> Result<Self, MappingError> {
        let mut mapping = Self::default();
        for part in parts {
            mapping.add(part.as_ref())?;
        }
        Ok(mapping)
    }

    /// Whether nothing is mapped, so that fields are found by their usual names.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether it says where this field is.
    pub(crate) fn maps(&self, field: Field) -> bool {
        self.parts.iter().any(|(mapped, _)| *mapped == field)
    }

    /// Whether a part of it reads the column or member of this name.
    pub(crate) fn reads(&self, name: &str) -> bool {
        let mut named = self
            .parts
            .iter()
            .filter_map(|(_, expression)| expression.member());
        named.any(|member| member.eq_ignore_ascii_case(name))
    }

    pub(crate) fn parts(&self) -> &[(Field, Expression)] {
        &self.parts
    }

    /// Checks that it says where the refresh token is, if it says anything.
    pub(crate) fn check(&self) -> Result<(), MappingError> {
        match self.is_empty() || self.maps(Field::RefreshToken) {
            true => Ok(()),
            false => Err(MappingError::NoRefreshToken),
        }
    }

    /// This mapping, with what `top` says in the place of what it says of the same fields.
    pub(crate) fn overlaid(&self, top: &Self) -> Self {
        let below = self.parts.iter().filter(|(field, _)| !top.maps(*field));
        Self {
            parts: below.chain(&top.parts).cloned().collect(),
        }
    }

    fn add(&mut self, part: &str) -> Result<(), MappingError> {
        let (name, expression) = part.split_once('=').ok_or(MappingError::Syntax)?;
        let expression = Expression::parse(expression);
        self.insert(name, expression.ok_or(MappingError::Syntax)?)
    }

    /// Maps the field called `name`.
    pub(crate) fn insert(
        &mut self,
        name: &str,
        expression: Expression,
    ) -> Result<(), MappingError> {
        let field = FIELDS
            .iter()
            .find(|(field, _)| *field == name.trim())
            .map(|(_, field)| *field)
            .ok_or_else(|| MappingError::UnknownField { field: shown(name) })?;
        if self.maps(field) {
            return Err(MappingError::Twice { field: shown(name) });
        }
        if field == Field::RefreshToken && matches!(expression, Expression::Constant(_)) {
            return Err(MappingError::ConstantToken);
        }
        self.parts.push((field, expression));
        Ok(())
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
    /// A step of decoding without its key, or with another key than it takes.
    #[error("{problem}")]
    #[non_exhaustive]
    NoKey {
        /// Which key.
        problem: String,
    },
    /// A mapping without a refresh token.
    #[error("the mapping does not say where the refresh token is")]
    NoRefreshToken,
    /// A mapping for a format whose fields are known.
    #[error("`{kind}` needs no mapping; tables, JSON, INI files and databases take one")]
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
        /// The arguments that most probably read it.
        likely: Option<String>,
        /// The preset of whose store they are.
        store: Option<String>,
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
    #[error("`{field}` is no field{}; the fields are {}", closest(.field, FIELD_NAMES), Mapping::FIELDS.join(", "))]
    #[non_exhaustive]
    UnknownField {
        /// What was given.
        field: String,
    },
}
