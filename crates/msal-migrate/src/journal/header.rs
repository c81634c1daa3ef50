//! The beginning of a journal: what it is, and of which run.
//!
//! | bytes | |
//! |---|---|
//! | 0..8 | `MSALJRNL` |
//! | 8..10 | version 1, little-endian like all numbers |
//! | 10..14 | the process that has it open; informational, and outside the checksum |
//! | 14..30 | the journal's id, the same as in its key file |
//! | 30..46 | the session that sealed the identity |
//! | 46..50 | n: how long the sealed identity is |
//! | 50..54 | CRC-32 of all before but 10..14 |
//! | 54..54+n | the identity, sealed |
//!
//! The header is on the disk before anything is behind it, so that a file that ends within it was never begun.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use msal::SecureRandom;

use super::{
    JournalError,
    encoding::Kind,
    key::{self, Keys, Part},
};

/// What a run is, in named facts: its target, for example. A journal is continued only by a run that is the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity(BTreeMap<String, String>);

impl Identity {
    /// A run of which nothing is said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same run, with one more fact.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// A fact.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What differs, in words; `None` when nothing does.
    fn difference(&self, recorded: &Self) -> Option<String> {
        let names: std::collections::BTreeSet<_> = self.0.keys().chain(recorded.0.keys()).collect();
        let name = names
            .into_iter()
            .find(|name| self.get(name) != recorded.get(name))?;
        let shown = |value: Option<&str>| {
            value.map_or_else(|| "not set".to_owned(), |value| format!("{value:?}"))
        };
        Some(format!(
            "its {name} is {}, not {}",
            shown(recorded.get(name)),
            shown(self.get(name))
        ))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for text in self.0.iter().flat_map(|(name, value)| [name, value]) {
            bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut text = || {
            let (len, rest) = bytes.split_first_chunk::<4>()?;
            let (text, rest) =
                rest.split_at_checked(usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
            bytes = rest;
            Some(str::from_utf8(text).ok()?.to_owned())
        };
        let mut facts = BTreeMap::new();
        while let Some(name) = text() {
            facts.insert(name, text()?);
        }
        bytes.is_empty().then_some(Self(facts))
    }
}

/// The identity in a journal, and how long the header is; `None` when the header was never completed.
pub(super) fn read(
    file: &mut File,
    path: &Path,
    keys: &Keys,
) -> Result<Option<(Identity, u64)>, JournalError> {
    let mut front = Vec::new();
    let read = file
        .rewind()
        .and_then(|()| file.take(FIXED as u64).read_to_end(&mut front));
    read.map_err(JournalError::io("read", path))?;
    let start = front.len().min(MAGIC.len());
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
    if version != VERSION {
        let place = path.display().to_string();
        return Err(JournalError::Version { place, version });
    }
    if front[14..30] != keys.id {
        return Err(JournalError::Key {
            place: key::path(path).display().to_string(),
        });
    }
    let (sealed_len, mut sealed) = (u64::from(number(&front[46..50])), Vec::new());
    file.take(sealed_len)
        .read_to_end(&mut sealed)
        .map_err(JournalError::io("read", path))?;
    if (sealed.len() as u64) < sealed_len {
        return Ok(None);
    }
    let session = keys.session(front[30..46].first_chunk().expect("sixteen bytes"));
    let opened = session.open(Part::Index, 0, Kind::Opened, &mut sealed);
    match opened.and_then(|bytes| Identity::from_bytes(bytes)) {
        Some(identity) => Ok(Some((identity, FIXED as u64 + sealed_len))),
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
    identity: &Identity,
    random: &dyn SecureRandom,
) -> Result<u64, JournalError> {
    let mut session = [0; 16];
    key::fill(random, &mut session)?;
    let mut sealed = identity.to_bytes();
    let tag = keys
        .session(&session)
        .seal(Part::Index, 0, Kind::Opened, &mut sealed);
    sealed.extend(tag.expect("a session has an index key").as_ref());
    let len = u32::try_from(sealed.len()).map_err(|_larger| JournalError::TooLarge {
        bytes: sealed.len(),
    })?;

    let mut bytes = Vec::from(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(keys.id);
    bytes.extend(session);
    bytes.extend(len.to_le_bytes());
    bytes.extend(checksum(&bytes).to_le_bytes());
    bytes.extend(sealed);
    let written = file
        .rewind()
        .and_then(|()| file.write_all(&bytes))
        .and_then(|()| file.sync_all());
    written.map_err(JournalError::io("write", path))?;
    Ok(bytes.len() as u64)
}

/// Refuses to continue another run.
pub(super) fn compare(
    given: &Identity,
    recorded: &Identity,
    path: &Path,
) -> Result<(), JournalError> {
    match given.difference(recorded) {
        None => Ok(()),
        Some(difference) => Err(JournalError::OtherRun {
            place: path.display().to_string(),
            difference,
        }),
    }
}

/// Notes who has the journal open, or that nobody has.
pub(super) fn sign(file: &mut File, pid: Option<u32>) -> io::Result<()> {
    file.seek(SeekFrom::Start(HOLDER))?;
    file.write_all(&pid.unwrap_or(0).to_le_bytes())
}

/// Who has the journal open, by its own word.
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
const VERSION: u16 = 1;
const FIXED: usize = 54;
const HOLDER: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_comes_back() {
        let identity = Identity::new()
            .with("target", "/srv/ü.json")
            .with("sdk", "");
        assert_eq!(
            Identity::from_bytes(&identity.to_bytes()),
            Some(identity.clone())
        );
        assert_eq!(Identity::from_bytes(&[]), Some(Identity::new()));
        let bytes = identity.to_bytes();
        assert_eq!(Identity::from_bytes(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn a_difference_is_named() {
        let old = Identity::new().with("sdk", "python").with("target", "/a");
        let new = Identity::new().with("sdk", "python").with("target", "/b");
        assert_eq!(
            new.difference(&old).unwrap(),
            "its target is \"/a\", not \"/b\""
        );
        assert_eq!(
            Identity::new().difference(&old).unwrap(),
            "its sdk is \"python\", not not set"
        );
        assert_eq!(old.difference(&old), None);
    }
}
