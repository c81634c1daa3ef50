//! One record as bytes: an entry, the answer that belongs to it, and what keeps the two together and in their place.
//!
//! | bytes | |
//! |---|---|
//! | 4 | n: how many bytes follow, checksum included; little-endian like all numbers |
//! | 1 | the kind; its highest bit is set on the first record of a write, so that everything before is known to have been on the disk |
//! | 8 | the record's number, counting from 0 |
//! | 4 | m: how long the sealed entry is |
//! | m | the entry, sealed with the index key; the session, unsealed, in the record that opens one |
//! | n - m - 17 | the answer, sealed with the answer key; nothing in records without one |
//! | 4 | CRC-32 of all before |

use std::ops::Range;

use super::error::JournalError;
use super::key::{Contents, Session, SessionId, TAG_LEN};
use super::unsealed::Unsealed;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// A process closed the journal, so that nothing before can be a torn write.
    Closed = 1,
    /// A step of a token's migration.
    Entry = 2,
    /// A process opened the journal, and began a session.
    Opened = 3,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Closed, Self::Entry, Self::Opened]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// A record whose checksum is right.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) kind: Kind,
    /// Whether everything before it was on the disk when it was written.
    pub(super) is_first: bool,
    pub(super) number: u64,
    /// The sealed entry; the session in a record that opens one.
    pub(super) entry: &'a mut [u8],
    /// The sealed answer, or nothing.
    pub(super) answer: &'a mut [u8],
}

/// Appends `record` to `out`, sealed. Its bytes are copied once, to where they are sealed in place.
pub(super) fn put(
    out: &mut Vec<u8>,
    record: &Unsealed,
    number: u64,
    is_first: bool,
    session: &Session,
) -> Result<(), JournalError> {
    let (entry, answer) = (record.entry_bytes(), record.answer_bytes());
    let len = FRONT + entry.len() + answer.len() + 2 * TAG_LEN + CHECKSUM;
    if len > LONGEST {
        return Err(JournalError::TooLarge { bytes: len });
    }
    // No plain byte is left behind by growing: there is room before the first is copied.
    out.reserve(len);
    let start = out.len();
    put_front(out, Kind::Entry, is_first, number);
    let sealed = put_sealed(out, Contents::Entry, entry, number, session);
    if !answer.is_empty() {
        put_sealed(out, Contents::Answer, answer, number, session);
    }
    finish(out, start, sealed);
    Ok(())
}

/// Appends the record that opens a session.
pub(super) fn put_opened(out: &mut Vec<u8>, session: &SessionId, number: u64) {
    put_mark(out, Kind::Opened, session, number);
}

/// Appends the record that closes the journal.
pub(super) fn put_closed(out: &mut Vec<u8>, number: u64) {
    put_mark(out, Kind::Closed, &[], number);
}

fn put_mark(out: &mut Vec<u8>, kind: Kind, content: &[u8], number: u64) {
    let start = out.len();
    put_front(out, kind, true, number);
    out.extend(content);
    finish(out, start, content.len());
}

fn put_front(out: &mut Vec<u8>, kind: Kind, is_first: bool, number: u64) {
    // The lengths follow when they are known.
    out.extend([0; 4]);
    out.push(kind as u8 | if is_first { FIRST } else { 0 });
    out.extend(number.to_le_bytes());
    out.extend([0; 4]);
}

/// Returns how long `bytes` are when sealed.
fn put_sealed(
    out: &mut Vec<u8>,
    contents: Contents,
    bytes: &[u8],
    number: u64,
    session: &Session,
) -> usize {
    let start = out.len();
    out.extend_from_slice(bytes);
    let tag = session.seal(contents, number, &mut out[start..]);
    out.extend(tag.expect("an open journal has both keys").as_ref());
    out.len() - start
}

fn finish(out: &mut Vec<u8>, start: usize, entry: usize) {
    let len =
        u32::try_from(out.len() - start - 4 + CHECKSUM).expect("bounded by the longest record");
    let entry = u32::try_from(entry).expect("bounded by the longest record");
    out[start..start + 4].copy_from_slice(&len.to_le_bytes());
    out[start + 13..start + 17].copy_from_slice(&entry.to_le_bytes());
    let sum = crc32fast::hash(&out[start..]);
    out.extend(sum.to_le_bytes());
}

/// How long the record is that `front` begins, if that can be.
pub(super) fn len(front: &[u8]) -> Option<usize> {
    let len = usize::try_from(u32::from_le_bytes(*front.first_chunk()?)).ok()?;
    let whole = len.checked_add(4)?;
    (FRONT + CHECKSUM..=LONGEST)
        .contains(&whole)
        .then_some(whole)
}

/// Reads a record from exactly its bytes; `None` when they are not one.
pub(super) fn parse(bytes: &mut [u8]) -> Option<Frame<'_>> {
    if len(bytes)? != bytes.len() {
        return None;
    }
    let (content, sum) = bytes.split_last_chunk_mut::<CHECKSUM>()?;
    // Before anything is opened: a torn write is told by its checksum, damage by what cannot be opened.
    if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
        return None;
    }
    let (front, sealed) = content.split_first_chunk_mut::<FRONT>()?;
    let entry = usize::try_from(u32::from_le_bytes(*front[13..].first_chunk()?)).ok()?;
    let (entry, answer) = sealed.split_at_mut_checked(entry)?;
    Some(Frame {
        kind: Kind::from_byte(front[4] & !FIRST)?,
        is_first: front[4] & FIRST != 0,
        number: u64::from_le_bytes(*front[5..].first_chunk()?),
        entry,
        answer,
    })
}

impl Frame<'_> {
    /// Opens the entry in place, and returns where in the record's bytes it stands now; `None` when it was not sealed in
    /// this session.
    pub(super) fn open_entry(&mut self, session: &Session) -> Option<Range<usize>> {
        let entry = session.open(Contents::Entry, self.number, self.entry)?;
        Some(FRONT..FRONT + entry.len())
    }

    /// Opens the answer in place, and returns where it stands; `None` when there is none, or its key has been erased.
    pub(super) fn open_answer(&mut self, session: &Session) -> Option<Range<usize>> {
        let start = FRONT + self.entry.len();
        let answer = session.open(Contents::Answer, self.number, self.answer)?;
        Some(start..start + answer.len())
    }
}

/// No record is longer, so that a damaged length cannot ask for all memory.
pub(super) const LONGEST: usize = 4 << 20;
/// The length, the kind, the number, the length of the entry.
const FRONT: usize = 17;
const CHECKSUM: usize = 4;
const FIRST: u8 = 0x80;
