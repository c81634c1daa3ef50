//! How the rows of a store are read: where the fields are, which rows count, how values are encoded, and what to assume
//! where a row says nothing.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::decoding::Decoding;
use super::defaults::Defaults;
use super::expression::{Expression, in_text};
use super::field::Field;
use super::issuer;
use super::json_pointer::JsonPointer;
use super::mapping::Mapping;
use super::selection::Selection;
use super::stored_row::StoredRow;
use super::value::StoredValue;
use crate::record::SkipReason;

/// How the rows of a store are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recipe {
    pub(crate) mapping: Mapping,
    pub(crate) selection: Selection,
    pub(crate) decoding: Decoding,
    pub(crate) defaults: Defaults,
    /// Whether fields other than the refresh token may have no column: the recipe is for many versions of a store.
    pub(crate) is_lenient: bool,
    /// Whether the mapping was typed alone: the fields that it does not name are found by their usual names.
    pub(crate) adds_to_usual: bool,
    /// The preset or mapping file that it is of; empty without one.
    pub(crate) file: String,
    /// The fields whose places were given besides it.
    pub(crate) typed: Vec<Field>,
}

impl Recipe {
    /// Whether the store must have what the expression with this index reads.
    pub(crate) fn needs(&self, index: usize) -> bool {
        let field = self.mapping.parts().get(index).map(|(field, _)| *field);
        !self.is_lenient || matches!(field, None | Some(Field::RefreshToken))
    }

    /// Whether nothing is said of how rows are read.
    pub(crate) fn is_empty(&self) -> bool {
        self.expressions().next().is_none() && self.decoding.is_empty() && self.defaults.is_empty()
    }

    /// Whether fields are found by their usual names.
    pub(crate) fn is_by_usual_names(&self) -> bool {
        self.mapping.is_empty()
    }

    /// Whether this field is found by its usual names.
    pub(crate) fn finds_by_usual_name(&self, field: Field) -> bool {
        self.is_by_usual_names() || self.adds_to_usual && !self.mapping.maps(field)
    }

    /// Whether the value under this name, a usual one of the field, is the field's: of what a mapping names, the mapping
    /// alone says what it is.
    pub(crate) fn takes_by_name(&self, field: Field, name: &str) -> bool {
        self.finds_by_usual_name(field) && !self.mapping.reads(name)
    }

    /// As [`Self::takes_by_name`], of a member with so many objects around its own: a mapping names those of the outermost.
    pub(crate) fn takes_member(&self, field: Field, name: &str, depth: u8) -> bool {
        match depth {
            0 => self.takes_by_name(field, name),
            _ => self.finds_by_usual_name(field),
        }
    }

    /// All that is looked up in a row: the fields of the mapping, then the conditions.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let mapped = self.mapping.parts().iter();
        let conditions = self.selection.conditions().iter();
        mapped
            .map(|(_field, expression)| expression)
            .chain(conditions.map(|condition| &condition.expression))
    }

    /// What an expression finds in a JSON object.
    ///
    /// # Errors
    /// Why the row cannot be read.
    pub(crate) fn in_object<'a>(
        &'a self,
        expression: &'a Expression,
        json: &'a [u8],
    ) -> Result<StoredValue<'a>, SkipReason> {
        match expression {
            Expression::Column(name) | Expression::ColumnPointer(name, _)
                if self.decoding.has_column(name) =>
            {
                let value = JsonPointer::member(name, json).map_err(not_json_member)?;
                self.in_column(expression, value)
            }
            _ => expression.in_object(json).map_err(not_json_member),
        }
    }

    /// What an expression finds in the column that it names, which holds `value`.
    ///
    /// # Errors
    /// Why the row cannot be read.
    pub(crate) fn in_column<'a>(
        &'a self,
        expression: &'a Expression,
        value: StoredValue<'a>,
    ) -> Result<StoredValue<'a>, SkipReason> {
        match expression {
            Expression::Column(name) => self.decoding.column(name, value),
            Expression::ColumnPointer(name, pointer) => {
                in_json(self.decoding.column(name, value)?, pointer)
            }
            Expression::Constant(value) => Ok(StoredValue::from_text(value.as_str())),
            Expression::Pointer(_) => Ok(StoredValue::Absent),
        }
    }

    /// Decodes the refresh token that was found, and drops what a mapped column has of other kinds beside object identifiers:
    /// Microsoft Graph has a short one for personal accounts, and libraries keep subjects of other providers in the same
    /// column. Neither would be found in an ID token.
    ///
    /// # Errors
    /// Why it cannot be decoded.
    pub(crate) fn finish(&self, stored: &mut StoredRow<'_>) -> Result<(), SkipReason> {
        let is_guid = stored
            .oid
            .text()
            .is_some_and(|oid| issuer::is_guid(oid.trim()));
        if !self.is_by_usual_names() && !is_guid {
            stored.oid = StoredValue::Absent;
        }
        let token = std::mem::take(&mut stored.refresh_token);
        stored.refresh_token = self.decoding.token(token)?;
        Ok(())
    }
}

/// What a pointer leads to in a column that holds JSON as text.
fn in_json<'a>(
    value: StoredValue<'a>,
    pointer: &JsonPointer,
) -> Result<StoredValue<'a>, SkipReason> {
    if value.is_absent() {
        return Ok(StoredValue::Absent);
    }
    match value {
        StoredValue::Text(Cow::Borrowed(text)) => in_text(text, pointer).map_err(not_json),
        StoredValue::Text(Cow::Owned(text)) => {
            let text = Zeroizing::new(text);
            let found = in_text(&text, pointer).map_err(not_json)?;
            Ok(found.into_owned())
        }
        _ => Ok(StoredValue::Absent),
    }
}

/// Without the parser's words, which quote the text.
fn not_json(_error: serde_json::Error) -> SkipReason {
    SkipReason::Malformed("a column that should hold JSON does not")
}

/// As [`not_json`], of a member.
fn not_json_member(_error: serde_json::Error) -> SkipReason {
    SkipReason::Malformed("a member that should hold JSON does not")
}
