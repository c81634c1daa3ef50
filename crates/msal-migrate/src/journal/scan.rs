//! Reading a journal from its beginning, and telling a torn end from damage.
//!
//! A process that was killed, or a power failure, can leave the last write incomplete, in any of its bytes. That tail was
//! never acknowledged, so it is cut. Anything else that is not as it was written is damage, and an error. What tells
//! them apart: a write is begun only when the one before is on the disk, and its length is bounded. So what is followed by
//! the first record of another write, or by more bytes than a write can have, is damage and not a torn tail.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use msal_core::SecretBuffer;

use super::entry::Entry;
use super::error::JournalError;
use super::frame::{self, Kind};
use super::key::{Keys, Session};
use super::position::Position;
use super::unsealed::Unsealed;

/// The keys of every time the journal was opened, by where in the file that was.
#[derive(Default)]
pub(super) struct Sessions(Vec<(u64, Session)>);

impl Sessions {
    pub(super) fn push(&mut self, from: u64, session: Session) {
        self.0.push((from, session));
    }

    /// The session that sealed what is at `offset`.
    pub(super) fn at(&self, offset: u64) -> Option<&Session> {
        let after = self.0.partition_point(|(from, _)| *from <= offset);
        self.0
            .get(after.checked_sub(1)?)
            .map(|(_, session)| session)
    }
}

/// A reading of a journal from its first record.
pub(super) struct Scan<'a> {
    input: BufReader<&'a mut File>,
    path: &'a Path,
    keys: &'a Keys,
    pub(super) sessions: Sessions,
    buffer: Vec<u8>,
    /// Where the next record begins; in the end, where the whole ones end.
    pub(super) offset: u64,
    /// The number of the next record.
    pub(super) number: u64,
    /// How long the file was when the reading began.
    end: u64,
}

impl<'a> Scan<'a> {
    /// Begins to read `file` at `offset`, behind the header.
    pub(super) fn new(
        file: &'a mut File,
        path: &'a Path,
        keys: &'a Keys,
        offset: u64,
    ) -> Result<Self, JournalError> {
        let end = file
            .seek(SeekFrom::End(0))
            .and_then(|end| file.seek(SeekFrom::Start(offset)).map(|_| end));
        let end = end.map_err(JournalError::io("read", path))?;
        Ok(Self {
            input: BufReader::with_capacity(BUFFER, file),
            path,
            keys,
            sessions: Sessions::default(),
            buffer: Vec::new(),
            offset,
            number: 0,
            end,
        })
    }

    /// How many bytes of a torn write there are behind the last whole record.
    pub(super) fn torn(&self) -> u64 {
        self.end - self.offset
    }

    /// The next entry and where it is, or `None` at the end or a torn tail. Answers stay sealed.
    pub(super) fn next(&mut self) -> Result<Option<(Position, Entry<'_>)>, JournalError> {
        let Some((offset, plain)) = self.advance()? else {
            return Ok(None);
        };
        let entry = self.buffer.get(plain).and_then(Entry::decode);
        match entry {
            Some(entry) => Ok(Some((Position(offset), entry))),
            None => Err(self.damaged(offset, "it holds no entry")),
        }
    }

    /// Reads on to the next entry, opens it, and returns where its record is and where in the buffer the entry.
    fn advance(&mut self) -> Result<Option<(u64, Range<usize>)>, JournalError> {
        while self.offset < self.end {
            let offset = self.offset;
            let is_complete = self.fill()?;
            let record = match is_complete {
                true => frame::parse(&mut self.buffer),
                false => None,
            };
            let Some(mut record) = record else {
                return self.check_tail().map(|()| None);
            };
            let damaged = |reason| JournalError::damaged(self.path, offset, reason);
            if record.number != self.number {
                return Err(damaged("a record is missing or out of order"));
            }
            let mut entry = None;
            match record.kind {
                Kind::Closed => {}
                Kind::Entry => {
                    let session = self.sessions.at(offset);
                    let session = session.ok_or_else(|| damaged("no session was opened"))?;
                    let opened = record.open_entry(session);
                    entry = Some(opened.ok_or_else(|| damaged("it was not sealed with this key"))?);
                }
                Kind::Opened => {
                    let session = record.entry.first_chunk();
                    let session = session.ok_or_else(|| damaged("a session is cut short"))?;
                    self.sessions.push(offset, self.keys.session(session));
                }
            }
            self.number += 1;
            self.offset += self.buffer.len() as u64;
            if let Some(entry) = entry {
                return Ok(Some((offset, entry)));
            }
        }
        Ok(None)
    }

