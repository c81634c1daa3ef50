//! GUIDs: the names of tenants, users and resources.
//!
//! Entra prints them in lower case and takes them in any case.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use serde::{Serialize, Serializer};

/// A GUID, compared by value and printed in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Guid([u8; 16]);

impl Guid {
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Derives the GUID that always belongs to `name` within `space`.
    ///
    /// RFC 9562 §5.8: version 8 leaves the other bits to the maker, who here takes them from SHA-256.
    pub(crate) fn derived(space: &[u8], name: &str) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        // The length in front keeps apart (space, name) pairs that read the same when joined.
        hash.update(&[u8::try_from(space.len()).unwrap_or(u8::MAX)]);
        hash.update(space);
        hash.update(name.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finish().as_ref()[..16]);
        Self(bytes).with_version(8)
    }

    /// Sets the version and variant bits (RFC 9562 §4).
    pub(crate) fn with_version(mut self, version: u8) -> Self {
        self.0[6] = (self.0[6] & 0x0f) | (version << 4);
        self.0[8] = (self.0[8] & 0x3f) | 0x80;
        self
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for Guid {
    type Err = NotAGuid;

    fn from_str(text: &str) -> Result<Self, NotAGuid> {
        let text = text.as_bytes();
        if text.len() != 36 || [8, 13, 18, 23].iter().any(|&dash| text[dash] != b'-') {
            return Err(NotAGuid);
        }
        let mut digits = text
            .iter()
            .filter(|&&byte| byte != b'-')
            .map(|&byte| hex(byte));
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let high = digits.next().flatten().ok_or(NotAGuid)?;
            let low = digits.next().flatten().ok_or(NotAGuid)?;
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                at += 1;
            }
            text[at] = HEX[usize::from(byte >> 4)];
            text[at + 1] = HEX[usize::from(byte & 15)];
            at += 2;
        }
        formatter.pad(str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is not a GUID in its 36-character form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID")]
pub(crate) struct NotAGuid;

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

const HEX: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_is_read_and_lower_case_is_printed() {
        let guid: Guid = "0E8A3F2C-1111-4222-8333-ABCDEFABCDEF".parse().unwrap();
        assert_eq!(guid.to_string(), "0e8a3f2c-1111-4222-8333-abcdefabcdef");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "common",
            "0e8a3f2c11114222-8333-abcdefabcdef--x",
            "0e8a3f2c-1111-4222-8333-abcdefabcdeg",
        ] {
            assert_eq!(text.parse::<Guid>(), Err(NotAGuid), "{text}");
        }
    }

    #[test]
    fn derived_guids_depend_on_space_and_name() {
        let guid = Guid::derived(b"tenant", "contoso.example");
        assert_eq!(guid, Guid::derived(b"tenant", "contoso.example"));
        assert_ne!(guid, Guid::derived(b"user", "contoso.example"));
        assert_ne!(guid, Guid::derived(b"tenant", "fabrikam.example"));
    }
}
