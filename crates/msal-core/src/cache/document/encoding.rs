//! The text of a document, whatever it was written in.
//!
//! Editors put a byte order mark in front, or save in UTF-16; a program that writes names in its own code page leaves bytes
//! that are no UTF-8.

use bytes::Bytes;

use super::error::CacheFormatError;
use crate::Text;
use crate::secret_buffer::SecretBuffer;

/// A document as text.
pub(super) struct Decoded {
    pub(super) text: Text,
    /// The first byte that was not UTF-8, if any was not: where it is in a string, nobody is the worse for it.
    pub(super) fault: Option<CacheFormatError>,
}

/// Decodes a document. One that is in UTF-8 is shared, not copied.
pub(super) fn decode(document: Bytes) -> Result<Decoded, CacheFormatError> {
    if let Some((order, content)) = in_utf16(&document) {
        return Ok(Decoded {
            text: from_utf16(order, content)?,
            fault: None,
        });
    }
    // RFC 8259 §8.1 lets a reader ignore the mark.
    let document = match document.starts_with(UTF8_MARK) {
        true => document.slice(UTF8_MARK.len()..),
        false => document,
    };
    Ok(match Text::try_from(document.clone()) {
        Ok(text) => Decoded { text, fault: None },
        Err(error) => Decoded {
            text: escaped(&document),
            fault: Some(CacheFormatError::encoding(&document, error)),
        },
    })
}

/// How the two bytes of a unit become a number.
type Order = fn([u8; 2]) -> u16;

/// How a document in UTF-16 is to be read, and what follows its mark. Without a mark, the zero beside the brace tells.
fn in_utf16(document: &[u8]) -> Option<(Order, &[u8])> {
    let (little, big): (Order, Order) = (u16::from_le_bytes, u16::from_be_bytes);
    match document {
        [0xff, 0xfe, rest @ ..] => Some((little, rest)),
        [0xfe, 0xff, rest @ ..] => Some((big, rest)),
        [b'{', 0, ..] => Some((little, document)),
        [0, b'{', ..] => Some((big, document)),
        _ => None,
    }
}

fn from_utf16(order: Order, content: &[u8]) -> Result<Text, CacheFormatError> {
    let (units, rest) = content.as_chunks::<2>();
    // No unit becomes more than an escape of six bytes.
    let mut out = SecretBuffer::with_capacity(units.len() * 6);
    for decoded in char::decode_utf16(units.iter().map(|unit| order(*unit))) {
        match decoded {
            Ok(character) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Err(lone) => push_escape(&mut out, lone.unpaired_surrogate()),
        }
    }
    match rest {
        [] => Ok(Text::try_from(out.into_shared()).unwrap_or_default()),
        _cut_off => Err(CacheFormatError::NotJson {
            line: out.split(|byte| *byte == b'\n').count(),
            column: out
                .rsplit(|byte| *byte == b'\n')
                .next()
                .map_or(0, <[u8]>::len)
                + 1,
        }),
    }
}

/// The document with each byte that is not UTF-8 as an escape that no character has: what Python calls `surrogateescape`.
/// Nothing is lost, and everybody can read the rest.
fn escaped(document: &[u8]) -> Text {
    let broken = document
        .utf8_chunks()
        .map(|chunk| chunk.invalid().len())
        .sum::<usize>();
    let mut out = SecretBuffer::with_capacity(document.len() + 6 * broken);
    for chunk in document.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for byte in chunk.invalid() {
            push_escape(&mut out, 0xdc00 + u16::from(*byte));
        }
    }
    Text::try_from(out.into_shared()).unwrap_or_default()
}

fn push_escape(out: &mut SecretBuffer, unit: u16) {
    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
}

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
