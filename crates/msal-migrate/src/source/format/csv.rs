//! A table as comma-separated values with a header line.

use std::io::Read;
use std::ops::ControlFlow;

use crate::record::{Locator, Place, Row};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::csv_reader::{CsvError, CsvReader, CsvRecord, CsvText};
use crate::source::read::input::Input;
use crate::source::row::alias;
use crate::source::row::collector::Collector;
use crate::source::row::expression::{Expression, in_text};
use crate::source::row::field::Field;
use crate::source::row::json_pointer::JsonPointer;
use crate::source::row::mapping::{Mapping, MappingError};
use crate::source::row::shown_name::listed;
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// A CSV file whose first line names the columns.
#[derive(Debug)]
pub(crate) struct CsvSource {
    input: Input,
    columns: Columns,
}

impl CsvSource {
    /// Reads the header, and finds the columns that `mapping` names, or those with the usual names.
    pub(crate) fn open(input: Input, mapping: &Mapping) -> Result<Self, SourceError> {
        let header = read_header(&input)?;
        let columns = Columns::bind(&header, mapping).map_err(|problem| SourceError::Mapping {
            file: input.name().to_string(),
            problem,
        })?;
        Ok(Self { input, columns })
    }

    fn read_rows(
        &self,
        reader: &mut CsvReader<impl Read>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), CsvError> {
        reader.record()?;
        while let Some(record) = reader.record()? {
            let locator = Locator::new(self.input.name(), Place::Line(record.line));
            if visit(self.columns.row(locator, &record)).is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Source for CsvSource {
    fn kind(&self) -> SourceKind {
        SourceKind::Csv
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        self.read_rows(&mut CsvReader::new(self.input.text()?), visit)
            .map_err(|error| error.in_file(self.input.name()))
    }
}

fn read_header(input: &Input) -> Result<Vec<String>, SourceError> {
    let mut reader = CsvReader::new(input.text()?);
    let record = reader
        .record()
        .map_err(|error| error.in_file(input.name()))?;
    let texts = record.map_or_else(|| Ok(Vec::new()), |record| record.texts());
    let texts = texts.map_err(|_not_utf8| SourceError::Syntax {
        file: input.name().to_string(),
        problem: "line 1: not UTF-8".to_owned(),
    })?;
    let name = |text: &CsvText<'_>| text.as_str().trim().to_owned();
    Ok(texts.iter().map(name).collect())
}

/// Whether a first line could be the header of a table of tokens.
pub(crate) fn is_header(line: &str) -> bool {
    let is_token = |name: &str| {
        matches!(
            alias::field_named(name.trim().trim_matches('"')),
            Some((Field::RefreshToken, _))
        )
    };
    line.split(',').any(is_token)
}

/// Which columns are read, and as what.
#[derive(Debug)]
struct Columns {
    count: usize,
    bindings: Vec<Binding>,
}

#[derive(Debug)]
struct Binding {
    field: Field,
    rank: u8,
    value: BoundValue,
}

#[derive(Debug)]
enum BoundValue {
    Column(usize),
    ColumnPointer(usize, JsonPointer),
    Constant(String),
}

impl Columns {
    fn bind(header: &[String], mapping: &Mapping) -> Result<Self, MappingError> {
        let bindings = if mapping.is_empty() {
            usual(header)?
        } else {
            named(header, mapping)?
        };
        Ok(Self {
            count: header.len(),
            bindings,
        })
    }

    fn row(&self, locator: Locator, record: &CsvRecord<'_>) -> Row {
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
            Ok(stored) => stored.into_row(locator),
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

/// The columns with the usual names.
fn usual(header: &[String]) -> Result<Vec<Binding>, MappingError> {
    let bindings: Vec<_> = header
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            let (field, rank) = alias::field_named(name)?;
            let value = BoundValue::Column(index);
            Some(Binding { field, rank, value })
        })
        .collect();
    if !bindings
        .iter()
        .any(|binding| binding.field == Field::RefreshToken)
    {
        return Err(MappingError::NoTokenColumn {
            columns: columns_of(header),
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
            column: listed([name].into_iter()),
            columns: columns_of(header),
        }),
        _ => Err(MappingError::Ambiguous {
            column: listed([name].into_iter()),
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
