//! The beginning of a journal: what it is, and of which migration.
//!
//! | bytes | |
//! |---|---|
//! | 0..8 | `MSALJRNL` |
//! | 8..10 | version 4, little-endian like all numbers |
//! | 10..14 | the process that has it open; informational, and outside the checksum |
//! | 14..30 | the journal's id, the same as in its key file |
//! | 30..46 | the session that sealed the destination |
//! | 46..50 | n: how long the sealed destination is |
//! | 50..54 | CRC-32 of all before but 10..14 |
//! | 54..54+n | the destination, sealed |
//!
//! Version 3 differs in that its entries say nothing of users, of rows that are left out and of runs. A journal of that version is
//! continued with entries of this one, and becomes one of this version before: a program that knows no other refuses it by
//! its version, and does not take it for damaged.
//!
//! The header is on the disk before anything is behind it, so that a file that ends within it was never begun.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use msal::SecureRandom;

use super::destination::Destination;
use super::encoding;
use super::error::JournalError;
use super::key::{self, Contents, Keys};

/// The destination in a journal, and how long the header is; `None` when the header was never completed.
pub(super) fn read(
    file: &mut File,
    path: &Path,
    keys: &Keys,
) -> Result<Option<(Destination, u64)>, JournalError> {
    let mut front = Vec::new();
    let read = file
        .rewind()
        .and_then(|()| file.take(FIXED as u64).read_to_end(&mut front));
    read.map_err(JournalError::io("read", path))?;
    let start = front.len().min(MAGIC.len());
    // A file that is shorter than a header may be the beginning of one. Any other file must not be overwritten.
    if front[..start] != MAGIC[..start] {
        return Err(JournalError::damaged(path, 0, "it is not a journal"));
    }
    let Some(front) = front.first_chunk::<FIXED>() else {
        return Ok(None);
    };
    if number(&front[50..]) != checksum(front) {
        return Err(JournalError::damaged(
            path,
            0,
            "the checksum of the header is wrong",
        ));
    }
    let version = u16::from_le_bytes([front[8], front[9]]);
    if !(OLDEST..=VERSION).contains(&version) {
        let path = path.display().to_string();
        return Err(JournalError::Version { path, version });
    }
    if front[14..30] != keys.id {
        return Err(JournalError::Key {
            path: key::path(path).display().to_string(),
        });
    }
    let (sealed_len, mut sealed) = (u64::from(number(&front[46..50])), Vec::new());
    // Nobody has such a destination, and a damaged length cannot ask for all memory.
    if sealed_len > LONGEST_DESTINATION {
        return Err(JournalError::damaged(path, 46, "its header is too long"));
    }
    file.take(sealed_len)
        .read_to_end(&mut sealed)
        .map_err(JournalError::io("read", path))?;
    if (sealed.len() as u64) < sealed_len {
        return Ok(None);
    }
    let session = keys.session(front[30..46].first_chunk().expect("sixteen bytes"));
    let opened = session.open(Contents::Destination, 0, &mut sealed);
    match opened.and_then(|bytes| encoding::decode(bytes)) {
        Some(destination) => Ok(Some((destination, FIXED as u64 + sealed_len))),
        None => Err(JournalError::damaged(
            path,
            FIXED as u64,
            "the header is not as it was written",
        )),
    }
}

/// Writes the header of a new journal, durably, and returns its length.
pub(super) fn write(
    file: &mut File,
    path: &Path,
    keys: &Keys,
    destination: &Destination,
    random: &dyn SecureRandom,
) -> Result<u64, JournalError> {
    let mut session = [0; 16];
    key::fill(random, &mut session)?;
    let mut sealed = encoding::encode(destination);
    let tag = keys
        .session(&session)
        .seal(Contents::Destination, 0, &mut sealed);
    sealed.extend(tag.expect("a session has an index key").as_ref());
    let len = u32::try_from(sealed.len())
        .ok()
        .filter(|len| u64::from(*len) <= LONGEST_DESTINATION)
        .ok_or(JournalError::TooLarge {
            bytes: sealed.len(),
        })?;

    let mut bytes = Vec::from(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    // No process has it open before it is signed.
    bytes.extend([0; 4]);
    bytes.extend(keys.id);
    bytes.extend(session);
    bytes.extend(len.to_le_bytes());
    bytes.extend(checksum(&bytes).to_le_bytes());
    bytes.extend_from_slice(&sealed);
    let written = file
        .rewind()
        .and_then(|()| file.write_all(&bytes))
        .and_then(|()| file.sync_all());
    written.map_err(JournalError::io("write", path))?;
    Ok(bytes.len() as u64)
}

/// Makes the journal one of this version, durably, before anything is appended that an older one does not know.
pub(super) fn renew(file: &mut File, path: &Path) -> Result<(), JournalError> {
    let mut front = [0; FIXED];
    let read = file.rewind().and_then(|()| file.read_exact(&mut front));
    read.map_err(JournalError::io("read", path))?;
    if front[8..10] == VERSION.to_le_bytes() {
        return Ok(());
    }
    front[8..10].copy_from_slice(&VERSION.to_le_bytes());
    let checksum = checksum(&front);
    front[50..].copy_from_slice(&checksum.to_le_bytes());
    // One write within the first sector, which a disk writes whole or not at all.
    let written = file
        .rewind()
        .and_then(|()| file.write_all(&front))
        .and_then(|()| file.sync_data());
    written.map_err(JournalError::io("write", path))
}

/// Refuses a file that begins as no journal does and has no key beside it: another file was named. What is no regular file
/// is refused by whoever opens it.
pub(super) fn refuse_others(path: &Path) -> Result<(), JournalError> {
    let is_file = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
        && std::fs::symlink_metadata(key::path(path)).is_err();
    let mut front = Vec::new();
    let read =
        is_file.then(|| File::open(path).and_then(|file| file.take(8).read_to_end(&mut front)));
    let start = front.len().min(MAGIC.len());
    match read {
        Some(Ok(_)) if front[..start] != MAGIC[..start] => Err(JournalError::not_a_journal(path)),
        _ => Ok(()),
    }
}

/// Refuses to continue a migration to somewhere else.
pub(super) fn compare(
    given: &Destination,
    recorded: &Destination,
    path: &Path,
) -> Result<(), JournalError> {
    match given.difference(recorded) {
        None => Ok(()),
        Some(difference) => Err(JournalError::OtherDestination {
            path: path.display().to_string(),
            difference,
        }),
    }
}

/// Notes which process has the journal open, or that none has.
pub(super) fn sign(file: &mut File, pid: Option<u32>) -> io::Result<()> {
    file.seek(SeekFrom::Start(HOLDER))?;
    file.write_all(&pid.unwrap_or(0).to_le_bytes())
}

/// The process that said it has the journal open, unless it said since that it has not.
pub(super) fn holder(file: &mut File) -> Option<u32> {
    let mut pid = [0; 4];
    file.seek(SeekFrom::Start(HOLDER)).ok()?;
    file.read_exact(&mut pid).ok()?;
    Some(u32::from_le_bytes(pid)).filter(|pid| *pid != 0)
}

fn checksum(front: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&front[..10]);
    hasher.update(&front[14..50]);
    hasher.finalize()
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

const MAGIC: [u8; 8] = *b"MSALJRNL";
const VERSION: u16 = 4;
/// The oldest that is read.
const OLDEST: u16 = 3;
const FIXED: usize = 54;
const HOLDER: u64 = 10;
/// A path and a few words are a thousandth of it.
const LONGEST_DESTINATION: u64 = 1 << 20;
