//! The journal's two keys, in a file beside it, and what is sealed with them.
//!
//! The index key makes fingerprints and seals entries, which may name people; it stays as long as the journal. The answer
//! key seals the answers of token endpoints; erasing its 32 bytes erases them all, wherever a copy of the journal is.
//!
//! Neither key seals anything itself. Each time the journal is opened, 16 random bytes, its session, are drawn and
//! recorded, and the keys of the session are derived from them. So the record's number can serve as the nonce: numbers do
//! not repeat within a session, even where a torn tail was cut and its numbers were given again. What is sealed is sealed
//! with AES-256-GCM (NIST SP 800-38D), with the journal's id, the record's number and the kind of contents as associated
//! data: no record can take the place of another.
//!
//! | bytes | |
//! |---|---|
//! | 0..8 | `MSALJKEY` |
//! | 8..10 | version 1, little-endian like all numbers |
//! | 10..26 | the journal's id |
//! | 26..58 | the index key |
//! | 58..62 | CRC-32 of 0..58 |
//! | 62..94 | the answer key |
//! | 94..98 | CRC-32 of 62..94; this and the answer key are zero once erased |
//!
//! All of it is zero while a journal is being removed: nothing in the journal can be read any more then.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};
use aws_lc_rs::hmac;
use msal::SecureRandom;
use zeroize::Zeroizing;

use super::error::JournalError;
use super::file;
use crate::fingerprint::Fingerprint;

pub(super) const TAG_LEN: usize = 16;
pub(super) type Id = [u8; 16];
pub(super) type SessionId = [u8; 16];
type Key = Zeroizing<[u8; 32]>;
type Associated = [u8; 25];

/// What the key file holds.
pub(super) struct Keys {
    pub(super) id: Id,
    index: Key,
    answer: Option<Key>,
}

impl Keys {
    /// Reads the key file of the journal at `journal`, or `None` when there is none.
    pub(super) fn read(journal: &Path) -> Result<Option<Self>, JournalError> {
        let path = path(journal);
        let Some(mut file) = file::open_to_read(&path)? else {
            return Ok(None);
        };
        let mut bytes = Zeroizing::new([0; LEN]);
        let mut len = 0;
        while len < LEN {
            match file
                .read(&mut bytes[len..])
                .map_err(JournalError::io("read", &path))?
            {
                0 => break,
                more => len += more,
            }
        }
        // A file cut short was never complete: no journal is written before its key is on the disk.
        if len < LEN {
            Ok(None)
        } else if bytes.iter().all(|byte| *byte == 0) {
            Err(JournalError::Finished {
                path: journal.display().to_string(),
            })
        } else {
            Self::parse(&bytes, &path).map(Some)
        }
    }

    /// Overwrites both keys, which ends the journal.
    pub(super) fn wipe(journal: &Path) -> Result<(), JournalError> {
        overwrite(journal, 0, &[0; LEN])
    }

    fn parse(bytes: &[u8; LEN], path: &Path) -> Result<Self, JournalError> {
        let (index, answer) = bytes.split_at(ANSWER);
        if index[..8] != MAGIC {
            return Err(JournalError::damaged(path, 0, "it is not a journal's key"));
        }
        let index = checked(index)
            .ok_or_else(|| JournalError::damaged(path, 0, "the checksum is wrong"))?;
        if index[8..10] != VERSION {
            return Err(JournalError::Version {
                path: path.display().to_string(),
                version: u16::from_le_bytes([index[8], index[9]]),
            });
        }
        // An erased key is told from a damaged one by its zeros: the checksum of zeros would not be zero.
        let answer = if answer.iter().all(|byte| *byte == 0) {
            None
        } else {
            let offset = ANSWER as u64;
            let key = checked(answer)
                .ok_or_else(|| JournalError::damaged(path, offset, "the checksum is wrong"))?;
            Some(array(key))
        };
        Ok(Self {
            id: *array(&index[10..26]),
            index: array(&index[26..58]),
            answer,
        })
    }

