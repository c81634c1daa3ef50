//! Refresh tokens: what they say and how they are written.
//!
//! A refresh token is bound to a user and a client, not to a resource or a tenant, and is valid at v1
//! and v2.0. It looks like Entra's: `1.A…`, about 1,200 characters of base64url.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

use crate::base64url;
use crate::identifiers::scramble;
use crate::moment::Moment;
use crate::packed::{Packer, Unpacker};
use crate::sealed::Sealer;

/// The name of a refresh token for logs and counters. It tells nothing about the token's value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefreshTokenId(u64);

impl RefreshTokenId {
    /// A number to choose a shard by.
    pub(crate) fn spread(self) -> usize {
        usize::try_from(self.0 >> 32).unwrap_or_default()
    }
}

impl fmt::Display for RefreshTokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rt-{:016x}", self.0)
    }
}

impl fmt::Debug for RefreshTokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a refresh token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) serial: u64,
    pub(crate) issued: Moment,
    /// Names the sign-in that this token descends from.
    pub(crate) lineage: u64,
    pub(crate) upn: String,
    pub(crate) client_id: String,
    /// Issued to a member of the family of client ids.
    pub(crate) family: bool,
    /// Issued to a client that proved itself: survives a change of the user's password.
    pub(crate) confidential: bool,
}

impl Grant {
    pub(crate) const fn id(&self) -> RefreshTokenId {
        RefreshTokenId(scramble(self.serial ^ scramble(self.issued.millis())))
    }

    pub(crate) fn seal(&self, sealer: &Sealer, chars: usize) -> String {
        let mut prefix = PREFIX.to_owned();
        prefix.push_str(&base64url(
            &digest(&SHA256, self.client_id.as_bytes()).as_ref()[..12],
        ));
        prefix.push_str(BODY_PREFIX);
        let mut plain = self.to_bytes();
        let padded = chars.saturating_sub(prefix.len()).min(MAX_CHARS) * 3 / 4;
        let padded = padded.saturating_sub(Sealer::text_len(0) * 3 / 4);
        plain.resize(plain.len().max(padded), 0);
        sealer.seal(&prefix, self.serial, plain)
    }

    /// Reads a token; `None` when it is malformed or not from here.
    pub(crate) fn open(sealer: &Sealer, text: &str) -> Option<Self> {
        if text.len() > MAX_CHARS * 2 || !text.starts_with(PREFIX) {
            return None;
        }
        let body = text.find(BODY_PREFIX)? + BODY_PREFIX.len();
        Self::from_bytes(&sealer.open(&text[..body], &text[body..])?)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let flags = u8::from(self.family) | u8::from(self.confidential) << 1;
        let packer = Packer::new(FORMAT)
            .byte(flags)
            .number(self.serial)
            .number(self.issued.millis());
        packer
            .number(self.lineage)
            .text(&self.client_id)
            .text(&self.upn)
            .finish()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut unpacker = Unpacker::new(FORMAT, bytes)?;
        let flags = unpacker.byte()?;
        let (family, confidential) = (flags & 1 != 0, flags & 2 != 0);
        Some(Self {
            serial: unpacker.number()?,
            issued: Moment::from_millis(unpacker.number()?),
            lineage: unpacker.number()?,
            client_id: unpacker.text()?,
            upn: unpacker.text()?,
            family,
            confidential,
        })
    }
}

const FORMAT: u8 = 1;
const PREFIX: &str = "1.A";
const BODY_PREFIX: &str = ".AgAB";
const MAX_CHARS: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            serial: 42,
            issued: Moment::from_millis(1_786_656_269_042),
            lineage: 41,
            upn: "alice@contoso.example".to_owned(),
            client_id: "00c0ffee-0000-4000-8000-000000000001".to_owned(),
            family: true,
            confidential: false,
        }
    }

    #[test]
    fn a_token_is_read_back() {
        let sealer = Sealer::new(1);
        let text = grant().seal(&sealer, 1200);
        assert!((1190..=1204).contains(&text.len()), "{}", text.len());
        assert!(text.starts_with("1.A"));
        assert_eq!(Grant::open(&sealer, &text), Some(grant()));
    }

    #[test]
    fn a_token_is_never_shorter_than_its_content() {
        let sealer = Sealer::new(1);
        let text = grant().seal(&sealer, 0);
        assert_eq!(Grant::open(&sealer, &text), Some(grant()));
    }

    #[test]
    fn a_changed_token_is_malformed() {
        let sealer = Sealer::new(1);
        let text = grant().seal(&sealer, 1200);
        for changed in [
            &text[..text.len() - 1],
            &text.to_lowercase(),
            &format!("{text}A"),
            &text.replacen("1.A", "1.B", 1),
        ] {
            assert_eq!(Grant::open(&sealer, changed), None);
        }
    }

    #[test]
    fn the_id_does_not_depend_on_the_secret_part() {
        assert_eq!(grant().id(), grant().id());
        assert_ne!(
            grant().id(),
            Grant {
                serial: 43,
                ..grant()
            }
            .id()
        );
        assert_eq!(grant().id().to_string().len(), 19);
    }
}
