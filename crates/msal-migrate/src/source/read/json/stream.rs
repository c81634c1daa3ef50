//! Splits a JSON text of any size into its values, without building any of them.
//!
//! The text is walked down to the container whose values are wanted, and each value is found by its brackets and strings
//! alone: parsing it tells whether it is well-formed. So reading costs one search over the bytes and a parse of the values
//! that are wanted, and memory is bounded by the largest of them.

use std::io::Read;
use std::ops::ControlFlow;

use super::boundary::Boundary;
use super::error::JsonError;
use super::odd_numbers;
use super::slice::JsonSlice;
use crate::source::read::window::Window;

/// A position in a JSON text.
pub(crate) struct JsonStream<R> {
    window: Window<R>,
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
    fn offset(&self) -> u64 {
        self.window.offset()
    }

    /// Enters the array or object that starts here with `open`.
    pub(crate) fn enter(&mut self, open: u8) -> Result<(), JsonError> {
        self.expect(open, "an array or an object")
    }

    /// Moves to the next element or member of the container that ends with `close`; `false` when it has ended. `first` says
    /// that none has been read yet, so that no comma is expected.
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

    /// Visits the values of the object that starts here. Their names are passed over without an allocation.
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

    /// Visits the values of the object that starts here, with their names.
    pub(crate) fn for_each_named_member(
        &mut self,
        mut visit: impl FnMut(&str, JsonSlice<'_>) -> Result<ControlFlow<()>, JsonError>,
    ) -> Result<ControlFlow<()>, JsonError> {
        self.enter(b'{')?;
        let mut first = true;
        while self.advance(b'}', first)? {
            first = false;
            let name = self.name()?;
            if visit(&name, self.value()?)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Checks that only white space follows.
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

    /// Reads the value that starts here.
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
        odd_numbers::blank(bytes);
        Ok(JsonSlice { offset, bytes })
    }

    /// Reads the object that starts here with `parse`, which returns what it made and how many bytes that took.
    ///
    /// `parse` sees what is in memory, which may end inside the object. Where it fails, nothing has been read, and
    /// [`JsonStream::value`] reads the object or tells what is wrong. It seldom fails, so the end need not be
    /// searched for before parsing.
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

    /// Passes over the value that starts here, however large it is: nothing of it is kept.
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

    fn unexpected(&self, expected: &'static str) -> JsonError {
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

#[cfg(test)]
mod tests;
