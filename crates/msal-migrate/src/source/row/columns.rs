//! Which columns of a table are read, and as what.

use crate::record::token_shape::is_microsofts;
use crate::record::{Locator, Row};
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
pub(crate) struct Columns {
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

/// A row of a table: the values in its columns, and those of them that are text.
pub(crate) trait Cells {
    fn value(&self, index: usize) -> StoredValue<'_>;

    fn text(&self, index: usize) -> Option<&str>;
}

impl Columns {
    /// Finds the columns that `mapping` names or, without a mapping, those with the usual names. `first` is the first line
    /// below the header.
    pub(crate) fn bind(
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

    /// How many columns the header has.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn row(&self, locator: Locator, cells: &impl Cells) -> Row {
        match self.stored_row(cells) {
            Ok(mut stored) => {
                if stored.refresh_token.is_absent() {
                    let texts = (0..self.count).filter_map(|index| cells.text(index));
                    stored.reason_without_token = Some(second_look::at_texts(texts));
                }
                stored.into_row(locator)
            }
            Err(_not_json) => Row::malformed(locator, "a column that should hold JSON does not"),
        }
    }

    fn stored_row<'a>(&'a self, cells: &'a impl Cells) -> Result<StoredRow<'a>, serde_json::Error> {
        let mut collector = Collector::default();
        for binding in &self.bindings {
            let value = match &binding.value {
                BoundValue::Column(index) => cells.value(*index),
                BoundValue::ColumnPointer(index, pointer) => cells
                    .text(*index)
                    .map_or(Ok(StoredValue::Absent), |text| in_text(text, pointer))?,
                BoundValue::Constant(value) => StoredValue::from_text(value.as_str()),
            };
            collector.offer(binding.field, binding.rank, value);
        }
        Ok(collector.into_stored_row())
    }
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
    let mut bindings: Vec<_> = mapping.parts().iter().map(bind).collect::<Result<_, _>>()?;
    let has_key = bindings.iter().any(|binding| binding.field == Field::Key);
    // What the queries of this crate's documentation call the primary key. Messages show it, whatever else is mapped.
    let row_id = header.iter().position(|name| name == "row_id");
    if let Some(index) = row_id.filter(|_| !has_key) {
        bindings.push(Binding {
            field: Field::Key,
            rank: 0,
            value: BoundValue::Column(index),
        });
    }
    Ok(bindings)
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
