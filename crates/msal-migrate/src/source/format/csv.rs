//! A table as comma-separated values with a header line (RFC 4180), or with another separator, such as tabs.

use std::io::Read;
use std::ops::ControlFlow;

use crate::record::token_shape::is_microsofts;
use crate::record::{Locator, Place, Row};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::csv_reader::{CsvError, CsvReader, CsvRecord, CsvText, MOST_COLUMNS};
use crate::source::read::input::Input;
use crate::source::row::alias::field_named;
use crate::source::row::columns::{Cells, Columns};
use crate::source::row::field::Field;
use crate::source::row::layout::RowLayout;
use crate::source::row::recipe::Recipe;
use crate::source::row::value::StoredValue;

/// A file whose first line names the columns.
#[derive(Debug)]
pub(crate) struct CsvSource {
    input: Input,
    kind: SourceKind,
    separator: u8,
    columns: Columns,
}

impl CsvSource {
    /// Reads the header line, and finds the columns in it.
    pub(crate) fn open(
        input: Input,
        kind: SourceKind,
        separator: u8,
        recipe: &Recipe,
    ) -> Result<Self, SourceError> {
        let [header, first] = first_records(&input, separator)?;
        let columns = Columns::bind(&header, &first, recipe);
        let columns = columns.map_err(|problem| SourceError::Mapping {
            file: input.name().to_string(),
            problem,
        })?;
        Ok(Self {
            input,
            kind,
            separator,
            columns,
        })
    }

    /// Visits the first rows, as far as they can be read.
    fn sample(&self, see: &mut dyn FnMut(&dyn Cells)) -> Result<(), SourceError> {
        let mut reader = CsvReader::new(self.input.text()?, self.separator);
        let mut all = || -> Result<(), CsvError> {
            let _header = reader.record()?;
            for _row in 0..SAMPLE {
                let Some(record) = reader.record()? else {
                    break;
                };
                if let Ok(texts) = record.texts() {
                    see(&texts);
                }
            }
            Ok(())
        };
        all().map_err(|error| error.in_file(self.input.name()))
    }

    fn read_rows(
        &self,
        reader: &mut CsvReader<impl Read>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), CsvError> {
        let _header = reader.record()?;
        while let Some(record) = reader.record()? {
            let locator = Locator::new(self.input.name(), Place::Line(record.line));
            if visit(self.row(locator, &record)).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn row(&self, locator: Locator, record: &CsvRecord<'_>) -> Row {
        // RFC 4180 §2: each line has the same number of fields. One that has not may be cut off.
        if record.len() != self.columns.count() {
            return Row::malformed(
                locator,
                "the line has more or fewer columns than the header",
            );
        }
        match record.texts() {
            Ok(texts) => self.columns.row(locator, &texts),
            Err(_not_utf8) => Row::malformed(locator, "the line is not UTF-8"),
        }
    }
}

impl Source for CsvSource {
    fn kind(&self) -> SourceKind {
        self.kind
    }

    fn layout(&self) -> Option<RowLayout> {
        let header = header(&self.input, self.separator).ok()?;
        // What is wrong with a row is for the reading to say.
        Some(self.columns.layout(&header, |see| drop(self.sample(see))))
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        self.read_rows(
            &mut CsvReader::new(self.input.text()?, self.separator),
            visit,
        )
        .map_err(|error| error.in_file(self.input.name()))
    }
}

impl Cells for Vec<CsvText<'_>> {
    fn value(&self, index: usize) -> StoredValue<'_> {
        self.text(index)
            .map_or(StoredValue::Absent, StoredValue::from_text)
    }

    fn text(&self, index: usize) -> Option<&str> {
        self.get(index).map(CsvText::as_str)
    }
}

/// The names of the columns.
///
/// # Errors
/// As opening the source.
pub(crate) fn header(input: &Input, separator: u8) -> Result<Vec<String>, SourceError> {
    let [header, _first] = first_records(input, separator)?;
    Ok(header)
}

/// The names of the columns, and what the first line below them has, which may be nothing that can be read.
fn first_records(input: &Input, separator: u8) -> Result<[Vec<String>; 2], SourceError> {
    let mut reader = CsvReader::new(input.text()?, separator);
    let record = reader
        .record()
        .map_err(|error| error.in_file(input.name()))?;
    let in_header = |line: u64, what: &str| SourceError::Syntax {
        file: input.name().to_string(),
        problem: format!("line {line}: {what}"),
    };
    let (line, texts) = match record {
        Some(record) if record.len() > MOST_COLUMNS => {
            let what = format!("there are more than {MOST_COLUMNS} columns");
            return Err(in_header(record.line, &what));
        }
        Some(record) => (record.line, record.texts()),
        None => (1, Ok(Vec::new())),
    };
    let texts = texts.map_err(|_not_utf8| in_header(line, "not UTF-8"))?;
    // No name has one. The whole table would be taken for its header.
    let is_one_line = |text: &CsvText<'_>| matches!(text, CsvText::AsWritten(text) if text.replace("\r\n", "").contains('\r'));
    if texts.iter().any(is_one_line) {
        return Err(in_header(
            line,
            "lines end with a carriage return alone, where a line feed is needed",
        ));
    }
    // Spreadsheets break the lines of long names.
    let name = |text: &CsvText<'_>| {
        let text = text.as_str().trim().replace("\r\n", " ");
        text.replace(['\n', '\t'], " ")
    };
    let header = texts.iter().map(name).collect();
    let first = match reader.record() {
        Ok(Some(record)) => record.texts().unwrap_or_default(),
        Ok(None) | Err(_) => Vec::new(),
    };
    Ok([header, first.iter().map(name).collect()])
}

/// Whether the text, separated by `separator`, can be a table of tokens with names of its own: there are several columns, as many values in the line
/// below their names, and among them something that tells. Other lines with separators could be of anything, and are not shown.
pub(crate) fn is_table(input: &Input, separator: u8) -> Result<bool, SourceError> {
    let [header, first] = match first_records(input, separator) {
        Err(SourceError::Syntax { .. } | SourceError::Truncated { .. }) => return Ok(false),
        records => records?,
    };
    let is_telling = |name: &String| {
        let lower = name.to_ascii_lowercase();
        field_named(name).is_some() || lower.contains("token") || lower.contains("refresh")
    };
    Ok(header.len() > 1
        && header.len() == first.len()
        && (header.iter().any(is_telling) || first.iter().any(|value| is_microsofts(value))))
}

/// Whether `text` begins with a field in quotation marks that another one follows, and not with a JSON string: in that, a
/// quotation mark has a backslash before it, and nothing follows.
pub(crate) fn is_quoted_field(text: &str) -> bool {
    let field = text.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    field.is_some_and(|(name, rest)| !name.ends_with('\\') && !rest.trim().is_empty())
}

/// Whether `line` can be the header of a table of tokens: whether a column is called like a refresh token.
pub(crate) fn is_header(line: &str) -> bool {
    let is_token = |name: &str| {
        let field = field_named(name.trim().trim_matches('"'));
        matches!(field, Some((Field::RefreshToken, _rank)))
    };
    // Lines that end with a carriage return alone are refused, which is said only of a table.
    let line = line.split('\r').next().unwrap_or_default();
    line.split(',').any(is_token)
}

/// How many rows are looked at for what columns hold.
const SAMPLE: usize = 20;
