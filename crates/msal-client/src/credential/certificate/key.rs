//! Private keys: read once, checked once, and kept in the form that signs.

use std::fmt;
use std::future::ready;

use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use msal_core::{KeyType, Passphrase, SecretBuffer, SignatureAlgorithm};
use pkcs8::der::Decode as _;
use pkcs8::der::asn1::AnyRef;
use pkcs8::pkcs5::pbes2::Kdf;
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument};

use super::super::signer::AssertionSigner;
use super::leaf::{Leaf, check_length};
use crate::error::{CertificateError, CredentialError};
use crate::ports::BoxFuture;

/// A key that signs. It is overwritten when it is dropped.
pub(super) enum PrivateKey {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// A key as it was written down.
pub(super) enum KeyBytes {
    /// PKCS #8 (RFC 5958 §3)
    Encrypted(SecretBuffer),
    /// PKCS #1 (RFC 8017 §A.1.2)
    Pkcs1(SecretBuffer),
    /// PKCS #8 (RFC 5958 §2)
    Pkcs8(SecretBuffer),
    /// RFC 5915 §3
    Sec1(SecretBuffer),
}

impl KeyBytes {
    pub(super) fn read(
        &self,
        passphrase: Option<&Passphrase>,
    ) -> Result<PrivateKey, CertificateError> {
        match self {
            Self::Encrypted(der) => {
                let passphrase = passphrase.ok_or(CertificateError::PassphraseMissing)?;
                of_pkcs8(decrypt(der, passphrase)?.as_bytes())
            }
            Self::Pkcs1(der) => of_rsa(RsaKeyPair::from_der(der)),
            Self::Pkcs8(der) => of_pkcs8(der),
            Self::Sec1(der) => {
                EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
                    .map(PrivateKey::P256)
                    .map_err(|_why| CertificateError::UnsupportedKey)
            }
        }
    }
}

impl PrivateKey {
    /// Whether a certificate is about this key: it must verify what the key signs.
    pub(super) fn belongs_to(&self, leaf: &Leaf) -> bool {
        let (algorithm, verified) = match (self, leaf.key_type) {
            (Self::P256(_), KeyType::P256) => (
                SignatureAlgorithm::Es256,
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &leaf.public_key[..]),
            ),
            (Self::Rsa(key), KeyType::Rsa) => {
                // Most often the bytes are equal, and a signature costs a quarter of a millisecond.
                if key.public_key().as_ref() == leaf.public_key {
                    return true;
                }
                (
                    SignatureAlgorithm::Rs256,
                    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &leaf.public_key[..]),
                )
            }
            _ => return false,
        };
        self.signature(algorithm, PROBE)
            .is_ok_and(|signature| verified.verify(PROBE, &signature).is_ok())
    }

    /// The signature of `message`. The salt of PSS and the nonce of ECDSA are the cryptography library's own, which draws
    /// them in constant time: none of them may ever be predictable.
    fn signature(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, CredentialError> {
        let random = SystemRandom::new();
        let failed = |_: Unspecified| CredentialError::other("the key cannot sign");
        match self {
            Self::P256(key) => {
                let signature = key.sign(&random, message).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Self::Rsa(key) => {
                let encoding: &'static dyn aws_lc_rs::signature::RsaEncoding = match algorithm {
                    SignatureAlgorithm::Rs256 => &RSA_PKCS1_SHA256,
                    _ => &RSA_PSS_SHA256,
                };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(encoding, &random, message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

impl AssertionSigner for PrivateKey {
    fn sign<'a>(
        &'a self,
        algorithm: SignatureAlgorithm,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, CredentialError>> {
        Box::pin(ready(self.signature(algorithm, message)))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKey([redacted])")
    }
}

fn of_pkcs8(der: &[u8]) -> Result<PrivateKey, CertificateError> {
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_why| MALFORMED)?;
    match info.algorithm.oid {
        RSA_ENCRYPTION => of_rsa(RsaKeyPair::from_pkcs8(der)),
        EC_PUBLIC_KEY => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map(PrivateKey::P256)
            .map_err(|_why| CertificateError::UnsupportedKey),
        _ => Err(CertificateError::UnsupportedKey),
    }
}

fn of_rsa(read: Result<rsa::KeyPair, KeyRejected>) -> Result<PrivateKey, CertificateError> {
    let key = read.map_err(|_why| MALFORMED)?;
    check_length(8 * key.public_modulus_len())?;
    Ok(PrivateKey::Rsa(key))
}

fn decrypt(der: &[u8], passphrase: &Passphrase) -> Result<SecretDocument, CertificateError> {
    // A scheme that is not known cannot be read at all.
    let info =
        EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_why| match AnyRef::from_der(der) {
            Ok(_) => CertificateError::UnsupportedEncryption,
            Err(_) => MALFORMED,
        })?;
    let scheme = info.encryption_algorithm.pbes2();
    let scheme = scheme.ok_or(CertificateError::UnsupportedEncryption)?;
    let is_bearable = match &scheme.kdf {
        Kdf::Pbkdf2(kdf) => kdf.iteration_count <= MOST_ROUNDS,
        Kdf::Scrypt(kdf) => {
            let memory = kdf.cost_parameter.checked_mul(u64::from(kdf.block_size));
            let memory = memory.and_then(|blocks| blocks.checked_mul(128));
            memory.is_some_and(|memory| memory <= MOST_MEMORY) && kdf.parallelization <= 16
        }
        _ => false,
    };
    if !is_bearable {
        return Err(CertificateError::UnsupportedEncryption);
    }
    info.decrypt(passphrase.expose_secret())
        .map_err(|error| match error {
            pkcs8::Error::EncryptedPrivateKey(
                pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
                | pkcs8::pkcs5::Error::NoPbes1CryptSupport,
            ) => CertificateError::UnsupportedEncryption,
            // A wrong passphrase makes noise of the key, which may even have the right padding.
            _ => CertificateError::WrongPassphrase,
        })
}

const MALFORMED: CertificateError = CertificateError::Malformed {
    what: "private key",
};

/// A file decides how much work its passphrase makes: a second or so, and not a day.
const MOST_ROUNDS: u32 = 1_000_000;
const MOST_MEMORY: u64 = 256 << 20;

/// What is signed to find out whether a certificate belongs to a key. It is no assertion.
const PROBE: &[u8] = b"does this certificate belong to this key?";

/// RFC 8017 §A.1
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 5480 §2.1.1
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
