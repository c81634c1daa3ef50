//! The identifiers in answers, computed from a counter and a seed.
//!
//! They need to be unique and to look random, not to be unguessable: what must not be guessed
//! (refresh tokens, authorization codes) is sealed by [`crate::issuer::sealer`].

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};

use crate::protocol::{Guid, base64url, from_base64url};

#[derive(Debug)]
pub(crate) struct Identifiers {
    seed: u64,
    next: AtomicU64,
}

impl Identifiers {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            next: AtomicU64::new(1),
        }
    }

    /// The next number of the one sequence that orders everything issued.
    pub(crate) fn serial(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn guid(&self) -> Guid {
        self.guid_of(self.serial())
    }

    /// The value of a `uti` claim: 22 characters.
    pub(crate) fn uti(&self) -> String {
        base64url(&self.bytes_of(self.serial()))
    }

    /// The position of a token in the sequence, by its `uti`. It orders tokens of the same second, which `iat` does
    /// not.
    pub(crate) fn serial_of(&self, uti: &str) -> Option<u64> {
        let bytes = from_base64url(uti)?;
        let high = u64::from_be_bytes(bytes.get(..8)?.try_into().ok()?);
        Some(unscramble(unscramble(high) ^ self.seed))
    }

    fn guid_of(&self, serial: u64) -> Guid {
        Guid::from_bytes(self.bytes_of(serial)).with_version(4)
    }

    fn bytes_of(&self, serial: u64) -> [u8; 16] {
        let high = scramble(self.seed ^ scramble(serial));
        let low = scramble(high ^ serial);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        bytes
    }
}

/// The pairwise subject (OpenID Connect Core §8.1): every client, or API, sees another name of one person.
pub(crate) fn pairwise_subject(object_id: Guid, audience: &str) -> String {
    let material = [object_id.as_bytes().as_slice(), audience.as_bytes()].concat();
    base64url(digest(&SHA256, &material).as_ref())
}

/// A bijection of 64 bits without visible structure (the finalizer of SplitMix64).
pub(crate) fn scramble(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The inverse of [`scramble`]: each step is undone, the factors by their inverses modulo 2^64.
fn unscramble(value: u64) -> u64 {
    let value = value ^ (value >> 31) ^ (value >> 62);
    let value = value.wrapping_mul(0x3196_42b2_d24d_8ec3);
    let value = value ^ (value >> 27) ^ (value >> 54);
    let value = value.wrapping_mul(0x96de_1b17_3f11_9089);
    let value = value ^ (value >> 30) ^ (value >> 60);
    value.wrapping_sub(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn identifiers_do_not_repeat_and_follow_the_seed() {
        let ids = Identifiers::new(7);
        let drawn: Vec<_> = (0..10_000).map(|_| ids.guid()).collect();
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), drawn.len());
        assert_eq!(Identifiers::new(7).guid(), drawn[0]);
        assert_ne!(Identifiers::new(8).guid(), drawn[0]);
    }

    #[test]
    fn a_uti_tells_its_serial() {
        let ids = Identifiers::new(7);
        for _ in 0..1000 {
            let uti = ids.uti();
            assert_eq!(ids.serial_of(&uti), Some(ids.serial() - 1));
        }
        assert_eq!(ids.serial_of("not one"), None);
    }
}