    /// Reads the bytes of one record; false when there are not enough, or its length is impossible.
    fn fill(&mut self) -> Result<bool, JournalError> {
        let left = self.end - self.offset;
        self.buffer.clear();
        self.read(4.min(left))?;
        let Some(len) = frame::len(&self.buffer)
            .map(|len| len as u64)
            .filter(|len| *len <= left)
        else {
            return Ok(false);
        };
        self.read(len - 4)?;
        Ok(true)
    }

    fn read(&mut self, len: u64) -> Result<(), JournalError> {
        let wanted = self.buffer.len() as u64 + len;
        let read = self.input.by_ref().take(len).read_to_end(&mut self.buffer);
        read.map_err(JournalError::io("read", self.path))?;
        if self.buffer.len() as u64 == wanted {
            Ok(())
        } else {
            Err(JournalError::io("read", self.path)(
                ErrorKind::UnexpectedEof.into(),
            ))
        }
    }

    /// Makes sure that what follows the last whole record is what a torn write leaves.
    fn check_tail(&mut self) -> Result<(), JournalError> {
        let torn = self.torn();
        // The first record of a write says that all before it was on the disk; so a record that is not whole was damaged.
        if torn > LONGEST_WRITE as u64 || self.has_write_within(torn)? {
            return Err(self.damaged(self.offset, "a record is not as it was written"));
        }
        Ok(())
    }

    fn damaged(&self, offset: u64, reason: &'static str) -> JournalError {
        JournalError::damaged(self.path, offset, reason)
    }

    /// Whether another write begins within the next `len` bytes.
    fn has_write_within(&mut self, len: u64) -> Result<bool, JournalError> {
        let mut tail = Vec::new();
        let read = self
            .input
            .seek(SeekFrom::Start(self.offset))
            .and_then(|_| self.input.by_ref().take(len).read_to_end(&mut tail));
        read.map_err(JournalError::io("read", self.path))?;
        // The record at the very beginning is the one that is not whole.
        Ok((1..tail.len()).any(|start| begins_write(&mut tail[start..], self.number)))
    }
}

/// Whether the first record of a later write stands at the start of `bytes`.
fn begins_write(bytes: &mut [u8], after: u64) -> bool {
    let whole = frame::len(bytes).and_then(|len| bytes.get_mut(..len));
    whole
        .and_then(frame::parse)
        .is_some_and(|record| record.is_first && record.number >= after)
}

/// Reads what was recorded at `position`, with its answer if there is one that has not been erased.
pub(super) fn read(
    file: &mut File,
    path: &Path,
    sessions: &Sessions,
    position: Position,
) -> Result<Unsealed, JournalError> {
    let Position(offset) = position;
    let damaged = || JournalError::damaged(path, offset, "a record is not as it was written");
    let session = sessions.at(offset).ok_or_else(damaged)?;
    let mut bytes = SecretBuffer::from(vec![0; 4]);
    let read = file
        .seek(SeekFrom::Start(offset))
        .and_then(|_| file.read_exact(&mut bytes));
    read.map_err(JournalError::io("read", path))?;
    let len = frame::len(&bytes).ok_or_else(damaged)?;
    // Nothing secret is in the four bytes that growing leaves behind.
    bytes.resize(len, 0);
    file.read_exact(&mut bytes[4..])
        .map_err(JournalError::io("read", path))?;
    let mut record = frame::parse(&mut bytes).ok_or_else(damaged)?;
    let entry = record.open_entry(session).ok_or_else(damaged)?;
    let answer = record.open_answer(session).unwrap_or_default();
    Ok(Unsealed::found(bytes, entry, answer))
}

/// No single write is longer.
pub(super) const LONGEST_WRITE: usize = 2 * frame::LONGEST;
const BUFFER: usize = 1 << 20;
