//! What can be read only once, such as standard input, kept so that it can be read again.
//!
//! The plan reads an input and the run reads it again, and both must see the same. To run a command twice would ask for a
//! password twice, and may give something else; to keep all in memory would not be bounded. So the input goes into a
//! temporary file that has no name (or, on systems that cannot do that, is deleted when it is closed), in pieces that are
//! sealed with AES-256-GCM (NIST SP 800-38D) under a key that is in memory alone: what stays on the disk after a crash is of
//! no use to anybody.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write as _};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use msal::SecureRandom;
use msal_core::SecretBuffer;
use zeroize::Zeroizing;

use super::read_at::read_at;

/// An input that has been read, sealed in a temporary file.
pub(crate) struct Spool {
    file: File,
    key: LessSafeKey,
    /// How many bytes there are, unsealed.
    length: u64,
}

impl Spool {
    /// Reads all of `input`.
    pub(crate) fn of(mut input: impl Read, random: &dyn SecureRandom) -> io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        random.fill(&mut *key).map_err(io::Error::other)?;
        let key = UnboundKey::new(&AES_256_GCM, &*key).map_err(io::Error::other)?;
        let mut spool = Self {
            file: tempfile::tempfile()?,
            key: LessSafeKey::new(key),
            length: 0,
        };
        let mut piece = SecretBuffer::with_capacity(SEALED_PIECE + 1);
        loop {
            piece.clear();
            let read = input.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
            if read == 0 {
                return Ok(spool);
            }
            let nonce = nonce(spool.length / PIECE as u64);
            let sealed = spool
                .key
                .seal_in_place_append_tag(nonce, Aad::empty(), &mut *piece);
            sealed.map_err(io::Error::other)?;
            spool.file.write_all(&piece)?;
            spool.length += read as u64;
        }
    }

    /// How many bytes there are.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Reads from `offset` on.
    pub(crate) fn reader(&self, offset: u64) -> SpoolReader<'_> {
        SpoolReader {
            spool: self,
            offset,
            piece: SecretBuffer::with_capacity(SEALED_PIECE + 1),
            held: None,
        }
    }

    /// Puts the piece with this index into `piece`, unsealed.
    fn unseal(&self, index: u64, piece: &mut SecretBuffer) -> io::Result<()> {
        let start = index * PIECE as u64;
        let length = (self.length - start).min(PIECE as u64) as usize;
        piece.clear();
        piece.resize(length + TAG, 0);
        let mut done = 0;
        while done < piece.len() {
            let at = index * SEALED_PIECE as u64 + done as u64;
            match read_at(&self.file, &mut piece[done..], at)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        let opened = self.key.open_in_place(nonce(index), Aad::empty(), piece);
        opened.map_err(|_changed| io::Error::other("the temporary file has been changed"))?;
        piece.truncate(length);
        Ok(())
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Spool({} bytes)", self.length)
    }
}

/// Reads from its own position.
pub(crate) struct SpoolReader<'a> {
    spool: &'a Spool,
    offset: u64,
    piece: SecretBuffer,
    /// The index of the piece that is unsealed.
    held: Option<u64>,
}

impl Read for SpoolReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.offset >= self.spool.length {
            return Ok(0);
        }
        let index = self.offset / PIECE as u64;
        if self.held != Some(index) {
            self.held = None;
            self.spool.unseal(index, &mut self.piece)?;
            self.held = Some(index);
        }
        let start = (self.offset % PIECE as u64) as usize;
        let mut rest = self.piece.get(start..).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Each piece has its index for a nonce, and each spool a key of its own.
fn nonce(index: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&index.to_le_bytes());
    Nonce::assume_unique_for_key(nonce)
}

const PIECE: usize = 64 << 10;
const TAG: usize = 16;
const SEALED_PIECE: usize = PIECE + TAG;

#[cfg(test)]
mod tests {
    use std::io::Seek as _;

    use msal::fakes::SeededRandom;

    use super::*;

    fn spool(input: impl Read) -> Spool {
        Spool::of(input, &SeededRandom::new(1)).unwrap()
    }

    #[test]
    fn what_went_in_comes_out_again_and_again_from_anywhere() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7] {
            let input: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let spool = spool(&input[..]);
            for offset in [0, 3, PIECE as u64, length as u64, length as u64 + 9] {
                let mut output = Vec::new();
                spool.reader(offset).read_to_end(&mut output).unwrap();
                let expected = input.get(offset as usize..).unwrap_or_default();
                assert!(output == expected, "{length} from {offset}");
            }
        }
    }

    #[test]
    fn nothing_of_it_is_on_the_disk_and_changes_are_noticed() {
        let token = "0.AXYA-a-token-to-be-found".repeat(10);
        let mut spool = spool(token.as_bytes());
        let mut stored = Vec::new();
        spool.file.rewind().unwrap();
        spool.file.read_to_end(&mut stored).unwrap();
        assert_eq!(stored.len(), token.len() + TAG);
        assert!(!stored.windows(8).any(|window| window == b"0.AXYA-a"));
        spool.file.rewind().unwrap();
        spool.file.write_all(&[stored[0] ^ 1]).unwrap();
        let mut output = Vec::new();
        let refused = spool.reader(0).read_to_end(&mut output).unwrap_err();
        assert_eq!(refused.to_string(), "the temporary file has been changed");
        assert!(output.is_empty());
    }
}
