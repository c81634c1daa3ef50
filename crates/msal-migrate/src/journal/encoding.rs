//! How entries and answers become bytes, and bytes entries and answers again.
//!
//! The encoding is postcard's (its wire format is specified and stable since 1.0): numbers in as few bytes as they take,
//! texts and bodies with their length in front, the members of a type in the order in which it declares them, the
//! variants of an enum by their number. Whoever adds a member or changes an order changes the format, and with it the
//! version in the header.
//!
//! Decoding trusts nothing, although what it reads was authenticated: a mistake must not become a panic. Texts are
//! borrowed from the bytes they are read from, so that nothing secret is copied on the way.

use msal_core::{SecretBuffer, UnixTime};
use postcard::ser_flavors::Size;
use postcard::serialize_with_flavor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::fingerprint::Fingerprint;
use crate::record::Place;

/// How many bytes `value` takes.
pub(super) fn size(value: &impl Serialize) -> usize {
    serialize_with_flavor(value, Size::default()).unwrap_or_default()
}

/// Appends `value` to `out`, which has [`size`] bytes of room for it: a buffer that grows leaves a copy behind.
pub(super) fn append(value: &impl Serialize, out: &mut SecretBuffer) {
    // Writing texts and numbers into memory cannot fail.
    let _infallible = postcard::to_io(value, &mut **out);
}

/// `value` alone.
pub(super) fn encode(value: &impl Serialize) -> SecretBuffer {
    let mut bytes = SecretBuffer::with_capacity(size(value));
    append(value, &mut bytes);
    bytes
}

/// Reads a value that takes up all of `bytes`; `None` when it does not.
pub(super) fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    let (value, rest) = split(bytes)?;
    rest.is_empty().then_some(value)
}

/// Reads the value that `bytes` begin with, and what is behind it.
pub(super) fn split<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<(T, &'a [u8])> {
    postcard::take_from_bytes(bytes).ok()
}

/// Encodes a time as seconds since the Unix epoch.
pub(super) struct AsSeconds;

impl AsSeconds {
    pub(super) fn serialize<S: Serializer>(
        time: &UnixTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.as_secs().serialize(serializer)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(
        deserializer: D,
    ) -> Result<UnixTime, D::Error> {
        i64::deserialize(deserializer).map(UnixTime::from_secs)
    }
}

/// Encodes a fingerprint as its sixteen bytes.
pub(super) struct AsSixteen;

impl AsSixteen {
    pub(super) fn serialize<S: Serializer>(
        fingerprint: &Fingerprint,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        fingerprint.as_bytes().serialize(serializer)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(
        deserializer: D,
    ) -> Result<Fingerprint, D::Error> {
        <[u8; 16]>::deserialize(deserializer).map(Fingerprint::from_bytes)
    }
}

/// Encodes bytes in one piece. Without it, serde hands a slice over byte by byte.
pub(super) struct AsOnePiece;

impl AsOnePiece {
    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(
        deserializer: D,
    ) -> Result<&'a [u8], D::Error> {
        <&[u8]>::deserialize(deserializer)
    }
}

/// A [`Place`], for serde.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Place")]
pub(super) enum PlaceDef {
    Element(u64),
    File { file: u64, element: u64 },
    Line(u64),
    RefreshToken(u64),
}