    /// Makes new keys and their file, durably.
    pub(super) fn create(journal: &Path, random: &dyn SecureRandom) -> Result<Self, JournalError> {
        let path = path(journal);
        // What is there is incomplete, or `read` would have returned it.
        if file::open_to_write(&path)?.is_some() {
            std::fs::remove_file(&path).map_err(JournalError::io("remove", &path))?;
        }
        let mut keys = Self {
            id: [0; 16],
            index: Key::default(),
            answer: None,
        };
        fill(random, &mut keys.id)?;
        fill(random, &mut *keys.index)?;
        let mut answer = Key::default();
        fill(random, &mut *answer)?;
        let bytes = keys.to_bytes(&answer);
        keys.answer = Some(answer);
        let mut file = file::create(&path)?;
        let written = file.write_all(&*bytes).and_then(|()| file.sync_all());
        written.map_err(JournalError::io("write", &path))?;
        file::sync_folder(&path)?;
        Ok(keys)
    }

    /// Makes a new answer key where the old one was erased.
    pub(super) fn renew(
        &mut self,
        journal: &Path,
        random: &dyn SecureRandom,
    ) -> Result<(), JournalError> {
        if self.answer.is_none() {
            let mut answer = Key::default();
            fill(random, &mut *answer)?;
            overwrite(journal, ANSWER, &self.to_bytes(&answer)[ANSWER..])?;
            self.answer = Some(answer);
        }
        Ok(())
    }

    /// Whether what is sealed with the answer key of one can be opened with that of the other.
    pub(super) fn seals_as(&self, other: &Self) -> bool {
        match (&self.answer, &other.answer) {
            (Some(one), Some(other)) => **one == **other,
            _ => false,
        }
    }

    /// Overwrites the answer key.
    pub(super) fn erase(journal: &Path) -> Result<(), JournalError> {
        overwrite(journal, ANSWER, &[0; LEN - ANSWER])
    }

    fn to_bytes(&self, answer: &Key) -> Zeroizing<[u8; LEN]> {
        let mut bytes = Zeroizing::new([0; LEN]);
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&VERSION);
        bytes[10..26].copy_from_slice(&self.id);
        bytes[26..58].copy_from_slice(&*self.index);
        bytes[62..94].copy_from_slice(&**answer);
        let sums = [
            crc32fast::hash(&bytes[..58]),
            crc32fast::hash(&bytes[62..94]),
        ];
        bytes[58..62].copy_from_slice(&sums[0].to_le_bytes());
        bytes[94..].copy_from_slice(&sums[1].to_le_bytes());
        bytes
    }

    /// What makes fingerprints of tokens.
    pub(super) fn fingerprinter(&self) -> Fingerprinter {
        Fingerprinter(hmac::Key::new(
            hmac::HMAC_SHA256,
            &*derive(&self.index, b"fingerprint", &[]),
        ))
    }

    /// The keys of a session.
    pub(super) fn session(&self, session: &SessionId) -> Session {
        let key = |key: &Key, label: &[u8]| Sealer::new(&derive(key, label, session));
        Session {
            id: self.id,
            index: key(&self.index, b"index"),
            answer: self.answer.as_ref().map(|answer| key(answer, b"answer")),
        }
    }
}

/// Makes fingerprints of refresh tokens that only this journal's key can make.
#[derive(Clone, Debug)]
pub(super) struct Fingerprinter(hmac::Key);

impl Fingerprinter {
    /// The first 8 bytes each of HMAC-SHA-256 (RFC 2104) over the token, and over both values, each after its length:
    /// nothing can move from one to the other.
    pub(super) fn fingerprint(&self, client_id: &str, refresh_token: &[u8]) -> Fingerprint {
        let hash = |parts: &[&[u8]]| {
            let mut context = hmac::Context::with_key(&self.0);
            for part in parts {
                context.update(&(part.len() as u64).to_le_bytes());
                context.update(part);
            }
            *array(&context.sign().as_ref()[..8])
        };
        let of_token = hash(&[refresh_token]);
        Fingerprint::new(of_token, hash(&[client_id.as_bytes(), refresh_token]))
    }
}

/// The keys that seal the records of one session.
pub(super) struct Session {
    id: Id,
    index: Sealer,
    answer: Option<Sealer>,
}

/// What is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Contents {
    Answer = 1,
    Destination = 2,
    Entry = 3,
}

impl Session {
    /// Encrypts `bytes` in place and returns the tag that belongs behind them; `None` where the key has been erased.
    pub(super) fn seal(&self, contents: Contents, number: u64, bytes: &mut [u8]) -> Option<Tag> {
        self.sealer(contents)?
            .seal(number, self.associated(contents, number), bytes)
    }

