//! Tokens that better-auth encrypted (`encryptOAuthTokens`): hexadecimal digits of a nonce of 24 bytes and the ciphertext of
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 §2.3), whose key is the SHA-256 of the application's secret. Newer versions
//! put `$ba$`, the number of the key and `$` before it.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::hchacha20;
use super::text::{Bytes, hex};
use crate::record::SkipReason;
use crate::record::token_shape::is_encrypted;

/// The key that an application's secret makes.
#[derive(Clone)]
pub(crate) struct BetterAuth(Arc<Zeroizing<[u8; 32]>>);

impl BetterAuth {
    pub(crate) fn new(secret: &str) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
        Self(Arc::new(key))
    }

    /// The plain value. One that is not encrypted is left as it is: applications switch encryption on later.
    pub(super) fn decrypt(&self, bytes: Bytes) -> Result<Bytes, SkipReason> {
        let Ok(text) = str::from_utf8(&bytes) else {
            return Err(SkipReason::Undecryptable);
        };
        if !is_encrypted(text) {
            return Ok(bytes);
        }
        // The number says which of an application's secrets it was; here is one, and a wrong one does not decrypt.
        let numbered = text
            .strip_prefix("$ba$")
            .and_then(|rest| rest.split_once('$'));
        let digits = numbered.map_or(text, |(_number, digits)| digits);
        let sealed = hex(digits.as_bytes()).map_err(|_not_hex| SkipReason::Undecryptable)?;
        self.open(sealed).ok_or(SkipReason::Undecryptable)
    }

    fn open(&self, mut sealed: Bytes) -> Option<Bytes> {
        let (derives, rest) = sealed.split_first_chunk_mut::<16>()?;
        let (counts, ciphertext) = rest.split_first_chunk_mut::<8>()?;
        let subkey = hchacha20::subkey(&self.0, derives);
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(counts);
        let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &*subkey).ok()?);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let plain = key.open_in_place(nonce, Aad::empty(), ciphertext).ok()?;
        Some(Zeroizing::new(plain.to_vec()))
    }
}

impl fmt::Debug for BetterAuth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BetterAuth([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What better-auth 1.7.25's `symmetricEncrypt` made of `PLAIN` with `SECRET`.
    const SECRET: &str = "FAKE-secret-FAKE-secret-FAKE-0123";
    const PLAIN: &str = "0.FAKE-RT.betterauth.enc.3OUE7jSIdhcGbIuDEWafKsKuhQKWz5Sb1pPBFGjCazV1FuBgXwEj-zZ9lhdaEhl-NN8MXClsZKOW-wXw4RzgyQ";
    const SEALED: &str = "7f2be08cac54fb1107629db1f92565864d48bdad3ce6896f3991892e3c85a2b7b7735c82fa97697ee3f2537d9d2eb8c60f30f4afd990439b1b9ab22173daea8fe9e6597b46442caeb1597eb9006d4a82c5f1d2761288557b9d845231239d57d77d4a0dfcb4b142ee52bfb8f9c749ae4abeedd4b0fb12c79ca1b5ca31431691916bcdcdfdd700745516eaf273eba06a7cab88f5100da3ea";

    fn decrypt(secret: &str, text: &str) -> Result<String, &'static str> {
        let bytes = Zeroizing::new(text.as_bytes().to_vec());
        let plain = BetterAuth::new(secret).decrypt(bytes);
        plain
            .map(|plain| String::from_utf8(plain.to_vec()).unwrap())
            .map_err(SkipReason::code)
    }

    #[test]
    fn what_better_auth_encrypted_is_decrypted() {
        assert_eq!(decrypt(SECRET, SEALED).unwrap(), PLAIN);
        assert_eq!(decrypt(SECRET, &format!("$ba$1${SEALED}")).unwrap(), PLAIN);
        assert_eq!(decrypt(SECRET, "0.AXYA").unwrap(), "0.AXYA");
    }

    #[test]
    fn what_was_changed_or_is_of_another_secret_is_refused() {
        let changed = SEALED.replacen("7f", "7e", 1);
        let cut = &SEALED[..SEALED.len() - 2];
        for text in [&changed, cut, &SEALED[..80], "$ba$", "$ba$1$", "$ba$1$zz"] {
            assert_eq!(decrypt(SECRET, text), Err("undecryptable"), "{text:.20}");
        }
        assert_eq!(decrypt("another", SEALED), Err("undecryptable"));
    }
}
