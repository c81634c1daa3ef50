//! Splits a JSON text of any size into the values it consists of, without building any of them.
//!
//! Only brackets and strings are looked at here; whether a value is well-formed is found out by whoever parses it. So
//! a reader pays for one search over the bytes plus a parse of the values it wants, and memory is bounded by the
//! largest single value. RFC 8259 is the grammar.

use std::io::Read;
use std::ops::ControlFlow;

use memchr::memchr2;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Deserializer;
use thiserror::Error;

use super::window::{Window, WindowError};
use crate::source::error::SourceError;

/// A position in a JSON text.
pub(crate) struct JsonStream<R> {
    window: Window<R>,
}

/// One value of the text: where it starts, and its bytes.
#[derive(Clone, Copy)]
pub(crate) struct JsonSlice<'a> {
    pub(crate) offset: u64,
    pub(crate) bytes: &'a [u8],
}

impl<R: Read> JsonStream<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            window: Window::new(reader),
        }
    }

    /// The next byte that is not white space; `None` at the end of the text.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, JsonError> {
        loop {
            let available = self.window.available();
            let blank = available
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
            let next = available.get(blank).copied();
            self.window.consume(blank);
            if next.is_some() || !self.window.fill()? {
                return Ok(next);
            }
        }
    }

    /// Where the next byte is.
    pub(crate) fn offset(&self) -> u64 {
        self.window.offset()
    }

    /// Enters the array or object that starts here with `open`.
    pub(crate) fn enter(&mut self, open: u8) -> Result<(), JsonError> {
        self.expect(open, "an array or an object")
    }

    /// Moves to the next element or member of the container that ends with `close`; `false` when it has ended.
    /// `first` is whether none was read yet.
    pub(crate) fn advance(&mut self, close: u8, first: bool) -> Result<bool, JsonError> {
        if self.peek()? == Some(close) {
            self.window.consume(1);
            return Ok(false);
        }
        if !first {
            self.expect(b',', "`,` or the end of the list")?;
        }
        match self.peek()? {
            None => Err(self.truncated("a list")),
            Some(byte) if byte == close => Err(self.unexpected("a value after `,`")),
            Some(_) => Ok(true),
        }
    }

    /// Visits the elements of the array that starts here, with their indexes.
    pub(crate) fn for_each_element(
        &mut self,
        mut visit: impl FnMut(u64, JsonSlice<'_>) -> Result<ControlFlow<()>, JsonError>,
    ) -> Result<ControlFlow<()>, JsonError> {
        self.enter(b'[')?;
        let mut index = 0;
        while self.advance(b']', index == 0)? {
            if visit(index, self.value()?)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            index += 1;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Visits the values of the object that starts here.
    pub(crate) fn for_each_member(
        &mut self,
        mut visit: impl FnMut(JsonSlice<'_>) -> Result<ControlFlow<()>, JsonError>,
    ) -> Result<ControlFlow<()>, JsonError> {
        self.enter(b'{')?;
        let mut first = true;
        while self.advance(b'}', first)? {
            first = false;
            self.skip_name()?;
            if visit(self.value()?)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Checks that nothing follows.
    pub(crate) fn end(&mut self) -> Result<(), JsonError> {
        match self.peek()? {
            None => Ok(()),
            Some(_) => Err(self.unexpected("the end of the text")),
        }
    }

    /// Reads a member's name and the colon behind it.
    pub(crate) fn name(&mut self) -> Result<String, JsonError> {
        let value = self.raw_name()?;
        let name = serde_json::from_slice(value.bytes).map_err(|_unquoted| JsonError::Syntax {
            offset: value.offset,
            expected: "a member's name",
        })?;
        self.expect(b':', "`:`")?;
        Ok(name)
    }

    fn skip_name(&mut self) -> Result<(), JsonError> {
        self.raw_name()?;
        self.expect(b':', "`:`")
    }

    fn raw_name(&mut self) -> Result<JsonSlice<'_>, JsonError> {
        if self.peek()? != Some(b'"') {
            return Err(self.unexpected("a member's name in quotation marks"));
        }
        self.value()
    }

    /// Reads the value that starts here. Its bytes stay valid until the next call.
    pub(crate) fn value(&mut self) -> Result<JsonSlice<'_>, JsonError> {
        if self.peek()?.is_none() {
            return Err(self.truncated("a value"));
        }
        let offset = self.offset();
        let mut boundary = Boundary::default();
        let mut scanned = 0;
        let length = loop {
            let unseen = self.window.available().get(scanned..).unwrap_or_default();
            if let Some(end) = boundary.find(unseen) {
                break scanned + end;
            }
            scanned = self.window.available().len();
            if !self.window.fill()? {
                if boundary.is_complete_at_end() {
                    break scanned;
                }
                return Err(self.truncated_from(offset, scanned));
            }
        };
        if length == 0 {
            return Err(self.unexpected("a value"));
        }
        let bytes = self.window.take(length);
        Ok(JsonSlice { offset, bytes })
    }

    /// Reads the object that starts here with `parse`, which answers with what it made and how many bytes that took.
    ///
    /// It sees what is in memory, which may end inside the object: so where it fails, nothing has been read, and
    /// [`JsonStream::value`] tells why. Nearly always it does not, and the end need not be looked for beforehand.
    pub(crate) fn object_in_memory<T>(
        &mut self,
        parse: impl FnOnce(&[u8]) -> Option<(T, usize)>,
    ) -> Option<T> {
        let available = self.window.available();
        let is_object = available.first() == Some(&b'{');
        let (object, length) = is_object.then(|| parse(available)).flatten()?;
        self.window.consume(length);
        Some(object)
    }

    /// Passes over the value that starts here, whatever its size.
    pub(crate) fn skip(&mut self) -> Result<(), JsonError> {
        if self.peek()?.is_none() {
            return Err(self.truncated("a value"));
        }
        let offset = self.offset();
        let mut boundary = Boundary::default();
        loop {
            let available = self.window.available();
            if let Some(end) = boundary.find(available) {
                if end == 0 && self.offset() == offset {
                    return Err(self.unexpected("a value"));
                }
                self.window.consume(end);
                return Ok(());
            }
            let length = available.len();
            self.window.consume(length);
            if !self.window.fill()? {
                if boundary.is_complete_at_end() {
                    return Ok(());
                }
                return Err(self.truncated_from(offset, 0));
            }
        }
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), JsonError> {
        match self.peek()? {
            Some(found) if found == byte => {
                self.window.consume(1);
                Ok(())
            }
            Some(_) => Err(self.unexpected(expected)),
            None => Err(self.truncated(expected)),
        }
    }

    pub(crate) fn unexpected(&self, expected: &'static str) -> JsonError {
        JsonError::Syntax {
            offset: self.offset(),
            expected,
        }
    }

    fn truncated(&self, inside: &'static str) -> JsonError {
        JsonError::Truncated {
            offset: self.offset(),
            inside: format!("where {inside} should be"),
        }
    }

    fn truncated_from(&self, start: u64, ahead: usize) -> JsonError {
        JsonError::Truncated {
            offset: self.offset() + ahead as u64,
            inside: format!("inside the value that starts at byte {start}"),
        }
    }
}

/// Finds where a value ends, fed with one piece after another.
#[derive(Default)]
struct Boundary {
    depth: u64,
    in_string: bool,
    escaped: bool,
    is_scalar: bool,
}

impl Boundary {
    /// How many bytes of `piece` belong to the value, or `None` when all do and it has not ended.
    fn find(&mut self, piece: &[u8]) -> Option<usize> {
        let mut at = usize::from(self.escaped && !piece.is_empty());
        if at == 1 {
            self.escaped = false;
        }
        while let Some(rest) = piece.get(at..).filter(|rest| !rest.is_empty()) {
            if self.in_string {
                at += self.skip_string(rest);
                if !self.in_string && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            if let Some(ended) = self.step(*rest.first()?) {
                return Some(at + usize::from(ended == Ended::After));
            }
            at += 1;
        }
        // An escape at the very end of a piece reaches into the next one.
        self.escaped |= at > piece.len();
        None
    }

    /// How many bytes of `rest` belong to the string, the closing quotation mark included.
    fn skip_string(&mut self, rest: &[u8]) -> usize {
        let mut at = 0;
        while let Some(found) = memchr2(b'"', b'\\', rest.get(at..).unwrap_or_default()) {
            at += found;
            if rest.get(at) == Some(&b'"') {
                self.in_string = false;
                return at + 1;
            }
            at += 2;
        }
        at.max(rest.len())
    }

    fn step(&mut self, byte: u8) -> Option<Ended> {
        match byte {
            b'"' => {
                if self.is_scalar {
                    return Some(Ended::Before);
                }
                self.in_string = true;
            }
            b'{' | b'[' => {
                if self.is_scalar {
                    return Some(Ended::Before);
                }
                self.depth += 1;
            }
            b'}' | b']' => match self.depth {
                0 => return Some(Ended::Before),
                1 => return Some(Ended::After),
                _ => self.depth -= 1,
            },
            _ if self.depth > 0 => {}
            b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => return Some(Ended::Before),
            _ => self.is_scalar = true,
        }
        None
    }

    /// Whether the text may end here: only a number or a word has no closing character.
    fn is_complete_at_end(&self) -> bool {
        self.is_scalar
    }
}

#[derive(PartialEq, Eq)]
enum Ended {
    /// With the byte before this one.
    Before,
    /// With this byte.
    After,
}

/// Parses the object that `text` starts with, and returns its length beside it.
pub(crate) fn parse_first<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<(T, usize)> {
    let mut objects = Deserializer::from_slice(text).into_iter();
    let object = objects.next()?.ok()?;
    Some((object, objects.byte_offset()))
}

/// Parses a value that should be an object.
///
/// Tells a text that is not JSON, after which no boundary can be trusted, from an object of other fields than expected,
/// which concerns only itself.
pub(crate) fn parse_object<'a, T: Deserialize<'a>>(value: JsonSlice<'a>) -> Result<T, Unparsed> {
    let is_object = value.bytes.first() == Some(&b'{');
    let parsed = is_object.then(|| serde_json::from_slice(value.bytes));
    if let Some(Ok(object)) = parsed {
        return Ok(object);
    }
    match serde_json::from_slice::<IgnoredAny>(value.bytes) {
        Ok(_) if !is_object => Err(Unparsed::Entry("the entry is not an object")),
        Ok(_) => Err(Unparsed::Entry(
            "the entry's fields cannot be read: one occurs twice or is not text",
        )),
        Err(_error) => Err(Unparsed::Text(JsonError::Syntax {
            offset: value.offset,
            expected: "well-formed JSON in the value that starts here",
        })),
    }
}

/// Why a value could not be parsed.
#[derive(Debug)]
pub(crate) enum Unparsed {
    /// It is JSON, but not what was expected; the rest of the text is not affected.
    Entry(&'static str),
    /// The text is not JSON.
    Text(JsonError),
}

/// Why a text could not be split into values.
#[derive(Debug, Error)]
pub(crate) enum JsonError {
    #[error("byte {offset}: expected {expected}")]
    Syntax { offset: u64, expected: &'static str },
    #[error("the text ends at byte {offset}, {inside}")]
    Truncated { offset: u64, inside: String },
    #[error(transparent)]
    Window(#[from] WindowError),
}

impl JsonError {
    /// The error for the user, with the name of the file.
    pub(crate) fn in_file(self, file: &str) -> SourceError {
        let problem = self.to_string();
        let name = file.to_owned();
        match self {
            Self::Window(error) => error.in_file(file),
            Self::Truncated { .. } => SourceError::Truncated {
                file: name,
                problem,
            },
            Self::Syntax { .. } => SourceError::Syntax {
                file: name,
                problem,
            },
        }
    }
}

#[cfg(test)]
mod tests;
