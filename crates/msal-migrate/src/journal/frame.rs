//! One record as bytes.
//!
//! | bytes | |
//! |---|---|
//! | 4 | n: how many bytes follow, checksum included; little-endian like all numbers |
//! | 1 | the kind; its highest bit is set on the first record of a write, so that everything before is known to have been on the disk |
//! | 8 | the record's number, counting from 0 |
//! | 4 | m: how long the sealed event is |
//! | m | the event, sealed with the index key; the session, unsealed, in the record that opens one |
//! | n - m - 17 | the body of a response, sealed with the response key; nothing in other records |
//! | 4 | CRC-32 of all before |

use super::{
    JournalError,
    encoding::{self, Kind},
    entry::Event,
    key::{Part, Session, SessionId, TAG_LEN},
};

/// No record is longer, so that a damaged length cannot ask for all memory.
pub(super) const LONGEST: usize = 4 << 20;
/// The length, the kind, the number, the length of the event.
const FRONT: usize = 17;
const CHECKSUM: usize = 4;
const FIRST: u8 = 0x80;

/// A record whose checksum is right.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) kind: Kind,
    /// Whether everything before it was on the disk when it was written.
    pub(super) is_first: bool,
    pub(super) number: u64,
    pub(super) event: &'a mut [u8],
    pub(super) response: &'a mut [u8],
}

/// Appends `event` to `out`, sealed. The body of a response is copied once, to where it is sealed in place.
pub(super) fn put_event(
    out: &mut Vec<u8>,
    event: &Event,
    number: u64,
    is_first: bool,
    session: &Session,
) -> Result<(), JournalError> {
    let start = out.len();
    let body: &[u8] = if let Event::Redeemed(redeemed) = event {
        &redeemed.response.body
    } else {
        &[]
    };
    out.reserve((body.len() + GENEROUS).min(LONGEST));
    let kind = Kind::of(event);
    put_front(out, kind, is_first, number);
    encoding::encode(event, out);
    seal(out, start + FRONT, Part::Index, number, kind, session);
    let sealed = out.len() - start - FRONT;
    if out.len() - start + body.len() + TAG_LEN + CHECKSUM > LONGEST {
        let bytes = out.len() - start + body.len();
        out.truncate(start);
        return Err(JournalError::TooLarge { bytes });
    }
    if kind == Kind::Redeemed {
        let body_start = out.len();
        out.extend_from_slice(body);
        seal(out, body_start, Part::Response, number, kind, session);
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
    out.extend([0; 4]);
    out.push(kind as u8 | if is_first { FIRST } else { 0 });
    out.extend(number.to_le_bytes());
    out.extend([0; 4]);
}

fn seal(out: &mut Vec<u8>, from: usize, part: Part, number: u64, kind: Kind, session: &Session) {
    let tag = session.seal(part, number, kind, &mut out[from..]);
    out.extend(tag.expect("an open journal has both keys").as_ref());
}

fn finish(out: &mut Vec<u8>, start: usize, event: usize) {
    let len =
        u32::try_from(out.len() - start - 4 + CHECKSUM).expect("bounded by the longest record");
    let event = u32::try_from(event).expect("bounded by the longest record");
    out[start..start + 4].copy_from_slice(&len.to_le_bytes());
    out[start + 13..start + 17].copy_from_slice(&event.to_le_bytes());
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
pub(super) fn parse(bytes: &mut [u8]) -> Option<Record<'_>> {
    if len(bytes)? != bytes.len() {
        return None;
    }
    let (content, sum) = bytes.split_last_chunk_mut::<CHECKSUM>()?;
    if crc32fast::hash(content) != u32::from_le_bytes(*sum) {
        return None;
    }
    let (front, sealed) = content.split_first_chunk_mut::<FRONT>()?;
    let event = usize::try_from(u32::from_le_bytes(*front[13..].first_chunk()?)).ok()?;
    let (event, response) = sealed.split_at_mut_checked(event)?;
    Some(Record {
        kind: Kind::from_byte(front[4] & !FIRST)?,
        is_first: front[4] & FIRST != 0,
        number: u64::from_le_bytes(*front[5..].first_chunk()?),
        event,
        response,
    })
}

impl<'a> Record<'a> {
    /// The event, without the body of a response; `None` when it was not sealed in this session.
    pub(super) fn event(&mut self, session: &Session) -> Option<Event> {
        let event = session.open(Part::Index, self.number, self.kind, self.event)?;
        encoding::decode(self.kind, event)
    }

    /// The body of the response, if there is one and its key has not been erased.
    pub(super) fn body(self, session: &Session) -> Option<&'a [u8]> {
        let body = session.open(Part::Response, self.number, self.kind, self.response)?;
        Some(body)
    }
}

/// More than any event without its response.
const GENEROUS: usize = 4096;
