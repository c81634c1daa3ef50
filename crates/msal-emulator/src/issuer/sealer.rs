//! Opaque texts that only this emulator can read: refresh tokens and authorization codes.
//!
//! A sealed text contains all that is known about it, so that a million of them take no memory here. It is
//! encrypted and authenticated with AES-256-GCM-SIV (RFC 8452) under a key derived from the seed.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Seals and opens texts.
#[derive(Debug)]
pub(crate) struct Sealer {
    /// `None` if AES-256 refuses a key of 32 bytes, which does not happen.
    key: Option<LessSafeKey>,
}

impl Sealer {
    pub(crate) fn new(seed: u64) -> Self {
        let material = [
            b"msal-emulator sealed texts".as_slice(),
            &seed.to_be_bytes(),
        ]
        .concat();
        let key = UnboundKey::new(&AES_256_GCM_SIV, digest(&SHA256, &material).as_ref());
        Self {
            key: key.ok().map(LessSafeKey::new),
        }
    }

    /// Writes `prefix` followed by the sealed `plain`. The prefix is authenticated too.
    pub(crate) fn seal(&self, prefix: &str, serial: u64, mut plain: Vec<u8>) -> String {
        // Emulators with the same seed use the same nonces for different texts. GCM-SIV stays safe then: it reveals
        // no more than that two texts are equal.
        let nonce = nonce(serial);
        let Some(key) = &self.key else {
            return prefix.to_owned();
        };
        let sealed = key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(prefix),
            &mut plain,
        );
        if sealed.is_err() {
            return prefix.to_owned();
        }
        plain.splice(..0, nonce);
        let mut text = String::with_capacity(prefix.len() + plain.len() * 4 / 3 + 4);
        text.push_str(prefix);
        URL_SAFE_NO_PAD.encode_string(&plain, &mut text);
        text
    }

    /// Reads what [`Self::seal`] wrote; `None` for everything else.
    pub(crate) fn open(&self, prefix: &str, body: &str) -> Option<Vec<u8>> {
        let mut sealed = URL_SAFE_NO_PAD.decode(body).ok()?;
        let nonce: [u8; NONCE_LEN] = sealed.get(..NONCE_LEN)?.try_into().ok()?;
        let cipher = sealed.get_mut(NONCE_LEN..)?;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let plain = self
            .key
            .as_ref()?
            .open_in_place(nonce, Aad::from(prefix), cipher)
            .ok()?;
        Some(plain.to_vec())
    }

    /// The length of the text that a plain text of `plain` bytes becomes, without its prefix.
    pub(crate) fn text_len(plain: usize) -> usize {
        (NONCE_LEN + plain + TAG_LEN).saturating_mul(4).div_ceil(3)
    }
}

fn nonce(serial: u64) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    nonce[NONCE_LEN - 8..].copy_from_slice(&serial.to_be_bytes());
    nonce
}

const TAG_LEN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_texts_open_under_the_same_seed_and_prefix_only() {
        let text = Sealer::new(1).seal("1.A", 7, b"payload".to_vec());
        let body = text.strip_prefix("1.A").unwrap();
        assert_eq!(body.len(), Sealer::text_len(7));
        assert_eq!(Sealer::new(1).open("1.A", body).unwrap(), b"payload");
        assert_eq!(Sealer::new(2).open("1.A", body), None);
        assert_eq!(Sealer::new(1).open("1.B", body), None);
        assert_eq!(Sealer::new(1).open("1.A", &body[..body.len() - 4]), None);
        assert_eq!(Sealer::new(1).open("1.A", &body.to_lowercase()), None);
        assert_eq!(Sealer::new(1).open("1.A", ""), None);
    }
}