    /// Decrypts `bytes`, which end in a tag, in place; `None` when they are not what was sealed, or the key has been
    /// erased.
    pub(super) fn open<'a>(
        &self,
        contents: Contents,
        number: u64,
        bytes: &'a mut [u8],
    ) -> Option<&'a mut [u8]> {
        self.sealer(contents)?
            .open(number, self.associated(contents, number), bytes)
    }

    fn sealer(&self, contents: Contents) -> Option<&Sealer> {
        match contents {
            Contents::Answer => self.answer.as_ref(),
            Contents::Destination | Contents::Entry => Some(&self.index),
        }
    }

    fn associated(&self, contents: Contents, number: u64) -> Associated {
        let mut data = [0; 25];
        data[..16].copy_from_slice(&self.id);
        data[16..24].copy_from_slice(&number.to_le_bytes());
        data[24] = contents as u8;
        data
    }
}

struct Sealer(LessSafeKey);

impl Sealer {
    fn new(key: &Key) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &**key)
            .expect("the key has the length of an AES-256 key");
        Self(LessSafeKey::new(key))
    }

    fn seal(&self, number: u64, associated: Associated, bytes: &mut [u8]) -> Option<Tag> {
        self.0
            .seal_in_place_separate_tag(nonce(number), Aad::from(associated), bytes)
            .ok()
    }

    fn open<'a>(
        &self,
        number: u64,
        associated: Associated,
        bytes: &'a mut [u8],
    ) -> Option<&'a mut [u8]> {
        self.0
            .open_in_place(nonce(number), Aad::from(associated), bytes)
            .ok()
    }
}

fn nonce(number: u64) -> Nonce {
    // Used once with each key: a session has one for entries and one for answers, and numbers its records.
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&number.to_le_bytes());
    Nonce::assume_unique_for_key(nonce)
}

/// A key for one purpose: HMAC-SHA-256 as a pseudo-random function of purpose and context.
fn derive(key: &Key, purpose: &[u8], context: &[u8]) -> Key {
    let mut input = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &**key));
    // With its length in front, no purpose and context can be taken for another pair.
    input.update(&[u8::try_from(purpose.len()).unwrap_or(u8::MAX)]);
    input.update(purpose);
    input.update(context);
    array(input.sign().as_ref())
}

pub(super) fn fill(random: &dyn SecureRandom, bytes: &mut [u8]) -> Result<(), JournalError> {
    random
        .fill(bytes)
        .map_err(|_unspecific| JournalError::Random)
}

/// Where the key of the journal at `journal` is.
pub(super) fn path(journal: &Path) -> PathBuf {
    let mut path = journal.as_os_str().to_owned();
    path.push(".key");
    path.into()
}

/// The key of the journal at `journal` is missing.
pub(super) fn missing(journal: &Path) -> JournalError {
    JournalError::KeyMissing {
        path: path(journal).display().to_string(),
    }
}

fn overwrite(journal: &Path, from: usize, bytes: &[u8]) -> Result<(), JournalError> {
    let path = path(journal);
    let mut file: File = file::open_to_write(&path)?.ok_or_else(|| missing(journal))?;
    // In place, so that the old bytes are overwritten as far as the disk lets a program do that.
    let written = file
        .seek(SeekFrom::Start(from as u64))
        .and_then(|_| file.write_all(bytes))
        .and_then(|()| file.sync_all());
    written.map_err(JournalError::io("write", &path))
}

/// What stands in front of a checksum, if it is right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let (content, sum) = bytes.split_last_chunk()?;
    (crc32fast::hash(content) == u32::from_le_bytes(*sum)).then_some(content)
}

fn array<const N: usize>(bytes: &[u8]) -> Zeroizing<[u8; N]>
where
    [u8; N]: zeroize::Zeroize,
{
    let mut array = Zeroizing::new([0; N]);
    array.copy_from_slice(bytes);
    array
}

const MAGIC: [u8; 8] = *b"MSALJKEY";
const VERSION: [u8; 2] = 1_u16.to_le_bytes();
const LEN: usize = 98;
/// Where the answer key stands.
const ANSWER: usize = 62;
