//! Proof keys for code exchange (RFC 7636), by the method `S256` alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::CodeVerifier;

impl CodeVerifier {
    /// A verifier out of 32 random bytes.
    ///
    /// RFC 7636 §4.1: "The octet sequence is then base64url-encoded to produce a 43-octet URL safe string".
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self::new(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The code challenge (RFC 7636 §4.2), which the user's browser may see.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.expose_secret()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_example_of_the_standard() {
        let verifier = CodeVerifier::from_random([
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212,
            37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ]);
        assert_eq!(
            verifier.expose_secret(),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
        assert_eq!(
            verifier.challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn verifiers_have_the_alphabet_and_length_of_the_standard_and_do_not_repeat() {
        let mut seen = HashSet::new();
        for number in 0..10_000_u64 {
            let verifier = CodeVerifier::from_random(Sha256::digest(number.to_be_bytes()).into());
            let text = verifier.expose_secret();
            // RFC 7636 §4.1: 43 to 128 unreserved characters.
            assert_eq!(text.len(), 43);
            assert!(
                text.bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            );
            assert!(seen.insert(text.to_owned()));
        }
    }
}
