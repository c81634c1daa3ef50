//! Fernet tokens (github.com/fernet/spec): the version 0x80, a time, an initialisation vector, AES-128-CBC with PKCS #7
//! padding, and an HMAC-SHA256 over all that, in URL-safe base64.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::cipher::{AES_128, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

use super::key::WrongKey;
use super::text::{Bytes, base64};
use crate::record::SkipReason;

/// A key: 16 bytes that sign, then 16 that encrypt.
#[derive(Clone)]
pub(crate) struct Fernet(Arc<Zeroizing<[u8; 32]>>);

impl Fernet {
    /// The key that `text` is: 32 bytes in base64.
    ///
    /// # Errors
    /// [`WrongKey`] where it is anything else.
    pub(crate) fn new(text: &str) -> Result<Self, WrongKey> {
        let bytes = base64(text.trim().as_bytes()).map_err(|_not_base64| WrongKey)?;
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_length| WrongKey)?;
        Ok(Self(Arc::new(Zeroizing::new(key))))
    }

    pub(super) fn decrypt(&self, token: &[u8]) -> Result<Bytes, SkipReason> {
        let token = base64(token).map_err(|_not_base64| SkipReason::Undecryptable)?;
        self.open(token).ok_or(SkipReason::Undecryptable)
    }

    fn open(&self, mut token: Bytes) -> Option<Bytes> {
        let (signs, encrypts) = self.0.split_at(16);
        let signed_len = token.len().checked_sub(TAG)?;
        let (signed, tag) = token.split_at_mut(signed_len);
        // The time in it is not checked: how old a token may be is for the application to say.
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, signs), signed, tag).ok()?;
        let (version, rest) = signed.split_first_mut()?;
        let (_time, rest) = rest.split_first_chunk_mut::<8>()?;
        let (vector, ciphertext) = rest.split_first_chunk_mut::<16>()?;
        if *version != VERSION {
            return None;
        }
        let key = UnboundCipherKey::new(&AES_128, encrypts).ok()?;
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
        let context = DecryptionContext::Iv128(FixedLength::from(&*vector));
        let plain = key.decrypt(ciphertext, context).ok()?;
        Some(Zeroizing::new(plain.to_vec()))
    }
}

impl fmt::Debug for Fernet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Fernet([redacted])")
    }
}

const VERSION: u8 = 0x80;

/// The bytes of an HMAC-SHA256.
const TAG: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's `verify.json`.
    const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
    const TOKEN: &str = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";

    #[test]
    fn the_specifications_token_is_decrypted() {
        let plain = Fernet::new(KEY).unwrap().decrypt(TOKEN.as_bytes());
        assert_eq!(*plain.unwrap(), b"hello");
    }

    #[test]
    fn what_was_changed_or_is_of_another_key_is_refused() {
        let key = Fernet::new(KEY).unwrap();
        let changed = TOKEN.replacen("AAAAAAd", "AAAAAAe", 1);
        for text in ["", "gAAAAA", &TOKEN[..40], &changed, "0.AXYA", "é"] {
            let refused = key.decrypt(text.as_bytes());
            assert_eq!(
                refused.unwrap_err(),
                SkipReason::Undecryptable,
                "{text:.20}"
            );
        }
        let another = Fernet::new(&KEY.replacen("cw", "cx", 1)).unwrap();
        assert!(another.decrypt(TOKEN.as_bytes()).is_err());
        for key in ["", "short", &"A".repeat(44), "é"] {
            assert!(Fernet::new(key).is_err(), "{key}");
        }
    }
}
