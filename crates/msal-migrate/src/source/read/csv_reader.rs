//! Comma-separated values (RFC 4180), or values with another separator between them, streamed in bounded memory.
//!
//! Not by `csv-core`, which "will never return an error and will always find *a* parse": of a file that is cut off inside
//! quotation marks it makes a last record of all that follows them, and it takes text behind a closing quotation mark
//! into the field. Both are errors here, because a damaged file must not be read as a shorter one. It would also copy
//! every field, where most can be borrowed from a buffer that is overwritten when it is given up.

use std::io::Read;
use std::ops::Range;
use std::str::Utf8Error;

use memchr::{memchr, memchr_iter, memchr2};
use thiserror::Error;
use zeroize::Zeroizing;

use super::window::{Window, WindowError};
use crate::source::error::SourceError;

/// Reads one record after the other.
pub(crate) struct CsvReader<R> {
    window: Window<R>,
    separator: u8,
    next_line: u64,
    fields: Vec<Span>,
}

/// One line of the table, or several where a quoted field has line breaks.
pub(crate) struct CsvRecord<'a> {
    /// The line it starts in; the first is 1.
    pub(crate) line: u64,
    bytes: &'a [u8],
    fields: &'a [Span],
}

/// Where a field is in its record, without the quotation marks around it.
struct Span {
    range: Range<usize>,
    /// Whether quotation marks in it are doubled.
    has_quotes: bool,
}

impl<R: Read> CsvReader<R> {
    /// `separator` stands between fields: an ASCII character other than a quotation mark and a line break.
    pub(crate) fn new(reader: R, separator: u8) -> Self {
        Self {
            window: Window::new(reader),
            separator,
            next_line: 1,
            fields: Vec::new(),
        }
    }

    /// The next record. Empty lines are passed over: editors and exports leave them at the end.
    pub(crate) fn record(&mut self) -> Result<Option<CsvRecord<'_>>, CsvError> {
        loop {
            let Some(length) = self.scan()? else {
                return Ok(None);
            };
            let line = self.next_line;
            let is_blank = matches!(self.fields.as_slice(), [only] if only.range.is_empty());
            if is_blank {
                let taken = self.window.take(length);
                self.next_line += memchr_iter(b'\n', taken).count() as u64;
                continue;
            }
            let bytes = self.window.take(length);
            self.next_line += memchr_iter(b'\n', bytes).count() as u64;
            return Ok(Some(CsvRecord {
                line,
                bytes,
                fields: &self.fields,
            }));
        }
    }

    /// Finds the fields of the next record and its length; `None` at the end of the input.
    fn scan(&mut self) -> Result<Option<usize>, CsvError> {
        self.fields.clear();
        let mut at = 0;
        loop {
            let Some(field) = self.field(at)? else {
                return Ok(None);
            };
            at = field.after;
            // One more shows that there are too many. A field takes ten times the memory of the comma that ends it.
            if self.fields.len() <= MOST_COLUMNS {
                self.fields.push(field.span);
            }
            if field.ends_record {
                return Ok(Some(at));
            }
        }
    }

    /// Finds the field that starts at `start`; `None` when it would be the first of a record and the input has ended.
    fn field(&mut self, start: usize) -> Result<Option<Found>, CsvError> {
        if !self.has(start)? && start == 0 {
            return Ok(None);
        }
        // RFC 4180 §2 rule 5: quotation marks stand around a whole field. One inside a field is read as text.
        if self.window.available().get(start) == Some(&b'"') {
            return self.quoted(start + 1).map(Some);
        }
        let mut at = start;
        loop {
            let unseen = self.window.available().get(at..).unwrap_or_default();
            if let Some(found) = memchr2(self.separator, b'\n', unseen) {
                return Ok(Some(self.plain(start, at + found)));
            }
            at = self.window.available().len();
            if !self.window.fill()? {
                return Ok(Some(self.plain(start, at)));
            }
        }
    }

    /// The field without quotation marks that ends before the separator at `end`.
    fn plain(&self, start: usize, end: usize) -> Found {
        let available = self.window.available();
        let separator = available.get(end).copied();
        let text = available.get(start..end).unwrap_or_default();
        let is_last = separator != Some(self.separator);
        // RFC 4180 §2 rule 1: lines end with CRLF. Many end with LF alone.
        let carriage_return = usize::from(is_last && text.last() == Some(&b'\r'));
        Found {
            span: Span {
                range: start..end - carriage_return,
                has_quotes: false,
            },
            after: end + usize::from(separator.is_some()),
            ends_record: is_last,
        }
    }

    /// The quoted field whose text starts at `start`, behind the quotation mark.
    fn quoted(&mut self, start: usize) -> Result<Found, CsvError> {
        let mut at = start;
        let mut has_quotes = false;
        loop {
            let unseen = self.window.available().get(at..).unwrap_or_default();
            let Some(found) = memchr(b'"', unseen) else {
                at = self.window.available().len();
                if !self.window.fill()? {
                    return Err(CsvError::OpenQuote {
                        line: self.next_line,
                    });
                }
                continue;
            };
            let end = at + found;
            if !self.has(end + 1)? || self.window.available().get(end + 1) != Some(&b'"') {
                return self.after_quote(start..end, has_quotes);
            }
            // RFC 4180 §2 rule 7: a quotation mark in a quoted field is doubled.
            has_quotes = true;
            at = end + 2;
        }
    }

    /// The quoted field at `range`, if a separator or the end follows its closing quotation mark.
    fn after_quote(&mut self, range: Range<usize>, has_quotes: bool) -> Result<Found, CsvError> {
        let mut at = range.end + 1;
        if self.has(at + 1)? && self.window.available().get(at) == Some(&b'\r') {
            at += 1;
        }
        let separator = self.window.available().get(at).copied();
        let ends_record = match separator {
            Some(byte) if byte == self.separator => false,
            Some(b'\n') | None => true,
            Some(b'\r') if !self.has(at + 1)? => true,
            Some(_) => {
                return Err(CsvError::AfterQuote {
                    line: self.next_line,
                });
            }
        };
        Ok(Found {
            span: Span { range, has_quotes },
            after: at + usize::from(separator.is_some()),
            ends_record,
        })
    }

    /// Reads on until there is a byte at `index`; `false` when the input ends before it.
    fn has(&mut self, index: usize) -> Result<bool, CsvError> {
        while self.window.available().len() <= index {
            if !self.window.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A field, and where the next one starts.
struct Found {
    span: Span,
    after: usize,
    ends_record: bool,
}

impl<'a> CsvRecord<'a> {
    /// How many fields there are; of more than [`MOST_COLUMNS`], only that there are more.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// The fields as text; an error for one that is not UTF-8.
    pub(crate) fn texts(&self) -> Result<Vec<CsvText<'a>>, Utf8Error> {
        self.fields.iter().map(|span| self.text(span)).collect()
    }

    fn text(&self, span: &Span) -> Result<CsvText<'a>, Utf8Error> {
        let bytes = self.bytes.get(span.range.clone()).unwrap_or_default();
        let text = str::from_utf8(bytes)?;
        Ok(if span.has_quotes {
            CsvText::Unquoted(Zeroizing::new(text.replace("\"\"", "\"")))
        } else {
            CsvText::AsWritten(text)
        })
    }
}

