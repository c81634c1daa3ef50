//! The key that signs tokens, and how it is published (RFC 7517).

use std::sync::Arc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::directory::Certificate;
use crate::protocol::base64url;

/// An RSA key that signs tokens with RS256. Parsed once; clones share it.
#[derive(Clone, Debug)]
pub struct SigningKey {
    pair: Arc<KeyPair>,
    /// The public key as a DER `SubjectPublicKeyInfo`.
    public: Arc<[u8]>,
    /// In base64, as `x5c` has it.
    certificate: Option<Arc<str>>,
    id: String,
}

impl SigningKey {
    /// The built-in key. It is **public knowledge**: with it the emulator starts without delay and repeats its
    /// answers, and its signatures prove nothing.
    pub fn development() -> Self {
        match Self::from_pkcs8_pem(DEVELOPMENT_KEY) {
            Ok(key) => key.certified(DEVELOPMENT_CERTIFICATE),
            Err(error) => unreachable!("the built-in key is sound: {error}"),
        }
    }

    /// Publishes the key with a certificate, whose thumbprint is the key id, as at Entra.
    fn certified(mut self, pem: &str) -> Self {
        if let Ok(certificate) = Certificate::from_pem(pem) {
            let body = pem.lines().filter(|line| !line.starts_with("-----"));
            self.certificate = Some(body.collect::<String>().into());
            self.id = certificate.x5t;
        }
        self
    }

    /// Makes a new key of 2048 bits, which takes about a tenth of a second.
    ///
    /// # Errors
    ///
    /// Fails when the operating system gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        KeyPair::generate(KeySize::Rsa2048).map_or(Err(KeyError::Generate), Self::new)
    }

    /// Reads an unencrypted PKCS#8 key (`BEGIN PRIVATE KEY`) of at least 2048 bits.
    ///
    /// # Errors
    ///
    /// Fails when the text holds no such key.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        let (_, rest) = pem
            .split_once("-----BEGIN PRIVATE KEY-----")
            .ok_or(KeyError::NotAKey)?;
        let (body, _) = rest
            .split_once("-----END PRIVATE KEY-----")
            .ok_or(KeyError::NotAKey)?;
        let body: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(body).or(Err(KeyError::NotAKey))?;
        KeyPair::from_pkcs8(&der).map_or(Err(KeyError::NotAKey), Self::new)
    }

    fn new(pair: KeyPair) -> Result<Self, KeyError> {
        let spki = pair.public_key().as_der().or(Err(KeyError::NotAKey))?;
        // Entra names a key by the SHA-1 of its certificate. Without a certificate, that of the public key has to do.
        let id = base64url(digest(&SHA1_FOR_LEGACY_USE_ONLY, spki.as_ref()).as_ref());
        Ok(Self {
            public: spki.as_ref().into(),
            certificate: None,
            pair: Arc::new(pair),
            id,
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public
    }

    /// Signs with RS256 (RFC 7518 §3.3). The signature is empty if the library fails, which does not happen with a
    /// key that it has parsed.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        match self.pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message,
            &mut signature,
        ) {
            Ok(()) => signature,
            Err(_) => Vec::new(),
        }
    }

    /// The public key as a member of a JWK set (RFC 7517 §4, RFC 7518 §6.3.1), for the tokens of one issuer or of any.
    pub(crate) fn jwk(&self, issuer: Option<&str>) -> serde_json::Value {
        let public = self.pair.public_key();
        let mut jwk = serde_json::json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.id,
            "x5t": self.id,
            "n": base64url(public.modulus().big_endian_without_leading_zero()),
            "e": base64url(public.exponent().big_endian_without_leading_zero()),
        });
        if let Some(issuer) = issuer {
            jwk["issuer"] = serde_json::json!(issuer);
        }
        if let Some(certificate) = &self.certificate {
            jwk["x5c"] = serde_json::json!([certificate.as_ref()]);
        }
        jwk
    }
}

/// Why a [`SigningKey`] cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No randomness to make a key from.
    #[error("no key could be made")]
    Generate,
    /// The text is not an unencrypted RSA key in PKCS#8 PEM form.
    #[error("not an RSA private key in PKCS#8 PEM form")]
    NotAKey,
}

const DEVELOPMENT_CERTIFICATE: &str = include_str!("development-certificate.pem");

const DEVELOPMENT_KEY: &str = include_str!("development-key.pem");

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::PublicKeyComponents;
    use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn the_published_key_verifies_signatures() {
        let key = SigningKey::development();
        let jwk = key.jwk(None);
        let member = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
        let public = PublicKeyComponents {
            n: member("n"),
            e: member("e"),
        };
        public
            .verify(
                &RSA_PKCS1_2048_8192_SHA256,
                b"message",
                &key.sign(b"message"),
            )
            .unwrap();
        public
            .verify(&RSA_PKCS1_2048_8192_SHA256, b"other", &key.sign(b"message"))
            .unwrap_err();
    }

    #[test]
    fn the_built_in_key_is_published_with_its_certificate() {
        let key = SigningKey::development();
        let jwk = key.jwk(None);
        let certificate = Certificate::from_base64(jwk["x5c"][0].as_str().unwrap()).unwrap();
        assert_eq!(certificate.public_key, key.public_key());
        assert_eq!(jwk["x5t"], certificate.x5t.as_str());
    }

    #[test]
    fn other_texts_are_no_keys() {
        for pem in [
            "",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        ] {
            assert_eq!(
                SigningKey::from_pkcs8_pem(pem).unwrap_err(),
                KeyError::NotAKey
            );
        }
    }
}
