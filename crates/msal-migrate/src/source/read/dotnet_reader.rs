//! What .NET's `BinaryWriter` writes: numbers with the lowest byte first, and texts behind their length.

use std::io::Read;

use thiserror::Error;

use super::window::{Window, WindowError};
use crate::source::error::SourceError;

/// A position in what a `BinaryWriter` wrote. Memory is bounded by the largest text.
pub(crate) struct DotnetReader<R> {
    window: Window<R>,
}

impl<R: Read> DotnetReader<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            window: Window::new(reader),
        }
    }

    /// A number of four bytes.
    pub(crate) fn int32(&mut self) -> Result<i32, DotnetError> {
        let bytes = self.take(4)?;
        Ok(bytes.try_into().map_or(0, i32::from_le_bytes))
    }

    /// The bytes of a text, which should be UTF-8.
    pub(crate) fn text(&mut self) -> Result<&[u8], DotnetError> {
        let length = self.length()?;
        self.take(length)
    }

    /// Checks that nothing follows.
    pub(crate) fn end(&mut self) -> Result<(), DotnetError> {
        let has_more = !self.window.available().is_empty() || self.window.fill()?;
        match has_more {
            true => Err(self.unexpected("the end, after as many entries as it counts")),
            false => Ok(()),
        }
    }

    pub(crate) fn unexpected(&self, expected: &'static str) -> DotnetError {
        DotnetError::Syntax {
            offset: self.window.offset(),
            expected,
        }
    }

    /// `Write7BitEncodedInt`: seven bits in a byte, the lowest first, and in five bytes no more than 31 bits.
    fn length(&mut self) -> Result<usize, DotnetError> {
        let mut length = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.take(1)?.first().copied().unwrap_or_default();
            if shift == 28 && byte > 0b111 {
                break;
            }
            length |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(length);
            }
        }
        Err(self.unexpected("the length of a text before this place"))
    }

    fn take(&mut self, length: usize) -> Result<&[u8], DotnetError> {
        let offset = self.window.offset();
        while self.window.available().len() < length {
            if !self.window.fill()? {
                return Err(DotnetError::Truncated { offset });
            }
        }
        Ok(self.window.take(length))
    }
}

/// Why no more could be read, and where.
#[derive(Debug, Error)]
pub(crate) enum DotnetError {
    #[error("byte {offset}: expected {expected}")]
    Syntax { offset: u64, expected: &'static str },
    #[error("what starts at byte {offset} is longer than what is left")]
    Truncated { offset: u64 },
    #[error(transparent)]
    Window(#[from] WindowError),
}

impl DotnetError {
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
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<Vec<u8>, DotnetError> {
        DotnetReader::new(bytes).text().map(<[u8]>::to_vec)
    }

    #[test]
    fn lengths_are_read_in_one_to_five_bytes() {
        assert_eq!(text(b"\0rest").unwrap(), b"");
        assert_eq!(text(b"\x02ab").unwrap(), b"ab");
        // .NET reads a length in more bytes than it needs.
        assert_eq!(text(b"\x82\x80\x80\x80\0ab").unwrap(), b"ab");
        let long = [b"\xac\x02".as_slice(), &[b'x'; 300]].concat();
        assert_eq!(text(&long).unwrap().len(), 300);
    }

    #[test]
    fn damage_is_said_with_its_place() {
        for (bytes, message) in [
            (
                &b""[..],
                "what starts at byte 0 is longer than what is left",
            ),
            (b"\x82", "what starts at byte 1 is longer than what is left"),
            (
                b"\x03ab",
                "what starts at byte 1 is longer than what is left",
            ),
            (
                b"\xff\xff\xff\xff\x07",
                "what starts at byte 5 is longer than what is left",
            ),
            (
                b"\xff\xff\xff\xff\x08",
                "byte 5: expected the length of a text before this place",
            ),
            (
                b"\xff\xff\xff\xff\xff\x01",
                "byte 5: expected the length of a text before this place",
            ),
        ] {
            assert_eq!(text(bytes).unwrap_err().to_string(), message);
        }
        let mut reader = DotnetReader::new(&b"\x01\0\0\0\x01a!"[..]);
        assert_eq!(reader.int32().unwrap(), 1);
        assert_eq!(reader.text().unwrap(), b"a");
        assert!(reader.end().is_err());
    }
}