/// The text of a field. It may be a token, or JSON with one in it.
pub(crate) enum CsvText<'a> {
    AsWritten(&'a str),
    /// A copy in which doubled quotation marks are single.
    Unquoted(Zeroizing<String>),
}

impl CsvText<'_> {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::AsWritten(text) => text,
            Self::Unquoted(text) => text,
        }
    }
}

/// Why a text is not CSV.
#[derive(Debug, Error)]
pub(crate) enum CsvError {
    #[error("line {line}: something stands behind a closing quotation mark")]
    AfterQuote { line: u64 },
    #[error("the quoted field in the record that starts in line {line} is never closed")]
    OpenQuote { line: u64 },
    #[error(transparent)]
    Window(#[from] WindowError),
}

impl CsvError {
    /// The error for the user, with the name of the file.
    pub(crate) fn in_file(self, file: &str) -> SourceError {
        let problem = self.to_string();
        let name = file.to_owned();
        match self {
            Self::Window(error) => error.in_file(file),
            Self::OpenQuote { .. } => SourceError::Truncated {
                file: name,
                problem,
            },
            Self::AfterQuote { .. } => SourceError::Syntax {
                file: name,
                problem,
            },
        }
    }
}

/// As many columns as a sheet of Excel can have.
pub(crate) const MOST_COLUMNS: usize = 16_384;

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// Gives one byte at a time, so that every boundary falls everywhere.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }

    /// `LINE FIELD|FIELD; LINE FIELD`
    fn records(reader: impl Read) -> Result<String, CsvError> {
        let mut reader = CsvReader::new(reader, b',');
        let mut records = Vec::new();
        while let Some(record) = reader.record()? {
            let texts = record.texts().unwrap();
            let texts: Vec<_> = texts.iter().map(CsvText::as_str).collect();
            records.push(format!("{} {}", record.line, texts.join("|")));
        }
        Ok(records.join("; "))
    }

    #[test]
    fn records_are_split_as_rfc_4180_says() {
        let table = [
            ("", ""),
            ("\n\r\n", ""),
            ("a,b\n", "1 a|b"),
            ("a,b", "1 a|b"),
            ("a,b\r\nc,d\r\n", "1 a|b; 2 c|d"),
            ("a,\n,b\n", "1 a|; 2 |b"),
            ("\"a\"\"b\",\"c,d\"\n", "1 a\"b|c,d"),
            ("\"a\nb\"\r\nc", "1 a\nb; 3 c"),
            ("\"a\"\r", "1 a"),
            ("a\"b,c\n", "1 a\"b|c"),
            ("a,\n\n\"\"", "1 a|"),
        ];
        for (text, expected) in table {
            assert_eq!(records(text.as_bytes()).unwrap(), expected, "{text:?}");
            assert_eq!(
                records(Trickle(text.as_bytes())).unwrap(),
                expected,
                "{text:?}"
            );
        }
    }

    #[test]
    fn damaged_quotes_are_errors() {
        for (text, message) in [
            (
                "a\n\"b\nc,d\n",
                "the quoted field in the record that starts in line 2 is never closed",
            ),
            (
                "\"a\"b\n",
                "line 1: something stands behind a closing quotation mark",
            ),
        ] {
            assert_eq!(records(text.as_bytes()).unwrap_err().to_string(), message);
            assert_eq!(
                records(Trickle(text.as_bytes())).unwrap_err().to_string(),
                message
            );
        }
    }

    #[test]
    fn very_many_fields_take_no_more_memory_than_as_many_as_there_may_be() {
        let wide = ",".repeat(1 << 20);
        let text = format!("{wide}\na,b\n");
        let mut reader = CsvReader::new(text.as_bytes(), b',');
        let record = reader.record().unwrap().unwrap();
        assert!(record.len() > MOST_COLUMNS);
        assert!(reader.fields.capacity() <= 4 * MOST_COLUMNS);
        let next = reader.record().unwrap().unwrap();
        assert_eq!((next.line, next.len()), (2, 2));
    }
}
