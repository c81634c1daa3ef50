//! Which columns of a table are read, and as what.

use crate::record::token_shape::is_microsofts;
use crate::record::{Locator, Row};
use crate::source::read::csv_reader::{CsvRecord, CsvText};
use crate::source::row::alias::field_named;
use crate::source::row::collector::Collector;
use crate::source::row::expression::{Expression, in_text};
use crate::source::row::field::Field;
use crate::source::row::json_pointer::JsonPointer;
use crate::source::row::mapping::{Mapping, MappingError};
use crate::source::row::second_look;
use crate::source::row::shown_name::{likely_token, listed, shown};
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// Which columns are read, and as what.
#[derive(Debug)]
pub(super) struct Columns {
    /// How many the header has, read or not.
    count: usize,
    bindings: Vec<Binding>,
}

/// A field of the row, and where its value is.
#[derive(Debug)]
struct Binding {
    field: Field,
    rank: u8,
    value: BoundValue,
}

/// An expression whose columns have been found: columns by their index.
#[derive(Debug)]
enum BoundValue {
    Column(usize),
    ColumnPointer(usize, JsonPointer),
    Constant(String),
}

impl Columns {
    /// Finds the columns that `mapping` names or, without a mapping, those with the usual names. `first` is the first line
    /// below the header.
    pub(super) fn bind(
        header: &[String],
        first: &[String],
        mapping: &Mapping,
    ) -> Result<Self, MappingError> {
        let bindings = if mapping.is_empty() {
            usual(header, first)?
        } else {
            named(header, mapping)?
        };
        Ok(Self {
            count: header.len(),
            bindings,
        })
    }

    pub(super) fn row(&self, locator: Locator, record: &CsvRecord<'_>) -> Row {
        // RFC 4180 §2: each line has the same number of fields. One that has not may be cut off.
        if record.len() != self.count {
            return Row::malformed(
                locator,
                "the line has more or fewer columns than the header",
            );
        }
        let Ok(texts) = record.texts() else {
            return Row::malformed(locator, "the line is not UTF-8");
        };
        match self.stored_row(&texts) {
            Ok(mut stored) => {
                if stored.refresh_token.is_absent() {
                    let texts = texts.iter().map(CsvText::as_str);
                    stored.reason_without_token = Some(second_look::at_texts(texts));
                }
                stored.into_row(locator)
            }
            Err(_not_json) => Row::malformed(locator, "a column that should hold JSON does not"),
        }
    }

    fn stored_row<'a>(
        &'a self,
        texts: &'a [CsvText<'_>],
    ) -> Result<StoredRow<'a>, serde_json::Error> {
        let mut collector = Collector::default();
        for binding in &self.bindings {
            let value = match &binding.value {
                BoundValue::Column(index) => {
                    column(texts, *index).map_or(StoredValue::Absent, StoredValue::from_text)
                }
                BoundValue::ColumnPointer(index, pointer) => column(texts, *index)
                    .map_or(Ok(StoredValue::Absent), |text| in_text(text, pointer))?,
                BoundValue::Constant(value) => StoredValue::from_text(value.as_str()),
            };
            collector.offer(binding.field, binding.rank, value);
        }
        Ok(collector.into_stored_row())
    }
}

fn column<'a>(texts: &'a [CsvText<'_>], index: usize) -> Option<&'a str> {
    texts.get(index).map(CsvText::as_str)
}

/// The columns with the usual names, of which one is a refresh token.
fn usual(header: &[String], first: &[String]) -> Result<Vec<Binding>, MappingError> {
    let bindings: Vec<_> = header
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            let (field, rank) = field_named(name)?;
            let value = BoundValue::Column(index);
            Some(Binding { field, rank, value })
        })
        .collect();
    if !bindings
        .iter()
        .any(|binding| binding.field == Field::RefreshToken)
    {
        let value = first.iter().position(|value| is_microsofts(value));
        let by_value = value
            .and_then(|index| header.get(index))
            .map(String::as_str);
        return Err(MappingError::NoTokenColumn {
            columns: columns_of(header),
            likely: likely_token(header.iter().map(String::as_str), by_value),
        });
    }
    Ok(bindings)
}

/// The columns that a mapping names.
fn named(header: &[String], mapping: &Mapping) -> Result<Vec<Binding>, MappingError> {
    let bind = |(field, expression): &(Field, Expression)| {
        let value = match expression {
            Expression::Column(name) => BoundValue::Column(find(header, name)?),
            Expression::ColumnPointer(name, pointer) => {
                BoundValue::ColumnPointer(find(header, name)?, pointer.clone())
            }
            Expression::Constant(value) => BoundValue::Constant(value.clone()),
            // It leads into a JSON object, which a line is not.
            Expression::Pointer(_) => {
                return Err(MappingError::UnknownColumn {
                    column: expression.to_string(),
                    columns: columns_of(header),
                });
            }
        };
        Ok(Binding {
            field: *field,
            rank: 0,
            value,
        })
    };
    mapping.parts().iter().map(bind).collect()
}

/// The column called `name`: exactly, or else in another case.
fn find(header: &[String], name: &str) -> Result<usize, MappingError> {
    let exactly = |column: &String| column == name;
    let in_any_case = |column: &String| column.eq_ignore_ascii_case(name);
    let found: Vec<usize> = match positions(header, exactly).as_slice() {
        [] => positions(header, in_any_case),
        exact => exact.to_vec(),
    };
    match found.as_slice() {
        [index] => Ok(*index),
        [] => Err(MappingError::UnknownColumn {
            column: shown(name),
            columns: columns_of(header),
        }),
        _ => Err(MappingError::Ambiguous {
            column: shown(name),
        }),
    }
}

fn positions(header: &[String], matches: impl Fn(&String) -> bool) -> Vec<usize> {
    let numbered = header.iter().enumerate();
    numbered
        .filter(|(_, column)| matches(column))
        .map(|(index, _)| index)
        .collect()
}

fn columns_of(header: &[String]) -> String {
    listed(header.iter().map(String::as_str))
}
