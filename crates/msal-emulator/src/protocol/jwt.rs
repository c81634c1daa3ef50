//! Reading signed tokens (RFC 7515 §3.1), whoever signed them.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Map, Value};

use super::base64url::from_base64url;

/// A token taken apart, whose signature has not been checked.
#[derive(Debug)]
pub(crate) struct Jwt<'t> {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    pub(crate) signed: &'t str,
    pub(crate) signature: Vec<u8>,
}

impl<'t> Jwt<'t> {
    /// Takes a token apart; `None` when it is not three parts of base64url with JSON objects in front.
    pub(crate) fn read(token: &'t str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| serde_json::from_slice(&from_base64url(part)?).ok();
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed,
            signature: from_base64url(signature)?,
        })
    }

    /// Whether the key (a DER `SubjectPublicKeyInfo`) made the signature, with ES256, PS256 or RS256.
    pub(crate) fn is_signed_by(&self, public_key: &[u8]) -> bool {
        // RFC 7518 §3.3 to §3.5. "none" and the symmetric algorithms are missing here, so a header cannot ask for
        // them.
        let algorithm: &dyn VerificationAlgorithm =
            match self.header.get("alg").and_then(Value::as_str) {
                Some("ES256") => &ECDSA_P256_SHA256_FIXED,
                Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
                Some("PS256") => &RSA_PSS_2048_8192_SHA256,
                _ => return false,
            };
        UnparsedPublicKey::new(algorithm, public_key)
            .verify(self.signed.as_bytes(), &self.signature)
            .is_ok()
    }

    pub(crate) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A time claim in seconds. RFC 7519 §2 allows fractions, and MSAL Python writes them.
    pub(crate) fn time(&self, name: &str) -> Option<u64> {
        let number = self.claims.get(name)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast from float saturates"
        )]
        let from_fraction = |seconds: f64| seconds as u64;
        number
            .as_u64()
            .or_else(|| number.as_f64().map(from_fraction))
    }
}
