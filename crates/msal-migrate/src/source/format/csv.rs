//! A table as comma-separated values with a header line (RFC 4180).

mod columns;

use std::io::Read;
use std::ops::ControlFlow;

use self::columns::Columns;
use crate::record::{Locator, Place, Row};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::csv_reader::{CsvError, CsvReader, CsvText};
use crate::source::read::input::Input;
use crate::source::row::alias::field_named;
use crate::source::row::field::Field;
use crate::source::row::mapping::Mapping;

/// A CSV file whose first line names the columns.
#[derive(Debug)]
pub(crate) struct CsvSource {
    input: Input,
    columns: Columns,
}

impl CsvSource {
    /// Reads the header line, and finds the columns in it.
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
        let _header = reader.record()?;
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

/// Whether `line` can be the header of a table of tokens: whether a column is called like a refresh token.
pub(crate) fn is_header(line: &str) -> bool {
    let is_token = |name: &str| {
        let field = field_named(name.trim().trim_matches('"'));
        matches!(field, Some((Field::RefreshToken, _rank)))
    };
    line.split(',').any(is_token)
}
