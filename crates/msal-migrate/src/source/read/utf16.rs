//! From UTF-16 to UTF-8 while reading. PowerShell redirects output into files of UTF-16.

use std::char::decode_utf16;
use std::io::{self, Read};

use msal_core::SecretBuffer;
use zeroize::Zeroizing;

/// Reads UTF-16 from a reader and gives UTF-8.
pub(crate) struct Utf16Reader<R> {
    reader: R,
    unit: fn([u8; 2]) -> u16,
    /// Bytes read and not yet decoded: half a code unit, or the first half of a surrogate pair.
    pending: SecretBuffer,
    decoded: Zeroizing<String>,
    /// How many bytes of `decoded` have been given.
    given: usize,
}

impl<R: Read> Utf16Reader<R> {
    /// `unit` makes a code unit of its two bytes, in the order of the file.
    pub(crate) fn new(reader: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self {
            reader,
            unit,
            pending: SecretBuffer::with_capacity(CHUNK + 4),
            // UTF-8 needs at most three bytes for what is two bytes here.
            decoded: Zeroizing::new(String::with_capacity(CHUNK * 2)),
            given: 0,
        }
    }

    /// Decodes the next piece; `false` at the end.
    fn decode(&mut self) -> io::Result<bool> {
        let read = (&mut self.reader)
            .take(CHUNK as u64)
            .read_to_end(&mut self.pending)?;
        if read == 0 && !self.pending.is_empty() {
            return Err(invalid("UTF-16 text ends inside a character"));
        }
        let mut units: Vec<u16> = Vec::with_capacity(self.pending.len() / 2);
        for pair in self.pending.chunks_exact(2) {
            if let [first, second] = *pair {
                units.push((self.unit)([first, second]));
            }
        }
        let units = Zeroizing::new(units);
        // The first half of a surrogate pair waits for the second.
        let whole = match units.last() {
            Some(0xd800..=0xdbff) => units.len() - 1,
            _ => units.len(),
        };
        self.decoded.clear();
        self.given = 0;
        for character in decode_utf16(units.iter().take(whole).copied()) {
            let character = character.map_err(|_lone| invalid("lone surrogate in UTF-16 text"))?;
            self.decoded.push(character);
        }
        self.pending.drain(..whole * 2);
        Ok(read > 0)
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.decoded.len() {
            if !self.decode()? {
                return Ok(0);
            }
        }
        let mut rest = self
            .decoded
            .as_bytes()
            .get(self.given..)
            .unwrap_or_default();
        let count = rest.read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

fn invalid(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// How many bytes are decoded at a time.
const CHUNK: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Utf16Reader::new(bytes, u16::from_le_bytes).read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn pairs_that_straddle_a_chunk_stay_together() {
        let text = format!("{}{}", "a".repeat(CHUNK / 2 - 1), "😀é".repeat(CHUNK));
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(decode(&bytes).unwrap() == text);
    }

    #[test]
    fn broken_text_is_an_error() {
        assert!(decode(b"a\0b").is_err());
        assert!(decode(&[0x3d, 0xd8]).is_err());
        assert!(decode(&[0x3d, 0xd8, 0x61, 0x00]).is_err());
    }
}
