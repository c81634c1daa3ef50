//! A sliding window over a reader: large reads in bounded memory, which is overwritten when it is given up.

use std::io::{self, Read};

use msal_core::SecretBuffer;
use thiserror::Error;

use crate::source::error::SourceError;

/// The part of the input that is in memory and not consumed.
pub(crate) struct Window<R> {
    reader: R,
    /// Holds tokens, so it is overwritten when it is dropped.
    buffer: SecretBuffer,
    start: usize,
    end: usize,
    /// Where `start` is in the input.
    offset: u64,
}

impl<R: Read> Window<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: SecretBuffer::from(vec![0; FIRST_CHUNK]),
            start: 0,
            end: 0,
            offset: 0,
        }
    }

    /// What has been read and not consumed.
    pub(crate) fn available(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The offset of the first available byte in the input.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Gives up the first `count` available bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        self.take(count);
    }

    /// Gives up the first `count` available bytes and returns them: they stay where they are until the next `fill`.
    pub(crate) fn take(&mut self, count: usize) -> &mut [u8] {
        let taken = self.start..self.start + count.min(self.end - self.start);
        self.start = taken.end;
        self.offset += taken.len() as u64;
        self.buffer.get_mut(taken).unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.buffer.len()
    }

    /// Reads more behind what is available; `false` at the end of the input.
    pub(crate) fn fill(&mut self) -> Result<bool, WindowError> {
        self.make_room()?;
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        let count = loop {
            match self.reader.read(free) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.end += count;
        Ok(count > 0)
    }

    /// Makes room behind what is available, when the end of the buffer is reached: moves it to the front, or into a larger
    /// buffer where it fills more than half of this one. The small first buffer is always replaced by a larger one.
    fn make_room(&mut self) -> Result<(), WindowError> {
        let kept = self.end - self.start;
        if kept > LARGEST_ENTRY {
            return Err(WindowError::TooLarge {
                offset: self.offset,
            });
        }
        let length = self.buffer.len();
        if self.end < length {
            return Ok(());
        }
        let wanted = if kept * 2 > length {
            length * 2
        } else {
            length
        };
        if wanted.max(CHUNK) > length {
            let mut larger = SecretBuffer::from(vec![0; wanted.max(CHUNK)]);
            if let Some(front) = larger.get_mut(..kept) {
                front.copy_from_slice(self.available());
            }
            self.buffer = larger;
        } else {
            self.buffer.copy_within(self.start..self.end, 0);
        }
        (self.start, self.end) = (0, kept);
        Ok(())
    }
}

/// Why no more could be read.
#[derive(Debug, Error)]
pub(crate) enum WindowError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the entry that starts at byte {offset} is larger than {LARGEST_ENTRY} bytes")]
    TooLarge { offset: u64 },
}

impl WindowError {
    /// The error for the user, with the name of the file.
    pub(crate) fn in_file(self, file: &str) -> SourceError {
        let problem = self.to_string();
        let file = file.to_owned();
        match self {
            Self::Io(source) => SourceError::Io { file, source },
            Self::TooLarge { .. } => SourceError::Syntax { file, problem },
        }
    }
}

/// Large enough that a read is cheap per entry, small enough to stay in a processor's cache.
const CHUNK: usize = 256 * 1024;

/// Enough for a file with one token; a directory may have very many of them.
const FIRST_CHUNK: usize = 16 * 1024;

/// The most that one entry may take in memory. A refresh token and its access token are a few thousand bytes; a larger
/// entry is of another kind of file.
const LARGEST_ENTRY: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_not_consumed_and_counts_what_is() {
        let input: Vec<u8> = (0..CHUNK * 3).map(|n| n as u8).collect();
        let mut window = Window::new(input.as_slice());
        assert!(window.fill().unwrap());
        window.consume(FIRST_CHUNK - 10);
        assert!(window.fill().unwrap());
        let consumed = FIRST_CHUNK - 10;
        assert_eq!(window.offset(), consumed as u64);
        assert_eq!(window.available()[..20], input[consumed..consumed + 20]);
        assert_eq!(window.take(7), &input[consumed..consumed + 7]);
        while window.fill().unwrap() {}
        assert_eq!(window.available(), &input[consumed + 7..]);
    }

    #[test]
    fn an_entry_without_end_is_refused_before_it_fills_the_memory() {
        let mut window = Window::new(io::repeat(b'x'));
        let error = loop {
            match window.fill() {
                Ok(more) => assert!(more),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, WindowError::TooLarge { offset: 0 }));
        assert!(window.buffer.len() <= LARGEST_ENTRY * 4);
    }
}
