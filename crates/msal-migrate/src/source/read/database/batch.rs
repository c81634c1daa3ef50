//! Rows on their way from a session to whoever takes them.

use msal_core::SecretBuffer;

use crate::source::row::value::StoredValue;

/// A value, as the database has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Bytes(&'a [u8]),
    Float(f64),
    Integer(i64),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// What a field takes. A number that a float cannot hold stays exact as text: it is a key.
    pub(crate) fn value(self) -> StoredValue<'a> {
        match self {
            Self::Null => StoredValue::Absent,
            Self::Bool(value) => StoredValue::Bool(value),
            Self::Float(number) => StoredValue::Number(number),
            Self::Integer(number) if number.unsigned_abs() <= EXACT => {
                StoredValue::Number(number as f64)
            }
            Self::Integer(number) => StoredValue::from_text(number.to_string()),
            Self::Text(text) => StoredValue::from_text(text),
            // Something, and not text.
            Self::Bytes(_) => StoredValue::Object,
        }
    }

    pub(crate) fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Some rows that follow each other. Their text is overwritten when they are dropped.
pub(super) struct Batch {
    columns: usize,
    cells: Vec<Stored>,
    bytes: SecretBuffer,
}

/// A cell whose bytes are those of the batch, up to `end`.
#[derive(Clone, Copy)]
enum Stored {
    Null,
    Bool(bool),
    Bytes { start: usize, end: usize },
    Float(f64),
    Integer(i64),
}

impl Batch {
    /// An empty batch of rows that have this many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns,
            cells: Vec::with_capacity(columns * ROWS),
            bytes: SecretBuffer::with_capacity(BYTES),
        }
    }

    /// Adds the next cell of the row.
    pub(super) fn push(&mut self, cell: Cell<'_>) {
        let stored = match cell {
            Cell::Null => Stored::Null,
            Cell::Bool(value) => Stored::Bool(value),
            Cell::Float(number) => Stored::Float(number),
            Cell::Integer(number) => Stored::Integer(number),
            Cell::Bytes(bytes) => self.store(bytes),
            Cell::Text(text) => self.store(text.as_bytes()),
        };
        self.cells.push(stored);
    }

    fn store(&mut self, bytes: &[u8]) -> Stored {
        let start = self.bytes.len();
        self.bytes.make_room(bytes.len());
        self.bytes.extend_from_slice(bytes);
        let end = self.bytes.len();
        Stored::Bytes { start, end }
    }

    /// Whether it is time to hand it on. No row is divided.
    pub(super) fn is_full(&self) -> bool {
        self.cells.len() >= self.columns * ROWS || self.bytes.len() >= BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = DatabaseRow<'_>> {
        let rows = self.cells.chunks_exact(self.columns.max(1));
        rows.map(|cells| DatabaseRow {
            cells,
            bytes: &self.bytes,
        })
    }
}

/// A row of an answer.
#[derive(Clone, Copy)]
pub(crate) struct DatabaseRow<'a> {
    cells: &'a [Stored],
    bytes: &'a [u8],
}

impl<'a> DatabaseRow<'a> {
    /// The values, in the order of the columns.
    pub(crate) fn cells(self) -> impl Iterator<Item = Cell<'a>> {
        (0..self.cells.len()).map(move |index| self.cell(index))
    }

    /// The value in this column; nothing where there is no such column. Bytes that are UTF-8 are text: applications keep
    /// tokens in either kind of column.
    pub(crate) fn cell(self, index: usize) -> Cell<'a> {
        match self.cells.get(index) {
            None | Some(Stored::Null) => Cell::Null,
            Some(Stored::Bool(value)) => Cell::Bool(*value),
            Some(Stored::Float(number)) => Cell::Float(*number),
            Some(Stored::Integer(number)) => Cell::Integer(*number),
            Some(Stored::Bytes { start, end }) => {
                let bytes = self.bytes.get(*start..*end).unwrap_or_default();
                str::from_utf8(bytes).map_or(Cell::Bytes(bytes), Cell::Text)
            }
        }
    }
}

/// How many rows are handed on at once, and how many bytes of them, the last row aside.
const ROWS: usize = 256;
const BYTES: usize = 64 * 1024;

/// The largest number up to which a float has all whole numbers.
const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_went_in() {
        let mut batch = Batch::new(3);
        let rows = [
            [
                Cell::Integer(1),
                Cell::Text("0.AXYA"),
                Cell::Bytes(b"\xff\0"),
            ],
            [Cell::Null, Cell::Text(""), Cell::Float(0.5)],
        ];
        rows.iter().flatten().for_each(|cell| batch.push(*cell));
        let read: Vec<Vec<_>> = batch.rows().map(|row| row.cells().collect()).collect();
        assert_eq!(read, rows);
    }

    #[test]
    fn bytes_that_are_text_are_taken_as_text() {
        let mut batch = Batch::new(1);
        batch.push(Cell::Bytes(b"0.AXYA"));
        let cell = batch.rows().next().map(|row| row.cell(0));
        assert_eq!(cell, Some(Cell::Text("0.AXYA")));
    }

    #[test]
    fn a_key_keeps_all_its_digits() {
        for number in [17, -1, 1 << 53, (1 << 53) + 1, i64::MAX, i64::MIN] {
            let shown = match Cell::Integer(number).value() {
                StoredValue::Number(float) => float.to_string(),
                value => value.text().unwrap_or_default().to_owned(),
            };
            assert_eq!(shown, number.to_string());
        }
    }
}
